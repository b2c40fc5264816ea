"""Run an app for Jira Cloud or Confluence Cloud on Flask."""

from .extension import AtlassianConnect
from .protocol.modules import Module
from .registry import WebhookEvent
from .secret import Secret
from .tenants import Tenant
from .web.context import current_account_id, current_context, current_tenant
from .web.licence import current_licence

__all__ = [
    "AtlassianConnect",
    "Module",
    "Secret",
    "Tenant",
    "WebhookEvent",
    "current_account_id",
    "current_context",
    "current_licence",
    "current_tenant",
]
