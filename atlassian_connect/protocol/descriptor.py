"""The descriptor: template + declared modules → document; and checking any document.

Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/confluence/connect-app-descriptor/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..errors import DescriptorError, UrlNotAllowedError
from .modules import Module, check_module, flatten_modules, known_events, module_types, value_at
from .scopes import SCOPES
from .urls import is_loopback, parse_base_url

__all__ = [
    "API_MIGRATIONS",
    "LIFECYCLE_EVENTS",
    "Problem",
    "build_descriptor",
    "check_descriptor",
    "descriptor_bytes",
    "fill_template",
    "host_called_paths",
    "require_valid",
]

LIFECYCLE_EVENTS: Final = ("installed", "uninstalled", "enabled", "disabled")
#: Migrations that are over on every host and still have to be declared.
API_MIGRATIONS: Final = {"signed-install": True, "context-qsh": True, "gdpr": True}

_APP_KEY = re.compile(r"[a-zA-Z0-9\-._]+").fullmatch
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:").match
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_MAX_APP_KEY = 64  # the schema of 2021 says 80, today's documentation 64
_ROOT_FIELDS = frozenset(
    {"key", "baseUrl", "authentication", "name", "description", "vendor", "links", "lifecycle", "scopes", "modules"}
    | {"apiVersion", "apiMigrations", "enableLicensing", "editionsEnabled", "translations", "regionBaseUrls"}
    | {"dataResidency", "cloudAppMigration"}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a descriptor.

    :ivar severity: ``error``: hosts refuse it. ``warning``: hosts accept it, and it is probably not meant.
    :ivar path: where, e.g. ``modules.webPanels[0].location``; empty for the whole document.
    """

    severity: Literal["error", "warning"]
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'descriptor'}: {self.message}"


def fill_template(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace ``{{ name }}`` in the strings of a template.

    A string that is one placeholder and nothing else takes the value as it is, so ``"{{ licensed }}"`` can become
    ``true``. The host's own ``{context.variables}`` with single braces stay.

    :raises DescriptorError: a name has no value.
    """

    def fill(value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            return {key: fill(entry, f"{path}.{key}" if path else key) for key, entry in value.items()}
        if isinstance(value, list):
            return [fill(entry, f"{path}[{index}]") for index, entry in enumerate(value)]
        if not isinstance(value, str):
            return value
        whole = _PLACEHOLDER.fullmatch(value)
        if whole:
            return lookup(whole[1], path)
        return _PLACEHOLDER.sub(lambda match: str(lookup(match[1], path)), value)

    def lookup(name: str, path: str) -> Any:
        if name not in values:
            raise DescriptorError(
                f"{{{{ {name} }}}} has no value; known are {', '.join(sorted(values))}. Others come from"
                " ATLASSIAN_CONNECT_DESCRIPTOR_VALUES.",
                path=path,
            )
        return values[name]

    return {key: fill(value, key) for key, value in template.items()}


def build_descriptor(
    template: Mapping[str, Any], *, app_key: str, base_url: str, modules: Iterable[Module], lifecycle: Mapping[str, str]
) -> dict[str, Any]:
    """Merge a filled template with what is declared in code.

    What the template says wins over defaults; modules of both stand side by side, the template's first. The order is
    the order of the template and of the declarations, so that the same app always yields the same bytes.

    :param lifecycle: paths of the lifecycle endpoints, for events that the template does not name.
    :raises DescriptorError: the template has another key or base URL, or a type that a descriptor has one of twice.
    """
    for name, value in (("key", app_key), ("baseUrl", base_url)):
        if template.get(name, value) != value:
            raise DescriptorError(f"The template says {template[name]!r}, the settings say {value!r}.", path=name)
    document: dict[str, Any] = {"key": app_key, "baseUrl": base_url}
    document.update(template)
    document.setdefault("authentication", {"type": "jwt"})
    document["lifecycle"] = {**lifecycle, **_mapping(document, "lifecycle")}
    document["apiMigrations"] = {**API_MIGRATIONS, **_mapping(document, "apiMigrations")}
    merged = {name: list(v) if isinstance(v, list) else v for name, v in _mapping(document, "modules").items()}
    for module in modules:
        known = module_types().get(module.type)
        if known is not None and not known.is_list:
            if module.type in merged:
                raise DescriptorError("A descriptor has at most one of these.", path=f"modules.{module.type}")
            merged[module.type] = dict(module.definition)
            continue
        entries = merged.setdefault(module.type, [])
        if not isinstance(entries, list):
            raise DescriptorError("The template has one object where a list belongs.", path=f"modules.{module.type}")
        entries.append(dict(module.definition))
    document["modules"] = merged
    return document


def descriptor_bytes(document: Mapping[str, Any]) -> bytes:
    """Write a document the one way it is served: UTF-8 JSON, two spaces, in the document's own order."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def host_called_paths(document: Mapping[str, Any]) -> set[str]:
    """Return the paths below the base URL that hosts call with a token, except the lifecycle's.

    Cacheable pages are left out, since hosts load them without a token; so are URLs of other origins and paths with
    ``{variables}``.
    """
    paths: set[str] = set()
    for module in flatten_modules(_mapping(document, "modules")):
        if module.definition.get("cacheable") is True or module.definition.get("context") in ("page", "product"):
            continue
        known = module_types().get(module.type)
        for url_field in known.url_fields if known else ("url",):
            url = value_at(module.definition, url_field)
            if isinstance(url, str) and url and "://" not in url and not url.startswith("//"):
                path = url.partition("?")[0].partition("#")[0]
                if "{" not in path:
                    paths.add("/" + path.lstrip("/"))
    return paths


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, Mapping):
        raise DescriptorError("This is a JSON object.", path=name)
    return value


