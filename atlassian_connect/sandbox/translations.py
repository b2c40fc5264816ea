"""Texts of modules in the viewer's language, out of the app's translation files.

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
    from .site import Site

__all__ = ["Translations", "locale_of"]

MAX_BYTES: Final = 1024 * 1024
#: How long a page is not held up again by a file that could not be read.
_AGAIN_SECONDS: Final = 60.0
#: Names that descriptors have for a language, beside the usual one.
_ALSO_CALLED: Final = {"en-GB": "en-UK"}

_logger = logging.getLogger(__name__)


def locale_of(site: Site, account_id: str | None) -> str:
    """The language of a user, e.g. ``sv-SE``; that of the site for visitors who are not logged in."""
    person = site.person(account_id) if account_id else None
    return person.locale.replace("_", "-") if person else DEFAULT_LOCALE


class Translations:
    """The translation files of one app. Each is fetched when it is first needed after an install or update."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._descriptor: dict[str, Any] | None = None  # the one that the files are of
        self._files: dict[str, tuple[float, Mapping[str, Any]]] = {}  # by path: when it was read, and what it has

    def of(self, document: Any, locale: str = DEFAULT_LOCALE) -> Any:
        """Return a document with the texts that its ``i18n`` keys stand for.

        The app is asked only when there are keys, and a descriptor that names files. What cannot be found keeps the
        value that is there.

        :param locale: e.g. ``sv-SE``. Without a file for it, one of the same language counts, then that of
            :data:`.DEFAULT_LOCALE`, then the first one.
        """
        if next(i18n_texts(document), None) is None:
            return document
        texts = self._texts(locale)
        return _with_texts(document, texts) if texts else document

    def _texts(self, locale: str) -> Mapping[str, Any]:
        descriptor = self._installation.descriptor
        if descriptor is not self._descriptor:
            self._descriptor, self._files = descriptor, {}
        translations = descriptor.get("translations")
        paths = translations.get("paths") if isinstance(translations, dict) else None
        path = _path_for(locale, paths) if isinstance(paths, dict) else None
        if path is None:
            return {}
        files, now = self._files, self._installation.site.wire.clock()
        read_at, texts = files.get(path, (0.0, {}))
        if path not in files or (not texts and now - read_at > _AGAIN_SECONDS):
            texts = self._fetch(path)
            files[path] = (now, texts)
        return texts

    def _fetch(self, path: str) -> Mapping[str, Any]:
        app = self._installation
        try:
            url = target_below(parse_base_url(app.app_base_url), path).url
            answer = app.site.wire.send("GET", url, product=app.site.product, note="translations")
            texts = read_json(answer.body) if answer.status == 200 and len(answer.body) <= MAX_BYTES else None
        except (AppUnreachableError, UrlNotAllowedError, ValueError) as error:
            _logger.warning("The translations of %s could not be read: %s", app.app_key, error)
            return {}
        if not isinstance(texts, dict):
            _logger.warning("The translations of %s at %s are no object of texts.", app.app_key, path)
            return {}
        return texts


def _path_for(locale: str, paths: Mapping[str, Any]) -> str | None:
    """The file for a language. None: there are no files."""
    language = locale.partition("-")[0]
    related = [name for name in paths if name.partition("-")[0] == language]
    wanted = (locale, _ALSO_CALLED.get(locale, locale), *related, DEFAULT_LOCALE, *paths)
    return next((str(paths[name]) for name in wanted if name in paths), None)


def _with_texts(value: Any, texts: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        found = texts.get(value["i18n"]) if isinstance(value.get("i18n"), str) and "value" in value else None
        if isinstance(found, str):
            return {**value, "value": found}
        return {name: _with_texts(entry, texts) for name, entry in value.items()}
    return [_with_texts(entry, texts) for entry in value] if isinstance(value, list) else value
