# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a photo module: from options to outcomes, and from exceptions to failures."""

from __future__ import annotations

import json
import time
import typing as t
from contextlib import closing
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._core import rows_file
from .._core.model import PROBLEMS, Definition, PhotoError
from .._core.option_names import called
from .._core.results import Row, difference, in_short, quiet, row_of, summarize, to_result
from .._core.targets import MAILBOXES
from .._pictures import pillow
from .._sync.backups import Backups
from .._sync.moved import end_of_left_out, note
from .._sync.named import inner_match_by, named_store, names_at, needs_people
from .._sync.options import Services
from .._sync.people import People, people_of
from .._sync.previews import Previews
from .._sync.receipts import Receipts
from .._sync.run import Result, reconcile
from .._sync.store import PhotoStore
from .failures import complaint, invocation
from .photo_spec import definitions_from, settings_from
from .progress import ProgressFile, silent

#: Makes a store from the module's parameters; the receipts are the store's memory.
OpenStore = t.Callable[[dict[str, t.Any], t.Optional[Receipts]], PhotoStore]
#: A value of leave_out: see ``apart``.
ROUTED = "routed"


def run_photo_module(module: AnsibleModule, target: str, open_store: OpenStore) -> None:
    """Run a photo module, and end with exit_json or fail_json and every outcome."""
    try:
        result, left_out = _reconcile(module, target, open_store)
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False, target=target, invocation=invocation(module))
    rows, answer = results(result, target, module.check_mode, module.params["plan_only"], module.params["rows"])
    if left_out:
        answer["left_out"] = left_out
    if module._diff:
        answer["diff"] = [difference(row) for row in rows if row.changed or row.action != "none"]
    wrote = not (module.check_mode or module.params["plan_only"])
    message = result.error or complain(rows, module.params["ignore_problems"], wrote=wrote)
    if module.params["rows_in_file"]:
        answer = in_one_text(answer, module.no_log_values)
    if message is not None:
        module.fail_json(msg=message, invocation=invocation(module), **answer)
    module.exit_json(invocation=invocation(module), **answer)


def in_one_text(answer: dict[str, t.Any], secrets: t.Iterable[str]) -> dict[str, t.Any]:
    """The result with its rows in one text, unless it contains a secret.

    AnsibleModule masks secrets in each value of a result. In one text it would also mask keys and parts of numbers, and
    would not find secrets that JSON escapes.
    """
    packed = rows_file.in_one_text(answer)
    text = packed.get("rows_text", "")
    hidden = any(spelled in text for secret in secrets for spelled in (secret, json.dumps(secret)[1:-1]))
    return answer if hidden else packed


def _reconcile(module: AnsibleModule, target: str, open_store: OpenStore) -> tuple[Result, list[str]]:
    """The outcomes, and the users who were left out because their mailbox is at another target."""
    params = module.params
    pillow.available()
    definitions, refused = definitions_from(params, target)
    settings = settings_from(params, target, module.check_mode)
    places = [place for place in params["leave_out"] if place != ROUTED]
    # Roles leave out users with a mailbox on-premises by a variable of their own.
    prefix = settings.option_prefix
    option = f"{called('when', prefix, target)} mailbox" if prefix else f"leave_out {', '.join(places)}"
    left_out_by = option if places else ""
    needed = needs_people(params["match_by"], target, prefix) or left_out_by
    # Only role sync has a variable for it; other roles ask for it themselves.
    given_by = called("people", prefix if prefix == "sync_" else "")
    people = people_of(params["people"], params["match_by"], needed=needed, option=given_by)
    definitions, left_out = apart(definitions, people, params["leave_out"], target)
    receipts: Receipts | None = None
    if params["receipts"]:
        named = called("receipts", prefix)
        receipts = Receipts(Path(params["receipts"]), target, module.check_mode, named)
    backups = None
    if params["backup_dir"] and not module.check_mode:
        run = params["run_id"] or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        backups = Backups(Path(params["backup_dir"]), target, run)
    previews = _previews(module)
    progress = ProgressFile(Path(params["progress_file"])) if params["progress_file"] else silent
    try:
        inner = open_store({**params, "match_by": inner_match_by(params["match_by"], target)}, receipts)
        with closing(named_store(inner, names_at(definitions, target), people, params["match_by"])) as store:
            if params["authority"]:
                check_authority(store, params["authority"])
            services = Services(receipts, backups, previews, progress)
            result = reconcile(definitions, store, settings, services, refused)
            ended = [] if module.check_mode else end_of_left_out(receipts, left_out)
            result.notes = (*result.notes, *note(ended))
            return result, [definition.user for definition in left_out]
    finally:
        if receipts is not None:
            receipts.close()
        if backups is not None:
            backups.close()


