from __future__ import annotations

import io
import os

import pytest
from werkzeug.formparser import parse_form_data

from atlassian_connect.client.multipart import MultipartBody


class Unsized:
    """A file that only reads."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def read(self, size=-1):
        return self._content.read(size)


def parsed(body, content):
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": body.content_type,
        "wsgi.input": io.BytesIO(content),
        "CONTENT_LENGTH": str(len(content)),
    }
    _, form, files = parse_form_data(environ, stream_factory=lambda *_args, **_more: io.BytesIO())
    return form, files


@pytest.mark.parametrize(
    ("file", "name", "mimetype"),
    [
        (b"bytes", "file", None),
        ("text", "file", None),
        (io.BytesIO(b"file"), "file", None),
        (("a.txt", b"x"), "a.txt", None),
        (("a.txt", io.BytesIO(b"x"), "text/plain"), "a.txt", "text/plain"),
        (("a.txt", b"x", "text/plain", {"X-A": "1"}), "a.txt", "text/plain"),
        (("été \"1\".txt", b"x"), None, None),
        (("empty", b""), "empty", None),
    ],
)  # fmt: skip
def test_every_form_of_a_file_is_understood_by_a_server(file, name, mimetype):
    body = MultipartBody({"file": file}, {"comment": "été", "minorEdit": ["true", "false"], "none": None})

    content = body.read()

    form, files = parsed(body, content)
    assert len(content) == body.len
    assert form.to_dict(flat=False) == {"comment": ["été"], "minorEdit": ["true", "false"]}
    if name is not None:
        assert files["file"].filename == name
    if mimetype is not None:
        assert files["file"].mimetype == mimetype


def test_the_name_of_a_file_on_disk_is_its_last_part(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"pdf")

    with path.open("rb") as file:
        body = MultipartBody([("file", file)])
        _, files = parsed(body, body.read())

    assert files["file"].filename == "report.pdf"


def test_a_file_counts_from_where_it_stands():
    file = io.BytesIO(b"skipped, sent")
    file.seek(9)

    body = MultipartBody({"file": file})
    content = body.read()

    assert parsed(body, content)[1]["file"].read() == b"sent"
    assert len(content) == body.len


def test_a_file_without_a_length_makes_the_whole_one_without():
    body = MultipartBody({"file": ("a", Unsized(b"data"))})

    assert not hasattr(body, "len")
    assert parsed(body, b"".join(body))[1]["file"].read() == b"data"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_pieces_of_any_size_make_the_same_body(size):
    file = os.urandom(5000)
    body = MultipartBody([("a", file), ("b", io.BytesIO(file))])

    pieces = list(iter(lambda: body.read(size), b""))

    assert all(len(piece) <= size for piece in pieces)
    files = parsed(body, b"".join(pieces))[1]
    assert files["a"].read() == files["b"].read() == file


def test_file_names_cannot_add_headers_or_parts():
    """A name with line breaks or quotes stays a name."""
    body = MultipartBody({"file": ('a"\r\nX-Evil: 1\r\n\r\n.txt', b"x")})

    content = body.read()

    assert b"\r\nX-Evil" not in content
    assert len(parsed(body, content)[1].getlist("file")) == 1
