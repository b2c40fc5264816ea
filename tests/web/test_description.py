"""The descriptor's root from code: what is served, what the template decides, what is refused."""

from __future__ import annotations

import json
import logging

import pytest

from atlassian_connect import AtlassianConnect, text
from atlassian_connect.errors import ConfigurationError, DescriptorError
from tests.conftest import APP_KEY, BASE_URL
from tests.host import Host

EU, US = "https://eu.example.com", "https://us.example.com/app"


def served(app):
    return app.test_client().get("/atlassian-connect.json").json


def test_what_is_described_is_served(make_app):
    connect = AtlassianConnect()
    connect.describe(
        name="Polls",
        description="Asks people.",
        vendor={"name": "Us", "url": "https://example.com"},
        links={"documentation": "https://example.com/docs"},
        scopes=["READ", "ACT_AS_USER"],
        api_version=2,
        enable_licensing=True,
        editions_enabled=True,
    )
    connect.describe(
        region_base_urls={"EU": EU, "US": US}, max_migration_duration_hours=24, api_migrations={"gdpr": True}
    )

    document = served(make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY}))

    assert document["name"] == "Polls"
    assert document["vendor"] == {"name": "Us", "url": "https://example.com"}
    assert document["scopes"] == ["READ", "ACT_AS_USER"]
    assert document["apiVersion"] == 2
    assert (document["enableLicensing"], document["editionsEnabled"]) == (True, True)
    assert document["regionBaseUrls"] == {"EU": EU, "US": US}
    assert document["dataResidency"] == {"maxMigrationDurationHours": 24}
    assert document["apiMigrations"] == {"signed-install": True, "context-qsh": True, "gdpr": True}


def test_the_template_wins_field_by_field_and_entry_by_entry(make_app):
    connect = AtlassianConnect()
    connect.describe(name="Code", scopes=["ADMIN"], links={"docs": "https://code", "help": "https://code"})
    template = {"key": APP_KEY, "name": "Template", "scopes": ["READ"], "links": {"docs": "https://template"}}

    document = served(make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR=template))

    assert (document["name"], document["scopes"]) == ("Template", ["READ"])
    assert document["links"] == {"docs": "https://template", "help": "https://code"}


def test_scopes_from_code_are_the_ones_that_calls_are_compared_with(make_app):
    connect = AtlassianConnect(strict_scopes=True)
    connect.describe(name="P", scopes=["WRITE"])

    app = make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY})

    assert "WRITE" in app.extensions["atlassian_connect"].access.scopes


def test_an_app_that_is_described_needs_no_template(make_app, tmp_path, monkeypatch):
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    bare, described = AtlassianConnect(app_key=APP_KEY), AtlassianConnect(app_key=APP_KEY)
    described.describe(name="P")

    assert served(make_app(described, ATLASSIAN_CONNECT_DESCRIPTOR=None))["key"] == APP_KEY
    with pytest.raises(ConfigurationError, match="no descriptor template"):
        make_app(bare, ATLASSIAN_CONNECT_DESCRIPTOR=None)
    with pytest.raises(ConfigurationError, match="no descriptor template"):
        make_app(described, ATLASSIAN_CONNECT_DESCRIPTOR="typo.json")


def test_without_a_description_the_template_is_served_as_it_was(make_app, app):
    assert list(served(app))[:4] == ["key", "baseUrl", "name", "scopes"]


def test_the_bytes_are_the_same_in_every_app(make_app):
    def build():
        connect = AtlassianConnect()
        connect.describe(scopes=["READ"], name="P", translations={"de-DE": {"b": "B", "a": "A"}})
        return make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY}).test_client()

    one, two = build(), build()

    for path in ("/atlassian-connect.json", "/connect/translations/de-DE.json"):
        assert one.get(path).data == two.get(path).data


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"colour": "red"}, "descriptor.colour"),
        ({"scopes": ["READ", "read:jira-work"]}, "scopes[1]"),
        ({"api_version": 0}, "apiVersion"),
        ({"api_version": True}, "apiVersion"),
        ({"enable_licensing": "yes"}, "enableLicensing"),
        ({"editions_enabled": 1}, "editionsEnabled"),
        ({"region_base_urls": {"eu": EU}}, "regionBaseUrls.eu"),
        ({"region_base_urls": {"Europe": EU}}, "regionBaseUrls.Europe"),
        ({"region_base_urls": {"EU": "http://eu.example.com"}}, "regionBaseUrls.EU"),
        ({"region_base_urls": {"EU": "eu.example.com"}}, "regionBaseUrls.EU"),
        ({"region_base_urls": {"EU": EU, "DE": "HTTPS://EU.example.com/"}}, "regionBaseUrls.DE"),
        ({"max_migration_duration_hours": "24"}, "dataResidency"),
        ({"vendor": "Us"}, "vendor"),
        ({"name": "x" * 81}, "name"),
        ({"api_migrations": {"gdpr": "yes"}}, "apiMigrations.gdpr"),
        ({"translations": {"german": {}}}, "translations.paths.german"),
        ({"translations": {"de-DE": {"a": {"b": "c"}}}}, "translations.de-DE.a"),
    ],
)
def test_what_hosts_would_refuse_is_refused_where_it_is_written(fields, path):
    connect = AtlassianConnect()

    with pytest.raises(DescriptorError) as caught:
        connect.describe(**fields)

    assert caught.value.path == path
    assert not connect._registry.description
    assert not connect._registry.translations


