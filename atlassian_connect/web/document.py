"""The served descriptor: the template, what code says of its root, and the modules that are declared."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from ..errors import ConfigurationError, DescriptorError
from ..protocol.descriptor import LIFECYCLE_EVENTS, build_descriptor, fill_template, require_valid
from ..protocol.modules import flatten_modules
from ..protocol.translations import check_i18n_keys
from ..registry import Registry
from ..settings import DEFAULT_DESCRIPTOR, ConnectSettings
from .description import read_translations, with_description

__all__ = ["DescriptorSource", "lifecycle_paths", "module_keys", "read_source", "translation_paths"]


@dataclass(frozen=True, kw_only=True)
class DescriptorSource:
    """What the descriptor is made of, as it is settled when an app is set up. Modules may be declared later.

    :ivar template: with every placeholder filled, and with what code says of the root.
    :ivar texts: locale → key → text, of the translations that the app serves.
    """

    settings: ConnectSettings
    registry: Registry
    app_key: str
    template: Mapping[str, Any]
    texts: Mapping[str, Mapping[str, str]]

    def document(self) -> dict[str, Any]:
        """Build the descriptor.

        :raises DescriptorError: a host would refuse it.
        """
        registry, prefix = self.registry, self.settings.url_prefix
        built = build_descriptor(
            self.template,
            app_key=self.app_key,
            base_url=self.settings.base_url,
            modules=registry.static_modules(prefix),
            lifecycle=lifecycle_paths(self.settings),
        )
        require_valid(built)
        registry.refuse_clashes(module_keys(built))
        runtime = [known.module(prefix).definition for known in registry.modules if known.dynamic]
        check_i18n_keys({**built, "dynamic modules": runtime}, self.texts)
        return built

    @property
    def audiences(self) -> list[str]:
        """Base URLs that hosts may know the app by."""
        regions = self.template.get("regionBaseUrls")
        regional = regions.values() if isinstance(regions, Mapping) else ()
        urls = [self.settings.base_url, *self.settings.allowed_audiences, *regional]
        return [url for url in urls if isinstance(url, str)]

    @property
    def scopes(self) -> list[str]:
        """What the app asks for."""
        listed = self.template.get("scopes")
        return [scope for scope in listed if isinstance(scope, str)] if isinstance(listed, list) else []


def read_source(app: Flask, settings: ConnectSettings, registry: Registry) -> DescriptorSource:
    """Read the template and the translations of an app.

    :raises ConfigurationError: there is no template and nothing said in code, or no app key.
    :raises DescriptorError: a file is no JSON object, or a placeholder has no value.
    """
    template = _read_template(app, settings, is_described=bool(registry.description or registry.translations))
    app_key = _app_key(settings, template)
    filled = fill_template(template, {**settings.descriptor_values, "app_key": app_key, "base_url": settings.base_url})
    texts = read_translations(app, registry.translations)
    described = with_description(filled, registry.description, translations=translation_paths(settings, texts))
    return DescriptorSource(settings=settings, registry=registry, app_key=app_key, template=described, texts=texts)


def lifecycle_paths(settings: ConnectSettings) -> dict[str, str]:
    """Event → path of its endpoint, unless the template names another."""
    return {event: f"{settings.url_prefix}/lifecycle/{event}" for event in LIFECYCLE_EVENTS}


def translation_paths(settings: ConnectSettings, texts: Mapping[str, object]) -> dict[str, str]:
    """Locale → path of its texts."""
    return {locale: f"{settings.url_prefix}/translations/{locale}.json" for locale in texts}


def module_keys(document: Mapping[str, Any]) -> Collection[str]:
    """The keys of a descriptor's modules."""
    return {module.key for module in flatten_modules(document.get("modules", {})) if module.key}


def _read_template(app: Flask, settings: ConnectSettings, *, is_described: bool) -> Mapping[str, Any]:
    if isinstance(settings.descriptor, Mapping):
        return settings.descriptor
    path = Path(app.root_path, settings.descriptor)
    if not path.is_file():
        beside = Path(app.root_path).parent / settings.descriptor  # a package's descriptor stands beside the package
        path = beside if beside.is_file() else path
        if is_described and not path.is_file() and settings.descriptor == DEFAULT_DESCRIPTOR:
            return {}
    try:
        template = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"There is no descriptor template at {path}. ATLASSIAN_CONNECT_DESCRIPTOR is its path below the app's"
            " root, or a mapping."
        ) from error
    except ValueError as error:
        raise DescriptorError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(template, dict):
        raise DescriptorError(f"{path} is not a JSON object.")
    return template


def _app_key(settings: ConnectSettings, template: Mapping[str, Any]) -> str:
    key = template.get("key")
    if settings.app_key is not None:
        return settings.app_key
    if isinstance(key, str) and "{{" not in key:
        return key
    raise ConfigurationError("ATLASSIAN_CONNECT_APP_KEY is missing, and the descriptor template has no key either.")
