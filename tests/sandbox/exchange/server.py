# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: WSMan at /PowerShell/, and the tests' control API at /sandbox/. One organization on two ports (http, https)."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import ssl
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from . import wsman
from .cmdlets import Cmdlets
from .security import NotEncrypted, Peer
from .shells import Cut, Shell
from .state import Fault, Mailbox, load
from .wsman import Question, WSManFault

_RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.Exchange"


class Server:
    """Serves a state folder. ``write_thumbnail``: see Cmdlets."""

    def __init__(self, folder: Path, write_thumbnail: Callable[[Mailbox, bytes], None] | None) -> None:
        self._folder = folder
        self._write = write_thumbnail
        self._peers: weakref.WeakKeyDictionary[Any, Peer] = weakref.WeakKeyDictionary()
        self._runners: list[web.ServerRunner] = []
        self._begin()

    def _begin(self) -> None:
        self.organization = organization = load(self._folder)
        self._shells: dict[str, Shell] = {}

        def keep(mailbox: Mailbox, picture: bytes) -> None:
            organization.thumbnails[mailbox.upn] = picture

        self._cmdlets = Cmdlets(organization, self._write or keep)

    async def start(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        """Listen; returns the port."""
        runner = web.ServerRunner(
            web.Server(self._answer, access_log=None, keepalive_timeout=300), shutdown_timeout=0.5
        )
        await runner.setup()
        await web.TCPSite(runner, host, port, ssl_context=context).start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        """End all connections."""
        for runner in self._runners:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/sandbox/"):
            return await self._control(request)
        body = await request.read()
        if request.path.rstrip("/").lower() != "/powershell" or request.method != "POST":
            return web.Response(status=404, text="<html>Not Found</html>", content_type="text/html")
        peer = self._peers.setdefault(request.transport, Peer())
        header = request.headers.get("Authorization", "")
        token: str | None = None
        if header:
            _account, token = peer.greet(header, self.organization)
        if peer.account is None:
            return self._unauthorized(token)
        answering = {"WWW-Authenticate": f"{header.partition(' ')[0]} {token}"} if token else {}
        if not body:  # the first message over http only has the ticket
            return web.Response(status=200, headers=answering)
        secure = request.scheme == "https"
        content_type = request.headers.get("Content-Type", "")
        try:
            plain = body if secure else peer.decrypted(content_type, body)
            question = wsman.parse(plain)
        except (NotEncrypted, ValueError) as error:
            print(f"exchange: {error}", flush=True)
            return web.Response(status=400, headers=answering)
        self.organization.counters["messages"] += 1
        status = 200
        try:
            answer = wsman.answer(question, await self._act(question, peer))
        except WSManFault as fault:
            status, answer = 500, wsman.fault(question.message_id, fault)
        except Cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if secure:
            return web.Response(
                status=status, body=answer, headers={**answering, "Content-Type": "application/soap+xml;charset=UTF-8"}
            )
        kind, wrapped = peer.encrypted(content_type, answer)
        return web.Response(status=status, body=wrapped, headers={**answering, "Content-Type": kind})

    def _unauthorized(self, token: str | None) -> web.Response:
        response = web.Response(status=401)
        service = self.organization.service
        if token is not None:
            response.headers["WWW-Authenticate"] = f"Negotiate {token}"
            return response
        offered = [
            *(["Negotiate"] if service.kerberos else ["NTLM"]),
            *(['Basic realm="ex1"'] if service.basic else []),
        ]
        response.headers["WWW-Authenticate"] = ", ".join(offered)
        return response

    # -- WSMan

    async def _act(self, question: Question, peer: Peer) -> str:
        """The body of the answer. Raises WSManFault, Cut."""
        account, body = peer.account, question.body
        if account is None or account.role is None:
            raise WSManFault(wsman.DENIED, "Access is denied.")
        if question.action == "Create":
            return self._create(question, peer)
        shell = self._shells.get(question.selectors.get("ShellId", ""))
        if shell is None or shell.broken or shell.account.principal != account.principal:
            raise WSManFault(wsman.NO_SHELL, "The shell was not found on the server.")
        if question.action == "Command":
            line = body.find("rsp:CommandLine", wsman.NAMES)
            assert line is not None
            command_id = line.get("CommandId") or str(uuid.uuid4()).upper()
            shell.command(command_id, base64.b64decode(line.findtext("rsp:Arguments", "", wsman.NAMES)))
            return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
        if question.action == "Send":
            shell.send(base64.b64decode(body.findtext("rsp:Send/rsp:Stream", "", wsman.NAMES)))
            return "<rsp:SendResponse/>"
        if question.action == "Receive":
            stream = body.find("rsp:Receive/rsp:DesiredStream", wsman.NAMES)
            return await shell.receive(stream.get("CommandId") if stream is not None else None, question.timeout)
        if question.action == "Signal":
            signal = body.find("rsp:Signal", wsman.NAMES)
            if signal is not None:
                shell.signal(signal.get("CommandId", ""))
            return "<rsp:SignalResponse/>"
        if question.action == "Delete":
            shell.close()
            del self._shells[shell.id]
            return ""
        raise WSManFault(wsman.NO_RESOURCE, f"The action {question.action} is not supported.")

    def _create(self, question: Question, peer: Peer) -> str:
        organization, account = self.organization, peer.account
        assert account is not None
        if not organization.service.is_exchange or question.resource != _RESOURCE:
            raise WSManFault(
                wsman.NO_RESOURCE,
                f"The resource URI ({question.resource}) was not found in the WS-Management catalog.",
            )
        open_ones = [s for s in self._shells.values() if s.account.principal == account.principal and not s.broken]
        if len(open_ones) >= organization.service.max_sessions:
            raise WSManFault(
                wsman.QUOTA,
                "Fail to create a runspace because you have exceeded the maximum number of connections allowed: "
                f"{organization.service.max_sessions} for the policy party: MaxConcurrency.",
            )
        element = question.body.find("rsp:Shell", wsman.NAMES)
        content = element.findtext("p:creationXml", "", wsman.NAMES) if element is not None else ""
        shell_id = (element.get("ShellId") if element is not None else None) or str(uuid.uuid4()).upper()
        shell = Shell(shell_id, account, organization, self._cmdlets)
        shell.open(base64.b64decode(content))
        self._shells[shell_id] = shell
        organization.counters["sessions"] += 1
        return wsman.created(shell_id, question.resource)

    # -- the tests' control API

    async def _control(self, request: web.BaseRequest) -> web.Response:
        organization = self.organization
        if request.headers.get("X-Sandbox-Key") != organization.control_key:
            return web.Response(status=403)
        raw = await request.read()
        what = request.path.removeprefix("/sandbox/")
        try:
            if what == "photo":
                return self._photo(request.method, request.query["upn"], raw)
            answer = self._told(what, json.loads(raw) if raw else {})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(answer)

    def _told(self, what: str, given: Any) -> Any:
        organization = self.organization
        if what == "service":
            for name, value in given.items():
                if name not in {item.name for item in dataclasses.fields(organization.service)}:
                    raise KeyError(name)
                setattr(organization.service, name, value)
            return dataclasses.asdict(organization.service)
        if what == "fault":
            organization.faults.append(Fault(**given))
        elif what == "clear_faults":
            organization.faults.clear()
        elif what == "mailbox":
            mailbox = organization.named(given.pop("upn"))
            for name, value in given.items():
                setattr(mailbox, name, value)
        elif what == "add_mailbox":
            organization.mailboxes.append(Mailbox(**given))
        elif what == "remove_mailbox":
            organization.mailboxes.remove(organization.named(given["upn"]))
        elif what == "end_sessions":
            for shell in self._shells.values():
                shell.close()
        elif what == "start_over":
            self._begin()
        elif what == "state":
            mailbox = organization.named(given["upn"])
            return {"guid": mailbox.guid, "removed": mailbox.removed, "photo": mailbox.photo is not None}
        elif what == "counters":
            open_ones = sum(not shell.broken for shell in self._shells.values())
            running = sum(shell.running() for shell in self._shells.values())
            return {**organization.counters, "open_sessions": open_ones, "running": running}
        else:
            raise KeyError(what)
        return {}

    def _photo(self, method: str, upn: str, raw: bytes) -> web.Response:
        mailbox = self.organization.named(upn)
        if method == "GET":
            return web.Response(body=mailbox.photo) if mailbox.photo is not None else web.Response(status=404)
        mailbox.keep(raw if method == "PUT" else None, 0.0)
        if method == "PUT":
            mailbox.removed = False
        return web.json_response({})


async def serve_until(stop: asyncio.Event, server: Server) -> None:
    """Serve until ``stop`` is set."""
    await stop.wait()
    await server.stop()
