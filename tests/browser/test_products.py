"""AP.jira and AP.confluence: what the sandbox's pages answer, and what has no sense here says so."""

from __future__ import annotations

import json

import pytest

from .helpers import open_frames, wait_until

KEY = "com.example.framed"


@pytest.fixture
def wiki(page, sandbox, app):
    sandbox.confluence.install(app.descriptor_url)
    return open_frames(page, sandbox, "confluence", f"{KEY}/panel", content_id=sandbox.content.pages()[0].id)


@pytest.fixture
def jira(page, sandbox, app):
    sandbox.jira.install(app.descriptor_url)
    return open_frames(page, sandbox, "jira", f"{KEY}/panel", issue_key="OPS-1")


# --- Confluence -------------------------------------------------------------------------------------------------------

_EDITOR = """() => {
  window.saved = [];
  window.sandboxMacroEditor = {
    getData: () => ({ title: 'Old' }), getBody: () => '<p>body</p>',
    save: (parameters, body) => saved.push([parameters, body]), close: () => saved.push('closed'),
    closePropertyPanel: () => saved.push('panel'),
  };
}"""


def test_a_macro_is_read_and_saved_in_the_pages_editor(page, wiki):
    page.evaluate(_EDITOR)
    assert wiki.evaluate("AP.confluence.getMacroData()") == {"title": "Old"}
    assert wiki.evaluate("new Promise(done => AP.confluence.getMacroBody(done))") == "<p>body</p>"
    wiki.evaluate("""() => {
      AP.confluence.saveMacro({ title: 'New' }, '<p>x</p>');
      AP.confluence.closeMacroEditor();
      AP.confluence.closeMacroPropertyPanel();
    }""")
    wait_until(page, "saved.length === 3")
    assert page.evaluate("saved") == [[{"title": "New"}, "<p>x</p>"], "closed", "panel"]


def test_macro_calls_outside_of_an_editor_say_so(wiki):
    for call in ("getMacroData()", "getMacroBody()", "saveMacro({})", "closeMacroEditor()"):
        assert wiki.evaluate(f"AP.confluence.{call}.catch(error => error)") == "No macro is being edited on this page."


def test_events_of_a_property_panel_reach_the_app(page, wiki):
    wiki.evaluate("""() => {
      window.clicked = 0;
      AP.confluence.onMacroPropertyPanelEvent({ 'edit.poll.macro.property-panel': () => { window.clicked += 1 } });
    }""")
    page.evaluate(f"connectHost.broadcastEvent('edit.poll.macro.property-panel', {{ addon_key: '{KEY}' }})")
    wiki.wait_for_function("clicked === 1")


def test_content_properties_are_read_and_set(wiki):
    assert wiki.evaluate("AP.confluence.getContentProperty('mood').then(value => value)") is None
    first = wiki.evaluate("AP.confluence.setContentProperty({ key: 'mood', value: 'good' })")
    assert first["property"]["value"] == "good"
    second = wiki.evaluate("AP.confluence.setContentProperty({ key: 'mood', value: 'better' })")
    assert second["property"]["version"]["number"] == 2
    assert wiki.evaluate("AP.confluence.syncPropertyFromServer('mood')")["value"] == "better"


# --- Jira -------------------------------------------------------------------------------------------------------------


def test_refreshing_the_issue_loads_its_page_again(page, jira):
    with page.expect_navigation():
        jira.evaluate("() => { AP.jira.refreshIssuePage() }")


def test_an_issue_is_created_by_the_page(page, jira):
    page.evaluate("""() => { window.sandboxIssueCreator = {
      open: async params => [{ key: 'OPS-99', fields: { summary: params.fields.summary } }] } }""")
    created = jira.evaluate(
        "new Promise(done => AP.jira.openCreateIssueDialog(done, { fields: { summary: 'From an app' } }))"
    )
    assert created == [{"key": "OPS-99", "fields": {"summary": "From an app"}}]


def test_an_issue_opens(page, jira, sandbox):
    jira.evaluate("() => { AP.jira.openIssueDialog('OPS-2') }")
    page.wait_for_url(f"{sandbox.origin}/browse/OPS-2")


def test_a_workflow_rule_is_configured(page, jira):
    page.evaluate("""() => { window.saved = []; window.sandboxWorkflow = {
      getConfiguration: () => JSON.stringify({ on: true }), save: value => saved.push(value),
      refuse: () => saved.push('refused') } }""")
    assert json.loads(jira.evaluate("new Promise(done => AP.jira.getWorkflowConfiguration(done))")) == {"on": True}
    jira.evaluate("""() => {
      window.valid = false;
      AP.jira.WorkflowConfiguration.onSaveValidation(() => valid);
      AP.jira.WorkflowConfiguration.onSave(() => 'configured');
    }""")
    save = f"connectHost.broadcastEvent('sandbox.workflow.save', {{ addon_key: '{KEY}' }})"
    page.evaluate(save)
    wait_until(page, "saved.length === 1")
    jira.evaluate("() => { window.valid = true }")
    page.evaluate(save)
    wait_until(page, "saved.length === 2")
    assert page.evaluate("saved") == ["refused", "configured"]


def test_a_dashboard_item_sets_its_title_and_knows_whether_it_is_editable(page, jira):
    jira.evaluate("AP.jira.setDashboardItemTitle('Renamed')")
    assert page.locator("[data-dashboard-item-title]").inner_text() == "Renamed"
    assert jira.evaluate("new Promise(done => AP.jira.isDashboardItemEditable(done))") is True
    jira.evaluate(
        "() => { window.edited = false; AP.jira.DashboardItem.onDashboardItemEdit(() => { window.edited = true }) }"
    )
    page.evaluate(f"connectHost.broadcastEvent('jira_dashboard_item_edit', {{ addon_key: '{KEY}' }})")
    jira.wait_for_function("edited")
    assert jira.evaluate("AP.jira.isNativeApp()") is False


@pytest.mark.parametrize("call", ["initJQLEditor", "showJQLEditor", "openDatePicker"])
def test_what_has_no_sense_here_says_so(jira, call):
    assert jira.evaluate(f"AP.jira.{call}({{}}).catch(error => error)").startswith(f"AP.jira.{call} does nothing")


def test_without_an_editor_jira_calls_say_so(jira):
    refused = jira.evaluate("new Promise(done => AP.jira.openCreateIssueDialog(found => done([found === undefined])))")
    assert refused == [True]
    assert "workflow" in jira.evaluate("AP.jira.getWorkflowConfiguration().catch(error => error)")
