# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells: runspace pools of psrpcore's server side, their pipelines, and the output that waits to be received."""

from __future__ import annotations

import asyncio
import base64
import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from psrpcore import (
    CreatePipelineEvent,
    GetCommandMetadataEvent,
    PSRPPayload,
    ServerPipeline,
    ServerRunspacePool,
    StreamType,
)
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    HostMethodIdentifier,
    NETException,
    PSByteArray,
    PSCustomObject,
    PSInvocationState,
)

from . import wsman
from .cmdlets import CmdletError, Cmdlets, Parameters
from .state import ROLES, Account, Organization
from .wsman import WSManFault

#: The most bytes of PSRP in one answer, before base64.
_MOST = 300_000


class Cut(Exception):
    """The connection must end without an answer."""


@dataclass
class Command:
    """One pipeline of a shell."""

    pipeline: ServerPipeline
    chunks: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    done: bool = False
    cut: bool = False


class Shell:
    """One session of an account."""

    def __init__(self, shell_id: str, account: Account, organization: Organization, cmdlets: Cmdlets) -> None:
        self.id = shell_id
        self.account = account
        self.broken = False
        self._organization = organization
        self._cmdlets = cmdlets
        self._pool = ServerRunspacePool()
        self._places = asyncio.Semaphore(1)
        self._chunks: list[str] = []
        self._commands: dict[uuid.UUID, Command] = {}

    def open(self, data: bytes) -> None:
        """Process the first messages of a new pool."""
        self._take(data)
        self._places = asyncio.Semaphore(max(1, self._pool.max_runspaces))

    def running(self) -> int:
        """How many pipelines are not done, also those without a waiting client."""
        return sum(c.task is not None and not c.task.done() for c in self._commands.values())

    def close(self) -> None:
        """End everything that runs."""
        self.broken = True
        for command in self._commands.values():
            if command.task is not None:
                command.task.cancel()
            command.ready.set()

    def command(self, command_id: str, data: bytes) -> None:
        """Start a pipeline with the first part of its commands."""
        pipeline_id = uuid.UUID(command_id)
        self._commands[pipeline_id] = Command(ServerPipeline(self._pool, pipeline_id))
        self._take(data)

    def send(self, data: bytes) -> None:
        """Process another part of a pipeline's commands."""
        self._take(data)

    def signal(self, command_id: str) -> None:
        """Stop a pipeline that is not needed any more."""
        command = self._commands.pop(uuid.UUID(command_id), None)
        if command is not None:
            if command.task is not None:
                command.task.cancel()
            self._pool.pipeline_table.pop(command.pipeline.pipeline_id, None)

    async def receive(self, command_id: str | None, patience: float) -> str:
        """The body of an answer to Receive. Raises WSManFault when there is nothing in time, Cut."""
        if command_id is None:
            if not self._chunks:
                await asyncio.sleep(patience)
                raise WSManFault(wsman.TIMED_OUT, "The operation did not complete within the time specified.")
            chunks, self._chunks = self._chunks, []
            return wsman.received(chunks, None, done=False)
        command = self._commands.get(uuid.UUID(command_id))
        if command is None:
            raise WSManFault(wsman.NO_SHELL, "The command was not found.")
        if not command.chunks and not command.done:
            try:
                await asyncio.wait_for(command.ready.wait(), patience)
            except TimeoutError:
                raise WSManFault(wsman.TIMED_OUT, "The operation did not complete in time.") from None
        if command.cut:
            command.cut = False
            raise Cut
        if self.broken:
            raise WSManFault(wsman.NO_SHELL, "The shell was not found on the server.")
        chunk = command.chunks.pop(0) if command.chunks else ""
        if not command.chunks and not command.done:
            command.ready.clear()
        return wsman.received([chunk] if chunk else [], command_id, done=command.done and not command.chunks)

    # -- inside

    def _take(self, data: bytes) -> None:
        self._pool.receive_data(PSRPPayload(data, StreamType.default, None))
        while (event := self._pool.next_event()) is not None:
            if isinstance(event, (CreatePipelineEvent, GetCommandMetadataEvent)):
                command = self._commands[event.pipeline_id]
                command.task = asyncio.create_task(self._run(command, event))
        self._flush()

    def _flush(self) -> None:
        while (payload := self._pool.data_to_send(_MOST)) is not None:
            chunk = base64.b64encode(payload.data).decode()
            command = self._commands.get(payload.pipeline_id) if payload.pipeline_id is not None else None
            if payload.pipeline_id is None:
                self._chunks.append(chunk)
            elif command is not None:
                command.chunks.append(chunk)
                command.ready.set()

    async def _run(self, command: Command, event: Any) -> None:
        pipeline, service = command.pipeline, self._organization.service
        async with self._places:
            pipeline.start()
            self._organization.counters["pipelines"] += 1
            await asyncio.sleep(service.latency)
            if self._organization.counters["pipelines"] > service.burst:
                self._organization.counters["micro_delays"] += 1
                await asyncio.sleep(service.micro_delay)
                pipeline.write_warning("Micro delay applied. Actual delayed: 50 msec, Enforced: True.")
            try:
                if not await self._cmdlet(command, event):
                    return
            except CmdletError as error:
                record = _record(error, str(event.pipeline.commands[0].command_text))
                if error.ends:
                    pipeline._change_state(PSInvocationState.Failed, error=record)
                else:
                    pipeline.write_error(
                        record.Exception, record.CategoryInfo, fully_qualified_error_id=record.FullyQualifiedErrorId
                    )
                    pipeline.complete()
            else:
                pipeline.complete()
        command.done = True
        self._flush()
        command.ready.set()

    async def _cmdlet(self, command: Command, event: Any) -> bool:
        """Carry out the only cmdlet of a pipeline. False: nothing more is answered."""
        commands = event.pipeline.commands
        if len(commands) != 1 or commands[0].is_script:
            raise CmdletError(
                "ScriptsNotAllowed",
                "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
                ends=True,
            )
        name = commands[0].command_text
        parameters: Parameters = {str(key): _plain(value) for key, value in commands[0].parameters}
        self._cmdlets.check(name, parameters, ROLES[self.account.role or ""])
        mailbox, organization = self._cmdlets.mailbox_of(parameters), self._organization
        delay = organization.fault(("delay",), name, mailbox, after=False)
        if delay is not None:
            await asyncio.sleep(delay.seconds)
        error = organization.fault(("error", "busy"), name, mailbox, after=False)
        if error is not None and error.kind == "busy":
            milliseconds = int(error.seconds * 1000)
            raise CmdletError("OverBudgetException", f"The budget is locked for {milliseconds} milliseconds.")
        if error is not None:
            raise CmdletError(error.name, "The sandbox was told to say so.")
        if self._breaks(command, name, mailbox, after=False):
            return False
        if organization.fault(("ask",), name, mailbox, after=False) is not None:
            command.pipeline.host_call(HostMethodIdentifier.PromptForChoice, ["Confirm", "Are you sure?", [], 0])
            self._flush()
            return False
        output = await asyncio.to_thread(self._cmdlets.run, name, parameters)
        for each in output:
            command.pipeline.write_output(PSCustomObject(**{k: _typed(v) for k, v in each.items()}))
        return not self._breaks(command, name, mailbox, after=True)

    def _breaks(self, command: Command, name: str, mailbox: Any, *, after: bool) -> bool:
        """Does the connection end here, or the session?"""
        fault = self._organization.fault(("cut", "kill"), name, mailbox, after=after)
        if fault is None:
            return False
        if fault.kind == "cut":
            command.cut = True
        else:
            self.close()
        command.ready.set()
        return True


def _plain(value: Any) -> Any:
    """A parameter as a Python value: bytes, text, bool; None for a switch."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return str(value)
    return bool(value) if isinstance(value, bool) or type(value).__name__ == "PSBool" else value


def _typed(value: Any) -> Any:
    return PSByteArray(value) if isinstance(value, bytes) else value


def _record(error: CmdletError, cmdlet: str) -> ErrorRecord:
    """An error record as Exchange makes them."""
    now = datetime.datetime.now(datetime.UTC).strftime("%m/%d/%Y %I:%M:%S %p")
    identifier = error.name
    if not error.ends:
        identifier = (
            f"[Server=EX1,RequestId={uuid.uuid4()},TimeStamp={now}] [FailureCategory=Cmdlet-{error.name}] 6E3F57A,"
            f"Microsoft.Exchange.Management.RecipientTasks.{cmdlet.replace('-', '')}"
        )
    return ErrorRecord(
        Exception=NETException(Message=str(error)),
        CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.NotSpecified, Activity=cmdlet, Reason=error.name),
        FullyQualifiedErrorId=identifier,
    )
