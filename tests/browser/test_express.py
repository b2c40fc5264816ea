"""An app that was not written here: on Atlassian's own Express framework, fetched by npm.

It is skipped, or with ``REQUIRE_BROWSER=1`` fails, where node, npm or npm's registry are missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, NetworkTransport

from .conftest import missing
from .helpers import frame_of, free_port

FOLDER = Path(__file__).parent / "express_app"
PAGE = "main iframe[data-bridge=up]"
OWN = {"confluence": "/rest/api/user/current", "jira": "/rest/api/3/myself"}
# What gets lost when one side decodes or encodes in another way than the other.
QUERIES = ["", "?expand=a%20b", "?q=%C3%A9%2B%26&q=2&a=1", "?x=~*%2A%28%29", "?empty="]


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    """The folder of the app, with what it needs."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("express") / "app"
    if npm is None or shutil.which("node") is None:
        missing("node and npm are not installed")
    shutil.copytree(FOLDER, folder)
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        missing(f"npm could not install the framework: {done.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.fixture
def serve(sandbox, program) -> Iterator[Callable[[str], str]]:
    """Starts the app for a product; gives its URL."""
    running: list[subprocess.Popen[str]] = []

    def start(product: str) -> str:
        port = free_port()
        url = f"http://localhost:{port}"
        environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(port),
            "AC_LOCAL_BASE_URL": url,
            "AC_PRODUCT": product,
            "AC_APP_KEY": "com.example.express",
            "AC_HOST_SCRIPT_URL": f"{sandbox.origin}/atlassian-connect/all.js",
            "CONNECT_KEYS_CDN_URL": sandbox.key_server_url,
            "SANDBOX_URL": sandbox.origin,
        }
        with (program / f"{product}.log").open("w") as log:
            command = ["node", "--require", "./sandbox.js", "app.js"]
            process = subprocess.Popen(
                command, cwd=program, env=environment, text=True, stdout=subprocess.PIPE, stderr=log
            )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n", (program / f"{product}.log").read_text()
        return url

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(params=["confluence", "jira"])
def installed(request, sandbox, serve) -> Any:
    url = serve(request.param)
    site = sandbox.confluence if request.param == "confluence" else sandbox.jira
    return site.install(f"{url}/atlassian-connect.json")


@pytest.fixture
def frame(sandbox, installed, page) -> Any:
    """Its page, in a frame of the sandbox, with the bridge."""
    page.goto(f"{installed.site.base_url}/plugins/servlet/ac/com.example.express/main")
    return frame_of(page, PAGE)


def ask(frame: Any, url: str, **more: Any) -> Any:
    """Let the app's server call the host."""
    return frame.evaluate("asked => ask(asked)", {"url": url, **more})


def test_an_app_on_the_express_framework(sandbox, installed, frame, page):
    """Installed by its URL; page, dialog, calls as app and as user, webhook; upgraded and installed again."""
    site, product = installed.site, installed.site.product
    assert frame.locator("h1").inner_text() == "Express page"

    frame.evaluate("() => { window.answer = choose() }")
    frame_of(page, "dialog iframe[data-bridge=up]")
    page.get_by_role("dialog").get_by_role("button", name="Submit", disabled=False).click()
    assert frame.evaluate("answer") == {"from": "main", "chosen": "blue"}

    for query in QUERIES:
        answer = ask(frame, OWN[product] + query)
        assert (answer["status"], answer["body"]["accountType"]) == (200, "app"), query
        assert ask(frame, OWN[product] + query, asUser=True)["body"]["accountId"] == ADMIN, query
    assert ask(frame, "/rest/api/nothing-of-the-kind")["status"] in (404, 501)

    if product == "confluence":
        changed = sandbox.content.pages()[0].id
        one = ask(frame, f"/api/v2/pages/{changed}?body-format=storage")["body"]
        wanted = {
            "id": changed,
            "status": "current",
            "title": one["title"],
            "body": {"representation": "storage", "value": "<p>Written by Express &amp; co.</p>"},
            "version": {"number": one["version"]["number"] + 1},
        }
        assert ask(frame, f"/api/v2/pages/{changed}", method="put", body=wanted, asUser=True)["status"] == 200
        assert "Express" in sandbox.content.page(changed).body
        heard = {"event": "page_updated", "id": changed}
    else:
        changed = sandbox.content.issue("OPS-1").id
        wanted = {"fields": {"summary": "Written by Express & co."}}
        assert ask(frame, "/rest/api/3/issue/OPS-1", method="put", body=wanted)["status"] == 204
        heard = {"event": "jira:issue_updated", "id": changed}
    for _ in range(200):  # deliveries are made on another thread
        if frame.evaluate("heard()"):
            break
        page.wait_for_timeout(50)
    assert frame.evaluate("heard()") == [heard]

    verdicts = {one.verdict for one in sandbox.log if one.direction == "app→host"}
    assert verdicts == {"public", "verified", "impersonated"}  # the install key, calls as the app, calls as the user
    site.install(f"{installed.app_base_url}/atlassian-connect.json")
    installed.uninstall()
    again = site.install(f"{installed.app_base_url}/atlassian-connect.json")
    assert again.open("main", account_id=MEMBER).status == 200


def test_the_framework_asks_what_the_user_may_do(installed):
    statuses = []
    for account_id in (ADMIN, MEMBER):
        token = installed.context_token(account_id=account_id, context={installed.site.product: {}})
        headers = {"Authorization": f"JWT {token}"}
        url = f"{installed.app_base_url}/administer"
        statuses.append(NetworkTransport().send("GET", url, headers=headers, body=b"", timeout=10).status)
    assert statuses == [200, 401]


def test_what_the_framework_must_refuse(installed):
    """The sandbox would not notice an app that believes everything."""
    url = "/main?q=a%20b"
    wrong = [
        installed.sign("GET", "/choose", account_id=ADMIN),
        installed.sign("GET", url, account_id=ADMIN, iss="somebody-else"),
        installed.sign("GET", url, account_id=ADMIN, exp=1),
    ]
    for token in wrong:
        answer = NetworkTransport().send(
            "GET", f"{installed.app_base_url}{url}&jwt={token}", headers={}, body=b"", timeout=10
        )
        assert answer.status == 401
