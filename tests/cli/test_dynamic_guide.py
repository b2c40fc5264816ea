"""The guide to dynamic modules: its app is run, and what it quotes is what the commands print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from atlassian_connect.sandbox import ADMIN
from atlassian_connect.sandbox.faults import ModuleRefused
from atlassian_connect.testing import SandboxHost

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "dynamic-modules.md").read_text(encoding="utf-8")
TRANSCRIPTS = re.findall(r"```text\n(\$ .*?)```", GUIDE, re.DOTALL)


class Site:
    """A site that uses the guide's app."""

    def __init__(self, guide: dict[str, Any]) -> None:
        self.app: Flask = guide["app"]
        self.db, self.Snippet = guide["db"], guide["Snippet"]
        self.host = SandboxHost(self.app, seed=4)
        self.installation = self.host.install("confluence")
        self.host.install("jira")

    def save(self, name: str) -> None:
        with self.app.app_context():
            self.db.session.add(self.Snippet(client_key=self.installation.client_key, name=name, text=f"{name}!"))
            self.db.session.commit()

    def change_all(self) -> None:
        """One more, one less, one with another name."""
        self.save("Holidays")
        with self.app.app_context():
            first, second, _ = self.Snippet.query.order_by(self.Snippet.id)
            self.db.session.delete(first)
            second.name = "Rota"
            self.db.session.commit()

    def refuse(self) -> None:
        self.installation.site.faults.add(ModuleRefused("snippet-3"), method="POST")

    def run(self, transcript: str) -> str:
        """Run the commands of a transcript, and write it as the guide does."""
        lines = []
        for command in re.findall(r"^\$ flask (.*)$", transcript, re.MULTILINE):
            arguments = command.replace("CLIENT_KEY", self.installation.client_key).split()
            lines.append(f"$ flask {command}\n{self.app.test_cli_runner().invoke(args=arguments).output}")
        printed = "".join(lines).replace(self.installation.client_key, "CLIENT_KEY")
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-21 22:00:00", printed)


@pytest.fixture
def site() -> Iterator[Site]:
    guide: dict[str, Any] = {"__name__": "guide"}
    exec(compile(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0], "guide", "exec"), guide)
    site = Site(guide)
    yield site
    with site.app.app_context():
        guide["db"].session.remove()
        guide["db"].engine.dispose()


def test_transcripts_are_what_the_commands_print(site: Site) -> None:
    def two_snippets() -> None:
        site.save("On-call rota")
        site.save("Contacts")

    before: list[Callable[[], None]] = [two_snippets, site.change_all, site.refuse, lambda: None]
    assert len(TRANSCRIPTS) == len(before)
    for happens, transcript in zip(before, TRANSCRIPTS, strict=True):
        happens()
        assert site.run(transcript) == transcript


def test_the_guides_views_work(site: Site) -> None:
    token = site.installation.context_token(account_id=ADMIN)
    saved = site.app.test_client().post(
        "/api/snippets", json={"name": "Contacts", "text": "Ask Ada."}, headers={"Authorization": f"JWT {token}"}
    )
    assert (saved.status_code, saved.json) == (200, {"refused": []})
    [module] = site.installation.dynamic_modules
    assert module.definition["name"] == {"value": "Snippet: Contacts"}
    assert "Ask Ada." in site.installation.open(module.key).text


def test_snippets_of_another_tenant_are_not_shown(site: Site) -> None:
    site.save("Contacts")
    other = site.host.sandbox.jira.installations[0]
    token = other.sign("GET", "/snippet?number=1")

    assert site.app.test_client().get(f"/snippet?number=1&jwt={token}").status_code == 404
