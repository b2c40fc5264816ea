"""What an app declares: modules, webhooks, dynamic modules, lifecycle callbacks. Lists, in the order of declaration."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .app_functions import DynamicModulesOf, computed_modules, holds, name_of
from .errors import DescriptorError
from .protocol.lifecycle import LifecycleEvent
from .protocol.modules import (
    Module,
    check_module,
    check_module_key,
    module_types,
    set_path,
    value_at,
)
from .tenants import Tenant

__all__ = [
    "ModuleDeclaration",
    "Registry",
    "TenantCallback",
    "View",
    "WebhookDeclaration",
    "WebhookEvent",
    "WebhookHandler",
    "route_of",
]

View: TypeAlias = Callable[..., Any]
TenantCallback: TypeAlias = Callable[[Tenant], object]
_VARIABLE = re.compile(r"\$?\{([A-Za-z][A-Za-z0-9_.]*)\}")


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One delivery of a webhook.

    :ivar name: the event this handler was declared for.
    :ivar body: the JSON object; empty for webhooks with ``excludeBody``. Signed is that the host sent something to this
        URL, not what: take ids from it, and no permissions.
    :ivar account_id: who caused it; None when the host does not say.
    :ivar identifier: the delivery's id, the same when it is repeated; None from Confluence, which repeats nothing.
    :ivar retry: how often it was repeated; 0 the first time.
    :ivar trace: what a REST call of this app set as ``X-Atlassian-Webhook-Trace``, if that call caused it.
    """

    name: str
    tenant: Tenant
    body: Mapping[str, Any]
    account_id: str | None = None
    identifier: str | None = None
    retry: int = 0
    trace: str | None = None


WebhookHandler: TypeAlias = Callable[[WebhookEvent], object]


@dataclass(frozen=True, slots=True)
class ModuleDeclaration:
    """A module and the view that it opens.

    :ivar view: None: the module has no page, or a page of another module.
    :ivar url: as the app wrote it; None: made from the key.
    :ivar query: of the URL that is made from the key.
    :ivar dynamic: registered at runtime instead of standing in the descriptor.
    :ivar when: for dynamic ones, whether a tenant has it; None: every tenant.
    """

    type: str
    key: str
    view: View | None
    fields: Mapping[str, Any]
    url: str | None = None
    query: str = ""
    methods: Sequence[str] = ("GET",)
    dynamic: bool = False
    when: Callable[[Tenant], bool] | None = None

    @property
    def is_shell(self) -> bool:
        """Whether hosts load it without a token, because ``cacheable`` says that it is the same for everybody."""
        return self.fields.get("cacheable") is True

    def url_below(self, prefix: str) -> str:
        """The URL in the descriptor, relative to the base URL."""
        return f"{prefix}/{self.key}{self.query}" if self.url is None else self.url

    def module(self, prefix: str) -> Module:
        """The module as hosts get to see it."""
        definition: dict[str, Any] = {"key": self.key, **self.fields}
        if self.view is None and self.url is None:
            return Module(self.type, definition)
        known = module_types().get(self.type)
        main = known.url_fields[0].removesuffix("[]") if known is not None and known.url_fields else "url"
        if value_at(definition, main) is None:
            copy: dict[str, Any] = {**definition}
            for part in main.split(".")[:-1]:
                copy[part] = dict(copy.get(part) or {"type": "web_panel"})
            set_path(copy, main, self.url_below(prefix))
            definition = copy
        return Module(self.type, definition)


@dataclass(frozen=True, slots=True)
class WebhookDeclaration:
    """A handler and the webhook that calls it."""

    event: str
    handler: WebhookHandler
    fields: Mapping[str, Any]
    url: str | None = None

    def url_below(self, prefix: str) -> str:
        """The URL in the descriptor. Each event has its own: Confluence does not say the event in the body."""
        return f"{prefix}/webhooks/{self.event.replace(':', '-')}" if self.url is None else self.url

    def module(self, prefix: str) -> Module:
        """The module as hosts get to see it."""
        return Module("webhooks", {"event": self.event, "url": self.url_below(prefix), **self.fields})


