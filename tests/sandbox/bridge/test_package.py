"""Fetching ``atlassian-connect-js``: by npm, once, checked, and without harm when it fails. Here npm is a script."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.bridge import BridgeUnavailableError, ensure_bridge, fetch_bridge
from atlassian_connect.sandbox.bridge.__main__ import main
from atlassian_connect.sandbox.bridge.package import PINNED, Release

FILES = {
    "package/LICENSE": b"licence",
    "package/README.md": b"not needed",
    "package/dist/connect-host.js": b"host",
    "package/dist/iframe.js": b"frame",
    "package/dist/surfaces.css": b"css",
    "package/dist/themes/atlaskit-tokens_dark.css": b"dark",
    "package/src/index.js": b"not needed",
}


def tarball(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


class Npm:
    """Stands first in PATH as ``npm``. Notes each call, then packs what it was given, or fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.calls_file, self.source = folder / "calls", folder / "source.tgz"
        self.release = self.deliver(FILES)

    def deliver(self, files: dict[str, bytes] | bytes) -> Release:
        content = files if isinstance(files, bytes) else tarball(files)
        self.source.write_bytes(content)
        self._write(f"import shutil; shutil.copy({str(self.source)!r}, 'atlassian-connect-js-1.2.3.tgz')")
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        return Release("1.2.3", f"sha512-{digest}")

    def fail(self) -> None:
        self._write("sys.exit('npm error network request failed')")

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def _write(self, work: str) -> None:
        program = self.folder / "bin" / "npm"
        program.write_text(
            f"#!{sys.executable}\nimport sys\n"
            f"open({str(self.calls_file)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n{work}\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("FLASK_ATLASSIAN_CONNECT_BRIDGE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return Npm(tmp_path)


def kept(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_fetched_once_and_only_what_is_needed_is_kept(npm: Npm, tmp_path: Path):
    bridge = fetch_bridge(release=npm.release)
    assert bridge.folder == tmp_path / "caches" / "flask-atlassian-connect" / "bridge" / "1.2.3"
    assert kept(bridge.folder.parent) == {
        "1.2.3/LICENSE": b"licence",
        "1.2.3/connect-host.js": b"host",
        "1.2.3/iframe.js": b"frame",
        "1.2.3/surfaces.css": b"css",
        "1.2.3/themes/atlaskit-tokens_dark.css": b"dark",
    }
    assert fetch_bridge(release=npm.release) == ensure_bridge(fetch=False, release=npm.release) == bridge
    assert npm.calls == ["pack atlassian-connect-js@1.2.3 --ignore-scripts --silent --fetch-retries=0"]


def test_the_folder_is_a_parameter_or_a_variable(npm: Npm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert fetch_bridge(tmp_path / "given", release=npm.release).folder == tmp_path / "given" / "1.2.3"
    monkeypatch.setenv("FLASK_ATLASSIAN_CONNECT_BRIDGE_CACHE", str(tmp_path / "named"))
    assert fetch_bridge(release=npm.release).folder == tmp_path / "named" / "1.2.3"


def test_a_sandbox_starts_without_running_npm(npm: Npm):
    assert Sandbox().bridge is None
    assert npm.calls == []


def test_a_wrong_checksum_leaves_nothing(npm: Npm, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    release = replace(npm.release, integrity=PINNED.integrity)
    assert ensure_bridge(release=release) is None
    assert "has not the published checksum" in caplog.text
    assert "without the AP bridge" in caplog.text
    assert kept(tmp_path / "caches") == {}


def test_npm_that_fails_is_named_with_what_it_said(npm: Npm):
    npm.fail()
    with pytest.raises(BridgeUnavailableError, match="npm error network request failed"):
        fetch_bridge(release=npm.release)


def test_without_npm_the_message_says_so(npm: Npm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(BridgeUnavailableError, match="npm is not installed"):
        fetch_bridge(release=npm.release)


@pytest.mark.parametrize("name", ["package/../../evil.js", "/etc/evil.js", "..\\evil.js"])
def test_a_path_that_leads_out_is_refused(npm: Npm, tmp_path: Path, name: str):
    release = npm.deliver({**FILES, name: b"evil"})
    with pytest.raises(BridgeUnavailableError, match="leads out"):
        fetch_bridge(release=release)
    assert kept(tmp_path / "caches") == {}


def test_a_link_in_the_place_of_a_file_is_not_followed(npm: Npm, tmp_path: Path):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        link = tarfile.TarInfo("package/dist/iframe.js")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BridgeUnavailableError, match="has not the files that are needed"):
        fetch_bridge(release=npm.deliver(written.getvalue()))


@pytest.mark.parametrize("content", [b"no tarball", tarball({"package/README.md": b"empty"})])
def test_what_is_not_the_package_is_refused(npm: Npm, content: bytes):
    with pytest.raises(BridgeUnavailableError):
        fetch_bridge(release=npm.deliver(content))


def test_a_damaged_folder_is_replaced(npm: Npm):
    bridge = fetch_bridge(release=npm.release)
    (bridge.folder / "iframe.js").unlink()
    assert ensure_bridge(fetch=False, release=npm.release) is None
    assert fetch_bridge(release=npm.release).read("iframe.js") == b"frame"


def test_several_at_once_leave_one_whole_folder(npm: Npm):
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: fetch_bridge(release=npm.release), range(4)))
    assert len(found) == 1
    folder = found.pop().folder
    assert sorted(path.name for path in folder.parent.iterdir()) == ["1.2.3"]
    assert kept(folder)["connect-host.js"] == b"host"


def test_a_folder_that_cannot_be_written_is_named(npm: Npm, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BridgeUnavailableError, match="could not be written"):
        fetch_bridge(tmp_path / "file" / "cache", release=npm.release)


@pytest.mark.parametrize("name", ["../LICENSE", "themes/../../x.css", "/etc/passwd", "README.md"])
def test_only_its_own_files_are_read(npm: Npm, name: str):
    with pytest.raises(FileNotFoundError):
        fetch_bridge(release=npm.release).read(name)


def test_the_command_prints_the_folder_or_says_why_not(npm: Npm, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    ready = tmp_path / "there" / PINNED.version
    ready.mkdir(parents=True)
    for name in ("connect-host.js", "iframe.js"):
        (ready / name).write_text("x")
    assert main(["--cache", str(ready.parent)]) == 0
    assert capsys.readouterr().out == f"{ready}\n"
    assert main(["--cache", str(tmp_path / "other")]) == 1  # what this npm delivers is not the pinned tarball
    assert "checksum" in capsys.readouterr().err
