"""Stand-ins for programs that make tunnels: they print what the real ones print, and forward nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

#: Lines as in logs that people published.
CLOUDFLARED: Final = """\
2026-11-20T10:00:00Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way
2026-11-20T10:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...
2026-11-20T10:00:04Z INF +--------------------------------------------------------------------------------------------+
2026-11-20T10:00:04Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |
2026-11-20T10:00:04Z INF |  https://swift-alpha-bravo-charlie.trycloudflare.com                                       |
2026-11-20T10:00:04Z INF +--------------------------------------------------------------------------------------------+
2026-11-20T10:00:04Z INF Cannot determine default configuration path. No file [config.yml config.yaml]
"""
CLOUDFLARED_FAILS: Final = """\
2026-11-20T10:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...
failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup failed
"""
NGROK: Final = """\
t=2026-11-20T10:00:00+0000 lvl=info msg="no configuration paths supplied"
t=2026-11-20T10:00:00+0000 lvl=info msg="starting web service" obj=web addr=127.0.0.1:4040 allow_hosts=[]
t=2026-11-20T10:00:01+0000 lvl=info msg="client session established" obj=tunnels.session obj=csess id=7dd4be8e3e99
t=2026-11-20T10:00:01+0000 lvl=info msg="started tunnel" obj=tunnels name=command_line addr=http://localhost url=ADDRESS
"""


def install(folder: Path, name: str, prints: str, *, stays: bool = True) -> dict[str, str]:
    """Write a program and return an environment that has it; it notes its arguments and variables beside itself.

    :param stays: it runs until it is ended, or until a file ``close`` is beside it.
    """
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, sys, time\n"
        "here = pathlib.Path(__file__).parent\n"
        "(here / 'seen.json').write_text(json.dumps([os.getpid(), sys.argv[1:], dict(os.environ)]))\n"
        f"sys.stderr.write({prints!r}) if {name!r} == 'cloudflared' else sys.stdout.write({prints!r})\n"
        "sys.stdout.flush()\n"
        f"while {stays} and not (here / 'close').exists():\n"
        "    time.sleep(0.05)\n"
    )
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
