# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report as a browser shows it: Debian's chromium, without a screen and without a network.

Needs the Debian packages chromium and chromium-driver, and selenium.
"""

from __future__ import annotations

import base64
import io
import shutil
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.previews import preview_name
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, prepare, publish
from ansible_collections.hybrid.photos.tests.browser import pictures
from ansible_collections.hybrid.photos.tests.browser.chromium import ARGUMENTS as CHROMIUM
from ansible_collections.hybrid.photos.tests.browser.chromium import binary
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

#: Every text, with its colour over all that lies behind it, and its contrast (WCAG 2.2, relative luminance).
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
function behind(node) {
  const layers = [];
  for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
}
const light = (c) => {
  const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const node = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || ["SCRIPT", "NOSCRIPT"].includes(node.tagName)) continue;
  if (!node.getClientRects().length || node.closest("button:disabled")) continue;
  const under = behind(node);
  const pair = [light(over(rgba(getComputedStyle(node).color), under)), light(under)].sort((a, b) => b - a);
  found.push([(pair[0] + 0.05) / (pair[1] + 0.05), walk.currentNode.data.trim().slice(0, 40), node.className]);
}
return found;
"""


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = binary()
    profile = tmp_path_factory.mktemp("profile")
    for argument in (*CHROMIUM, f"--user-data-dir={profile}", "--window-size=1360,1500"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver")
    assert driver, "chromedriver is missing: apt-get install chromium-driver"
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver)) as started:
        yield started


@pytest.fixture
def browser(chrome: webdriver.Chrome) -> t.Iterator[webdriver.Chrome]:
    chrome.get("about:blank")
    chrome.get_log("browser")
    yield chrome
    assert chrome.get_log("browser") == []


def written(folder: Path, results: list[t.Any], later: int = 0, **more: t.Any) -> Path:
    """The page of a run, ``later`` days after the others."""
    values = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    wanted = {**values, "results": results, "dest": str(folder), "formats": ["html"], **more}
    now = datetime(2026, 11, 27, 2, 15, tzinfo=UTC) + timedelta(days=later)
    return Path(publish(wanted, prepare(wanted, now), now)["paths"]["html"])


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    for number, (user, _label, ad, _exo) in enumerate(sample.PEOPLE):
        for kind in ("declared", "ad"):
            if kind == "declared" or ad.startswith(("different", "unwanted")):
                out = io.BytesIO()
                Image.new("RGB", (96, 72), (number * 9, 90, 140)).save(out, "JPEG")
                (folder / preview_name(t.cast("t.Any", kind), user)).write_bytes(out.getvalue())
    return written(folder, sample.with_gaps(), previews_dir=str(folder)).as_uri()


def names(browser: webdriver.Chrome) -> list[str]:
    # In one go, since the rows are made anew whenever something is typed.
    script = "return [...document.querySelectorAll('#body th .name')].map((name) => name.innerText)"
    return t.cast("list[str]", browser.execute_script(script))


def status(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "status").text


def chip(browser: webdriver.Chrome, name: str) -> t.Any:
    return browser.find_element(By.CSS_SELECTOR, f"[data-filter={name}]")


def wait(browser: webdriver.Chrome, told: str) -> None:
    WebDriverWait(browser, 20).until(lambda _driver: status(browser) == told, f"status is {status(browser)!r}")


