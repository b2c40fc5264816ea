"""What the scripts of the sandbox's pages may ask, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest
from werkzeug.test import Client

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.bridge import Bridge, embed
from atlassian_connect.sandbox.faults import Dropped, RateLimited, Slow

from ..connect_app import APP_KEY, ConnectApp

BASE = "http://localhost:2990"


@pytest.fixture
def sandbox(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    sandbox.bridge = Bridge("5.3.190", tmp_path)
    return sandbox


class Page:
    """A script of a page of the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = Client(sandbox.wsgi_app)
        self.headers = {"X-CSRF-Token": sandbox.csrf_token, "Origin": BASE, "Sec-Fetch-Site": "same-origin"}

    def ask(self, what: str, body: object, **headers: str | None):
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.post(
            f"/sandbox/bridge/{what}",
            base_url=BASE,
            json=body,
            headers={name: value for name, value in sent.items() if value is not None},
        )

    def request(self, ticket: str, url: str, **more: object) -> dict:
        answer = self.ask("request", {"ticket": ticket, "url": url, **more})
        assert answer.status_code == 200
        return answer.json


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    return Page(sandbox)


def ticket_of(installation: Installation, viewer: str | None = ADMIN, **context: str) -> str:
    embedding = embed(installation, "page", viewer=viewer, context=context)
    assert embedding.problem == ""
    assert embedding.data is not None
    return embedding.data["ticket"]


