"""The plugin manager's REST, as a program sees it that installs an app."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.plugins import NOT_FROM_MARKETPLACE, PRIVATE_INSTALLS_ENDED
from atlassian_connect.sandbox.rest.plugin_manager import OPERATIONS
from tests.sandbox.connect_app import APP_KEY, ConnectApp

INSTALL = "application/vnd.atl.plugins.remote.install+json"
Manager = Callable[..., TestResponse]


def basic(email: str, token: str) -> str:
    return "Basic " + base64.b64encode(f"{email}:{token}".encode()).decode()


@pytest.fixture(params=["", "/wiki"], ids=["jira", "confluence"])
def root(request: pytest.FixtureRequest) -> str:
    return f"{request.param}/rest/plugins/1.0"


@pytest.fixture
def manager(sandbox: Sandbox, root: str) -> Manager:
    """Calls the plugin manager as the administrator does."""

    def call(method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": basic("ada@example.com", sandbox.api_token.reveal()), **options.pop("headers", {})}
        return sandbox.wsgi_app.test_client().open(
            root + path, method=method, base_url=sandbox.origin, headers=headers, **options
        )

    return call


def install(manager: Manager, url: str, **options: Any) -> TestResponse:
    token = manager("GET", "/").headers["upm-token"]
    options = {"headers": {"Content-Type": INSTALL}, "json": {"pluginUri": url}, **options}
    return manager("POST", f"/?token={token}", **options)


def outcome(manager: Manager, root: str, started: TestResponse) -> TestResponse:
    """Ask until the install is over: the threads of installs end by themselves."""
    assert started.status_code == 202
    for thread in threading.enumerate():
        if thread.name.startswith("install "):
            thread.join(30)
    return manager("GET", started.json["links"]["self"].removeprefix(root))


def test_an_install_is_asked_for_and_asked_after(
    sandbox: Sandbox, app: ConnectApp, manager: Manager, root: str, descriptor_url: str
) -> None:
    started = install(manager, descriptor_url)

    assert started.json["pingAfter"] > 0
    assert started.json["links"]["self"].startswith(f"{root}/pending/")
    done = outcome(manager, root, started)
    assert done.status_code == 303
    assert done.headers["Location"] == f"{sandbox.origin}{root}/{APP_KEY}-key"
    assert manager("GET", f"/{APP_KEY}-key").json["enabled"] is True
    assert [one["key"] for one in manager("GET", "/").json["plugins"]] == [APP_KEY]


def test_an_install_that_runs_is_pending(
    sandbox: Sandbox, app: ConnectApp, manager: Manager, root: str, descriptor_url: str
) -> None:
    site = sandbox.confluence if root.startswith("/wiki") else sandbox.jira
    with site.lifecycle:  # somebody else installs something
        started = install(manager, descriptor_url)
        waiting = manager("GET", started.json["links"]["self"].removeprefix(root))

    assert (waiting.status_code, waiting.json["status"]["done"]) == (200, False)
    assert "errorMessage" not in waiting.json["status"]
    assert outcome(manager, root, started).status_code == 303


def test_why_an_install_failed_is_told(sandbox: Sandbox, manager: Manager, root: str) -> None:
    failed = outcome(manager, root, install(manager, "https://silent.example/descriptor"))

    assert failed.json["status"]["done"] is True
    assert "The descriptor could not be fetched" in failed.json["status"]["errorMessage"]
    assert manager("GET", "/").json["plugins"] == []


def test_an_app_is_disabled_enabled_and_uninstalled(
    sandbox: Sandbox, app: ConnectApp, manager: Manager, root: str, descriptor_url: str
) -> None:
    outcome(manager, root, install(manager, descriptor_url))
    path = f"/{APP_KEY}-key"

    assert manager("PUT", path, json={"enabled": False}).json["enabled"] is False
    assert manager("PUT", path, json={"enabled": True}).json["enabled"] is True
    assert manager("PUT", path, json={"enabled": "yes"}).status_code == 400
    assert manager("DELETE", path).status_code == 204
    assert manager("DELETE", path).status_code == 404
    assert manager("GET", path).status_code == 404
    assert app.received_paths()[-1] == "/lifecycle/uninstalled"


def test_a_token_is_worth_one_install(manager: Manager, descriptor_url: str) -> None:
    token = manager("GET", "/").headers["upm-token"]
    options: dict[str, Any] = {"headers": {"Content-Type": INSTALL}, "json": {"pluginUri": descriptor_url}}

    assert manager("POST", f"/?token={token}", **options).status_code == 202
    assert manager("POST", f"/?token={token}", **options).status_code == 403
    assert manager("POST", "/", **options).status_code == 403


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"Content-Type": "application/json"}}, 415),
        ({"json": []}, 400),
        ({"json": {"pluginUri": 1}}, 400),
        ({"json": None, "data": b"\xff"}, 400),
        ({"json": None, "data": b"x" * (1024 * 1024 + 1)}, 413),
    ],
)
def test_what_is_no_install_is_refused(manager: Manager, options: dict[str, Any], status: int) -> None:
    refused = install(manager, "https://app.example/d", **options)

    assert (refused.status_code, bool(refused.json["errorMessage"])) == (status, True)


def test_only_administrators_get_in(sandbox: Sandbox, root: str) -> None:
    def status(authorization: str | None) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        return sandbox.wsgi_app.test_client().get(f"{root}/", base_url=sandbox.origin, headers=headers).status_code

    token = sandbox.api_token.reveal()
    assert status(basic("ADA@example.com", token)) == 200
    assert status(basic("jonas@example.com", sandbox.api_tokens.of(MEMBER).reveal())) == 403
    assert [
        status(wrong)
        for wrong in (None, "Basic %%%", f"Bearer {token}", basic("ada@example.com", ""), basic("", token))
    ] == [401] * 5
    assert status(basic("jonas@example.com", token)) == 401
    sandbox.permissions.deactivate(ADMIN)
    assert status(basic("ada@example.com", token)) == 401


def test_hosts_since_march_2026_refuse_private_installs(
    sandbox: Sandbox, manager: Manager, root: str, descriptor_url: str
) -> None:
    site = sandbox.confluence if root.startswith("/wiki") else sandbox.jira

    site.plugins.private_installs = "refused"
    refused = install(manager, descriptor_url)
    site.plugins.private_installs = "failed"
    failed = outcome(manager, root, install(manager, descriptor_url)).json["status"]

    assert (refused.status_code, refused.json["errorMessage"]) == (403, PRIVATE_INSTALLS_ENDED)
    assert (failed["done"], failed["errorMessage"]) == (True, PRIVATE_INSTALLS_ENDED)
    assert failed["subCode"] == refused.json["subCode"] == NOT_FROM_MARKETPLACE
    assert site.installations == []
    sandbox.reset()
    assert site.plugins.private_installs == "taken"


def test_without_developer_mode_nothing_is_installed(sandbox: Sandbox, manager: Manager, descriptor_url: str) -> None:
    for site in sandbox.sites:
        site.plugins.developer_mode = False

    assert manager("GET", "/settings").json["settings"] == [
        {"key": "connectDeveloperListingsEnabled", "value": False, "readOnly": False}
    ]
    assert install(manager, descriptor_url).status_code == 403


def test_neither_api_tokens_nor_upm_tokens_are_in_the_log(
    sandbox: Sandbox, app: ConnectApp, manager: Manager, root: str, descriptor_url: str
) -> None:
    outcome(manager, root, install(manager, descriptor_url))
    token = manager("GET", "/").headers["upm-token"]
    manager("POST", f"/?token={token}")

    assert {one.verdict for one in sandbox.log if root in one.url} == {"administrator"}
    assert not any(hidden in repr(sandbox.log) for hidden in (token, sandbox.api_token.reveal()))


def test_the_api_token_is_shown_to_who_runs_the_sandbox_and_outlives_it(tmp_path: Path) -> None:
    sandbox = Sandbox(data=tmp_path / "site.db")
    token = sandbox.api_token
    page = sandbox.wsgi_app.test_client().get("/sandbox/api-tokens", base_url=sandbox.origin)
    sandbox.close()

    assert token.reveal() in page.text
    assert "jonas@example.com" not in page.text.partition("<table>")[2]
    again = Sandbox(data=tmp_path / "site.db")
    assert again.api_token == token
    again.close()


def test_the_page_lists_what_there_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    section = page.partition("\n### The plugin manager\n")[2].partition("\n#")[0]
    listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section, re.MULTILINE)
    assert listed == [(method, re.sub(r"<(\w+)>", r"{\1}", path)) for method, path, _ in OPERATIONS]
