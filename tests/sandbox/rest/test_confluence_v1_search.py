"""Version 1 of Confluence's content and search, tasks, and the newer ways to ask Jira."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from ..connect_app import APP_KEY, HostCaller


@pytest.fixture
def confluence(host: HostCaller, confluence_app: Installation):
    return lambda method, path, body=None: host(method, path, body, product="confluence")


def test_content(sandbox: Sandbox, confluence):
    page = sandbox.content.pages()[0]
    plain = confluence("GET", f"/rest/api/content/{page.id}").json
    assert (plain["id"], plain["type"], plain["title"]) == (page.id, "page", page.title)
    assert set(plain["_expandable"]) == {"space", "version", "history", "ancestors"}
    whole = confluence("GET", f"/rest/api/content/{page.id}?expand=space,version,body.storage,history").json
    assert (whole["space"]["key"], whole["version"]["number"]) == ("DS", page.version)
    assert whole["body"]["storage"]["value"] == page.body
    assert whole["history"]["createdBy"]["accountId"] == page.author
    missing = confluence("GET", "/rest/api/content/1")
    assert (missing.status_code, missing.json["statusCode"]) == (404, 404)


def walk(confluence, path: str) -> list[dict]:
    found, links = [], []
    while path:
        payload = confluence("GET", path).json
        found += payload["results"]
        assert payload["_links"]["base"] == "http://localhost:2990/wiki"
        path = payload["_links"].get("next")
        assert path is None or path.startswith("/rest/api/")
        links.append(path)
    assert len(links) > 1
    return found


def test_lists_page_by_page(confluence):
    assert len(walk(confluence, "/rest/api/content?limit=7")) == 24
    assert len(walk(confluence, "/rest/api/content?spaceKey=ENG&limit=3&start=1")) == 9
    found = walk(confluence, "/rest/api/search?cql=type=page+and+space+in+(DS,ENG)+order+by+title&limit=5")
    assert len(found) == 18
    assert found == sorted(found, key=lambda one: one["title"].lower())
    assert len(walk(confluence, "/rest/api/content/search?cql=type=page&limit=10")) == 24
    assert len(confluence("GET", "/rest/api/content?type=blogpost").json["results"]) == 2
    assert confluence("GET", "/rest/api/content?title=Parental%20leave").json["size"] == 1
    for bad in ("content?type=x", "content?limit=x", "search", "search?cql=a", "content/search?cql=type=page&cursor=x"):
        assert confluence("GET", f"/rest/api/{bad}").status_code == 400


def test_search_tells_how_many(confluence):
    payload = confluence("GET", '/rest/api/search?cql=type=page+and+title+~+"handbook"').json
    assert (payload["totalSize"], payload["cqlQuery"]) == (1, 'type=page and title ~ "handbook"')
    assert payload["results"][0]["content"]["title"] == "On-call handbook"


def test_spaces(confluence):
    assert confluence("GET", "/rest/api/space/DS?expand=operations").json["operations"]
    assert [one["key"] for one in confluence("GET", "/rest/api/space?spaceKey=DS,HR").json["results"]] == ["DS", "HR"]
    assert confluence("GET", "/rest/api/space/NO").status_code == 404


def test_copying_is_a_task(sandbox: Sandbox, confluence, clock):
    source, target = sandbox.content.pages()[0], sandbox.content.pages()[-1]
    body = {"destinationPageId": target.id, "titleOptions": {"prefix": "Copy of "}}
    started = confluence("POST", f"/rest/api/content/{source.id}/pagehierarchy/copy", body)
    assert started.status_code == 202
    path = started.json["links"]["status"]
    task = confluence("GET", path).json
    assert (task["finished"], task["successful"], task["percentageComplete"]) == (False, False, 0)
    clock.ahead = 1.5
    assert 0 < confluence("GET", path).json["percentageComplete"] < 100
    clock.ahead = 10
    task = confluence("GET", path).json
    assert (task["finished"], task["successful"], task["percentageComplete"]) == (True, True, 100)
    copy = sandbox.content.page(task["additionalDetails"]["destinationId"])
    assert (copy.title, copy.space_id) == (f"Copy of {source.title}", target.space_id)
    assert confluence("GET", path).json == task
    for wrong in ({}, {**body, "titleOptions": 3}, {**body, "titleOptions": {"prefix": 3}}):
        refused = confluence("POST", f"/rest/api/content/{source.id}/pagehierarchy/copy", wrong)
        assert refused.status_code in (400, 404)
    assert confluence("GET", "/rest/api/longtask/1").status_code == 404


def test_a_copy_that_fails(sandbox: Sandbox, confluence, clock):
    sandbox.tasks.fail_next("No space left")
    page = sandbox.content.pages()[0]
    body = {"destinationPageId": page.id}
    path = confluence("POST", f"/rest/api/content/{page.id}/pagehierarchy/copy", body).json["links"]["status"]
    clock.ahead = 10
    task = confluence("GET", path).json
    assert (task["finished"], task["successful"]) == (True, False)
    assert task["messages"][0]["translation"] == "No space left"


def test_search_by_post(host: HostCaller, jira_app: Installation):
    body = {"jql": "project = OPS order by key", "maxResults": 5, "fields": ["summary"]}
    first = host("POST", "/rest/api/3/search/jql", body).json
    assert (len(first["issues"]), first["isLast"]) == (5, False)
    assert set(first["issues"][0]["fields"]) == {"summary"}
    last = host("POST", "/rest/api/3/search/jql", {**body, "nextPageToken": first["nextPageToken"]}).json
    assert (len(last["issues"]), last["isLast"], "nextPageToken" in last) == (3, True, False)
    for wrong in ({"maxResults": 0}, {"maxResults": "5"}, {"jql": 3}, {"fields": "x"}, {"fields": [3]}, {"jql": ""}):
        assert host("POST", "/rest/api/3/search/jql", {**body, **wrong}).status_code == 400
    assert host("POST", "/rest/api/3/search/jql", {**body, "nextPageToken": "x"}).status_code == 400


def test_one_project(host: HostCaller, jira_app: Installation):
    assert host("GET", "/rest/api/3/project/OPS").json["id"] == "10000"
    assert host("GET", "/rest/api/3/project/NO").status_code == 404


def test_the_licence(sandbox: Sandbox, app, host: HostCaller, descriptor_url: str):
    app.descriptor["enableLicensing"] = True
    installation = sandbox.jira.install(descriptor_url)
    path = f"/rest/atlassian-connect/1/addons/{APP_KEY}"
    assert "license" not in host("GET", path).json
    installation.licensed = True
    licence = host("GET", path).json["license"]
    assert (licence["active"], licence["type"], licence["evaluation"]) == (True, "COMMERCIAL", False)
    assert licence["supportEntitlementNumber"].startswith("SEN-")
