"""What the webhooks of Jira say.

Descriptions and comments are plain text here, not Atlassian Document Format: webhooks write issues as version 2 of the
REST does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..people import Person, jira_user
from ..rest.jira_activity_shapes import worklog_json
from ..rest.jira_basics import user_json
from ..rest.jira_shapes import comment_json, filter_json, issue_json, jira_attachment_json, project_json, version_json
from ..store.attachments import Attachment
from ..store.changes import Change
from ..store.content import Issue, Project
from ..store.entity_properties import EntityProperty
from ..store.jira_history import text_of
from ..store.jira_setup import LINK_TYPES
from ..store.jira_values import SavedFilter, Worklog
from ..store.values import IssueComment, IssueLink, ProjectVersion

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["BODIES"]

#: What bodies about something on an issue tell of the issue.
_BRIEF: Final = frozenset({"summary", "issuetype", "project", "assignee", "priority", "status"})


def _issue(site: Site, change: Change) -> dict[str, Any]:
    issue: Issue = change.value
    body: dict[str, Any] = {"issue_event_type_name": _finer_type(change)}
    if change.account_id is not None:
        body["user"] = user_json(change.account_id, site)
    body["issue"] = _whole_issue(site, issue)
    entry = change.details.get("changelog")
    if entry is not None:
        body["changelog"] = {"id": entry.id, "items": list(entry.items)}
    return body


def _finer_type(change: Change) -> str:
    if change.before is None or change.after is None:
        return change.kind.removeprefix("jira:")
    if change.before.assignee != change.after.assignee:
        return "issue_assigned"
    return "issue_generic" if change.before.status != change.after.status else "issue_updated"


def _whole_issue(site: Site, issue: Issue) -> dict[str, Any]:
    written = issue_json(issue, site)
    fields = written["fields"]
    return {**written, "fields": {**fields, "description": _text(issue.description)}}


def _comment(site: Site, change: Change) -> dict[str, Any]:
    comment: IssueComment = change.value
    written = {**comment_json(comment, site), "body": _text(comment.body) or ""}
    return {"comment": written, "issue": issue_json(change.about, site, _BRIEF), "eventType": "primaryAction"}


def _worklog(site: Site, change: Change) -> dict[str, Any]:
    worklog: Worklog = change.value
    written = {**worklog_json(worklog, site), "comment": _text(worklog.comment) or ""}
    return {"worklog": written, "issue": issue_json(change.about, site, _BRIEF)}


def _property(site: Site, change: Change) -> dict[str, Any]:
    written: EntityProperty = change.value
    told: dict[str, Any] = {"key": written.key}
    if change.after is not None:
        told["value"] = written.value
    return {"property": told, **_acting(site, change), "issue": issue_json(change.about, site, _BRIEF)}


def _attachment(site: Site, change: Change) -> dict[str, Any]:
    file: Attachment = change.value
    told: dict[str, Any] = {"attachment": jira_attachment_json(file, site)}
    return {**told, "issue": issue_json(change.about, site, _BRIEF)} if change.about else told


def _link(site: Site, change: Change) -> dict[str, Any]:
    link: IssueLink = change.value
    kind = LINK_TYPES[link.type]
    return {
        "issueLink": {
            "id": int(link.id),
            "sourceIssueId": int(link.outward_id),
            "destinationIssueId": int(link.inward_id),
            "issueLinkType": {
                "id": int(kind.id),
                "name": kind.name,
                "outwardName": kind.outward,
                "inwardName": kind.inward,
                "isSubTaskLinkType": False,
                "isSystemLinkType": False,
            },
            "systemLink": False,
        }
    }


def _project(site: Site, change: Change) -> dict[str, Any]:
    project: Project = change.value
    return {"project": {**project_json(project, site), "projectLead": user_json(project.lead, site)}}


def _version(site: Site, change: Change) -> dict[str, Any]:
    version: ProjectVersion = change.value
    return {"version": version_json(version, site.content.project(version.project_key), site)}


def _filter(site: Site, change: Change) -> dict[str, Any]:
    saved: SavedFilter = change.value
    return {"filter": filter_json(saved, site, change.account_id)}


def _user(site: Site, change: Change) -> dict[str, Any]:
    person: Person = change.value
    return {"user": jira_user(person, site.base_url)}


def _acting(site: Site, change: Change) -> dict[str, Any]:
    return {} if change.account_id is None else {"user": user_json(change.account_id, site)}


def _text(document: dict[str, Any] | None) -> str | None:
    return None if document is None else text_of(document)


#: What writes the body of an event.
BODIES: Final[Mapping[str, Callable[[Site, Change], dict[str, Any]]]] = {
    **{f"jira:issue_{edit}": _issue for edit in ("created", "updated", "deleted")},
    **{f"comment_{edit}": _comment for edit in ("created", "updated", "deleted")},
    **{f"worklog_{edit}": _worklog for edit in ("created", "updated", "deleted")},
    **{f"issue_property_{edit}": _property for edit in ("set", "deleted")},
    **{f"attachment_{edit}": _attachment for edit in ("created", "deleted")},
    **{f"issuelink_{edit}": _link for edit in ("created", "deleted")},
    **{f"project_{edit}": _project for edit in ("created", "updated", "deleted")},
    **{f"jira:version_{edit}": _version for edit in ("created", "updated", "released", "unreleased", "deleted")},
    **{f"filter_{edit}": _filter for edit in ("created", "updated", "deleted")},
    **{f"user_{edit}": _user for edit in ("created", "updated")},
}
