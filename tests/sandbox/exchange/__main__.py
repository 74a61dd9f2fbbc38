# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m exchange --state DIR --cert FILE --key FILE`: serve one Exchange server until SIGTERM.

KRB5_KTNAME names the keytab with the key of HTTP/ex1.photos.test.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from .server import Server, serve_until
from .state import ConfigError, Mailbox


def _into_domain(folder: str) -> Callable[[Mailbox, bytes], None]:
    """Write thumbnailPhoto into the sandbox's domain."""
    from domain.control import Domain

    lock = threading.Lock()
    door: list[Domain] = []

    def write(mailbox: Mailbox, picture: bytes) -> None:
        with lock:
            if not door:
                door.append(Domain.from_sandbox(folder))
            with contextlib.suppress(KeyError):  # the account was deleted
                door[0].set_photo(mailbox.upn, picture)

    return write


async def _serve(options: argparse.Namespace) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    server = Server(Path(options.state), _into_domain(options.domain) if options.domain else None)
    http = await server.start(options.host, options.http_port, None)
    https = await server.start(options.host, options.https_port, context)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ready = {"pid": os.getpid(), "http_port": http, "https_port": https}
    if options.ready_file:
        target = Path(options.ready_file)
        draft = target.with_name(target.name + ".new")
        draft.write_text(json.dumps(ready), encoding="utf-8")
        draft.replace(target)
    print(f"exchange: http {http}, https {https}, pid {ready['pid']}", flush=True)
    await serve_until(stop, server)


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="exchange", description=__doc__)
    parser.add_argument("--state", required=True, help="folder with exchange.json and mailboxes.json")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--https-port", type=int, default=0)
    parser.add_argument("--domain", default="", help="state folder of the sandbox whose domain gets 64x64 photos")
    parser.add_argument("--ready-file")
    try:
        asyncio.run(_serve(parser.parse_args()))
    except (ConfigError, OSError) as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
