# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of docs/recipes run: their own jobs, conditions and commands, against the sandbox."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lxml import etree

if t.TYPE_CHECKING:
    from .conftest import CI, Office

ROOT = Path(__file__).resolve().parents[3]
JUNIT = etree.XMLSchema(etree.parse(ROOT / "tests/unit/plugins/module_utils/_report/junit.xsd"))
#: Declared, but not there on one side, or without a mailbox: no run can bring them in line.
PROBLEMS = ("wendy@photos.test", "xaver@photos.test", "yusuf@photos.test", "gina_partner.example#EXT#@photos.test")
#: Declared with a file that is no picture.
BROKEN = ("zelda@photos.test", "zeno@photos.test")


def propose(office: Office, branch: str, message: str, change: t.Callable[[Path], None]) -> str:
    """A branch with a change of the definitions folder."""
    office.git("checkout", "--quiet", "-B", branch)
    change(office.repository / "photos")
    return office.commit(message)


def everybody(office: Office) -> t.Callable[[Path], None]:
    def change(photos: Path) -> None:
        shutil.copytree(office.told["photos"], photos)

    return change


def without(*users: str) -> t.Callable[[Path], None]:
    """Take users out of the folder."""

    def change(photos: Path) -> None:
        for user in users:
            found = [path for path in photos.iterdir() if path.is_file() and path.stem == user]
            assert len(found) == 1, user
            found[0].unlink()

    return change


def states(report: bytes | dict[str, t.Any]) -> dict[str, tuple[str, str]]:
    """User to drift in AD and in the cloud."""
    told = json.loads(report) if isinstance(report, bytes) else report
    return {user["user"]: (user["ad"]["drift"], user["exo"]["drift"]) for user in told["users"]}


def troubles(report: bytes) -> list[str]:
    """What the report gives as errors."""
    rows = [user[side] for user in json.loads(report)["users"] for side in ("ad", "exo")]
    return [row["error"] for row in rows if row["error"]]


