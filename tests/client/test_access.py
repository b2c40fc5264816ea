"""App access rules in the client: refusals explained, deprecated endpoints and missing scopes named, calls counted."""

from __future__ import annotations

import json
import os
import threading
import warnings

import pytest

from atlassian_connect.client import HostClient
from atlassian_connect.client.access import (
    AccessObserver,
    AccessWatch,
    DeprecatedEndpointWarning,
    MissingScopeWarning,
)
from atlassian_connect.client.call_counts import MAX_OPERATIONS, OTHERS, CallCount, CallCounts, called_operations
from atlassian_connect.client.data_policy import DataPolicy, DataPolicyCache
from atlassian_connect.errors import (
    AppAccessBlockedError,
    HostForbiddenError,
    HostNotFoundError,
    ScopeMissingError,
)
from atlassian_connect.protocol.access import rule, rules

from .hosts import CLOUD, make_tenant

EVERYTHING = ["ADMIN", "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"]


class Site:
    """A tenant's host behind a watched client."""

    def __init__(self, cloud, transport, product, *, scopes=EVERYTHING, strict=False):
        self.host = cloud
        self.base = "/wiki" if product == "confluence" else ""
        tenant = make_tenant(CLOUD + self.base)
        self.watch = AccessWatch(scopes, strict=strict)
        self.policy = DataPolicy(lambda: HostClient(tenant, transport=transport), tenant, cache=DataPolicyCache(0))
        observer = AccessObserver(product, self.watch, self.policy)
        self.client = HostClient(tenant, transport=transport, observer=observer, data_policy=self.policy)

    def refuses(self, path, status=404):
        self.host.on(self.base + path, status, b'{"message": "no"}')

    def policy_says(self, *, site, spaces=None, projects=None):
        def json_of(value):
            return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()

        self.host.answers["/wiki/api/v2/data-policies/metadata"] = json_of({"anyContentBlocked": site})
        self.host.answers["/rest/api/3/data-policy"] = json_of({"anyContentBlocked": site})
        rows = [
            {"id": id_, "key": key, "dataPolicy": {"anyContentBlocked": blocked}}
            for (id_, key), blocked in (spaces or {}).items()
        ]
        self.host.answers["/wiki/api/v2/data-policies/spaces"] = json_of({"results": rows})
        rows = [{"id": id_, "dataPolicy": {"anyContentBlocked": blocked}} for id_, blocked in (projects or {}).items()]
        self.host.answers["/rest/api/3/data-policy/project"] = json_of({"projectDataPolicies": rows})

    def counts(self):
        return {operation: count for (_, operation), count in self.watch.counts.totals().items()}


@pytest.fixture
def confluence(cloud, transport):
    return Site(cloud, transport, "confluence")


@pytest.fixture
def jira(cloud, transport):
    return Site(cloud, transport, "jira")


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "before"), [(403, HostForbiddenError), (404, HostNotFoundError)])
def test_a_refusal_that_the_policy_explains(confluence, status, before):
    confluence.refuses("/rest/api/space/SECRET/content", status)
    confluence.policy_says(site=True, spaces={("7", "SECRET"): True})

    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(AppAccessBlockedError, match="blocks apps from space SECRET") as raised,
    ):
        confluence.client.get("/rest/api/space/SECRET/content")

    error = raised.value
    assert isinstance(error, before), "who caught the refusal before goes on catching it"
    assert isinstance(error.__cause__, before)
    assert (error.space, error.project, error.certain, error.status) == ("SECRET", None, True, status)
    assert error.operation == "GET /wiki/rest/api/space/{spaceKey}/content"
    assert (error.message, error.response.status_code) == ("no", status)


@pytest.mark.parametrize(
    ("path", "space"),
    [
        ("/api/v2/spaces/7/pages", "7"),
        ("/wiki/api/v2/pages?space-id=7", "7"),
        ("/rest/api/space/secret/state/content?expand=x", "secret"),
    ],
)
def test_the_space_that_a_call_names(confluence, path, space):
    confluence.refuses(path.partition("?")[0].removeprefix("/wiki"), 403)
    confluence.policy_says(site=True, spaces={("7", "SECRET"): True})

    with pytest.raises(AppAccessBlockedError) as raised:
        confluence.client.get(path)

    assert (raised.value.space, raised.value.certain) == (space, True)


