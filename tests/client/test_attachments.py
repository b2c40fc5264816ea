"""Attachments: sent while they are read, counted while they are sent."""

from __future__ import annotations

import io
from email import message_from_bytes
from pathlib import Path

import pytest

from atlassian_connect.errors import HostBadRequestError, HostError

from .hosts import Host, Received, ServedHost
from .scripted import query, scripted

ISSUE = "/rest/api/3/issue/DEMO-1"
PAGE = "/rest/api/content/65536/child/attachment"


def parts(received: Received) -> list[tuple[str, str | None, str, bytes]]:
    """Field name, file name, content type and content of each part, by another parser than ours."""
    head = f"Content-Type: {received.headers['Content-Type']}\r\n\r\n".encode()
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message_from_bytes(head + received.body).get_payload()
    ]


@pytest.fixture
def jira(transport):
    host, client = scripted(transport, "jira")

    def upload(received):
        assert received.headers["X-Atlassian-Token"] == "no-check"
        names = [name for field, name, _, _ in parts(received) if field == "file"]
        return 200, [{"id": str(10000 + index), "filename": name} for index, name in enumerate(names)]

    host.route("POST", f"{ISSUE}/attachments", upload)
    return host, client


@pytest.fixture
def confluence(transport):
    host, client = scripted(transport, "confluence")

    def upload(received):
        assert received.headers["X-Atlassian-Token"] == "no-check"
        names = [name for field, name, _, _ in parts(received) if field == "file"]
        return 200, {"results": [{"id": f"att{index}", "title": name} for index, name in enumerate(names)]}

    host.route("PUT", PAGE, upload)
    host.route("POST", PAGE, upload)
    return host, client


def test_files_go_to_an_issue_in_one_request(jira, tmp_path: Path):
    host, client = jira
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")

    with (tmp_path / "open.txt").open("wb+") as file:
        file.write(b"open")
        file.seek(0)
        made = client.issue_attachments("DEMO-1").upload(
            path, file, ("a.txt", b"abc"), ("b.json", io.BytesIO(b"{}"), "application/json")
        )

    assert [record["filename"] for record in made] == ["report.pdf", "open.txt", "a.txt", "b.json"]
    assert len(host.received) == 1
    assert [(name, content) for _, name, _, content in parts(host.last)] == [
        ("report.pdf", b"%PDF"),
        ("open.txt", b"open"),
        ("a.txt", b"abc"),
        ("b.json", b"{}"),
    ]
    assert parts(host.last)[3][2] == "application/json"


def test_progress_counts_the_bytes_of_all_files(jira):
    _, client = jira
    seen = []

    client.issue_attachments("DEMO-1").upload(
        ("a", b"a" * 70_000), ("b", io.BytesIO(b"b" * 30_000)), progress=lambda sent, total: seen.append((sent, total))
    )

    assert seen[-1] == (100_000, 100_000)
    assert {total for _, total in seen} == {100_000}
    assert [sent for sent, _ in seen] == sorted(sent for sent, _ in seen)


def test_progress_over_a_socket_comes_in_steps(served: ServedHost, served_client):
    seen = []
    served.on("/wiki/rest/api/content/1/child/attachment", 200, b'{"results": []}')

    served_client.content_attachments(1).upload(
        ("big", io.BytesIO(bytes(1_000_000))), progress=lambda sent, total: seen.append(sent)
    )

    assert len(seen) > 10
    assert seen[-1] == 1_000_000
    assert len(served.last.body) > 1_000_000


def test_a_file_that_does_not_know_its_length(jira):
    class Pipe:
        def __init__(self) -> None:
            self.pieces = [b"one", b"two"]

        def read(self, size: int = -1) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    host, client = jira
    seen = []

    client.issue_attachments("DEMO-1").upload(("p", Pipe()), progress=lambda *numbers: seen.append(numbers))

    assert seen == [(3, None), (6, None)]
    assert parts(host.last)[0][3] == b"onetwo"


def test_an_upload_that_is_tried_again_starts_over(jira):
    host, client = jira
    real = host.routes["POST", f"{ISSUE}/attachments"]

    def busy_at_first(received):
        return (429, {}, {"Retry-After": "1"}) if len(host.received) == 1 else real(received)

    host.route("POST", f"{ISSUE}/attachments", busy_at_first)
    seen, file = [], io.BytesIO(b"skipped|content")
    file.seek(8)

    client.issue_attachments("DEMO-1").upload(("f", file), progress=lambda sent, total: seen.append((sent, total)))

    assert [parts(received)[0][3] for received in host.received] == [b"content", b"content"]
    assert seen == [(7, 7), (7, 7)]


