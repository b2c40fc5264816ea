"""The error tree: drawn once in the docstring, and true."""

from __future__ import annotations

import builtins
import inspect
import re

import pytest

from atlassian_connect import errors
from atlassian_connect.errors import (
    AuthenticationError,
    ConnectError,
    DescriptorError,
    HostNotFoundError,
    HostResponseError,
    InvalidRequestError,
    KeyServerError,
    NotAuthenticatedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    QshMismatchError,
    RequestError,
    StorageError,
    TenantUninstalledError,
    UnknownTenantError,
)

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__.startswith(errors.__name__)
}


def drawn() -> list[tuple[str, str | None, str]]:
    """Read the tree in the docstring: name, name of the parent, and what is written next to it."""
    tree: list[tuple[str, str | None, str]] = []
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r" {4}(?P<lines>[ │├└─]*)(?P<name>\w+Error)\b(?P<text>.*)", line)
        if found:
            depth = len(found["lines"]) // 4
            del above[depth:]
            tree.append((found["name"], above[-1] if above else None, found["text"]))
            above.append(found["name"])
    return tree


def test_all_names_every_error():
    assert sorted(CLASSES) == sorted(errors.__all__)


def test_the_tree_shows_every_error_once():
    assert sorted(name for name, _, _ in drawn()) == sorted(CLASSES)


@pytest.mark.parametrize(("name", "parent", "text"), drawn(), ids=lambda value: str(value).split(" ")[0])
def test_the_tree_is_true(name, parent, text):
    bases = CLASSES[name].__bases__

    assert bases[0].__name__ == (parent or "Exception")
    also = re.search(r"also an? (\w+)", text)
    if also:
        assert getattr(builtins, also[1]) in bases
    status = re.match(r" +([45]\d\d)\b", text)
    if status and not issubclass(CLASSES[name], HostResponseError):
        assert CLASSES[name].status == int(status[1])


def test_every_error_has_the_one_base():
    assert all(issubclass(error, ConnectError) for error in CLASSES.values())


def test_every_error_says_what_it_means():
    assert all(error.__doc__ for error in CLASSES.values())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestError("x"), 400),
        (InvalidRequestError("x"), 400),
        (PayloadTooLargeError("x"), 413),
        (AuthenticationError("x"), 401),
        (QshMismatchError(expected="GET&/&", received="0"), 401),
        (PermissionDeniedError("x"), 403),
        (KeyServerError("x"), 503),
        (StorageError("x"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_status(error, status):
    assert error.status == status
    assert error.public_message


@pytest.mark.parametrize(
    "error",
    [
        RequestError("hush"),
        AuthenticationError("hush"),
        AuthenticationError("hush", reason="hush"),
        QshMismatchError(expected="hush", received="hush"),
        PermissionDeniedError("hush"),
        KeyServerError("hush"),
        StorageError("hush"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_clients_are_not_told_what_was_wrong(error):
    assert "hush" not in error.public_message


def test_every_refusal_to_authenticate_reads_the_same():
    said = {
        error.public_message
        for error in (
            AuthenticationError("a", reason="expired"),
            AuthenticationError("b", reason="bad_signature"),
            QshMismatchError(expected="a", received="b"),
        )
    }
    assert len(said) == 1


def test_clients_are_told_what_is_wrong_with_the_form():
    assert InvalidRequestError("clientKey is missing.").public_message == "clientKey is missing."


def test_reasons_are_for_logs():
    assert AuthenticationError("a").reason == "unauthenticated"
    assert AuthenticationError("a", reason="expired").reason == "expired"
    assert AuthenticationError("a").reason == "unauthenticated"
    assert QshMismatchError(expected="a", received="b").reason == "qsh_mismatch"


def test_a_qsh_mismatch_keeps_query_values_out_of_its_message():
    error = QshMismatchError(expected="GET&/p&token=hush", received="0" * 64)

    assert "hush" not in str(error)
    assert (error.expected, error.received) == ("GET&/p&token=hush", "0" * 64)


def test_a_descriptor_error_says_where():
    error = DescriptorError("is wrong", path="modules.webPanels[0]")

    assert (str(error), error.path) == ("modules.webPanels[0]: is wrong", "modules.webPanels[0]")
    assert str(DescriptorError("is wrong")) == "is wrong"


@pytest.mark.parametrize("error", [UnknownTenantError("a-key"), TenantUninstalledError("a-key")])
def test_tenant_errors_name_the_tenant(error):
    assert error.client_key == "a-key"
    assert "a-key" in str(error)
    assert isinstance(error, LookupError)


def test_not_authenticated_says_what_to_do():
    assert "@connect.require()" in str(NotAuthenticatedError("current_tenant"))


def test_a_host_error_reads_as_one_line():
    error = HostNotFoundError(status=404, message="No such page", method="GET", url="https://a/p")

    assert str(error) == "GET https://a/p answered 404: No such page"
    assert str(HostNotFoundError(status=404, message="", method="GET", url="https://a/p")).endswith("answered 404")
    assert (error.status, error.message, error.method, error.url, error.response) == (
        404,
        "No such page",
        "GET",
        "https://a/p",
        None,
    )


def test_errors_survive_a_job_queue():
    import pickle

    from atlassian_connect.errors import HostConflictError, QshMismatchError, UnknownTenantError

    conflict = HostConflictError(status=409, message="newer", method="PUT", url="https://x", response=object())
    for error in (conflict, QshMismatchError(expected="GET&/&", received="0"), UnknownTenantError("tenant-1")):
        again = pickle.loads(pickle.dumps(error))

        assert type(again) is type(error)
        assert str(again) == str(error)
    assert again.client_key == "tenant-1"
    assert (pickle.loads(pickle.dumps(conflict)).status, pickle.loads(pickle.dumps(conflict)).response) == (409, None)
