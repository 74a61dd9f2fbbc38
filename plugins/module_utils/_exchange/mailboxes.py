# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities -> mailboxes: Get-Mailbox with filters, then Get-User for users without an on-premises mailbox.

A list of all mailboxes would need fewer calls, but far more data: a mailbox has over a hundred properties, which are
always sent, and each shard of a run would list all mailboxes for its own users.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from .._core.choice import EVERYBODY, Whom
from .._core.model import PhotoError, Resolution, Unresolved, User
from .._core.option_names import called
from .._core.text import shown
from .cmdlets import (
    CLAUSES,
    Account,
    Answer,
    Call,
    account_of,
    all_mailboxes,
    find_mailboxes,
    find_users,
    group_members,
    guid_of,
    is_group,
    key,
    unaskable,
)
from .errors import AMBIGUOUS, NOT_FOUND, NOT_THERE, ExchangeError, ExchangeGone, missing_role
from .options import ExchangeOptions
from .pipelines import Job, Pipelines

_Found = dict[str, list[Account]]

#: How many groups one group may contain. More groups probably mean an endless list.
MOST_GROUPS = 10_000


class Mailboxes:
    """Finds the users of an Exchange organization."""

    def __init__(self, pipelines: Pipelines, options: ExchangeOptions, match_by: str) -> None:
        self._pipelines = pipelines
        self._options = options
        self._match_by = match_by
        self._option = called("match_by", options.option_prefix, "exchange")
        #: True if the role has no Get-User: then it is not known where a missing mailbox is.
        self.blind = False

    def resolve(self, identities: t.Sequence[str]) -> dict[str, Resolution]:
        """An answer for each identity. Raises ExchangeError when the account may not call the cmdlets."""
        answers: dict[str, Resolution] = {}
        asked: list[str] = []
        for identity in dict.fromkeys(identities):
            why = unaskable(self._match_by, identity)
            if why is None:
                asked.append(identity)
            else:
                shown = identity if len(identity) <= 80 else f"{identity[:77]}..."
                answers[identity] = Unresolved(identity, f"no user can have {self._match_by} {shown!r}: {why}")
        doubtful: set[str] = set()
        found = self._find(asked, find_mailboxes, doubtful)
        rest = [identity for identity in asked if not found[key(self._match_by, identity)]]
        others = self._find(rest, find_users, doubtful) if rest else {}
        for identity in asked:
            name = key(self._match_by, identity)
            answers[identity] = self._judge(identity, found[name] or others.get(name, []), name not in doubtful)
        return {identity: answers[identity] for identity in identities}

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All on-premises mailboxes. A mailbox without the ``match_by`` property is named by its GUID.

        Raises PhotoError for a filter that the server does not accept, and for a group that is not found or not unique.
        """
        members = self._members(whom.group) if whom.group else None
        answer = self._pipelines.one(all_mailboxes(whom.filter))
        failure = answer.failure
        if whom.filter and failure is not None and failure.name not in NOT_THERE:
            raise PhotoError(
                f"filter '{shown(whom.filter)}': Exchange Server does not accept it ({failure.name}: {failure.text}); "
                "write it as CustomAttribute1 -eq 'x' -and Office -ne 'y'"
            )
        accounts = self._accounts(answer, "Get-Mailbox")
        self._whole(answer, "Get-Mailbox")
        for account in accounts:
            if members is None or account.id in members:
                yield account.as_user(account.matches or account.id)

    def _members(self, group: str) -> set[str]:
        """The GUIDs of the members of a group, also of nested groups. The server lists only direct members."""
        asked, waiting, found = {group}, [group], set[str]()
        while waiting:
            name = waiting.pop()
            answer = self._pipelines.one(group_members(name))
            failure = answer.failure
            if failure is not None and failure.name in NOT_FOUND | AMBIGUOUS:
                what = "does not exist in Exchange Server" if failure.name in NOT_FOUND else "is several groups"
                raise PhotoError(
                    f"group '{shown(group)}' {what} ({failure.text}); give the address, GUID or distinguished name of "
                    "one distribution group or mail-enabled security group"
                )
            if failure is not None and failure.name in NOT_THERE:
                raise ExchangeError(
                    f"{self._options.place}: group '{shown(group)}' needs a management role with "
                    f"Get-DistributionGroupMember ({failure.name}); assign one, or use filter"
                )
            self._accounts(answer, "Get-DistributionGroupMember")  # raises for other failures
            self._whole(answer, "Get-DistributionGroupMember")
            for member in answer.objects:
                id_ = guid_of(member.get("Guid"))
                if id_ is None or id_ in asked or id_ in found:
                    continue
                if is_group(member):
                    asked.add(id_)
                    waiting.append(id_)
                    if len(asked) > MOST_GROUPS:
                        raise PhotoError(
                            f"group '{shown(group)}' has more than {MOST_GROUPS:,} groups in it, which is probably "
                            "without an end; give a smaller group, or use filter"
                        )
                else:
                    found.add(id_)
        return found

    def _find(
        self, identities: t.Sequence[str], question: t.Callable[[str, t.Sequence[str]], Call], doubtful: set[str]
    ) -> _Found:
        """Accounts by the key of their identity. Accounts that match the filter but have another key are left out.

        ``doubtful`` gets the keys of identities without an account where the answer has accounts with other keys: the
        server may have taken one of them for the account. Raises ExchangeError for an incomplete answer: a missing
        account, or a second one, may be in the rest.
        """
        wanted = {key(self._match_by, identity) for identity in identities}
        lots = [identities[start : start + CLAUSES] for start in range(0, len(identities), CLAUSES)]
        found: _Found = defaultdict(list)
        calls = [question(self._match_by, lot) for lot in lots]
        jobs = ((lot, _ask(call)) for lot, call in zip(lots, calls, strict=True))
        for lot, answer in self._pipelines.run(jobs):
            accounts = self._accounts(answer, calls[0].cmdlet)
            self._whole(answer, calls[0].cmdlet)
            names = [key(self._match_by, account.matches) for account in accounts]
            for name, account in zip(names, accounts, strict=True):
                if name in wanted and account.id not in {known.id for known in found[name]}:
                    found[name].append(account)
            if len(accounts) < len(answer.objects) or not wanted.issuperset(names):
                doubtful.update(key(self._match_by, identity) for identity in lot)
        return found

    def _accounts(self, answer: Answer, cmdlet: str) -> list[Account]:
        if answer.lost is not None:
            raise ExchangeGone(answer.lost)
        failure = answer.failure
        if failure is not None and failure.name in NOT_THERE:
            if cmdlet == "Get-User":
                self.blind = True
                return []
            raise missing_role(failure, cmdlet, self._options)
        if failure is not None and not answer.objects:
            raise ExchangeError(f"{self._options.place}: {cmdlet} failed ({failure.name}: {failure.text})")
        accounts = (account_of(found, self._match_by) for found in answer.objects)
        return [account for account in accounts if account is not None]

    def _whole(self, answer: Answer, cmdlet: str) -> None:
        """Raises ExchangeError for an incomplete list: users missing from it would look as if they did not exist."""
        if answer.failure is not None and answer.objects:
            raise ExchangeError(
                f"{self._options.place}: {cmdlet} sent a part of its list, and then failed ({answer.failure.name}: "
                f"{answer.failure.text}); nothing of it was used"
            )

    def _judge(self, identity: str, found: t.Sequence[Account], certain: bool = False) -> Resolution:
        if len(found) == 1:
            return found[0].as_user(identity)
        if found:
            names = "; ".join(sorted(f"{account.label} ({account.id})" for account in found)[:5])
            return Unresolved(
                identity,
                f"{len(found)} accounts have {self._match_by} {identity!r}: {names}. Make it unique, or set "
                f"{self._option} to objectGUID",
            )
        if self.blind:
            return Unresolved(
                identity,
                f"no mailbox on-premises has {self._match_by} {identity!r}. It may be in the cloud: to find out, "
                "the account needs a management role with Get-User",
            )
        return Unresolved(
            identity,
            f"no user has {self._match_by} {identity!r} in the organization of {self._options.server}. Check the "
            f"spelling, {self._option}, and whether the account may see the user; a soft-deleted mailbox does not "
            "count",
            gone=certain,
        )


def _ask(call: Call) -> Job[Answer]:
    return (yield call)
