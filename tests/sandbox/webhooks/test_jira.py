"""Changes of the Jira site, told to apps."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.people import ADMIN, MEMBER
from atlassian_connect.sandbox.store.jira_history import adf


def bodies(app):
    return [body for _, _, body, _ in app.received]


def test_the_life_of_an_issue_is_told_step_by_step(sandbox, app, subscribe):
    subscribe("jira", "jira:issue_created", "jira:issue_updated", "jira:issue_deleted")

    issue = sandbox.content.create_issue("OPS", "Broken", account_id=MEMBER, description=adf("One", "Two"))
    sandbox.content.edit_issue(issue.key, account_id=ADMIN, summary="Whole")
    sandbox.content.edit_issue(issue.key, account_id=ADMIN, assignee=MEMBER)
    sandbox.content.transition_issue(issue.key, "31", account_id=ADMIN)
    sandbox.content.delete_issue(issue.key, account_id=ADMIN)

    assert app.refused == []
    created, edited, assigned, done, deleted = bodies(app)
    assert created["webhookEvent"] == "jira:issue_created"
    assert created["user"]["accountId"] == MEMBER
    assert "emailAddress" not in created["user"]
    assert created["issue"]["fields"]["description"] == "One\nTwo"
    types = [body["issue_event_type_name"] for body in (created, edited, assigned, done, deleted)]
    assert types == ["issue_created", "issue_updated", "issue_assigned", "issue_generic", "issue_deleted"]
    (item,) = edited["changelog"]["items"]
    assert (item["fieldId"], item["fromString"], item["toString"]) == ("summary", "Broken", "Whole")
    assert deleted["issue"]["key"] == issue.key


def test_the_acting_user_is_the_subject_of_the_token(sandbox, app, subscribe):
    subscribe("jira", "jira:issue_updated")

    sandbox.content.edit_issue("OPS-1", account_id=MEMBER, summary="Other")

    assert app.received[0][1]["sub"] == MEMBER


def test_comments_properties_links_attachments_projects_versions_and_users_are_told(sandbox, app, subscribe):
    subscribe(
        "jira", "comment_created", "comment_deleted", "issue_property_set", "issue_property_deleted",
        "issuelink_created", "attachment_created", "attachment_deleted", "project_created", "project_deleted",
        "jira:version_created", "jira:version_released", "user_created",
    )  # fmt: skip
    content, issue = sandbox.content, sandbox.content.issue("OPS-1")

    comment = content.add_issue_comment("OPS-1", adf("Hm"), account_id=MEMBER)
    content.delete_issue_comment(comment.id, account_id=MEMBER)
    sandbox.entity_properties.put(("issue", issue.id), "state", {"a": 1}, ADMIN)
    sandbox.entity_properties.delete(("issue", issue.id), "state", ADMIN)
    content.link_issues("Blocks", "OPS-1", "OPS-2", account_id=ADMIN)
    file = sandbox.attachments.add(
        ("issue", issue.id), name="a.txt", media_type="text/plain", data=b"abc", account_id=ADMIN
    )
    sandbox.attachments.delete(file.id, ADMIN)
    content.create_project("NEW", "New", account_id=ADMIN)
    content.delete_project("NEW", account_id=ADMIN)
    version = content.add_version("OPS", "1.0", account_id=ADMIN)
    content.edit_version(version.id, account_id=ADMIN, released=True)
    sandbox.users.create("Lin")

    told = {body["webhookEvent"]: body for body in bodies(app)}
    assert len(told) == 12
    assert told["comment_created"]["comment"]["body"] == "Hm"
    assert told["comment_deleted"]["issue"]["key"] == "OPS-1"
    assert told["issue_property_set"]["property"] == {"key": "state", "value": {"a": 1}}
    assert told["issue_property_deleted"]["property"] == {"key": "state"}
    assert told["issuelink_created"]["issueLink"]["sourceIssueId"] == int(issue.id)
    assert told["attachment_created"]["attachment"]["filename"] == "a.txt"
    assert told["project_deleted"]["project"]["key"] == "NEW"
    assert told["jira:version_released"]["version"]["released"] is True
    assert told["user_created"]["user"]["displayName"] == "Lin"


@pytest.mark.parametrize(("jql", "paths"), [("project = OPS", 1), ("project = WEB", 0), ("nonsense(", 1)])
def test_the_filter_holds_back_what_it_does_not_match(sandbox, app, subscribe, jql, paths):
    """A filter that the sandbox cannot read holds nothing back: an app rather hears too much than too little."""
    subscribe("jira", "comment_created", filter=jql)

    sandbox.content.add_issue_comment("OPS-1", adf("Hm"), account_id=MEMBER)

    assert len(app.received) == paths


def test_an_issue_that_is_gone_is_filtered_by_what_it_was(sandbox, app, subscribe):
    subscribe("jira", "jira:issue_deleted", filter="project = WEB")

    sandbox.content.delete_issue("OPS-1", account_id=ADMIN)
    sandbox.content.delete_issue("WEB-1", account_id=ADMIN)

    assert [body["issue"]["key"] for body in bodies(app)] == ["WEB-1"]


def test_property_keys_bring_values_into_the_body(sandbox, app, subscribe):
    subscribe("jira", "jira:issue_updated", propertyKeys=["state", "missing", ["state"], {}])
    sandbox.entity_properties.put(("issue", sandbox.content.issue("OPS-1").id), "state", [1], ADMIN)
    sandbox.entity_properties.put(("issue", sandbox.content.issue("OPS-1").id), "other", [2], ADMIN)

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Other")

    assert bodies(app)[0]["issue"]["properties"] == {"state": [1]}


def test_exclude_body_leaves_the_variables_in_the_url(sandbox, app, subscribe):
    subscribe(
        "jira",
        "jira:issue_updated",
        url="/hooks/${issue.key}?p={project.id}&u={modifiedUser.accountId}",
        excludeBody=True,
    )

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Other")

    assert app.refused == []
    path, _, body, _ = app.received[0]
    assert (path, body) == ("/hooks/OPS-1", None)
    (delivery,) = sandbox.deliveries.all()
    assert delivery.target.query == f"p={sandbox.content.project('OPS').id}&u="


def test_the_user_who_was_changed_is_a_variable(sandbox, app, subscribe):
    subscribe("jira", "user_updated", url="/hooks/user?id={modifiedUser.accountId}")

    sandbox.users.edit(MEMBER, name="J")

    assert sandbox.deliveries.all()[0].target.query == f"id={MEMBER.replace(':', '%3A')}"


def test_a_link_into_a_blocked_project_is_not_told(sandbox, app, subscribe):
    installation = subscribe("jira", "issuelink_created", "comment_created")
    installation.block("WEB")

    sandbox.content.link_issues("Blocks", "OPS-1", "WEB-1", account_id=ADMIN)
    sandbox.content.add_issue_comment("WEB-1", adf("Hm"), account_id=MEMBER)

    assert app.received == []


# --- registrations by REST --------------------------------------------------------------------------------------------


@pytest.fixture
def register(sandbox, app, subscribe, clock):
    installation = subscribe("jira")

    def add(*events, jql="", **more):
        return sandbox.content.add_webhook(
            installation.client_key, url=f"{app.base_url}/hooks/dynamic", events=events, jql=jql,
            expires=more.pop("expires", clock() + 3600), **more,
        )  # fmt: skip

    return add


def test_registrations_of_one_url_share_a_delivery(sandbox, app, register):
    ids = [
        int(register("jira:issue_updated", jql=jql).id)
        for jql in ("project = OPS", "project = WEB", "issuekey = OPS-1")
    ]

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Other")

    assert app.refused == []
    assert [body["matchedWebhookIds"] for body in bodies(app)] == [[ids[0], ids[2]]]
    assert sandbox.deliveries.all()[0].source == f"registration {ids[0]}, {ids[2]}"


def test_field_ids_filter_asks_for_a_changed_field(sandbox, app, register):
    register("jira:issue_updated", "jira:issue_deleted", field_ids=("assignee",))

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Other")
    assert app.received == []
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, assignee=MEMBER)
    sandbox.content.delete_issue("OPS-1", account_id=ADMIN)

    assert [body["webhookEvent"] for body in bodies(app)] == ["jira:issue_updated", "jira:issue_deleted"]


def test_issue_property_keys_filter_asks_for_a_key(sandbox, app, register):
    register("issue_property_set", property_keys=("mine",))
    issue = sandbox.content.issue("OPS-1")

    for key in ("other", "mine"):
        sandbox.entity_properties.put(("issue", issue.id), key, 1, ADMIN)

    assert [body["property"]["key"] for body in bodies(app)] == ["mine"]


def test_an_expired_registration_is_silent_until_it_is_refreshed(sandbox, app, register, clock):
    app.leeway = 100
    webhook = register("jira:issue_updated", expires=clock() + 60)
    clock.ahead += 61

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Unheard")
    assert app.received == []
    sandbox.content.refresh_webhook(webhook.client_key, webhook.id, expires=clock() + 60)
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Heard")

    assert len(app.received) == 1


def test_a_filter_may_ask_what_the_site_knows(sandbox, app, subscribe):
    subscribe(
        "jira", "jira:issue_updated", filter='project in ("Operations", 99) and issue.property[mood].of.day = good'
    )
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Unheard")
    sandbox.entity_properties.put(("issue", sandbox.content.issue("OPS-1").id), "mood", {"of": {"day": "good"}}, ADMIN)
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Heard")

    assert [body["issue"]["fields"]["summary"] for body in bodies(app)] == ["Heard"]
