# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A remote PowerShell session with one Exchange server. The only file that imports pypsrp.

One runspace pool over one connection: calls are sent one after the other, run at the same time on the server, and are
finished in the order in which they were sent. Over http, Kerberos encrypts every message in one security context, which
needs the messages in order. So only one thread may use a session.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import typing as t
import warnings

from .._core.deadline import bounded
from .._core.model import PhotoError
from .cmdlets import Answer, Call, Failure, text_of
from .errors import (
    CONFIRMATION,
    ExchangeError,
    ExchangeGone,
    fault,
    no_exchange,
    no_kerberos,
    no_tls,
    refused,
    sign_in_problem,
    untrusted,
)
from .options import SERVER, ExchangeOptions

try:
    from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
    from pypsrp.powershell import PowerShell, RunspacePool
    from pypsrp.wsman import WSMan
    from spnego.exceptions import SpnegoError

    PYPSRP_IMPORT_ERROR: ImportError | None = None
except ImportError as import_error:
    PYPSRP_IMPORT_ERROR = import_error

# Our messages have the errors of these libraries. Without a handler, Python would print their log, too.
for _library in ("pypsrp", "spnego"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

CONFIGURATION = "Microsoft.Exchange"
#: The path of the endpoint on every Exchange server.
PATH = "PowerShell/"
#: Seconds that the server may wait with its answer while a cmdlet runs, before it answers that there is no output yet.
_HOLDS = 20
#: Layers of libraries around an error.
_DEPTH = 12
#: After so many timeouts without output, a cmdlet is given up.
PATIENCE = 10
_FAILURE = re.compile(r"\[FailureCategory=[^\]]*?-(\w+)\]")


#: Calls to the client's console that wait for a person's input ([MS-PSRP] 2.2.3.17); other calls only show something.
_ASKING = frozenset({11, 12, 23, 24, 25, 26, 46, 56})


class _AsksAPerson(Exception):
    """The server asks for input, and there is no person to give it."""


class _NoConsole:
    """Replaces pypsrp's console of the client, so that a question ends its cmdlet and does not wait for ever.

    Normally no question is asked: the server is told that there is no console, and cmdlets that ask get Confirm.
    """

    @staticmethod
    def run_method(method: t.Any, *_args: t.Any) -> None:
        """pypsrp calls this with the method that the server calls."""
        if int(getattr(method, "value", 0) or 0) in _ASKING:
            raise _AsksAPerson(str(method))


class Running:
    """A running call."""

    def __init__(self, call: Call, pipeline: t.Any) -> None:
        self.call = call
        self.pipeline = pipeline


class Session:
    """A session; not open before ``open``. The StoreErrors that it raises name the option to check."""

    def __init__(self, options: ExchangeOptions) -> None:
        self.options = options
        #: How many cmdlets were sent.
        self.requests = 0
        self._pool: t.Any = None
        self._wsman: t.Any = None

    def open(self) -> None:
        """Sign in and open the runspace pool. Raises PhotoError, ExchangeError, ExchangeGone, ExchangeBusy."""
        if PYPSRP_IMPORT_ERROR is not None:
            raise PhotoError(
                f"the Python library pypsrp is missing for {sys.executable}, or a part of it "
                f"({PYPSRP_IMPORT_ERROR}): pip install 'pypsrp[kerberos]' (to build it, Debian needs libkrb5-dev gcc)"
            ) from PYPSRP_IMPORT_ERROR
        self.close()
        pool = self._step(self._opened, 3 * self.options.timeout)
        self._pool = pool

    def close(self) -> None:
        """End the session on the server, if the server answers. May be called twice."""
        pool, wsman = self._pool, self._wsman
        self._pool = self._wsman = None
        if pool is not None:
            # The server limits the number of sessions, so one that is left open would hinder later runs.
            with contextlib.suppress(Exception):
                bounded(pool.close, min(self.options.timeout, 10))
        if wsman is not None:
            with contextlib.suppress(Exception):
                wsman.close()

    def drop(self) -> None:
        """Discard a lost session. The server ends unused sessions by itself."""
        wsman = self._wsman
        self._pool = self._wsman = None
        if wsman is not None:
            with contextlib.suppress(Exception):
                wsman.close()

    def begin(self, call: Call) -> Running:
        """Send a call. Raises ExchangeGone (it is not known whether it arrived) or ExchangeBusy (it was refused)."""
        if self._pool is None:
            raise ExchangeGone(f"{self.options.place}: not connected")
        self.requests += 1
        pipeline = PowerShell(self._pool)
        pipeline.add_cmdlet(call.cmdlet)
        for name, value in call.parameters.items():
            pipeline.add_parameter(name, value)
        self._step(pipeline.begin_invoke, self.options.timeout + 5)
        return Running(call, pipeline)

    def finish(self, running: Running) -> Answer:
        """Wait for the end of a call. Raises the errors of ``begin``."""
        pipeline = running.pipeline
        question = self._step(lambda: self._ended(self._pool, pipeline), PATIENCE * self.options.timeout)
        # The client must end a pipeline on the server. The answer is already known, so an error here does not matter.
        with contextlib.suppress(ExchangeError):
            self._step(pipeline.close, self.options.timeout + 5)
        objects = tuple(_properties(each) for each in pipeline.output)
        if question is not None:
            why = f"the server asks a person ({question}), and nothing was answered"
            return Answer(objects, Failure(CONFIRMATION, why))
        return Answer(objects, _failure(pipeline.streams.error))

    # ---------------------------------------------------------------------------------------------------------------

    def _opened(self) -> t.Any:
        o = self.options
        secure = o.tls_mode == "https"
        validation: t.Any = o.cert_validation != "ignore" and (o.ca_cert or True)
        holds = min(_HOLDS, o.timeout)
        wsman = WSMan(
            o.server,
            port=o.effective_port,
            path=PATH,
            ssl=secure,
            auth=o.auth_protocol,
            username=o.username,
            password=o.password,
            cert_validation=validation,
            connection_timeout=o.timeout,
            read_timeout=holds + o.timeout,
            operation_timeout=holds,
            encryption="auto",
            # The server is in the company's network, and Kerberos encrypts one connection from end to end.
            no_proxy=True,
            negotiate_service="HTTP",
        )
        self._wsman = wsman
        if secure and o.cert_validation == "ignore_hostname":
            wsman.transport.session = wsman.transport._build_session()
            adapter: t.Any = wsman.transport.session.get_adapter(f"https://{o.server}/")
            adapter.poolmanager.connection_pool_kw["assert_hostname"] = False
        pool = RunspacePool(wsman, configuration_name=CONFIGURATION, min_runspaces=1, max_runspaces=o.concurrency)
        pool.open()
        return pool

    @staticmethod
    def _ended(pool: t.Any, pipeline: t.Any) -> str | None:
        """Wait for the end of a pipeline. Returns the question that stopped it, or None."""
        pool.host = _NoConsole()
        try:
            pipeline.end_invoke()
        except _AsksAPerson as question:
            return str(question)
        finally:
            pool.host = None  # each new pipeline tells the server whether there is a console
        return None

    def _step(self, work: t.Callable[[], t.Any], seconds: float) -> t.Any:
        """Do one exchange with the server within the time limit. Raises the library's errors as our own."""
        o = self.options
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return bounded(work, seconds)
        except TimeoutError as error:
            raise ExchangeGone(f"{o.place}: no answer within {seconds:g} s; check the server's health") from error
        except AuthenticationError as error:
            if self._pool is not None:  # this is a new connection, without the session's sign-in
                raise ExchangeGone(f"{o.place}: the connection was lost") from error
            raise self._unauthenticated(str(error)) from error
        except WSManFaultError as error:
            raise fault(error.code, f"{error.reason or ''} {error.provider_fault or ''}", o) from error
        except WinRMTransportError as error:
            if self._pool is not None and error.code not in (429, 503):
                raise ExchangeGone(f"{o.place}: the session was lost (HTTP {error.code})") from error
            raise no_exchange(error.code, o) from error
        except SpnegoError as error:
            raise ExchangeError(sign_in_problem(_text(error), o)) from error
        except WinRMError as error:
            raise ExchangeGone(f"{o.place}: the session broke ({_text(error)})") from error
        except OSError as error:  # the errors of requests are OSErrors
            raise self._unreachable(error) from error
        except Exception as error:  # errors of GSSAPI, and answers that cannot be parsed
            other = re.search(r"auth protocol '(\w+)'", str(error)) if isinstance(error, ValueError) else None
            if other is not None:
                raise ExchangeError(no_kerberos(other[1], o)) from error
            below = type(error).__module__.lower()
            if "gss" in below or "krb5" in below or (self._pool is None and isinstance(error, ValueError)):
                raise ExchangeError(sign_in_problem(_text(error), o)) from error
            raise ExchangeGone(f"{o.place}: the server's answer could not be read ({_text(error)})") from error

    def _unauthenticated(self, text: str) -> ExchangeError:
        offered = re.search(r"actual: '([^']*)'", text)
        if offered is not None:
            return ExchangeError(no_kerberos(offered[1], self.options))
        return ExchangeError(refused(self.options))

    def _unreachable(self, error: OSError) -> ExchangeError:
        o, text = self.options, _text(error)
        if "CERTIFICATE_VERIFY_FAILED" in text or "SSLCertVerificationError" in text:
            why = text[text.find("CERTIFICATE_VERIFY_FAILED") :].split("(_ssl")[0].strip("] ")
            return untrusted(why, o)
        if "SSL" in type(error).__name__ or "WRONG_VERSION_NUMBER" in text:
            return no_tls(innermost(error)[:200], o)
        if "NameResolutionError" in text or "Name or service not known" in text:
            return ExchangeGone(f"{o.place}: the name {o.server} is not known to DNS; check {SERVER}")
        return ExchangeGone(
            f"{o.place}: no connection ({innermost(error)[:200]}); check {SERVER} and port "
            "(HYBRID_PHOTOS_EXCHANGE_PORT)"
        )


def _text(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def innermost(error: BaseException) -> str:
    """The reason below the layers of libraries that wrap it, such as ``Connection refused``.

    Each layer repeats the text of the layer below after its own, so the reason is at the end of a long text.
    """
    layers, deepest = [error], error
    for _depth in range(_DEPTH):
        parts = (
            part
            for layer in layers
            for part in (*layer.args, getattr(layer, "reason", None), layer.__cause__, layer.__context__)
        )
        layers = [part for part in parts if isinstance(part, BaseException)]
        if not layers:
            break
        deepest = layers[-1]
        told = next((e.strerror for e in layers if isinstance(e, OSError) and e.strerror), None)
        if told:
            return " ".join(str(told).split())
    return _text(deepest)


def _properties(found: t.Any) -> dict[str, t.Any]:
    """The properties of an object of the output."""
    adapted = getattr(found, "adapted_properties", None)
    extended = getattr(found, "extended_properties", None)
    if adapted is None and extended is None:
        return {"": found}
    sides = [side for side in (adapted, extended) if isinstance(side, dict)]
    return {str(name): value for side in sides for name, value in side.items()}


def _failure(records: t.Sequence[t.Any]) -> Failure | None:
    """The name and message of the first error record; None if there is none."""
    if not records:
        return None
    record = records[0]
    identifier = text_of(getattr(record, "fq_error", None))
    told = _FAILURE.search(identifier)
    name = told[1] if told is not None else text_of(getattr(record, "reason", None))
    if not name or name == "RemoteException":
        name = identifier.partition(",")[0] or "an error without a name"
    exception = getattr(record, "exception", None)
    message = None if exception is None else _properties(exception).get("Message")
    text = text_of(message) or text_of(getattr(record, "message", None)) or text_of(record)
    return Failure(name, " ".join(text.split())[:300])
