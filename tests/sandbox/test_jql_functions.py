"""JQL functions of apps: when Jira asks, what it asks, what it makes of the answer, and what it remembers."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from atlassian_connect.sandbox import Sandbox, jql_functions
from atlassian_connect.sandbox.jql_functions import FunctionCall, functions_of, kept_for
from atlassian_connect.sandbox.store.schema import PRECOMPUTATIONS, PrecomputationRow

from .connect_app import APP_KEY, ConnectApp

ROOT = "/rest/api/3/jql/function/computation"
FUNCTION = {
    "key": "risk",
    "name": "riskIssues",
    "url": "/jql/risk",
    "arguments": [{"name": "level", "required": True}, {"name": "team", "required": False}],
    "types": ["issue"],
    "operators": ["in", "not_in"],
}


@pytest.fixture
def asked(sandbox: Sandbox, app: ConnectApp, transport, descriptor_url: str) -> list[dict[str, Any]]:
    """The app has the function; what Jira sends to it. It answers by what the test puts into ``app.answer``."""
    app.descriptor["modules"]["jiraJqlFunctions"] = [FUNCTION]
    app.answer = {"jql": "key in (OPS-1, OPS-3)"}
    sent: list[dict[str, Any]] = []

    def wsgi(environ, start_response):
        request = Request(environ)
        response = app.respond(request)
        if request.path.endswith("/jql/risk") and response.status_code == 200:
            sent.append(app.received[-1][2])
            raw = app.answer if isinstance(app.answer, bytes) else json.dumps(app.answer).encode()
            response = Response(raw, content_type="application/json")
        return response(environ, start_response)

    transport.mount("http://app.localhost:5000", wsgi)
    app.answers["risk"] = 200
    sandbox.jira.install(descriptor_url)
    return sent


def search(host, jql: str) -> Any:
    answer = host("POST", "/rest/api/3/search/jql", {"jql": jql, "fields": ["summary"]})
    if answer.status_code == 200:
        return sorted(issue["key"] for issue in answer.json["issues"])
    assert answer.status_code == 400
    return answer.json["errorMessages"][0]


def search_page(sandbox: Sandbox) -> Any:
    query = {"jql": "issue in riskIssues(a)"}
    return sandbox.wsgi_app.test_client().get("/issues", query_string=query, base_url=sandbox.origin)


def kept(host, query: str = "") -> list[dict[str, Any]]:
    return host("GET", ROOT + query).json["values"]


def test_the_clause_becomes_what_the_app_says(host, app, asked):
    assert search(host, 'issue in riskIssues("high", ops)') == ["OPS-1", "OPS-3"]
    (sent,) = asked
    assert sent["clause"] == {
        "field": "key",
        "type": ["issue"],
        "operator": "in",
        "functionName": "riskIssues",
        "arguments": ["high", "ops"],
    }
    assert sent["precomputationId"] == kept(host)[0]["id"]
    assert app.refused == []


def test_it_is_a_clause_among_others(host, asked):
    assert search(host, "project = OPS and issue in RISKISSUES(high) and not key = OPS-3") == ["OPS-1"]


def test_jira_asks_once_for_the_same_clause(host, asked):
    for _ in range(2):
        search(host, "issue in riskIssues(high)")
    assert len(asked) == 1
    search(host, "issue not in riskIssues(high)")
    search(host, "issue in riskIssues(low)")
    assert [one["clause"]["operator"] for one in asked] == ["in", "not in", "in"]


def test_what_nobody_used_for_a_week_is_asked_again(sandbox, app, asked, clock):
    app.leeway = 10**7
    for days, times in ((0, 1), (6, 1), (12, 1), (19.1, 2)):
        clock.ahead = days * 86_400
        assert functions_of(sandbox.jira)(FunctionCall("riskIssues", "key", "in", ("high",))) == app.answer["jql"]
        assert len(asked) == times
    (installation,) = sandbox.jira.installations
    assert len(kept_for(sandbox.store.database, installation.client_key, now=clock())) == 1


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("issue in riskIssues()", "takes 1 to 2 arguments, not 0"), ("issue in riskIssues(a, b, c)", "not 3"),
        ("issue = riskIssues(a)", "has not the operator '='"), ("issue in noSuch(a)", "noSuch"),
        ("nothing in riskIssues(a)", "nothing in riskIssues"), ("issue in riskIssues(a", "ends too early"),
    ],
)  # fmt: skip
def test_wrong_uses_are_refused_before_the_app_is_asked(host, asked, jql, message):
    assert message in search(host, jql)
    assert asked == []


@pytest.mark.parametrize("change", [{"operators": 5}, {"arguments": True}, {"operators": ["in", 5], "arguments": [5]}])
def test_a_module_that_is_none_is_no_crash(host, app, asked, sandbox: Sandbox, descriptor_url: str, change):
    app.descriptor["modules"]["jiraJqlFunctions"] = [{**FUNCTION, **change}]
    sandbox.jira.install(descriptor_url)
    assert "riskIssues" in search(host, "issue in riskIssues(a)")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"error": "No such level"}, "No such level"), ({}, "neither jql nor error"), (b"<html>", "neither jql"),
        ([], "neither"), ({"jql": 3}, "neither"), ({"jql": "issue in riskIssues(a)"}, "cannot be used"),
        ({"jql": "("}, "cannot be used"), ({"jql": ""}, "neither"), ({"jql": "x" * 5000}, "neither"),
        ({"jql": "ORDER BY key"}, "cannot be used"),
    ],
)  # fmt: skip
def test_answers_that_are_of_no_use(host, app, asked, answer, message):
    app.answer = answer
    assert message in search(host, "issue in riskIssues(high)")


def test_an_app_that_fails_is_named_and_asked_again(host, app, asked):
    app.answers["risk"] = 500
    assert "riskIssues answered 500" in search(host, "issue in riskIssues(high)")
    app.answers["risk"] = 200
    assert search(host, "issue in riskIssues(high)") == ["OPS-1", "OPS-3"]


def test_an_error_is_kept_when_the_app_says_so(host, app, asked):
    app.answer = {"error": "Later"}
    for _ in range(2):
        search(host, "issue in riskIssues(a)")
    assert (len(asked), kept(host)) == (2, [])
    app.answer["storeErrorAsPrecomputation"] = True
    for _ in range(2):
        assert search(host, "issue in riskIssues(a)") == "Later"
    assert (len(asked), kept(host)[0]["error"]) == (3, "Later")


def test_a_disabled_app_has_no_functions(sandbox, host, asked):
    sandbox.jira.installations[0].disable()
    page = sandbox.wsgi_app.test_client().get(
        "/issues", query_string={"jql": "issue in riskIssues(a)"}, base_url=sandbox.origin
    )
    assert "does not have the clause" in page.text
    assert asked == []


def test_people_search_with_it_too(sandbox, asked):
    page = sandbox.wsgi_app.test_client().get(
        "/issues", query_string={"jql": "issue in riskIssues(a)"}, base_url=sandbox.origin
    )
    assert "OPS-3" in page.text
    assert len(asked) == 1


def test_saved_filters_may_have_it(app, host, asked, sandbox: Sandbox, descriptor_url: str):
    app.descriptor["scopes"] = ["READ", "WRITE"]
    sandbox.jira.install(descriptor_url)
    saved = host("POST", "/rest/api/3/filter", {"name": "Risky", "jql": "issue in riskIssues(a)"})
    assert saved.status_code == 200
    assert search(host, "filter = Risky") == ["OPS-1", "OPS-3"]


def test_webhook_filters_do_not_ask_apps(sandbox, host, asked):
    registered = host(
        "POST",
        "/rest/api/3/webhook",
        {
            "url": f"{sandbox.jira.installations[0].app_base_url}/w",
            "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": "issuekey in riskIssues(a)"}],
        },
    ).json
    assert "errors" in registered["webhookRegistrationResult"][0]
    assert asked == []


def test_an_app_reads_and_changes_what_is_remembered(host, asked, clock, app):
    app.leeway = 1000
    search(host, "issue in riskIssues(high)")
    clock.ahead = 60
    search(host, "issue in riskIssues(low)")
    first, second = kept(host)
    assert (first["functionKey"], first["functionName"], first["arguments"]) == (
        *(f"{APP_KEY}__risk", "riskIssues", ["high"]),
    )
    assert [one["arguments"] for one in kept(host, "?orderBy=-used")] == [["low"], ["high"]]
    assert kept(host, f"?functionKey={APP_KEY}__other") == []
    assert len(kept(host, f"?functionKey={APP_KEY}__risk&maxResults=1")) == 1

    assert host("POST", ROOT, {"values": [{"id": first["id"], "value": "key = OPS-2"}]}).status_code == 204
    assert search(host, "issue in riskIssues(high)") == ["OPS-2"]
    assert host("POST", ROOT, {"values": [{"id": second["id"], "error": "Gone"}]}).status_code == 204
    assert search(host, "issue in riskIssues(low)") == "Gone"
    assert len(asked) == 2
    found = host("POST", f"{ROOT}/search", {"precomputationIDs": [second["id"], "x"]}).json
    assert ([one["error"] for one in found["precomputations"]], found["notFoundPrecomputationIDs"]) == (["Gone"], ["x"])


def test_unknown_ones_are_refused_or_skipped(host, asked):
    search(host, "issue in riskIssues(high)")
    (one,) = kept(host)
    updates = {"values": [{"id": one["id"], "value": "key = OPS-2"}, {"id": "x", "value": "key = OPS-2"}]}
    assert host("POST", ROOT, updates).status_code == 404
    assert kept(host)[0]["value"] == one["value"]
    skipped = host("POST", f"{ROOT}?skipNotFoundPrecomputations=true", updates)
    assert (skipped.status_code, skipped.json) == (200, {"notFoundPrecomputationIDs": ["x"]})
    assert kept(host)[0]["value"] == "key = OPS-2"


@pytest.mark.parametrize(
    "body",
    [{}, {"values": 3}, {"values": [3]}, {"values": [{"id": "x"}]}, {"values": [{"id": 3, "value": "y"}]},
     {"values": [{"id": "x", "value": "y", "error": "z"}]}, {"values": [{"id": "x", "value": ""}]}],
)  # fmt: skip
def test_updates_that_are_none_are_refused(host, asked, body):
    assert host("POST", ROOT, body).status_code == 400
    assert host("POST", f"{ROOT}/search", body).status_code == 400
    assert host("GET", f"{ROOT}?orderBy=name").status_code == 400


def test_another_installation_has_nothing_of_it(sandbox, host, asked, descriptor_url):
    search(host, "issue in riskIssues(high)")
    (row,) = kept(host)
    sandbox.jira.install(descriptor_url, client_key="new")
    assert kept(host) == []
    assert host("POST", f"{ROOT}/search", {"precomputationIDs": [row["id"]]}).json["precomputations"] == []
    assert host("POST", ROOT, {"values": [{"id": row["id"], "value": "key = OPS-1"}]}).status_code == 404


def test_what_the_app_changes_while_a_query_uses_it_is_not_lost(
    host, sandbox: Sandbox, asked, monkeypatch: pytest.MonkeyPatch
):
    search(host, "issue in riskIssues(a)")
    database = sandbox.store.database

    def late(*given: Any, **more: Any) -> list[PrecomputationRow]:
        (row,) = kept_for(*given, **more)
        changing.append(Thread(target=database.save, args=(PRECOMPUTATIONS, replace(row, value="key = OPS-2"))))
        changing[0].start()
        changing[0].join(0.5)  # it cannot end before the row is written
        return [row]

    changing: list[Thread] = []
    monkeypatch.setattr(jql_functions, "kept_for", late)
    search(host, "issue in riskIssues(a)")
    changing[0].join()
    monkeypatch.undo()
    assert search(host, "issue in riskIssues(a)") == ["OPS-2"]
