"""What every store must do. Runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from atlassian_connect.errors import StorageError, UnknownTenantError
from atlassian_connect.protocol.lifecycle import LifecycleChange
from atlassian_connect.tenants import SecretBox, SqlTenantStore, new_encryption_key
from atlassian_connect.tenants.store import DELIVERY_MEMORY

from .conftest import LATER, NOW, payload


def install(store, *args, now=NOW, **fields):
    return store.install(payload(*args, **fields), app_key="com.example.app", now=now)


def test_a_first_install_creates_the_tenant(store):
    tenant, decision = install(store, display_url="https://wiki.example.com", oauth_client_id="oauth")

    assert decision.change is LifecycleChange.NEW
    assert store.get("tenant-1") == tenant
    assert (tenant.installed, tenant.enabled, tenant.product) == (True, True, "confluence")
    assert tenant.shared_secret.reveal() == "first secret"
    assert tenant.installed_at == tenant.updated_at == NOW
    assert tenant.display_url == "https://wiki.example.com"


def test_reinstall_rotates_the_shared_secret_and_keeps_the_row(store):
    install(store)
    store.uninstall("tenant-1", now=NOW)

    tenant, decision = install(store, secret="second secret", now=LATER)

    assert decision.change is LifecycleChange.REINSTALLED
    assert decision.secret_rotated
    assert tenant.installed
    assert tenant.uninstalled_at is None
    assert store.get("tenant-1").shared_secret.reveal() == "second secret"
    assert len(list(store.tenants())) == 1


def test_an_upgrade_with_the_same_secret_rotates_nothing(store):
    install(store)

    _, decision = install(store, now=LATER)

    assert (decision.change, decision.secret_rotated) == (LifecycleChange.UPGRADED, False)


def test_two_apps_in_one_database_are_told(store, caplog):
    """A site has one client key for all apps, so the tenant of one would become the other's."""
    store.install(payload(), app_key="com.example.app", now=NOW)
    store.install(payload(), app_key="com.example.app", now=NOW)
    assert not caplog.records

    store.install(payload(), app_key="com.example.other", now=NOW)

    assert "tenant-1 was one of the app com.example.app and is now of com.example.other" in caplog.text


def test_a_tenant_of_another_program_is_adopted_once(store):
    def adopt(secret):
        return store.adopt(payload(secret=secret), app_key="com.example.app", now=NOW)

    assert adopt("kept elsewhere")
    assert (store.get("tenant-1").installed, store.get("tenant-1").enabled) == (True, True)
    assert not adopt("older")
    assert store.get("tenant-1").shared_secret.reveal() == "kept elsewhere"


def test_adopting_changes_nothing_of_a_known_tenant(store):
    known, _ = install(store)
    gone = store.uninstall(known.client_key, now=LATER)

    assert not store.adopt(payload(secret="older", base_url="https://two.atlassian.net"), app_key="other", now=NOW)
    assert store.get("tenant-1") == gone


def test_a_site_rename_changes_the_base_url_and_nothing_else(store):
    install(store, cloud_id="cloud")

    tenant, decision = install(store, base_url="https://two.atlassian.net/wiki", now=LATER)

    assert decision.change is LifecycleChange.RENAMED
    assert tenant.base_url == "https://two.atlassian.net/wiki"
    assert tenant.client_key == "tenant-1"
    assert tenant.cloud_id == "cloud", "what the callback does not carry stays"


def test_a_site_import_makes_a_second_tenant_and_marks_the_first(store):
    install(store)

    tenant, decision = install(store, "tenant-2", "other secret")

    assert decision.change is LifecycleChange.IMPORTED
    assert decision.superseded == ("tenant-1",)
    assert tenant.client_key == "tenant-2"
    assert store.get("tenant-1").superseded_by == "tenant-2"
    assert store.get("tenant-1").shared_secret.reveal() == "first secret"


def test_uninstall_keeps_the_row_and_says_so_once(store):
    install(store)

    tenant = store.uninstall("tenant-1", now=LATER)

    assert tenant is not None
    assert (tenant.installed, tenant.enabled, tenant.uninstalled_at) == (False, False, LATER)
    assert store.uninstall("tenant-1", now=LATER) is None
    assert store.uninstall("unknown", now=LATER) is None


def test_a_late_disabled_does_not_touch_an_uninstalled_tenant(store):
    install(store)
    before = store.uninstall("tenant-1", now=NOW)

    assert store.switch("tenant-1", enabled=True, now=LATER) is None
    assert store.get("tenant-1") == before


def test_enabled_and_disabled_are_noted(store):
    install(store)

    assert store.switch("tenant-1", enabled=False, now=LATER).enabled is False
    assert store.switch("tenant-1", enabled=True, now=LATER).enabled is True
    assert store.switch("unknown", enabled=True, now=LATER) is None


