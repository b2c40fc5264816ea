"""A new app: a folder with a small Connect app in it, its tests, and a Makefile that runs both.

The templates are in ``files/``. ``<< name >>`` and ``<% if … %>`` are filled when the app is written, so that the
``{{ … }}`` of the app's own templates and of its descriptor stay.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from ..errors import ConnectError
from ..types import Product

__all__ = ["NewApp", "ScaffoldError", "write_app"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*").fullmatch
_APP_KEY: Final = re.compile(r"[a-zA-Z0-9._-]{1,64}").fullmatch  # what a descriptor takes as its key
_SUFFIX: Final = ".tmpl"  # keeps linters and test runners from taking a template for what it becomes
_HIDDEN: Final = "dot"  # before names with a leading dot, which packaging would leave out
_TAKEN: Final = frozenset({"tests", "test", "flask", "atlassian_connect", "app", "wsgi", "conftest", "instance"})


class ScaffoldError(ConnectError):
    """The app cannot be written. Nothing was."""


@dataclass(frozen=True, slots=True)
class NewApp:
    """What a new app is called.

    :ivar name: small letters, digits and dashes, e.g. ``meeting-notes``: the distribution and the folder.
    :ivar key: the descriptor's ``key``, unique among all apps and never changed once the app is published; empty: the
        name.
    :ivar products: what it is for.
    :raises ScaffoldError: the name or the key cannot be used; the message says why.
    """

    name: str
    key: str = ""
    products: frozenset[Product] = frozenset({"jira", "confluence"})

    def __post_init__(self) -> None:
        if not _NAME(self.name) or len(self.name) > 50:
            raise ScaffoldError(
                f"{self.name!r} is no name for an app: at most 50 small letters, digits and dashes, a letter first,"
                " such as meeting-notes."
            )
        if self.package in _TAKEN or keyword.iskeyword(self.package) or self.package in sys.stdlib_module_names:
            raise ScaffoldError(f"{self.package} is the name of something that Python or the app needs; take another.")
        if not _APP_KEY(self.app_key):
            raise ScaffoldError(
                f"{self.app_key!r} is no app key: 1 to 64 letters, digits, dots, dashes and underscores."
            )
        if not self.products:
            raise ScaffoldError("An app is for Jira, for Confluence, or for both.")

    @property
    def app_key(self) -> str:
        """The descriptor's ``key``."""
        return self.key or self.name

    @property
    def package(self) -> str:
        """The name to import."""
        return self.name.replace("-", "_")

    @property
    def title(self) -> str:
        """The name for people."""
        return self.package.replace("_", " ").capitalize()


def write_app(folder: Path, app: NewApp) -> list[Path]:
    """Write an app into a folder, which is made when it is not there.

    :return: the files, relative to the folder, in order.
    :raises ScaffoldError: the folder has files of these names already, or cannot be written. What is there is never
        overwritten.
    """
    texts = dict(_texts(app))
    there = sorted(str(path) for path in texts if (folder / path).exists())
    if there:
        raise ScaffoldError(f"{folder} has {', '.join(there)} already. Nothing was written; take an empty folder.")
    try:
        for path, text in texts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise ScaffoldError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return sorted(texts)


def _texts(app: NewApp) -> Iterator[tuple[Path, str]]:
    environment = Environment(  # noqa: S701 - these are programs and texts, not pages that a browser gets
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    values = {
        "app": app,
        "jira": "jira" in app.products,
        "confluence": "confluence" in app.products,
        "product": "confluence" if "confluence" in app.products else "jira",
    }
    for parts, template in _templates(files(__package__) / "files", ()):
        *folders, name = (app.package if part == "package" else part for part in parts)
        text = environment.from_string(template.read_text(encoding="utf-8")).render(values)
        yield Path(*folders, name.removesuffix(_SUFFIX).removeprefix(_HIDDEN)), text


def _templates(folder: Traversable, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, (*above, entry.name))
        elif entry.name.endswith(_SUFFIX):
            yield (*above, entry.name), entry