def test_it_opens_on_what_is_not_in_sync(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    assert browser.find_element(By.TAG_NAME, "h1").text == (
        "9 of 27 people have the right photo on both sides; 12 will be changed by the next run; 4 need a person; "
        "1 differs and will be left as it is; 1 was not checked; a part of the run failed, and its people are not "
        "known."
    )
    assert browser.find_element(By.CLASS_NAME, "figure").text.split("\n") == ["33.3 %", "have the right photo"]
    assert browser.find_element(By.CLASS_NAME, "lead").text == "13 of 27 users drift, 5 could not be checked"
    assert status(browser) == "18 users"
    assert "Carlos Demo" not in names(browser)
    assert "photos_0002" in browser.find_element(By.CLASS_NAME, "notice").text


def test_every_filter_leaves_as_many_users_as_it_says(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    chips = browser.find_elements(By.CSS_SELECTOR, "[data-filter]")
    assert {button.get_attribute("data-filter") for button in chips} >= {
        *("all", "attention", "missing", "different", "unwanted", "invalid", "unresolved", "unavailable"),
        *("not_examined", "in_sync", "foreign", "over"),
    }
    for button in chips:
        number = int(button.find_element(By.TAG_NAME, "b").text)
        button.click()
        assert len(names(browser)) == number
        assert button.get_attribute("aria-pressed") == "true"
        pressed = browser.find_elements(By.CSS_SELECTOR, "[aria-pressed=true]")
        assert len(pressed) == 1


def test_search_finds_names_reasons_and_hashes(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page + "#show=all")
    search = browser.find_element(By.ID, "search")
    digest = sample.fake_hash("carlos+demo@contoso.example")
    for words, user in (("MÜLLER", "Henrietta Müller"), ("no mailbox", "Enrico Cattaneo"), (digest, "Carlos Demo")):
        search.clear()
        search.send_keys(words)
        WebDriverWait(browser, 20).until(lambda _driver, user=user: names(browser) == [user])
        assert status(browser) == "1 user"
    search.send_keys("zzz")
    wait(browser, "No user matches.")
    search.send_keys(Keys.ESCAPE)
    wait(browser, "27 users")


def test_a_view_can_be_passed_on(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    chip(browser, "different").click()
    browser.find_element(By.ID, "search").send_keys("alex")
    wait(browser, "1 user")
    address = browser.current_url
    assert "show=different" in address
    browser.get("about:blank")
    browser.get(address)
    assert names(browser) == ["Alex Wilber"]
    assert browser.find_element(By.ID, "search").get_attribute("value") == "alex"
    browser.get("about:blank")
    browser.get(page + "#show=nonsense&page=-3&theme=pink&find=%3Cb%3E")
    assert status(browser) == "No user matches."


def test_the_skip_link_keeps_filter_and_search(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    chip(browser, "different").click()
    browser.find_element(By.ID, "search").send_keys("alex")
    wait(browser, "1 user")
    browser.find_element(By.ID, "skip").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "rows"
    assert status(browser) == "1 user"
    assert names(browser) == ["Alex Wilber"]
    assert "show=different&find=alex" in browser.current_url
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.tag_name == "summary", "the first thing in the table comes next"


def test_the_pressed_filter_shows_in_forced_colours(browser: webdriver.Chrome, page: str) -> None:
    feature = {"name": "forced-colors", "value": "active"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    try:
        browser.get(page)
        chip(browser, "missing").click()
        colours = {
            button.get_attribute("aria-pressed"): (
                button.value_of_css_property("background-color"),
                button.value_of_css_property("color"),
            )
            for button in browser.find_elements(By.CSS_SELECTOR, "[data-filter]")
        }
        assert colours["true"][0] != colours["false"][0]
        assert colours["true"][0] != colours["true"][1]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_hashes_and_ids_are_seen_only_when_unfolded(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page + "#show=all")
    shown = browser.find_element(By.TAG_NAME, "body").text
    digest = sample.fake_hash("alex.wilber@contoso.example")
    assert "SHA-256" not in shown
    assert digest[:8] not in shown
    assert "Digest" in shown
    for summary in browser.find_elements(By.CSS_SELECTOR, "#body details.more summary")[:3]:
        summary.click()
    assert digest in browser.find_element(By.ID, "body").text


@pytest.mark.parametrize("scripts", [True, False])
def test_the_course_and_the_departments_need_no_script(
    browser: webdriver.Chrome, tmp_path: Path, scripts: bool
) -> None:
    path = written(tmp_path, pictures.with_departments(sample.everything()), history=str(tmp_path / "h"))
    assert "Over time" not in path.read_text(encoding="utf-8"), "one run is no course"
    path = written(tmp_path, pictures.with_departments(sample.everything()), history=str(tmp_path / "h"), later=1)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    try:
        browser.get(path.as_uri())
        drawn = browser.find_element(By.CSS_SELECTOR, ".course svg")
        assert drawn.is_displayed()
        assert drawn.get_attribute("role") == "img"
        assert "Share of people with the right photo over 2 runs" in drawn.get_attribute("aria-label")
        assert "as many as at the last run" in browser.find_element(By.CLASS_NAME, "trend").text.lower()
        browser.find_element(By.CSS_SELECTOR, ".course summary").click()
        assert len(browser.find_elements(By.CSS_SELECTOR, ".course tbody tr")) == 2
        groups = browser.find_element(By.CLASS_NAME, "groups").text
        for name in ("Sales", "Engineering", "not known"):
            assert name in groups
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_three_targets_have_a_column_each(browser: webdriver.Chrome, tmp_path: Path) -> None:
    browser.get(written(tmp_path, pictures.with_a_third_target(sample.everything())).as_uri())
    heads = [head.text.split("\n")[0] for head in browser.find_elements(By.CSS_SELECTOR, "#rows thead th")]
    assert heads == ["User", "Declared", "Active Directory", "Exchange Server", "Exchange Online"]
    assert "in all three places" in browser.find_element(By.TAG_NAME, "h1").text
    widths = "return [...document.querySelectorAll('#body tr:first-child .facts')].map((f) => f.offsetWidth)"
    assert min(browser.execute_script(widths)) > 120


def test_three_pictures_of_one_size_a_row(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    rows = browser.find_elements(By.CSS_SELECTOR, "#body tr")
    assert len(rows) == 18
    for row in rows:
        sizes = [picture.size for picture in row.find_elements(By.CLASS_NAME, "photo")]
        assert sizes == [{"width": 96, "height": 96}] * 3
    first = rows[0].find_elements(By.CSS_SELECTOR, "img.photo")
    assert [image.get_attribute("naturalWidth") for image in first] == ["96", "96"]
    assert "adele.vance" in first[0].get_attribute("alt")
    assert [box.text for box in rows[0].find_elements(By.CLASS_NAME, "none")] == ["not shown"]
    bianca = rows[2]
    assert [box.text for box in bianca.find_elements(By.CLASS_NAME, "none")] == ["no photo", "no photo"]


def test_the_10_kb_limit_and_foreign_changes_are_told(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    body = browser.find_element(By.ID, "body").text
    assert "⚠ too large for Exchange Online (14,261 of 10,240 bytes)" in body
    assert "✓ small enough for Exchange Online" in body
    assert body.count("changed by others") == 3


def test_a_script_in_a_name_is_text(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    assert any(name.startswith("<script>alert(1)</script>") for name in names(browser))
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 2


def test_the_policy_holds(chrome: webdriver.Chrome, page: str) -> None:
    chrome.get(page)
    chrome.get_log("browser")
    chrome.execute_script(
        "document.body.insertAdjacentHTML('beforeend', "
        '\'<img src="http://127.0.0.1:9/x.png" onerror="window.ran = 1"><p style="color: red">x</p>\')'
    )
    said = " ".join(entry["message"] for entry in chrome.get_log("browser"))
    assert "Content Security Policy" in said
    assert chrome.execute_script("return window.ran") is None
    refused = "return fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)"
    assert chrome.execute_script(refused) == "TypeError"
    chrome.get_log("browser")


def test_the_keyboard_reaches_everything_in_order(browser: webdriver.Chrome, page: str) -> None:
    browser.get(page)
    seen = []
    for _press in range(20):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.switch_to.active_element
        seen.append(active.get_attribute("data-filter") or active.get_attribute("id") or active.tag_name)
        outline = active.value_of_css_property("outline-style")
        assert outline not in ("none", ""), seen
        if seen[-1] == "search":
            break
    assert seen[0] == "skip"
    assert seen[1:3] == ["theme", "summary"]
    assert seen[3:5] == ["all", "attention"]
    assert seen[-1] == "search"
    chip(browser, "missing").send_keys(Keys.ENTER)
    assert len(names(browser)) == 4
    chip(browser, "unwanted").send_keys(Keys.SPACE)
    assert len(names(browser)) == 2
    browser.find_element(By.CSS_SELECTOR, "details.more summary").send_keys(Keys.ENTER)
    told = browser.find_element(By.CSS_SELECTOR, "details.more dl").text
    assert sample.fake_hash("ad", "emily.braun@contoso.example", "seen") in told


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("done", [False, True])
def test_every_text_has_the_contrast_of_aa(browser: webdriver.Chrome, tmp_path: Path, theme: str, done: bool) -> None:
    browser.get(written(tmp_path, sample.with_gaps(done)).as_uri() + f"#show=all&theme={theme}")
    for name in ("all", "missing", "unwanted", "in_sync", "foreign", "over", "failed", "unverified"):
        for button in browser.find_elements(By.CSS_SELECTOR, f"[data-filter={name}]"):
            button.click()
            found = browser.execute_script(CONTRAST)
            assert len(found) > 30
            assert [told for told in found if told[0] < 4.5] == []
    assert browser.execute_script("return getComputedStyle(document.documentElement).colorScheme") == theme


def test_the_system_chooses_the_theme_until_a_person_does(browser: webdriver.Chrome, page: str) -> None:
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    for value, label in (("dark", "Light theme"), ("light", "Dark theme")):
        feature = {"name": "prefers-color-scheme", "value": value}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        browser.get("about:blank")
        browser.get(page)
        button = browser.find_element(By.ID, "theme")
        assert button.text == label
        before = browser.execute_script(ground)
        button.click()
        assert browser.execute_script(ground) != before
        assert button.text != label
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [360, 800, 1360])
def test_nothing_sticks_out(browser: webdriver.Chrome, page: str, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_ten_thousand_users_are_paged(browser: webdriver.Chrome, tmp_path: Path) -> None:
    users = [f"user{number:05}@contoso.example" for number in range(10_000)]
    rows = [
        sample.result([sample.row(user, target, "missing" if user[7:9] == "99" else "in_sync") for user in users])
        for target in ("ad", "exo")
    ]
    browser.get(written(tmp_path, rows).as_uri())
    assert status(browser) == "Users 1 to 50 of 100"
    browser.get("about:blank")
    browser.get((tmp_path / "drift.html").as_uri() + "#show=all")
    assert status(browser) == "Users 1 to 50 of 10,000"
    assert len(names(browser)) == 50
    browser.find_element(By.ID, "next").click()
    assert status(browser) == "Users 51 to 100 of 10,000"
    assert names(browser)[0] == "user00050@contoso.example"
    assert browser.switch_to.active_element.get_attribute("id") == "rows"
    browser.find_element(By.ID, "search").send_keys("user09999")
    wait(browser, "1 user")
    assert names(browser) == ["user09999@contoso.example"]
    assert not browser.find_element(By.ID, "pager").is_displayed()


def test_on_paper_there_are_all_rows_and_no_controls(browser: webdriver.Chrome, tmp_path: Path) -> None:
    rows = [sample.row(f"user{number:03}@contoso.example", "ad", "missing") for number in range(120)]
    browser.get(written(tmp_path, [sample.result(rows)]).as_uri() + "#theme=dark")
    assert len(names(browser)) == 50
    browser.execute_script("window.counted = 0; addEventListener('beforeprint', () => "
                           "{ window.counted = document.querySelectorAll('#body tr').length; })")  # fmt: skip
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF-")
    assert browser.execute_script("return window.counted") == 120
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not browser.find_element(By.ID, "controls").is_displayed()
    assert browser.execute_script("return getComputedStyle(document.documentElement).colorScheme") == "light"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_without_javascript_there_is_a_table(browser: webdriver.Chrome, page: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page)
        text = browser.find_element(By.TAG_NAME, "noscript").text
        assert "Pictures and filters need JavaScript" in text
        assert "bianca.o'neil@contoso.example" in text
        assert not browser.find_element(By.ID, "controls").is_displayed()
        tables = [table for table in browser.find_elements(By.CSS_SELECTOR, "#users table") if table.is_displayed()]
        assert len(tables) == 1, "no empty table above it"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_after_a_run_it_tells_what_was_done(browser: webdriver.Chrome, tmp_path: Path) -> None:
    browser.get(written(tmp_path, sample.everything(True)).as_uri())
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith(
        "19 of 26 people have the right photo on both sides, 10 of them since this run; 5 need a person; "
    )
    assert browser.find_element(By.CLASS_NAME, "lead").text == (
        "11 of 26 users changed, 1 failed, 4 could not be checked"
    )
    body = browser.find_element(By.ID, "body").text
    for told in ("Replaced, verified", "Removed, verified", "Put, not shown yet (unverified)", "Failed", "Left alone"):
        assert told in body
    chip(browser, "failed").click()
    assert names(browser) == ["Megan Bowen"]
    assert "507 ErrorQuotaExceeded" in browser.find_element(By.ID, "body").text


def test_a_picture_of_it_is_not_blank_and_the_themes_differ(browser: webdriver.Chrome, page: str) -> None:
    brightness = {}
    for theme in ("light", "dark"):
        browser.get("about:blank")
        browser.get(f"{page}#theme={theme}")
        picture = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("L")
        levels = picture.histogram()
        assert sum(1 for level in levels if level) > 50
        brightness[theme] = sum(level * number for level, number in enumerate(levels)) / sum(levels)
    assert brightness["light"] > 180 > 90 > brightness["dark"]
