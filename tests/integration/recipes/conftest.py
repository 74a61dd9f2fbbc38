# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A photos repository in Git, and the two CI systems as far as the recipes need them.

The jobs, their conditions, variables and commands are read from the recipes and run as they stand. Stand-ins there are
for what only the service itself can do: check out, keep artifacts, hand out identity tokens, and answer ``gh`` and
GitLab's API.
"""

from __future__ import annotations

import fnmatch
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
RECIPES = ROOT / "docs" / "recipes"
sys.path.insert(0, str(ROOT / "tests" / "sandbox"))

from assembly import Sandbox  # noqa: E402
from domain.control import Domain  # noqa: E402
from tenant.control import Control  # noqa: E402

Json = dict[str, t.Any]
#: Of the 7 seeded photos in AD that can be mended the first merge replaces 3 and removes 2: more than by default.
FIRST_MERGE = {"MAX_REPLACED": "50%", "MAX_REMOVED": "30%"}


@dataclass
class Job:
    """How a job ended."""

    result: str = "skipped"
    output: str = ""


@dataclass
class Office:
    """The sandbox, and a folder of this test's own with the repository in it."""

    state: Path
    folder: Path
    told: Json
    domain: Domain
    tenant: Control

    @property
    def repository(self) -> Path:
        """The work tree in which people edit."""
        return self.folder / "repository"

    @property
    def kept(self) -> Path:
        """What a runner keeps: the volume of receipts and backups."""
        return self.folder / "state"

    def git(self, *arguments: str) -> str:
        """Git, in the repository."""
        command = ["git", "-c", "user.name=Admin", "-c", "user.email=admin@photos.test", *arguments]
        return subprocess.run(command, cwd=self.repository, capture_output=True, text=True, check=True).stdout.strip()

    def start(self, inventory: Path) -> None:
        """The first commit of the main branch: everything but the photos."""
        self.repository.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        shutil.copy(inventory, self.repository)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "Inventory")

    def commit(self, message: str) -> str:
        """Commit everything, and return the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str) -> str:
        """Merge into the main branch, and return the merge commit's name."""
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch)
        return self.git("rev-parse", "HEAD")

    def check_out(self, commit: str, place: Path) -> Path:
        """What the action or the runner of the CI system does before a job."""
        subprocess.run(["git", "clone", "--quiet", self.repository, place], check=True)
        subprocess.run(["git", "-C", place, "checkout", "--quiet", "--detach", commit], check=True)
        return place

    def machine(self) -> dict[str, str]:
        """What a runner's image brings: tools, the collection, trust in the sandbox. No credentials."""
        there = ("HOME", "LANG", "AZURE_AUTHORITY_HOST", "HYBRID_PHOTOS_GRAPH_URL", "HYBRID_PHOTOS_GRAPH_CA_CERT")
        more = ("HYBRID_PHOTOS_AD_CA_CERT", "KRB5_CONFIG")
        tools = [str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        return {
            **{name: os.environ[name] for name in (*there, *more) if name in os.environ},
            "PATH": os.pathsep.join(tools),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "TMPDIR": str(self.folder / "tmp"),
        }

    def account(self, writes: bool) -> tuple[dict[str, str], dict[str, str]]:
        """Variables and secrets of the account that may write (without a secret for the cloud), or only read."""
        app = self.told["tenant"]["apps"]["photos" if writes else "reader"]
        which = "" if writes else "reader_"
        domain = self.told["domain"]
        variables = {
            "AZURE_TENANT_ID": self.told["tenant"]["tenant_id"],
            "AZURE_CLIENT_ID": app["client_id"],
            "HYBRID_PHOTOS_AD_SERVER": domain["host"],
            "HYBRID_PHOTOS_AD_USERNAME": domain[f"{which}username"],
        }
        secrets = {"HYBRID_PHOTOS_AD_PASSWORD": domain[f"{which}password"]}
        if not writes:
            secrets["AZURE_CLIENT_SECRET"] = app["secret"]
        return variables, secrets

    def run(self, script: str, place: Path, environment: t.Mapping[str, str]) -> tuple[int, str]:
        """Run a script as both systems do: bash that stops at the first command that fails."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=place,
            env={**self.machine(), "PWD": str(place), **environment},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        output = done.stdout + done.stderr
        assert "Traceback" not in output, output
        return done.returncode, output


class CI(t.Protocol):
    """What the tests ask of either system."""

    office: Office
    comments: list[str]
    jobs: dict[str, Job]
    identity_tokens: int

    def pull_request(self, branch: str) -> dict[str, Job]: ...
    def merge(self, branch: str) -> dict[str, Job]: ...
    def push(self, commit: str) -> dict[str, Job]: ...
    def by_hand(self) -> dict[str, Job]: ...
    def nightly(self) -> dict[str, Job]: ...
    def artifact(self, job: str, name: str) -> bytes: ...


@dataclass
class Service:
    """A web server on loopback: identity tokens of GitHub, and GitLab's API."""

    answers: t.Callable[[str, str, t.Mapping[str, str], bytes], bytes | None]

    def __enter__(self) -> str:
        answers = self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = answers(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(404 if found is None else 200)
                self.end_headers()
                self.wfile.write(found or b"")

            do_GET = do_POST = do

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_why: object) -> None:
        self._server.shutdown()
        self._server.server_close()


# --- GitHub ---

_TOKEN = re.compile(r"'[^']*'|&&|\|\||==|!=|!|[()]|[A-Za-z_][\w.-]*|\d+|\s+")


def evaluate(expression: str, contexts: Json, failed: bool = False) -> t.Any:
    """Evaluate an expression of GitHub Actions, as far as the recipe has any."""
    words = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False", "null": "None"}
    functions = {"always": "True", "failure": repr(failed), "cancelled": "False", "success": repr(not failed)}
    python, position, called = "", 0, False
    for token in _TOKEN.finditer(expression):
        assert token.start() == position, f"not understood: {expression[position:]!r}"
        position, text = token.end(), token.group()
        if text in functions:
            python += functions[text]
            called = True
        elif called and text in "()":
            called = text == "("
        elif text in words:
            python += words[text]
        elif re.match(r"[A-Za-z_]", text):
            value: t.Any = contexts
            for part in text.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            python += repr(value if value is not None else "")
        else:
            python += " " if text.isspace() else text
    assert position == len(expression), f"not understood: {expression[position:]!r}"
    return eval(python.strip(), {"__builtins__": {}})


def fill_in(text: t.Any, contexts: Json) -> str:
    """Replace ``${{ }}``."""

    def value(match: re.Match[str]) -> str:
        found = evaluate(match[1].strip(), contexts)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))


