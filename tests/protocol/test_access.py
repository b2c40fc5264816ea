"""The catalogue of app access rules: every row is found however its path is written, and nothing else is guessed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlassian_connect.protocol import access
from atlassian_connect.protocol.access import match, rule, rules
from atlassian_connect.protocol.scopes import SCOPES

ORIGIN = {"confluence": "https://example.atlassian.net/wiki", "jira": "https://example.atlassian.net"}
ROWS = [
    (product, row)
    for product in ("confluence", "jira")
    for row in csv.DictReader(
        files(access.__package__).joinpath("data", f"{product}_app_access.csv").read_text("utf-8").splitlines()
    )
]
IDS = ["123", "ABC-1", "~557058%3Aabc", "a%2Fb", "%C3%A4%20%2B"]


def filled(template: str, value: str) -> str:
    return re.sub(r"\{[^}]*\}", value, template)


def ways_to_write(product: str, path: str) -> list[tuple[str, str | None]]:
    """One operation's path in every form that is accepted, with what is given as product."""
    below = path.removeprefix("/wiki")
    full = ORIGIN[product] + below
    plain = [path, f"{path}/", f"{path}?expand=a&x=/wiki/rest/api/user", f"{path}#top", full, f"{full}/?a=b", path[1:]]
    return [
        *((form, None) for form in plain),
        *((form, product) for form in plain),
        *((form, product) for form in (below, f"{below}/", f"{below}?a=b", below[1:])),
        (f"https://api.atlassian.com/ex/{product}/c0ffee{path}?a=b", None),
    ]


@pytest.mark.parametrize(("product", "row"), ROWS, ids=[f"{row['method']} {row['path']}" for _, row in ROWS])
def test_every_row_is_found_in_every_form(product, row):
    expected = next(known for known in rules(product) if (known.method, known.path) == (row["method"], row["path"]))

    for value in IDS:
        for url, given_product in ways_to_write(product, filled(row["path"], value)):
            found = rule(row["method"].lower(), url, product=given_product)

            assert found is expected, (url, given_product)
            assert set(match(row["method"], url, product=given_product).variables) == set(
                re.findall(r"\{([^}]*)\}", row["path"])
            )
    assert expected.effect == (row["document"] or row["openapi"] or "unknown")
    assert expected.product == product
    assert (expected.api_version, expected.group, expected.name, expected.scope) == (
        row["api_version"],
        row["group"],
        row["name"],
        row["scope"],
    )
    assert expected.deprecated == bool(row["deprecated"])


def test_the_catalogue_is_complete():
    assert Counter((known.product, known.effect) for known in rules()) == {
        ("confluence", "blocked"): 256,
        ("confluence", "exempt"): 106,
        ("confluence", "unknown"): 1,
        ("jira", "blocked"): 126,
        ("jira", "exempt"): 392,
        ("jira", "unknown"): 13,
    }
    assert sum(known.document is not None for known in rules("confluence")) == 296


def test_the_rows_are_well_formed():
    for known in rules():
        assert known.method in {"GET", "POST", "PUT", "DELETE"}
        assert known.group
        assert known.name
        assert known.scope in SCOPES | {"INACCESSIBLE"}
        assert known.operation == f"{known.method} {known.path}"
        assert set(known.deprecated_by) <= {"document", "openapi"}
        assert not known.successors or known.deprecated
        assert known.successor == (known.successors[0] if known.successors else None)


def test_every_successor_is_in_the_catalogue_and_is_not_deprecated_itself():
    for known in rules():
        for successor in known.successors:
            method, path = successor.split(" ")
            found = rule(method, path)
            assert found.path == path, successor
            assert not found.deprecated, successor


def test_no_two_operations_have_one_shape():
    shapes = Counter((known.product, known.method, filled(known.path, "{}")) for known in rules())

    assert [shape for shape, count in shapes.items() if count > 1] == []


def test_the_document_wins_and_both_words_are_kept():
    torn = {
        known.operation: (known.effect, known.document, known.openapi) for known in rules() if known.sources_disagree
    }

    assert torn == {
        "POST /wiki/rest/api/contentbody/convert/async/{to}": ("blocked", "blocked", "exempt"),
        "GET /wiki/rest/api/space/{spaceKey}/state": ("exempt", "exempt", "blocked"),
    }


def test_one_operation_tells_everything():
    found = rule("GET", "/wiki/rest/api/content/123/history")

    assert (found.effect, found.api_version, found.group, found.scope) == ("blocked", "1", "Content APIs", "READ")
    assert found.deprecated_by == ("document", "openapi")
    assert found.successors == ("GET /wiki/api/v2/pages/{id}/versions", "GET /wiki/api/v2/blogposts/{id}/versions")
    assert found.operation == "GET /wiki/rest/api/content/{id}/history"


def test_a_newer_openapi_file_may_be_the_only_one_that_calls_something_deprecated():
    found = rule("PUT", "/wiki/rest/api/inlinetasks/1")

    assert found.deprecated
    assert found.deprecated_by == ("openapi",)


