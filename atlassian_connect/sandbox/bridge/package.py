"""Getting ``atlassian-connect-js`` by npm into a folder outside of this package, once.

Nothing of it is in this package: its own licence applies to it (Apache-2.0), and it is checked against the checksum
below before anything of it is unpacked.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

__all__ = ["PINNED", "Bridge", "BridgeUnavailableError", "Release", "ensure_bridge", "fetch_bridge"]

_CACHE_VARIABLE: Final = "FLASK_ATLASSIAN_CONNECT_BRIDGE_CACHE"
_NPM_SECONDS: Final = 60
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024
_WANTED = re.compile(
    r"package/(LICENSE|dist/(?:connect-host\.js|iframe\.js|surfaces\.css|legacy-text-colors\.css"
    r"|themes/[A-Za-z0-9_-]+\.css))"
).fullmatch
_NEEDED: Final = ("connect-host.js", "iframe.js")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the package.

    :ivar integrity: ``sha512-`` and the checksum of the tarball in base64, as npm publishes it.
    """

    version: str
    integrity: str
    name: str = "atlassian-connect-js"


#: The version that the pages here are written for: some of what they call is not in its documentation.
PINNED: Final = Release(
    "5.3.190",
    "sha512-3rFOLjVc1/rB8B0QwjgIu/CKUD0yTQ8KI83XYVLBHUFxxYxrEsUgcU8nLpbffXsyuTsGfWhAt+vOWIh4IPjSXg==",
)


class BridgeUnavailableError(Exception):
    """The package is not there and could not be fetched. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """The package, unpacked.

    :ivar folder: holds ``connect-host.js``, ``iframe.js``, ``surfaces.css``, ``themes/…``.
    """

    version: str
    folder: Path

    def read(self, name: str) -> bytes:
        """Read one of its files.

        :raises FileNotFoundError: it has none of that name.
        """
        if not _WANTED(f"package/dist/{name}"):
            raise FileNotFoundError(name)
        return (self.folder / name).read_bytes()


def ensure_bridge(
    cache: str | os.PathLike[str] | None = None, *, fetch: bool = True, release: Release = PINNED
) -> Bridge | None:
    """Find the package, or fetch it. Where that is not possible, a warning says why and the sandbox does without.

    :param cache: folder that versions are kept in. None: ``$FLASK_ATLASSIAN_CONNECT_BRIDGE_CACHE``, else
        ``flask-atlassian-connect/bridge`` in the user's folder for caches.
    :param fetch: whether npm may be run. Without, a package that is not there is None without a word.
    :return: None: frames are shown without a bridge.
    """
    if not fetch:
        return _cached(_folder(cache, release), release)
    try:
        return fetch_bridge(cache, release=release)
    except BridgeUnavailableError as error:
        _logger.warning("%s Until then frames are shown without the AP bridge.", error)
        return None


def fetch_bridge(cache: str | os.PathLike[str] | None = None, *, release: Release = PINNED) -> Bridge:
    """Find the package, or fetch it. Parameters as in :func:`ensure_bridge`.

    Safe when several processes do it at once: each unpacks into a folder of its own, and the first to be done wins.

    :raises BridgeUnavailableError: npm is missing or fails, the checksum is wrong, or the folder cannot be written.
    """
    folder = _folder(cache, release)
    found = _cached(folder, release)
    if found is not None:
        return found
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{release.version}-", dir=folder.parent) as scratch:
            tarball = _download(release, Path(scratch))
            _check(tarball, release)
            unpacked = Path(scratch) / "unpacked"
            for name, content in _wanted_files(tarball):
                target = unpacked / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            if not _is_complete(unpacked):
                raise BridgeUnavailableError(f"The tarball of {release.name} has not the files that are needed.")
            _move(unpacked, folder, aside=Path(scratch) / "damaged")
    except OSError as error:
        raise BridgeUnavailableError(f"{folder} could not be written ({error}). Set {_CACHE_VARIABLE}.") from error
    return Bridge(release.version, folder)


def _folder(cache: str | os.PathLike[str] | None, release: Release) -> Path:
    chosen = cache or os.environ.get(_CACHE_VARIABLE)
    if chosen:
        return Path(chosen) / release.version
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(caches) / "flask-atlassian-connect" / "bridge" / release.version


def _cached(folder: Path, release: Release) -> Bridge | None:
    return Bridge(release.version, folder) if _is_complete(folder) else None


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED)


def _download(release: Release, scratch: Path) -> bytes:
    wanted = f"{release.name}@{release.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise BridgeUnavailableError(f"npm is not installed, so {wanted} cannot be fetched. Install Node.js with npm.")
    try:
        done = subprocess.run(  # noqa: S603 - the program was found in PATH, its arguments are constants
            [npm, "pack", wanted, "--ignore-scripts", "--silent", "--fetch-retries=0"],
            cwd=scratch,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_NPM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BridgeUnavailableError(f"npm could not fetch {wanted} ({type(error).__name__}).") from error
    tarballs = list(scratch.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["it said nothing"]
        raise BridgeUnavailableError(f"npm could not fetch {wanted}: {said[0]}. Is its registry reachable?")
    return tarballs[0].read_bytes()


def _check(tarball: bytes, release: Release) -> None:
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if f"sha512-{digest}" != release.integrity:
        raise BridgeUnavailableError(
            f"What npm delivered as {release.name}@{release.version} has not the published checksum; it is not used."
        )


def _wanted_files(tarball: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=BytesIO(tarball), mode="r:gz") as archive:
            for member in archive:
                if member.name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", member.name):
                    raise BridgeUnavailableError(f"The tarball holds a path that leads out of it: {member.name!r}.")
                wanted = _WANTED(member.name)
                opened = archive.extractfile(member) if wanted and member.isreg() else None
                if wanted is None or opened is None:
                    continue
                if member.size > _MAX_FILE_BYTES:
                    raise BridgeUnavailableError(f"{member.name} of the tarball is too large.")
                yield wanted[1].removeprefix("dist/"), opened.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BridgeUnavailableError(f"What npm delivered is no tarball ({error}).") from error


def _move(unpacked: Path, folder: Path, *, aside: Path) -> None:
    """Put the new folder in its place, unless another process was faster. A damaged one makes way."""
    for _ in range(2):
        try:
            unpacked.rename(folder)
        except OSError:
            if _is_complete(folder):
                return
            if not folder.exists():
                raise
            folder.rename(aside)
        else:
            return