GH = '''#!{python}
"""Stands in for gh: what it is asked for in the recipe, out of what.json."""
import json, pathlib, shutil, sys
home, words = pathlib.Path({home!r}), sys.argv[1:]
what = json.loads((home / "what.json").read_text())
option = {{word: words[number + 1] for number, word in enumerate(words[:-1]) if word.startswith("--")}}
def pick(found, jq):
    assert jq.startswith(".[0]."), jq
    value = found[0] if found else None
    for part in jq[5:].split("."):
        value = None if value is None else value[part]
    print("" if value is None else value)
if words[0] == "api":
    _repos, owner, name, _commits, sha, _pulls = words[1].split("/")
    assert [_repos, owner, name, _commits, _pulls] == ["repos", "example", "photos", "commits", "pulls"], words
    pick(what["pulls"].get(sha, []), option["--jq"])
elif words[:2] == ["run", "list"]:
    pick([run for run in what["runs"] if run["headSha"] == option["--commit"] and run["event"] == option["--event"]
          and run["conclusion"] == option["--status"] and option["--workflow"] == "photos.yml"], option["--jq"])
elif words[:2] == ["run", "download"]:
    shutil.copytree(home / "artifacts" / words[2] / option["--name"], option["--dir"])
elif words[:2] == ["pr", "comment"]:
    body = pathlib.Path(option["--body-file"]).read_text()
    assert len(body) <= 65536, "GitHub takes no more"
    (home / "comments" / (words[2] + ".md")).write_text(body)
else:
    sys.exit("no such command: " + " ".join(words))
'''


