"""The root of a descriptor: what hosts refuse, what they accept, and what belongs elsewhere."""

from __future__ import annotations

import pytest

from atlassian_connect.protocol.descriptor import check_descriptor

BASE = {
    "key": "com.example.app",
    "name": "Example",
    "baseUrl": "https://app.example.com",
    "authentication": {"type": "jwt"},
    "lifecycle": {"installed": "/installed"},
    "scopes": ["READ"],
    "modules": {"generalPages": [{"key": "page", "name": {"value": "Page"}, "url": "/page"}]},
}


def found(changes, product=None, *, served=False):
    return check_descriptor({**BASE, **changes}, product, served=served)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "n" * 81}, "name"),
        ({"name": 1}, "name"),
        ({"description": "d" * 1401}, "description"),
        ({"vendor": "Example"}, "vendor"),
        ({"vendor": {"name": "Example", "url": "ftp://example.com"}}, "vendor.url"),
        ({"vendor": {"name": "Example", "url": "javascript:alert(1)"}}, "vendor.url"),
        ({"vendor": {"name": "n" * 101}}, "vendor.name"),
        ({"links": {"self": 1}}, "links.self"),
        ({"lifecycle": {"installed": "https://app.example.com/installed"}}, "lifecycle.installed"),
        ({"lifecycle": {"installed": "//app.example.com/installed"}}, "lifecycle.installed"),
        ({"apiVersion": "1"}, "apiVersion"),
        ({"apiVersion": 0}, "apiVersion"),
        ({"enableLicensing": "true"}, "enableLicensing"),
        ({"apiMigrations": ["gdpr"]}, "apiMigrations"),
        ({"apiMigrations": {"gdpr": "true"}}, "apiMigrations.gdpr"),
        ({"translations": {"de-DE": "/de.json"}}, "translations"),
        ({"translations": {"paths": {"german": "/de.json"}}}, "translations.paths.german"),
        ({"regionBaseUrls": {"Europe": "https://eu.example.com"}}, "regionBaseUrls.Europe"),
        ({"regionBaseUrls": {"EU": "eu.example.com"}}, "regionBaseUrls.EU"),
        ({"dataResidency": {"maxMigrationDurationHours": "24"}}, "dataResidency"),
        ({"baseUrl": "http://abc.ngrok.io"}, "baseUrl"),
        ({"baseUrl": "https://<your app>"}, "baseUrl"),
        ({"baseUrl": "<ngrok url here>"}, "baseUrl"),
        ({"baseUrl": "https://app.example.com/path?query"}, "baseUrl"),
        ({"webPanels": []}, "webPanels"),
        ({"installed": "/installed"}, "installed"),
        ({"gdpr": True}, "gdpr"),
        ({"location": "somewhere"}, "location"),
    ],
)
def test_what_hosts_refuse(changes, path):
    assert [(problem.severity, problem.path) for problem in found(changes)] == [("error", path)]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"baseUrl": ""}, "baseUrl"),
        ({"baseUrl": "https://app.example.com/"}, "baseUrl"),
        ({"baseUrl": "http://192.168.1.5:3000"}, "baseUrl"),
        ({"baseUrl": "http://app:3000"}, "baseUrl"),
        ({"lifecycle": {"installed": "/i", "enabled": ""}}, "lifecycle.enabled"),
        ({"lifecycle": {"installed": "/i", "instaled": "/i"}}, "lifecycle.instaled"),
        ({"apiMigrations": {"signed_install": True}}, "apiMigrations.signed_install"),
        ({"apiMigrations": {"signed-install": False}}, "apiMigrations.signed-install"),
        ({"translations": {"paths": {"nl-NL": "/nl.json"}}}, "translations.paths.nl-NL"),
        ({"regionBaseUrls": {"BR": "https://br.example.com"}}, "regionBaseUrls.BR"),
        ({"scopes": ["Read"]}, "scopes[0]"),
        ({"lifecyle": {}}, "lifecyle"),
        ({"capabilities": {}}, "capabilities"),
    ],
)
def test_what_hosts_accept_and_nobody_means(changes, path):
    assert [(problem.severity, problem.path) for problem in found(changes)] == [("warning", path)]