# --- checking ---------------------------------------------------------------------------------------------------------


def require_valid(document: Mapping[str, Any]) -> list[Problem]:
    """Check a document and return the warnings.

    :raises DescriptorError: with the first error, and how many more there are.
    """
    problems = check_descriptor(document)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        more = f" ({len(errors) - 1} more errors)" if len(errors) > 1 else ""
        raise DescriptorError(errors[0].message + more, path=errors[0].path)
    return problems


def check_descriptor(document: Mapping[str, Any]) -> list[Problem]:
    """Check a descriptor as a host does when it installs an app.

    Plain http is accepted for base URLs on this machine, as hosts in development mode do.
    """
    return list(_check_root(document)) + list(_check_modules(document))


def _check_root(document: Mapping[str, Any]) -> Iterator[Problem]:
    key = document.get("key")
    if not isinstance(key, str) or not _APP_KEY(key) or len(key) > _MAX_APP_KEY:
        yield Problem("error", "key", f"Needs 1 to {_MAX_APP_KEY} letters, digits, dots, dashes or underscores.")
    authentication = document.get("authentication", {})
    kind = authentication.get("type", "jwt") if isinstance(authentication, Mapping) else None
    if not isinstance(kind, str) or kind.lower() not in ("jwt", "none"):
        yield Problem("error", "authentication.type", "Is jwt or none.")
        kind = "jwt"
    yield from _check_base_url(document.get("baseUrl"), secure=kind.lower() == "jwt")
    lifecycle = document.get("lifecycle", {})
    if not isinstance(lifecycle, Mapping):
        yield Problem("error", "lifecycle", "Is an object of relative URLs.")
        lifecycle = {}
    for event, url in lifecycle.items():
        if not isinstance(url, str) or not url:
            yield Problem("error", f"lifecycle.{event}", "Is a relative URL.")
        elif _SCHEME(url):
            yield Problem("error", f"lifecycle.{event}", "Is relative to baseUrl; absolute URLs are refused.")
    if kind.lower() == "jwt" and not lifecycle.get("installed"):
        yield Problem("error", "lifecycle.installed", "An app that asks for JWT needs it to receive its secret.")
    scopes = document.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        yield Problem("error", "scopes", "Is a list of scope names.")
        scopes = []
    for index, scope in enumerate(scopes):
        if scope.upper() not in SCOPES:
            yield Problem("error", f"scopes[{index}]", f"{scope!r} is no Connect scope.")
    for name in sorted(set(document) - _ROOT_FIELDS):
        yield Problem("warning", name, "Is not a field of the descriptor.")
    if not document.get("name"):
        yield Problem("warning", "name", "Administrators see it; without it they see the key.")


def _check_base_url(url: object, *, secure: bool) -> Iterator[Problem]:
    if not isinstance(url, str):
        yield Problem("error", "baseUrl", "Is missing.")
        return
    try:
        base = parse_base_url(url)
    except UrlNotAllowedError as error:
        yield Problem("error", "baseUrl", str(error))
        return
    if secure and base.scheme != "https" and not is_loopback(base.host):
        yield Problem("error", "baseUrl", "Must be https for an app that asks for JWT.")
    if len(url) > 200:
        yield Problem("error", "baseUrl", "Has more than 200 characters.")


def _check_modules(document: Mapping[str, Any]) -> Iterator[Problem]:
    modules = document.get("modules", {})
    if not isinstance(modules, Mapping):
        yield Problem("error", "modules", "Is an object of lists.")
        return
    seen: dict[str, str] = {}
    types = module_types()
    for type_name, entries in modules.items():
        path = f"modules.{type_name}"
        if type_name not in types:
            yield Problem("warning", path, "Is an unknown module type; hosts ignore those or know more than we do.")
        for where, entry in _entries(entries, path):
            if not isinstance(entry, Mapping):
                yield Problem("error", where, "Is a JSON object.")
                continue
            module = Module(type_name, entry)
            try:
                check_module(module, path=where)
            except DescriptorError as error:
                yield Problem("error", error.path, str(error).removeprefix(f"{error.path}: "))
            if module.key and module.key in seen:
                yield Problem(
                    "error", f"{where}.key", f"Duplicate module key {module.key!r}, first used in {seen[module.key]}."
                )
            elif module.key:
                seen[module.key] = where
            event = entry.get("event")
            if type_name == "webhooks" and isinstance(event, str) and event not in known_events():
                yield Problem("warning", f"{where}.event", f"{event!r} is an event that no host is known to send.")
    if not seen and not modules:
        yield Problem("warning", "modules", "The app has no modules: nobody will see it.")
    scopes = document.get("scopes")
    if modules.get("webhooks") and not (isinstance(scopes, list) and _reads(scopes)):
        yield Problem("error", "scopes", "Webhooks need the scope READ, or one that includes it.")


def _entries(entries: object, path: str) -> Iterable[tuple[str, object]]:
    if isinstance(entries, Sequence) and not isinstance(entries, str):
        return [(f"{path}[{index}]", entry) for index, entry in enumerate(entries)]
    return [(path, entries)]


def _reads(scopes: Sequence[object]) -> bool:
    included = {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN", "ADMIN"}
    return any(isinstance(scope, str) and scope.upper() in included for scope in scopes)
