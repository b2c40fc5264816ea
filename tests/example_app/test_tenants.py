"""What belongs to one tenant, another never gets to see."""

from __future__ import annotations

import pytest
from flask import Flask

from atlassian_connect.sandbox import ADMIN, Installation, Sandbox
from example_app.extensions import connect, db
from example_app.models import StaleItem, WatchedArea

from .conftest import APP_URL, BOTH_DATABASES, Visitor, titles

pytestmark = BOTH_DATABASES


@pytest.fixture
def both_watch(admin: Visitor, jira_admin: Visitor) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    jira_admin.post("/api/watch", {"key": "OPS"})
    for visitor in (admin, jira_admin):
        assert titles(visitor.installation.open(visitor.installation.dynamic_modules[0].key).text)


@pytest.fixture
def namesake(sandbox: Sandbox, admin: Visitor) -> Visitor:
    """Another site whose spaces and pages have the same keys and ids: an import of the first one's data."""
    admin.post("/api/watch", {"key": "ENG"})
    admin.installation.open(admin.installation.dynamic_modules[0].key)
    imported = sandbox.confluence.install(f"{APP_URL}/atlassian-connect.json", client_key="the-namesake")
    return Visitor(admin.app, imported, ADMIN)


def keys_of(app: Flask, model: type[WatchedArea] | type[StaleItem]) -> set[str]:
    with app.app_context():
        return {row.client_key for row in db.session.scalars(db.select(model))}


@pytest.mark.usefixtures("both_watch")
def test_modules_are_each_tenants_own(confluence: Installation, jira: Installation) -> None:
    assert [module.definition["url"] for module in confluence.dynamic_modules] == ["/watched?area=ENG"]
    assert [module.definition["url"] for module in jira.dynamic_modules] == ["/watched?area=OPS"]


@pytest.mark.usefixtures("both_watch")
def test_areas_of_another_tenant_are_not_there(app: Flask, confluence: Installation, jira: Installation) -> None:
    for installation, foreign in ((confluence, "OPS"), (jira, "ENG")):
        url = f"/watched?area={foreign}"
        token = installation.sign("GET", url, account_id=ADMIN)
        page = app.test_client().get(url, headers={"Authorization": f"JWT {token}"})
        assert page.status_code == 200
        assert "not watched any more" in page.text
        assert titles(page.text) == []


@pytest.mark.usefixtures("both_watch")
def test_unwatching_reaches_no_other_tenant(admin: Visitor, jira: Installation) -> None:
    admin.post("/api/unwatch", {"key": "OPS"})
    assert len(jira.dynamic_modules) == 1
    assert titles(jira.open(jira.dynamic_modules[0].key).text)


def test_session_of_one_tenant_is_none_of_another(admin: Visitor, jira_admin: Visitor) -> None:
    """The session says which tenant it is for: it changes that one and nothing else."""
    admin.post("/api/settings", {"days": 400}, token=jira_admin.token)
    assert 'value="90"' in admin.installation.open("stale-pages-settings").text


def test_token_in_another_tenants_name_is_refused(app: Flask, confluence: Installation, jira: Installation) -> None:
    token = jira.sign("GET", "/stale", account_id=ADMIN, iss=confluence.client_key)
    assert app.test_client().get("/stale", headers={"Authorization": f"JWT {token}"}).status_code == 401


def test_same_keys_and_ids_at_two_tenants_do_not_meet(app: Flask, admin: Visitor, namesake: Visitor) -> None:
    namesake.post("/api/watch", {"key": "ENG"})
    page = namesake.installation.open(namesake.installation.dynamic_modules[0].key)
    with app.app_context():
        some = db.session.scalars(db.select(StaleItem)).first()
    assert some is not None

    namesake.installation.deliver("page_updated", {"page": {"id": some.id}})

    with app.app_context():
        left = [row.client_key for row in db.session.scalars(db.select(StaleItem))]
    assert left.count(admin.installation.client_key) == len(titles(page.text))
    assert left.count("the-namesake") == len(titles(page.text)) - 1


def test_days_of_one_tenant_leave_the_others_lists(app: Flask, admin: Visitor, namesake: Visitor) -> None:
    namesake.post("/api/settings", {"days": 400})
    assert admin.installation.client_key in keys_of(app, StaleItem)


def test_forgetting_a_tenant_forgets_all_of_it(app: Flask, admin: Visitor, namesake: Visitor) -> None:
    namesake.post("/api/watch", {"key": "ENG"})
    namesake.installation.open(namesake.installation.dynamic_modules[0].key)

    with app.app_context():
        connect.forget(connect.tenant(admin.installation.client_key))

    assert keys_of(app, WatchedArea) == {"the-namesake"}
    assert keys_of(app, StaleItem) == {"the-namesake"}


def test_uninstalling_keeps_what_was_chosen(app: Flask, sandbox: Sandbox, admin: Visitor) -> None:
    admin.post("/api/settings", {"days": 100})
    admin.post("/api/watch", {"key": "ENG"})
    admin.installation.uninstall()
    again = sandbox.confluence.install(f"{APP_URL}/atlassian-connect.json")

    assert 'value="100"' in again.open("stale-pages-settings").text
    assert titles(again.open(again.dynamic_modules[0].key).text)
