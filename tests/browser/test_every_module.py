"""Every type of module opens at its place on the site, as a user opens it, and its bridge comes up.

One app has them all. Types without a place of their own open from the app's page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from atlassian_connect.protocol.module_types import module_types
from atlassian_connect.sandbox import ADMIN, Sandbox, SandboxServer
from atlassian_connect.sandbox.modules.catalogue import place_of_type

from .conftest import local_context
from .every_module import BLUEPRINT, KEY, STATIC, EveryModule, types_of
from .helpers import frame_of

_APP = f"/sandbox/apps/{{product}}/{KEY}"


class Site:
    """What the user does on one site. A page that is open already is not loaded again."""

    def __init__(self, sandbox: Sandbox, page: Any, app: EveryModule) -> None:
        self.sandbox, self.page, self.app = sandbox, page, app

    def visit(self, path: str) -> None:
        address = self.sandbox.origin + path.format(product=self.app.product)
        if self.page.url != address:
            self.page.goto(address)

    def open(self, text: str) -> None:
        """Follow a link or press a button, in its menu when it is in one."""
        item = self.page.locator("a, button").filter(has_text=re.compile(rf"^\s*{re.escape(text)}\s*$")).first
        item.wait_for(state="attached")
        self.page.wait_for_load_state()  # its scripts are what opens a dialog
        if not item.is_visible():
            self.page.locator("details", has=item).last.locator("> summary").click()
        item.click()

    def up(self, key: str, within: str = "") -> Any:
        """The frame of a module, once its bridge is up."""
        return frame_of(self.page, f"{within} iframe[id^='{KEY}__{key}__'][data-bridge=up]")


@pytest.fixture(scope="module")
def site(bridge: Any, chromium: Any) -> Iterator[Callable[[Any], Site]]:
    """The sites, each with the app and a window of its own. They are opened once for all tests."""
    sandbox = Sandbox(seed=7)
    sandbox.bridge = bridge
    sites: dict[str, Site] = {}
    errors: list[str] = []
    with SandboxServer(sandbox, port=0), local_context(chromium) as context:

        def get(product: Any) -> Site:
            if product not in sites:
                app, window = EveryModule(product), context.new_page()
                window.on("pageerror", lambda error: errors.append(str(error)))
                sites[product] = Site(sandbox, window, app)
                host = sandbox.jira if product == "jira" else sandbox.confluence
                host.install(app.start().descriptor_url)
                if product == "confluence":
                    _write_macros(sandbox)
            return sites[product]

        yield get
        for opened in sites.values():
            opened.page.goto("about:blank")  # its frames end before their app does
            opened.app.stop()
    assert errors == []


def _write_macros(sandbox: Sandbox) -> None:
    page = sandbox.content.page(PAGE)
    names = ("dynamiccontentmacros", "staticcontentmacros")
    body = "".join(f'<ac:structured-macro ac:name="{name}" ac:macro-id="{name}" />' for name in names)
    sandbox.content.edit_page(PAGE, account_id=ADMIN, title=page.title, body=body, version=page.version + 1, message="")


# --- the ways to the modules --------------------------------------------------------------------------------------

PAGE = "65601"
_AT = f"/wiki/spaces/DS/pages/{PAGE}"
_ISSUE = "/browse/OPS-1"


def in_page(path: str, within: str = "main") -> Callable[[Site, str], None]:
    """It is there as soon as the page is."""

    def way(site: Site, key: str) -> None:
        site.visit(path)
        site.up(key, within)

    return way


def by(path: str, *, text: str = "", within: str = "main", opens: str = "") -> Callable[[Site, str], None]:
    """A link or button leads to it.

    :param text: on the button, when that is not the module's name.
    :param opens: the key of the module that it opens, when it is another.
    """

    def way(site: Site, key: str) -> None:
        site.visit(path)
        site.open(text or f"My {key}")
        site.up(opens or key, within)
        if within != "main":
            site.page.keyboard.press("Escape")

    return way


def unfolded(path: str, text: str = "") -> Callable[[Site, str], None]:
    """It is in a part of the page that is folded up at first."""

    def way(site: Site, key: str) -> None:
        site.visit(path)
        site.page.locator("summary", has_text=text or f"My {key}").click()
        site.up(key)

    return way


def shortcut(path: str) -> Callable[[Site, str], None]:
    def way(site: Site, key: str) -> None:
        site.visit(path)
        site.page.locator("main").wait_for()
        site.page.keyboard.press("x")
        site.page.keyboard.press("y")
        site.up("dialogs", "dialog")
        site.page.keyboard.press("Escape")

    return way


def hidden(site: Site, key: str) -> None:
    site.visit(_ISSUE)
    found = site.page.wait_for_selector(f"iframe[id^='{KEY}__{key}__'][data-bridge=up]", state="attached")
    assert not found.is_visible()


def dashboard_item(site: Site, key: str) -> None:
    site.visit("/jira/dashboards/10000")
    site.page.locator("select[name=item]").select_option(f"{KEY}__{key}")
    site.page.get_by_role("button", name="Add item").click()
    site.up(key, ".gadget")


def rule(site: Site, key: str) -> None:
    site.visit("/jira/workflow/31")
    site.open(f"Add “My {key}”")
    site.up(key)
    site.page.get_by_role("button", name="Save").click()
    site.page.get_by_text("is a rule of the step").wait_for()
    site.up(key)


def static_macro(site: Site, key: str) -> None:
    site.visit(_AT)
    site.page.locator(".static-macro").get_by_text(STATIC).wait_for()
    assert "/staticcontentmacros" in site.app.called


def blueprint(site: Site, key: str) -> None:
    site.visit("/wiki/create?space=DS")
    site.open(f"My {key}")
    site.page.get_by_role("textbox", name="Text of the page").get_by_text(f"{BLUEPRINT}: A & B").wait_for()
    assert "/blueprints" in site.app.called
    assert "/blueprints/template.blueprintContext.url" in site.app.called


def publish_condition(site: Site, key: str) -> None:
    site.visit(f"/wiki/spaces/DS/pages/edit-v2/{PAGE}")
    site.page.get_by_role("button", name="Update").click()
    site.page.get_by_role("alert").get_by_text("Not before it is approved").wait_for()
    site.open(f"My {key}")
    site.up(key, "dialog")
    site.page.goto("about:blank")  # the editor is at the address of the page now


def told(site: Site, key: str) -> None:
    """The sandbox has no place that would call it: the app's page says so."""
    site.visit(f"{_APP}/modules")
    row = site.page.locator("tr", has=site.page.locator("small", has_text=re.compile(f"^{key}$")))
    assert row.get_by_text("Jira calls it").is_visible()


