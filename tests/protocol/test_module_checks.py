"""What hosts refuse in modules, what they accept and nobody means, and what is left open."""

from __future__ import annotations

import pytest

from atlassian_connect.protocol.descriptor import check_descriptor

PAGE = {"key": "page", "name": {"value": "Page"}, "url": "/page"}
ITEM = {"key": "item", "name": {"value": "Item"}, "location": "system.user.options", "url": "/item"}
PANEL = {"key": "panel", "name": {"value": "Panel"}, "location": "somewhere", "url": "/panel"}
HOOK = {"event": "jira:issue_created", "url": "/hook"}
FIELD = {"key": "f", "name": {"value": "F"}, "description": {"value": "F"}, "type": "string"}
BASE = {
    "key": "com.example.app",
    "name": "Example",
    "baseUrl": "https://app.example.com",
    "authentication": {"type": "jwt"},
    "lifecycle": {"installed": "/installed"},
    "scopes": ["READ"],
}


def problems(modules, product=None, served=False, **root):
    found = check_descriptor({**BASE, **root, "modules": modules}, product, served=served)
    return [(problem.severity, problem.path) for problem in found]


@pytest.mark.parametrize(
    ("modules", "path"),
    [
        ({"webPanels": [{**PANEL, "url": {"value": "/p"}}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "location": ["x"]}]}, "webPanels[0].location"),
        ({"webPanels": [{**PANEL, "weight": "100"}]}, "webPanels[0].weight"),
        ({"webPanels": [{**PANEL, "icon": "/icon.png"}]}, "webPanels[0].icon"),
        ({"webPanels": [{**PANEL, "conditions": {"condition": "user_is_admin"}}]}, "webPanels[0].conditions"),
        (
            {"webPanels": [{**PANEL, "conditions": [{"type": "xor", "conditions": []}]}]},
            "webPanels[0].conditions[0].type",
        ),
        ({"webPanels": [{**PANEL, "url": "javascript:alert(1)"}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "webItems": [ITEM]}]}, "webPanels[0].webItems"),
        ({"webPanels": [{**PANEL, "enableLicensing": True}]}, "webPanels[0].enableLicensing"),
        ({"webPanels": [{**PANEL, "name": {"value": "Panel", "url": "/x"}}]}, "webPanels[0].name.url"),
        ({"webPanels": PANEL}, "webPanels"),
        ({"webPanels": None}, "webPanels"),
        ({"configurePage": [PAGE]}, "configurePage"),
        ({"generalPages": [PAGE], "lifecycle": {"installed": "/i"}}, "lifecycle"),
        ({"generalPages": [PAGE], "scopes": ["READ"]}, "scopes"),
        ({"generalPages": [PAGE], "url": "/page"}, "url"),
        ({"modules": {"generalPages": [PAGE]}}, "modules"),
        ({"webItems": [{**ITEM, "context": "app"}]}, "webItems[0].context"),
        ({"webItems": [{**ITEM, "target": {"type": "popup"}}]}, "webItems[0].target.type"),
        ({"webItems": [{**ITEM, "target": "dialog"}]}, "webItems[0].target"),
        ({"webItems": [{**ITEM, "target": {"type": "dialogModule"}}]}, "webItems[0].target.options.key"),
        ({"webItems": [{name: ITEM[name] for name in ("key", "name", "location")}]}, "webItems[0].url"),
        ({"jiraIssueFields": [{**FIELD, "type": "date"}]}, "jiraIssueFields[0].type"),
        ({"webhooks": [{**HOOK, "excludeBody": "true"}]}, "webhooks[0].excludeBody"),
        (
            {"keyboardShortcuts": [{**PAGE, "shortcut": "G", "target": {"key": "page"}}]},
            "keyboardShortcuts[0].shortcut",
        ),
        (
            {"dynamicContentMacros": [{**PAGE, "autoconvert": {"matchers": [{}] * 201}}]},
            "dynamicContentMacros[0].autoconvert.matchers",
        ),
    ],
)
def test_what_hosts_refuse(modules, path):
    errors = [where for severity, where in problems(modules) if severity == "error"]

    assert errors == [f"modules.{path}"]