def test_an_empty_base_url_is_refused_when_it_is_served():
    assert [problem.severity for problem in found({"baseUrl": ""}, served=True)] == ["error"]
    assert [problem.severity for problem in found({"baseUrl": "http://app:3000"}, served=True)] == ["error"]


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("read:jira-work", "scope of Forge and OAuth apps; Connect does not know it. Write READ."),
        ("manage:jira-project", "Write ADMIN."),
        ("storage:app", "Connect has ACCESS_EMAIL_ADDRESSES"),
        ("act-as-user", "Did you mean ACT_AS_USER?"),
        (" READ ", "Did you mean READ?"),
        ("pullrequest:write", "scope of apps for Bitbucket"),
        ("RAED", "Did you mean READ?"),
        ("everything", "Known are ACCESS_EMAIL_ADDRESSES, ACT_AS_USER"),
    ],
)
def test_a_scope_of_another_kind_is_explained(scope, words):
    (problem,) = found({"scopes": [scope]})

    assert problem.severity == "error"
    assert words in str(problem)


def test_a_scope_of_the_other_product():
    assert found({"scopes": ["PROJECT_ADMIN"]}, "jira") == []
    (problem,) = found({"scopes": ["PROJECT_ADMIN"]}, "confluence")
    assert problem.severity == "warning"


def test_a_key_between_the_old_limit_and_the_new_one_is_explained():
    (problem,) = found({"key": "k" * 70})

    assert problem.severity == "error"
    assert "Older schemas took 80" in problem.fix


@pytest.mark.parametrize(
    "placeholder",
    ["{{localBaseUrl}}", "{{ .BaseURL }}", "${baseUrl}", "<%= url %>", "#{url}", "$BASE_URL", "{base}", "__BASE_URL__"],
)
def test_a_placeholder_for_the_base_url_is_not_judged(placeholder):
    (problem,) = found({"baseUrl": placeholder})

    assert (problem.severity, problem.path) == ("warning", "")
    assert "Is a template" in problem.message


@pytest.mark.parametrize(
    ("url", "fix"), [("https://app.example.com/a", "Write /a."), ("//elsewhere/a", "Write the path")]
)
def test_an_absolute_lifecycle_url_is_told_what_remains_of_it(url, fix):
    """Hosts write base URL and path one after the other, whatever the path is."""
    (problem,) = found({"lifecycle": {"installed": url}})

    assert problem.severity == "error"
    assert fix in problem.fix


@pytest.mark.parametrize("lifecycle", [{"installed": None}, {"installed": ""}, {"enabled": "/enabled"}, {}])
def test_a_missing_callback_is_told_once(lifecycle):
    assert [(problem.severity, problem.path) for problem in found({"lifecycle": lifecycle})] == [
        ("error", "lifecycle.installed")
    ]


def test_an_unknown_event_is_not_judged_further():
    (problem,) = found({"lifecycle": {"installed": "/i", "clientKey": "no path"}})

    assert (problem.severity, problem.path) == ("warning", "lifecycle.clientKey")


def test_two_slashes_in_a_base_url_are_not_meant():
    for url in ("https://app.example.com//", "https://app.example.com/a//b"):
        assert [problem.severity for problem in found({"baseUrl": url})] == ["warning"]
        assert [problem.severity for problem in found({"baseUrl": url}, served=True)] == ["error"]


@pytest.mark.parametrize("url", ["https:///app", "https:/app.example.com", "https://", "app.example.com"])
def test_a_base_url_without_a_host_is_none(url):
    assert [problem.severity for problem in found({"baseUrl": url})] == ["error"]


@pytest.mark.parametrize("locale", ["de", "pt_BR"])
def test_a_language_that_no_host_asks_for(locale):
    (problem,) = found({"translations": {"paths": {locale: "/texts.json"}}})

    assert problem.severity == "warning"


def test_the_version_of_old_descriptors_is_ignored():
    (problem,) = found({"version": "1.2"})

    assert problem.severity == "warning"
    assert "apiVersion" not in problem.fix


def test_comments_written_as_fields_are_left_alone():
    assert found({"//baseUrl": "http://localhost", "_comment": "for tests"}) == []
