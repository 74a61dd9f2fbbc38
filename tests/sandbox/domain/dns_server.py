# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small DNS server: answers from one JSON file, which tests may change while it runs.

Run as a program: dns_server.py ADDRESS ZONE.json. The file has names to records: {"dc1.corp.test": {"A": ["10.0.0.1"]},
"_ldap._tcp.dc._msdcs.corp.test": {"SRV": ["0 100 389 dc1.corp.test."]}}.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

_TTL = 1
_PORT = 53


def answer(wire: bytes, zone: dict[str, dict[str, list[str]]]) -> bytes:
    """The answer to one question, as bytes. Raises DNSException for anything else."""
    question = dns.message.from_wire(wire)
    response = dns.message.make_response(question)
    response.flags |= dns.flags.AA | dns.flags.RA
    asked = question.question[0]
    name, kind = asked.name, dns.rdatatype.to_text(asked.rdtype)
    for _step in range(5):
        records = zone.get(name.to_text(omit_final_dot=True).lower())
        if records is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            break
        if "CNAME" in records and kind != "CNAME":
            response.answer.append(dns.rrset.from_text_list(name, _TTL, "IN", "CNAME", records["CNAME"]))
            name = dns.name.from_text(records["CNAME"][0])
            continue
        if kind in records:
            response.answer.append(dns.rrset.from_text_list(name, _TTL, "IN", kind, records[kind]))
        break
    return response.to_wire()


def serve(address: str, file: Path) -> None:
    """Answer over UDP until the process ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, _PORT))
        while True:
            wire, sender = sock.recvfrom(4096)
            try:
                sock.sendto(answer(wire, json.loads(file.read_text())), sender)
            except (dns.exception.DNSException, OSError, IndexError) as error:
                print(f"{sender}: {error}", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
