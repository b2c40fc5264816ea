"""Dynamic modules: what a tenant should have, what its host has, and closing the difference."""

from ..protocol.sync_plan import RefusedModule, SyncOutcome, SyncPlan
from .modules import DynamicModules, SyncResult

__all__ = ["DynamicModules", "RefusedModule", "SyncOutcome", "SyncPlan", "SyncResult"]