def test_an_object_whose_space_is_not_known(confluence):
    confluence.refuses("/api/v2/pages/1")
    confluence.policy_says(site=True)

    with pytest.raises(AppAccessBlockedError, match="may be the cause") as raised:
        confluence.client.get("/api/v2/pages/1")

    assert (raised.value.space, raised.value.certain) == (None, False)


@pytest.mark.parametrize(
    ("path", "project", "certain"),
    [
        ("/rest/api/3/project/10001", "10001", True),
        ("/rest/api/3/project/ABC", "ABC", False),
        ("/rest/api/3/issue/abc-12/comment", "ABC", False),
        ("/rest/api/3/issue/10200", None, False),
    ],
)
def test_the_project_that_a_call_names(jira, path, project, certain):
    jira.refuses(path)
    jira.policy_says(site=True, projects={10001: True})

    with pytest.raises(AppAccessBlockedError) as raised:
        jira.client.get(path)

    assert (raised.value.project, raised.value.certain) == (project, certain)


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/rest/api/space/OPEN/state/content", {"site": True, "spaces": {("8", "OPEN"): False}}),
        ("/rest/api/space/GONE/state/content", {"site": True}),
        ("/rest/api/space/OPEN/state/content", {"site": False}),
        ("/api/v2/pages/1", {"site": False}),
        ("/api/v2/pages/1", {"site": None}),
        ("/api/v2/spaces/7", {"site": True}),  # exempt
        ("/rest/api/no-such-thing", {"site": True}),  # unknown
    ],
)
def test_a_refusal_stays_what_it_was(confluence, path, policy):
    confluence.refuses(path)
    confluence.policy_says(**policy)

    with pytest.raises(HostNotFoundError) as raised:
        confluence.client.get(path)

    assert not isinstance(raised.value, AppAccessBlockedError)


def test_a_project_that_is_not_blocked(jira):
    jira.refuses("/rest/api/3/project/10001")
    jira.policy_says(site=True, projects={10001: False})

    with pytest.raises(HostNotFoundError) as raised:
        jira.client.get("/rest/api/3/project/10001")

    assert not isinstance(raised.value, AppAccessBlockedError)


@pytest.mark.parametrize("status", [401, 403, 500, 429])
def test_a_policy_that_cannot_be_read_explains_nothing(confluence, status):
    confluence.refuses("/api/v2/pages/1")
    confluence.host.on("/wiki/api/v2/data-policies/metadata", status, Retry_After="3600")

    with pytest.raises(HostNotFoundError) as raised:
        confluence.client.get("/api/v2/pages/1")

    assert not isinstance(raised.value, AppAccessBlockedError)


@pytest.mark.parametrize("status", [400, 401, 409])
def test_other_refusals_ask_no_policy(confluence, status):
    confluence.refuses("/api/v2/pages/1", status)

    with pytest.raises(Exception, match=str(status)):
        confluence.client.get("/api/v2/pages/1")

    assert len(confluence.host.received) == 1


def test_a_visitor_is_not_blocked_as_apps_are(confluence):
    confluence.refuses("/api/v2/pages/1")
    confluence.policy_says(site=True)

    with pytest.raises(HostNotFoundError) as raised:
        confluence.client.get("/api/v2/pages/1", anonymous=True)

    assert not isinstance(raised.value, AppAccessBlockedError)
    assert len(confluence.host.received) == 1


def test_without_check_the_response_is_given_as_it_is(confluence):
    confluence.refuses("/api/v2/pages/1", 403)
    confluence.policy_says(site=True)

    assert confluence.client.get("/api/v2/pages/1", check=False).status_code == 403
    assert confluence.counts()["GET /wiki/api/v2/pages/{id}"] == CallCount(calls=1, refused=1)


# --- deprecated endpoints ---------------------------------------------------------------------------------------------


def history(site, id_):
    site.client.get(f"/rest/api/content/{id_}/history")


