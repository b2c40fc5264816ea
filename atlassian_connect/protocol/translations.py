"""Translations: texts with keys, and the files that hosts look the keys up in.

Source: *Internationalization*, https://developer.atlassian.com/cloud/jira/platform/internationalization/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import DescriptorError

__all__ = ["DEFAULT_LOCALE", "check_i18n_keys", "check_texts", "i18n_texts", "missing_texts", "text"]

#: Whose file has every key that the descriptor uses; when there is none, the first one declared.
DEFAULT_LOCALE: Final = "en-US"


def text(value: str, *, i18n: str) -> dict[str, str]:
    """Write a text that hosts translate: ``name=text("Poll", i18n="poll.name")``.

    :param value: shown where no translation has the key.
    :param i18n: the key.
    :raises DescriptorError: one of them is empty.
    """
    if not value or not i18n:
        raise DescriptorError("A translated text has a value and a key.", path="i18n")
    return {"value": value, "i18n": i18n}


def check_texts(texts: object, *, path: str) -> dict[str, str]:
    """Check the content of one translation file: one flat object of keys and texts.

    :raises DescriptorError: it is none; the path says which key.
    """
    if not isinstance(texts, Mapping):
        raise DescriptorError("Is an object of keys and texts.", path=path)
    for key, value in texts.items():
        if not isinstance(key, str) or not key:
            raise DescriptorError(f"{key!r} is no key.", path=path)
        if not isinstance(value, str):
            raise DescriptorError("Is a text: these files are flat.", path=f"{path}.{key}")
    return dict(texts)


def i18n_texts(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Find the texts with keys in a document: path, key, default value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("i18n"), str) and "value" in value:
            yield path, value["i18n"], value["value"]
            return
        for name, entry in value.items():
            yield from i18n_texts(entry, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from i18n_texts(entry, f"{path}[{index}]")


def check_i18n_keys(document: Mapping[str, Any], files: Mapping[str, Mapping[str, str]]) -> None:
    """Check that what a document says with keys is in the default file, and that a key stands for one text.

    :param files: locale → texts. With none of them nothing is known of the keys: they may be in the template's files.
    :raises DescriptorError: a key is missing, or has two default values.
    """
    if not files:
        return
    default = DEFAULT_LOCALE if DEFAULT_LOCALE in files else next(iter(files))
    seen: dict[str, Any] = {}
    for path, key, value in i18n_texts(document):
        if key not in files[default]:
            raise DescriptorError(f"The translations for {default} lack the key {key!r}.", path=f"{path}.i18n")
        if seen.setdefault(key, value) != value:
            raise DescriptorError(
                f"The key {key!r} has the default {seen[key]!r} elsewhere; hosts want the same.", path=f"{path}.value"
            )


def missing_texts(document: Mapping[str, Any], files: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the keys a document uses that locales lack: they show the default value there."""
    used = sorted({key for _, key, _ in i18n_texts(document)})
    lacking = {locale: [key for key in used if key not in texts] for locale, texts in files.items()}
    return {locale: keys for locale, keys in lacking.items() if keys}
