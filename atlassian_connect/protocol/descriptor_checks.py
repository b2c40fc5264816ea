"""Checks of a descriptor's root: everything but its modules.

Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .base_url_checks import base_url_problems, region_problems, relative_fix
from .module_types import module_types
from .problems import Checking, Problem, closest, error, text_faults, warning
from .scope_checks import scope_problems

__all__ = ["API_MIGRATION_KEYS", "ROOT_FIELDS", "asks_for_jwt", "root_problems"]

#: Fields that a descriptor has.
ROOT_FIELDS: Final = frozenset(
    {"key", "baseUrl", "authentication", "name", "description", "vendor", "links", "lifecycle", "scopes", "modules"}
    | {"apiVersion", "apiMigrations", "enableLicensing", "editionsEnabled", "translations", "regionBaseUrls"}
    | {"dataResidency", "cloudAppMigration"}
)
#: Opt-ins that hosts are known to have had.
API_MIGRATION_KEYS: Final = frozenset({"signed-install", "context-qsh", "gdpr"})
_LIFECYCLE: Final = frozenset({"installed", "uninstalled", "enabled", "disabled", "dare-migration"})
_ACCEPTED_SILENTLY: Final = frozenset({"$schema"})
_COMMENTS: Final = ("//", "_comment")  # how people write comments into JSON
#: Attributes of modules, which say nothing at the root; key, name and description are fields of both.
_MODULE_ATTRIBUTES: Final = frozenset({"location", "conditions", "weight", "target", "cacheable", "fullPage", "event"})
_OTHER_PRODUCTS: Final = {"capabilities": "HipChat", "contexts": "Bitbucket"}
_LOCALES: Final = frozenset(
    {"en-US", "en-UK", "fr-FR", "de-DE", "pt-PT", "es-ES", "ja-JP", "ko-KR", "ru-RU"}
)  # as the schema of 2021 has them

_APP_KEY: Final = re.compile(r"[a-zA-Z0-9\-._]+").fullmatch
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:").match
_LOCALE: Final = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?").fullmatch
_MAX_APP_KEY: Final = 64  # the schema of 2021 says 80, today's documentation 64
_MAX_URL: Final = 200


def root_problems(checking: Checking, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Check all fields of the root but ``modules``."""
    yield from _key(checking, document.get("key"))
    kind = _authentication_type(document)
    for check, name in _FIELDS:
        if name in document:
            yield from check(checking, document[name], name)
    yield from base_url_problems(checking, document.get("baseUrl"), "baseUrl", jwt=kind != "none")
    yield from _lifecycle(checking, document, jwt=kind != "none")
    if "regionBaseUrls" in document:
        yield from region_problems(checking, document["regionBaseUrls"], jwt=kind != "none")
    yield from _unknown_fields(document)
    if not document.get("name"):
        yield warning("name", "Is missing.", "Administrators see it; without it they see the key.")


def asks_for_jwt(document: Mapping[str, Any]) -> bool:
    """Whether hosts shall sign requests: what they do unless the document says none."""
    return _authentication_type(document) != "none"


def _authentication_type(document: Mapping[str, Any]) -> str:
    authentication = document.get("authentication")
    kind = authentication.get("type") if isinstance(authentication, Mapping) else None
    return kind.lower() if isinstance(kind, str) else "jwt"


def _key(checking: Checking, key: object) -> Iterator[Problem]:
    form = f"Use 1 to {_MAX_APP_KEY} letters, digits, dots, dashes or underscores."
    if key is None:
        yield error("key", "Is missing.", form)
    elif checking.is_open_root(key, "key"):
        return
    elif not isinstance(key, str) or not _APP_KEY(key):
        yield error("key", f"{key!r} is no app key.", form)
    elif len(key) > _MAX_APP_KEY:
        old = " Older schemas took 80; hosts and the Marketplace go by 64 today." if len(key) <= 80 else ""
        yield error("key", f"Has {len(key)} characters.", form + old)


# --- lifecycle --------------------------------------------------------------------------------------------------------


def _lifecycle(checking: Checking, document: Mapping[str, Any], *, jwt: bool) -> Iterator[Problem]:
    lifecycle = document.get("lifecycle", {})
    if checking.is_open(lifecycle, "lifecycle"):
        return
    if not isinstance(lifecycle, Mapping):
        yield error("lifecycle", "Is no object.", 'Write {"installed": "/installed"}.')
        lifecycle = {}
    base_url = document.get("baseUrl")
    for event, url in lifecycle.items():
        path = f"lifecycle.{event}"
        if event not in _LIFECYCLE:
            yield warning(path, "Is no event of the lifecycle.", _meant(event, _LIFECYCLE))
            continue
        if checking.is_open(url, path):
            continue
        if url is None and event == "installed" and jwt:
            continue  # told below
        if not isinstance(url, str):
            yield error(path, "Is no relative URL.", f"Write /{event}.")
        elif not url:
            if event != "installed" or not jwt:
                yield warning(path, "Is empty: the app is not told.", "Leave it out.")
        elif _SCHEME(url) or url.startswith("//"):
            yield error(path, "Is an absolute URL, and hosts append it to baseUrl.", relative_fix(url, base_url))
        elif not url.startswith("/") and isinstance(base_url, str) and not base_url.endswith("/"):
            yield warning(path, "Has no slash at its start, and hosts append it to baseUrl.", f"Write /{url}.")
    if jwt and not lifecycle.get("installed"):
        yield error(
            "lifecycle.installed",
            "Is missing: an app that asks for JWT needs it to receive its secret.",
            'Add "lifecycle": {"installed": "/installed"}, or ask for no authentication: {"type": "none"}.',
        )


# --- fields with a shape of their own ---------------------------------------------------------------------------------


