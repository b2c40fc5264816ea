"""What a changed descriptor means at a site."""

from __future__ import annotations

import copy
import json

import pytest

from atlassian_connect.protocol.descriptor_diff import BASE_URL_PLACEHOLDER, diff_descriptors, without_base_url

OLD = {
    "key": "com.example.app",
    "baseUrl": "https://app.example.com",
    "name": "App",
    "authentication": {"type": "jwt"},
    "lifecycle": {"installed": "/installed", "enabled": "/enabled"},
    "scopes": ["WRITE"],
    "regionBaseUrls": {"EU": "https://eu.example.com"},
    "modules": {
        "generalPages": [
            {"key": "hello", "name": {"value": "Hello"}, "url": "/hello"},
            {"key": "bye", "name": {"value": "Bye"}, "url": "/bye"},
        ],
        "webPanels": [{"key": "side", "name": {"value": "Side"}, "url": "/side", "location": "a"}],
        "dynamicContentMacros": [
            {
                "key": "poll",
                "name": {"value": "Poll"},
                "url": "/poll?q={question}",
                "parameters": [{"identifier": "question", "name": {"value": "Q"}, "type": "string"}],
            }
        ],
        "webhooks": [
            {"event": "page_created", "url": "/hooks/created"},
            {"event": "page_removed", "url": "/hooks/removed"},
        ],
    },
}


def changed(edit):
    new = copy.deepcopy(OLD)
    edit(new)
    return new


def modules(new):
    return new["modules"]


def test_nothing_changed_is_nothing():
    assert diff_descriptors(OLD, copy.deepcopy(OLD)) == ()


@pytest.mark.parametrize(
    ("edit", "path", "kind", "effect", "words"),
    [
        (lambda d: d.update(key="com.example.other"), "key", "changed", "new_app", "another app"),
        (lambda d: d.update(apiVersion=2), "apiVersion", "changed", "approval", "major"),
        (lambda d: d.update(enableLicensing=True), "enableLicensing", "changed", "approval", "paid"),
        (lambda d: d.update(name="App 2"), "name", "changed", "silent", "themselves"),
        (lambda d: d.update(vendor={"name": "Us"}), "vendor", "added", "silent", "new"),
        (lambda d: d.update(baseUrl="https://b.example.com"), "baseUrl", "changed", "breaks", "new address"),
        (lambda d: d.update(authentication={"type": "none"}), "authentication.type", "changed", "breaks", "no secret"),
        (lambda d: d["lifecycle"].pop("enabled"), "lifecycle.enabled", "removed", "breaks", "no longer send enabled"),
        (
            lambda d: d["lifecycle"].update(installed="/x"),
            "lifecycle.installed",
            "changed",
            "silent",
            "keep that route",
        ),
        (lambda d: d["lifecycle"].update(disabled="/x"), "lifecycle.disabled", "added", "silent", "disabled"),
        (
            lambda d: d["regionBaseUrls"].update(US="https://us.example.com"),
            "regionBaseUrls.US",
            "added",
            "silent",
            "US",
        ),
        (
            lambda d: d["regionBaseUrls"].update(EU="https://e.example.com"),
            "regionBaseUrls.EU",
            "changed",
            "breaks",
            "EU",
        ),
        (lambda d: d.pop("regionBaseUrls"), "regionBaseUrls.EU", "removed", "breaks", "EU"),
        (lambda d: d.update(scopes=["WRITE", "ADMIN"]), "scopes", "changed", "approval", "ADMIN"),
        (lambda d: d.update(scopes=["READ", "ACT_AS_USER"]), "scopes", "changed", "approval", "ACT_AS_USER"),
        (lambda d: d.update(scopes=["READ"]), "scopes", "changed", "silent", "less"),
        (lambda d: d.update(scopes=["read", "write"]), "scopes", "changed", "silent", "same"),
        (lambda d: d.update(scopes=["WRITE", "NONE"]), "scopes", "changed", "silent", "same"),
        (lambda d: d.pop("scopes"), "scopes", "removed", "silent", "less"),
        (
            lambda d: modules(d)["webPanels"][0].update(location="b"),
            "modules.webPanels[0].location",
            "changed",
            "silent",
            "'side'",
        ),
        (
            lambda d: modules(d)["generalPages"][1].update(name={"value": "Ciao"}),
            "modules.generalPages[1].name.value",
            "changed",
            "silent",
            "'bye'",
        ),
        (
            lambda d: modules(d)["webPanels"][0].update(url="/elsewhere"),
            "modules.webPanels[0].url",
            "changed",
            "silent",
            "keep that route",
        ),
        (lambda d: modules(d)["generalPages"].pop(0), "modules.generalPages[0]", "removed", "breaks", "bookmarks"),
        (lambda d: modules(d).pop("webPanels"), "modules.webPanels[0]", "removed", "silent", "disappears"),
        (
            lambda d: modules(d)["dynamicContentMacros"].clear(),
            "modules.dynamicContentMacros[0]",
            "removed",
            "breaks",
            "unknown macro",
        ),
        (
            lambda d: modules(d)["dynamicContentMacros"][0]["parameters"].clear(),
            "modules.dynamicContentMacros[0].parameters",
            "changed",
            "breaks",
            "question",
        ),
        (lambda d: modules(d)["webhooks"].pop(), "modules.webhooks[1]", "removed", "breaks", "page_removed"),
        (
            lambda d: modules(d)["webhooks"][1].update(excludeBody=True),
            "modules.webhooks[1].excludeBody",
            "added",
            "silent",
            "page_removed",
        ),
        (lambda d: modules(d).update(webSections=[{"key": "s"}]), "modules.webSections[0]", "added", "silent", "new"),
        (lambda d: modules(d)["generalPages"].reverse(), "modules.generalPages", "changed", "silent", "order"),
        (lambda d: d.update(apiVersion=1), "", "changed", "silent", "default"),
    ],
)
def test_each_change_is_said_with_what_it_means(edit, path, kind, effect, words):
    (change,) = diff_descriptors(OLD, changed(edit))

    assert (change.path, change.kind, change.effect) == (path, kind, effect)
    assert words in change.sentence