def test_what_is_not_asked_by_a_page_of_the_sandbox_is_refused(page: Page, confluence_app: Installation):
    body = {"ticket": ticket_of(confluence_app)}
    for headers in (
        {"X_CSRF_Token": None},
        {"X_CSRF_Token": "guessed"},
        {"Origin": "http://app.localhost:5000"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        for what in ("token", "request", "frame", "target"):
            answer = page.ask(what, body, **headers)
            assert (what, headers, answer.status_code) == (what, headers, 403)
            assert "page of this sandbox" in answer.json["problem"]
    assert page.client.get("/sandbox/bridge/token", base_url=BASE, headers=page.headers).status_code in (404, 405)


@pytest.mark.parametrize("change", ["cut", "other", "none", "number", "body"])
def test_a_ticket_that_this_sandbox_did_not_write_is_refused(page: Page, confluence_app: Installation, change: str):
    ticket = ticket_of(confluence_app)
    body, _, signature = ticket.partition(".")
    other = ticket_of(confluence_app, MEMBER).partition(".")[0]
    forged = {"cut": ticket[:-1], "other": f"{other}.{signature}", "none": None, "number": 7, "body": body}[change]
    assert page.ask("token", {"ticket": forged}).status_code == 403


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(page: Page, raw: bytes):
    answer = page.client.post("/sandbox/bridge/token", base_url=BASE, data=raw, headers=page.headers)
    assert answer.status_code == 400


def test_a_frame_of_somebody_else_gets_no_answer(page: Page, confluence_app: Installation):
    answer = page.ask("token", {"ticket": ticket_of(confluence_app, MEMBER)})
    assert answer.status_code == 409
    page.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    assert page.ask("token", {"ticket": ticket_of(confluence_app, MEMBER)}).status_code == 200
    assert page.ask("token", {"ticket": ticket_of(confluence_app)}).status_code == 409


def test_an_app_that_is_not_enabled_gets_no_answer(page: Page, sandbox: Sandbox, confluence_app: Installation):
    ticket = ticket_of(confluence_app)
    confluence_app.disable()
    answer = page.ask("request", {"ticket": ticket, "url": "/rest/api/user/current"})
    assert answer.status_code == 403
    assert answer.json["problem"] == f"{APP_KEY} is disabled on Confluence."
    assert embed(confluence_app, "page", viewer=ADMIN).problem == f"{APP_KEY} is disabled."
    confluence_app.uninstall()
    assert page.ask("token", {"ticket": ticket}).status_code == 403


def test_a_token_is_for_the_viewer_and_the_place(page: Page, app: ConnectApp, confluence_app: Installation):
    page_id = confluence_app.site.content.pages()[0].id
    answer = page.ask("token", {"ticket": ticket_of(confluence_app, **{"page.id": page_id})})
    secret = app.tenants["confluence"]["sharedSecret"]
    claims = jwt.decode(answer.json["token"], secret, algorithms=["HS256"])
    assert (claims["sub"], claims["qsh"]) == (ADMIN, "context-qsh")
    assert claims["context"]["confluence"]["content"]["id"] == page_id


def test_a_request_is_made_as_the_viewer(page: Page, sandbox: Sandbox, jira_app: Installation):
    page.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    answer = page.request(ticket_of(jira_app, MEMBER), "/rest/api/3/myself")
    assert answer["status"] == 200
    assert json.loads(answer["body"])["accountId"] == MEMBER
    assert answer["headers"]["x-aaccountid"] == MEMBER
    crossing = sandbox.log[-1]
    assert (crossing.verdict, crossing.direction, crossing.status) == ("bridge", "app→host", 200)
    assert crossing.url == f"{BASE}/rest/api/3/myself"
    assert crossing.note == f"AP.request of {APP_KEY} as Jonas Lindqvist"


def test_what_the_viewer_may_not_see_is_not_there(page: Page, sandbox: Sandbox, jira_app: Installation):
    """The app's own user would see it."""
    sandbox.permissions.restrict("OPS", to=[ADMIN])
    assert page.request(ticket_of(jira_app), "/rest/api/3/issue/OPS-1")["status"] == 200
    page.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    assert page.request(ticket_of(jira_app, MEMBER), "/rest/api/3/issue/OPS-1")["status"] == 404


def test_scopes_limit_what_the_app_may_ask(page: Page, sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["scopes"] = ["READ"]
    installation = sandbox.confluence.install(descriptor_url)
    page_id = sandbox.content.pages()[0].id
    answer = page.request(
        ticket_of(installation),
        f"/rest/api/content/{page_id}/property",
        method="POST",
        body=json.dumps({"key": "a", "value": 1}),
    )
    assert answer["status"] == 403
    assert "authorized API scope: it needs WRITE" in json.loads(answer["body"])["message"]
    assert answer["statusText"] == "FORBIDDEN"


def test_an_access_rule_holds_for_requests_and_frames(page: Page, sandbox: Sandbox, confluence_app: Installation):
    first = sandbox.content.pages()[0]
    ticket = ticket_of(confluence_app)
    confluence_app.block("DS")
    answer = page.request(ticket, f"/rest/api/content/{first.id}")
    assert answer["status"] == 403
    assert "app access rule" in answer["body"]
    blocked = embed(confluence_app, "page", viewer=ADMIN, context={"space.key": "DS"})
    assert blocked.blocked
    assert (blocked.url, blocked.origin, blocked.data) == ("", "", None)
    answer = page.ask("frame", {"ticket": ticket, "key": "page", "context": {"space.key": "DS"}})
    assert answer.status_code == 403
    assert "blocked" in answer.json["problem"]


def test_a_visitor_who_is_not_logged_in_sees_what_is_public(page: Page, sandbox: Sandbox, jira_app: Installation):
    page.client.set_cookie("sandbox-user", "anonymous", domain="localhost")
    ticket = ticket_of(jira_app, None)
    assert page.request(ticket, "/rest/api/3/issue/OPS-1")["status"] == 200
    assert page.request(ticket, "/rest/api/3/issue/WEB-1")["status"] == 404
    assert page.request(ticket, "/rest/api/3/myself")["status"] == 401
    claims = jwt.decode(page.ask("token", {"ticket": ticket}).json["token"], options={"verify_signature": False})
    assert "sub" not in claims


def test_properties_of_the_app_may_be_read_and_written_but_not_its_modules(page: Page, jira_app: Installation):
    ticket = ticket_of(jira_app)
    at = f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties/seen"
    assert page.request(ticket, at, method="PUT", body="7")["status"] == 201
    assert json.loads(page.request(ticket, at)["body"])["value"] == 7
    assert page.request(ticket, "/rest/atlassian-connect/1/app/module/dynamic")["status"] == 401


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/rest/api/2/nothing-of-the-kind", 501),
        ("/sandbox/bridge/token", 403),
        ("/browse/OPS-1", 403),
        ("/rest/api/3/../../../sandbox/", 501),
        ("rest/api/3/myself", 200),
        (f"{BASE}/rest/api/3/myself", 200),
    ],
)
def test_a_request_reaches_the_rest_of_its_site_only(page: Page, jira_app: Installation, url: str, status: int):
    assert page.request(ticket_of(jira_app), url)["status"] == status


@pytest.mark.parametrize("url", ["//[x", "/\t/[x", "/\n/evil.example/rest/api/3/myself"])
def test_a_request_to_another_host_is_refused_however_it_is_written(page: Page, jira_app: Installation, url: str):
    assert page.ask("request", {"ticket": ticket_of(jira_app), "url": url}).status_code == 403


def test_faults_concern_requests_of_pages_too(page: Page, sandbox: Sandbox, jira_app: Installation):
    ticket, path = ticket_of(jira_app), "/rest/api/3/myself"
    with sandbox.jira.faults.add(RateLimited(seconds=7), method="GET", path="/rest/api/3/my", times=1) as fault:
        limited = page.request(ticket, path)
        assert (limited["status"], limited["headers"]["retry-after"]) == (429, "7")
        assert page.request(ticket, path)["status"] == 200
        assert fault.hits == 1
    assert [(one.verdict, one.note, one.status) for one in sandbox.log[-2:]] == [
        ("fault", "RateLimited", 429),
        ("bridge", f"AP.request of {APP_KEY} as Ada Okafor", 200),
    ]


@pytest.mark.parametrize("when", ["nothing", "executed"])
def test_an_answer_that_is_dropped_is_none_for_the_page(
    page: Page, sandbox: Sandbox, jira_app: Installation, when: str
):
    sandbox.jira.faults.add(Dropped(when), method="PUT", path="/rest/api/3/issue/OPS-1")
    body = json.dumps({"fields": {"summary": "Changed"}})
    more = {"method": "PUT", "body": body, "headers": {"Content-Type": "application/json"}}
    answer = page.request(ticket_of(jira_app), "/rest/api/3/issue/OPS-1", **more)
    assert answer == {"status": 0, "statusText": "error", "headers": {}, "body": ""}
    assert (sandbox.content.issue("OPS-1").summary == "Changed") is (when == "executed")


def test_a_fault_that_looks_at_the_body_gets_it(page: Page, sandbox: Sandbox, confluence_app: Installation):
    sandbox.confluence.faults.add(Slow(0), path="/api/v2/pages")
    body = json.dumps({"spaceId": sandbox.content.spaces()[0].id, "title": "New"})
    more = {"method": "POST", "body": body, "headers": {"Content-Type": "application/json"}}
    assert page.request(ticket_of(confluence_app), "/api/v2/pages", **more)["status"] == 200


def test_rate_limits_count_requests_of_pages(page: Page, sandbox: Sandbox, jira_app: Installation):
    sandbox.jira.limit_rate(points=4)
    ticket, path = ticket_of(jira_app), "/rest/api/3/myself"
    first, second, third = (page.request(ticket, path) for _ in range(3))
    assert [first["headers"]["x-ratelimit-remaining"], second["headers"]["x-ratelimit-remaining"]] == ["2", "0"]
    assert (first["status"], third["status"]) == (200, 429)
    assert third["headers"]["ratelimit-reason"] == "jira-quota-tenant-based"
    assert "retry-after" in third["headers"]
    sandbox.jira.limits = None
    assert page.request(ticket, path)["status"] == 200


@pytest.mark.parametrize(
    "body",
    [{"url": "https://example.com/"}, {"url": "//example.com/x"}, {"url": 7}, {"url": "/rest", "method": "TRACE"}],
)
def test_what_cannot_be_asked_is_refused(page: Page, jira_app: Installation, body: dict):
    assert page.ask("request", {"ticket": ticket_of(jira_app), **body}).status_code in (400, 403)


@pytest.mark.parametrize("parts", [7, [7], [{}], [{"name": "file", "base64": "***"}], [{"name": "f", "base64": "é"}]])
def test_an_upload_that_is_none_is_refused(page: Page, jira_app: Installation, parts: object):
    answer = page.ask("request", {"ticket": ticket_of(jira_app), "url": "/rest/api/3/myself", "parts": parts})
    assert answer.status_code == 400


def test_a_dialog_gets_a_frame_with_the_place_of_its_opener(page: Page, confluence_app: Installation):
    ticket = ticket_of(confluence_app, **{"space.key": "ENG"})
    answer = page.ask("frame", {"ticket": ticket, "key": "page"})
    assert answer.status_code == 200
    assert "space=ENG" in answer.json["url"]
    relative = page.ask("frame", {"ticket": ticket, "key": "/other?x=1"}).json["url"]
    assert relative.startswith("http://app.localhost:5000/base/other?x=1&xdm_e=")
    assert "jwt=" in relative


def test_a_dialog_is_told_of_no_place_that_its_viewer_does_not_see(
    page: Page, sandbox: Sandbox, confluence_app: Installation
):
    sandbox.permissions.restrict("DS", [ADMIN])
    asked = {"key": "page", "context": {"space.key": "DS", "page.id": "65537"}}
    told = page.ask("frame", {"ticket": ticket_of(confluence_app), **asked}).json
    assert "space=DS" in told["url"]
    page.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    told = page.ask("frame", {"ticket": ticket_of(confluence_app, MEMBER), **asked}).json
    assert "space=&" in told["url"]
    assert told["context"]["confluence"] == {}


def test_a_dialog_of_a_page_that_is_not_for_the_viewer_is_refused(
    page: Page, sandbox: Sandbox, app: ConnectApp, descriptor_url: str
):
    app.descriptor["modules"]["adminPages"] = [{"key": "admin", "url": "/admin", "name": {"value": "Admin"}}]
    installation = sandbox.confluence.install(descriptor_url)
    assert page.ask("frame", {"ticket": ticket_of(installation), "key": "admin"}).status_code == 200
    page.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    answer = page.ask("frame", {"ticket": ticket_of(installation, MEMBER), "key": "admin"})
    assert (answer.status_code, "for administrators" in answer.json["problem"]) == (404, True)


@pytest.mark.parametrize("key", ["nothing", "", "https://example.com/x", "//example.com/x"])
def test_a_dialog_of_nothing_is_refused(page: Page, confluence_app: Installation, key: str):
    answer = page.ask("frame", {"ticket": ticket_of(confluence_app), "key": key})
    assert answer.status_code == 404
    assert answer.json["problem"]


@pytest.mark.parametrize(
    ("target", "context", "path"),
    [
        ("spaceview", {"spaceKey": "ENG"}, "/wiki/spaces/ENG"),
        ("spacetools", {"spaceKey": "ENG"}, "/wiki/spaces/ENG/settings"),
        ("userProfile", {"accountId": ADMIN}, f"/wiki/people/{quote(ADMIN, safe='')}"),
        ("dashboard", {}, "/wiki"),
        ("site", {"relativeUrl": "/spaces"}, "/wiki/spaces"),
        ("addonModule", {"moduleKey": "page"}, f"/wiki/plugins/servlet/ac/{APP_KEY}/page"),
        ("addonModule", {"addonKey": "a/b", "moduleKey": "c"}, "/wiki/plugins/servlet/ac/a%2Fb/c"),
    ],
)
def test_targets_are_pages_of_the_site(page: Page, confluence_app: Installation, target: str, context: dict, path: str):
    answer = page.ask("target", {"ticket": ticket_of(confluence_app), "target": target, "context": context})
    assert answer.json == {"path": path}
    if "a%2Fb" not in path:
        assert page.client.get(path, base_url=BASE, follow_redirects=True).status_code == 200


def test_a_page_is_edited_at_its_editor(sandbox: Sandbox, page: Page, confluence_app: Installation):
    edited = sandbox.content.pages()[0]
    asked = {"target": "contentedit", "context": {"contentId": edited.id}}
    path = page.ask("target", {"ticket": ticket_of(confluence_app), **asked}).json["path"]
    assert path.endswith(f"/pages/edit-v2/{edited.id}")
    assert page.client.get(path, base_url=BASE).status_code == 200


def test_jira_has_targets_of_its_own(sandbox: Sandbox, page: Page, jira_app: Installation):
    dashboard = sandbox.content.dashboards()[0].id
    for target, context, path in [
        ("issue", {"issueKey": "OPS-1"}, "/browse/OPS-1"),
        ("projectAdminSummary", {"projectKey": "OPS"}, "/projects/OPS"),
        ("userProfile", {"accountId": ADMIN}, f"/jira/people/{quote(ADMIN, safe='')}"),
        ("dashboard", {"dashboardId": dashboard}, f"/jira/dashboards/{dashboard}"),
        ("dashboard", {}, "/jira/dashboards"),
    ]:
        answer = page.ask("target", {"ticket": ticket_of(jira_app), "target": target, "context": context})
        assert answer.json == {"path": path}
        assert page.client.get(path, base_url=BASE, follow_redirects=True).status_code == 200


def test_custom_data_goes_along_to_a_page_of_an_app(page: Page, confluence_app: Installation):
    asked = {"target": "addonModule", "context": {"moduleKey": "page"}, "customData": {"x": "a b", "n": 7, "deep": {}}}
    answer = page.ask("target", {"ticket": ticket_of(confluence_app), **asked})
    assert answer.json == {"path": f"/wiki/plugins/servlet/ac/{APP_KEY}/page?ac.x=a+b&ac.n=7"}


@pytest.mark.parametrize(
    ("target", "context"),
    [("moon", {}), ("spaceview", {}), ("contentview", {"contentId": "1"}), ("site", {"relativeUrl": "//x"})],
)
def test_a_target_that_is_not_known_is_told(page: Page, confluence_app: Installation, target: str, context: dict):
    answer = page.ask("target", {"ticket": ticket_of(confluence_app), "target": target, "context": context})
    assert answer.status_code == 404
    assert target in answer.json["problem"]


def test_embedding_logs_the_load_and_hides_its_secrets(sandbox: Sandbox, confluence_app: Installation):
    embedding = embed(confluence_app, "page", viewer=ADMIN, context={"space.key": "ENG"})
    assert embedding.origin == "http://app.localhost:5000"
    assert "jwt" not in repr(embedding)
    crossing = sandbox.log[-1]
    assert (crossing.direction, crossing.note) == ("host→app", "module page, loaded by the browser")
    assert crossing.url.endswith("jwt=***")
    assert crossing.claims is not None
    assert crossing.claims["sub"] == ADMIN


def test_all_js_without_the_bridge_says_so(sandbox: Sandbox, page: Page):
    sandbox.bridge = None
    answer = page.client.get("/wiki/atlassian-connect/all.js", base_url=BASE)
    assert answer.status_code == 200
    assert "was not fetched" in answer.text
    assert page.client.get("/sandbox/bridge/5.3.190/connect-host.js", base_url=BASE).status_code == 404


def test_all_js_is_ours_in_both_products_and_asks_no_cdn(sandbox: Sandbox, page: Page):
    (sandbox.bridge.folder / "iframe.js").write_text('var CDN_URL = "https://" + CDN_DOMAIN;')
    for path in ("/atlassian-connect/all.js", "/wiki/atlassian-connect/all-debug.js"):
        answer = page.client.get(path, base_url=BASE)
        assert f'var CDN_URL = "{BASE}/sandbox/bridge/5.3.190";' in answer.text
        assert answer.headers["Cache-Control"] == "no-cache"
        again = page.client.get(path, base_url=BASE, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    fixed = page.client.get("/atlassian-connect/all.js?v=5.3.190", base_url=BASE)
    assert "immutable" in fixed.headers["Cache-Control"]
    assert page.client.get("/atlassian-connect/all.css", base_url=BASE).content_type.startswith("text/css")
