"""Who installed us: model, store, encryption at rest. The only importer of SQLAlchemy."""

from .cache import TenantCache
from .database import Database
from .encryption import SecretBox, new_encryption_key
from .model import metadata, render_item
from .store import SqlTenantStore, TenantStore
from .sync_locks import SyncLocks
from .sync_records import SyncRecords
from .tenant import Tenant, tenant_itself

__all__ = [
    "Database",
    "SecretBox",
    "SqlTenantStore",
    "SyncLocks",
    "SyncRecords",
    "Tenant",
    "TenantCache",
    "TenantStore",
    "metadata",
    "new_encryption_key",
    "render_item",
    "tenant_itself",
]