def ends(jobs: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def is_junit(text: bytes) -> t.Any:
    tree = etree.fromstring(text)
    JUNIT.assertValid(tree)
    return tree


def writes(office: Office) -> tuple[int, int]:
    counters = office.tenant.counters()
    return int(counters["photo_puts"]) + int(counters["photo_deletes"]), office.domain.photo_writes()


@pytest.mark.slow
def test_the_loop_from_a_pull_request_to_a_quiet_night(ci: CI) -> None:
    office = ci.office
    before = writes(office)

    # A pull request with two files that are no pictures stops at the first job, which says so as JUnit.
    propose(office, "faces", "Photos of everybody", everybody(office))
    jobs = ci.pull_request("faces")
    assert ends(jobs) == {"validate": "failure"}, jobs
    findings = is_junit(ci.artifact("validate", "validate.xml"))
    assert {user for user in BROKEN if user in etree.tostring(findings, encoding="unicode")} == set(BROKEN)
    assert ci.comments == []

    # Without them there is a report in the pull request, made by accounts that may only read.
    propose(office, "faces", "Without what is no picture", without(*BROKEN))
    jobs = ci.pull_request("faces")
    assert ends(jobs) == {"validate": "success", "drift": "success", "comment": "success"}, jobs["drift"].output
    assert len(ci.comments) == 1
    assert len(ci.comments[0]) < 60_000
    assert "28 of 30 users drift" in ci.comments[0].replace("*", "")
    assert "alice@photos.test" in ci.comments[0]
    plan = states(ci.artifact("drift", "drift.json"))
    assert plan["alice@photos.test"] == ("missing", "missing")
    assert plan["pia@photos.test"] == ("in_sync", "in_sync")
    assert len(is_junit(ci.artifact("drift", "drift.xml")).findall(".//testcase")) == 2 * len(plan)
    assert writes(office) == before
    assert ci.identity_tokens == 0, "the reading account has a secret"

    # Meanwhile somebody gives Alice another photo, and removes Pia's, which was in sync when the plan was made.
    other = office.tenant.photo("rosa@photos.test")
    assert other is not None
    office.tenant.put_photo("alice@photos.test", other)
    office.tenant.delete_photo("pia@photos.test")
    alices = office.tenant.photo("alice@photos.test")
    samirs = office.domain.photo("samir@photos.test")

    # The merge carries out what was approved, and only that. Four users are problems, so the job tells by failing.
    jobs = ci.merge("faces")
    assert jobs["sync"].result == "failure", jobs["sync"].output
    assert ci.identity_tokens == 1, "the writing account signs in without a secret"
    done = json.loads(ci.artifact("sync", "drift.json"))
    assert done["mode"] == "done"
    rows = {user["user"]: user for user in done["users"]}
    assert "changed since" in rows["alice@photos.test"]["exo"]["reason"]
    assert rows["alice@photos.test"]["ad"]["action"] == "put"
    assert office.tenant.photo("alice@photos.test") == alices
    assert office.tenant.photo("pia@photos.test") is None
    assert office.domain.photo("alice@photos.test") is not None
    assert office.domain.photo("tessa@photos.test") is None, "declared absent"
    assert {
        user for user, row in rows.items() if "failed" in (row["ad"].get("error"), row["exo"].get("error"))
    } == set()

    # What was overwritten and the receipts stay on the runner, closed to others; one command brings it back.
    saved = list((office.kept / "backups").glob("*/**/*.jpg"))
    assert samirs in [path.read_bytes() for path in saved]
    for path in [office.kept / "receipts.sqlite", *saved]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path

    # A sync by hand mends the rest; then nothing drifts but the four.
    jobs = ci.by_hand()
    assert jobs["sync"].result == "failure"
    assert office.tenant.photo("pia@photos.test") is not None
    assert office.tenant.photo("alice@photos.test") != alices
    jobs = ci.nightly()
    assert "failure" in ends(jobs).values(), "problem users make the night red as well"
    job = "drift" if "drift" in ends(jobs) else "nightly"
    assert {user for user, found in states(ci.artifact(job, "drift.json")).items() if set(found) != {"in_sync"}} == set(
        PROBLEMS
    )

    # Without them the same merge request is green all the way, and so is the night, until somebody changes a photo.
    propose(office, "known", "Only who is on both sides", without(*PROBLEMS))
    assert set(ends(ci.pull_request("known")).values()) == {"success"}
    before = writes(office)
    jobs = ci.merge("known")
    assert jobs["sync"].result == "success", jobs["sync"].output
    assert writes(office) == before
    assert set(ends(ci.nightly()).values()) == {"success"}
    office.domain.set_photo("bob@photos.test", None)
    jobs = ci.nightly()
    assert jobs[job].result == "failure"
    assert states(ci.artifact(job, "drift.json"))["bob@photos.test"] == ("missing", "in_sync")


def test_a_push_without_a_pull_request_writes_nothing(ci: CI) -> None:
    before = writes(ci.office)
    everybody(ci.office)(ci.office.repository / "photos")
    without(*BROKEN)(ci.office.repository / "photos")
    jobs = ci.push(ci.office.commit("Past everybody"))
    assert jobs["validate"].result == "success"
    assert "failure" in ends(jobs).values()
    assert jobs["sync"].result != "success"
    assert writes(ci.office) == before


def test_restore_undoes_a_sync_in_one_command(ci: CI) -> None:
    office = ci.office
    held = office.domain.photo("samir@photos.test"), office.domain.photo("tessa@photos.test")
    propose(office, "some", "Some", lambda photos: everybody(office)(photos) or without(*BROKEN, *PROBLEMS)(photos))
    office.merge("some")
    jobs = ci.by_hand()
    assert jobs["sync"].result == "success", jobs["sync"].output + str(troubles(ci.artifact("sync", "drift.json")))
    assert (office.domain.photo("samir@photos.test"), office.domain.photo("tessa@photos.test")) != held
    variables, secrets = office.account(writes=True)
    secrets["AZURE_CLIENT_SECRET"] = office.told["tenant"]["client_secret"]
    command = f"ansible-playbook hybrid.photos.restore -e restore_from={office.kept}/backups"
    code, output = office.run(command, office.folder, {**variables, **secrets})
    assert code == 0, output
    assert (office.domain.photo("samir@photos.test"), office.domain.photo("tessa@photos.test")) == held


def test_a_pull_request_from_a_fork_gets_no_credentials(office: Office, request: pytest.FixtureRequest) -> None:
    github = sys.modules[type(office).__module__].GitHub(office)
    request.addfinalizer(github.close)
    propose(office, "fork", "A face", lambda photos: everybody(office)(photos) or without(*BROKEN)(photos))
    assert ends(github.pull_request("fork", "somebody/photos")) == {"validate": "success"}


def test_what_lies_beside_the_photos_in_a_pull_request_is_not_loaded(ci: CI) -> None:
    """Whoever reviews faces may not see it, and Ansible would trust it."""
    office = ci.office
    hit = office.folder / "hit"
    office.git("checkout", "--quiet", "-B", "more")
    (office.repository / "photos").mkdir()
    for name in ("alice@photos.test.jpg", "pia@photos.test.jpg"):
        shutil.copy(Path(office.told["photos"], name), office.repository / "photos")
    program = "{{ lookup('pipe', 'touch HIT-HOW') }}".replace("HIT", str(hit))
    for folder in (".", "photos"):
        beside = office.repository / folder
        (beside / "plugins").mkdir()
        (beside / "plugins" / "hello.py").write_text(f"open('{hit}-callback', 'w')\nclass CallbackModule: pass\n")
        settings = "[defaults]\ncallback_plugins = plugins\ncallbacks_enabled = hello\n"
        (beside / "ansible.cfg").write_text(settings)
        for kind, name in (("group_vars", "all"), ("group_vars", "photo_shards"), ("host_vars", "photos_0001")):
            (beside / kind).mkdir(exist_ok=True)
            text = json.dumps({"drift_title": program.replace("HOW", kind), "sync_title": program.replace("HOW", kind)})
            (beside / kind / f"{name}.yml").write_text(text)
    office.commit("One more face")
    jobs = ci.pull_request("more")
    assert (jobs["validate"].result, jobs["drift"].result) == ("success", "success"), jobs["drift"].output
    assert list(office.folder.glob("hit*")) == []
    jobs = ci.merge("more")
    assert jobs["sync"].result == "success", jobs["sync"].output
    assert list(office.folder.glob("hit*")) == []


def test_an_inventory_file_of_another_kind_is_refused(ci: CI) -> None:
    """Ansible would take a list of hosts in its place, and trust every text in it."""
    office = ci.office
    hit = office.folder / "hit"
    office.git("checkout", "--quiet", "-B", "hosts")
    (office.repository / "photos").mkdir()
    shutil.copy(Path(office.told["photos"], "pia@photos.test.jpg"), office.repository / "photos")
    photo = {"user": "pia@photos.test", "src": "{{ lookup('pipe', 'touch HIT') }}".replace("HIT", str(hit))}
    hosts = {"photos_0001": {"ansible_connection": "local", "photos": [photo]}}
    (office.repository / "team.photos.yml").write_text(json.dumps({"photo_shards": {"hosts": hosts}}))
    office.commit("Hosts of our own")
    jobs = ci.pull_request("hosts")
    assert (jobs["validate"].result, jobs["drift"].result) == ("success", "failure"), jobs["drift"].output
    assert "Incorrect plugin name in file" in jobs["drift"].output
    assert not hit.exists()


# --- AWX ---


def awx(name: str) -> t.Any:
    import yaml

    return yaml.safe_load((ROOT / "docs/recipes/awx" / f"{name}.yml").read_text())


def inject(kind: dict[str, t.Any], given: dict[str, str], folder: Path) -> dict[str, str]:
    """The environment that AWX makes of a credential: all fields are known, those not given are empty."""
    import jinja2

    engine = jinja2.Environment(undefined=jinja2.StrictUndefined)
    values: dict[str, t.Any] = {field["id"]: field.get("default", "") for field in kind["inputs"]["fields"]} | given
    files = {}
    for name, template in kind["injectors"]["file"].items():
        path = folder / f"{kind['kind']}-{len(list(folder.iterdir()))}"
        path.write_text(engine.from_string(template).render(values))
        files[name.removeprefix("template.")] = str(path)
    values["tower"] = {"filename": files}
    return {name: engine.from_string(text).render(values) for name, text in kind["injectors"]["env"].items()}


def test_credential_types_name_exactly_the_variables_that_the_modules_read() -> None:
    from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
    from ansible_collections.hybrid.photos.plugins.module_utils._entry.exchange_options import exchange_argument_spec
    from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec

    for name, specs in (
        ("credential-type-graph", graph_argument_spec()),
        ("credential-type-directory", directory_argument_spec()),
        ("credential-type-exchange", exchange_argument_spec()),
    ):
        kind = awx(name)
        read = {variable for spec in specs.values() for variable in spec.get("fallback", (None, []))[1]}
        assert set(kind["injectors"]["env"]) == read
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        for option, field in fields.items():
            spec = specs.get(option) or specs[f"{option}_path"]
            assert field.get("choices") == spec.get("choices"), option
            assert field.get("default") == spec.get("default"), option
            # A certificate is pasted with its private key, so it is a secret here, and a path to the module.
            assert field.get("secret", False) == bool(spec.get("no_log") or option == "certificate"), option
            assert set(field) <= {"id", "type", "label", "secret", "multiline", "choices", "default"}
        assert set(kind["inputs"].get("required", [])) == {name for name, spec in specs.items() if spec.get("required")}


@pytest.mark.slow
def test_awx_compares_once_and_writes_in_slices_with_a_secret_or_a_certificate(office: Office) -> None:
    everybody(office)(office.repository / "photos")
    without(*BROKEN, *PROBLEMS)(office.repository / "photos")
    inventory = office.repository / "team.photos.yml"
    inventory.write_text(inventory.read_text().replace("shard_size: 500", "shard_size: 4"))
    for playbook in (ROOT / "docs/recipes/awx/project").iterdir():
        shutil.copy(playbook, office.repository)
    objects = awx("objects")
    templates = {template["name"]: template for template in objects["job_templates"]}
    for template in templates.values():
        assert (office.repository / template["playbook"]).exists()
    assert (office.repository / objects["inventory_sources"][0]["source_path"]) == inventory

    def credentials(writes: bool, certificate: bool) -> dict[str, str]:
        folder = office.folder / f"credentials-{writes}"
        folder.mkdir(exist_ok=True)
        variables, secrets = office.account(writes)
        told = office.told["tenant"]
        cloud = {name: variables[f"AZURE_{name.upper()}"] for name in ("tenant_id", "client_id")}
        cloud |= {"authority_url": told["url"], "graph_url": told["url"], "ca_cert": Path(told["ca_cert"]).read_text()}
        if not writes:
            cloud["client_secret"] = secrets["AZURE_CLIENT_SECRET"]
        elif certificate:
            cloud["certificate"] = Path(told["certificate_path"]).read_text()
        else:
            cloud["client_secret"] = told["client_secret"]
        directory = {name: variables[f"HYBRID_PHOTOS_AD_{name.upper()}"] for name in ("server", "username")}
        directory |= {"password": secrets["HYBRID_PHOTOS_AD_PASSWORD"], "ca_cert": cloud["ca_cert"]}
        return {
            **inject(awx("credential-type-graph"), cloud, folder),
            **inject(awx("credential-type-directory"), directory, folder),
        }

    # The inventory source, and what AWX makes of it for a slice: every n-th host.
    code, output = office.run("ansible-inventory -i team.photos.yml --list --export", office.repository, {})
    assert code == 0, output
    hosts: dict[str, t.Any] = json.loads(output)["_meta"]["hostvars"]
    assert len(hosts) > 6

    def launch(name: str, job: int) -> list[tuple[int, str]]:
        template = templates[name]
        done = []
        for number in range(template["job_slice_count"]):
            mine = {host: hosts[host] for host in sorted(hosts)[number :: template["job_slice_count"]]}
            sliced = office.folder / "slice.json"
            sliced.write_text(json.dumps({"photo_shards": {"hosts": mine}}))
            extra = json.dumps({**template["extra_vars"], "awx_job_id": job + number})
            more = office.folder / "extra.json"
            more.write_text(extra.replace("/var/lib/hybrid.photos", str(office.kept)))
            command = f"ansible-playbook -i {sliced} {template['playbook']} -e @{more}"
            # Every other slice signs in to the cloud with a certificate.
            given = credentials("sync" in name, certificate=number % 2 == 1)
            done.append(office.run(command, office.repository, given))
        return done

    before = writes(office)
    first = launch("photos drift", 10)
    assert [code for code, _output in first] == [0], first[0][1]
    assert writes(office) == before
    plan = json.loads((office.kept / "reports/drift/drift.json").read_text())
    assert plan["not_examined"] == []
    assert list(states(plan).values()).count(("missing", "missing")) > 10
    slices = launch("photos sync", 20)
    reports = sorted((office.kept / "reports").glob("sync-2?/drift.json"))
    assert [code for code, _output in slices] == [0, 0, 0, 0], [troubles(path.read_bytes()) for path in reports]
    assert len(reports) == 4
    assert list((office.kept / "backups").glob("2?/**/*.jpg"))
    assert [code for code, _output in launch("photos drift at night", 30)] == [0]
    told = json.loads((office.kept / "reports/night/drift.json").read_text())
    assert {state for user in states(told).values() for state in user} == {"in_sync"}


# --- as text ---


@pytest.mark.parametrize(
    ("schema", "recipe"),
    [
        ("vendor.github-workflows", "github-actions/photos.yml"),
        ("vendor.gitlab-ci", "gitlab-ci/photos.gitlab-ci.yml"),
    ],
)
def test_pipelines_fit_the_schema_of_their_system(schema: str, recipe: str) -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        schema,
        str(ROOT / "docs/recipes" / recipe),
    ]
    if "gitlab" in schema:
        command += ["--data-transform", "gitlab-ci"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_recipes_are_tidy_yaml_and_name_no_registry() -> None:
    rules = "{extends: default, rules: {line-length: {max: 125}, comments: {min-spaces-from-content: 1}}}"
    command = [sys.executable, "-m", "yamllint", "--strict", "-d", rules, str(ROOT / "docs/recipes")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    for path in (ROOT / "docs/recipes").rglob("*.yml"):
        assert "://" not in path.read_text().replace("api://AzureADTokenExchange", ""), path


def test_ansible_builder_takes_the_execution_environment(tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("ansible-builder")
    command = [tool, "create", "-f", ROOT / "docs/recipes/execution-environment.yml", "-c", tmp_path / "context"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hybrid.photos" in (tmp_path / "context/_build/requirements.yml").read_text()
