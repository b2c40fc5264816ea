"""The permission guards: a verified user is not yet a user who may."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import jwt
import pytest
from atlassian_jwt.url_utils import hash_url
from flask import Flask

from atlassian_connect import AtlassianConnect, Tenant, current_account_id, current_licence
from atlassian_connect.client import HostClient, RetryPolicy
from atlassian_connect.errors import (
    ConfigurationError,
    HostTimeoutError,
    HostUnreachableError,
    NotAuthenticatedError,
)
from atlassian_connect.inbound import Principal
from atlassian_connect.protocol.tokens import TokenKind
from atlassian_connect.web.context import ConnectState
from tests.client.scripted import Time
from tests.conftest import APP_KEY
from tests.host import Host

JIRA_CONTEXT = {"jira": {"project": {"id": "10001", "key": "DEMO"}, "issue": {"id": 10010}}}
PAGE_CONTEXT = {"confluence": {"content": {"id": "65536", "type": "page"}, "space": {"key": "DOC"}}}


class Rest:
    """A site's REST: it verifies tokens with PyJWT and atlassian-jwt, and answers as told."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.asked: list[tuple[str, Any]] = []
        self.anonymous: list[bool] = []
        self.answers: dict[str, Any] = {}
        host.app.extensions["atlassian_connect"].transport.mount(host.base_url.removesuffix("/wiki"), self)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        target = environ["REQUEST_URI"].removeprefix("/wiki")
        token = environ.get("HTTP_AUTHORIZATION", "")
        if token:
            options = {"verify_aud": False}
            claims = jwt.decode(token.removeprefix("JWT "), self.host.secret, algorithms=["HS256"], options=options)
            assert claims["iss"] == APP_KEY
            assert claims["qsh"] == hash_url(environ["REQUEST_METHOD"], target)
        path = target.partition("?")[0]
        body = environ["wsgi.input"].read()
        if path in self.answers:  # the rest is what the framework asks for its own purposes
            self.asked.append((path, json.loads(body) if body else None))
            self.anonymous.append(not token)
        answer = self.answers.get(path, (404, {}))
        if isinstance(answer, Exception):
            raise answer
        status, payload, *headers = answer
        start_response(f"{status} X", [("Content-Type", "application/json"), *(headers[0] if headers else {}).items()])
        return [payload if isinstance(payload, bytes) else json.dumps(payload).encode()]


CHECK = "/rest/api/3/permissions/check"
PAGE_CHECK = "/rest/api/content/65536/permission/check"


def granted(*project: str, global_: tuple[str, ...] = (), issue: tuple[str, ...] = ()) -> Any:
    blocks = [{"permission": name, "projects": [10001], "issues": []} for name in project]
    blocks += [{"permission": name, "projects": [], "issues": [10010]} for name in issue]
    return 200, {"globalPermissions": list(global_), "projectPermissions": blocks}


@pytest.fixture
def app(make_app, connect: AtlassianConnect) -> Flask:
    app = make_app(connect, ATLASSIAN_CONNECT_PERMISSION_CACHE_SECONDS=0)
    calls: list[str] = []
    app.extensions["calls"] = calls

    def view(**arguments: str) -> str:
        calls.append("view")
        return f"done for {current_account_id or 'nobody'}"

    async def slow(**arguments: str) -> str:
        await asyncio.sleep(0)
        calls.append("view")
        return "done"

    guards = {
        "both": connect.authorize_jira(global_=["ADMINISTER"], project=["EDIT_ISSUES"]),
        "project": connect.authorize_jira(project=["BROWSE_PROJECTS", "ADMINISTER_PROJECTS"]),
        "issue": connect.authorize_jira(project="BROWSE_PROJECTS", issue=["EDIT_ISSUES", "DELETE_ISSUES"]),
        "global": connect.authorize_jira(global_=["ADMINISTER"]),
        "read": connect.authorize_confluence(content="read"),
        "change": connect.authorize_confluence(content=["read", "update"]),
        "admin": connect.authorize_confluence(application="administer"),
        "page-admin": connect.authorize_confluence(content="read", application=["administer", "use"]),
    }
    for name, guard in guards.items():
        for kind, function in (("", view), ("slow-", slow)):
            app.add_url_rule(
                f"/{kind}{name}",
                f"{kind}{name}",
                connect.require(context_token=True, session_token=True)(guard(function)),
                methods=["GET", "POST"],
            )
    app.add_url_rule("/page", "page", connect.require(guards["project"](view)))
    app.add_url_rule("/unverified", "unverified", guards["global"](view))
    return app


