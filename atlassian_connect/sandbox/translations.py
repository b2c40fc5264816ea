"""Texts of modules that are registered at runtime, out of the app's translation files.

Source: *Internationalization*, https://developer.atlassian.com/cloud/jira/platform/internationalization/
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..errors import UrlNotAllowedError
from ..protocol.translations import DEFAULT_LOCALE, i18n_texts
from ..protocol.urls import parse_base_url, target_below
from .http import AppUnreachableError
from .json_text import read_json

if TYPE_CHECKING:
    from .installation import Installation

__all__ = ["translated"]

MAX_BYTES: Final = 1024 * 1024

_logger = logging.getLogger(__name__)


def translated(installation: Installation, document: Any) -> Any:
    """Return a registration with the texts that its ``i18n`` keys stand for, in the language of the site.

    The app is asked only when there are keys, and a descriptor that names files. What cannot be found keeps the value
    that was sent.
    """
    if next(i18n_texts(document), None) is None:
        return document
    texts = _texts_of(installation)
    return _with_texts(document, texts) if texts else document


def _texts_of(installation: Installation) -> Mapping[str, Any]:
    translations = installation.descriptor.get("translations")
    paths = translations.get("paths") if isinstance(translations, dict) else None
    if not isinstance(paths, dict) or not paths:
        return {}
    path = paths.get(DEFAULT_LOCALE, next(iter(paths.values())))
    try:
        url = target_below(parse_base_url(installation.app_base_url), str(path)).url
        answer = installation.site.wire.send("GET", url, product=installation.site.product, note="translations")
        texts = read_json(answer.body) if answer.status == 200 and len(answer.body) <= MAX_BYTES else None
    except (AppUnreachableError, UrlNotAllowedError, ValueError) as error:
        _logger.warning("The translations of %s could not be read: %s", installation.app_key, error)
        return {}
    if not isinstance(texts, dict):
        _logger.warning("The translations of %s at %s are no object of texts.", installation.app_key, path)
        return {}
    return texts


def _with_texts(value: Any, texts: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        found = texts.get(value["i18n"]) if isinstance(value.get("i18n"), str) and "value" in value else None
        if isinstance(found, str):
            return {**value, "value": found}
        return {name: _with_texts(entry, texts) for name, entry in value.items()}
    return [_with_texts(entry, texts) for entry in value] if isinstance(value, list) else value
