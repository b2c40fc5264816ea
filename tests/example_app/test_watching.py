from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from atlassian_connect.sandbox import MEMBER, Sandbox
from atlassian_connect.sandbox.faults import DYNAMIC_MODULES, ModuleRefused
from example_app import stale
from example_app.confluence import ConfluenceHost
from example_app.events import module_key
from example_app.extensions import connect, db
from example_app.models import StaleItem, WatchedArea

from .conftest import APP_URL, BOTH_DATABASES, Visitor, titles

pytestmark = BOTH_DATABASES


def rows(app: Flask, model: type[Any]) -> int:
    with app.app_context():
        return len(db.session.scalars(db.select(model)).all())


def lists(sandbox: Sandbox) -> int:
    """How often the app asked a host for pages or issues."""
    return sum("/api/v2/pages" in one.url or "/search/jql" in one.url for one in sandbox.log)


def page_id(sandbox: Sandbox, title: str) -> str:
    return next(page.id for page in sandbox.content.pages() if page.title == title)


def test_watching_registers_a_module_that_opens(admin: Visitor) -> None:
    answer = admin.post("/api/watch", {"key": "ENG"})

    assert answer.json == {"key": "ENG", "watched": True}
    (module,) = admin.installation.dynamic_modules
    assert module.type == "dynamicContentMacros"
    assert module.definition["name"] == {"value": "Stale in Engineering"}
    page = admin.installation.open(module.key)
    assert page.status == 200
    assert titles(page.text)[0] == "Kubernetes upgrade 1.27"


def test_the_macro_of_a_space_shows_its_list_on_a_page(sandbox: Sandbox, admin: Visitor) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    page = page_id(sandbox, "Kubernetes upgrade 1.27")
    sandbox.confluence.edit_page(page, body=f'<ac:structured-macro ac:name="{module.key}" />')

    def view() -> str:
        url = f"/wiki/spaces/ENG/pages/{page}"
        return Client(sandbox.wsgi_app).get(url, base_url=sandbox.origin, follow_redirects=True).text

    assert "/watched?area=ENG" in view()
    admin.post("/api/unwatch", {"key": "ENG"})
    assert "/watched?area=ENG" not in view()


def test_the_link_to_a_project_is_in_the_navigation_and_goes_when_nobody_watches(
    sandbox: Sandbox, jira_admin: Visitor
) -> None:
    def projects() -> str:
        return Client(sandbox.wsgi_app).get("/jira/projects", base_url=sandbox.origin).text

    assert "Stale in Operations" not in projects()
    jira_admin.post("/api/watch", {"key": "OPS"})
    assert "Stale in Operations" in projects()
    jira_admin.post("/api/unwatch", {"key": "OPS"})
    assert "Stale in Operations" not in projects()


def test_watching_on_jira(jira_admin: Visitor) -> None:
    jira_admin.post("/api/watch", {"key": "WEB"})

    (module,) = jira_admin.installation.dynamic_modules
    assert module.type == "webItems"
    assert titles(jira_admin.installation.open(module.key).text)[0] == "WEB-8 Remove the campaign pages of 2024"


def test_watching_twice_is_watching(app: Flask, admin: Visitor) -> None:
    for _ in range(2):
        assert admin.post("/api/watch", {"key": "ENG"}).status_code == 200

    assert len(admin.installation.dynamic_modules) == 1
    assert rows(app, WatchedArea) == 1


def test_unwatching_removes_module_and_list(app: Flask, admin: Visitor) -> None:
    for key in ("ENG", "DS"):
        admin.post("/api/watch", {"key": key})
    kept, gone = admin.installation.dynamic_modules
    if "DS" not in str(kept.definition["url"]):
        kept, gone = gone, kept
    view = admin.installation.iframe_url(gone.key)
    admin.installation.open(gone.key)
    assert rows(app, StaleItem)

    assert admin.post("/api/unwatch", {"key": "ENG"}).json == {"key": "ENG", "watched": False}

    assert [module.key for module in admin.installation.dynamic_modules] == [kept.key]
    assert rows(app, StaleItem) == 0
    page = app.test_client().get(view.removeprefix(APP_URL))
    assert page.status_code == 200
    assert "not watched any more" in page.text