@pytest.fixture
def jira(app) -> Host:
    host = Host(app, client_key="jira-tenant")
    host.base_url = "https://jira-tenant.atlassian.net"
    host.install(body={"productType": "jira"})
    return host


@pytest.fixture
def confluence(app) -> Host:
    host = Host(app, client_key="wiki-tenant")
    host.install()
    return host


def ask(host: Host, path: str, context: Any = None, **change: Any) -> Any:
    context = context if context is not None else JIRA_CONTEXT if "jira" in host.client_key else PAGE_CONTEXT
    return host.get(path, host.token("GET", path, qsh="context-qsh", context=context, **change))


# --- Jira -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "slow-"])
def test_who_may_sees_the_view(jira, kind):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("EDIT_ISSUES", global_=("ADMINISTER",))

    response = ask(jira, f"/{kind}both")

    assert (response.status_code, response.text[:4]) == (200, "done")
    assert rest.asked == [
        (
            CHECK,
            {
                "accountId": "user-1",
                "globalPermissions": ["ADMINISTER"],
                "projectPermissions": [{"permissions": ["EDIT_ISSUES"], "projects": [10001], "issues": []}],
            },
        )
    ]


@pytest.mark.parametrize("kind", ["", "slow-"])
def test_who_may_not_does_not_reach_the_view(app, jira, kind):
    Rest(jira).answers[CHECK] = granted("EDIT_ISSUES")

    response = ask(jira, f"/{kind}both")

    assert response.status_code == 403
    assert response.json == {"message": "You are not allowed to do this."}
    assert app.extensions["calls"] == []


def test_a_list_of_project_permissions_is_enforced_to_its_end_unlike_in_express_11_5_3(jira):
    """Atlassian's Express framework 11.5.3 lets in who has the first project permission of a list."""
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS")

    assert ask(jira, "/project").status_code == 403
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")
    assert ask(jira, "/project").status_code == 200


def test_permissions_on_project_and_issue_are_asked_for_together(jira):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", issue=("EDIT_ISSUES",))

    assert ask(jira, "/issue").status_code == 403
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", issue=("EDIT_ISSUES", "DELETE_ISSUES"))
    assert ask(jira, "/issue").status_code == 200
    assert len(rest.asked) == 2
    assert rest.asked[0][1]["projectPermissions"] == [
        {"permissions": ["BROWSE_PROJECTS"], "projects": [10001], "issues": []},
        {"permissions": ["EDIT_ISSUES", "DELETE_ISSUES"], "projects": [], "issues": [10010]},
    ]


def test_anonymous_visitors_are_checked_without_credentials(jira):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")

    response = ask(jira, "/project", sub=None)

    assert response.text == "done for nobody"
    assert rest.anonymous == [True]
    assert "accountId" not in rest.asked[0][1]


# --- only what the token says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"jira": {}},
        {"jira": {"project": {"key": "DEMO"}}},
        {"jira": {"project": {"id": ""}}},
        {"jira": {"project": {"id": None}}},
        {"jira": {"project": {"id": True}}},
        {"jira": {"project": {"id": ["10001"]}}},
        {"jira": {"project": {"id": "DEMO"}}},
        {"jira": {"project": {"id": "10001,10002"}}},
        {"jira": {"project": {"id": "-10001"}}},
        {"jira": {"project": {"id": "١"}}},
        {"jira": {"project": {"id": 1.5}}},
        {"jira": {"project": "10001"}},
        {"jira": ["project"]},
        {"jira": {"issue": {"id": "10010"}}},
        {"project": {"id": "10001"}},
    ],
)
def test_without_an_id_in_the_token_nobody_gets_in(jira, context):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")

    assert ask(jira, "/project", context).status_code == 403
    assert rest.asked == []


