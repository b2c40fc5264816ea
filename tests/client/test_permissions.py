"""Permission checks: everything that is asked for must hold, for everything it is asked for."""

from __future__ import annotations

import logging

import pytest
from werkzeug.local import LocalProxy

from atlassian_connect.client import PermissionResult
from atlassian_connect.client.permissions import PermissionCache, ProjectCheck
from atlassian_connect.errors import (
    HostBadRequestError,
    HostError,
    HostServerError,
    HostUnauthorizedError,
)

from .scripted import Time, query, said, scripted

CHECK = "/rest/api/3/permissions/check"
PAGE_CHECK = "/rest/api/content/65536/permission/check"
ACCOUNT = "557058:295406f3-a1fc-4733-b906-dd15d021bd79"


@pytest.fixture
def jira(transport):
    return scripted(transport, "jira")


@pytest.fixture
def confluence(transport):
    return scripted(transport, "confluence")


def grants(*project, global_=()):
    return 200, {
        "globalPermissions": list(global_),
        "projectPermissions": [
            {"permission": name, "projects": projects, "issues": issues} for name, projects, issues in project
        ],
    }


# --- Jira -------------------------------------------------------------------------------------------------------------


def test_one_call_asks_for_everything(jira):
    host, client = jira
    host.route("POST", CHECK, grants(("EDIT_ISSUES", [10001], [1, 2]), global_=["ADMINISTER"]))

    result = client.permissions.check_jira(
        ACCOUNT, global_=["ADMINISTER"], project=["EDIT_ISSUES"], projects=[10001], issues=["1", 2]
    )

    assert result
    assert result.allowed
    assert result == PermissionResult()
    [received] = host.received
    assert said(received) == {
        "accountId": ACCOUNT,
        "globalPermissions": ["ADMINISTER"],
        "projectPermissions": [{"permissions": ["EDIT_ISSUES"], "projects": [10001], "issues": [1, 2]}],
    }
    assert received.headers["X-Atlassian-Token"] == "no-check"


def test_every_project_permission_of_a_list_must_hold_unlike_in_express_11_5_3(jira):
    """Atlassian's Express framework 11.5.3 does not reset ``satisfied`` between the permissions of a block.

    There a user who has the first permission of the list is let in, whatever the others are.
    """
    host, client = jira
    host.route("POST", CHECK, grants(("BROWSE_PROJECTS", [10001], [])))

    result = client.permissions.check_jira(
        ACCOUNT, project=["BROWSE_PROJECTS", "ADMINISTER_PROJECTS", "DELETE_ISSUES"], projects=[10001]
    )

    assert not result
    assert result.missing == ("ADMINISTER_PROJECTS", "DELETE_ISSUES")


@pytest.mark.parametrize(
    "granted",
    [
        [],
        [("EDIT_ISSUES", [10001], [1])],
        [("EDIT_ISSUES", [10001, 10002], [])],
        [("EDIT_ISSUES", [10001], [1]), ("EDIT_ISSUES", [10002], [1])],
        [("DELETE_ISSUES", [10001, 10002], [1])],
        [("EDIT_ISSUES", [100010, 100020], [11])],
        [("EDIT_ISSUES", None, None)],
    ],
)
def test_one_grant_must_cover_every_object(jira, granted):
    host, client = jira
    host.route("POST", CHECK, grants(*granted))

    result = client.permissions.check_jira(ACCOUNT, project=["EDIT_ISSUES"], projects=[10001, 10002], issues=[1])

    assert result.missing == ("EDIT_ISSUES",)


def test_ids_are_compared_as_strings_and_more_than_asked_for_does_no_harm(jira):
    host, client = jira
    host.route("POST", CHECK, grants(("EDIT_ISSUES", ["10001", 10002], ["1", 2])))

    assert client.permissions.check_jira(ACCOUNT, project=["EDIT_ISSUES"], projects=["10001"], issues=[1])


def test_an_unknown_id_is_denied(jira):
    host, client = jira
    host.route("POST", CHECK, grants(("EDIT_ISSUES", [10001], [])))  # hosts drop ids that they do not know

    assert not client.permissions.check_jira(ACCOUNT, project=["EDIT_ISSUES"], projects=[10001, 424242])


def test_every_global_permission_must_hold(jira):
    host, client = jira
    host.route("POST", CHECK, grants(global_=["BULK_CHANGE"]))

    result = client.permissions.check_jira(ACCOUNT, global_=["BULK_CHANGE", "ADMINISTER"])

    assert result.missing == ("ADMINISTER",)


