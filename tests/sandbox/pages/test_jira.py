"""Jira's pages: what people do there happens, for whom it may, and nothing that they write runs."""

from __future__ import annotations

import io
import re

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from ..connect_app import APP_KEY, ConnectApp
from .browser import BASE, Browser, check_html

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
NAME = {"value": "From the app"}
LINKS = ("text: javascript", {"type": "link", "attrs": {"href": "javascript:alert(1)"}})

PAGES = [
    "/jira/projects",
    "/projects/OPS",
    "/projects/OPS/issues",
    "/projects/OPS/reports",
    "/projects/OPS/settings",
    "/projects/OPS/servicedesk",
    "/jira/portal/OPS",
    "/jira/portal/OPS/OPS-1",
    f"/jira/people/{ADMIN}",
    "/jira/assets",
    "/jira/automation?project=OPS",
    "/issues",
    "/issues/?jql=project%20=%20OPS",
    "/issues?jql=%22",
    "/jira/dashboards",
    "/jira/dashboards/10000",
    "/jira/workflow",
    "/jira/workflow/31",
    "/jira/create",
    "/jira/create?part=form&project=WEB",
    "/browse/OPS-1",
    "/browse/OPS-2?tab=history",
    "/browse/OPS-1?tab=nothing",
]
LOST = [
    "/projects/NO",
    "/projects/NO/issues",
    "/browse/NO-1",
    "/browse/OPS-99/edit",
    "/jira/portal/OPS/WEB-1",
    "/jira/people/nobody",
    "/jira/dashboards/1",
    "/jira/workflow/99",
    "/jira/workflow/31/add/no/app",
    "/jira/workflow/31/rules/1",
    "/issues/export/no/app",
    "/browse/OPS-1/panel/no/app",
    "/jira/assets?project=NO",
]


@pytest.fixture
def jira(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, browser: Browser) -> Browser:
    """A browser on a Jira with an app that has a module of every kind of place."""
    app.descriptor["modules"] |= everything()
    sandbox.jira.install(descriptor_url)
    return browser


def everything() -> dict[str, list[dict]]:
    def one(key: str, **more) -> dict:
        return {"key": key, "url": f"/m/{key}", "name": {"value": f"Module {key}"}, **more}

    target = {"type": "web_panel", "url": "/m/target"}
    icon = {"url": "/icon.png", "width": 16, "height": 16}
    rule = {name: {"url": f"/m/{name}"} for name in ("view", "create", "edit")}
    text = {"value": "About it"}
    desk = (
        "OrganizationActions",
        "OrganizationPanels",
        "PortalFooters",
        "PortalHeaders",
        "PortalSubHeaders",
        "PortalProfileActions",
        "PortalProfilePanels",
        "PortalRequestCreatePropertyPanels",
        "PortalRequestViewActions",
        "PortalRequestViewDetailsPanels",
        "PortalRequestViewPanels",
        "PortalUserMenuActions",
        "Queues",
        "Reports",
    )
    return {
        "adminPages": [one("admin")],
        "jiraIssueGlances": [
            {
                "key": "glance",
                "name": NAME,
                "icon": icon,
                "target": target,
                "content": {"type": "label", "label": {"value": "A glance"}},
            }
        ],
        "jiraIssueContexts": [
            {
                "key": "context",
                "name": NAME,
                "icon": icon,
                "target": target,
                "content": {"type": "label", "label": {"value": "A context"}},
            }
        ],
        "jiraIssueContents": [
            {"key": "content", "name": {"value": "A content"}, "icon": icon, "tooltip": text, "target": target}
        ],
        "jiraIssueTabPanels": [one("activity")],
        "jiraBackgroundScripts": [one("background", location={"type": "issue_view"})],
        "jiraProjectPages": [one("project-page", iconUrl="/icon.png")],
        "jiraProjectAdminTabPanels": [one("project-admin", location="projectgroup1")],
        "jiraReports": [one("report", description=text)],
        "jiraProfileTabPanels": [one("profile")],
        "jiraSearchRequestViews": [one("view")],
        "jiraDashboardItems": [one("item", description=text, thumbnailUrl="/t.png", configurable=True)],
        "jiraWorkflowConditions": [
            {"key": "condition", "name": NAME, "expression": "issue.priority.name != 'High'", **rule}
        ],
        "jiraWorkflowValidators": [
            {
                "key": "validator",
                "name": NAME,
                "expression": "issue.assignee != null",
                "errorMessage": {"value": "Nobody is assigned."},
                **rule,
            }
        ],
        "jiraWorkflowPostFunctions": [
            {"key": "function", "name": NAME, "description": text, "triggered": {"url": "/hooks/triggered"}, **rule}
        ],
        "webPanels": [
            one("left", location="atl.jira.view.issue.left.context"),
            one("right", location="atl.jira.view.issue.right.context"),
            one("summary", location="webpanels.admin.summary"),
            one("person", location="webpanels.user.profile.summary.custom"),
        ],
        "webItems": [
            one("action", location="operations-operations"),
            one("board", location="jira.agile.board.tools"),
            one("found", location="jira.navigator"),
            one("home", location="system.dashboard"),
        ],
        "assetPanels": [one("asset")],
        "automationActions": [
            {**one("automation"), "webhook": {"url": "/hooks/rule"}, "configForm": {"url": "/m/automation"}}
        ],
        **{f"serviceDesk{kind}": [one(f"desk-{kind.lower()}")] for kind in desk},
    }


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_for_everybody(jira: Browser, path: str):
    jira.page(path)
    jira.client.set_cookie("sandbox-user", "anonymous", domain="localhost")
    answer = jira.get(path)
    check_html(answer, status=answer.status_code)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("path", LOST)