@pytest.mark.parametrize("field", ["vendor", "lifecycle", "regionBaseUrls", "apiMigrations"])
@pytest.mark.parametrize("name", ["{", "}", "{part.__class__}", "{0}", "a{b}c"])
def test_braces_in_names_are_braces(field, name):
    old = {**OLD, field: {}}

    (change,) = diff_descriptors(old, {**OLD, field: {name: "/x"}})

    assert change.path == f"{field}.{name}"
    assert name in change.sentence


def test_webhooks_of_one_event_are_compared_in_their_order():
    hooks = [{"event": "page_created", "url": f"/hooks/{number}"} for number in range(4000)]
    old, new = (
        {**OLD, "modules": {"webhooks": listed}} for listed in (hooks, [*hooks[:-1], {**hooks[-1], "url": "/x"}])
    )

    (change,) = diff_descriptors(old, new)
    (removed,) = diff_descriptors(old, {**OLD, "modules": {"webhooks": hooks[:-1]}})

    assert (change.path, change.old, change.new) == ("modules.webhooks[3999].url", "/hooks/3999", "/x")
    assert (removed.path, removed.kind) == ("modules.webhooks[3999]", "removed")


def test_an_object_that_is_gone_is_reported_by_what_it_held():
    changes = diff_descriptors(OLD, changed(lambda d: d.pop("lifecycle")))

    assert [(change.path, change.effect) for change in changes] == [
        ("lifecycle.installed", "breaks"),
        ("lifecycle.enabled", "breaks"),
    ]


def test_old_and_new_are_in_the_change():
    (change,) = diff_descriptors(OLD, changed(lambda d: d.update(scopes=["ADMIN"])))

    assert (change.old, change.new) == (["WRITE"], ["ADMIN"])


def test_a_static_key_that_is_dynamic_somewhere_costs_all_dynamic_modules():
    new = changed(lambda d: modules(d)["webPanels"].append({"key": "runtime", "url": "/r"}))

    (change,) = diff_descriptors(OLD, new, dynamic_keys={"runtime": "is registered at 2 tenants"})
    (harmless,) = diff_descriptors(OLD, new, dynamic_keys={"other": "is registered at 2 tenants"})

    assert (change.path, change.effect) == ("modules.webPanels[1]", "conflict")
    assert "'runtime' is registered at 2 tenants" in change.sentence
    assert harmless.effect == "silent"


def test_a_static_key_that_was_there_before_conflicts_with_nothing_new():
    assert diff_descriptors(OLD, OLD, dynamic_keys={"side": "is declared as dynamic"}) == ()


def test_a_module_that_changes_its_type_is_one_change():
    def edit(new):
        modules(new)["adminPages"] = [modules(new)["generalPages"].pop()]

    (change,) = diff_descriptors(OLD, changed(edit))

    assert change.effect == "breaks"
    assert "becomes adminPages 'bye'" in change.sentence


def test_another_order_of_fields_is_a_new_version_too():
    (change,) = diff_descriptors(OLD, dict(reversed(OLD.items())))

    assert (change.path, change.effect) == ("", "silent")


def test_base_urls_of_environments_do_not_count():
    def served_at(base):
        return {**OLD, "baseUrl": base, "links": {"self": f"{base}/atlassian-connect.json", "docs": f"{base}.org/x"}}

    production, local = served_at("https://app.example.com"), served_at("http://localhost:5000/")

    assert without_base_url(production)["links"]["self"] == f"{BASE_URL_PLACEHOLDER}/atlassian-connect.json"
    assert without_base_url(production)["links"]["docs"] == "https://app.example.com.org/x"
    assert without_base_url(production)["regionBaseUrls"] == OLD["regionBaseUrls"]
    assert without_base_url(local)["baseUrl"] == BASE_URL_PLACEHOLDER
    assert without_base_url(without_base_url(production)) == without_base_url(production)


@pytest.mark.parametrize(
    "untidy",
    [
        {},
        {"modules": []},
        {"modules": {"webPanels": "x"}},
        {"modules": {"webPanels": [None, 3, {"key": 3}]}},
        {"modules": {"webPanels": {"key": ["a"]}, "webhooks": [{"event": ["x"]}, {}]}},
        {"scopes": "READ", "lifecycle": [], "regionBaseUrls": "x", "authentication": None},
    ],
)
def test_untidy_documents_are_compared_too(untidy):
    there, back = diff_descriptors(OLD, untidy), diff_descriptors(untidy, OLD)

    assert there
    assert back
    assert json.dumps([change.effect for change in there + back])
