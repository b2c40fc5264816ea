from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.rest.jql import JqlError, parse_jql
from atlassian_connect.sandbox.store.store import Store

NOW = 1_790_000_000.0


def keys(text: str) -> list[str]:
    return [issue.key for issue in parse_jql(text, now=NOW).run(Store(lambda: NOW).content.issues())]


@pytest.fixture
def found(sandbox: Sandbox):
    """Searches a site, as the administrator."""

    def search(text: str) -> list[str]:
        query = parse_jql(text, now=sandbox.wire.clock(), site=sandbox.jira, me=ADMIN)
        return [issue.key for issue in query.run(sandbox.content.issues())]

    return search


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("project = OPS", 8),
        ("project=ops", 8),
        ('project = "WEB"', 8),
        ("project != OPS", 8),
        ("project in (OPS, 'WEB')", 16),
        ("project not in (OPS)", 8),
        ("key in (OPS-1, WEB-2)", 2),
        ("resolution = EMPTY", 14),
        ("resolution is EMPTY", 14),
        ("resolution = Unresolved", 14),
        ("resolution IS NOT EMPTY", 2),
        ("resolution = Done", 2),
        ("statusCategory != Done", 14),
        ('statusCategory in ("To Do", "In Progress")', 14),
        ('status = "In Progress" AND project = OPS', 2),
        ("updated <= -400d", 2),
        ("updated >= -1d", 0),
        ("updated >= -3d", 2),
        ("updated <= -1000w", 0),
        ('updated < "2030-01-01"', 16),
        ('created > "2030-01-01 10:30"', 0),
        ("project = OPS and updated <= -100d and resolution = EMPTY order by updated desc", 3),
        ("(project = OPS OR project = WEB) AND status = Done", 2),
        ("project = OPS OR project = WEB AND status = Done", 9),
        ("NOT project = OPS", 8),
        ("not (project = OPS or status = done)", 7),
        ("priority in (Highest, Low)", 6),
        ("priority = 1", 2),
        ("type = Bug", 4),
        ("issuetype != Bug", 12),
        ("summary ~ backup", 1),
        ('summary ~ "log retention"', 1),
        ("summary !~ the", 8),
        ("labels is EMPTY", 7),
        ("resolved is not EMPTY", 2),
        ("resolved >= startOfDay(-30)", 1),
        ("updated >= startOfYear(-1) and updated <= now()", 16),
        ("created > endOfMonth()", 0),
        ("issue in (OPS-1, 10101)", 2),
    ],
)
def test_what_is_found(text: str, count: int):
    assert len(keys(text)) == count


def test_order():
    oldest_first = keys("project = OPS ORDER BY updated ASC")
    assert oldest_first[0] == "OPS-8"
    assert keys("project = OPS ORDER BY updated DESC") == oldest_first[::-1]
    assert keys("project in (OPS, WEB) ORDER BY project DESC, key")[0] == "WEB-1"
    assert keys("project = OPS")[0] == "OPS-8"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "Unbounded"),
        ("ORDER BY updated", "Unbounded"),
        ("text = x", "text = x"),
        ("sprint = 4", "sprint = 4"),
        ("assignee = somebodyElse()", "somebodyElse"),
        ("assignee in membersOf(users)", "membersOf"),
        ("updated <= startOfDecade()", "updated <= startOfDecade"),
        ("updated ~ today", "updated ~ today"),
        ("status ~ done", "not supported by the 'status' field"),
        ("due was empty", "due was"),
        ("status in Done", "status in Done"),
        ("(" * 40 + "key = OPS-1" + ")" * 40, "nested"),
        ("NOT " * 40 + "key = OPS-1", "nested"),
        ("updated <= never", "never"),
        ("project = ", "too early"),
        ("project", "too early"),
        ("project in OPS", "project in OPS"),
        ("project in (OPS", "too early"),
        ("project in (OPS WEB)", "project in"),
        ("project is OPS", "project is OPS"),
        ("project = OPS ORDER updated", "ORDER updated"),
        ("project = OPS ORDER BY size", "ORDER BY size"),
        ("project = OPS ORDER BY key ASC WEB", "ORDER BY"),
        ("(project = OPS", "too early"),
        ("project = OPS) AND key = OPS-1", "does not have"),
        ('"', "cannot read"),
        ("project = OPS AND" + " x" * 3000, "longer"),
    ],
)
def test_what_is_not_there_is_named(text: str, named: str):
    with pytest.raises(JqlError) as caught:
        keys(text)
    assert named in str(caught.value)


