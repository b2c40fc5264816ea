"""The descriptor: template + declared modules → document; and checking any document.

Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/confluence/connect-app-descriptor/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ..errors import DescriptorError
from ..types import Product
from .descriptor_checks import root_problems
from .module_checks import module_problems
from .modules import Module, flatten_modules, module_types, values_at
from .problems import Checking, Problem, error, warning
from .urls import normal_base_url

__all__ = [
    "API_MIGRATIONS",
    "LIFECYCLE_EVENTS",
    "Problem",
    "build_descriptor",
    "check_descriptor",
    "descriptor_bytes",
    "fill_template",
    "host_called_paths",
    "host_called_patterns",
    "require_valid",
]

LIFECYCLE_EVENTS: Final = ("installed", "uninstalled", "enabled", "disabled")
#: Migrations that are over on every host and still have to be declared.
API_MIGRATIONS: Final = {"signed-install": True, "context-qsh": True, "gdpr": True}

_VARIABLE = re.compile(r"\$?\{[^{}]*\}")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


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

    Cacheable pages are left out, since hosts load them without a token; so are URLs of other places and paths with
    ``{variables}``.
    """
    return {path for path in _called(document) if "{" not in path}


def host_called_patterns(document: Mapping[str, Any]) -> set[str]:
    """Return the paths with variables, as :func:`host_called_paths` does the others; ``{}`` stands for each."""
    return {_VARIABLE.sub("{}", path) for path in _called(document) if "{" in path}


def _called(document: Mapping[str, Any]) -> Iterator[str]:
    base = document.get("baseUrl")
    below = normal_base_url(base) + "/" if isinstance(base, str) else None
    for module in flatten_modules(_mapping(document, "modules")):
        if module.definition.get("cacheable") is True or module.definition.get("context") in ("page", "product"):
            continue
        known = module_types().get(module.type)
        for url_field in known.url_fields if known else ("url",):
            for _, url in values_at(module.definition, url_field):
                if not isinstance(url, str) or not url:
                    continue
                path = url.partition("?")[0].partition("#")[0]
                is_link = module.type == "webItems"  # one with an absolute URL is followed as it is, without a token
                if below is not None and not is_link and (normal_base_url(path.rstrip("/")) + "/").startswith(below):
                    path = path[len(below) - 1 :]
                if "://" not in path and not path.startswith("//"):
                    yield "/" + path.lstrip("/")


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, Mapping):
        raise DescriptorError("This is a JSON object.", path=name)
    return value


# --- checking ---------------------------------------------------------------------------------------------------------


def require_valid(document: Mapping[str, Any]) -> list[Problem]:
    """Check a document that is about to be served, and return the warnings.

    :raises DescriptorError: with the first error, and how many more there are.
    """
    problems = check_descriptor(document, served=True)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        more = f" ({len(errors) - 1} more errors)" if len(errors) > 1 else ""
        first = str(errors[0]).removeprefix(f"{errors[0].path}: ")
        caught = DescriptorError(first + more, path=errors[0].path)
        for problem in errors[1:]:
            caught.add_note(str(problem))  # a traceback at start-up shows them all
        raise caught
    return problems


def check_descriptor(document: object, product: Product | None = None, *, served: bool = False) -> list[Problem]:
    """Check a descriptor as a host does when it installs an app. Never raises, whatever the document is.

    Plain http is accepted for base URLs on this machine, as hosts in development mode do.

    :param product: whose host it is for; None: what either takes is right.
    :param served: the document is what a host fetches, not a file of a project: then placeholders such as
        ``{{ base_url }}`` and an empty base URL are errors. Otherwise placeholders are not judged.
    """
    if not isinstance(document, Mapping):
        return [error("", "Is no JSON object.", 'A descriptor is an object, such as {"key": "…", "baseUrl": "…"}.')]
    checking = Checking(product=product, served=served)
    try:
        problems = [*root_problems(checking, document), *module_problems(checking, document)]
    except RecursionError:
        return [error("", "Is nested too deeply.")]
    if checking.open_paths:
        where = _some(list(dict.fromkeys(checking.open_paths)))
        text = f"Is a template: what is filled in later is not judged ({where})."
        problems.append(warning("", text, "Check the document that is served, too."))
    return problems


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:3])
    return f"{shown} and {len(paths) - 3} more" if len(paths) > 3 else shown