@dataclass
class GitHub:
    """Runs docs/recipes/github-actions/photos.yml."""

    office: Office
    url: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    identity_tokens: int = 0
    runs: list[Json] = field(default_factory=list)
    pulls: dict[str, list[Json]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    _service: Service | None = None

    def __post_init__(self) -> None:
        self.workflow: Json = yaml.safe_load((RECIPES / "github-actions" / "photos.yml").read_text())
        self.home = self.office.folder / "github"
        (self.home / "comments").mkdir(parents=True)
        tool = self.office.folder / "bin" / "gh"
        tool.parent.mkdir()
        tool.write_text(GH.format(python=sys.executable, home=str(self.home)))
        tool.chmod(0o755)
        self._service = Service(self._identity)
        self.url = self._service.__enter__()

    def close(self) -> None:
        assert self._service is not None
        self._service.__exit__()

    @property
    def comments(self) -> list[str]:
        return [path.read_text() for path in sorted((self.home / "comments").iterdir())]

    def artifact(self, job: str, name: str) -> bytes:
        return (self.home / "artifacts" / str(len(self.runs)) / job / name).read_bytes()

    def pull_request(self, branch: str, repository: str = "example/photos") -> dict[str, Job]:
        head = self.heads[branch] = self.office.git("rev-parse", branch)
        event = {"pull_request": {"number": 7, "head": {"sha": head, "repo": {"full_name": repository}}}}
        return self._run("pull_request", head, f"refs/pull/7/{branch}", event)

    def merge(self, branch: str) -> dict[str, Job]:
        commit = self.office.merge(branch)
        self.pulls[commit] = [{"head": {"sha": self.heads[branch]}}]
        return self.push(commit)

    def push(self, commit: str) -> dict[str, Job]:
        return self._run("push", commit, "refs/heads/main")

    def by_hand(self) -> dict[str, Job]:
        return self._run("workflow_dispatch", self.office.git("rev-parse", "main"), "refs/heads/main")

    def nightly(self) -> dict[str, Job]:
        return self._run("schedule", self.office.git("rev-parse", "main"), "refs/heads/main")

    def _identity(self, method: str, path: str, headers: t.Mapping[str, str], _body: bytes) -> bytes | None:
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        if headers.get("authorization") != "bearer runner" or asked["audience"] != ["api://AzureADTokenExchange"]:
            return None
        self.identity_tokens += 1
        return json.dumps({"value": Path(self.office.told["tenant"]["federated_token_file"]).read_text()}).encode()

    def _run(self, event: str, commit: str, ref: str, payload: Json | None = None) -> dict[str, Job]:
        assert event in self.workflow[True], "YAML reads the key `on` as true, and so does this"
        number = len(self.runs) + 1
        self.runs.append({"databaseId": number, "event": event, "headSha": commit, "conclusion": ""})
        (self.home / "what.json").write_text(json.dumps({"pulls": self.pulls, "runs": self.runs}))
        github = {"event_name": event, "event": payload or {}, "sha": commit, "ref": ref, "run_id": number}
        github |= {"run_attempt": 1, "repository": "example/photos", "token": "gh-token"}
        self.jobs = {}
        for name, job in self.workflow["jobs"].items():  # written in the order of their needs
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            assert set(needs) <= set(self.jobs)
            ends = {self.jobs[need].result for need in needs}
            condition = str(job.get("if", "success()"))
            if not re.search(r"(always|failure|cancelled|success)\(\)", condition):
                condition = f"success() && ({condition})"
            # success() is false after a skipped need, failure() is true only after a failed one.
            contexts = {"github": github}
            plain = condition.replace("success()", str(ends <= {"success"}).lower())
            self.jobs[name] = Job()
            if evaluate(plain, contexts, "failure" in ends):
                place = self.office.folder / f"github-{number}-{name}"
                self.jobs[name] = self._job(job, github, place, number)
        good = all(job.result != "failure" for job in self.jobs.values())
        self.runs[-1]["conclusion"] = "success" if good else "failure"
        return self.jobs

    def _job(self, job: Json, github: Json, place: Path, number: int) -> Job:
        place.mkdir()
        limits = {f"PHOTOS_{name}": limit for name, limit in FIRST_MERGE.items()}
        variables, secrets = {"PHOTOS_STATE": str(self.office.kept), "PHOTOS_IMAGE": "image", **limits}, {}
        if "environment" in job:
            more, secrets = self.office.account(writes=job["environment"] == "photos-write")
            variables |= more
        if "container" in job:
            image = job["container"]["image"] if isinstance(job["container"], dict) else job["container"]
            assert fill_in(image, {"vars": variables}) == "image"
        contexts: Json = {"github": github, "vars": variables, "secrets": secrets}
        environment = {name: fill_in(value, contexts) for name, value in job.get("env", {}).items()}
        own = {"GITHUB_SHA": github["sha"], "GITHUB_REPOSITORY": github["repository"], "CI": "true"}
        runner = place.with_name(f"{place.name}.runner")
        runner.mkdir()
        own |= {"RUNNER_TEMP": str(runner), "GITHUB_ENV": str(runner / "env")}
        if job.get("permissions", {}).get("id-token") == "write":
            own["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self.url}/token?api-version=2"
            own["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
        done = Job("success")
        for step in job["steps"]:
            contexts["env"] = environment
            condition = str(step.get("if", "success()"))
            if not re.search(r"(always|failure|cancelled|success)\(\)", condition):
                condition = f"success() && ({condition})"
            if not evaluate(condition, contexts, done.result == "failure"):
                continue
            if "uses" in step:
                self._use(step, place, number, str(github["sha"]))
                continue
            more = {name: fill_in(value, contexts) for name, value in step.get("env", {}).items()}
            code, output = self.office.run(fill_in(step["run"], contexts), place, {**environment, **own, **more})
            done.output += output
            if code:
                done.result = "failure"
            left = Path(own["GITHUB_ENV"])
            for line in left.read_text().splitlines() if left.exists() else []:
                name, value = line.split("=", 1)
                environment[name] = value
        return done

    def _use(self, step: Json, place: Path, number: int, commit: str) -> None:
        action, given = step["uses"].partition("@")[0], step.get("with", {})
        shelf = self.home / "artifacts" / str(number) / str(given.get("name"))
        if action == "actions/checkout":
            self.office.check_out(commit, place)
            if "sparse-checkout" in given:
                assert given["sparse-checkout-cone-mode"] is False, "patterns, not folders"
                sparse = ["git", "-C", place, "sparse-checkout", "set", "--no-cone"]
                subprocess.run([*sparse, *given["sparse-checkout"].split()], check=True)
        elif action == "actions/upload-artifact":
            found = [path for path in place.rglob("*") if fnmatch.fnmatch(str(path.relative_to(place)), given["path"])]
            if not found:
                return  # the action warns of it, and the step is green
            shelf.mkdir(parents=True)
            for path in found:
                shutil.copy(path, shelf)
        elif action == "actions/download-artifact":
            shutil.copytree(shelf, place / given["path"], dirs_exist_ok=True)
        else:
            raise AssertionError(f"no stand-in for {action}")


# --- GitLab ---


@dataclass
class GitLab:
    """Runs docs/recipes/gitlab-ci/photos.gitlab-ci.yml."""

    office: Office
    url: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    identity_tokens: int = 0
    number: int = 0
    merged: dict[str, int] = field(default_factory=dict)
    approved: bytes | None = None
    _service: Service | None = None

    def __post_init__(self) -> None:
        self.pipeline: Json = yaml.safe_load((RECIPES / "gitlab-ci" / "photos.gitlab-ci.yml").read_text())
        self._service = Service(self._api)
        self.url = self._service.__enter__()

    def close(self) -> None:
        assert self._service is not None
        self._service.__exit__()

    def artifact(self, job: str, name: str) -> bytes:
        return (self._shelf(job) / "reports" / name).read_bytes()

    def _shelf(self, job: str) -> Path:
        return self.office.folder / "gitlab" / str(self.number) / job

    def pull_request(self, branch: str) -> dict[str, Job]:
        commit = self.office.git("rev-parse", branch)
        more = {"CI_MERGE_REQUEST_IID": "7"}
        jobs = self._run("merge_request_event", commit, more)
        if all(job.result != "failure" for job in jobs.values()):
            self.approved = self.artifact("drift", "drift.json")
        return jobs

    def merge(self, branch: str) -> dict[str, Job]:
        commit = self.office.merge(branch)
        self.merged[commit] = 7
        return self.push(commit)

    def push(self, commit: str) -> dict[str, Job]:
        return self._run("push", commit, {"CI_COMMIT_BRANCH": "main"})

    def by_hand(self) -> dict[str, Job]:
        return self._run("web", self.office.git("rev-parse", "main"), {"CI_COMMIT_BRANCH": "main"})

    def nightly(self) -> dict[str, Job]:
        return self._run("schedule", self.office.git("rev-parse", "main"), {"CI_COMMIT_BRANCH": "main"})

    def _api(self, method: str, path: str, headers: t.Mapping[str, str], body: bytes) -> bytes | None:
        if headers.get("private-token") != "project-token":
            return None
        if method == "POST" and path == "/api/v4/projects/12/merge_requests/7/notes":
            self.comments.append(urllib.parse.parse_qs(body.decode())["body"][0])
            return b"{}"
        commit = re.fullmatch(r"/api/v4/projects/12/repository/commits/([0-9a-f]{40})/merge_requests", path)
        if commit:
            return json.dumps([{"iid": self.merged[commit[1]]}] if commit[1] in self.merged else []).encode()
        plan = "/jobs/artifacts/refs%2Fmerge-requests%2F7%2Fhead/raw/reports/drift.json?job=drift"
        return self.approved if path == f"/api/v4/projects/12{plan}" else None

    def _run(self, source: str, commit: str, more: dict[str, str]) -> dict[str, Job]:
        self.number += 1
        variables = {**self.pipeline["variables"], **more, "CI": "true", "CI_PIPELINE_SOURCE": source}
        variables |= {"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": commit, "CI_PIPELINE_ID": str(self.number)}
        variables |= {"CI_API_V4_URL": f"{self.url}/api/v4", "CI_PROJECT_ID": "12", "PHOTOS_API_TOKEN": "project-token"}
        # A project's own variables win over those of the file; the image is the project's.
        variables |= {"STATE": str(self.office.kept), "PHOTOS_IMAGE": "image", **FIRST_MERGE}
        self.jobs = {}
        bad = False
        for stage in self.pipeline["stages"]:
            named = {name: job for name, job in self.pipeline.items() if isinstance(job, dict)}
            here = {name: job for name, job in named.items() if job.get("stage") == stage}
            for name, job in here.items():
                self.jobs[name] = Job()
                wanted = any(self._applies(rule["if"], variables) for rule in job["rules"])
                ready = all(self.jobs[need].result == "success" for need in job["needs"]) if "needs" in job else not bad
                if wanted and ready:
                    self.jobs[name] = self._job(name, job, commit, dict(variables))
            bad = bad or any(self.jobs[name].result == "failure" for name in here)
        return self.jobs

    @staticmethod
    def _applies(rule: str, variables: t.Mapping[str, str]) -> bool:
        python = re.sub(r"\$(\w+)", lambda match: repr(variables.get(match[1])), rule).replace("&&", "and")
        assert re.fullmatch(r"[\w\s'\"=-]+", python), python
        return bool(eval(python, {"__builtins__": {}}))

    def _job(self, name: str, job: Json, commit: str, variables: dict[str, str]) -> Job:
        job = {**self.pipeline.get(job.get("extends", ""), {}), **job}
        place = self.office.check_out(commit, self.office.folder / f"gitlab-{self.number}-{name}")
        for done in self._shelf("").iterdir() if self._shelf("").exists() else []:
            shutil.copytree(done, place, dirs_exist_ok=True)
        if "environment" in job:
            where = job["environment"]
            where = where["name"] if isinstance(where, dict) else where
            for given in self.office.account(writes=where == "photos-write"):
                variables |= given
        if "AZURE_ID_TOKEN" in job.get("id_tokens", {}):
            assert job["id_tokens"]["AZURE_ID_TOKEN"]["aud"] == "api://AzureADTokenExchange"
            self.identity_tokens += "AZURE_CLIENT_SECRET" not in variables
            variables["AZURE_ID_TOKEN"] = Path(self.office.told["tenant"]["federated_token_file"]).read_text()
        code, output = self.office.run("\n".join([*job.get("before_script", []), *job["script"]]), place, variables)
        kept = job.get("artifacts", {})
        patterns = [*kept.get("paths", []), *kept.get("reports", {}).values()]
        if not code or kept.get("when") == "always":
            for path in place.rglob("*"):
                relative = path.relative_to(place)
                if any(fnmatch.fnmatch(str(relative), pattern) for pattern in patterns):
                    (self._shelf(name) / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, self._shelf(name) / relative)
        return Job("failure" if code else "success", output)


@pytest.fixture(scope="session")
def state() -> Path:
    """The sandbox's state folder."""
    name = os.environ.get("HYBRID_PHOTOS_SANDBOX")
    if not name:
        pytest.fail("no sandbox: run these with tests/sandbox/sandbox run --netns -- pytest …")
    return Path(name)


@pytest.fixture
def office(state: Path, tmp_path: Path) -> t.Iterator[Office]:
    """Both servers as they were seeded, and a repository with everything but photos."""
    Sandbox(state).reset()
    told = json.loads((state / "sandbox.json").read_text())
    domain = Domain.from_sandbox(state)
    tenant = Control(told["tenant"]["url"], told["tenant"]["control_key"], told["ca_cert"])
    found = Office(state, tmp_path, told, domain, tenant)
    found.kept.mkdir()  # the volume is there
    found.start(RECIPES / "repository" / "team.photos.yml")
    yield found
    tenant.close()
    domain.close()


@pytest.fixture(params=[GitHub, GitLab])
def ci(office: Office, request: pytest.FixtureRequest) -> t.Iterator[CI]:
    """Either CI system."""
    found = request.param(office)
    yield found
    found.close()