def test_files_that_we_opened_are_closed_when_the_host_fails(jira, tmp_path: Path):
    host, client = jira
    path = tmp_path / "f"
    path.write_bytes(b"x")
    host.route("POST", f"{ISSUE}/attachments", (400, {"errorMessages": ["Too large"]}))

    with pytest.raises(HostBadRequestError, match="Too large"):
        client.issue_attachments("DEMO-1").upload(path)  # an unclosed file would be a warning, which fails the test


@pytest.mark.parametrize("files", [(), (io.BytesIO(b"x"),), (("", b"x"),)])
def test_files_need_names(jira, files):
    host, client = jira

    with pytest.raises(ValueError, match=r"name|at least one file"):
        client.issue_attachments("DEMO-1").upload(*files)
    assert host.received == []


def test_the_attachments_of_an_issue(jira):
    host, client = jira
    host.route("GET", ISSUE, (200, {"id": "1", "fields": {"attachment": [{"id": "10", "filename": "a"}]}}))

    assert client.issue_attachments("DEMO-1").list() == [{"id": "10", "filename": "a"}]
    assert query(host.last) == {"fields": "attachment"}
    host.route("GET", ISSUE, (200, {"id": "1", "fields": {}}))
    assert client.issue_attachments("DEMO-1").list() == []
    host.route("GET", ISSUE, (200, {"id": "1"}))
    with pytest.raises(HostError, match="no list of attachments"):
        client.issue_attachments("DEMO-1").list()


@pytest.mark.parametrize("body", [b"", b"<html>", b'[{"id": "1"', b"{}", b"[" * 100_000], ids=range(5))
def test_an_answer_to_an_upload_that_lists_nothing_is_an_error_of_the_host(body, jira):
    host, client = jira
    host.route("POST", f"{ISSUE}/attachments", (200, body))

    with pytest.raises(HostError, match="no list of attachments"):
        client.issue_attachments("DEMO-1").upload(("a.txt", b"a"))


def test_a_download_from_jira_leaves_without_credentials(jira, transport):
    host, client = jira
    media = Host()
    media.on("/file/1", 200, b"bytes")
    transport.mount("https://media.example.com", media)
    target = {"Location": "https://media.example.com/file/1?token=t"}
    host.route("GET", "/rest/api/3/attachment/content/10", (303, None, target))

    written, seen = io.BytesIO(), []
    client.issue_attachments("DEMO-1").download(10, written, progress=lambda *numbers: seen.append(numbers))
    assert written.getvalue() == b"bytes"
    assert seen[-1][0] == 5
    assert "Authorization" not in media.last.headers


def test_attachments_are_deleted(jira, transport):
    host, client = jira
    host.route("DELETE", "/rest/api/3/attachment/10", (204, None))
    attachments = client.issue_attachments("DEMO-1")

    assert attachments.delete("10") is True
    assert attachments.delete("11") is False
    with pytest.raises(ValueError, match="no attachment id"):
        attachments.delete("../issue/DEMO-1")


# --- Confluence -------------------------------------------------------------------------------------------------------


def test_files_go_to_content(confluence):
    host, client = confluence

    made = client.content_attachments(65536).upload(("a.txt", b"a"), ("b.txt", b"b"), comment="Grüße", notify=True)

    assert [record["title"] for record in made] == ["a.txt", "b.txt"]
    assert host.last.method == "PUT"
    fields = [(field, content.decode()) for field, name, _, content in parts(host.last) if name is None]
    assert fields == [("minorEdit", "false"), ("comment", "Grüße")] * 2


def test_a_new_attachment_need_not_replace_another(confluence):
    host, client = confluence

    client.content_attachments("65536").upload(("a.txt", b"a"), replace=False)

    assert host.last.method == "POST"
    assert [(field, content) for field, name, _, content in parts(host.last) if name is None] == [
        ("minorEdit", b"true")
    ]


@pytest.mark.parametrize("kind", ["pages", "blogposts", "custom-content"])
def test_the_attachments_of_content_come_page_by_page(confluence, kind):
    host, client = confluence
    path = f"/api/v2/{kind}/65536/attachments"

    def listed(received):
        if "cursor" in query(received):
            return 200, {"results": [{"id": "att2"}], "_links": {}}
        return 200, {"results": [{"id": "att1"}], "_links": {"next": f"/wiki{path}?cursor=x"}}

    host.route("GET", path, listed)
    found = client.content_attachments(65536, kind).list()

    assert next(found) == {"id": "att1"}
    assert len(host.received) == 1
    assert [record["id"] for record in found] == ["att2"]


def test_download_and_delete_in_confluence(confluence, tmp_path: Path):
    host, client = confluence
    host.route("GET", f"{PAGE}/att1/download", (200, b"bytes"))
    host.route("DELETE", "/api/v2/attachments/att1", (204, None))
    attachments = client.content_attachments(65536)

    attachments.download("att1", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"bytes"
    assert attachments.delete("att1") is True
    assert attachments.delete("att2") is False
