"""The table of operations: what the page about the sandbox lists is what there is, and fits the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from atlassian_connect.protocol import access
from atlassian_connect.sandbox.rest import catalogue
from atlassian_connect.sandbox.rest.operations import Operation

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"
V2 = "/rest/api/2/"
SITES = {
    "jira": [one for one in catalogue.JIRA_OPERATIONS if not one.rule.startswith(V2)],
    "confluence": list(catalogue.CONFLUENCE_OPERATIONS),
}
EVERY = [(product, operation) for product, operations in SITES.items() for operation in operations]


def rule_of(product: str, operation: Operation) -> access.AccessRule:
    path = re.sub(r"<(?:path:)?\w+>", "1", operation.rule)
    method, _, listed = (operation.listed_as or f"{operation.method} {path}").partition(" ")
    return access.rule(method, listed, product=product)


def row(product: str, operation: Operation) -> str:
    path = re.sub(r"<(?:path:)?(\w+)>", r"{\1}", operation.rule)
    marks = [rule_of(product, operation).effect]
    marks += ["without a login"] if operation.anonymous else []
    marks += ["apps only"] if operation.apps_only else []
    return f"| `{operation.method}` | `{path}` | {operation.scope or '–'} | {', '.join(marks)} |"


@pytest.mark.parametrize("product", SITES)
def test_the_page_lists_what_there_is(product: str):
    heading = {"jira": "Jira", "confluence": "Confluence"}[product]
    section = PAGE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    listed = [line for line in section.splitlines() if line.startswith("| `")]
    assert listed == sorted({row(product, operation) for operation in SITES[product]}, key=by_path), "\n".join(
        sorted({row(product, operation) for operation in SITES[product]}, key=by_path)
    )


def by_path(line: str) -> tuple[str, str]:
    _, method, path, *_ = line.split("|")
    return path, method


def test_no_operation_is_there_twice():
    for operations in SITES.values():
        names = [(operation.method, operation.rule) for operation in operations]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(("product", "operation"), EVERY, ids=lambda value: str(getattr(value, "rule", value)))
def test_scopes_are_those_of_the_catalogue(product: str, operation: Operation):
    scope = rule_of(product, operation).scope
    if scope is not None:
        assert (operation.scope or "NONE") == scope


def test_version_2_has_what_version_3_has():
    twins = [one for one in catalogue.JIRA_OPERATIONS if one.rule.startswith(V2)]
    own = [one for one in SITES["jira"] if one.rule.startswith("/rest/api/3/")]
    assert [(one.method, one.rule.replace("/2/", "/3/", 1)) for one in twins] == [(one.method, one.rule) for one in own]
    for twin, operation in zip(twins, own, strict=True):
        assert rule_of("jira", twin).effect == rule_of("jira", operation).effect
        assert (twin.scope, twin.anonymous, twin.apps_only) == (
            operation.scope,
            operation.anonymous,
            operation.apps_only,
        )


def test_visitors_change_nothing():
    changing = [operation for _, operation in EVERY if operation.anonymous and operation.method != "GET"]
    assert {operation.rule for operation in changing} == {
        "/rest/api/3/permissions/check",
        "/rest/api/3/permissions/project",
    }
