from __future__ import annotations

import io
import os

import pytest

from atlassian_connect.errors import HostNotFoundError, HostUnreachableError, UrlNotAllowedError

from .hosts import Host

CONTENT = os.urandom(200_000)


@pytest.fixture
def media(cloud, transport):
    """Where a host sends downloads to."""
    media = Host()
    transport.mount("https://media.example", media)
    media.on("/file", 200, CONTENT, Content_Length=str(len(CONTENT)))
    cloud.on("/wiki/download", 302, Location="https://media.example/file?token=t")
    return media


def test_a_download_goes_to_a_file_piece_by_piece(client, media):
    file, told = io.BytesIO(), []

    response = client.download("/download", file, progress=lambda done, total: told.append((done, total)))

    assert file.getvalue() == CONTENT
    assert told[-1] == (200_000, 200_000)
    assert len(told) == 4
    assert response.headers["Content-Length"] == "200000"


def test_another_server_gets_no_credentials(client, media, cloud, tenant):
    client.download("/download", io.BytesIO())

    cloud.last.claims(tenant)
    assert media.last.headers["Authorization"] is None
    assert media.last.headers["Accept"] == "*/*"
    with pytest.raises(UrlNotAllowedError):
        client.download("/download", io.BytesIO(), follow_foreign=False)


def test_a_path_has_the_whole_file(client, media, tmp_path):
    client.download("/download", tmp_path / "file")
    client.download("/download", str(tmp_path / "file"))

    assert (tmp_path / "file").read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["file"]


def test_a_path_keeps_what_it_had_when_the_download_breaks_off(served_client, served, tmp_path):
    served.on("/wiki/download", 200, CONTENT, Content_Length="300000", Connection="close")
    (tmp_path / "file").write_bytes(b"before")

    with pytest.raises(HostUnreachableError):
        served_client.download("/download", tmp_path / "file")

    assert (tmp_path / "file").read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_status_writes_nothing(client, cloud, tmp_path):
    cloud.on("/wiki/download", 404, b'{"message": "gone"}')

    with pytest.raises(HostNotFoundError, match="gone"):
        client.download("/download", tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_progress_may_stop_it(client, media, tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.download("/download", tmp_path / "file", progress=stop)
    assert os.listdir(tmp_path) == []


def test_the_total_is_unknown_when_the_host_does_not_say(client, cloud):
    cloud.on("/wiki/download", 200, CONTENT)
    told = []

    client.download("/download", io.BytesIO(), progress=lambda done, total: told.append(total))

    assert set(told) == {None}


def test_a_download_can_be_anonymous(client, cloud):
    client.download("/x", io.BytesIO(), anonymous=True, headers={"Accept": "image/png"})

    assert cloud.last.headers["Authorization"] is None
    assert cloud.last.headers["Accept"] == "image/png"


def test_a_download_waits_for_the_host(client, cloud, clock):
    answers = [(429, {"Retry-After": "2"}, b"")]
    cloud.answers["/wiki/x"] = lambda received: answers.pop() if answers else (200, {}, b"content")
    file = io.BytesIO()

    client.download("/x", file)

    assert file.getvalue() == b"content"
    assert clock.slept
