"""Build the wheel, install it into an empty environment, and use it there: what is not packed is not found.

Run by ``make check``; it takes longer than a test should.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path

import atlassian_connect
from atlassian_connect.protocol.modules import known_events, module_types
from atlassian_connect.sandbox import Sandbox
from atlassian_connect.scaffold import NewApp, write_app

assert "site-packages" in atlassian_connect.__file__, atlassian_connect.__file__
assert len(module_types()) > 60 and len(known_events()) > 90
assert Path(atlassian_connect.__file__).with_name("py.typed").is_file()
answer = Sandbox("http://localhost:2990").wsgi_app.test_client().get("/", base_url="http://localhost:2990")
assert answer.status_code == 200, answer.status
written = {str(path) for path in write_app(Path("new-app"), NewApp("new-app"))}
assert {".gitignore", "Makefile", "new_app/__init__.py", "new_app/templates/hello.html"} <= written, written
print("the wheel works on", sys.version.split()[0])
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT), quiet=True)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        run(str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", str(wheel))
        run(str(python), "-c", USE, cwd=folder)


def run(*command: str, cwd: Path | None = None, quiet: bool = False) -> None:
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL if quiet else None)


if __name__ == "__main__":
    main()
