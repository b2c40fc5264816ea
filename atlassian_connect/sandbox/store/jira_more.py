"""What Jira has besides issues: custom fields, dashboards, dynamic webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from .part import Part
from .schema import DASHBOARDS, FIELDS, GADGETS, WEBHOOKS, WebhookRegistration
from .values import Dashboard, Field, Gadget

__all__ = ["Dashboards", "Fields", "WebhookRegistrations"]

_FIRST_ID: Final = 10_000
_FIRST_FIELD_ID: Final = 10_100
_FIRST_WEBHOOK_ID: Final = 1_000


class Fields(Part):
    """Custom fields, of apps and others. Their values are in ``Issue.fields``."""

    def fields(self) -> list[Field]:
        """All custom fields, by id."""
        return self._db.find(FIELDS)

    def create_field(self, name: str, *, type: str = "string", description: str = "", module: str = "") -> Field:
        """Create a custom field. For a module that has its field, this changes what the field is called.

        :param module: ``app-key__module-key`` of a module of type ``jiraIssueFields``; empty for others.
        """
        with self._db.transaction():
            known = self._db.first(FIELDS, module=module) if module else None
            number = known.id if known else f"customfield_{self._db.next('field', first=_FIRST_FIELD_ID)}"
            field = Field(number, name, type, description, module)
            self._db.save(FIELDS, field)
            return field


class Dashboards(Part):
    """Dashboards, and the gadgets on them. Properties of a gadget belong to ``("dashboard_item", gadget.id)``."""

    def dashboards(self) -> list[Dashboard]:
        """All dashboards, by id."""
        return self._db.find(DASHBOARDS)

    def dashboard(self, dashboard_id: str) -> Dashboard:
        """:raises KeyError: there is none."""
        return self._db.get(DASHBOARDS, dashboard_id)

    def create_dashboard(self, name: str, *, account_id: str, description: str = "") -> Dashboard:
        """Create a dashboard."""
        dashboard = Dashboard(str(self._db.next("dashboard", first=_FIRST_ID)), name, account_id, description)
        self._db.insert(DASHBOARDS, dashboard)
        return dashboard

    def gadgets(self, dashboard_id: str) -> list[Gadget]:
        """The gadgets on a dashboard, column by column."""
        return sorted(self._db.find(GADGETS, dashboard_id=dashboard_id), key=lambda one: (one.column, one.row))

    def gadget(self, gadget_id: str) -> Gadget:
        """:raises KeyError: there is none."""
        return self._db.get(GADGETS, gadget_id)

    def add_gadget(
        self, dashboard_id: str, title: str, *, app_key: str = "", module_key: str = "", column: int = 0
    ) -> Gadget:
        """Place a dashboard item at the end of a column.

        :raises KeyError: there is no such dashboard.
        """
        with self._db.transaction():
            self.dashboard(dashboard_id)
            row = self._db.count(GADGETS, dashboard_id=dashboard_id, column=column)
            number = str(self._db.next("gadget", first=_FIRST_ID))
            gadget = Gadget(number, dashboard_id, title, app_key, module_key, column, row)
            self._db.insert(GADGETS, gadget)
            return gadget

    def edit_gadget(self, gadget_id: str, **changes: Any) -> Gadget:
        """Change a gadget: ``title``, ``column``, ``row``, ``colour``.

        :raises KeyError: there is no such gadget.
        """
        with self._db.transaction():
            gadget = replace(self.gadget(gadget_id), **changes)
            self._db.save(GADGETS, gadget)
            return gadget

    def remove_gadget(self, gadget_id: str) -> bool:
        """Take a gadget off its dashboard. False when there was none."""
        with self._db.transaction():
            self._forget("dashboard_item", gadget_id)
            return self._db.delete(GADGETS, id=gadget_id) > 0


class WebhookRegistrations(Part):
    """The dynamic webhooks of Jira."""

    def webhooks(self, client_key: str) -> list[WebhookRegistration]:
        """What an app has registered, by id, expired ones included."""
        return self._db.find(WEBHOOKS, client_key=client_key)

    def add_webhook(
        self, client_key: str, *, url: str, events: Sequence[str], jql: str, expires: float,
        field_ids: Sequence[str] = (), property_keys: Sequence[str] = (),
    ) -> WebhookRegistration:  # fmt: skip
        """Register a webhook.

        :param expires: seconds since the epoch.
        """
        number = str(self._db.next("webhook", first=_FIRST_WEBHOOK_ID))
        webhook = WebhookRegistration(
            number, client_key, url, tuple(events), jql, expires, tuple(field_ids), tuple(property_keys)
        )
        self._db.insert(WEBHOOKS, webhook)
        return webhook

    def refresh_webhook(self, client_key: str, webhook_id: str, *, expires: float) -> bool:
        """Let a webhook live longer. False when the app has none of this id."""
        with self._db.transaction():
            webhook = self._db.first(WEBHOOKS, client_key=client_key, id=webhook_id)
            if webhook is not None:
                self._db.save(WEBHOOKS, replace(webhook, expires=expires))
            return webhook is not None

    def remove_webhook(self, client_key: str, webhook_id: str) -> bool:
        """Take a webhook back. False when the app has none of this id."""
        return self._db.delete(WEBHOOKS, client_key=client_key, id=webhook_id) > 0
