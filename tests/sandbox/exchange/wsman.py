# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management envelopes ([MS-WSMV]): requests, answers and faults."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
POWERSHELL = "http://schemas.microsoft.com/powershell"
NAMES = {"s": SOAP, "a": ADDRESSING, "w": WSMAN, "rsp": SHELL, "p": POWERSHELL}

TIMED_OUT = 2150858793
NO_SHELL = 2150858843
NO_RESOURCE = 2150858811
QUOTA = 2150859173
DENIED = 5


@dataclass
class Question:
    """A request. ``action`` is the last part of the action's URI ("Create", "Receive", ...)."""

    action: str
    message_id: str
    resource: str
    body: ET.Element
    timeout: float = 20.0
    selectors: dict[str, str] = field(default_factory=dict)


class WSManFault(Exception):
    """An answer that is a fault: WSMan's code, and the reason in words."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def parse(raw: bytes) -> Question:
    """Parse a request. Raises ValueError if it is not an envelope."""
    try:
        envelope = ET.fromstring(raw)
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    header, body = envelope.find("s:Header", NAMES), envelope.find("s:Body", NAMES)
    if header is None or body is None:
        raise ValueError("no header or no body")
    timeout = header.findtext("w:OperationTimeout", "PT20S", NAMES)
    return Question(
        action=header.findtext("a:Action", "", NAMES).rpartition("/")[2],
        message_id=header.findtext("a:MessageID", "", NAMES),
        resource=header.findtext("w:ResourceURI", "", NAMES),
        body=body,
        timeout=float(timeout.removeprefix("PT").removesuffix("S") or 20),
        selectors={s.get("Name", ""): s.text or "" for s in header.findall("w:SelectorSet/w:Selector", NAMES)},
    )


def answer(question: Question, body: str) -> bytes:
    """An answer with this body."""
    return _envelope(question.message_id, f"{SHELL}/{question.action}Response", body)


def fault(message_id: str, error: WSManFault) -> bytes:
    """An answer that is a fault."""
    reason = escape(str(error))
    return _envelope(
        message_id,
        f"{WSMAN}/fault",
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{error.code}" Machine="ex1.photos.test"><f:Message>{reason}'
        "</f:Message></f:WSManFault></s:Detail></s:Fault>",
    )


def _envelope(message_id: str, action: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" '
        f'xmlns:rsp="{SHELL}" xmlns:x="{TRANSFER}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{ADDRESSING}/role/anonymous</a:To>"
        f"<a:RelatesTo>{escape(message_id)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def created(shell_id: str, resource: str) -> str:
    """The body of an answer to Create."""
    return (
        f"<x:ResourceCreated><a:Address>http://ex1.photos.test/PowerShell/</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{escape(resource)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId>"
        f"<rsp:ResourceUri>{escape(resource)}</rsp:ResourceUri><rsp:IdleTimeOut>PT900.000S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>"
    )


def received(chunks: list[str], command_id: str | None, *, done: bool) -> str:
    """The body of an answer to Receive: base64 texts."""
    of = f' CommandId="{command_id}"' if command_id else ""
    streams = "".join(f'<rsp:Stream Name="stdout"{of}>{chunk}</rsp:Stream>' for chunk in chunks)
    state = ""
    if command_id:
        state = f'<rsp:CommandState{of} State="{SHELL}/CommandState/{"Done" if done else "Running"}"/>'
    return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"
