"""Everyday calls against the sandbox, which was written by the REST references and not for these calls."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.client import HostClient, RetryPolicy
from atlassian_connect.errors import HostBadRequestError, HostConflictError, HostNotFoundError, TaskFailedError
from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.people import ADMIN, MEMBER
from atlassian_connect.sandbox.store.seed import PUBLIC
from atlassian_connect.testing import SandboxHost

from .scripted import Time

START = 1_790_000_000.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def host(make_app, time) -> SandboxHost:
    clock = lambda: START + time.now  # noqa: E731  # tokens and tasks live by the same seconds
    descriptor = {
        "key": "com.example.app",
        "name": "App",
        "scopes": ["READ", "WRITE", "DELETE"],
        "enableLicensing": True,
    }
    app: Flask = make_app(AtlassianConnect(clock=clock), ATLASSIAN_CONNECT_DESCRIPTOR=descriptor)
    return SandboxHost(app)


@pytest.fixture
def sandbox(host) -> Sandbox:
    return host.sandbox


def client_of(host: SandboxHost, installation: Installation, time: Time) -> HostClient:
    return HostClient(
        host.tenant(installation),
        transport=host.state.transport,
        retry_policy=RetryPolicy(sleep=time.sleep, timer=time),
        clock=host.state.clock,
    )


@pytest.fixture
def jira(host, time) -> HostClient:
    return client_of(host, host.install("jira"), time)


@pytest.fixture
def confluence(host, time) -> HostClient:
    return client_of(host, host.install("confluence"), time)


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", ["jira", "confluence"])
@pytest.mark.parametrize("key", ["settings", "a b/c", "ä%2F"])
def test_app_properties(request, product, key):
    properties = request.getfixturevalue(product).app_properties

    assert properties.put(key, {"days": 7}) is True
    assert properties.put(key, {"days": 8}) is False
    assert properties.get(key) == {"days": 8}
    assert properties.keys() == [key]
    assert properties.delete(key) is True
    assert properties.delete(key) is False
    assert properties.get(key, "gone") == "gone"


def test_there_is_room_for_a_hundred_app_properties(jira):
    for number in range(100):
        jira.app_properties.put(f"k{number}", number)

    with pytest.raises(HostConflictError):
        jira.app_properties.put("one-more", 1)


@pytest.mark.parametrize(
    "place",
    [
        lambda client: client.issue_properties("OPS-1"),
        lambda client: client.project_properties("OPS"),
        lambda client: client.user_properties(MEMBER),
    ],
    ids=["issue", "project", "user"],
)
def test_entity_properties_of_jira(jira, place):
    properties = place(jira)

    assert properties.put("com.example.k", [1, "ü"]) is True
    assert properties.get("com.example.k") == [1, "ü"]
    assert properties.keys() == ["com.example.k"]
    assert properties.delete("com.example.k") is True
    assert properties.get("com.example.k") is None


def test_an_issue_that_is_not_there(jira):
    with pytest.raises(HostNotFoundError):
        jira.issue_properties("OPS-999").put("k", 1)


@pytest.mark.parametrize("kind", ["page", "space"])
def test_versioned_properties(confluence, sandbox, kind):
    space = sandbox.confluence.content.spaces()[0]
    page = sandbox.confluence.content.pages(space.id)[0]
    place = confluence.content_properties(page.id) if kind == "page" else confluence.space_properties(space.id)

    first = place.put("k", 1)
    assert (first.version, place.put("k", 2).version) == (1, 2)
    with pytest.raises(HostConflictError):
        place.put("k", 3, expected_version=first.version)
    assert place.update("k", lambda value: value + 40).value == 42
    assert place.keys() == ["k"]
    assert place.delete("k") is True
    assert place.delete("k") is False


def test_user_properties_of_confluence(confluence):
    properties = confluence.user_properties(MEMBER)

    assert properties.put("k", {"a": 1}) is True
    assert properties.put("k", {"a": 2}) is False
    assert properties.get("k") == {"a": 2}
    assert properties.keys() == ["k"]
    with pytest.raises(HostNotFoundError):
        confluence.user_properties("557058:nobody").put("k", {})


# --- permissions ------------------------------------------------------------------------------------------------------


def test_permissions_in_jira(jira, sandbox):
    ops, web = (project.id for project in sandbox.jira.content.projects())
    issue = sandbox.jira.content.issue("OPS-1").id
    check = jira.permissions.check_jira

    assert check(ADMIN, global_=["ADMINISTER"], project=["DELETE_ISSUES"], projects=[ops, web], issues=[issue])
    assert check(MEMBER, project=["BROWSE_PROJECTS", "EDIT_ISSUES"], projects=[ops, web])
    refused = check(MEMBER, global_=["ADMINISTER"], project=["EDIT_ISSUES", "ADMINISTER_PROJECTS"], projects=[ops])
    assert refused.missing == ("ADMINISTER", "ADMINISTER_PROJECTS")
    assert not check(MEMBER, project=["BROWSE_PROJECTS"], projects=[ops, 999999])
    with pytest.raises(HostBadRequestError, match="Unrecognized"):
        check(MEMBER, global_=["NO_SUCH"])
    sandbox.jira.permissions.restrict("OPS", [ADMIN])
    assert not check(MEMBER, project=["BROWSE_PROJECTS"], projects=[ops])


def test_anonymous_visitors_in_jira(jira, sandbox):
    projects = {project.key in PUBLIC: project.id for project in sandbox.jira.content.projects()}
    check = jira.permissions.check_jira

    assert check(None, project=["BROWSE_PROJECTS"], projects=[projects[True]])
    assert not check(None, project=["BROWSE_PROJECTS"], projects=[projects[False]])
    assert not check(None, project=["BROWSE_PROJECTS", "EDIT_ISSUES"], projects=[projects[True]])


def test_permissions_in_confluence(confluence, sandbox):
    content = sandbox.confluence.content
    page = content.pages(content.spaces()[0].id)[0].id
    check = confluence.permissions.check_confluence

    assert check(page, MEMBER, "read")
    assert check(page, ADMIN, "delete")
    assert not check(page, "557058:nobody", "read")
    assert not check("999999", ADMIN, "read")
    with pytest.raises(HostBadRequestError):
        check(page, ADMIN, "frobnicate")
    assert confluence.permissions.check_confluence_application(ADMIN, "administer", "use")
    assert not confluence.permissions.check_confluence_application(MEMBER, "administer")


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_the_licence(host, time):
    installed = host.install("jira")
    client = client_of(host, installed, time)

    assert client.licence().active is False
    installed.licensed = True
    licence = client.licence()
    assert (licence.active, licence.type, licence.source) == (True, "COMMERCIAL", "rest")


def test_searching_issues(jira, sandbox):
    found = list(jira.search_jql("project = OPS", fields=["summary"], page_size=3))

    assert len(found) == len([issue for issue in sandbox.jira.content.issues() if issue.project_key == "OPS"])
    assert set(found[0]["fields"]) == {"summary"}


def test_searching_content(confluence, sandbox):
    everything = list(confluence.search_cql("type = page", page_size=5))

    assert len(everything) == len(sandbox.confluence.content.pages())
    assert len({result["content"]["id"] for result in everything}) == len(everything)


def test_attachments_of_an_issue(jira):
    attachments = jira.issue_attachments("OPS-1")
    seen = []

    made = attachments.upload(
        ("ü.txt", b"text"), ("big", io.BytesIO(bytes(100_000))), progress=lambda *numbers: seen.append(numbers)
    )

    assert [record["filename"] for record in made] == ["ü.txt", "big"]
    assert seen[-1] == (100_004, 100_004)
    written = io.BytesIO()
    attachments.download(made[0]["id"], written)
    assert written.getvalue() == b"text"
    assert attachments.delete(made[0]["id"]) is True
    assert attachments.delete(made[0]["id"]) is False


def test_attachments_of_a_page(confluence, sandbox):
    page = sandbox.confluence.content.pages()[0].id
    attachments = confluence.content_attachments(page)

    [first] = attachments.upload(("a.txt", b"one"), comment="first")
    attachments.upload(("a.txt", b"two"), ("b.txt", b"b"))

    listed = {record["title"]: record for record in attachments.list(page_size=1)}
    assert set(listed) == {"a.txt", "b.txt"}
    assert listed["a.txt"]["version"]["number"] == 2
    written = io.BytesIO()
    attachments.download(listed["a.txt"]["id"], written)
    assert written.getvalue() == b"two"
    with pytest.raises(HostBadRequestError, match="same file name"):
        attachments.upload(("a.txt", b"three"), replace=False)
    assert first["title"] == "a.txt"


def test_a_task_of_jira(jira, time):
    started = jira.put("/rest/api/3/issue/properties/com.example.seen", json={"value": True})

    done = jira.wait_for_task(started)

    assert done.state == "done"
    assert 3 <= time.now < 6
    assert jira.issue_properties("OPS-1").get("com.example.seen") is True


def test_a_task_that_the_host_fails(jira, sandbox):
    sandbox.tasks.fail_next("The index is broken.")
    started = jira.put("/rest/api/3/issue/properties/com.example.seen", json={"value": True})

    with pytest.raises(TaskFailedError, match="The index is broken"):
        jira.wait_for_task(started)


def test_a_task_of_confluence(confluence, sandbox):
    content = sandbox.confluence.content
    page, target = content.pages()[0].id, content.pages()[1].id
    started = confluence.post(
        f"/rest/api/content/{page}/pagehierarchy/copy", json={"destinationPageId": target, "copyDescendants": False}
    )

    assert confluence.wait_for_task(started).state == "done"
