"""Steps that the tests of frames share."""

from __future__ import annotations

import socket
from time import monotonic
from typing import Any
from urllib.parse import urlencode


def open_frames(page: Any, sandbox: Any, product: str, *frames: str, button: str | None = None, **context: str) -> Any:
    """Open a page with these frames and wait for their bridges. Gives the first frame, or all when there are more."""
    pairs = [("frame", frame) for frame in frames] + ([("button", button)] if button else [])
    query = urlencode(pairs + [(name.replace("_", "."), value) for name, value in context.items()])
    page.goto(f"{sandbox.origin}/test/{product}?{query}")
    found = [
        frame_of(page, f"section:nth-of-type({number}) iframe[data-bridge=up]") for number in range(1, len(frames) + 1)
    ]
    return found[0] if len(found) == 1 else found


def frame_of(page: Any, selector: str) -> Any:
    """The frame of an iframe, once the selector finds it."""
    frame = page.wait_for_selector(selector).content_frame()
    frame.wait_for_function("window.AP && AP.context")
    return frame


def wait_until(page: Any, expression: str, *, seconds: float = 60) -> None:
    """Wait for a page of the host. Its policy forbids ``eval``, which the function of that name of Playwright needs."""
    end = monotonic() + seconds
    while not page.evaluate(expression):
        assert monotonic() < end, f"{expression} did not become true"
        page.wait_for_timeout(20)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
