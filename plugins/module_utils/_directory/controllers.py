# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which domain controllers there are, and in what order they are asked. The only file that imports dnspython.

Active Directory's own clients find controllers by SRV records ([MS-ADTS] 6.3.2.3): those of a site under
``_ldap._tcp.<site>._sites.dc._msdcs.<domain>``, all of them under ``_ldap._tcp.dc._msdcs.<domain>``.
"""

from __future__ import annotations

import sys
import typing as t

from .errors import DirectoryError
from .options import DirectoryOptions


class SiteUnknown(DirectoryError):
    """DNS has no controllers for the site."""


class Controllers:
    """The controllers of one domain. One that was skipped is not asked again in this run."""

    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        self._all: list[str] | None = list(options.candidates) or None
        self._passed_over: dict[str, str] = {}
        self.notes: list[str] = []

    def all(self) -> list[str]:
        """Every controller, in the order in which they are asked; DNS is asked once. Raises DirectoryError."""
        if self._all is None:
            self._all = self._found()
        return list(self._all)

    def left(self) -> list[str]:
        """Those that were not skipped."""
        return [server for server in self.all() if server not in self._passed_over]

    @property
    def is_only_one(self) -> bool:
        """Is there only one controller?"""
        return len(self.all()) == 1

    @property
    def reasons(self) -> list[str]:
        """Why controllers were skipped."""
        return list(self._passed_over.values())

    def pass_over(self, server: str, why: str) -> None:
        """Skip a controller from now on, with a note that says why."""
        if server not in self._passed_over:
            self._passed_over[server] = why
            self.notes.append(f"domain controller {server} was skipped for the rest of this run: {why}")

    def _found(self) -> list[str]:
        o = self._options
        near: list[str] = []
        if o.site:
            try:
                near = find(o.domain, o.site, o.timeout)
            except SiteUnknown as error:
                self.notes.append(str(error))
        return list(dict.fromkeys([*near, *find(o.domain, None, o.timeout)]))


def endpoints(options: DirectoryOptions) -> list[list[DirectoryOptions]]:
    """For each domain, the options at each of its controllers, in the order in which they are asked.

    Looks controllers up in DNS where none is named. Raises DirectoryError.
    """
    return [[one.at(server) for server in Controllers(one).all()] for one in options.each_domain()]


def record_name(domain: str, site: str | None) -> str:
    """Where DNS has the controllers of a domain, or of one of its sites."""
    where = f"{site}._sites.dc._msdcs" if site else "dc._msdcs"
    return f"_ldap._tcp.{where}.{domain}"


def find(domain: str, site: str | None, timeout: float) -> list[str]:
    """Host names by SRV records. Raises DirectoryError that names the option; SiteUnknown when only the site has none.

    Controllers of equal priority and weight are ordered by name, so that every run uses the same one: what is
    remembered of one controller (uSNChanged) is useless at another.
    """
    try:  # here and not above: it takes a tenth of a module's start, and who names controllers does not need it
        import dns.exception
        import dns.resolver
    except ImportError as error:
        raise DirectoryError(
            f"the Python library dnspython, which finds the domain controllers of {domain}, is missing for "
            f"{sys.executable}: pip install dnspython, or name a domain controller in server"
        ) from error
    name = record_name(domain, site)
    try:
        answer = dns.resolver.resolve(name, "SRV", lifetime=timeout, search=False)
        found = ordered((r.priority, r.weight, r.target.to_text(omit_final_dot=True)) for r in answer)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        found = []
    except dns.exception.DNSException as error:
        raise DirectoryError(
            f"domain {domain}: the domain controllers cannot be looked up in DNS ({name}, SRV: {error}); check the DNS "
            "servers of this host, or name a domain controller in server"
        ) from error
    if found:
        return found
    if site:
        raise SiteUnknown(
            f"site {site}: DNS has no domain controllers of {domain} for it ({name}, SRV), so those of the whole "
            "domain are asked; check the name of the site"
        )
    raise DirectoryError(
        f"domain {domain}: DNS has no domain controllers for it ({name}, SRV); check the name, and that this host asks "
        "the domain's own DNS servers; or name a domain controller in server"
    )


def ordered(records: t.Iterable[tuple[int, int, str]]) -> list[str]:
    """Host names of SRV records (priority, weight, target): the lowest priority, the greatest weight first.

    A target of "." says that there is no such service (RFC 2782).
    """
    ranked = sorted((priority, -weight, target.lower()) for priority, weight, target in records)
    return list(dict.fromkeys(target for _priority, _weight, target in ranked if target not in (".", "")))