@pytest.mark.parametrize("query", ["projectId=10001", "project.id=10001", "context.jira.project.id=10001", "id=10001"])
def test_parameters_do_not_stand_in_for_the_context(jira, query):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")

    signed = jira.get(f"/page?{query}")
    sent = ask(jira, f"/project?{query}", {})

    assert (signed.status_code, sent.status_code) == (403, 403)
    assert rest.asked == []


@pytest.mark.parametrize("content", ["", "..", "65536/../1", "1?x", "a b", None, ["65536"], "1" * 65])
def test_content_ids_that_could_change_the_path_are_refused(confluence, content):
    rest = Rest(confluence)

    assert ask(confluence, "/read", {"confluence": {"content": {"id": content}}}).status_code == 403
    assert rest.asked == []


def test_a_body_does_not_stand_in_either(jira):
    Rest(jira).answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")
    token = jira.token("POST", "/project", qsh="context-qsh", context={})

    assert jira.post("/project", token, JIRA_CONTEXT).status_code == 403


# --- Confluence -------------------------------------------------------------------------------------------------------


def test_content(confluence):
    rest = Rest(confluence)
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": True, "errors": []})

    assert ask(confluence, "/read").status_code == 200
    assert rest.asked == [
        (PAGE_CHECK, {"subject": {"type": "user", "identifier": "user-1"}, "operation": "read"}),
    ]
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": False, "errors": []})
    assert ask(confluence, "/read").status_code == 403


def test_every_operation_is_asked_for(confluence):
    rest = Rest(confluence)
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": True, "errors": []})

    assert ask(confluence, "/change").status_code == 200
    assert [body["operation"] for _, body in rest.asked] == ["read", "update"]


def test_anonymous_readers(confluence):
    rest = Rest(confluence)
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": True, "errors": []})

    assert ask(confluence, "/read", sub=None).status_code == 200
    assert rest.asked[0][1]["subject"]["identifier"] == "anonymous"
    assert ask(confluence, "/admin", sub=None).status_code == 403


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"operation": "administer", "targetType": "application"}], 200),
        ([{"operation": "administer", "targetType": "space"}], 403),
        ([], 403),
    ],
)
def test_the_application(confluence, operations, status):
    Rest(confluence).answers["/rest/api/user"] = (200, {"operations": operations})

    assert ask(confluence, "/admin", {}).status_code == status


def test_content_and_application_must_both_hold(confluence):
    rest = Rest(confluence)
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": True})
    rest.answers["/rest/api/user"] = (200, {"operations": [{"operation": "use", "targetType": "application"}]})

    assert ask(confluence, "/page-admin").status_code == 403
    more = [{"operation": name, "targetType": "application"} for name in ("use", "administer")]
    rest.answers["/rest/api/user"] = (200, {"operations": more})
    assert ask(confluence, "/page-admin").status_code == 200


# --- when the host does not say yes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((500, {}), 503),
        ((401, {}), 503),
        ((200, b"<html>"), 503),
        ((200, []), 503),
        ((429, {}, {"Retry-After": "3600"}), 503),
        ((400, {"errors": {"ADMINISTER": "Unrecognized permission"}}), 403),
        ((403, {}), 403),
        ((404, {}), 403),
        ((200, {}), 403),
    ],
    ids=str,
)
def test_failures_keep_the_view_closed(app, jira, answer, status):
    Rest(jira).answers[CHECK] = answer

    response = ask(jira, "/global", {})

    assert response.status_code == status
    assert app.extensions["calls"] == []
    assert "ADMINISTER" not in response.text
    assert ("Retry-After" in response.headers) is (status == 503)