def test_what_is_not_there_says_so(jira: Browser, path: str):
    check_html(jira.get(path), status=404)


def test_nothing_that_people_and_apps_write_runs(sandbox: Sandbox, jira: Browser):
    content = sandbox.content
    text = {"type": "text", "text": EVIL, "marks": [LINKS[1], {"type": "strong"}, {"type": EVIL}]}
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [text]},
            {"type": "heading", "attrs": {"level": EVIL}, "content": [text]},
            {"type": "panel", "attrs": {"panelType": EVIL}, "content": [text]},
            {"type": "expand", "attrs": {"title": EVIL}},
            {"type": "mention", "attrs": {"text": EVIL}},
            {"type": "inlineCard", "attrs": {"url": "javascript:alert(1)"}},
            {"type": "status", "attrs": {"text": EVIL, "color": EVIL}},
            {"type": EVIL, "content": [text]},
            {"type": "date", "attrs": {"timestamp": EVIL}},
            {"type": "codeBlock", "content": [text]},
            7,
        ],
    }
    content.edit_issue("OPS-1", summary=EVIL, labels=(EVIL,), description=document)
    content.add_issue_comment("OPS-1", document, account_id=ADMIN)
    sandbox.attachments.add(
        ("issue", content.issue("OPS-1").id), name=EVIL, media_type="text/html", data=b"x", account_id=ADMIN
    )
    status = {"type": "lozenge", "value": {"label": EVIL, "type": EVIL}}
    key = f"com.atlassian.jira.issue:{APP_KEY}:glance:status"
    sandbox.entity_properties.put(("issue", content.issue("OPS-1").id), key, status, ADMIN)
    content.create_dashboard(EVIL, account_id=ADMIN)
    for path in (
        "/browse/OPS-1",
        "/browse/OPS-1?tab=history",
        "/browse/OPS-1/edit",
        "/projects/OPS",
        "/issues",
        "/jira/dashboards",
    ):
        page = jira.page(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page


def test_an_issue_is_created_edited_and_deleted(sandbox: Sandbox, app: ConnectApp, jira: Browser):
    answer = jira.post(
        "/jira/create",
        project="OPS",
        type="Bug",
        summary="Made here",
        description="One\nTwo",
        labels="a b",
        assignee=MEMBER,
    )
    page = jira.after(answer)
    assert "Made here" in page
    assert "<p>Two</p>" in page
    key = re.search(r"/browse/(OPS-\d+)\?", answer.headers["Location"])[1]
    jira.after(
        jira.post(f"/browse/{key}", summary="Changed here", priority="Highest", duedate="2027-01-31", assignee="")
    )
    issue = sandbox.content.issue(key)
    assert (issue.summary, issue.priority, issue.assignee, issue.fields["duedate"]) == (
        "Changed here",
        "Highest",
        None,
        "2027-01-31",
    )
    assert "summary" in jira.page(f"/browse/{key}?tab=history")
    assert f"/hooks/issue/{key}" in app.received_paths()
    jira.after(jira.post(f"/browse/{key}/delete"))
    assert jira.get(f"/browse/{key}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": ""},
        {"summary": "x" * 300},
        {"type": "Spike"},
        {"type": "Sub-task"},
        {"assignee": "nobody"},
        {"description": "x" * 40_000},
        {"priority": "Very"},
    ],
)
def test_forms_that_cannot_be_change_nothing(sandbox: Sandbox, jira: Browser, fields: dict[str, str]):
    before = sandbox.content.issues()
    assert 'class="message bad"' in jira.after(
        jira.post("/jira/create", **{"project": "OPS", "summary": "New", **fields})
    )
    if fields != {"type": "Sub-task"}:
        assert 'class="message bad"' in jira.after(jira.post("/browse/OPS-1", **fields))
        assert sandbox.content.issues() == before


