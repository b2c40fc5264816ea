"""The app's own matter: how old is stale, which areas are watched, and the lists that are kept of them.

Everything here takes the tenant as an argument; only views know a current one.
"""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from atlassian_connect import Tenant

from .confluence import ConfluenceHost
from .extensions import connect, db
from .hosts import Area, Host, Item
from .jira import JiraHost
from .models import StaleItem, WatchedArea

DEFAULT_DAYS = 90
MOST_DAYS = 3650
MOST_WATCHED = 50  # a host takes 100 dynamic modules
MOST_KEPT = 500  # items per watched area, the oldest
MOST_SHOWN = 50


def host_of(tenant: Tenant) -> Host:
    client = connect.client(tenant)
    return JiraHost(client) if tenant.product == "jira" else ConfluenceHost(client)


def today() -> date:
    return datetime.now(UTC).date()


# --- how old is stale -------------------------------------------------------------------------------------------------


def days_of(tenant: Tenant) -> int:
    days = connect.settings_of(tenant).get("days")
    return days if isinstance(days, int) else DEFAULT_DAYS


def set_days(tenant: Tenant, days: int) -> None:
    connect.settings_of(tenant)["days"] = days
    forget_lists(tenant)


def last_stale_day(tenant: Tenant) -> date:
    return today() - timedelta(days=days_of(tenant))


# --- watched areas ----------------------------------------------------------------------------------------------------


def watched_areas(tenant: Tenant) -> list[WatchedArea]:
    mine = select(WatchedArea).where(WatchedArea.client_key == tenant.client_key).order_by(WatchedArea.name)
    return list(db.session.scalars(mine))


def watched_area(tenant: Tenant, key: str) -> WatchedArea | None:
    return db.session.get(WatchedArea, (tenant.client_key, key))


def watch(tenant: Tenant, area: Area) -> None:
    """Watch an area. Watching it twice is no error."""
    db.session.add(WatchedArea(client_key=tenant.client_key, key=area.key, host_id=area.id, name=area.name))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()  # somebody was faster


def unwatch(tenant: Tenant, key: str) -> None:
    """End watching an area, and forget its list."""
    _forget_items(tenant.client_key, StaleItem.area_key == key)
    db.session.execute(delete(WatchedArea).where(WatchedArea.client_key == tenant.client_key, WatchedArea.key == key))
    db.session.commit()


# --- the list of a watched area ---------------------------------------------------------------------------------------


def stale_in(tenant: Tenant, area: WatchedArea) -> list[Item]:
    """The list of a watched area, the oldest first.

    It is loaded once a day, since time makes things stale without an event. In between, webhooks keep it fresh.
    """
    if area.loaded_on != today():
        _load(tenant, area)
    kept = (
        select(StaleItem)
        .where(StaleItem.client_key == tenant.client_key, StaleItem.area_key == area.key)
        .order_by(StaleItem.touched_on, StaleItem.id)
    )
    return [Item(row.id, row.title, row.path, row.touched_on) for row in db.session.scalars(kept)]


def touched(tenant: Tenant, item_id: str) -> None:
    """Take an item off the list, because somebody touched it."""
    _forget_items(tenant.client_key, StaleItem.id == item_id)
    db.session.commit()


def forget_lists(tenant: Tenant) -> None:
    """Let the lists of a tenant be loaded anew when they are looked at."""
    _forget_items(tenant.client_key)
    db.session.execute(update(WatchedArea).where(WatchedArea.client_key == tenant.client_key).values(loaded_on=None))
    db.session.commit()


def forget_tenant(client_key: str) -> None:
    """Delete all that is kept here for a tenant."""
    _forget_items(client_key)
    db.session.execute(delete(WatchedArea).where(WatchedArea.client_key == client_key))
    db.session.commit()


def _load(tenant: Tenant, area: WatchedArea) -> None:
    found = host_of(tenant).stale_items(
        Area(area.host_id, area.key, area.name), until=last_stale_day(tenant), at_most=MOST_KEPT
    )
    # The first statement locks the area's row: two loads at once wait for each other, and none writes for an area
    # that is no longer watched.
    still_watched = db.session.scalar(
        update(WatchedArea)
        .where(WatchedArea.client_key == tenant.client_key, WatchedArea.key == area.key)
        .values(loaded_on=today())
        .returning(WatchedArea.key)
    )
    if still_watched:
        _forget_items(tenant.client_key, StaleItem.area_key == area.key)
        db.session.add_all(
            StaleItem(
                client_key=tenant.client_key,
                id=item.id,
                area_key=area.key,
                title=item.title,
                path=item.path,
                touched_on=item.touched_on,
            )
            for item in found
        )
    db.session.commit()


def _forget_items(client_key: str, *which: ColumnElement[bool]) -> None:
    db.session.execute(delete(StaleItem).where(StaleItem.client_key == client_key, *which))