@pytest.mark.parametrize("answer", [HostUnreachableError("gone"), HostTimeoutError("late"), (503, {})], ids=repr)
def test_a_host_that_does_not_answer_keeps_the_view_closed(app, jira, answer, monkeypatch):
    time = Time()
    policy = RetryPolicy(sleep=time.sleep, timer=time)
    monkeypatch.setattr(ConnectState, "client", lambda state, tenant: _client(state, tenant, policy))
    rest = Rest(jira)
    rest.answers[CHECK] = answer

    assert ask(jira, "/global", {}).status_code == 503
    assert app.extensions["calls"] == []
    assert len(rest.asked) > 1
    assert time.now <= 3, "a page does not wait for long"


def _client(state: ConnectState, tenant: Tenant, policy: RetryPolicy) -> HostClient:
    return HostClient(tenant, transport=state.transport, retry_policy=policy)


def test_missing_and_forbidden_read_the_same(confluence):
    rest = Rest(confluence)
    rest.answers[PAGE_CHECK] = (200, {"hasPermission": False, "errors": []})
    forbidden = ask(confluence, "/read")
    missing = ask(confluence, "/read", {"confluence": {"content": {"id": "404404"}}})
    nameless = ask(confluence, "/read", {})

    answers = {(answer.status_code, answer.text) for answer in (forbidden, missing, nameless)}

    assert len(answers) == 1


def test_logs_name_the_permission_and_not_the_user(jira, caplog):
    Rest(jira).answers[CHECK] = granted("BROWSE_PROJECTS")

    with caplog.at_level(logging.WARNING, "atlassian_connect.web"):
        ask(jira, "/project", sub="557058:the-account")

    assert "ADMINISTER_PROJECTS not granted on 10001" in caplog.text
    assert "the-account" not in caplog.text


def test_a_tenant_of_the_other_product_is_refused(jira, confluence):
    wiki, tracker = Rest(confluence), Rest(jira)
    for rest in (wiki, tracker):
        rest.answers[CHECK] = granted(global_=("ADMINISTER",))
        rest.answers[PAGE_CHECK] = (200, {"hasPermission": True})

    assert ask(confluence, "/global", JIRA_CONTEXT).status_code == 403
    assert ask(jira, "/read", PAGE_CONTEXT).status_code == 403
    assert (wiki.asked, tracker.asked) == ([], [])


# --- verified first ---------------------------------------------------------------------------------------------------


def test_a_forged_token_is_401_and_asks_nothing(jira):
    rest = Rest(jira)
    rest.answers[CHECK] = granted(global_=("ADMINISTER",))

    response = jira.get("/global", jira.token("GET", "/global", secret="x" * 40, qsh="context-qsh"))

    assert response.status_code == 401
    assert rest.asked == []


def test_a_view_that_nothing_verifies_says_what_is_missing(app, jira):
    Rest(jira).answers[CHECK] = granted(global_=("ADMINISTER",))

    with pytest.raises(ConfigurationError, match=r"authorize_jira on .*view.*put @connect.require"):
        ask(jira, "/unverified")
    assert app.extensions["calls"] == []


def test_a_guard_above_require_is_an_error_at_once(connect):
    with pytest.raises(ConfigurationError, match="put it below"):

        @connect.authorize_jira(global_=["ADMINISTER"])
        @connect.require(context_token=True)
        def view() -> str:
            return ""


def test_a_guard_above_a_declaration_is_an_error_at_once(connect):
    with pytest.raises(ConfigurationError, match=r"declared already, without @connect\.authorize_confluence"):

        @connect.authorize_confluence(content="read")
        @connect.module("webPanels", "panel", location="l", name="Panel")
        def panel() -> str:
            return ""

    with pytest.raises(ConfigurationError, match="declared already"):

        @connect.authorize_jira(global_=["ADMINISTER"])
        @connect.webhook("page_created")
        def hook(event: Any) -> None: ...