def test_who_asks_and_what_belongs_to_issues(sandbox: Sandbox, found):
    content = sandbox.content
    content.edit_issue("OPS-1", assignee=ADMIN, labels=("Urgent", "disk"))
    content.edit_issue("OPS-3", assignee=MEMBER)
    epic = content.create_issue("OPS", "Tidy up", account_id=ADMIN, issue_type="Epic")
    content.edit_issue("OPS-2", parent_id=epic.id)
    sandbox.entity_properties.put(("issue", content.issue("OPS-4").id), "mood", {"of": {"day": "good"}, "n": 3}, ADMIN)
    field = content.create_field("Story points", type="number")
    content.edit_issue("OPS-5", fields={field.id: 5, "components": [{"id": "10000", "name": "Backups"}]})
    assert "OPS-1" in found("assignee = currentUser()")
    assert "OPS-3" not in found("assignee = currentUser()")
    assert "OPS-3" not in found('assignee in membersOf("administrators")')
    assert "OPS-1" in found('assignee in (membersOf("administrators"), empty)')
    assert "OPS-1" in found("labels in (urgent)")
    assert found(f"parent = {epic.key}") == ["OPS-2"]
    assert found('issue.property[mood].of.day = "good"') == ["OPS-4"]
    assert found("issue.property[mood].n >= 3") == ["OPS-4"]
    assert found("issue.property[mood].n > 3 OR issue.property[mood].of.day in (bad)") == []
    assert found("issue.property[mood].of is not empty") == ["OPS-4"]
    assert found(f"cf[{field.id.rpartition('_')[2]}] = 5") == ["OPS-5"]
    assert found('"story points" = 5 and component = Backups') == ["OPS-5"]
    assert found("project = Operations AND key in (OPS-2, OPS-9, WEB-1) ORDER BY type DESC, key") == ["OPS-9", "OPS-2"]
    assert found("key in (OPS-1, OPS-6) ORDER BY priority DESC")[0] == "OPS-6"
    content.add_issue_comment(
        "OPS-7",
        {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Zebra crossing"}]}],
        },
        account_id=ADMIN,
    )
    assert found("text ~ zebra") == found('comment ~ "zebra cross*"') == ["OPS-7"]


def test_due_dates(found, sandbox: Sandbox):
    sandbox.content.edit_issue("OPS-1", fields={"duedate": "2027-01-31"})
    sandbox.content.edit_issue("OPS-2", fields={"duedate": "2027-02-01"})
    assert found('due = "2027-01-31"') == ["OPS-1"]
    assert found("duedate > 2027-01-31 ORDER BY due") == ["OPS-2"]
    assert sorted(found("due is not empty and due != 2027-02-01")) == found("due <= 2027-01-31") == ["OPS-1"]
    assert "OPS-3" in found("due = empty")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("project = Nope", "The value 'Nope' does not exist for the field 'project'."),
        ("project in (OPS, HID)", "The value 'HID' does not exist for the field 'project'."),
        ("issuekey = NO-1", "The value 'NO-1' does not exist for the field 'issuekey'."),
        ("key = HID-1", "The value 'HID-1' does not exist for the field 'key'."),
        ("type not in (Bug, Spike)", "The value 'Spike' does not exist for the field 'type'."),
        ("status != Open", "The value 'Open' does not exist for the field 'status'."),
        ("priority = 9", "The value '9' does not exist for the field 'priority'."),
        ("component = Nothing", "The value 'Nothing' does not exist for the field 'component'."),
        ("fixVersion in (Never)", "The value 'Never' does not exist for the field 'fixVersion'."),
        ("assignee = bob", "The value 'bob' does not exist for the field 'assignee'."),
    ],
)
def test_searches_refuse_values_that_do_not_exist(sandbox: Sandbox, text: str, named: str):
    sandbox.content.create_project("HID", "Hidden", account_id=ADMIN)
    sandbox.content.create_issue("HID", "Secret", account_id=ADMIN)
    sandbox.permissions.restrict("HID", [ADMIN])
    with pytest.raises(JqlError) as caught:
        parse_jql(text, now=NOW, strict=True, site=sandbox.jira, me=MEMBER)
    assert str(caught.value) == named


@pytest.mark.parametrize(
    "text",
    [
        'project = "Operations" and key in (ops-1, 10101) and type = 10004 and status = "to do"',
        "statusCategory = new and resolution = Unresolved and assignee in (currentUser(), empty)",
        f'reporter = "{ADMIN}" and component = Backups and creator in membersOf("administrators")',
        "parent = OPS-1 and labels = anything and summary ~ anything",
    ],
)
def test_searches_take_values_that_exist(sandbox: Sandbox, text: str):
    assert parse_jql(text, now=NOW, strict=True, site=sandbox.jira, me=ADMIN)
