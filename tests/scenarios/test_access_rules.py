"""An administrator blocks the app from a space or project, and takes it back: what the app gets to know, and shows."""

from __future__ import annotations

import pytest

from atlassian_connect import AtlassianConnect, current_tenant
from atlassian_connect.client.call_counts import CallCount
from atlassian_connect.errors import AppAccessBlockedError, HostForbiddenError, HostNotFoundError
from atlassian_connect.testing import SandboxHost


@pytest.fixture
def told():
    """What handlers of webhooks were told."""
    return []


@pytest.fixture
def connect(told):
    connect = AtlassianConnect()
    connect.add_webhook("app_access_to_objects_in_container_blocked", told.append)
    connect.clear_data_policy_on_webhooks()

    @connect.general_page("pages", name="Pages", when_blocked="message")
    def pages():
        return connect.client(current_tenant).get("/api/v2/pages/65537").text

    return connect


@pytest.fixture
def host(app):
    return SandboxHost(app)


def object_of(site):
    """The path of an object that a rule can block, with key and id of its space or project."""
    if site.product == "jira":
        issue = next(iter(site.content.issues()))
        return f"/rest/api/3/issue/{issue.key}", issue.project_key, site.content.project(issue.project_key).id
    space = next(iter(site.content.spaces()))
    page = next(iter(site.content.pages(space.id)))
    return f"/api/v2/pages/{page.id}", space.key, space.id


@pytest.mark.parametrize("product", ["confluence", "jira"])
def test_a_rule_is_noticed_at_once_and_so_is_its_end(host, app, connect, told, product):
    installation = host.install(product)
    path, key, id_ = object_of(host.site(product))
    with app.app_context():
        client = connect.client(host.tenant(installation))
        assert client.data_policy.any_blocked() is False
        client.get(path)

        installation.block(key)
        host.settle()

        assert [event.name for event in told] == ["app_access_to_objects_in_container_blocked"]
        assert client.data_policy.any_blocked() is True
        if product == "jira":
            assert client.data_policy.blocked_projects([id_]) == {str(id_)}
        else:
            assert client.data_policy.blocked_spaces([key, "NONE"]) == {key}
            assert client.data_policy.blocked_spaces(ids=[id_]) == {str(id_)}
        with pytest.raises(AppAccessBlockedError) as raised:
            client.get(path)
        assert isinstance(raised.value, HostForbiddenError | HostNotFoundError)

        installation.unblock(key)
        host.settle()

        assert client.data_policy.any_blocked() is False
        assert client.get(path).ok
        [line] = connect.access_report()
        assert line.count == CallCount(calls=3, refused=1, blocked=1)


def test_a_blocked_space_stays_readable_and_its_pages_do_not_show(host, app, connect):
    installation = host.install("confluence")
    _, key, id_ = object_of(host.site("confluence"))
    installation.block(key)
    with app.app_context():
        client = connect.client(host.tenant(installation))
        assert client.get(f"/api/v2/spaces/{id_}").ok, "a space itself stays readable"

        assert client.get("/api/v2/pages", params={"space-id": id_}).json()["results"] == []


def test_a_page_of_the_app_says_what_is_wrong(host):
    installation = host.install("confluence")
    assert "An administrator" not in installation.open("pages").text

    installation.block(object_of(host.site("confluence"))[1])
    page = installation.open("pages")

    assert page.status == 200
    assert "An administrator of this site does not let the app use this content." in page.text