def test_a_cacheable_page_has_no_user_to_check(make_app, connect):
    @connect.module("generalPages", "shell", name="Shell", cacheable=True)
    @connect.authorize_jira(global_=["ADMINISTER"])
    def shell() -> str:
        return ""

    with pytest.raises(ConfigurationError, match=r"authorize_jira is on the view of a cacheable module"):
        make_app(connect)


def test_a_module_is_guarded_below_its_declaration(make_app):
    connect = AtlassianConnect()

    @connect.general_page("admin", name="Admin")
    @connect.authorize_jira(global_=["ADMINISTER"])
    def admin() -> str:
        return "admin page"

    host = Host(make_app(connect), client_key="jira-tenant")
    host.base_url = "https://jira-tenant.atlassian.net"
    host.install(body={"productType": "jira"})
    rest = Rest(host)
    rest.answers[CHECK] = granted()

    assert host.get("/connect/admin").status_code == 403
    assert host.http.get("/connect/admin").status_code == 401
    rest.answers[CHECK] = granted(global_=("ADMINISTER",))
    url = "/connect/admin?again"
    assert host.get(url, host.token("GET", url, sub="another")).text == "admin page"


def test_guards_can_be_stacked(make_app, connect):
    @connect.require(context_token=True)
    @connect.authorize_jira(global_=["BULK_CHANGE"])
    @connect.authorize_jira(project=["EDIT_ISSUES"])
    def view() -> str:
        return "done"

    app = make_app(connect)
    app.add_url_rule("/stacked", "stacked", view)
    host = Host(app, client_key="jira-tenant")
    host.base_url = "https://jira-tenant.atlassian.net"
    host.install(body={"productType": "jira"})
    rest = Rest(host)
    rest.answers[CHECK] = granted(global_=("BULK_CHANGE",))

    assert ask(host, "/stacked").status_code == 403
    assert len(rest.asked) == 2


@pytest.mark.parametrize(
    "named", [{}, {"global_": []}, {"global_": [""]}, {"project": ["a b"]}, {"issue": [None]}, {"project": ["ä"]}]
)
def test_a_guard_names_permissions(connect, named):
    with pytest.raises(ValueError, match=r"permission"):
        connect.authorize_jira(**named)


@pytest.mark.parametrize("named", [{}, {"content": ""}, {"application": []}, {"content": ["read", 7]}])
def test_a_guard_names_operations(connect, named):
    with pytest.raises(ValueError, match=r"operation"):
        connect.authorize_confluence(**named)


def test_the_function_keeps_its_name(connect):
    @connect.authorize_jira(global_=["ADMINISTER"])
    def view(number: int) -> str:
        """What it does."""

    assert (view.__name__, view.__doc__) == ("view", "What it does.")


# --- moments ----------------------------------------------------------------------------------------------------------


def test_answers_are_kept_for_moments_by_tenant_user_and_object(make_app, connect):
    app = make_app(connect)
    view = connect.require(context_token=True)(connect.authorize_jira(project=["EDIT_ISSUES"])(lambda: "done"))
    app.add_url_rule("/kept", "kept", view)
    hosts = []
    for name in ("jira-one", "jira-two"):
        host = Host(app, client_key=name)
        host.base_url = f"https://{name}.atlassian.net"
        host.install(body={"productType": "jira"})
        hosts.append(host)
    rests = [Rest(host) for host in hosts]
    for rest in rests:
        rest.answers[CHECK] = granted("EDIT_ISSUES")

    assert [ask(hosts[0], "/kept").status_code for _ in range(3)] == [200] * 3
    assert len(rests[0].asked) == 1
    ask(hosts[0], "/kept", sub="another")
    ask(hosts[0], "/kept", sub=None)
    assert len(rests[0].asked) == 3
    assert ask(hosts[0], "/kept", {"jira": {"project": {"id": "10002"}}}).status_code == 403
    assert len(rests[0].asked) == 4
    ask(hosts[1], "/kept")
    assert len(rests[1].asked) == 1


