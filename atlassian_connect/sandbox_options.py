"""Options of the programs that run a sandbox. They stand apart, so that no app loads a sandbox for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

__all__ = ["sandbox_options"]

C = TypeVar("C", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--port", type=click.IntRange(0, 65535), default=2990, show_default=True, help="0 takes any free one."
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; of this machine only."),
    click.option("--product", type=click.Choice(["jira", "confluence"]), help="Install on one product only."),
    click.option("--seed", type=int, help="The same ids, client keys and secrets in every run. For tests only."),
    click.option("--data", type=click.Path(dir_okay=False), help="Keep everything in this file, and go on from it."),
    click.option("--bridge/--no-bridge", default=True, show_default=True, help="Give frames AP; npm fetches it once."),
    click.option(
        "--clock",
        metavar="TIME",
        help="What time it is on the sites, e.g. 2026-03-31T09:00:00Z; it goes on from there.",
    ),
    click.option(
        "--rate-limits/--no-rate-limits",
        default=None,
        help="Limit how often apps call, as real sites do. Default: as the file of --data has it, or not at all.",
    ),
    click.option(
        "--retry-wait",
        type=click.FloatRange(min=0),
        default=10.0,
        show_default=True,
        help="Seconds before Jira sends a webhook again; it grows to three times as much. Real sites: 300.",
    ),
    click.option("--control", is_flag=True, help="Let tests reset the sandbox; prints the token that they need."),
)


def sandbox_options(command: C) -> C:
    """Give a command the options: ``product``, and those of :func:`.sandbox.running.start_sandbox`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
