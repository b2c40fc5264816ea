"""Jira's pages in a browser: each kind of module comes up with its bridge, where people find it."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from atlassian_connect.sandbox import ADMIN

from .framed_app import FramedApp
from .helpers import frame_of, wait_until

KEY = "com.example.framed"
ICON = {"width": 16, "height": 16, "url": "/favicon.ico"}


def module(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "url": f"/{key}", "name": {"value": f"My {key}"}, **more}


def target(key: str) -> dict[str, str]:
    return {"type": "web_panel", "url": f"/{key}?i={{issue.key}}"}


def labelled(key: str) -> dict[str, Any]:
    label = {"type": "label", "label": {"value": f"My {key}"}}
    return {"key": key, "name": {"value": key.title()}, "icon": ICON, "target": target(key), "content": label}


MODULES: dict[str, list[dict[str, Any]]] = {
    "jiraIssueGlances": [labelled("glance")],
    "jiraIssueContexts": [labelled("context")],
    "jiraIssueContents": [
        {
            "key": "content",
            "name": {"value": "My content"},
            "icon": ICON,
            "tooltip": {"value": "Add it"},
            "target": target("content"),
        }
    ],
    "jiraIssueTabPanels": [module("activity")],
    "jiraBackgroundScripts": [module("background", location={"type": "issue_view"})],
    "jiraProjectPages": [module("pages", iconUrl="/favicon.ico")],
    "jiraProjectAdminTabPanels": [module("projectadmin", location="projectgroup1")],
    "jiraReports": [module("report", description={"value": "Text"})],
    "jiraSearchRequestViews": [module("searchview")],
    "jiraDashboardItems": [
        module("item", description={"value": "Text"}, thumbnailUrl="/favicon.ico", configurable=True)
    ],
    "jiraWorkflowPostFunctions": [
        {
            "key": "function",
            "name": {"value": "My function"},
            "description": {"value": "Text"},
            "triggered": {"url": "/triggered"},
            **{name: {"url": f"/{name}?c={{postFunction.config}}"} for name in ("create", "edit", "view")},
        }
    ],
    "webPanels": [
        module("right", location="atl.jira.view.issue.right.context"),
        module("left", location="atl.jira.view.issue.left.context"),
        module("boardpanel", location="jira.agile.board.tools"),
    ],
    "webItems": [
        module("act", location="operations-operations", target={"type": "dialog", "options": {"size": "small"}}),
    ],
    "adminPages": [module("admin")],
    "serviceDeskPortalHeaders": [module("portalheader")],
    "serviceDeskOrganizationPanels": [module("organization")],
}


class JiraApp(FramedApp):
    """Takes the calls of post functions too: ``triggered`` has their bodies."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.triggered: list[dict[str, Any]] = []

    def respond(self, request: Request) -> Response:
        if request.path == "/triggered":
            self.triggered.append(request.get_json())
            return Response(status=204)
        return super().respond(request)


@pytest.fixture
def app():
    served = JiraApp(**MODULES)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def jira(sandbox, app, page):
    sandbox.jira.install(app.descriptor_url)

    def go(path: str) -> Any:
        page.goto(sandbox.origin + path)
        return page

    return go


def up(page: Any, key: str) -> Any:
    return frame_of(page, f"iframe[id^='{KEY}__{key}__'][data-bridge=up]")


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/browse/OPS-1", ["left", "right"]),
        (f"/browse/OPS-1?tab={KEY}__activity", ["activity"]),
        ("/projects/OPS", ["boardpanel"]),
        ("/jira/portal/OPS", ["portalheader"]),
        ("/projects/OPS/servicedesk", ["organization"]),
        (f"/issues/export/{KEY}/searchview?jql=project%20=%20OPS", ["searchview"]),
        (f"/jira/workflow/31/add/{KEY}/function", ["function"]),
    ],
)
def test_modules_in_place_come_up(jira, path: str, keys: list[str]):
    page = jira(path)
    for key in keys:
        assert up(page, key).evaluate("AP.context.getContext()")["url"]["displayUrl"]


@pytest.mark.parametrize(
    ("path", "link", "key"),
    [
        ("/projects/OPS", "My pages", "pages"),
        ("/projects/OPS/reports", "My report", "report"),
        ("/projects/OPS/settings", "My projectadmin", "projectadmin"),
        ("/sandbox/apps/jira", "My admin", "admin"),
    ],
)
def test_links_lead_to_pages_that_come_up(jira, path: str, link: str, key: str):
    page = jira(path)
    page.get_by_role("link", name=link).first.click()
    context = up(page, key).evaluate("AP.context.getContext()")
    assert "jira" in context


def test_the_frame_of_a_background_script_is_there_and_not_seen(jira):
    page = jira("/browse/OPS-1")
    iframe = page.wait_for_selector(f"iframe[id^='{KEY}__background__'][data-bridge=up]", state="attached")
    assert iframe.evaluate("element => element.closest('.hidden') !== null")


