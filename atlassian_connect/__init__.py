"""Run an app for Jira Cloud or Confluence Cloud on Flask."""

from .extension import AtlassianConnect
from .protocol.conditions import all_of, any_of, condition, property_equals
from .protocol.modules import Module
from .protocol.translations import text
from .registry import WebhookEvent
from .secret import Secret
from .tenants import Tenant
from .web.context import current_account_id, current_context, current_tenant
from .web.licence import current_licence
from .web.macro_fields import MacroEditor, MacroParameter

__all__ = [
    "AtlassianConnect",
    "MacroEditor",
    "MacroParameter",
    "Module",
    "Secret",
    "Tenant",
    "WebhookEvent",
    "all_of",
    "any_of",
    "condition",
    "current_account_id",
    "current_context",
    "current_licence",
    "current_tenant",
    "property_equals",
    "text",
]