def test_twelve_installs_at_once_leave_one_row_and_one_of_their_secrets(store, store_app: Flask):
    """Atlassian's Express framework left two rows on PostgreSQL here, and SQLITE_BUSY errors on SQLite."""
    barrier = threading.Barrier(12)
    errors = []

    def run(number):
        barrier.wait()
        try:
            install(store, secret=f"secret {number}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    (tenant,) = store.tenants()
    assert tenant.shared_secret.reveal() in {f"secret {number}" for number in range(12)}


def test_the_last_of_two_installs_wins(store):
    for number in range(5):
        install(store, secret=f"secret {number}")

    assert store.get("tenant-1").shared_secret.reveal() == "secret 4"


def test_the_secret_is_not_in_the_database_in_clear(store, store_app: Flask):
    install(store, secret="do not find me")

    with store_app.app_context(), store.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM atlassian_connect_tenant")).all()

    assert "do not find me" not in repr(rows)


def test_tenants_are_listed_in_batches(store, monkeypatch):
    monkeypatch.setattr("atlassian_connect.tenants.store._BATCH", 2)
    for number in range(5):
        install(store, f"tenant-{number}", base_url=f"https://s{number}.atlassian.net", product="jira")
    store.uninstall("tenant-3", now=NOW)

    assert [tenant.client_key for tenant in store.tenants()] == [f"tenant-{number}" for number in range(5)]
    assert [tenant.client_key for tenant in store.tenants(installed=False)] == ["tenant-3"]
    assert len(list(store.tenants(installed=True, product="jira"))) == 4
    assert list(store.tenants(product="confluence")) == []


def test_settings_hold_any_json_value(store):
    install(store)
    for value in (1, "text", None, True, [1, {"a": None}], {"nested": {"ä": "✓"}}):
        store.put_setting("tenant-1", "name", value)
        assert store.settings("tenant-1") == {"name": value}

    assert store.delete_setting("tenant-1", "name")
    assert not store.delete_setting("tenant-1", "name")
    assert store.settings("tenant-1") == {}


def test_settings_of_one_tenant_are_not_those_of_another(store):
    install(store)
    install(store, "tenant-2", base_url="https://two.atlassian.net")
    store.put_setting("tenant-1", "days", 30)

    assert store.settings("tenant-2") == {}


def test_a_setting_needs_its_tenant(store):
    with pytest.raises(UnknownTenantError):
        store.put_setting("unknown", "name", 1)


def test_forget_leaves_nothing(store, store_app: Flask):
    install(store)
    install(store, "tenant-2")  # marks the first as superseded
    store.put_setting("tenant-1", "name", 1)
    store.mark_handled("tenant-1", "delivery", now=NOW)

    assert store.forget("tenant-1")

    assert store.get("tenant-1") is None
    assert store.settings("tenant-1") == {}
    assert not store.was_handled("tenant-1", "delivery")
    assert not store.forget("tenant-1")
    assert store.get("tenant-2") is not None
    with store_app.app_context(), store.database.engine.connect() as connection:
        for table in ("tenant", "tenant_setting", "webhook_delivery"):
            count = connection.execute(
                text(f"SELECT count(*) FROM atlassian_connect_{table} WHERE client_key = 'tenant-1'")
            ).scalar_one()
            assert count == 0, table


def test_a_handled_delivery_is_remembered_for_a_while(store):
    install(store)
    install(store, "tenant-2", base_url="https://two.atlassian.net")
    store.mark_handled("tenant-1", "delivery", now=NOW)
    store.mark_handled("tenant-1", "delivery", now=NOW)

    assert store.was_handled("tenant-1", "delivery")
    assert not store.was_handled("tenant-2", "delivery"), "identifiers are unique inside one tenant only"

    store.mark_handled("tenant-1", "next", now=NOW + DELIVERY_MEMORY + timedelta(minutes=1))
    assert not store.was_handled("tenant-1", "delivery")


def test_rotation_encrypts_every_secret_with_the_first_key(store, monkeypatch):
    monkeypatch.setattr("atlassian_connect.tenants.store._BATCH", 2)
    for number in range(5):
        install(store, f"tenant-{number}", f"secret {number}", base_url=f"https://s{number}.atlassian.net")
    old, new = new_encryption_key(), new_encryption_key()
    SqlTenantStore(store.database, SecretBox([old, *_keys_of(store)])).rotate_secrets()

    both = SqlTenantStore(store.database, SecretBox([new, old]))
    assert both.rotate_secrets() == 5

    only_new = SqlTenantStore(store.database, SecretBox([new]))
    assert [tenant.shared_secret.reveal() for tenant in only_new.tenants()] == [f"secret {n}" for n in range(5)]
    with pytest.raises(StorageError, match="ATLASSIAN_CONNECT_ENCRYPTION_KEYS"):
        SqlTenantStore(store.database, SecretBox([old])).get("tenant-1")


def _keys_of(store):
    return list(store.database._app.config["ATLASSIAN_CONNECT_ENCRYPTION_KEYS"])


def test_a_lost_key_is_healed_by_the_next_install(store):
    install(store)
    other = SqlTenantStore(store.database, SecretBox([new_encryption_key()]))

    tenant, decision = install(other, secret="new secret")

    assert decision.secret_rotated
    assert tenant.shared_secret.reveal() == "new secret"


def test_missing_tables_are_named_with_their_cure(store, store_app: Flask):
    with store_app.app_context(), store.database.engine.begin() as connection:
        for table in ("module_sync", "webhook_delivery", "tenant_setting", "tenant"):
            connection.execute(text(f"DROP TABLE atlassian_connect_{table}"))

    with pytest.raises(StorageError, match="flask db upgrade"):
        store.get("tenant-1")
    with pytest.raises(StorageError):
        install(store)
