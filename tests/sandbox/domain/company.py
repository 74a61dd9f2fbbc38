# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the test company: forty in two domains, with employee numbers; ten have another name in the cloud."""

from __future__ import annotations

from dataclasses import dataclass

#: The domains; the first one's schema is extended for Exchange.
CORP, BRANCH = "corp.test", "branch.test"
#: The company's domain name in the cloud.
CLOUD = "company.example"
_CLOUD_MAILBOX, _ON_PREMISES_MAILBOX = "2147483648", "1"


@dataclass(frozen=True)
class Employee:
    """One person. `recipient`: msExchRecipientTypeDetails, if the domain's schema has it."""

    number: int
    key: str
    domain: str
    cloud_upn: str
    recipient: str | None

    @property
    def upn(self) -> str:
        """The userPrincipalName in the person's domain."""
        return f"{self.key}@{self.domain}"

    @property
    def employee_number(self) -> str:
        """The employee number, which is also the name of the picture."""
        return str(10200 + self.number)

    @property
    def mail(self) -> str:
        """The mail address."""
        return f"{self.key}@{CLOUD}"

    @property
    def mailbox_is_on_premises(self) -> bool:
        """Is the mailbox on an Exchange server?"""
        return self.recipient == _ON_PREMISES_MAILBOX

    @property
    def attributes(self) -> dict[str, str | None]:
        """The person's attributes in the domain."""
        return {
            "displayName": f"{self.key.capitalize()} {self.domain.partition('.')[0].capitalize()}",
            "mail": self.mail,
            "employeeNumber": self.employee_number,
            "proxyAddresses": f"SMTP:{self.mail}",
            "msExchRecipientTypeDetails": self.recipient,
            "extensionAttribute3": None if self.recipient is None else f"badge {self.employee_number}",
        }


def everyone() -> list[Employee]:
    """Thirty people of the first domain, five of them with an on-premises mailbox; ten of the second domain."""
    people = []
    for number in range(40):
        corp = number < 30
        key = f"person{number:02d}"
        # Every fourth person has another name in the cloud.
        cloud = f"{key}.{'abcdefghij'[number // 4]}-surname@{CLOUD}" if number % 4 == 0 else f"{key}@{CLOUD}"
        recipient = (_ON_PREMISES_MAILBOX if number < 5 else _CLOUD_MAILBOX) if corp else None
        people.append(Employee(number, key, CORP if corp else BRANCH, cloud, recipient))
    return people