def test_anonymous_visitors_are_asked_for_without_credentials(jira):
    host, client = jira
    host.route("POST", CHECK, grants(("BROWSE_PROJECTS", [10001], [])))

    assert client.permissions.check_jira(None, project=["BROWSE_PROJECTS"], projects=[10001])
    assert host.anonymous == [True]
    assert "accountId" not in said(host.last)


@pytest.mark.parametrize("nobody", ["", LocalProxy(lambda: None)], ids=["empty", "proxy"])
def test_nobody_is_anonymous_however_that_is_written(jira, nobody):
    """``current_account_id`` of an anonymous visitor is a proxy of None, which ``is None`` does not see."""
    host, client = jira
    host.route("POST", CHECK, grants(global_=["BULK_CHANGE"]))

    assert client.permissions.check_jira(nobody, global_=["BULK_CHANGE"])
    assert host.anonymous == [True]


def test_a_proxy_of_an_account_is_the_account(jira):
    host, client = jira
    host.route("POST", CHECK, grants(global_=["BULK_CHANGE"]))

    assert client.permissions.check_jira(LocalProxy(lambda: ACCOUNT), global_=["BULK_CHANGE"])
    assert said(host.last)["accountId"] == ACCOUNT


def test_several_checks_go_in_one_call(jira):
    host, client = jira
    host.route("POST", CHECK, grants(("A", [1], []), ("B", [], [2])))

    checks = [ProjectCheck(["A"], projects=[1]), ProjectCheck(["B", "C"], issues=[2])]

    assert client.permissions.check_jira_all(ACCOUNT, checks=checks).missing == ("C",)
    assert len(host.received) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"project": ["EDIT_ISSUES"]},
        {"projects": [10001]},
        {"global_": ["ADMINISTER"], "issues": [1]},
        {"project": ["EDIT_ISSUES"], "projects": ["DEMO"]},
        {"project": ["EDIT_ISSUES"], "issues": ["DEMO-1"]},
        {"project": ["EDIT_ISSUES"], "issues": ["1"], "projects": [True]},
        {"project": ["EDIT_ISSUES"], "projects": ["-1"]},
        {"project": ["EDIT_ISSUES"], "projects": ["١"]},
        {"project": ["EDIT_ISSUES"], "projects": [1.5]},
        {"project": ["EDIT_ISSUES"], "projects": "10001"},
        {"project": ["EDIT_ISSUES"], "projects": range(1, 1002)},
        {"project": "EDIT_ISSUES", "projects": [1]},
        {"global_": "ADMINISTER"},
        {"global_": [""]},
        {"global_": [None]},
    ],
)
def test_questions_that_make_no_sense_are_not_asked(jira, asked):
    host, client = jira

    with pytest.raises(ValueError, match=r"permission|id|Give a list|at once"):
        client.permissions.check_jira(ACCOUNT, **asked)
    assert host.received == []


@pytest.mark.parametrize("answer", [b"", b"[]", b"yes", b"<html>"])
def test_an_answer_that_is_none_is_an_error(jira, answer):
    host, client = jira
    host.route("POST", CHECK, (200, answer))

    with pytest.raises(HostError, match="without a JSON object"):
        client.permissions.check_jira(ACCOUNT, global_=["ADMINISTER"])


@pytest.mark.parametrize(
    "answer", [{}, {"globalPermissions": "ADMINISTER"}, {"globalPermissions": {"ADMINISTER": True}}, {"x": 1}]
)
def test_an_answer_that_grants_nothing_readable_denies(jira, answer):
    host, client = jira
    host.route("POST", CHECK, (200, answer))

    assert not client.permissions.check_jira(ACCOUNT, global_=["ADMINISTER"])


@pytest.mark.parametrize(("status", "error"), [(400, HostBadRequestError), (401, HostUnauthorizedError)])
def test_a_refused_question_is_an_error(jira, status, error):
    host, client = jira
    host.route("POST", CHECK, (status, {"errorMessages": [], "errors": {"NO_SUCH": "Unrecognized permission"}}))

    with pytest.raises(error, match="Unrecognized permission"):
        client.permissions.check_jira(ACCOUNT, global_=["NO_SUCH"])


def test_a_check_is_repeated_when_a_gateway_fails(jira):
    host, client = jira
    answers = iter([(503, {}), grants(global_=["ADMINISTER"])])
    host.route("POST", CHECK, lambda received: next(answers))

    assert client.permissions.check_jira(ACCOUNT, global_=["ADMINISTER"])


