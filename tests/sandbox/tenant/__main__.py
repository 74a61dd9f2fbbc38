# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tenant --state DIR --cert FILE --key FILE`: serve one tenant until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import ssl
import sys
from pathlib import Path

from .config import ConfigError, load_people, load_tenant
from .directory import DirectoryError
from .photos import NotAnImage, TooSmall
from .server import Server
from .state import Tenant


async def _load(state: Path) -> Tenant:
    config = load_tenant(state / "tenant.json")
    people_file = state / "people.json"
    people = load_people(people_file) if people_file.exists() else []
    tenant = Tenant(config)
    for person in people:
        try:
            await tenant.admit(person)
        except DirectoryError as ex:
            raise ConfigError(f"{people_file}: {person.key}: {ex}") from ex
        except (NotAnImage, TooSmall, OSError) as ex:
            picture = person.cloud_photo
            raise ConfigError(f"{people_file}: {person.key}: cloud_photo {picture} is no usable photo") from ex
    return tenant


async def _serve(options: argparse.Namespace) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.cert, options.key)
    except (OSError, ssl.SSLError) as ex:
        raise ConfigError(f"{options.cert}, {options.key}: not a usable certificate and key: {ex}") from ex
    server = Server(lambda: _load(Path(options.state)))
    port = await server.start(options.host, options.port, context)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gc.collect()
    gc.freeze()  # so that the garbage collector does not check thousands of users again and again
    ready = {"pid": os.getpid(), "port": port, "url": f"https://{options.host}:{port}"}
    if options.ready_file:
        target = Path(options.ready_file)
        draft = target.with_name(target.name + ".new")
        draft.write_text(json.dumps(ready), encoding="utf-8")
        draft.replace(target)  # in one step, so that a reader never sees an incomplete file
    print(f"tenant: listening on {ready['url']}, pid {ready['pid']}", flush=True)
    await stop.wait()
    await server.stop()


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="tenant", description=__doc__)
    parser.add_argument("--state", required=True, help="folder with tenant.json and people.json")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file")
    try:
        asyncio.run(_serve(parser.parse_args()))
    except (ConfigError, OSError) as ex:
        print(f"tenant: {ex}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
