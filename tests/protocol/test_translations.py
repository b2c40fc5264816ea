"""Texts with keys, and the files that have them."""

from __future__ import annotations

import pytest

from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.translations import (
    check_i18n_keys,
    check_texts,
    i18n_texts,
    missing_texts,
    text,
)

DOCUMENT = {
    "modules": {
        "webItems": [
            {"key": "a", "name": text("Poll", i18n="poll"), "tooltip": text("Vote", i18n="vote")},
            {"key": "b", "name": {"value": "Plain"}},
        ]
    }
}


def test_a_text_has_a_value_and_a_key():
    assert text("Poll", i18n="poll.name") == {"value": "Poll", "i18n": "poll.name"}
    for value, key in (("", "poll"), ("Poll", "")):
        with pytest.raises(DescriptorError):
            text(value, i18n=key)


def test_keys_are_found_wherever_they_stand():
    assert list(i18n_texts(DOCUMENT)) == [
        ("modules.webItems[0].name", "poll", "Poll"),
        ("modules.webItems[0].tooltip", "vote", "Vote"),
    ]


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ([], "translations.de-DE"),
        ("poll", "translations.de-DE"),
        ({"": "x"}, "translations.de-DE"),
        ({1: "x"}, "translations.de-DE"),
        ({"poll": {"name": "x"}}, "translations.de-DE.poll"),
        ({"poll": None}, "translations.de-DE.poll"),
    ],
)
def test_a_file_is_flat(texts, path):
    with pytest.raises(DescriptorError) as caught:
        check_texts(texts, path="translations.de-DE")

    assert caught.value.path == path


def test_the_default_file_has_every_key():
    complete = {"poll": "Poll", "vote": "Vote", "more": "More"}

    check_i18n_keys(DOCUMENT, {})
    check_i18n_keys(DOCUMENT, {"de-DE": {}, "en-US": complete})
    check_i18n_keys(DOCUMENT, {"de-DE": complete, "fr-FR": {}})
    with pytest.raises(DescriptorError, match="en-US lack") as caught:
        check_i18n_keys(DOCUMENT, {"de-DE": complete, "en-US": {"poll": "Poll"}})
    assert caught.value.path == "modules.webItems[0].tooltip.i18n"
    with pytest.raises(DescriptorError, match="de-DE lack"):
        check_i18n_keys(DOCUMENT, {"de-DE": {}, "fr-FR": complete})


def test_a_key_stands_for_one_text():
    document = {"a": text("Poll", i18n="poll"), "b": text("Survey", i18n="poll")}

    with pytest.raises(DescriptorError, match="'Poll'") as caught:
        check_i18n_keys(document, {"en-US": {"poll": "Poll"}})
    assert caught.value.path == "b.value"


def test_what_other_locales_lack_is_listed():
    files = {"en-US": {"poll": "Poll", "vote": "Vote"}, "de-DE": {"poll": "Umfrage"}}

    assert missing_texts(DOCUMENT, files) == {"de-DE": ["vote"]}