# --- Confluence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        ({"hasPermission": True, "errors": []}, True),
        ({"hasPermission": True}, True),
        ({"hasPermission": False, "errors": []}, False),
        ({"hasPermission": True, "errors": [{"translation": "No", "args": []}]}, False),
        ({"hasPermission": "true", "errors": []}, False),
        ({"hasPermission": 1}, False),
        ({}, False),
    ],
)
def test_content_is_allowed_by_true_and_no_errors(confluence, answer, allowed):
    host, client = confluence
    host.route("POST", PAGE_CHECK, (200, answer))

    assert client.permissions.check_confluence("65536", ACCOUNT, "update").allowed is allowed
    assert said(host.last) == {"subject": {"type": "user", "identifier": ACCOUNT}, "operation": "update"}


def test_anonymous_readers_of_content_have_a_name(confluence):
    host, client = confluence
    host.route("POST", PAGE_CHECK, (200, {"hasPermission": True, "errors": []}))

    assert client.permissions.check_confluence(65536, None, "read")
    assert said(host.last)["subject"] == {"type": "user", "identifier": "anonymous"}
    assert host.anonymous == [False]


def test_missing_content_is_denied_like_forbidden_content(confluence, caplog):
    host, client = confluence
    host.route("POST", "/rest/api/content/403/permission/check", (403, {"message": "no"}))

    missing = client.permissions.check_confluence("404", ACCOUNT, "read")
    with caplog.at_level(logging.WARNING, "atlassian_connect.client.permissions"):
        forbidden = client.permissions.check_confluence("403", ACCOUNT, "read")

    assert missing == forbidden == PermissionResult(("read",))
    assert "counts as denied" in caplog.text
    assert ACCOUNT not in caplog.text


@pytest.mark.parametrize("bad", ["", "..", "1/2", "1?x=1", "a b", "1%2F2", "ä", "1\n", True, "1" * 65])
def test_content_ids_go_into_a_path_and_are_checked(confluence, bad):
    host, client = confluence

    with pytest.raises(ValueError, match="no content id"):
        client.permissions.check_confluence(bad, ACCOUNT, "read")
    assert host.received == []


def test_other_failures_of_the_content_check_are_raised(confluence):
    host, client = confluence
    host.route("POST", PAGE_CHECK, (500, {}))

    with pytest.raises(HostServerError):
        client.permissions.check_confluence("65536", ACCOUNT, "read")


def test_operations_on_the_application(confluence):
    host, client = confluence
    operations = [
        {"operation": "administer", "targetType": "space"},
        {"operation": "use", "targetType": "application"},
        "noise",
    ]
    host.route("GET", "/rest/api/user", lambda received: (200, {"accountId": ACCOUNT, "operations": operations}))
    check = client.permissions.check_confluence_application

    assert check(ACCOUNT, "use")
    assert query(host.last) == {"accountId": ACCOUNT, "expand": "operations"}
    assert check(ACCOUNT, "use", "administer").missing == ("administer",)
    operations.append({"operation": "administer", "targetType": "application"})
    assert check(ACCOUNT, "use", "administer")


def test_strangers_may_nothing_on_the_application(confluence):
    host, client = confluence

    assert not client.permissions.check_confluence_application(None, "use")
    assert host.received == []
    assert not client.permissions.check_confluence_application("nobody", "use")
    with pytest.raises(ValueError, match="at least one"):
        client.permissions.check_confluence_application(ACCOUNT)


# --- moments ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_for_moments():
    time, asked = Time(), []
    cache = PermissionCache(3, clock=time)

    def ask():
        asked.append(time.now)
        return PermissionResult()

    for _ in range(3):
        cache.get(("tenant", "user"), ask)
    time.now = 2.9
    cache.get(("tenant", "user"), ask)
    cache.get(("tenant", "another"), ask)
    time.now = 3.1
    cache.get(("tenant", "user"), ask)

    assert asked == [0, 2.9, 3.1]


def test_a_no_is_kept_and_a_failure_is_not():
    cache, answers = PermissionCache(3, clock=Time()), [PermissionResult(("X",)), PermissionResult()]

    def fail():
        raise HostError("down")

    with pytest.raises(HostError):
        cache.get("k", fail)
    assert not cache.get("k", lambda: answers.pop(0))
    assert not cache.get("k", lambda: answers.pop(0))


def test_zero_asks_every_time_and_minutes_are_too_long():
    cache, answers = PermissionCache(0), [PermissionResult(("X",)), PermissionResult()]

    assert not cache.get("k", lambda: answers.pop(0))
    assert cache.get("k", lambda: answers.pop(0))
    with pytest.raises(ValueError, match="ten seconds"):
        PermissionCache(60)