@pytest.mark.parametrize(
    ("modules", "path"),
    [
        ({"webPanel": [PANEL]}, "webPanel"),
        ({"profilePages": [PAGE]}, "profilePages"),
        ({"configurePage": []}, "configurePage"),
        ({"webPanels": [{**PANEL, "url": "panel"}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "url": "https://app.example.com/panel"}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "url": ""}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "url": "/a b"}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "url": "/p?x={nonsense.id}"}]}, "webPanels[0].url"),
        ({"webPanels": [{**PANEL, "wieght": 1}]}, "webPanels[0].wieght"),
        (
            {"webPanels": [{**PANEL, "conditions": [{"condition": "nobody_knows"}]}]},
            "webPanels[0].conditions[0].condition",
        ),
        ({"webhooks": [{**HOOK, "event": "issue_created"}]}, "webhooks[0].event"),
        (
            {"webItems": [{**ITEM, "target": {"type": "dialogmodule", "options": {"key": "x"}}}]},
            "webItems[0].target.options.key",
        ),
        ({"webItems": [{**ITEM, "context": "page", "url": "elsewhere"}]}, "webItems[0].url"),
        (
            {"jiraTimeTrackingProviders": [{"key": "t", "name": {"value": "T"}, "adminPageKey": "x"}]},
            "jiraTimeTrackingProviders[0].adminPageKey",
        ),
    ],
)
def test_what_hosts_accept_and_nobody_means(modules, path):
    found = problems(modules)

    assert ("warning", f"modules.{path}") in found
    assert [where for severity, where in found if severity == "error"] == []


@pytest.mark.parametrize(
    "modules",
    [
        {"webItems": [{**ITEM, "url": "https://elsewhere.example.com"}]},
        {"webItems": [{**ITEM, "context": "page", "url": "page"}], "generalPages": [PAGE]},
        {"webItems": [{**ITEM, "context": "product", "url": "browse/{issue.key}"}]},
        {"webItems": [{**ITEM, "target": {"type": "inlineDialog", "options": {"width": "300px"}}}]},
        {"webhooks": [{**HOOK, "url": "/hook?key=${issue.key}"}, {**HOOK, "key": "second"}]},
        {"webPanels": [{**PANEL, "conditions": [{"or": [{"condition": "user_is_admin", "invert": True}]}]}]},
        {"webPanels": [{**PANEL, "url": "/p?k={project.key}&on={condition.user_is_admin}", "params": {}}]},
        {"jiraJqlFunctions": [{**PAGE, "arguments": [], "operators": ["in"], "types": ["issue"]}]},
        {"dynamicContentMacros": [{**PAGE, "url": "/m?c={colour}", "parameters": [{"identifier": "colour"}]}]},
    ],
)
def test_what_is_right(modules):
    assert problems(modules) == []


@pytest.mark.parametrize(
    ("changes", "open_path"),
    [
        ({"key": "{{ appKey }}-page"}, "key"),
        ({"url": "{{localBaseUrl}}/page"}, "url"),
        ({"url": "${base}/page"}, "url"),
        ({"url": "<%= base %>/page"}, "url"),
        ({"name": {"value": "{{ .Name }}"}, "weight": "{{ weight }}"}, "weight"),
        ({"conditions": "{{ conditions }}"}, "conditions"),
    ],
)
def test_values_of_a_template_are_not_judged_and_it_is_said_once(changes, open_path):
    document = {**BASE, "baseUrl": "{{localBaseUrl}}", "modules": {"generalPages": [{**PAGE, **changes}]}}

    (problem,) = check_descriptor(document)

    assert (problem.severity, problem.path) == ("warning", "")
    assert "baseUrl" in problem.message
    assert open_path in problem.message


def test_a_template_that_is_served_has_errors():
    """A host would take the placeholders for what they are."""
    errors = {
        p
        for s, p in problems({"generalPages": [{**PAGE, "key": "{{k}}"}]}, served=True, baseUrl="{{u}}")
        if s == "error"
    }

    assert errors == {"baseUrl", "modules.generalPages[0].key"}


