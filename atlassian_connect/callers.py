"""Which line of the app is to blame: warnings point there, not into this package."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Final

__all__ = ["frame_of_app"]

_PACKAGE: Final = f"{Path(__file__).parent}{os.sep}"


def frame_of_app() -> tuple[FrameType, int]:
    """Return the innermost frame outside of this package, and the ``stacklevel`` by which the caller warns there."""
    frame, level = sys._getframe(1), 1
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    return frame, level