def test_an_answer_to_one_guard_is_none_to_another(make_app, connect):
    app = make_app(connect)
    for name in ("BROWSE_PROJECTS", "EDIT_ISSUES"):
        view = connect.require(context_token=True)(connect.authorize_jira(project=[name])(lambda: "done"))
        app.add_url_rule(f"/{name}", name, view)
    host = Host(app, client_key="jira-tenant")
    host.base_url = "https://jira-tenant.atlassian.net"
    host.install(body={"productType": "jira"})
    Rest(host).answers[CHECK] = granted("BROWSE_PROJECTS")

    assert ask(host, "/BROWSE_PROJECTS").status_code == 200
    assert ask(host, "/EDIT_ISSUES").status_code == 403


def test_a_session_token_carries_the_place_of_its_page(app, jira):
    rest = Rest(jira)
    rest.answers[CHECK] = granted("BROWSE_PROJECTS", "ADMINISTER_PROJECTS")
    state = app.extensions["atlassian_connect"]
    tenant = state.store.get(jira.client_key)

    def session(context: Any) -> str:
        return state.authenticator.session_token(Principal(tenant, "user-1", context, TokenKind.CONTEXT))

    assert jira.get("/project", session(JIRA_CONTEXT)).status_code == 200
    assert jira.get("/project", session({})).status_code == 403


# --- the licence ------------------------------------------------------------------------------------------------------


@pytest.fixture
def paid(make_app) -> Host:
    connect = AtlassianConnect()

    @connect.general_page("page", name="Page")
    def page() -> dict[str, Any]:
        return {"active": current_licence.active, "source": current_licence.source}

    descriptor = {"key": APP_KEY, "name": "Paid", "scopes": ["READ"], "enableLicensing": True}
    app = make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR=descriptor)
    app.add_url_rule("/api", "api", connect.require(context_token=True)(page))
    host = Host(app)
    host.install()
    return host


ADDON = f"/rest/atlassian-connect/1/addons/{APP_KEY}"


@pytest.mark.parametrize(
    ("query", "active"),
    [("lic=active", True), ("lic=none", False), ("lic=ACTIVE", False), ("lic=", False), ("lic=none&lic=active", False)],
)
def test_the_signed_url_of_a_page_tells_the_licence(paid, query, active):
    rest = Rest(paid)

    assert paid.get(f"/connect/page?{query}").json == {"active": active, "source": "page"}
    assert rest.asked == []


def test_without_it_the_host_is_asked_and_no_licence_is_not_active(paid):
    rest = Rest(paid)
    rest.answers[ADDON] = (200, {"key": APP_KEY, "state": "ENABLED"})

    assert paid.get("/connect/page").json == {"active": False, "source": "rest"}
    assert ask(paid, "/api").json == {"active": False, "source": "rest"}
    assert len(rest.asked) == 1


def test_a_parameter_that_the_token_does_not_cover_says_nothing(paid):
    Rest(paid).answers[ADDON] = (200, {"key": APP_KEY})
    token = paid.token("GET", "/api", qsh="context-qsh")

    assert paid.get("/api?lic=active", token).json == {"active": False, "source": "rest"}


def test_a_free_app_is_active_everywhere(make_app):
    connect = AtlassianConnect()

    @connect.general_page("page", name="Page")
    def page() -> dict[str, Any]:
        return {"active": current_licence.active, "source": current_licence.source}

    host = Host(make_app(connect))
    host.install()
    rest = Rest(host)

    assert host.get("/connect/page?lic=none").json == {"active": True, "source": "free"}
    assert rest.asked == []


def test_the_licence_needs_a_verified_request(app):
    with app.test_request_context("/"), pytest.raises(NotAuthenticatedError, match="current_licence"):
        assert current_licence.active
