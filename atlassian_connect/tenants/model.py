"""The framework's tables.

They live in a ``MetaData`` of their own, so that ``db.create_all()`` and the app's models stay the app's business, and
they are used through the engine of the app's Flask-SQLAlchemy ``db``. Migrations: see ``docs/guides/database.md``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON, TypeDecorator

__all__ = [
    "Base",
    "ModuleSyncRow",
    "SyncLeaseRow",
    "TenantRow",
    "TenantSettingRow",
    "UtcDateTime",
    "WebhookDeliveryRow",
    "metadata",
    "render_item",
]

#: What an app adds to its Alembic ``target_metadata`` to take these tables into its own history.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",  # PostgreSQL cuts names at 63 characters
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. Aware in Python, UTC in the database, whether or not the database knows time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our columns into a migration as what they are in the database: for Alembic's setting ``render_item``.

    Alembic alone writes our class there, without its import, so that the migration would fail; and an old migration
    must not change with our code.
    """
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


class Base(DeclarativeBase):
    """Base of the framework's own models."""

    metadata = metadata


class TenantRow(Base):
    """One installation. ``shared_secret`` holds ciphertext only."""

    __tablename__ = "atlassian_connect_tenant"
    __table_args__ = (Index("ix_atlassian_connect_tenant_base_url", "base_url"),)

    client_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    app_key: Mapped[str] = mapped_column(String(80))
    product: Mapped[str] = mapped_column(String(20))
    base_url: Mapped[str] = mapped_column(Text)
    shared_secret: Mapped[str] = mapped_column(Text)
    installed: Mapped[bool] = mapped_column(Boolean)
    enabled: Mapped[bool] = mapped_column(Boolean)
    installed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uninstalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    display_url: Mapped[str | None] = mapped_column(Text)
    help_center_url: Mapped[str | None] = mapped_column(Text)
    oauth_client_id: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    installation_id: Mapped[str | None] = mapped_column(Text)
    cloud_id: Mapped[str | None] = mapped_column(Text)
    entitlement_id: Mapped[str | None] = mapped_column(Text)
    entitlement_number: Mapped[str | None] = mapped_column(Text)
    superseded_by: Mapped[str | None] = mapped_column(String(255))


class TenantSettingRow(Base):
    """One setting that an app keeps for a tenant: any JSON value."""

    __tablename__ = "atlassian_connect_tenant_setting"

    client_key: Mapped[str] = mapped_column(
        String(255), ForeignKey(TenantRow.client_key, ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON(none_as_null=False))


class WebhookDeliveryRow(Base):
    """A webhook delivery that was handled, kept as long as the host may repeat it."""

    __tablename__ = "atlassian_connect_webhook_delivery"
    __table_args__ = (Index("ix_atlassian_connect_webhook_delivery_handled_at", "handled_at"),)

    client_key: Mapped[str] = mapped_column(
        String(255), ForeignKey(TenantRow.client_key, ondelete="CASCADE"), primary_key=True
    )
    identifier: Mapped[str] = mapped_column(String(255), primary_key=True)
    handled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModuleSyncRow(Base):
    """How the last sync of a tenant's dynamic modules went."""

    __tablename__ = "atlassian_connect_module_sync"

    client_key: Mapped[str] = mapped_column(
        String(255), ForeignKey(TenantRow.client_key, ondelete="CASCADE"), primary_key=True
    )
    synced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Any] = mapped_column(JSON)


class SyncLeaseRow(Base):
    """Who syncs a tenant's dynamic modules right now, on a database without locks of its own.

    No foreign key: it refers to a moment's work, and a tenant may be forgotten while that goes on.
    """

    __tablename__ = "atlassian_connect_sync_lease"

    client_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
