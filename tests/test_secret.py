"""A secret shows itself nowhere but where it is revealed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from atlassian_connect.secret import Secret

TEXT = "hush-0123456789"


def test_reveal():
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{}".format,
        "{!r}".format,
        lambda secret: f"{secret}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: str([secret, {"a": secret}]),
        lambda secret: json.dumps({"secret": secret}, default=str),
    ],
)
def test_it_shows_asterisks(show):
    assert "**********" in show(Secret(TEXT))
    assert TEXT not in show(Secret(TEXT))


def test_it_does_not_even_show_its_length():
    assert repr(Secret("a")) == repr(Secret("ab")) == repr(Secret(""))


@pytest.mark.parametrize("spec", [">20", "s", "x"])
def test_formatting_it_as_a_string_is_an_error(spec):
    with pytest.raises(TypeError):
        format(Secret(TEXT), spec)


def test_in_the_repr_of_a_dataclass():
    @dataclass
    class Tenant:
        shared_secret: Secret

    assert repr(Tenant(Secret(TEXT))).endswith("Tenant(shared_secret=Secret('**********'))")


def test_in_a_log_record(caplog):
    logging.getLogger("test").warning("installed with %s, %r", Secret(TEXT), {"secret": Secret(TEXT)})

    assert "**********" in caplog.text
    assert TEXT not in caplog.text


def test_in_a_traceback_that_shows_local_variables():
    def fail(secret):
        raise ValueError(f"cannot use {secret}")

    with pytest.raises(ValueError, match="cannot use") as caught:
        fail(Secret("".join(TEXT)))

    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = Secret('**********')" in shown
    assert "hush-0" not in shown.replace(f"TEXT = {TEXT!r}", "")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol):
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps({"tenant": Secret(TEXT)}, protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_it_cannot_be_copied(copied):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copied(Secret(TEXT))


def test_it_is_no_json():
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT))


def test_it_takes_no_other_attributes():
    with pytest.raises(AttributeError):
        Secret(TEXT).text = TEXT
    with pytest.raises(TypeError):
        vars(Secret(TEXT))


def test_it_is_no_sequence_of_characters():
    for use in (len, list, bytes, lambda secret: secret[0], lambda secret: secret + "", lambda secret: "h" in secret):
        with pytest.raises(TypeError):
            use(Secret(TEXT))


def test_comparing():
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret(TEXT + "x")
    assert Secret("é") == Secret("é")
    assert Secret("é") != Secret("e")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT) != None  # noqa: E711
    assert (Secret(TEXT) == object()) is False


def test_comparing_takes_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda left, right: compared.append((left, right)) or True)

    assert Secret("a") == Secret("b")
    assert compared == [(b"a", b"b")]


def test_hashing():
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))
    assert hash(Secret(TEXT)) != hash(TEXT)
    assert len({Secret(TEXT), Secret(TEXT), Secret("x")}) == 2


def test_an_empty_secret_is_false():
    assert Secret("x")
    assert not Secret("")
