"""The site in process, as users' tests get it."""

from __future__ import annotations

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import ImpersonationError
from atlassian_connect.sandbox import ADMIN
from atlassian_connect.testing import SandboxHost


@pytest.fixture
def app(make_app):
    connect = AtlassianConnect()
    connect.general_page("page", name="Page")(lambda: "page")
    template = {"key": "com.example.app", "name": "App", "scopes": ["READ", "ACT_AS_USER"]}
    return make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR=template)


def test_the_fixture_of_the_plugin(connect_sandbox):
    installation = connect_sandbox.install("jira")

    assert installation.open("page").text == "page"


def test_two_products_are_two_tenants(connect_sandbox):
    jira, confluence = connect_sandbox.install("jira"), connect_sandbox.install("confluence")

    assert connect_sandbox.tenant(jira).client_key != connect_sandbox.tenant(confluence).client_key


def test_acting_as_a_user_needs_no_setting(app):
    host = SandboxHost(app)
    tenant = host.tenant(host.install("jira"))
    client = host.state.client(tenant)

    assert client.as_user(ADMIN).get("/rest/api/3/myself").json()["accountId"] == ADMIN
    with pytest.raises(ImpersonationError):
        client.as_user("nobody-at-all").get("/rest/api/3/myself")
