"""Where tenants are kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Row, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import StorageError, UnknownTenantError
from ..protocol.lifecycle import InstallDecision, KnownTenant, LifecyclePayload, decide_install
from ..secret import Secret
from ..types import Json, Product
from .database import Database
from .encryption import SecretBox
from .model import ModuleSyncRow, SyncLeaseRow, TenantRow, TenantSettingRow, WebhookDeliveryRow
from .tenant import Tenant

__all__ = ["DELIVERY_MEMORY", "SqlTenantStore", "TenantStore"]

_log = logging.getLogger(__name__)
#: A host repeats a delivery up to five times, at most 15 minutes apart. Kept longer than that.
DELIVERY_MEMORY = timedelta(hours=3)

_TENANT = cast(Table, TenantRow.__table__)
_SETTING = cast(Table, TenantSettingRow.__table__)
_DELIVERY = cast(Table, WebhookDeliveryRow.__table__)
_KEPT_PER_TENANT = (_SETTING, _DELIVERY, *(cast(Table, row.__table__) for row in (ModuleSyncRow, SyncLeaseRow)))
_COLUMNS = tuple(column.name for column in _TENANT.columns)
_BY_KEY = select(_TENANT).where(_TENANT.c.client_key == bindparam("client_key"))
_BATCH = 500
# The names are the model's own; the client key is a parameter.
_FAST_SQL = f"SELECT {', '.join(_COLUMNS)} FROM {_TENANT.name} WHERE client_key = %(client_key)s"  # noqa: S608


class TenantStore(Protocol):
    """What the framework needs of a store. Every method is one transaction."""

    def get(self, client_key: str) -> Tenant | None:
        """Return a tenant, installed or not; None when there is none."""

    def install(self, payload: LifecyclePayload, *, app_key: str, now: datetime) -> tuple[Tenant, InstallDecision]:
        """Create or update the tenant of an authenticated ``installed``: one row per client key, whatever races."""

    def adopt(self, payload: LifecyclePayload, *, app_key: str, now: datetime) -> bool:
        """Create a tenant whose ``installed`` another program took. False: its client key is known, nothing changes."""

    def uninstall(self, client_key: str, *, now: datetime) -> Tenant | None:
        """Mark a tenant as uninstalled and keep its row. None when it is unknown or was uninstalled before."""

    def switch(self, client_key: str, *, enabled: bool, now: datetime) -> Tenant | None:
        """Note ``enabled`` or ``disabled``. None when it is unknown or uninstalled: nothing changes then."""

    def tenants(self, *, installed: bool | None = None, product: Product | None = None) -> Iterator[Tenant]:
        """Go through the tenants in the order of their client keys, in batches: nothing stays open in between."""

    def forget(self, client_key: str) -> bool:
        """Delete a tenant and all that is kept for it. False when it is unknown."""

    def settings(self, client_key: str) -> dict[str, Json]:
        """Return all settings of a tenant."""

    def put_setting(self, client_key: str, name: str, value: Json) -> None:
        """Write one setting.

        :raises UnknownTenantError: there is no such tenant.
        """

    def delete_setting(self, client_key: str, name: str) -> bool:
        """Delete one setting. False when it was not there."""

    def was_handled(self, client_key: str, identifier: str) -> bool:
        """Tell whether a webhook delivery was handled before."""

    def mark_handled(self, client_key: str, identifier: str, *, now: datetime) -> None:
        """Remember a handled delivery for :data:`DELIVERY_MEMORY`."""

    def rotate_secrets(self) -> int:
        """Encrypt every stored secret with the current key. Returns how many there are."""


@dataclass(frozen=True)
class SqlTenantStore:
    """Keeps tenants in the app's own database."""

    database: Database
    box: SecretBox

    def get(self, client_key: str) -> Tenant | None:
        row = self._fast_row(client_key)
        return None if row is None else self._tenant(row)

    def install(self, payload: LifecyclePayload, *, app_key: str, now: datetime) -> tuple[Tenant, InstallDecision]:
        values = self._values(payload, app_key=app_key, now=now)
        with self.database.writing() as connection:
            row = connection.execute(_BY_KEY.with_for_update(), {"client_key": payload.client_key}).one_or_none()
            others = connection.scalars(
                select(_TENANT.c.client_key).where(
                    _TENANT.c.base_url == payload.base_url,
                    _TENANT.c.client_key != payload.client_key,
                    _TENANT.c.installed,
                    _TENANT.c.superseded_by.is_(None),
                )
            ).all()
            decision = decide_install(payload, None if row is None else self._known(row), others)
            statement = _insert(connection, _TENANT).values(values)
            # What only other sources tell us survives an `installed` that does not carry it.
            kept = {name for name in ("cloud_id",) if values[name] is None}
            changed = {name: statement.excluded[name] for name in values if name not in {"client_key"} | kept}
            stored = connection.execute(
                statement.on_conflict_do_update(index_elements=["client_key"], set_=changed).returning(_TENANT)
            ).one()
            if decision.superseded:
                connection.execute(
                    update(_TENANT)
                    .where(_TENANT.c.client_key.in_(decision.superseded))
                    .values(superseded_by=payload.client_key)
                )
        if row is not None and row.app_key != app_key:
            _log.warning(
                "tenant %s was one of the app %s and is now of %s; two apps cannot share these tables, since a site has"
                " the same client key for both",
                payload.client_key,
                row.app_key,
                app_key,
            )
        return self._tenant(stored), decision

    def adopt(self, payload: LifecyclePayload, *, app_key: str, now: datetime) -> bool:
        values = self._values(payload, app_key=app_key, now=now)
        with self.database.writing() as connection:
            statement = (
                _insert(connection, _TENANT).values(values).on_conflict_do_nothing(index_elements=["client_key"])
            )
            return connection.scalar(statement.returning(_TENANT.c.client_key)) is not None

    def uninstall(self, client_key: str, *, now: datetime) -> Tenant | None:
        return self._update_installed(client_key, installed=False, enabled=False, uninstalled_at=now, updated_at=now)

    def switch(self, client_key: str, *, enabled: bool, now: datetime) -> Tenant | None:
        # On uninstall a host sends `disabled` and `uninstalled` at once, in any order: only installed rows are changed.
        return self._update_installed(client_key, enabled=enabled, updated_at=now)

    def tenants(self, *, installed: bool | None = None, product: Product | None = None) -> Iterator[Tenant]:
        query = select(_TENANT).order_by(_TENANT.c.client_key).limit(_BATCH)
        if installed is not None:
            query = query.where(_TENANT.c.installed.is_(installed))
        if product is not None:
            query = query.where(_TENANT.c.product == product)
        last = ""
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(query.where(_TENANT.c.client_key > last)).all()
            for row in rows:
                yield self._tenant(row)
            if len(rows) < _BATCH:
                return
            last = rows[-1].client_key

    def forget(self, client_key: str) -> bool:
        with self.database.writing() as connection:
            # Not left to ON DELETE CASCADE: SQLite obeys it only where the app switched foreign keys on.
            for table in _KEPT_PER_TENANT:
                connection.execute(delete(table).where(table.c.client_key == client_key))
            found = connection.execute(delete(_TENANT).where(_TENANT.c.client_key == client_key))
            connection.execute(update(_TENANT).where(_TENANT.c.superseded_by == client_key).values(superseded_by=None))
        return found.rowcount > 0

    def settings(self, client_key: str) -> dict[str, Json]:
        with self.database.reading() as connection:
            rows = connection.execute(
                select(_SETTING.c.name, _SETTING.c.value).where(_SETTING.c.client_key == client_key)
            ).all()
        return {row.name: row.value for row in rows}

    def put_setting(self, client_key: str, name: str, value: Json) -> None:
        with self.database.writing() as connection:
            known = select(_TENANT.c.client_key).where(_TENANT.c.client_key == client_key)
            if connection.scalar(known) is None:
                raise UnknownTenantError(client_key)
            _upsert(connection, _SETTING, {"client_key": client_key, "name": name}, {"value": value})

    def delete_setting(self, client_key: str, name: str) -> bool:
        with self.database.writing() as connection:
            found = connection.execute(
                delete(_SETTING).where(_SETTING.c.client_key == client_key, _SETTING.c.name == name)
            )
        return found.rowcount > 0

    def was_handled(self, client_key: str, identifier: str) -> bool:
        with self.database.reading() as connection:
            query = select(_DELIVERY.c.identifier).where(
                _DELIVERY.c.client_key == client_key, _DELIVERY.c.identifier == identifier
            )
            return connection.scalar(query) is not None

    def mark_handled(self, client_key: str, identifier: str, *, now: datetime) -> None:
        with self.database.writing() as connection:
            _upsert(connection, _DELIVERY, {"client_key": client_key, "identifier": identifier}, {"handled_at": now})
            connection.execute(
                delete(_DELIVERY).where(
                    _DELIVERY.c.client_key == client_key, _DELIVERY.c.handled_at < now - DELIVERY_MEMORY
                )
            )

    def rotate_secrets(self) -> int:
        count = 0
        last = ""
        query = select(_TENANT.c.client_key, _TENANT.c.shared_secret).order_by(_TENANT.c.client_key).limit(_BATCH)
        while True:
            with self.database.writing() as connection:
                rows = connection.execute(query.where(_TENANT.c.client_key > last)).all()
                for row in rows:
                    # Only where it is still the secret that was read: an install that came in between wins.
                    connection.execute(
                        update(_TENANT)
                        .where(_TENANT.c.client_key == row.client_key, _TENANT.c.shared_secret == row.shared_secret)
                        .values(shared_secret=self.box.rotate(row.shared_secret))
                    )
            count += len(rows)
            if len(rows) < _BATCH:
                return count
            last = rows[-1].client_key

    def _values(self, payload: LifecyclePayload, *, app_key: str, now: datetime) -> dict[str, Any]:
        """The row of a tenant that has just installed the app."""
        if payload.shared_secret is None:
            raise ValueError("Only an installed payload can be stored.")
        return {
            "client_key": payload.client_key,
            "app_key": app_key,
            "product": payload.product,
            "base_url": payload.base_url,
            "shared_secret": self.box.encrypt(payload.shared_secret),
            "installed": True,
            "enabled": True,
            "installed_at": now,
            "updated_at": now,
            "uninstalled_at": None,
            "display_url": payload.display_url,
            "help_center_url": payload.help_center_url,
            "oauth_client_id": payload.oauth_client_id,
            "description": payload.description,
            "installation_id": payload.installation_id,
            "cloud_id": payload.cloud_id,
            "entitlement_id": payload.entitlement_id,
            "entitlement_number": payload.entitlement_number,
            "superseded_by": None,
        }

    def _update_installed(self, client_key: str, **values: Any) -> Tenant | None:
        with self.database.writing() as connection:
            row = connection.execute(
                update(_TENANT)
                .where(_TENANT.c.client_key == client_key, _TENANT.c.installed)
                .values(values)
                .returning(_TENANT)
            ).one_or_none()
        return None if row is None else self._tenant(row)

    def _known(self, row: Row[Any]) -> KnownTenant:
        try:
            secret = self.box.decrypt(row.shared_secret)
        except StorageError:
            # The key is lost. The install brings a new secret, so this heals the tenant; nothing old is trusted.
            _log.warning("the former shared secret of tenant %s cannot be decrypted; it is replaced", row.client_key)
            secret = Secret("")
        return KnownTenant(row.base_url, row.installed, secret)

    def _tenant(self, row: Row[Any] | tuple[Any, ...]) -> Tenant:
        values = dict(zip(_COLUMNS, row, strict=True))
        values["shared_secret"] = self.box.decrypt(values["shared_secret"])
        return Tenant(**values)

    def _fast_row(self, client_key: str) -> Row[Any] | tuple[Any, ...] | None:
        """Read one row, past SQLAlchemy's statement machinery where the driver is known.

        This runs once per request when the cache is off. On PostgreSQL the general path costs 250 to 350 µs of CPU, a
        statement that psycopg keeps prepared about 90.
        """
        engine = self.database.engine
        if engine.dialect.driver == "psycopg":
            pooled = engine.raw_connection()
            driver = cast(Any, pooled.dbapi_connection)
            try:
                former = driver.autocommit
                driver.autocommit = True  # no BEGIN and ROLLBACK around one SELECT
                try:
                    row = driver.execute(_FAST_SQL, {"client_key": client_key}).fetchone()
                finally:
                    if not driver.closed:
                        driver.autocommit = former
            except _driver_error(engine.dialect) as error:
                # Most often a connection that the server closed. The general path below knows how to reconnect.
                pooled.invalidate(error)
            else:
                return cast("tuple[Any, ...] | None", row)
            finally:
                pooled.close()
        with self.database.reading() as connection:
            return connection.execute(_BY_KEY, {"client_key": client_key}).one_or_none()


def _driver_error(dialect: Any) -> type[Exception]:
    return cast("type[Exception]", dialect.dbapi.Error)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _upsert(connection: Connection, table: Table, identity: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    statement = _insert(connection, table).values({**identity, **values})
    connection.execute(statement.on_conflict_do_update(index_elements=list(identity), set_=values))