def test_dynamic_modules_need_no_scope_and_are_exempt():
    """Some editions of Confluence's reference mark them INACCESSIBLE, and print a path that does not exist."""
    for method in ("GET", "POST", "DELETE"):
        for path in ("/wiki/rest/atlassian-connect/1/app/module/dynamic", "/atlassian-connect/1/app/module/dynamic"):
            found = rule(method, path)
            assert (found.product, found.effect, found.scope) == ("confluence", "exempt", "NONE")
        below = rule(method, "/rest/atlassian-connect/1/app/module/dynamic?moduleKey=a", product="confluence")
        assert below.effect == "exempt"
        assert rule(method, "/rest/atlassian-connect/1/app/module/dynamic").product == "jira"
        assert rule(method, "/rest/atlassian-connect/1/app/module/dynamic").scope == "NONE"


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/wiki/rest/api/content/search", "/wiki/rest/api/content/search"),
        ("GET", "/wiki/rest/api/content/7", "/wiki/rest/api/content/{id}"),
        ("GET", "/wiki/rest/api/content/7/child/comment", "/wiki/rest/api/content/{id}/child/comment"),
        ("GET", "/wiki/rest/api/content/7/child/page", "/wiki/rest/api/content/{id}/child/{type}"),
        ("GET", "/wiki/rest/api/%63ontent/search", "/wiki/rest/api/content/search"),
        ("PUT", "/rest/api/3/issue/archive", "/rest/api/3/issue/archive"),
        ("PUT", "/rest/api/3/issue/X-1", "/rest/api/3/issue/{issueIdOrKey}"),
        # The literal stands first, and leads nowhere: the variable is taken.
        ("GET", "/rest/api/3/project/type/versions", "/rest/api/3/project/type/{projectTypeKey}"),
        ("GET", "/rest/api/3/issue/createmeta/comment", "/rest/api/3/issue/{issueIdOrKey}/comment"),
        ("DELETE", "/rest/api/3/project/search", "/rest/api/3/project/{projectIdOrKey}"),
    ],
)
def test_the_most_specific_path_wins(method, path, template):
    assert rule(method, path).path == template


@pytest.mark.parametrize(
    ("path", "given_product", "told"),
    [
        ("/wiki/rest/api/content", None, "confluence"),
        ("/wiki/rest/api/content", "jira", "confluence"),
        ("/rest/api/content", None, "confluence"),
        ("/rest/api/content", "jira", "jira"),
        ("/api/v2/pages", None, "confluence"),
        ("/rest/api/3/issue/X-1", None, "jira"),
        ("/rest/api/2/issue/X-1", None, "jira"),
        ("/rest/api/latest/issue/X-1", None, "jira"),
        ("/rest/api/3/issue/X-1", "confluence", "confluence"),
        ("/rest/agile/1.0/board", None, "jira"),
        ("/rest/servicedeskapi/request", None, "jira"),
        ("https://example.atlassian.net/wiki/api/v2/pages", "jira", "confluence"),
        ("/rest/api", None, "jira"),
        ("/wiki", None, "confluence"),
        ("/wikipedia", None, "jira"),
        ("", None, "jira"),
        ("https://api.atlassian.com/ex", None, "jira"),
    ],
)
def test_the_product(path, given_product, told):
    assert rule("GET", path, product=given_product).product == told


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PATCH", "/wiki/rest/api/content/1"),
        ("GET", "/wiki/rest/api/no-such-thing"),
        ("GET", "/wiki/rest/api/content/1/history/2/3/4/5/6/7/8"),
        ("GET", "/wiki/rest/api/content//history"),
        ("GET", "//wiki/rest/api/content/1"),
        ("GET", "/wiki/rest/api/content/../space"),
        ("GET", "/wiki/rest/api/content/%2e%2e"),
        ("GET", "/wiki/Rest/api/content/1"),
        ("GET", "/rest/api/2/issue/X-1"),
        ("GET", "/rest/api/latest/issue/X-1"),
        ("GET", "/rest/agile/1.0/board"),
        ("GET", "/rest/servicedeskapi/request/1"),
        ("", ""),
    ],
)
def test_what_is_not_in_the_catalogue_is_unknown(method, url):
    found = rule(method, url)

    assert (found.effect, found.is_known, found.operation, found.scope) == ("unknown", False, "", None)
    assert not found.deprecated
    assert match(method, url).variables == {}


def test_head_is_get_without_the_body():
    assert rule("HEAD", "/rest/api/3/issue/X-1") is rule("GET", "/rest/api/3/issue/X-1")


def test_ids_are_decoded_and_named():
    found = match("PUT", "https://example.atlassian.net/wiki/rest/api/space/~557058%3Aa%2Fb/property/k?x=1")

    assert found.variables == {"spaceKey": "~557058:a/b", "key": "k"}
    assert match("GET", "/api/v2/pages/7").variables == {"id": "7"}


def test_a_very_long_path_costs_no_more_than_reading_it():
    assert not rule("GET", "/wiki/rest/api/content" + "/1" * 100_000).is_known


@given(st.text(), st.text(), st.sampled_from([None, "jira", "confluence"]))
@example("GET", "https://api.atlassian.com/ex/jira", None)
@example("GET", "http://[::1/wiki/%", None)
@example("get", "%2F%", "jira")
def test_no_text_is_too_strange(method, url, given_product):
    found = match(method, url, product=given_product)

    assert found.rule.effect in ("blocked", "exempt", "unknown")
    assert found.rule == rule(method, url, product=given_product)


@given(
    st.sampled_from([known for known in rules() if "{" in known.path]),
    st.text(min_size=1).filter(lambda text: text not in (".", "..")),
)
def test_any_id_finds_its_operation_or_a_more_specific_one(known, value):
    from urllib.parse import quote

    found = match(known.method, filled(known.path, quote(value, safe="").replace("\\", "%5C")))

    assert found.rule.is_known
    if found.rule is known:
        assert set(found.variables.values()) == {value}
