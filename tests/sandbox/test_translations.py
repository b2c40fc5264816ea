"""Labels of apps in the language of who looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox, WsgiTransport
from atlassian_connect.sandbox.bridge import embed
from atlassian_connect.sandbox.modules import places
from atlassian_connect.sandbox.modules.situation import Situation
from atlassian_connect.sandbox.people import PEOPLE
from atlassian_connect.sandbox.translations import locale_of

from .conftest import Clock
from .connect_app import ConnectApp

SPANISH = next(one.account_id for one in PEOPLE.values() if one.locale == "es_ES")
NAME = {"value": "Plain", "i18n": "item.name"}
HEADER = {"value": "Title", "i18n": "dialog.title"}


class Files:
    """The app, with translation files. ``asked`` has the paths that were fetched."""

    def __init__(self, app: ConnectApp, transport: WsgiTransport) -> None:
        self.app, self.texts, self.asked = app, dict[str, dict[str, str]](), list[str]()
        transport.mount("http://app.localhost:5000", self)

    def __call__(self, environ, start_response) -> Any:
        path = Request(environ).path.removeprefix("/base")
        if not path.startswith("/i18n/"):
            return self.app.wsgi(environ, start_response)
        self.asked.append(path)
        texts = self.texts.get(path)
        return Response(json.dumps(texts), status=200 if texts else 404)(environ, start_response)


@pytest.fixture
def files(app: ConnectApp, transport: WsgiTransport) -> Files:
    found = Files(app, transport)
    found.texts = {
        "/i18n/us.json": {"item.name": "American", "dialog.title": "American title"},
        "/i18n/uk.json": {"item.name": "British"},
        "/i18n/sv.json": {"item.name": "Svenska", "dialog.title": "Titel"},
    }
    app.descriptor["translations"] = {
        "paths": {"sv-SE": "/i18n/sv.json", "en-US": "/i18n/us.json", "en-UK": "/i18n/uk.json"}
    }
    target = {"type": "dialog", "options": {"header": HEADER}}
    item = {"key": "item", "url": "/item", "location": "system.top.navigation.bar", "name": NAME, "target": target}
    app.descriptor["modules"]["webItems"] = [item]
    return found


@pytest.fixture
def jira(files: Files, sandbox: Sandbox, descriptor_url: str) -> Installation:
    return sandbox.jira.install(descriptor_url)


def item_of(installation: Installation, account_id: str | None) -> places.PlacedModule:
    listed = places.at(installation.site, "navigation", Situation(account_id=account_id))
    return next(one for one in listed if one.module.key == "item")


@pytest.mark.parametrize(
    ("account_id", "label"), [(ADMIN, "British"), (MEMBER, "Svenska"), (SPANISH, "American"), (None, "American")]
)
def test_a_label_is_in_the_viewers_language_or_that_of_the_default_file(
    jira: Installation, account_id: str | None, label: str
):
    assert item_of(jira, account_id).label == label
    assert embed(jira, "item", viewer=account_id).title == label


def test_a_text_that_a_file_lacks_keeps_its_value(jira: Installation):
    assert item_of(jira, ADMIN).options["header"] == HEADER
    assert item_of(jira, MEMBER).options["header"]["value"] == "Titel"


def test_a_file_is_fetched_once_and_again_after_an_update(
    sandbox: Sandbox, jira: Installation, files: Files, descriptor_url: str
):
    assert files.asked == []  # not before somebody looks
    for _ in range(3):
        assert item_of(jira, MEMBER).label == "Svenska"
    assert files.asked == ["/i18n/sv.json"]
    files.texts["/i18n/sv.json"] = {"item.name": "Nytt"}
    sandbox.jira.install(descriptor_url)
    assert item_of(jira, MEMBER).label == "Nytt"


def test_a_file_that_cannot_be_read_is_asked_for_again_after_a_while(jira: Installation, files: Files, clock: Clock):
    there = files.texts.pop("/i18n/sv.json")
    for _ in range(3):
        assert item_of(jira, MEMBER).label == "Plain"
    assert len(files.asked) == 1
    files.texts["/i18n/sv.json"] = there
    clock.ahead = 61
    assert item_of(jira, MEMBER).label == "Svenska"


def test_without_files_nothing_is_asked(app: ConnectApp, files: Files, sandbox: Sandbox, descriptor_url: str):
    del app.descriptor["translations"]
    assert item_of(sandbox.jira.install(descriptor_url), MEMBER).label == "Plain"
    assert files.asked == []


def test_a_registered_module_is_in_the_viewers_language_too(jira: Installation):
    extra = {"key": "extra", "url": "/extra", "location": "system.top.navigation.bar", "name": NAME}
    jira.register_modules({"webItems": [extra]})
    found = places.at(jira.site, "navigation", Situation(account_id=MEMBER))
    assert {one.label for one in found if one.module.type == "webItems"} == {"Svenska"}


def test_the_language_of_somebody_unknown_is_that_of_the_site(sandbox: Sandbox):
    assert (locale_of(sandbox.jira, "nobody"), locale_of(sandbox.jira, MEMBER)) == ("en-US", "sv-SE")
