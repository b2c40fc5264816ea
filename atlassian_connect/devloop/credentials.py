"""An administrator's credentials: from the environment, or from a file that nobody else can read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from ..errors import ConnectError
from ..secret import Secret

__all__ = ["VARIABLES", "Credentials", "CredentialsError", "find_credentials", "write_credentials"]

#: The variables with the e-mail address and the API token. They do not begin as the app's settings do: those belong to
#: the app, which is not to know these.
VARIABLES: Final = ("ATLASSIAN_EMAIL", "ATLASSIAN_API_TOKEN")
_MAX_BYTES: Final = 10_000


class CredentialsError(ConnectError):
    """There are no credentials, or they cannot be used."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An administrator's e-mail address and API token."""

    email: str
    token: Secret


def find_credentials(environ: Mapping[str, str], path: Path) -> Credentials:
    """Take credentials from the environment, else from a file.

    :raises CredentialsError: they are nowhere, incomplete, or in a file that others can read.
    """
    given = [name for name in VARIABLES if environ.get(name)]
    if len(given) == 1:
        missing = next(name for name in VARIABLES if name not in given)
        raise CredentialsError(f"{given[0]} is set, and {missing} is not. Set both, or neither.")
    if given:
        return Credentials(environ[VARIABLES[0]], Secret(environ[VARIABLES[1]]))
    return _read(path)


def write_credentials(path: Path, credentials: Credentials) -> None:
    """Keep credentials in a file that its owner alone can read. What was there before is replaced.

    :raises CredentialsError: it cannot be written.
    """
    text = json.dumps({"email": credentials.email, "token": credentials.token.reveal()})
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written aside, with the mode 0600, and put into place: there is never half of it, nor a readable one.
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text + "\n")
        Path(file.name).replace(path)
    except OSError as error:
        raise CredentialsError(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> Credentials:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise CredentialsError(
            f"There are no credentials. Set {' and '.join(VARIABLES)}, or keep them in {path} by"
            " flask connect dev --login. API tokens are made at"
            " https://id.atlassian.com/manage-profile/security/api-tokens."
        ) from error
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise CredentialsError(f"Others can read {path}, so it is not used. Run: chmod 600 {path}")
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    values = [document.get(name) for name in ("email", "token")] if isinstance(document, dict) else []
    if len(values) != 2 or not all(isinstance(value, str) and value for value in values):
        raise CredentialsError(f'{path} is not of the form {{"email": "…", "token": "…"}}.')
    return Credentials(str(values[0]), Secret(str(values[1])))
