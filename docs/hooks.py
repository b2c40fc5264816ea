"""Makes our docstrings, which are written for Sphinx, readable on these pages."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):<code>[~.]?([^<]+)</code>")
_LITERAL = re.compile(r"<p>::</p>\s*|(?<=:):(?=</p>)")


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Show a role as the last part of the name it refers to."""
    if page.file.src_uri != "api.md":
        return html
    html = _ROLE.sub(lambda match: f"<code>{match[1].rpartition('.')[2]}</code>", html)
    return _LITERAL.sub("", html)
