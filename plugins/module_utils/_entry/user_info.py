# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ad_user_info for AnsibleModule: users in Active Directory, their source anchor, their mailbox."""

from __future__ import annotations

import typing as t
from collections import Counter
from contextlib import closing

from ansible.module_utils.basic import AnsibleModule

from .._core.choice import EVERYBODY, Whom
from .._core.model import PhotoError, Resolution, Unresolved, User
from .._core.targets import TARGETS
from .._export.whom import Concerned, check, everybody, named
from .._sync.store import PhotoStore
from .failures import invocation
from .text_module import Spec
from .whom import WHOM_SPEC, whom_of

Json = dict[str, t.Any]


class UserStore(PhotoStore, t.Protocol):
    """A store that also finds anchors that several accounts have."""

    def shared_anchors(self, users: t.Sequence[User]) -> t.Mapping[str, t.Sequence[str]]:
        """Those anchors of these users that several accounts have, with the names of the accounts."""


OpenStore = t.Callable[[dict[str, t.Any]], UserStore]


def user_info_argument_spec() -> Spec:
    """The options besides the connection."""
    match_by = TARGETS["ad"].match_by
    return {
        "users": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "dict", "default": {}},
        "match_by": {"type": "str", "choices": list(match_by), "default": match_by[0]},
        "option_prefix": {"type": "str", "default": ""},
        # For the action plugin; the roles need it.
        "photos_file": {"type": "dict"},
        "for_targets": {"type": "list", "elements": "str", "choices": list(TARGETS), "default": []},
        "rows_in_file": {"type": "bool", "default": False},
        **WHOM_SPEC,
    }


def run_user_info_module(module: AnsibleModule, open_store: OpenStore) -> None:
    """Look users up, and end with exit_json or fail_json. A user that is not found is a result, not a failure."""
    params = module.params
    try:
        with closing(open_store(params)) as store:
            names = {str(user): str(name) for user, name in params["names"].items()}
            rows, concerned = user_rows(store, params["users"], names, check(whom_of(params)))
            left = {"excluded": list(concerned.excluded), "left_out": list(concerned.left_out)}
            counts = {**summary_of(rows), **{name: len(some) for name, some in left.items()}}
            matched = sorted(concerned.matched)
            answer = {"users": rows, "summary": counts, **left, "matched": matched, "target": "ad"}
            if store.notes:
                answer["notes"] = list(store.notes)
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False, target="ad", invocation=invocation(module))
    module.exit_json(changed=False, invocation=invocation(module), **answer)


def user_rows(
    store: UserStore, users: t.Sequence[str], names: t.Mapping[str, str], whom: Whom = EVERYBODY
) -> tuple[list[Json], Concerned]:
    """A row for each user that ``whom`` selects, from everybody when none is named; and who was left out.

    ``names``: users with another name in Active Directory.
    """
    if not users:
        concerned = everybody(store, whom)
        answers: list[tuple[str, Resolution]] = [(user.identity, user) for user in concerned.users]
    else:
        found, concerned = named(store, {user: names.get(user, user) for user in users}, whom)
        answers = list(found.items())
    shared = store.shared_anchors([answer for _user, answer in answers if isinstance(answer, User)])
    return [_row(user, answer, shared) for user, answer in answers], concerned


def _row(user: str, answer: Resolution, shared: t.Mapping[str, t.Sequence[str]]) -> Json:
    if isinstance(answer, Unresolved):
        problem = "unavailable" if answer.no_answer else "unresolved"
        return {"user": user, "id": None, "immutable_id": None, "problem": problem, "reason": answer.reason}
    row: Json = {"user": user, "id": answer.id, "account": answer.account, "mailbox": answer.mailbox}
    others = shared.get(answer.immutable_id or "")
    if others is None:
        return {**row, "immutable_id": answer.immutable_id, "problem": None, "reason": None}
    why = (
        f"{len(others)} accounts have the source anchor {answer.immutable_id}: {'; '.join(sorted(others)[:5])}. Give "
        "each a mS-DS-ConsistencyGuid of its own"
    )
    return {**row, "immutable_id": None, "problem": "unresolved", "reason": why}


def summary_of(rows: t.Sequence[Json]) -> dict[str, int]:
    """Counts of the rows."""
    mailboxes = Counter(row.get("mailbox") for row in rows)
    return {
        "users": len(rows),
        "found": sum(row["id"] is not None for row in rows),
        "anchored": sum(row["immutable_id"] is not None for row in rows),
        "mailbox_on_premises": mailboxes["on_premises"],
        "mailbox_cloud": mailboxes["cloud"],
    }
