"""Files: upload, list, download from the media service."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from urllib3 import encode_multipart_formdata

from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.store.attachments import MAX_UPLOAD_BYTES

from ..connect_app import ConnectApp, HostCaller


@pytest.fixture
def app(app: ConnectApp) -> ConnectApp:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE"]
    return app


def upload(host: HostCaller, path: str, *files: tuple[str, bytes], method: str = "POST", **more):
    fields: list = [("file", (name, data)) for name, data in files]
    body, content_type = encode_multipart_formdata([*fields, ("comment", more.pop("comment", ""))])
    headers = {"Content-Type": content_type, "X-Atlassian-Token": "no-check"}
    headers |= more.pop("headers", {})
    return host(method, path, body, headers={k: v for k, v in headers.items() if v}, **more)


def fetch(host: HostCaller, location: str):
    return host.send("GET", location, {}, b"")


def test_files_on_an_issue(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    response = upload(host, "/rest/api/3/issue/OPS-1/attachments", ("ä b.txt", b"hello"), ("b.html", b"<script>"))
    assert response.status_code == 200, response.data
    first, second = response.json
    assert (first["filename"], first["size"], first["mimeType"]) == ("ä b.txt", 5, "text/plain")
    assert first["author"]["accountId"] == jira_app.account_id
    issue = host("GET", "/rest/api/3/issue/OPS-1").json
    assert [one["id"] for one in issue["fields"]["attachment"]] == [first["id"], second["id"]]
    path = f"/rest/api/3/attachment/{first['id']}"
    assert host("GET", path).json == first
    download = host("GET", f"/rest/api/3/attachment/content/{first['id']}")
    assert download.status_code == 303
    media = fetch(host, download.headers["Location"])
    assert (media.status_code, media.data) == (200, b"hello")
    assert media.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in media.headers["Content-Security-Policy"]
    assert (sandbox.log[-1].note, sandbox.log[-1].verdict) == ("media", "public")
    assert urlsplit(download.headers["Location"]).path.split("/")[2] not in repr(sandbox.log)
    direct = host("GET", f"/rest/api/3/attachment/content/{first['id']}?redirect=false")
    assert (direct.status_code, direct.data) == (200, b"hello")
    assert host("DELETE", path).status_code == 204
    assert host("GET", path).status_code == 404
    assert fetch(host, download.headers["Location"]).status_code == 404
    jira_app.block("OPS")
    assert host("GET", f"/rest/api/3/attachment/{second['id']}").status_code == 403


def test_a_token_at_the_media_service_is_noted(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    file = upload(host, "/rest/api/3/issue/OPS-1/attachments", ("a", b"x")).json[0]
    sandbox.media_origin = "http://127.0.0.1:2990"
    location = host("GET", f"/rest/api/3/attachment/content/{file['id']}").headers["Location"]
    assert location.startswith("http://127.0.0.1:2990/media/")
    assert host.send("GET", location, {"Authorization": "JWT x"}, b"").status_code == 200
    assert "does not belong here" in sandbox.log[-1].note


def test_uploads_that_are_refused(host: HostCaller, jira_app: Installation):
    path = "/rest/api/3/issue/OPS-1/attachments"
    missing = upload(host, path, ("a", b"x"), headers={"X-Atlassian-Token": ""})
    assert (missing.status_code, "XSRF" in missing.json["errorMessages"][0]) == (403, True)
    assert upload(host, path, ("a", b"x"), headers={"X-Atlassian-Token": "nocheck"}).status_code == 200
    assert upload(host, path).status_code == 400
    assert upload(host, path, ("", b"x")).status_code == 400
    assert upload(host, "/rest/api/3/issue/NO-1/attachments", ("a", b"x")).status_code == 404
    assert host("POST", path, b"{}", headers={"X-Atlassian-Token": "no-check"}).status_code == 400
    body, content_type = encode_multipart_formdata([("other", ("a", b"x"))])
    headers = {"Content-Type": content_type, "X-Atlassian-Token": "no-check"}
    assert host("POST", path, body, headers=headers).status_code == 400


def test_large_uploads(host: HostCaller, jira_app: Installation):
    path = "/rest/api/3/issue/OPS-1/attachments"
    assert upload(host, path, ("big", b"x" * (2 * 1024 * 1024))).status_code == 200
    assert upload(host, path, ("big", b"x" * MAX_UPLOAD_BYTES)).status_code == 413


def test_files_on_a_page(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    page_id = sandbox.content.pages()[0].id
    path = f"/rest/api/content/{page_id}/child/attachment"

    def put(*files: tuple[str, bytes], method: str = "POST", comment: str = ""):
        return upload(host, path, *files, method=method, comment=comment, product="confluence")

    file = put(("a.txt", b"one"), comment="first").json["results"][0]
    assert (file["title"], file["version"]["number"], file["metadata"]["comment"]) == ("a.txt", 1, "first")
    again = put(("a.txt", b"two"))
    assert (again.status_code, "same file name" in again.json["message"]) == (400, True)
    newer = put(("a.txt", b"two"), ("b.txt", b"three"), method="PUT").json["results"]
    assert [(one["title"], one["version"]["number"]) for one in newer] == [("a.txt", 2), ("b.txt", 1)]
    listed = host("GET", f"{path}?limit=1", product="confluence").json
    assert ([one["title"] for one in listed["results"]], "next" in listed["_links"]) == (["a.txt"], True)
    named = host("GET", f"{path}?filename=b.txt", product="confluence").json["results"]
    assert [one["title"] for one in named] == ["b.txt"]
    in_v2 = host("GET", f"/api/v2/pages/{page_id}/attachments", product="confluence").json["results"]
    assert [one["fileSize"] for one in in_v2] == [3, 5]
    assert host("GET", f"/api/v2/attachments/{file['id']}", product="confluence").json == in_v2[0]
    assert host("GET", "/api/v2/attachments/att1", product="confluence").status_code == 404
    download = host("GET", file["_links"]["download"], product="confluence")
    assert (download.status_code, fetch(host, download.headers["Location"]).data) == (302, b"two")
    assert host("GET", f"{path}/att1/download", product="confluence").status_code == 404


def test_an_upload_is_stored_as_a_whole_or_not_at_all(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    page_id = sandbox.content.pages()[0].id
    path, owner = f"/rest/api/content/{page_id}/child/attachment", ("page", page_id)
    twice = upload(host, path, ("a.txt", b"1"), ("a.txt", b"2"), product="confluence")
    assert (twice.status_code, sandbox.attachments.of(owner)) == (400, [])
    assert upload(host, path, ("a.txt", b"1"), product="confluence").status_code == 200
    again = upload(host, path, ("b.txt", b"2"), ("a.txt", b"3"), product="confluence")
    assert (again.status_code, [one.name for one in sandbox.attachments.of(owner)]) == (400, ["a.txt"])
    newer = upload(host, path, ("a.txt", b"4"), ("a.txt", b"5"), method="PUT", product="confluence").json["results"]
    assert [one["version"]["number"] for one in newer] == [3]
    assert [(one.data, one.version) for one in sandbox.attachments.of(owner)] == [(b"5", 3)]


@pytest.mark.parametrize("product", ["jira", "confluence"])
def test_nothing_of_an_upload_stays_when_the_sandbox_is_full(
    sandbox: Sandbox, host: HostCaller, jira_app, confluence_app, monkeypatch: pytest.MonkeyPatch, product: str
):
    page_id, issue_id = sandbox.content.pages()[0].id, sandbox.content.issue("OPS-1").id
    path, owner = {
        "jira": ("/rest/api/3/issue/OPS-1/attachments", ("issue", issue_id)),
        "confluence": (f"/rest/api/content/{page_id}/child/attachment", ("page", page_id)),
    }[product]
    monkeypatch.setattr("atlassian_connect.sandbox.store.attachments._MAX_STORED_BYTES", 5)
    assert upload(host, path, ("a", b"123"), ("b", b"456"), product=product).status_code == 413
    assert sandbox.attachments.of(owner) == []


@pytest.mark.parametrize("media_type", ["text/h\u00e4", "text/\u2603", "x", 'a/b; c="d', "text/html; charset=\u2603"])
def test_odd_media_types_can_be_downloaded(sandbox: Sandbox, host: HostCaller, confluence_app, media_type: str):
    page_id = sandbox.content.pages()[0].id
    part = f'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: {media_type}\r\n\r\ndata'
    headers = {"Content-Type": "multipart/form-data; boundary=x", "X-Atlassian-Token": "no-check"}
    path = f"/rest/api/content/{page_id}/child/attachment"
    stored = host("POST", path, f"{part}\r\n--x--\r\n".encode(), headers=headers, product="confluence")
    assert stored.status_code in (200, 400), stored.data
    for file in stored.json.get("results", []):
        download = host("GET", file["_links"]["download"], product="confluence")
        media = fetch(host, download.headers["Location"])
        assert (media.status_code, media.data) == (200, b"data")
        media.headers["Content-Type"].encode("latin-1")  # what WSGI servers do with a header


def test_files_are_attached_to_a_draft_that_is_named_so(sandbox: Sandbox, host: HostCaller, confluence_app):
    space_id = sandbox.content.spaces()[0].id
    draft = sandbox.content.create_page(space_id, "D", "", account_id=confluence_app.account_id, status="draft")
    path = f"/rest/api/content/{draft.id}/child/attachment"
    assert upload(host, path, ("a.txt", b"1"), product="confluence").status_code == 404
    stored = upload(host, f"{path}?status=draft", ("a.txt", b"1"), product="confluence")
    assert stored.status_code == 200, stored.data
    of_version_2 = f"/api/v2/attachments/{stored.json['results'][0]['id']}"
    assert host("GET", of_version_2, product="confluence").json["pageId"] == draft.id
    assert host("DELETE", of_version_2, product="confluence").status_code == 204