def test_unwatching_what_is_not_watched_is_no_error(admin: Visitor) -> None:
    assert admin.post("/api/unwatch", {"key": "NOPE"}).status_code == 200


def test_watching_ends_at_a_number_that_hosts_take(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("example_app.api.MOST_WATCHED", 2)
    answers = [admin.post("/api/watch", {"key": key}).status_code for key in ("ENG", "DS", "HR", "ENG")]
    assert answers == [200, 200, 400, 200]


def test_failing_host_is_repaired_by_the_same_request(
    sandbox: Sandbox, admin: Visitor, host_answers: Callable[..., None]
) -> None:
    token = admin.token
    host_answers("/app/module/dynamic", "503 Service Unavailable")
    assert admin.post("/api/watch", {"key": "ENG"}, token=token).status_code == 502
    assert admin.installation.dynamic_modules == []

    host_answers("/nothing", "503 Service Unavailable")
    assert admin.post("/api/watch", {"key": "ENG"}, token=token).status_code == 200
    assert len(admin.installation.dynamic_modules) == 1


def test_refused_module_is_told_and_the_others_stay(admin: Visitor) -> None:
    """The space is watched all the same, and the next sync that the host takes it in brings its module."""
    admin.post("/api/watch", {"key": "DS"})
    token, site = admin.token, admin.installation.site
    (there,) = admin.installation.dynamic_modules
    refused = module_key(next(space.id for space in site.content.spaces() if space.key == "ENG"))
    with site.faults.add(ModuleRefused(refused), method="POST", path=DYNAMIC_MODULES):
        answer = admin.post("/api/watch", {"key": "ENG"}, token=token)
    assert answer.status_code == 200
    assert f"The module {refused} is not valid" in answer.json["refused"]
    assert admin.installation.dynamic_modules == [there]

    assert admin.post("/api/watch", {"key": "ENG"}, token=token).json == {"key": "ENG", "watched": True}
    assert {module.key for module in admin.installation.dynamic_modules} == {there.key, refused}


def test_reinstall_brings_the_modules_back(
    app: Flask, config: dict[str, Any], sandbox: Sandbox, admin: Visitor
) -> None:
    """As far as the host does not restore them itself."""
    admin.post("/api/watch", {"key": "ENG"})
    admin.installation.uninstall()
    admin.installation.remove_modules()
    again = sandbox.confluence.install(f"{APP_URL}/atlassian-connect.json")

    with app.app_context():
        result = connect.dynamic.sync(connect.tenant(again.client_key))

    assert len(result.added) == 1
    assert titles(again.open(again.dynamic_modules[0].key).text)


def test_webhook_takes_an_edited_page_off_the_list(sandbox: Sandbox, admin: Visitor) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    before = titles(admin.installation.open(module.key).text)
    asked = lists(sandbox)

    sandbox.confluence.edit_page(page_id(sandbox, before[1]), body="<p>new</p>", account_id=MEMBER)

    after = titles(admin.installation.open(module.key).text)
    assert after == [title for title in before if title != before[1]]
    assert lists(sandbox) == asked  # the kept list was enough


@pytest.mark.parametrize("event", ["page_trashed", "page_removed"])
def test_webhook_takes_a_page_that_is_gone_off_the_list(sandbox: Sandbox, admin: Visitor, event: str) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    before = titles(admin.installation.open(module.key).text)

    page = {"id": int(page_id(sandbox, before[0])), "title": before[0]}
    (answer,) = admin.installation.deliver(event, {"page": page})

    assert answer.status == 204
    assert titles(admin.installation.open(module.key).text) == before[1:]


def test_webhook_takes_an_edited_issue_off_the_list(sandbox: Sandbox, jira_admin: Visitor) -> None:
    jira_admin.post("/api/watch", {"key": "OPS"})
    (module,) = jira_admin.installation.dynamic_modules
    before = titles(jira_admin.installation.open(module.key).text)

    sandbox.jira.edit_issue("OPS-8", summary="Inventory of DNS records")

    assert titles(jira_admin.installation.open(module.key).text) == before[1:]


@pytest.mark.parametrize("body", [{}, {"page": None}, {"page": []}, {"page": {}}, {"page": {"id": {}}}, {"issue": 1}])
def test_webhooks_with_strange_bodies_do_no_harm(app: Flask, admin: Visitor, body: dict[str, Any]) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    admin.installation.open(admin.installation.dynamic_modules[0].key)
    before = rows(app, StaleItem)

    (answer,) = admin.installation.deliver("page_updated", body)

    assert answer.status == 204
    assert rows(app, StaleItem) == before


def test_what_is_blocked_leaves_the_list(app: Flask, admin: Visitor, jira_admin: Visitor) -> None:
    """Jira says yes to users who ask for blocked issues, so no title of them may be kept."""
    for visitor, key in ((admin, "ENG"), (jira_admin, "OPS")):
        visitor.post("/api/watch", {"key": key})
        (module,) = visitor.installation.dynamic_modules
        before = titles(visitor.installation.open(module.key).text)
        assert before

        visitor.installation.block(key)
        assert titles(visitor.installation.open(module.key).text) == []
        assert rows(app, StaleItem) == 0

        visitor.installation.unblock(key)
        assert titles(visitor.installation.open(module.key).text) == before
        visitor.post("/api/unwatch", {"key": key})


def test_list_is_loaded_once_a_day(sandbox: Sandbox, admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    asked = lists(sandbox)
    before, again = (titles(admin.installation.open(module.key).text) for _ in range(2))
    assert before == again
    assert lists(sandbox) == asked + 1

    tomorrow = stale.today() + timedelta(days=60)
    monkeypatch.setattr(stale, "today", lambda: tomorrow)

    assert len(titles(admin.installation.open(module.key).text)) > len(before)
    assert lists(sandbox) == asked + 2


def test_another_number_of_days_makes_another_list(admin: Visitor) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    assert len(titles(admin.installation.open(module.key).text)) == 5

    admin.post("/api/settings", {"days": 400})

    assert len(titles(admin.installation.open(module.key).text)) == 2


def test_empty_list_says_so(admin: Visitor) -> None:
    admin.post("/api/settings", {"days": 3650})
    admin.post("/api/watch", {"key": "ENG"})

    page = admin.installation.open(admin.installation.dynamic_modules[0].key)

    assert "Nothing stale in Engineering" in page.text


def test_many_at_once(app: Flask, admin: Visitor) -> None:
    """Watched by many, loaded by many: one row, one module, one list."""
    token = admin.token
    with ThreadPoolExecutor(8) as pool:
        watched = list(pool.map(lambda _: admin.post("/api/watch", {"key": "ENG"}, token=token), range(8)))
        assert {answer.status_code for answer in watched} == {200}
        (module,) = admin.installation.dynamic_modules
        opened = list(pool.map(lambda _: admin.installation.open(module.key), range(8)))
    assert {answer.status for answer in opened} == {200}
    assert {len(titles(answer.text)) for answer in opened} == {5}
    assert rows(app, WatchedArea) == 1
    assert rows(app, StaleItem) == 5


def test_load_that_ends_after_unwatching_keeps_nothing(
    app: Flask, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post("/api/watch", {"key": "ENG"})
    (module,) = admin.installation.dynamic_modules
    url, token = admin.installation.iframe_url(module.key), admin.token
    real = ConfluenceHost.stale_items

    def unwatched_meanwhile(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = real(self, *args, **kwargs)
        monkeypatch.undo()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(admin.post, "/api/unwatch", {"key": "ENG"}, token=token).result()
        return found

    monkeypatch.setattr(ConfluenceHost, "stale_items", unwatched_meanwhile)

    assert app.test_client().get(url.removeprefix(APP_URL)).status_code == 200
    assert rows(app, StaleItem) == 0
