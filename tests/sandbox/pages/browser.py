"""A browser without a screen, and what every page has to be like."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from werkzeug.test import Client, TestResponse

from atlassian_connect.sandbox import Sandbox

BASE = "http://localhost:2990"


class Browser:
    """Loads pages and sends their forms, with the headers of a browser on this machine. It keeps cookies."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.client = Client(sandbox.wsgi_app)
        self.token = sandbox.csrf_token

    def get(self, path: str, **more) -> TestResponse:
        return self.client.get(path, base_url=BASE, buffered=True, **more)

    def post(self, path: str, *, headers: dict | None = None, base_url: str = BASE, **fields: str) -> TestResponse:
        sent = {"Origin": base_url, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        data = {"csrf_token": self.token, **fields}
        return self.client.post(path, base_url=base_url, data=data, headers=sent)

    def page(self, path: str) -> str:
        """The HTML of a page, checked."""
        return check_html(self.get(path))

    def after(self, answer: TestResponse) -> str:
        """The HTML of the page that a form leads to, checked."""
        assert answer.status_code == 303
        return self.page(answer.headers["Location"])


class Wellformed(HTMLParser):
    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert "style" not in given
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert tag != "script" or given.get("src") or given.get("type") == "application/json"
        assert tag != "form" or given.get("method") != "post" or given["action"].startswith("/")
        if "id" in given:
            self.ids.append(given["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_html(response: TestResponse, *, status: int = 200) -> str:
    """Check what every page has: its policy, no inline code, forms that only this sandbox's pages can send."""
    assert response.status_code == status
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "same-origin"  # no-referrer makes browsers send Origin: null
    parser = Wellformed()
    parser.feed(response.text)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert not re.search(r'(?:src|href)="https?://(?!app\.localhost)', response.text)
    forms = re.findall(r'<form[^>]* method="post".*?</form>', response.text, re.DOTALL)
    assert all('name="csrf_token"' in form for form in forms)
    return response.text
