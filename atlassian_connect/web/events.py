"""Webhooks and lifecycle callbacks: the decorators, and the plain calls that do their work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack

from ..app_functions import spelt_out
from ..errors import DescriptorError
from ..protocol.lifecycle import LifecycleEvent
from ..protocol.module_fields import SHAPES
from ..registry import Registry, TenantCallback, WebhookDeclaration, WebhookEvent, WebhookHandler
from .authorization import Authorization
from .blocked import ACCESS_EVENTS
from .condition_warnings import warn_of_unknown_conditions
from .registering import registering
from .shortcut_fields import WebhookFields, written

__all__ = ["Events"]

H = TypeVar("H", bound=WebhookHandler)
C = TypeVar("C", bound=TenantCallback)


class Events(Authorization):
    """What an app wants to be told."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._told: set[str] = set()

    def webhook(self, event: str, *, url: str | None = None, **fields: Unpack[WebhookFields]) -> Callable[[H], H]:
        """Handle a webhook. Same as :meth:`add_webhook`.

        The handler takes a :class:`~atlassian_connect.WebhookEvent`. It runs before the host gets its answer, so it
        should be quick; what it raises becomes a 500, which Jira repeats and Confluence does not. A delivery that Jira
        repeats although it was handled does not reach it again.

        :param event: e.g. ``page_updated`` or ``jira:issue_updated``. Hosts take unknown names and never send them.
        :param url: below the base URL; default ``<url_prefix>/webhooks/<event>``.
        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.WebhookFields`.
        :raises DescriptorError: there is no such field, the handler does not take one argument, or the URL has another
            event or filter.
        """
        return registering(lambda handler: self.add_webhook(event, handler, url=url, **fields))

    def add_webhook(
        self, event: str, handler: WebhookHandler, *, url: str | None = None, **fields: Unpack[WebhookFields]
    ) -> None:
        """Declare a webhook. See :meth:`webhook`."""
        where = f"webhook {event!r}"
        _, definition = written(WebhookFields, fields, path=where, otherwise="The descriptor's template takes any.")
        if isinstance(keys := definition.get("propertyKeys"), tuple):
            definition["propertyKeys"] = list(keys)
        definition = spelt_out("webhooks", definition, path=where)
        for name, shape in SHAPES["webhooks"]:
            if name in definition and (fault := shape.fault_of(definition[name])):
                raise DescriptorError(f"{fault} {shape.right}", path=f"{where}.{name}")
        warn_of_unknown_conditions(definition, path=where, told=self._told)
        declaration = WebhookDeclaration(event, handler, definition, url)
        self._registry.add_webhook(declaration)
        self._declared_webhook(declaration)

    def on_installed(self, callback: C) -> C:
        """Call a function with the tenant after an install, upgrade or reinstall is stored.

        What it raises is logged and does not undo the install. The host waits for it: keep it short. The host takes
        our calls only after it got its answer.
        """
        self._registry.add_callback(LifecycleEvent.INSTALLED, callback)
        return callback

    def on_uninstalled(self, callback: C) -> C:
        """Call a function with the tenant after an uninstall is stored. Its secret is no longer good at the host."""
        self._registry.add_callback(LifecycleEvent.UNINSTALLED, callback)
        return callback

    def on_enabled(self, callback: C) -> C:
        """Call a function with the tenant when the app is enabled: from now on the host takes our calls.

        Apps that are registered on Forge do not get this event.
        """
        self._registry.add_callback(LifecycleEvent.ENABLED, callback)
        return callback

    def on_disabled(self, callback: C) -> C:
        """Call a function with the tenant when the app is disabled. Not called for tenants that have uninstalled."""
        self._registry.add_callback(LifecycleEvent.DISABLED, callback)
        return callback

    def clear_data_policy_on_webhooks(self) -> None:
        """Hear from hosts when administrators block apps from something, and ask for the data policy anew then.

        Declares the webhooks about app access, which need the scope ``READ``. An app with handlers of its own for them
        (to delete what it stored of blocked objects) needs no call of this for those: the policy is forgotten before
        any handler runs.
        """
        for event in ACCESS_EVENTS:
            if all(known.event != event for known in self._registry.webhooks):
                self.add_webhook(event, _take_note)

    def _declared_webhook(self, declaration: WebhookDeclaration) -> None:
        """Hook: a webhook was declared, maybe after ``init_app``."""


def _take_note(event: WebhookEvent) -> None:
    """Nothing more to do: what was known about the tenant is forgotten when the delivery arrives."""