@dataclass
class Registry:
    """Everything one extension object was told.

    :ivar description: fields of the descriptor's root.
    :ivar translations: locale → texts, or the file that has them.
    """

    description: dict[str, Any] = field(default_factory=dict)
    translations: dict[str, Any] = field(default_factory=dict)
    modules: list[ModuleDeclaration] = field(default_factory=list)
    webhooks: list[WebhookDeclaration] = field(default_factory=list)
    generators: list[DynamicModulesOf] = field(default_factory=list)
    callbacks: dict[LifecycleEvent, list[TenantCallback]] = field(
        default_factory=lambda: {event: [] for event in LifecycleEvent}
    )

    @property
    def has_dynamic_modules(self) -> bool:
        """Whether anything is to be registered at runtime."""
        return bool(self.generators) or any(known.dynamic for known in self.modules)

    def add_module(self, declaration: ModuleDeclaration) -> None:
        """Take a module.

        :raises DescriptorError: the key is bad or taken, a required field is missing, or another view has the URL.
        """
        check_module_key(declaration.key)
        where = f"module {declaration.key!r}"
        if any(known.key == declaration.key for known in self.modules):
            raise DescriptorError("Another module of this app has the key already.", path=where)
        check_module(declaration.module(""), path=where, keyless=False)
        if declaration.view is not None:
            self._refuse_taken_route(declaration, where)
        self.modules.append(declaration)

    def _refuse_taken_route(self, declaration: ModuleDeclaration, where: str) -> None:
        route = route_of(declaration.url_below(""), where=where)
        for known in self.modules:
            if known.view not in (None, declaration.view) and route_of(known.url_below("")) == route:
                raise DescriptorError(
                    f"Module {known.key!r} has the URL {route} already, with another view.", path=where
                )

    def add_webhook(self, declaration: WebhookDeclaration) -> None:
        """Take a webhook. Several handlers of one event share a URL when they ask for the same delivery.

        :raises DescriptorError: the event is no name, the handler does not take one argument, or another event or
            another filter has the URL already.
        """
        where = f"webhook {declaration.event!r}"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_:.-]*", declaration.event):
            raise DescriptorError("This is no event name.", path=where)
        takes_one_argument(declaration.handler, "a webhook handler", "event")
        route = route_of(declaration.url_below(""), where=where)
        for known in self.webhooks:
            same_route = route_of(known.url_below(""), where=where) == route
            if same_route and (known.event, known.url, known.fields) != (
                declaration.event,
                declaration.url,
                declaration.fields,
            ):
                raise DescriptorError("This URL has another event or filter already; give url=.", path=where)
        self.webhooks.append(declaration)

    def add_callback(self, event: LifecycleEvent, callback: TenantCallback) -> None:
        """Take a lifecycle callback. Raises DescriptorError when it does not take one argument."""
        takes_one_argument(callback, f"an on_{event.value} callback", "tenant")
        self.callbacks[event].append(callback)

    def add_generator(self, generator: DynamicModulesOf) -> None:
        """Take a generator of dynamic modules. Raises DescriptorError when it is async or takes no single argument."""
        takes_one_argument(generator, "a dynamic_modules function", "tenant")
        if inspect.iscoroutinefunction(generator) or inspect.isasyncgenfunction(generator):
            raise DescriptorError(f"{name_of(generator)}() is async; a dynamic_modules function is not.")
        self.generators.append(generator)

    def refuse_clashes(self, static: Collection[str]) -> None:
        """Check the dynamic modules that are declared with a view against the keys of the descriptor.

        :raises DescriptorError: a host would refuse one, and all others with it.
        """
        for known in self.modules:
            if known.dynamic and known.key in static:
                raise DescriptorError(
                    "The descriptor has a module with this key already.", path=f"dynamic module {known.key!r}"
                )

    def static_modules(self, prefix: str) -> list[Module]:
        """What the descriptor lists besides the template's own modules."""
        modules = [known.module(prefix) for known in self.modules if not known.dynamic]
        seen: list[Module] = []
        for webhook in self.webhooks:
            module = webhook.module(prefix)
            if module not in seen:
                seen.append(module)
        return modules + seen

    def dynamic_modules(self, tenant: Tenant, prefix: str) -> list[Module]:
        """What a tenant should have at runtime: the declared ones whose ``when`` holds, then the computed ones."""
        wanted: list[Module] = []
        for known in self.modules:
            if known.dynamic and holds(known.when, tenant):
                wanted.append(known.module(prefix))
        for generator in self.generators:
            wanted.extend(computed_modules(generator, tenant, first=len(wanted)))
        return wanted


def route_of(url: str, *, where: str = "") -> str:
    """Turn a module URL into a Flask rule: ``/issue/{issue.key}?x={y}`` becomes ``/issue/<issue_key>``.

    :raises DescriptorError: it is no path below the base URL.
    """
    path = url.partition("?")[0].partition("#")[0]
    if not path.startswith("/") or path.startswith("//"):
        raise DescriptorError(f"{url!r} is not a path below the base URL, such as /hello.", path=where)
    return _VARIABLE.sub(lambda match: f"<{match[1].replace('.', '_')}>", path)


def takes_one_argument(function: Callable[..., object], what: str, argument: str) -> None:
    """Check a function when it is declared, not when it is called.

    :raises DescriptorError: it cannot be called with one positional argument.
    """
    try:
        inspect.signature(function).bind(object())
    except TypeError as error:
        raise DescriptorError(
            f"{name_of(function)}() is {what}: it is called with one argument, {argument}."
        ) from error
