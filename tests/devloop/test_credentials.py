"""Credentials: where they come from, and who can read them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from atlassian_connect.devloop import Credentials, CredentialsError, find_credentials, write_credentials
from atlassian_connect.secret import Secret

ADA = Credentials("ada@example.com", Secret("ATATT-not-a-real-token"))


def test_what_is_written_is_found_again_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "config" / "credentials.json"

    write_credentials(path, Credentials("old@example.com", Secret("old")))
    write_credentials(path, ADA)

    assert find_credentials({}, path) == ADA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["credentials.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_can_reach_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "credentials.json"
    write_credentials(path, ADA)
    path.chmod(mode)

    with pytest.raises(CredentialsError, match=f"chmod 600 {path}"):
        find_credentials({}, path)


def test_the_environment_wins(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    write_credentials(path, ADA)

    found = find_credentials({"ATLASSIAN_EMAIL": "b@example.com", "ATLASSIAN_API_TOKEN": "other"}, path)

    assert (found.email, found.token.reveal()) == ("b@example.com", "other")


@pytest.mark.parametrize("missing", ["ATLASSIAN_EMAIL", "ATLASSIAN_API_TOKEN"])
def test_half_of_them_in_the_environment_is_an_error(tmp_path: Path, missing: str) -> None:
    given = {"ATLASSIAN_EMAIL": "b@example.com", "ATLASSIAN_API_TOKEN": "hidden"}
    del given[missing]

    with pytest.raises(CredentialsError, match=f"{missing} is not") as caught:
        find_credentials(given, tmp_path / "none")

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"email": "a"}', '{"email": 1, "token": "hidden"}', "\xff"])
def test_a_file_of_another_form_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)

    with pytest.raises(CredentialsError, match="not of the form") as caught:
        find_credentials({}, path)

    assert "hidden" not in str(caught.value)


def test_without_any_it_is_said_how_to_give_them(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"ATLASSIAN_EMAIL and ATLASSIAN_API_TOKEN.*--login"):
        find_credentials({}, tmp_path / "none")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CredentialsError, match="cannot be written"):
        write_credentials(tmp_path / "file" / "credentials.json", ADA)