def _previews(module: AnsibleModule) -> Previews | None:
    """The folder for the report's previews. If it cannot be made, users are examined without previews."""
    if not module.params["previews_dir"]:
        return None
    try:
        return Previews(Path(module.params["previews_dir"]))
    except PhotoError as error:
        module.warn(f"{error}; the report goes without the pictures of these users")
        return None


def apart(
    definitions: t.Sequence[Definition], people: People | None, places: t.Collection[str], target: str
) -> tuple[list[Definition], list[Definition]]:
    """The definitions of users without a mailbox at one of ``places``, and the others.

    With ``ROUTED`` in the places, also users are left out whose mailbox is at the other target with mailboxes, if their
    photo is declared there: then that target has the photo.
    """
    others = {mailbox: other for other, mailbox in MAILBOXES.items() if other != target} if ROUTED in places else {}
    left: list[Definition] = []
    kept: list[Definition] = []
    for definition in definitions:
        person = people.get(definition.user) if people is not None else None
        mailbox = person.mailbox if person is not None else None
        other = others.get(mailbox) if mailbox is not None else None
        there = other is not None and (not definition.targets or other in definition.targets)
        (left if there or (mailbox is not None and mailbox in places) else kept).append(definition)
    return kept, left


def check_authority(store: PhotoStore, wanted: str) -> None:
    """Raises PhotoError when the store is not the expected tenant or domain."""
    if store.open().lower() != wanted.lower():
        raise PhotoError(
            f"this is {store.authority}, and the call is meant for {wanted} (authority); no user was checked. "
            "Check the connection options, and where the photos come from"
        )


def results(
    result: Result, target: str, check: bool, plan_only: bool, shown: str
) -> tuple[list[Row], dict[str, t.Any]]:
    """All rows, and the module's return values: plain JSON types only.

    In check mode and with plan_only they are what would be done. ``shown`` is the option ``rows``.
    """
    would = (check or plan_only) and result.error is None
    rows = [row_of(outcome, would) for outcome in result.outcomes]
    answer: dict[str, t.Any] = {
        "changed": any(row.changed for row in rows) and not (would and not check),
        "summary": summarize(rows, result.requests),
        "photos": [to_result(row) for row in rows if shown == "all" or not quiet(row)],
        "target": target,
    }
    none = [o.definition.user for o in result.outcomes if o.observed is not None and o.observed.no_mailbox]
    if none:
        answer["no_mailbox"] = none
    needed = [o.definition.user for o in result.outcomes if o.source_needed]
    if needed:
        answer["source_needed"] = needed
    if result.notes:
        answer["notes"] = list(result.notes)
    if shown != "all":
        answer["in_sync"] = [in_short(row) for row in rows if quiet(row)]
    return rows, answer


def complain(rows: t.Sequence[Row], ignored: t.Sequence[str], *, wrote: bool) -> str | None:
    """Why the module fails, with the first users with file and line, or None."""
    bad: list[str] = []
    for row in rows:
        if row.error is not None:
            bad.append(f"{row.named}: {row.error}")
        elif row.drift in PROBLEMS and row.drift not in ignored and not row.accepted:
            where = f", {row.origin}" if row.origin else ""
            bad.append(f"{row.user} ({row.drift}{where}): {row.reason}")
    verb = "processed" if wrote else "checked"
    return complaint(bad, len(rows), f"could not be {verb}", f"all other users were {verb}")
