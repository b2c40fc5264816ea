"""Projects, issues and what hangs on them, and what is told of them."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.people import ADMIN, MEMBER
from atlassian_connect.sandbox.store.changes import Change
from atlassian_connect.sandbox.store.content import KeyTakenError, TransitionRefusedError
from atlassian_connect.sandbox.store.jira_history import adf, text_of
from atlassian_connect.sandbox.store.store import Store


def kinds(told: list[Change]) -> list[str]:
    return [change.kind for change in told]


def test_an_issue_through_its_life(store: Store, told: list[Change]):
    content = store.content
    issue = content.create_issue("OPS", "New", account_id=MEMBER, issue_type="Bug", labels=("a",))
    assert (issue.key, issue.status, issue.reporter, issue.creator) == ("OPS-9", "To Do", MEMBER, MEMBER)
    before, after, change_id = content.edit_issue(
        issue.id, account_id=ADMIN, summary="Newer", assignee=MEMBER, fields={"customfield_10100": 3}
    )
    assert (before, after) == (issue, content.issue("OPS-9"))
    items = told[-1].details["changelog"].items
    assert [(one["field"], one["fromString"], one["to"], one["toString"]) for one in items] == [
        ("summary", "New", None, "Newer"),
        ("assignee", "", MEMBER, "Jonas Lindqvist"),
        ("customfield_10100", "", None, "3"),
    ]
    assert content.edit_issue("OPS-9", summary="Newer") == (after, after, 0)
    content.edit_issue("OPS-9", account_id=ADMIN, fields={"customfield_10100": None})
    assert content.issue("OPS-9").fields == {}
    assert [entry.id for entry in content.history(issue.id)] == [str(change_id), str(change_id + 1)]
    content.delete_issue("OPS-9", account_id=ADMIN)
    assert kinds(told) == ["jira:issue_created", "jira:issue_updated", "jira:issue_updated", "jira:issue_deleted"]
    assert content.history(issue.id) == []
    assert content.create_issue("OPS", "Next", account_id=ADMIN).key == "OPS-10"


def test_the_workflow(store: Store, told: list[Change]):
    content = store.content
    issue = content.create_issue("WEB", "x", account_id=ADMIN)
    assert [step.to for step in content.transitions(issue)] == ["In Progress", "Done"]
    _, done, _ = content.transition_issue(issue.key, "31", account_id=ADMIN)
    assert (done.status, done.resolution, done.resolved is None) == ("Done", "Done", False)
    assert [one["field"] for one in told[-1].details["changelog"].items] == ["status", "resolution"]
    with pytest.raises(TransitionRefusedError, match="no transition '31' in Done"):
        content.transition_issue(issue.key, "31", account_id=ADMIN)
    _, again, _ = content.transition_issue(issue.key, "21", account_id=ADMIN)
    assert (again.status, again.resolution, again.resolved) == ("In Progress", None, None)


def test_what_is_refused_changes_and_tells_nothing(store: Store, told: list[Change]):
    content, issue = store.content, store.content.issue("OPS-1")
    for wrong in ({"issue_type": "Wish"}, {"priority": "Now"}):
        with pytest.raises(KeyError):
            content.edit_issue("OPS-1", summary="x", **wrong)
    with pytest.raises(TypeError, match="cannot change key"):
        content.edit_issue("OPS-1", key="OPS-99")
    for project, parent in (("NO", None), ("OPS", "1")):
        with pytest.raises(KeyError):
            content.create_issue(project, "x", account_id=ADMIN, parent_id=parent)
    assert (content.issue("OPS-1"), len(content.issues()), told) == (issue, 16, [])
    assert content.create_issue("OPS", "x", account_id=ADMIN).key == "OPS-9"


def test_subtasks_go_with_their_issue_and_stories_stay_without_their_epic(store: Store, told: list[Change]):
    content = store.content
    epic = content.create_issue("WEB", "Epic", account_id=ADMIN, issue_type="Epic")
    story = content.create_issue("WEB", "Story", account_id=ADMIN, issue_type="Story", parent_id=epic.id)
    content.create_issue("WEB", "Sub", account_id=ADMIN, issue_type="Sub-task", parent_id=story.id)
    content.delete_issue(epic.id, account_id=ADMIN)
    assert content.issue(story.id).parent_id is None
    with pytest.raises(ValueError, match="has subtasks"):
        content.delete_issue(story.id, account_id=ADMIN, subtasks=False)
    told.clear()
    content.delete_issue(story.id, account_id=ADMIN)
    assert [change.before.summary for change in told] == ["Sub", "Story"]


def test_comments_and_links(store: Store, told: list[Change]):
    content, issue = store.content, store.content.issue("OPS-4")
    comment = content.add_issue_comment("OPS-4", adf("Hello", "you"), account_id=MEMBER)
    assert text_of(comment.body) == "Hello\nyou"
    store.entity_properties.put(("issue_comment", comment.id), "k", 1, ADMIN)
    content.edit_issue_comment(comment.id, adf("Bye"), account_id=ADMIN)
    assert [text_of(one.body) for one in content.issue_comments(issue.id)] == ["Bye"]
    content.delete_issue_comment(comment.id, account_id=ADMIN)
    assert (content.issue_comments(issue.id), store.entity_properties.all(("issue_comment", comment.id))) == ([], [])
    link = content.link_issues("Blocks", "OPS-4", "WEB-1", account_id=ADMIN)
    assert content.issue_links(issue.id) == [link] == content.issue_links(content.issue("WEB-1").id)
    content.unlink_issues(link.id, account_id=ADMIN)
    assert kinds(told) == [
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "issuelink_created",
        "issuelink_deleted",
    ]
    store.entity_properties.put(("issue", issue.id), "k", 1, ADMIN)
    store.entity_properties.delete(("issue", issue.id), "k", ADMIN)
    assert kinds(told)[5:] == ["issue_property_set", "issue_property_deleted"]


def test_projects(store: Store, told: list[Change]):
    content = store.content
    project = content.create_project("NEW", "New", account_id=MEMBER)
    with pytest.raises(KeyTakenError):
        content.create_project("NEW", "x", account_id=MEMBER)
    assert content.create_issue(project.id, "x", account_id=MEMBER).key == "NEW-1"
    content.add_component("NEW", "Core")
    version = content.add_version("NEW", "1.0", account_id=MEMBER)
    content.edit_version(version.id, account_id=MEMBER, released=True)
    assert content.edit_project("NEW", account_id=MEMBER, name="Newer").lead == MEMBER
    content.delete_project("NEW", account_id=MEMBER)
    assert (content.components("NEW"), content.project_versions("NEW"), content.issues("NEW")) == ([], [], [])
    assert kinds(told) == [
        "project_created",
        "jira:issue_created",
        "jira:version_created",
        "jira:version_released",
        "project_updated",
        "project_deleted",
    ]
    assert content.create_project("NEW", "x", account_id=MEMBER).id != project.id


def test_fields_dashboards_and_webhooks(store: Store):
    content = store.content
    field = content.create_field("Team", module="com.example__team")
    assert content.create_field("The team", module="com.example__team").id == field.id == "customfield_10100"
    assert content.create_field("Other").id == "customfield_10101"
    dashboard = content.dashboards()[0]
    gadget = content.add_gadget(dashboard.id, "Mine", app_key="com.example", module_key="g")
    assert [one.title for one in content.gadgets(dashboard.id)] == ["Assigned to me", "Mine", "Recently updated"]
    assert content.edit_gadget(gadget.id, column=1, row=5).module_key == "g"
    assert [one.title for one in content.gadgets(dashboard.id)][-1] == "Mine"
    assert [content.remove_gadget(gadget.id) for _ in range(2)] == [True, False]
    webhook = content.add_webhook("key", url="https://x", events=["e"], jql="project = OPS", expires=5.0)
    assert content.refresh_webhook("key", webhook.id, expires=9.0)
    assert [one.expires for one in content.webhooks("key")] == [9.0]
    assert not content.remove_webhook("other", webhook.id)
    assert content.remove_webhook("key", webhook.id)