def test_a_deprecated_endpoint_is_named_once_per_call_site_with_its_successor(confluence):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for number in range(5):
            history(confluence, number)
        confluence.client.get("/rest/api/content/1/history")

    assert [warning.category for warning in caught] == [DeprecatedEndpointWarning] * 2
    text = str(caught[0].message)
    assert "GET /wiki/rest/api/content/{id}/history is deprecated" in text
    assert "GET /wiki/api/v2/pages/{id}/versions or GET /wiki/api/v2/blogposts/{id}/versions" in text
    assert [warning.filename for warning in caught] == [__file__] * 2
    lines = {warning.lineno for warning in caught}
    assert history.__code__.co_firstlineno + 1 in lines
    assert len(lines) == 2


def test_an_endpoint_without_a_successor(jira):
    with pytest.warns(DeprecatedEndpointWarning, match="see its reference"):
        jira.client.delete("/rest/api/3/priority/1")


def test_a_filter_may_make_an_error_of_it_every_time(confluence):
    for _ in range(2):
        with pytest.raises(DeprecatedEndpointWarning):
            history(confluence, 1)
    assert not confluence.host.received


def test_another_app_in_the_process_is_told_too(cloud, transport):
    for _ in range(2):
        with pytest.warns(DeprecatedEndpointWarning):
            history(Site(cloud, transport, "confluence"), 1)


