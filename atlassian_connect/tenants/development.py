"""An encryption key for development: random, per machine, never one that everybody knows."""

from __future__ import annotations

import logging
import os
from pathlib import Path

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
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return (path.read_text(encoding="ascii").strip(),)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = new_encryption_key()
        file.write(key + "\n")
    _log.warning("made %s for development; set ATLASSIAN_CONNECT_ENCRYPTION_KEYS in production", path)
    return (key,)
