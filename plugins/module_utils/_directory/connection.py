# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to a domain, to one of its controllers at a time.

One controller is used as long as it answers: it shows at once what was written to it, while the others show it only
after replication. When its connection is lost, it is tried once more, and then the next controller. One that does not
answer is not tried again in this run.
"""

from __future__ import annotations

import time

from .controllers import Controllers
from .errors import TIMEOUT, DirectoryError, DirectoryGone, SignInRefused
from .options import DirectoryOptions
from .rootdse import RootDSE, Schema
from .session import Session

#: Reasons shown of controllers that cannot be used.
SHOWN = 5


class Connection:
    """A signed-in connection. Raises StoreError kinds whose text names the option to look at."""

    def __init__(self, options: DirectoryOptions) -> None:
        self.options = options
        self.controllers = Controllers(options)
        #: The domain's DNS name; learnt from the first controller where no option names it.
        self.domain = options.domain
        #: Grows with every session: requests of an earlier session are not answered any more.
        self.generation = 0
        self._session: Session | None = None
        self._spent = 0

    @property
    def session(self) -> Session:
        """The session with the controller in use. Raises DirectoryGone when there is none."""
        if self._session is None:
            raise DirectoryGone(f"{self.options.place}: not connected")
        return self._session

    @property
    def root(self) -> RootDSE:
        """The rootDSE of the controller in use."""
        return self.session.root

    @property
    def schema(self) -> Schema:
        """What its schema says of the attributes of interest."""
        return self.session.schema

    @property
    def requests(self) -> int:
        """LDAP operations sent, to all controllers."""
        return self._spent + (self._session.requests if self._session is not None else 0)

    @property
    def notes(self) -> list[str]:
        """Which controllers were skipped, and why."""
        return self.controllers.notes

    def open(self) -> None:
        """Sign in to the first controller that can be used. Raises PhotoError, DirectoryError."""
        self.close()
        for server in self.controllers.left():
            try:
                self._enter(server)
                return
            except SignInRefused:
                raise  # a wrong password is wrong everywhere, and each try counts towards the account's lockout
            except DirectoryError as error:
                if self.controllers.is_only_one:
                    raise
                self.controllers.pass_over(server, str(error))
        reasons = self.controllers.reasons
        more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
        raise DirectoryGone(
            f"no domain controller{f' of {self.domain}' if self.domain else ''} can be used: "
            f"{'; '.join(reasons[:SHOWN])}{more}"
        )

    def close(self) -> None:
        """Safe to call twice."""
        closed, self._session = self._session, None
        if closed is not None:
            self._spent += closed.requests
            closed.close()

    def reopen(self, gone: DirectoryGone) -> None:
        """Another session after the last one broke, at the same controller or the next. Raises DirectoryError.

        When no controller is left, the return of one is waited for, up to ``timeout`` seconds.
        """
        lost = self.session
        lost.close()  # nothing more may be sent over it: a controller that hangs would carry it out later
        server = lost.options.server
        others = [other for other in self.controllers.left() if other != server]
        if not others:
            if not lost.answers:
                raise DirectoryGone(
                    f"{lost.options.place}: the connection was lost repeatedly; check that the domain "
                    "controller is healthy"
                )
            self._wait()
            return
        if lost.answers and gone.code != TIMEOUT:
            try:
                self._enter(server)
                return
            except SignInRefused:
                raise
            except DirectoryError as error:
                self.controllers.pass_over(server, str(error))
        self.controllers.pass_over(server, str(gone))
        self._session_lost(lost)
        try:
            self.open()
        except DirectoryGone:
            self._wait()

    def refresh_usn(self) -> int:
        """highestCommittedUSN as it is now; ``root`` keeps it."""
        try:
            return self.session.read_usn()
        except DirectoryGone as gone:
            self.reopen(gone)
            return self.root.usn

    def _enter(self, server: str) -> None:
        session = Session(self.options.at(server))
        try:
            session.open()
            self._check_domain(session)
        except BaseException:
            self._spent += session.requests
            session.close()
            raise
        self.close()
        self._session = session
        self.generation += 1

    def _session_lost(self, lost: Session) -> None:
        if self._session is lost:
            self.close()

    def _check_domain(self, session: Session) -> None:
        found = session.root.domain
        if self.domain and found != self.domain:
            raise DirectoryError(
                f"{session.options.place}: this is a domain controller of {found}, and the users are looked for in "
                f"{self.domain}; correct server, or name both domains in domain"
            )
        self.domain = found

    def _wait(self) -> None:
        """Wait for a controller: one that was not skipped, or any of them when all were."""
        until, pause = time.monotonic() + self.options.timeout, 0.25
        while True:
            for server in self.controllers.left() or self.controllers.all():
                try:
                    self._enter(server)
                    return
                except DirectoryGone as error:
                    gone = error
            if time.monotonic() + pause > until:
                raise gone
            time.sleep(pause)
            pause = min(pause * 2, 4.0)