def test_a_field_is_described_once():
    connect = AtlassianConnect()
    connect.describe(name="P", translations={"de-DE": {}})

    with pytest.raises(DescriptorError, match="before"):
        connect.describe(name="Q")
    with pytest.raises(DescriptorError, match="before"):
        connect.describe(translations={"de-DE": {}})


def test_describing_comes_before_the_app_is_set_up(connect, app):
    with pytest.raises(ConfigurationError, match="before init_app"):
        connect.describe(name="P")


# --- regions ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["code", "template"])
def regional(request, make_app):
    """An app with two regions, declared in code and in the template."""
    connect, template = AtlassianConnect(), {"key": APP_KEY, "name": "P"}
    if request.param == "code":
        connect.describe(region_base_urls={"EU": EU, "US": US})
    else:
        template["regionBaseUrls"] = {"EU": EU, "US": US}
    connect.add_general_page("hello", lambda: "hello", name="Hello")
    return Host(make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR=template))


@pytest.mark.parametrize("audience", [BASE_URL, EU, US, f"{EU}/"])
def test_lifecycle_tokens_for_a_region_are_taken(regional, audience):
    assert regional.install(claims={"aud": [audience]}).status_code == 204


@pytest.mark.parametrize(
    "audience", ["https://de.example.com", "https://us.example.com", f"{EU}/app", "EU", "http://eu.example.com"]
)
def test_lifecycle_tokens_for_another_address_are_not(regional, audience):
    assert regional.install(claims={"aud": [audience]}).status_code == 401
    assert list(regional.app.extensions["atlassian_connect"].store.tenants()) == []


def test_regions_of_one_app_are_no_audience_of_another(make_app, app, regional):
    assert Host(app).install(claims={"aud": [EU]}).status_code == 401


# --- translations -----------------------------------------------------------------------------------------------------


def with_translations(make_app, translations, /, **template):
    connect = AtlassianConnect()
    connect.describe(translations=translations)
    connect.add_general_page("poll", lambda: "", name=text("Poll", i18n="poll.name"))
    return make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY, "name": "P", **template})


def test_translations_are_named_and_served(make_app, tmp_path):
    file = tmp_path / "de.json"
    file.write_text(json.dumps({"poll.name": "Umfräge"}), encoding="utf-8")
    app = with_translations(make_app, {"en-US": {"poll.name": "Poll"}, "de-DE": file})

    paths = served(app)["translations"]["paths"]
    assert paths == {"en-US": "/connect/translations/en-US.json", "de-DE": "/connect/translations/de-DE.json"}
    response = app.test_client().get(paths["de-DE"])
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert json.loads(response.data.decode()) == {"poll.name": "Umfräge"}
    assert app.test_client().get(paths["de-DE"], headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert served(app)["modules"]["generalPages"][0]["name"] == {"value": "Poll", "i18n": "poll.name"}


def test_files_of_the_template_stand_beside_them(make_app):
    app = with_translations(
        make_app, {"en-US": {"poll.name": "Poll"}}, translations={"paths": {"fr-FR": "/static/fr.json"}}
    )

    assert served(app)["translations"]["paths"] == {
        "fr-FR": "/static/fr.json",
        "en-US": "/connect/translations/en-US.json",
    }


def test_a_key_that_the_default_file_lacks_ends_the_start(make_app):
    with pytest.raises(DescriptorError, match=r"poll\.name") as caught:
        with_translations(make_app, {"en-US": {"poll.nmae": "Poll"}})

    assert caught.value.path == "modules.generalPages[0].name.i18n"


def test_dynamic_modules_are_looked_at_too(make_app):
    connect = AtlassianConnect()
    connect.describe(translations={"en-US": {}})
    connect.add_dynamic_module("webPanels", "p", lambda: "", location="l", name=text("Poll", i18n="poll"))

    with pytest.raises(DescriptorError, match="poll"):
        make_app(connect)


def test_what_another_locale_lacks_is_logged(make_app, caplog):
    with caplog.at_level(logging.WARNING, logger="atlassian_connect"):
        with_translations(make_app, {"en-US": {"poll.name": "Poll"}, "de-DE": {}})

    assert "the translations for de-DE lack poll.name" in caplog.text


@pytest.mark.parametrize("content", [None, "", "[1]", '{"a": 1}'])
def test_a_file_that_cannot_be_used_ends_the_start(make_app, tmp_path, content):
    file = tmp_path / "de.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(DescriptorError) as caught:
        with_translations(make_app, {"de-DE": str(file)})
    assert caught.value.path.startswith("translations.de-DE")
