"""Who may do what, from the administrator's click to the guarded route, on both sites of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from atlassian_connect import AtlassianConnect
from atlassian_connect.sandbox import Installation
from atlassian_connect.sandbox.people import ADMIN, MEMBER
from atlassian_connect.sandbox.store.seed import PUBLIC
from atlassian_connect.testing import SandboxHost


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    connect = AtlassianConnect()

    @connect.general_page("page", name="Page")
    def page() -> str:
        return "page"

    app = make_app(connect, ATLASSIAN_CONNECT_PERMISSION_CACHE_SECONDS=0)
    guards = {
        "/edit": connect.authorize_jira(project=["BROWSE_PROJECTS", "EDIT_ISSUES"], issue=["EDIT_ISSUES"]),
        "/browse": connect.authorize_jira(project=["BROWSE_PROJECTS"]),
        "/administer": connect.authorize_jira(global_=["ADMINISTER"]),
        "/read": connect.authorize_confluence(content="read"),
        "/delete": connect.authorize_confluence(content=["read", "delete"]),
        "/settings": connect.authorize_confluence(application="administer"),
        "/misspelt": connect.authorize_jira(global_=["ADMINSTER"]),
    }
    for path, guard in guards.items():
        app.add_url_rule(path, path.strip("/"), connect.require(context_token=True)(guard(lambda: "done")))
    return app


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(http: FlaskClient, path: str, installed: Installation, account_id: str | None, **context: Any) -> int:
    token = installed.context_token(account_id=account_id, context=context)
    return http.get(path, headers={"Authorization": f"JWT {token}"}).status_code


def test_jira(http: FlaskClient, connect_sandbox: SandboxHost) -> None:
    installed = connect_sandbox.install("jira")
    site = connect_sandbox.sandbox.jira
    places = {
        project.key: {"project": {"id": project.id}, "issue": {"id": site.content.issue(f"{project.key}-1").id}}
        for project in site.content.projects()
    }
    [public] = places.keys() & PUBLIC
    [private] = places.keys() - PUBLIC
    inside, outside = places[private], places[public]

    assert ask(http, "/edit", installed, MEMBER, jira=inside) == 200
    assert ask(http, "/browse", installed, None, jira=outside) == 200
    assert ask(http, "/browse", installed, None, jira=inside) == 403
    assert ask(http, "/edit", installed, None, jira=outside) == 403
    assert ask(http, "/edit", installed, MEMBER, jira={"project": {"id": "999999"}, "issue": inside["issue"]}) == 403
    assert ask(http, "/edit", installed, "557058:a-stranger", jira=inside) == 403
    assert ask(http, "/administer", installed, ADMIN) == 200
    assert ask(http, "/administer", installed, MEMBER) == 403
    assert ask(http, "/misspelt", installed, ADMIN) == 403

    site.permissions.restrict(private, [ADMIN])

    assert ask(http, "/edit", installed, MEMBER, jira=inside) == 403
    assert ask(http, "/edit", installed, ADMIN, jira=inside) == 200


def test_confluence(http: FlaskClient, connect_sandbox: SandboxHost) -> None:
    installed = connect_sandbox.install("confluence")
    site = connect_sandbox.sandbox.confluence
    space = site.content.spaces()[0]
    content = {"content": {"id": site.content.pages(space.id)[0].id}}

    assert ask(http, "/read", installed, MEMBER, confluence=content) == 200
    assert ask(http, "/delete", installed, MEMBER, confluence=content) == 403
    assert ask(http, "/delete", installed, ADMIN, confluence=content) == 200
    assert ask(http, "/read", installed, MEMBER, confluence={"content": {"id": "999999"}}) == 403
    assert ask(http, "/settings", installed, ADMIN) == 200
    assert ask(http, "/settings", installed, MEMBER) == 403
    assert ask(http, "/settings", installed, None) == 403

    installed.block(space.key)

    assert ask(http, "/read", installed, ADMIN, confluence=content) == 403, "the check itself is blocked"
    assert ask(http, "/settings", installed, ADMIN) == 200


def test_a_tenant_of_the_other_product(http: FlaskClient, connect_sandbox: SandboxHost) -> None:
    wiki = connect_sandbox.install("confluence")

    assert ask(http, "/administer", wiki, ADMIN) == 403
