"""What the scopes of a descriptor amount to."""

from __future__ import annotations

import pytest

from atlassian_connect.protocol.scopes import SCOPES, effective_scopes


@pytest.mark.parametrize(
    ("product", "asked", "granted"),
    [
        ("jira", [], set()),
        ("jira", ["NONE"], {"NONE"}),
        ("jira", ["READ"], {"READ"}),
        ("jira", ["delete"], {"READ", "WRITE", "DELETE"}),
        ("jira", ["Read", "read"], {"READ"}),
        ("jira", ["PROJECT_ADMIN"], {"READ", "WRITE", "DELETE", "PROJECT_ADMIN"}),
        ("jira", ["ADMIN"], {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"}),
        ("confluence", ["SPACE_ADMIN"], {"READ", "WRITE", "DELETE", "SPACE_ADMIN"}),
        ("confluence", ["ADMIN"], {"READ", "WRITE", "DELETE", "SPACE_ADMIN", "ADMIN"}),
        ("confluence", ["ACT_AS_USER"], {"ACT_AS_USER"}),
        ("jira", ["ACCESS_EMAIL_ADDRESSES", "WRITE"], {"ACCESS_EMAIL_ADDRESSES", "READ", "WRITE"}),
        ("jira", ["SPACE_ADMIN"], {"READ", "WRITE", "DELETE", "SPACE_ADMIN"}),
        ("confluence", ["PROJECT_ADMIN"], {"READ", "WRITE", "DELETE", "PROJECT_ADMIN"}),
    ],
)
def test_each_scope_brings_the_lower_ones(product, asked, granted):
    assert effective_scopes(product, asked) == granted


def test_no_container_scope_brings_that_of_the_other_product():
    assert "PROJECT_ADMIN" not in effective_scopes("confluence", ["ADMIN"])
    assert "SPACE_ADMIN" not in effective_scopes("jira", ["ADMIN"])


def test_scopes_of_the_documentation():
    assert {
        "NONE",
        "READ",
        "WRITE",
        "DELETE",
        "PROJECT_ADMIN",
        "SPACE_ADMIN",
        "ADMIN",
        "ACT_AS_USER",
        "ACCESS_EMAIL_ADDRESSES",
    } == SCOPES