def test_glances_load_when_they_are_opened(jira, app):
    page = jira("/browse/OPS-2")
    up(page, "left")
    assert not any(seen.get("i") for seen in app.seen)
    for key in ("glance", "context"):
        page.get_by_text(f"My {key}", exact=True).click()
        context = up(page, key).evaluate("AP.context.getContext()")
        assert context["jira"]["issue"]["key"] == "OPS-2"
        assert context["jira"]["project"]["key"] == "OPS"
    assert [seen["i"] for seen in app.seen if seen.get("i")] == ["OPS-2", "OPS-2"]


def test_content_is_added_by_its_button(jira):
    page = jira("/browse/OPS-1")
    page.get_by_role("button", name="My content").click()
    assert up(page, "content").evaluate("AP.context.getContext()")["jira"]["issue"]["key"] == "OPS-1"
    page.get_by_role("button", name="Remove").click()
    page.wait_for_selector("text=It is gone.")
    assert page.locator(f"iframe[id^='{KEY}__content__']").count() == 0


def test_an_action_opens_its_dialog(jira):
    page = jira("/browse/OPS-1")
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="My act").click()
    frame = up(page, "act")
    assert page.locator("dialog[open]").count() == 1
    frame.evaluate("() => { AP.dialog.close() }")
    wait_until(page, "!document.querySelector('dialog[open]')")


def test_an_app_lets_an_issue_be_created(jira, sandbox):
    page = jira("/browse/OPS-1")
    frame = up(page, "right")
    frame.evaluate("""() => { AP.jira.openCreateIssueDialog(
      issues => { window.made = issues }, { pid: '10001', fields: { summary: 'From the app' } }) }""")
    page.get_by_role("button", name="Create", exact=True).click()
    frame.wait_for_function("window.made")
    made = frame.evaluate("made")
    assert [issue["fields"]["summary"] for issue in made] == ["From the app"]
    assert sandbox.content.issue(made[0]["key"]).project_key == "WEB"


def test_creating_an_issue_leads_to_it(jira, sandbox):
    page = jira("/projects/OPS")
    page.get_by_role("link", name="Create issue").click()
    page.get_by_label("Summary").fill("Made by hand")
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_selector("h1 >> text=Made by hand")
    assert sandbox.content.issues()[-1].summary == "Made by hand"


def test_a_dashboard_item_is_added_configured_and_named(jira, sandbox):
    page = jira("/jira/dashboards/10000")
    page.locator("select[name=item]").select_option(f"{KEY}__item")
    page.get_by_role("button", name="Add item").click()
    frame = up(page, "item")
    assert frame.evaluate("AP.context.getContext()")["jira"]["dashboardItem"]["id"]
    frame.evaluate("() => AP.jira.DashboardItem.onDashboardItemEdit(() => { window.edited = true })")
    page.locator("summary", has_text="Menu of My item").click()
    page.get_by_role("button", name="Configure").click()
    frame.wait_for_function("window.edited")
    frame.evaluate("AP.jira.setDashboardItemTitle('Sunny')")
    page.wait_for_selector("h2 >> text=Sunny")
    assert jira("/jira/dashboards/10000").locator("h2", has_text="Sunny").count() == 1
    up(page, "item")


def test_a_post_function_is_configured_and_runs(jira, app, sandbox):
    page = jira(f"/jira/workflow/31/add/{KEY}/function")
    frame = up(page, "function")
    frame.evaluate("""() => {
      window.valid = false;
      AP.jira.WorkflowConfiguration.onSaveValidation(() => valid);
      AP.jira.WorkflowConfiguration.onSave(() => JSON.stringify({ to: 'archive' }));
    }""")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=does not take this configuration")
    frame.evaluate("() => { window.valid = true }")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=is a rule of the step Done now")
    up(page, "function")
    assert app.seen[-1]["c"] == '{"to":"archive"}'
    page = jira("/browse/OPS-1")
    page.get_by_text("Change the status with a comment").click()
    page.get_by_label("Step").select_option("Done")
    page.get_by_label("What is said to it").fill("To the archive")
    page.get_by_role("button", name="Change status").click()
    page.wait_for_selector("text=OPS-1 is done")
    assert [body["configuration"]["value"] for body in app.triggered] == ['{"to":"archive"}']
    assert (app.triggered[0]["issue"]["key"], app.triggered[0]["comment"]) == ("OPS-1", "To the archive")
    assert sandbox.content.issue("OPS-1").status == "Done"


def test_a_blocked_project_shows_the_hosts_message(jira, sandbox):
    sandbox.jira.installation(KEY).block("OPS")
    page = jira("/browse/OPS-1")
    assert page.get_by_text("This content has been blocked.").count() >= 2
    assert page.locator("iframe").count() == 0


def test_whoever_looks_is_told_to_the_app(jira, app):
    page = jira("/browse/OPS-1")
    assert up(page, "left").evaluate("AP.user.getCurrentUser(user => window.who = user) || 1")
    up(page, "left").wait_for_function("window.who")
    assert up(page, "left").evaluate("who.atlassianAccountId") == ADMIN
