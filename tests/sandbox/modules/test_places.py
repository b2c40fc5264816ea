"""Where modules appear, and how they open."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlassian_connect.protocol.modules import module_types
from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.modules import places
from atlassian_connect.sandbox.modules.catalogue import place_of_location, place_of_type
from atlassian_connect.sandbox.modules.catalogue import places as place_names
from atlassian_connect.sandbox.modules.situation import Situation

from .conftest import Install

BASE = "http://app.localhost:5000/base"
JIRA = Situation(account_id=ADMIN, issue="OPS-1")
WIKI = Situation(account_id=ADMIN, page="65537")

#: What apps in the wild ask for, and where that is.
LOCATIONS = [
    ("jira", "admin_plugins_menu/eg-ultimate-connect-menu-section", "admin"),
    ("jira", "atl.jira.view.issue.left.context", "issue.left"),
    ("jira", "atl.jira.view.issue.right.context", "issue.right"),
    ("jira", "board-links", "board"),
    ("jira", "jira.agile.board.tools", "board"),
    ("jira", "jira.project.sidebar.plugins.navigation", "project.sidebar"),
    ("jira", "none", "app"),
    ("jira", "operations-operations", "issue.menu"),
    ("jira", "projectgroup2", "project.settings"),
    ("jira", "system.top.navigation.bar", "navigation"),
    ("jira", "system.top.navigation.bar.apps", "navigation"),
    ("jira", "system.user.options/personal", "user.menu"),
    ("jira", "view.issue.opsbar", "issue.menu"),
    ("jira", "com.example.myaddon:connect-provided-link-to-panel", None),
    ("jira", "my-web-panel", None),
    ("confluence", "none", "app"),
    ("confluence", "page.metadata.banner", "page.banner"),
    ("confluence", "system.attachment", "page.attachments"),
    ("confluence", "system.content.action", "page.menu"),
    ("confluence", "system.content.action/modify", "page.menu"),
    ("confluence", "system.content.action/primary", "page.buttons"),
    ("confluence", "system.content.button", "page.buttons"),
    ("confluence", "system.header/left", "navigation"),
    ("confluence", "system.help/pages", "help"),
    ("confluence", "system.space.sidebar/main-links", "space.sidebar"),
    ("confluence", "system.user.options/links", "user.menu"),
    ("confluence", "confluence.page.tools", None),
    ("confluence", "system", None),
    ("confluence", "", None),
]


def item(key: str = "item", location: str = "system.top.navigation.bar", **more):
    return {"key": key, "location": location, "url": f"/{key}", "name": {"value": key.title()}, **more}


def labels(listed: list[places.PlacedModule]) -> list[str]:
    return [one.label for one in listed]


# --- where ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(module_types()))
def test_every_type_that_a_host_loads_has_a_place(name):
    known = module_types()[name]
    for product in known.products:
        if known.url_fields and name != "webhooks":
            assert place_of_type(product, name) is not None, product


def test_a_webhook_has_no_place(install: Install):
    installation = install(webhooks=[{"event": "jira:issue_updated", "url": "/hook"}], generalPages=[item()])
    assert [one.module.type for one in places.all_of(installation, JIRA)] == ["generalPages"]


@pytest.mark.parametrize(("product", "location", "place"), LOCATIONS)
def test_locations(product, location, place):
    assert place_of_location(product, location) == place
    assert place is None or place in place_names(product)


def test_an_unknown_location_is_listed_elsewhere_and_said(install: Install, sandbox: Sandbox):
    install(webPanels=[item(location="my-web-panel")])
    (panel,) = places.at(sandbox.jira, "elsewhere", JIRA)
    assert panel.notes == ("The sandbox knows no location 'my-web-panel'.",)
    assert panel.opens == "frame"


@pytest.mark.parametrize(
    ("product", "module_type", "place"),
    [
        ("jira", "generalPages", "navigation"),
        ("confluence", "generalPages", "help"),
        ("jira", "adminPages", "admin"),
        ("confluence", "adminPages", "admin"),
    ],
)
def test_pages_without_a_location_go_where_hosts_put_them(install: Install, product, module_type, place):
    page = {"key": "page", "url": "/page", "name": {"value": "Page"}}
    (placed,) = places.all_of(install(product, **{module_type: [page]}), Situation(account_id=ADMIN))
    assert (placed.place, placed.opens, placed.opens_key) == (place, "page", "page")


@pytest.mark.parametrize(
    ("location", "place"), [("issue_view", "background.issue"), ("dashboard", "background.dashboard")]
)
def test_background_scripts_run_where_they_ask_to(install: Install, sandbox: Sandbox, location, place):
    install(jiraBackgroundScripts=[{"key": "script", "location": {"type": location}, "url": "/script"}])
    (script,) = places.at(sandbox.jira, place, JIRA)
    assert script.opens == "hidden"


def test_a_disabled_app_is_nowhere(install: Install, sandbox: Sandbox):
    installation = install(webItems=[item()])
    assert labels(places.at(sandbox.jira, "navigation", JIRA)) == ["Item"]
    installation.disable()
    assert places.at(sandbox.jira, "navigation", JIRA) == []
    installation.enable()
    installation.uninstall()
    assert places.at(sandbox.jira, "navigation", JIRA) == []


def test_dynamic_modules_have_places_too(install: Install, sandbox: Sandbox):
    installation = install(webItems=[item()])
    installation.register_modules({"webItems": [item("later", weight=1)]})
    assert labels(places.at(sandbox.jira, "navigation", JIRA)) == ["Later", "Item"]


def test_the_lighter_come_first_and_equals_stay_in_order(install: Install, sandbox: Sandbox):
    weights = {"a": 100, "b": 5, "c": None, "d": 100, "e": 300}
    items = [item(key, **({} if weight is None else {"weight": weight})) for key, weight in weights.items()]
    install(webItems=items)
    assert labels(places.at(sandbox.jira, "navigation", JIRA)) == ["B", "A", "C", "D", "E"]


# --- sections ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["admin_plugins_menu/tools", "tools", "com.example.stale__tools"])
def test_items_stand_in_their_section(install: Install, sandbox: Sandbox, location):
    section = {"key": "tools", "location": "admin_plugins_menu", "name": {"value": "Tools"}}
    install(webSections=[section], adminPages=[item("settings", location)])
    (placed,) = places.at(sandbox.jira, "admin", Situation(account_id=ADMIN))
    assert (placed.label, placed.opens, labels(list(placed.items))) == ("Tools", "section", ["Settings"])


def test_an_empty_section_is_not_shown(install: Install, sandbox: Sandbox):
    section = {"key": "tools", "location": "admin_plugins_menu", "name": {"value": "Tools"}}
    hidden = item("settings", "tools", conditions=[{"condition": "user_is_admin"}])
    install(webSections=[section], webItems=[hidden])
    member = Situation(account_id=MEMBER)
    assert places.at(sandbox.jira, "admin", member) == []
    (placed,) = places.at(sandbox.jira, "admin", member, hidden=True)
    assert [one.visible for one in placed.items] == [False]


def test_sections_in_a_circle_do_no_harm(install: Install, sandbox: Sandbox):
    sections = [
        {"key": "a", "location": "b", "name": {"value": "A"}},
        {"key": "b", "location": "a", "name": {"value": "B"}},
        {"key": "c", "location": "c", "name": {"value": "C"}},
    ]
    installation = install(webSections=sections)
    assert len(places.all_of(installation, JIRA)) == 3
    for place in place_names("jira"):
        places.at(sandbox.jira, place, JIRA, hidden=True)


def test_queues_stand_in_their_group(install: Install, sandbox: Sandbox):
    install(
        serviceDeskQueueGroups=[{"key": "group", "name": {"value": "Group"}}],
        serviceDeskQueues=[
            {"key": "in", "name": {"value": "In"}, "url": "/in", "group": "group"},
            {"key": "out", "name": {"value": "Out"}, "url": "/out", "group": "gone"},
        ],
    )
    group, out = places.at(sandbox.jira, "servicedesk.queues", JIRA)
    assert (group.label, labels(list(group.items)), out.label) == ("Group", ["In"], "Out")


# --- how --------------------------------------------------------------------------------------------------------------


def placed_item(install: Install, product: str = "jira", **more) -> places.PlacedModule:
    page = {"key": "page", "url": "/page?mode={ac.mode}&issue={issue.key}", "name": {"value": "Page"}}
    dialog = {"key": "dialog", "url": "/dialog", "options": {"size": "large", "header": {"value": "D"}}}
    installation = install(product, webItems=[item(**more)], generalPages=[page], dialogs=[dialog])
    situation = JIRA if product == "jira" else WIKI
    return places.all_of(installation, situation)[0]


def test_an_item_leads_to_the_app(install: Install):
    placed = placed_item(install)
    assert (placed.opens, placed.opens_key, placed.href, placed.problem) == ("addon", "item", "", "")


@pytest.mark.parametrize("kind", ["dialog", "inlinedialog"])
def test_an_item_opens_in_a_dialog(install: Install, kind):
    placed = placed_item(install, target={"type": kind, "options": {"width": "400px"}})
    assert (placed.opens, placed.opens_key, placed.options) == (kind, "item", {"width": "400px"})


def test_an_item_names_no_context_that_hosts_do_not_know(sandbox: Sandbox, install: Install):
    installation = install(generalPages=[])
    script = item(context="web", url=" javascript:alert(1)", location="system.top.navigation.bar")
    installation.register_modules({"webItems": [script]})
    (placed,) = places.at(sandbox.jira, "navigation", JIRA)
    assert (placed.opens, placed.href) == ("addon", "")


def test_an_item_names_a_dialog_module(install: Install):
    placed = placed_item(install, target={"type": "dialogModule", "options": {"key": "dialog", "size": "small"}})
    assert (placed.opens, placed.opens_key) == ("dialog", "dialog")
    assert placed.options == {"size": "small", "header": {"value": "D"}, "key": "dialog"}


def test_an_item_names_a_page_and_passes_parameters_on(install: Install):
    placed = placed_item(install, context="page", url="page?ac.mode={project.key}&issue.key=X")
    assert (placed.opens, placed.opens_key) == ("page", "page")
    assert placed.parameters == {"ac.mode": "OPS", "issue.key": "X"}
    assert (placed.values["ac.mode"], placed.values["issue.key"]) == ("OPS", "OPS-1")


@pytest.mark.parametrize(
    ("target", "opens", "problem"),
    [
        ({"type": "page"}, "page", "url names 'gone', and the app has no such module here."),
        ({"type": "dialogmodule", "options": {"key": "gone"}}, "dialog", "target.options.key names 'gone'"),
    ],
)
def test_an_item_that_names_nothing_says_so(install: Install, target, opens, problem):
    placed = placed_item(install, context="page", url="/gone", target=target)
    assert placed.opens == opens
    assert placed.problem.startswith(problem)


def test_a_dialog_of_a_page_item_without_a_page_shows_the_items_own_url(install: Install):
    placed = placed_item(install, context="page", url="/create?x=1", target={"type": "dialog"})
    assert (placed.opens, placed.opens_key, placed.problem) == ("dialog", "item", "")


@pytest.mark.parametrize(
    ("more", "href"),
    [
        ({"context": "product", "url": "/browse/{issue.key}"}, "http://localhost:2990/browse/OPS-1"),
        ({"url": "https://docs.example/{project.key}?q={issue.summary}"}, None),
    ],
)
def test_an_item_links_to_the_product_or_the_web(install: Install, more, href):
    placed = placed_item(install, **more)
    assert placed.opens == "link"
    assert placed.href == (href or "https://docs.example/OPS?q=Rotate+the+TLS+certificates+of+the+mail+gateway")


def test_an_absolute_url_below_the_app_is_the_apps(install: Install):
    placed = placed_item(install, url=f"{BASE}/there", context="product")
    assert (placed.opens, placed.opens_key, placed.problem) == ("addon", "item", "")


def test_links_of_a_wiki_stay_below_its_context_path(install: Install):
    placed = placed_item(install, "confluence", context="product", url="/spaces/{space.key}", location="system.header")
    assert placed.href == "http://localhost:2990/wiki/spaces/DS"


def test_a_shortcut_opens_what_it_names(install: Install, sandbox: Sandbox):
    shortcut = {"key": "keys", "name": {"value": "Keys"}, "shortcut": "ab", "target": {"key": "item"}}
    install(keyboardShortcuts=[shortcut], webItems=[item(target={"type": "dialog"})])
    (placed,) = places.at(sandbox.jira, "keyboard", JIRA)
    assert (placed.opens, placed.opens_key) == ("dialog", "item")


def test_icons_are_the_apps_or_none(install: Install):
    for url, expected in (
        ("/i.svg", f"{BASE}/i.svg"),
        (f"{BASE}/j.svg", f"{BASE}/j.svg"),
        ("https://tracker.example/i.svg", None),
        ("javascript:alert(1)", None),
        ("", None),
    ):
        assert placed_item(install, icon={"url": url}).icon_url == expected


def test_a_byline_item_is_called_what_its_content_property_says(install: Install, sandbox: Sandbox):
    byline = {"key": "b", "name": {"value": "Approval"}, "url": "/b", "contentPropertyKey": "approval"}
    install("confluence", contentBylineItems=[{**byline, "tooltip": {"value": "Who approved"}}])
    sandbox.entity_properties.put(("page", "65537"), "approval", {"name": {"value": "Approved"}, "url": "/x"}, ADMIN)
    for page, expected in (("65537", "Approved"), ("65601", "Approval")):
        (placed,) = places.at(sandbox.confluence, "page.byline", Situation(account_id=ADMIN, page=page))
        assert (placed.label, placed.tooltip, placed.urls) == (expected, "Who approved", {"url": "/b"})


def test_urls_of_a_macro_are_told_apart(install: Install, sandbox: Sandbox):
    macro = {"key": "m", "name": {"value": "M"}, "url": "/m?x={colour}", "editor": {"url": "/edit"}}
    macro["parameters"] = [{"identifier": "colour", "type": "string", "name": {"value": "Colour"}}]
    install("confluence", dynamicContentMacros=[macro])
    (placed,) = places.at(sandbox.confluence, "macro", WIKI)
    assert placed.urls == {"url": "/m?x={colour}", "editor.url": "/edit"}
    assert placed.notes == ()  # a parameter that nobody entered is nothing to tell


def test_a_hidden_module_says_what_hides_it(install: Install, sandbox: Sandbox):
    install(webItems=[item(conditions=[{"condition": "user_is_logged_in"}])])
    stranger = Situation(account_id=None)
    assert places.at(sandbox.jira, "navigation", stranger) == []
    (placed,) = places.at(sandbox.jira, "navigation", stranger, hidden=True)
    assert not placed.visible
    assert placed.evaluation.hidden_by == ("user_is_logged_in",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["page", "dialog", "/x", "item"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "options", "key", "url", "value", "or"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    more=st.dictionaries(
        st.sampled_from(["target", "context", "icon", "weight", "tooltip", "conditions", "params", "cacheable"]), JSON
    )
)
def test_no_module_breaks_a_page(install: Install, sandbox: Sandbox, more):
    installation = install(webItems=[item()])
    installation.accept({**installation.descriptor, "modules": {"webItems": [item(**more)]}}, None)
    (placed,) = places.at(sandbox.jira, "navigation", JIRA, hidden=True)
    assert placed.label == "Item"