def test_threads_are_told_once(confluence):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history(confluence, 1)
        threads = [threading.Thread(target=history, args=(confluence, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(caught) == 1


# --- scopes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "method", "path", "needs"),
    [
        (["READ"], "GET", "/rest/api/3/issue/X-1", None),
        (["read"], "GET", "/rest/api/3/issue/X-1", None),
        (["READ"], "PUT", "/rest/api/3/issue/X-1", "WRITE"),
        (["WRITE"], "DELETE", "/rest/api/3/issue/X-1", "DELETE"),
        (["ADMIN"], "DELETE", "/rest/api/3/issue/X-1", None),
        ([], "GET", "/rest/api/3/issue/X-1", "READ"),
        (["NONE"], "GET", "/rest/api/3/issue/X-1", "READ"),
        ([], "GET", "/rest/agile/1.0/board", None),
        ([], "GET", "/rest/atlassian-connect/1/app/module/dynamic", None),
        ([], "POST", "/rest/atlassian-connect/1/app/module/dynamic", None),
        ([], "DELETE", "/rest/atlassian-connect/1/app/module/dynamic?moduleKey=a", None),
    ],
)
def test_a_missing_scope_is_named_before_the_call(cloud, transport, scopes, method, path, needs):
    site = Site(cloud, transport, "jira", scopes=scopes)
    if needs is None:
        site.client.request(method, path)
    else:
        with pytest.raises(MissingScopeWarning, match=f"needs the scope {needs}"):
            site.client.request(method, path)
        assert not cloud.received

    strict = Site(cloud, transport, "jira", scopes=scopes, strict=True)
    if needs is None:
        strict.client.request(method, path)
    else:
        with pytest.raises(ScopeMissingError) as raised:
            strict.client.request(method, path)
        assert raised.value.scope == needs
        assert not cloud.received


def test_dynamic_modules_of_confluence_need_no_scope(cloud, transport):
    site = Site(cloud, transport, "confluence", scopes=[], strict=True)

    site.client.get("/rest/atlassian-connect/1/app/module/dynamic")


def test_what_is_closed_to_connect_apps_is_said_so(cloud, transport):
    site = Site(cloud, transport, "jira", strict=True)

    with pytest.raises(ScopeMissingError, match="closed to Connect apps") as raised:
        site.client.post("/rest/api/3/user", json={})

    assert (raised.value.scope, raised.value.operation) == ("INACCESSIBLE", "POST /rest/api/3/user")


def test_the_warning_lets_the_call_through(cloud, transport):
    site = Site(cloud, transport, "jira", scopes=[])

    def read():
        return site.client.get("/rest/api/3/issue/X-1")

    with pytest.warns(MissingScopeWarning):
        read()

    assert read().status_code == 200, "the second time without a warning"
    assert len(cloud.received) == 2


def test_a_visitor_needs_no_scope(cloud, transport):
    site = Site(cloud, transport, "jira", scopes=[], strict=True)

    site.client.get("/rest/api/3/issue/X-1", anonymous=True)
    site.client.anonymous().get("/rest/api/3/issue/X-1")


# --- counts -----------------------------------------------------------------------------------------------------------


def test_calls_are_counted_by_operation(jira):
    for number in range(3):
        jira.client.get(f"/rest/api/3/issue/X-{number}")
    jira.client.get("/rest/agile/1.0/board/7/issue")
    jira.client.get("/download/some-secret-id")
    jira.refuses("/rest/api/3/issue/X-9")
    jira.policy_says(site=True)
    with pytest.raises(AppAccessBlockedError):
        jira.client.get("/rest/api/3/issue/X-9")

    assert jira.counts() == {
        "GET /rest/api/3/issue/{issueIdOrKey}": CallCount(calls=4, refused=1, blocked=1),
        "GET /rest/agile/1.0/…": CallCount(calls=1),
        "GET /download/…": CallCount(calls=1),
    }


def test_the_number_of_operations_is_bounded():
    counts = CallCounts()
    for number in range(MAX_OPERATIONS + 50):
        counts.add(rule("GET", f"/rest/x/y{number}"), f"/rest/x/y{number}", CallCount(calls=1))

    totals = counts.totals()
    assert len(totals) <= MAX_OPERATIONS + 1
    assert totals["jira", OTHERS] == CallCount(calls=50)
    assert sum(count.calls for count in totals.values()) == MAX_OPERATIONS + 50


def test_counts_are_saved_now_and_then_and_at_the_end():
    saved, now = [], [0.0]
    counts = CallCounts(save=saved.append, every=30, clock=lambda: now[0])
    issue = rule("GET", "/rest/api/3/issue/X-1")

    counts.add(issue, "", CallCount(calls=1))
    assert saved == []
    now[0] = 31
    counts.add(issue, "", CallCount(calls=1))
    counts.add(issue, "", CallCount(calls=1))
    counts.flush()
    counts.flush()

    key = ("jira", issue.operation)
    assert saved == [{key: CallCount(calls=2)}, {key: CallCount(calls=1)}]
    assert counts.totals() == {key: CallCount(calls=3)}


def test_what_cannot_be_saved_is_kept_and_logged(caplog):
    saved = []

    def save(counts):
        if not saved:
            saved.append("failed")
            raise OSError("disk full")
        saved.append(counts)

    counts = CallCounts(save=save)
    issue = rule("GET", "/rest/api/3/issue/X-1")
    counts.add(issue, "", CallCount(calls=1))
    counts.flush()
    counts.flush()

    assert saved == ["failed", {("jira", issue.operation): CallCount(calls=1)}]
    assert "disk full" in caplog.text


def test_a_forked_worker_leaves_to_its_parent_what_its_parent_counted(monkeypatch):
    saved = []
    counts = CallCounts(save=saved.append)
    issue = rule("GET", "/rest/api/3/issue/X-1")
    counts.add(issue, "", CallCount(calls=1))

    monkeypatch.setattr(os, "getpid", lambda: -1)
    counts.flush()
    counts.add(issue, "", CallCount(calls=5))
    counts.flush()

    assert saved == [{("jira", issue.operation): CallCount(calls=5)}]


def test_threads_lose_no_call():
    counts = CallCounts()
    issue = rule("GET", "/rest/api/3/issue/X-1")

    def add():
        for _ in range(500):
            counts.add(issue, "", CallCount(calls=1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts.totals() == {("jira", issue.operation): CallCount(calls=4000)}


def test_the_report_says_what_is_known():
    counts = {
        ("jira", "DELETE /rest/api/3/issue/{issueIdOrKey}"): CallCount(calls=2),
        ("confluence", "GET /wiki/rest/api/content/{id}/history"): CallCount(calls=7, refused=1),
        ("jira", OTHERS): CallCount(calls=1),
    }

    history, deletion, others = called_operations(counts, ["READ"])

    assert (history.rule.effect, history.rule.deprecated, history.missing_scope) == ("blocked", True, None)
    assert (deletion.rule.deprecated, deletion.missing_scope) == (False, "DELETE")
    assert (others.rule.effect, others.missing_scope) == ("unknown", None)


def test_every_operation_of_the_catalogue_is_found_again_by_its_name():
    counts = {(known.product, known.operation): CallCount(calls=1) for known in rules()}

    assert all(called.rule.operation == called.operation for called in called_operations(counts, []))