_EVERYWHERE = {
    "configurePage": by(_APP, text="Configure"),
    "postInstallPage": by(_APP, text="Get started"),
}
_DESK, _PORTAL, _REQUEST = "/projects/OPS/servicedesk", "/jira/portal/OPS", "/jira/portal/OPS/OPS-1"

WAYS: dict[str, dict[str, Callable[[Site, str], None]]] = {
    "confluence": {
        **_EVERYWHERE,
        "webPanels": in_page(_AT),
        "dynamicContentMacros": in_page(_AT, ".page-body"),
        "staticContentMacros": static_macro,
        "contentBylineItems": by(_AT, within="[popover]"),
        "webItems": by(_AT, within="dialog"),
        "dialogs": by(_AT, text="My opener", within="dialog", opens="dialogs"),
        "keyboardShortcuts": shortcut(_AT),
        "webSections": by(_AT, text="My inside", within="dialog", opens="inside"),
        "generalPages": by("/wiki/spaces"),
        "adminPages": by("/wiki/admin"),
        "confluenceThemes": unfolded("/wiki/spaces/DS", "Themes of apps"),
        "customContent": by("/wiki/spaces/DS", opens="generalpages"),
        "spaceToolsTabs": by("/wiki/spaces/DS/settings"),
        "profilePages": by(f"/wiki/people/{ADMIN}"),
        "blueprints": blueprint,
        "publishConditions": publish_condition,
    },
    "jira": {
        **_EVERYWHERE,
        "webPanels": in_page(_ISSUE, "body"),
        "jiraBackgroundScripts": hidden,
        "jiraIssueContexts": unfolded(_ISSUE),
        "jiraIssueGlances": unfolded(_ISSUE),
        "webItems": by(_ISSUE, within="dialog"),
        "dialogs": by(_ISSUE, text="My opener", within="dialog", opens="dialogs"),
        "keyboardShortcuts": shortcut(_ISSUE),
        "webSections": by(_ISSUE, text="My inside", within="dialog", opens="inside"),
        "jiraIssueContents": by(_ISSUE),
        "jiraIssueTabPanels": by(_ISSUE),
        "generalPages": by("/jira/projects"),
        "adminPages": by("/sandbox/apps/jira"),
        "assetPanels": in_page("/jira/assets"),
        "automationActions": in_page("/jira/automation"),
        "jiraDashboardItems": dashboard_item,
        "jiraProfileTabPanels": by(f"/jira/people/{ADMIN}"),
        "jiraProjectPages": by("/projects/OPS"),
        "jiraProjectTabPanels": by("/projects/OPS"),
        "jiraReports": by("/projects/OPS/reports"),
        "jiraProjectAdminTabPanels": by("/projects/OPS/settings"),
        "jiraSearchRequestViews": by("/issues"),
        "jiraWorkflowConditions": rule,
        "jiraWorkflowValidators": rule,
        "jiraWorkflowPostFunctions": rule,
        "serviceDeskOrganizationPanels": in_page(_DESK),
        "serviceDeskOrganizationActions": by(_DESK),
        "serviceDeskQueues": by(_DESK),
        "serviceDeskReports": by(_DESK),
        "serviceDeskQueueGroups": by(_DESK, text="My queued", opens="queued"),
        "serviceDeskReportGroups": by(_DESK, text="My reported", opens="reported"),
        "serviceDeskPortalHeaders": in_page(_PORTAL),
        "serviceDeskPortalSubHeaders": in_page(_PORTAL),
        "serviceDeskPortalFooters": in_page(_PORTAL),
        "serviceDeskPortalProfilePanels": in_page(_PORTAL),
        "serviceDeskPortalRequestCreatePropertyPanels": in_page(_PORTAL),
        "serviceDeskPortalProfileActions": by(_PORTAL),
        "serviceDeskPortalUserMenuActions": by(_PORTAL),
        "serviceDeskPortalRequestViewPanels": in_page(_REQUEST),
        "serviceDeskPortalRequestViewDetailsPanels": in_page(_REQUEST),
        "serviceDeskPortalRequestViewActions": by(_REQUEST),
        **{
            name: told
            for name in types_of("jira")
            if (row := place_of_type("jira", name)) and (row.place, row.opens) == ("app", "called")
        },
    },
}


@pytest.mark.parametrize(
    ("product", "name"), [(product, name) for product, ways in WAYS.items() for name in ways], ids=lambda value: value
)
def test_a_module_opens_at_its_place(site, product: str, name: str):
    WAYS[product][name](site(product), name.lower())


@pytest.mark.parametrize("product", ["confluence", "jira"])
def test_no_type_with_a_url_is_left_out(product):
    with_urls = {name for name, known in module_types(product).items() if known.url_fields and name != "webhooks"}
    assert with_urls - WAYS[product].keys() == set()
    assert set(types_of(product)) == WAYS[product].keys()