def test_comments_steps_and_files(sandbox: Sandbox, jira: Browser):
    assert "Well said" in jira.after(jira.post("/browse/OPS-1/comment", text="Well said"))
    comment = sandbox.content.issue_comments("10100")[-1]
    assert "Well said" not in jira.after(jira.post(f"/browse/OPS-1/comment/{comment.id}/delete"))
    assert "A comment has a text" in jira.after(jira.post("/browse/OPS-1/comment", text=" "))
    jira.after(jira.post("/browse/OPS-1/transition", step="31"))
    assert sandbox.content.issue("OPS-1").status == "Done"
    assert "illegal workflow operation" in jira.after(jira.post("/browse/OPS-1/transition", step="31"))
    data = {"csrf_token": jira.token, "file": (io.BytesIO(b"data"), "..\\a/notes.txt")}
    answer = jira.client.post("/browse/OPS-1/attachments", base_url=BASE, data=data, headers={"Origin": BASE})
    assert "notes.txt" in jira.after(answer)
    assert sandbox.attachments.of(("issue", "10100"))[0].name == "notes.txt"
    assert "Choose a file" in jira.after(jira.post("/browse/OPS-1/attachments"))


def test_a_step_is_taken_with_a_resolution_and_a_comment(sandbox: Sandbox, jira: Browser):
    form = re.search(r"<summary>Change the status.*?</form>", jira.page("/browse/OPS-1"), re.DOTALL)[0]
    assert re.findall(r"<option[^>]*>([^<]+)<", form) == ["In Progress", "Done", "Done", "Won&#39;t Do", "Duplicate"]
    said = {"resolution": "Duplicate", "comment": "See OPS-2"}
    assert "no resolution" in jira.after(jira.post("/browse/OPS-1/transition", step="31", resolution="Gone"))
    assert "illegal" in jira.after(jira.post("/browse/OPS-1/transition", step="77", **said))
    assert sandbox.content.issue("OPS-1").status == "To Do"
    count = len(sandbox.content.issue_comments("10100"))
    assert "See OPS-2" in jira.after(jira.post("/browse/OPS-1/transition", step="31", **said))
    issue = sandbox.content.issue("OPS-1")
    assert (issue.status, issue.resolution) == ("Done", "Duplicate")
    assert len(sandbox.content.issue_comments("10100")) == count + 1


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/jira/create", {"project": "OPS", "summary": "x"}),
        ("/browse/OPS-1", {"summary": "x"}),
        ("/browse/OPS-1/comment", {"text": "x"}),
        ("/browse/OPS-1/transition", {"step": "31"}),
        ("/browse/OPS-1/delete", {}),
        ("/browse/OPS-1/attachments", {}),
        (f"/browse/OPS-1/content/{APP_KEY}/content/add", {}),
        ("/jira/dashboards", {"name": "x"}),
        ("/jira/dashboards/10000/items", {"item": "x"}),
        (f"/jira/workflow/31/add/{APP_KEY}/function", {}),
    ],
)
def test_who_may_not_gets_a_refusal(sandbox: Sandbox, jira: Browser, path: str, fields: dict[str, str]):
    before = (sandbox.content.issues(), sandbox.content.dashboards())
    assert jira.post(path, headers={"Origin": "http://evil.example"}, **fields).status_code == 403
    assert jira.client.post(path, base_url=BASE, data=fields).status_code == 403
    jira.client.set_cookie("sandbox-user", "anonymous", domain="localhost")
    check_html(jira.post(path, **fields), status=403)
    assert (sandbox.content.issues(), sandbox.content.dashboards()) == before