def test_the_product_decides_what_is_known():
    field = {"key": "f", "name": {"value": "F"}, "description": {"value": "F"}, "type": "string"}
    modules = {"jiraIssueFields": [field], "webhooks": [HOOK]}

    assert problems(modules, "jira") == []
    assert problems(modules, "confluence") == [
        ("warning", "modules.jiraIssueFields"),
        ("warning", "modules.webhooks[0].event"),
    ]


def test_every_problem_says_what_would_be_right():
    (problem,) = check_descriptor({**BASE, "modules": {"generalPage": [PAGE]}})

    assert problem.fix == "Did you mean generalPages?"
    assert str(problem).endswith(problem.fix)


def test_many_modules_take_one_walk():
    """Twice the modules, twice the problems: none is compared with all others."""
    many = [{**PANEL, "key": f"panel-{index}", "url": f"panel{index}"} for index in range(500)]

    assert len(problems({"webPanels": many})) == 500


def test_the_name_of_a_jql_function_is_a_word():
    """It is what users write in a query, so there is nothing to translate."""
    function = {"key": "f", "name": "nearby", "url": "/f", "arguments": [], "operators": ["in"], "types": ["issue"]}

    assert problems({"jiraJqlFunctions": [function]}) == []
    assert problems({"jiraJqlFunctions": [{**function, "name": 1}]}) == [("error", "modules.jiraJqlFunctions[0].name")]
    assert problems({"webPanels": [{**PANEL, "name": "nearby"}]}) == [("error", "modules.webPanels[0].name")]


def test_hosts_do_not_read_the_keys_and_names_of_webhooks():
    hooks = [{**HOOK, "key": "page"}, {**HOOK, "key": "page"}, {**HOOK, "key": "jira:made", "name": "Issue made"}]

    assert problems({"generalPages": [PAGE], "webhooks": hooks}) == [
        ("warning", "modules.webhooks[2].key"),
        ("warning", "modules.webhooks[2].name"),
    ]


def test_a_field_of_the_root_is_misplaced_when_the_root_has_none():
    hooks = [{**HOOK, "scopes": ["read"]}]

    assert problems({"webhooks": hooks}) == [("warning", "modules.webhooks[0].scopes")]
    assert ("error", "modules.webhooks[0].vendor") in problems({"webhooks": [{**HOOK, "vendor": {"name": "V"}}]})


@pytest.mark.parametrize("scopes", [["read:jira-work"], ["READ "], "READ", {"READ": True}, [1]])
def test_scopes_that_are_none_are_told_once(scopes):
    assert [severity for severity, _ in problems({"webhooks": [HOOK]}, scopes=scopes)] == ["error"]


@pytest.mark.parametrize("scopes", [["NONE"], ["ACT_AS_USER"]])
def test_webhooks_need_a_scope_that_reads(scopes):
    assert problems({"webhooks": [HOOK]}, scopes=scopes) == [("error", "scopes")]


def test_a_file_that_asks_for_no_scope_at_all_is_warned_only():
    assert problems({"webhooks": [HOOK]}, scopes=[]) == [("warning", "scopes")]
    assert problems({"webhooks": [HOOK]}, scopes=[], served=True) == [("error", "scopes")]


def test_scopes_of_an_app_without_authentication_count_when_it_is_served():
    for served, severity in ((False, "warning"), (True, "error")):
        found = problems({"webhooks": [HOOK]}, scopes=[], authentication={"type": "none"}, served=served)
        assert found == [(severity, "scopes")]


@pytest.mark.parametrize(
    "hostile",
    ["/a${" + " " * 400_000, "/a{b" + " " * 400_000, "/a" + "{b (" * 100_000, "/a" + "${ " * 100_000, "@a" * 200_000],
    ids=lambda hostile: hostile[:6],
)
def test_attack_url_made_to_backtrack(hostile):
    """It ends: every pattern matches in linear time, where a hundred kilobytes kept a check for eight seconds."""
    panel = {"key": "k", "name": {"value": "n"}, "location": "l", "url": hostile}

    assert {severity for severity, _ in problems({"webPanels": [panel]})} <= {"warning"}
