"""Requests find their operations by method and path."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.rest import catalogue
from atlassian_connect.sandbox.rest.operations import Operation, Reply
from atlassian_connect.sandbox.rest.table import OperationTable

TABLE = OperationTable(
    [
        Operation("GET", "/rest/api/3/issue/<key>", lambda call, key: Reply()),
        Operation("PUT", "/rest/api/3/issue/<key>", lambda call, key: Reply()),
        Operation("GET", "/rest/api/3/issue/picker", lambda call: Reply()),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/rest/api/3/issue/DEMO-1", ("/rest/api/3/issue/<key>", {"key": "DEMO-1"})),
        ("HEAD", "/rest/api/3/issue/DEMO-1", ("/rest/api/3/issue/<key>", {"key": "DEMO-1"})),
        ("GET", "/rest/api/3/issue/ü+ %", ("/rest/api/3/issue/<key>", {"key": "ü+ %"})),
        ("GET", "/rest/api/3/issue/picker", ("/rest/api/3/issue/picker", {})),
        ("PUT", "/rest/api/3/issue/picker", ("/rest/api/3/issue/<key>", {"key": "picker"})),
        ("DELETE", "/rest/api/3/issue/DEMO-1", None),
        ("OPTIONS", "/rest/api/3/issue/DEMO-1", None),
        ("GET", "/rest/api/3/issue/DEMO-1/comment", None),
        ("GET", "/rest/api/3//issue/DEMO-1", None),
        ("GET", "/rest/api/3/issue/", None),
        ("GET", "", None),
    ],
)
def test_what_a_request_is_for(method: str, path: str, found):
    got = TABLE.find(method, path)
    assert (got and (got[0].rule, got[1])) == found
    assert got is None or got[0].method == ("GET" if method == "HEAD" else method)


def test_every_operation_of_the_sites_is_found_by_its_own_rule():
    """None stands in the shadow of another."""
    for table, operations in (
        (catalogue.JIRA, catalogue.JIRA_OPERATIONS),
        (catalogue.CONFLUENCE, catalogue.CONFLUENCE_OPERATIONS),
    ):
        for operation in operations:
            found = table.find(operation.method, operation.rule.replace("<", "{").replace(">", "}"))
            assert found is not None, operation
            assert found[0] is operation