def test_members_do_not_delete_or_administer(jira: Browser):
    jira.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    for path in ("/browse/OPS-1/delete", "/jira/workflow/31/add/x/y", "/jira/dashboards/10000/items"):
        assert jira.post(path).status_code in (403, 404)
    assert 'id="delete-issue"' not in jira.page("/browse/OPS-1")


def test_a_project_is_there_for_those_who_see_it(sandbox: Sandbox, jira: Browser):
    sandbox.permissions.restrict("WEB", [ADMIN])
    assert "WEB-1" in jira.page("/issues?jql=project=WEB")
    jira.client.set_cookie("sandbox-user", MEMBER, domain="localhost")
    for path in ("/projects/WEB", "/browse/WEB-1", "/jira/portal/WEB", "/browse/WEB-1/edit"):
        assert jira.get(path).status_code == 404
    for path in ("/issues?jql=project=WEB", "/jira/projects", "/jira/dashboards/10000", "/browse/OPS-1"):
        assert "WEB-1" not in jira.page(path)


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        (
            "/browse/OPS-1",
            [
                "A glance",
                "A context",
                "A content",
                "Module left",
                "Module right",
                "Module action",
                "Module activity",
                "/m/background",
                "/m/left",
                "/m/target",
            ],
        ),
        (f"/browse/OPS-1?tab={APP_KEY}__activity", ["/m/activity"]),
        ("/projects/OPS", ["Module project-page", "Module board"]),
        ("/projects/OPS/reports", ["Module report", "About it"]),
        ("/projects/OPS/settings", ["Module project-admin", "/m/summary"]),
        (
            "/projects/OPS/servicedesk",
            [
                "Module desk-queues",
                "Module desk-reports",
                "Module desk-organizationactions",
                "/m/desk-organizationpanels",
            ],
        ),
        (
            "/jira/portal/OPS",
            [
                "/m/desk-portalheaders",
                "/m/desk-portalsubheaders",
                "/m/desk-portalfooters",
                "Module desk-portalusermenuactions",
                "/m/desk-portalrequestcreatepropertypanels",
                "Module desk-portalprofileactions",
                "/m/desk-portalprofilepanels",
            ],
        ),
        (
            "/jira/portal/OPS/OPS-1",
            [
                "/m/desk-portalrequestviewpanels",
                "/m/desk-portalrequestviewdetailspanels",
                "Module desk-portalrequestviewactions",
            ],
        ),
        (f"/jira/people/{ADMIN}", ["Module profile", "/m/person"]),
        ("/issues?jql=project=OPS", ["Module view", "Module found"]),
        ("/jira/dashboards", ["Module home"]),
        ("/jira/dashboards/10000", ["Module item"]),
        ("/jira/workflow/31", [f"/add/{APP_KEY}/condition", f"/add/{APP_KEY}/validator", f"/add/{APP_KEY}/function"]),
        (f"/issues/export/{APP_KEY}/view?jql=project=OPS", ["/m/view?issues=OPS"]),
        ("/jira/assets", ["/m/asset"]),
        ("/jira/automation", ["/m/automation"]),
    ],
)
def test_modules_are_at_their_places(jira: Browser, path: str, texts: list[str]):
    page = jira.page(path)
    for text in texts:
        assert text in page, text


def test_content_is_added_and_taken_away(jira: Browser):
    path = f"/browse/OPS-1/content/{APP_KEY}/content"
    assert page_count(jira, "<h2>", "A content") == 0
    jira.after(jira.post(f"{path}/add"))
    assert page_count(jira, "<h2>", "A content") == 1
    jira.after(jira.post(f"{path}/remove"))
    assert page_count(jira, "<h2>", "A content") == 0
    assert jira.post(f"/browse/OPS-1/content/{APP_KEY}/other/add").status_code == 404


def page_count(jira: Browser, tag: str, text: str) -> int:
    return len(re.findall(rf"{tag}(?:<img[^>]*>)?{text}", jira.page("/browse/OPS-1")))