def _authentication(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    right = 'Write {"type": "jwt"} or {"type": "none"}.'
    if checking.is_open(value, path):
        return
    if not isinstance(value, Mapping):
        yield error(path, "Is no object.", right)
        return
    kind = value.get("type", "jwt")
    if checking.is_open(kind, f"{path}.type"):
        return
    if not isinstance(kind, str) or kind.lower() not in ("jwt", "none"):
        yield error(f"{path}.type", f"{kind!r} is no kind of authentication.", right)


def _vendor(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if checking.is_open(value, path):
        return
    if not isinstance(value, Mapping):
        yield error(path, "Is no object.", 'Write {"name": "…", "url": "https://…"}.')
        return
    yield from text_faults(checking, value.get("name"), f"{path}.name", longest=100)
    yield from text_faults(checking, value.get("url"), f"{path}.url", longest=_MAX_URL)
    url = value.get("url")
    if isinstance(url, str) and _SCHEME(url) and not re.match(r"https?://|[\w.-]+:\d", url, re.IGNORECASE):
        yield error(f"{path}.url", "Has a scheme that hosts refuse.", "Write an http or https address.")


def _links(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield error(path, "Is no object.", 'Write {"documentation": "https://…"}.')
        return
    for name, url in value.items():
        if not isinstance(url, str):
            yield error(f"{path}.{name}", "Is no URL.", "Write it as a string.")


def _migrations(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield error(path, "Is no object.", 'Write {"signed-install": true}.')
        return
    for name, choice in value.items():
        where = f"{path}.{name}"
        if name not in API_MIGRATION_KEYS:
            yield warning(where, "Is a migration that no host is known to have.", _meant(name, API_MIGRATION_KEYS))
        elif checking.is_open(choice, where):
            continue
        elif not isinstance(choice, bool):
            yield error(where, "Is neither true nor false.", "Write true.")
        elif not choice:
            yield warning(where, "Is false, which has no effect: this migration is over.", "Write true.")


def _translations(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    paths = value.get("paths") if isinstance(value, Mapping) else None
    if not isinstance(paths, Mapping):
        yield error(path, "Has no object of paths.", 'Write {"paths": {"de-DE": "/i18n/de.json"}}.')
        return
    for locale, url in paths.items():
        where = f"{path}.paths.{locale}"
        known = f"Known are {', '.join(sorted(_LOCALES))}."
        if locale not in _LOCALES and _LOCALE(locale):
            yield warning(where, "Is a locale that no host is known to ask for.", known)
        elif locale not in _LOCALES:
            yield error(where, "Is no locale.", known)
        if not isinstance(url, str):
            yield error(where, "Is no relative URL.", "Write the path of a JSON file of texts.")
        elif _SCHEME(url) and not checking.is_open(url, where):
            yield warning(where, "Is an absolute URL.", "Write the path below baseUrl.")


def _integer(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if not checking.is_open(value, path) and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        yield error(path, f"{value!r} is no version.", "Write 1, or a higher whole number without quotes.")


def _boolean(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if not checking.is_open(value, path) and not isinstance(value, bool):
        yield error(path, "Is neither true nor false.", "Write true or false, without quotes.")


def _residency(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    hours = value.get("maxMigrationDurationHours", 1) if isinstance(value, Mapping) else None
    if not isinstance(hours, int) or isinstance(hours, bool):
        yield error(path, "Has no number of hours.", 'Write {"maxMigrationDurationHours": 24}.')


def _object(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping) and not checking.is_open(value, path):
        yield error(path, "Is no object.")


def _name(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    yield from text_faults(checking, value, path, longest=80)


def _description(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    yield from text_faults(checking, value, path, longest=1400)


_FIELDS: Final[tuple[tuple[Callable[[Checking, object, str], Iterator[Problem]], str], ...]] = (
    (_name, "name"),
    (_description, "description"),
    (_vendor, "vendor"),
    (_links, "links"),
    (_authentication, "authentication"),
    (scope_problems, "scopes"),
    (_integer, "apiVersion"),
    (_migrations, "apiMigrations"),
    (_boolean, "enableLicensing"),
    (_boolean, "editionsEnabled"),
    (_translations, "translations"),
    (_residency, "dataResidency"),
    (_object, "cloudAppMigration"),
)


# --- what does not belong ---------------------------------------------------------------------------------------------


def _unknown_fields(document: Mapping[str, Any]) -> Iterator[Problem]:
    for name in sorted(set(document) - ROOT_FIELDS - _ACCEPTED_SILENTLY):
        if name.startswith(_COMMENTS):
            continue
        if name in module_types():
            yield error(
                name, "Is a module type, and hosts look for those in modules only.", f"Move it to modules.{name}."
            )
        elif name in _LIFECYCLE:
            yield error(name, "Is an event of the lifecycle.", f"Move it to lifecycle.{name}.")
        elif name in API_MIGRATION_KEYS:
            yield error(name, "Is an API migration.", f"Move it to apiMigrations.{name}.")
        elif name in _MODULE_ATTRIBUTES:
            yield error(name, "Is a field of modules.", f"Move it into a module, e.g. modules.webPanels[0].{name}.")
        elif name in _OTHER_PRODUCTS:
            product = _OTHER_PRODUCTS[name]
            yield warning(name, f"Is a field of descriptors for {product}, which Jira and Confluence do not know.")
        elif name == "version":
            yield warning(name, "Is ignored: the Marketplace numbers the versions.", "Leave it out.")
        else:
            yield warning(name, "Is not a field of the descriptor.", _meant(name, ROOT_FIELDS))


def _meant(name: str, known: frozenset[str]) -> str:
    meant = closest(name, known)
    return f"Did you mean {meant}?" if meant else ""
