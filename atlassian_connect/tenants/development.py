"""An encryption key for development: random, per machine, never one that everybody knows."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from .encryption import new_encryption_key

__all__ = ["development_keys"]

_log = logging.getLogger(__name__)
_NAME = "atlassian-connect-development.key"


def development_keys(folder: Path, *, in_memory: bool) -> tuple[str, ...]:
    """Return a key for an app in debug or testing mode.

    :param folder: the app's instance folder; the key is kept there, readable by its owner only, so that a reload can
        still open what the last run stored.
    :param in_memory: make a new one and write nothing, as tests want it.
    """
    if in_memory:
        return (new_encryption_key(),)
    path = folder / _NAME
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written aside and linked into place: another process finds the whole key or no file.
        with NamedTemporaryFile("w", encoding="ascii", dir=folder) as file:  # 0600
            file.write(new_encryption_key() + "\n")
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
                _log.warning("made %s for development; set ATLASSIAN_CONNECT_ENCRYPTION_KEYS in production", path)
    return (path.read_text(encoding="ascii").strip(),)