def test_an_access_rule_shows_a_message_in_the_place_of_the_module(sandbox: Sandbox, jira: Browser):
    sandbox.jira.installation(APP_KEY).block("OPS")
    page = jira.page("/browse/OPS-1")
    assert "This content has been blocked." in page
    assert "/m/left" not in page
    assert "This content has been blocked." not in jira.page("/browse/WEB-1")


def test_dashboard_items_come_move_and_go(sandbox: Sandbox, jira: Browser):
    path = "/jira/dashboards/10000/items"
    page = jira.after(jira.post(path, item=f"{APP_KEY}__item"))
    gadget = sandbox.content.gadgets("10000")[-1]
    assert f'data-dashboard-item="{gadget.id}"' in page
    assert "/m/item" in page
    jira.after(jira.post(f"{path}/{gadget.id}/title", title="Named"))
    assert "has 1 to 255" in jira.after(jira.post(f"{path}/{gadget.id}/title", title="x" * 256))
    jira.after(jira.post(f"{path}/{gadget.id}/move"))
    assert (sandbox.content.gadget(gadget.id).title, sandbox.content.gadget(gadget.id).column) == (
        "Named",
        1 - gadget.column,
    )
    jira.after(jira.post(f"{path}/{gadget.id}/remove"))
    assert gadget.id not in {one.id for one in sandbox.content.gadgets("10000")}
    assert jira.post(f"{path}/{gadget.id}/remove").status_code == 404
    assert "There is no such item" in jira.after(jira.post(path, item="nothing"))


def test_rules_of_apps_in_the_workflow(sandbox: Sandbox, app: ConnectApp, jira: Browser):
    for key, config in (("condition", ""), ("validator", ""), ("function", '{"to": "archive"}')):
        assert "/m/create" in jira.page(f"/jira/workflow/31/add/{APP_KEY}/{key}")
        jira.after(jira.post(f"/jira/workflow/31/add/{APP_KEY}/{key}", config=config))
    assert "/m/view" in jira.page("/jira/workflow/31")
    sandbox.content.edit_issue("OPS-2", priority="High")
    assert 'value="31"' not in jira.page("/browse/OPS-2")  # the condition hides the step
    assert "illegal" in jira.after(jira.post("/browse/OPS-2/transition", step="31"))
    sandbox.content.edit_issue("OPS-1", assignee=None)
    assert "Nobody is assigned." in jira.after(jira.post("/browse/OPS-1/transition", step="31"))
    sandbox.content.edit_issue("OPS-1", assignee=MEMBER)
    jira.after(jira.post("/browse/OPS-1/transition", step="31"))
    told = next(body for path, _, body, _ in app.received if path == "/hooks/triggered")
    assert told["configuration"] == {"value": '{"to": "archive"}'}
    assert (told["transition"]["transitionName"], told["transition"]["from_status"], told["issue"]["key"]) == (
        "Done",
        "To Do",
        "OPS-1",
    )
    rule = re.findall(r"/jira/workflow/31/rules/([\w-]+)/remove", jira.page("/jira/workflow/31"))[-1]
    assert "/m/edit" in jira.page(f"/jira/workflow/31/rules/{rule}")
    jira.after(jira.post(f"/jira/workflow/31/rules/{rule}/save", config="other"))
    jira.after(jira.post(f"/jira/workflow/31/rules/{rule}/remove"))
    sandbox.jira.installation(APP_KEY).uninstall()
    assert "is not there any more" in jira.page("/jira/workflow/31")
    assert 'value="31"' in jira.page("/browse/OPS-2")


def test_a_rule_whose_configuration_is_nested_deeply_breaks_no_issue(sandbox: Sandbox, app: ConnectApp, jira: Browser):
    jira.after(jira.post(f"/jira/workflow/31/add/{APP_KEY}/condition", config="[" * 50_000))
    assert 'value="31"' in jira.page("/browse/OPS-1")


def test_a_query_that_is_none_says_why(jira: Browser):
    assert "does not have the clause" in jira.page("/issues?jql=sprint+=+3")
    assert check_html(jira.get(f"/issues/export/{APP_KEY}/view?jql=sprint+=+3"), status=400)


def test_a_page_of_a_project_knows_it_whether_or_not_its_url_asks(jira: Browser):
    address = f"/plugins/servlet/ac/{APP_KEY}/project-page?project.key=OPS"
    assert address in jira.page("/projects/OPS")
    assert "<h2>Operations</h2>" in jira.page(address)
