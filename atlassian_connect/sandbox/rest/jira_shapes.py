"""Content as Jira's REST writes it: projects, issues with what is on them, filters.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..issue_fields import field_values
from ..store.attachments import Attachment
from ..store.jira_setup import ISSUE_TYPES, LINK_TYPES, PRIORITIES, RESOLUTIONS, STATUSES
from ..store.jira_values import SavedFilter
from ..store.values import ChangelogEntry, Component, Issue, IssueComment, IssueLink, Project, ProjectVersion
from .jira_activity_shapes import activity_json
from .jira_basics import jira_time, user_json
from .jira_setup_shapes import issue_type_json, link_type_json, priority_json, resolution_json, status_json

if TYPE_CHECKING:
    from ..site import Site

__all__ = [
    "change_json",
    "comment_json",
    "component_json",
    "filter_json",
    "issue_json",
    "jira_attachment_json",
    "link_json",
    "project_json",
    "version_json",
]


def project_json(project: Project, site: Site, *, whole: bool = False) -> dict[str, Any]:
    """A project.

    :param whole: with what only the operation about one project tells.
    """
    written: dict[str, Any] = {
        "self": f"{site.base_url}/rest/api/3/project/{project.id}",
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": project.type,
        "simplified": False,
        "style": "classic",
        "isPrivate": False,
        "avatarUrls": {},
    }
    if whole:
        content = site.content
        written |= {
            "description": project.description,
            "lead": user_json(project.lead, site),
            "assigneeType": "UNASSIGNED",
            "issueTypes": [issue_type_json(kind, site) for kind in ISSUE_TYPES.values()],
            "components": [component_json(one, site) for one in content.components(project.key)],
            "versions": [version_json(one, project, site) for one in content.project_versions(project.key)],
            "roles": {},
        }
    return written


def component_json(component: Component, site: Site) -> dict[str, Any]:
    """A component of a project."""
    return {
        "self": f"{site.base_url}/rest/api/3/component/{component.id}",
        "id": component.id,
        "name": component.name,
        "description": component.description,
        "project": component.project_key,
        "isAssigneeTypeValid": False,
    }


def version_json(version: ProjectVersion, project: Project, site: Site) -> dict[str, Any]:
    """A version of a project."""
    written = {
        "self": f"{site.base_url}/rest/api/3/version/{version.id}",
        "id": version.id,
        "name": version.name,
        "description": version.description,
        "archived": version.archived,
        "released": version.released,
        "projectId": int(project.id),
    }
    return written | ({"releaseDate": version.release_date} if version.release_date else {})


def issue_json(
    issue: Issue,
    site: Site,
    fields: frozenset[str] | None = None,
    *,
    me: str | None = None,
    sees: Callable[[str], bool] | None = None,
) -> dict[str, Any]:
    """An issue.

    :param fields: the fields to write; None for all of them.
    :param me: account id of whoever looks; None for nobody.
    :param sees: whether the issues of a project, by its key, are told where this one points to them; None: all are.
    """

    def asks(name: str) -> bool:
        return fields is None or name in fields

    content, status = site.content, status_json(STATUSES[issue.status], site)
    project = content.project(issue.project_key)
    resolution = RESOLUTIONS.get(issue.resolution or "")
    written: dict[str, Any] = {
        "summary": issue.summary,
        "description": issue.description,
        "issuetype": issue_type_json(ISSUE_TYPES[issue.issue_type], site),
        "project": project_json(project, site),
        "status": status,
        "statusCategory": status["statusCategory"],
        "priority": priority_json(PRIORITIES[issue.priority], site),
        "resolution": resolution_json(resolution, site) if resolution else None,
        "resolutiondate": jira_time(issue.resolved) if issue.resolved else None,
        "assignee": user_json(issue.assignee, site) if issue.assignee else None,
        "reporter": user_json(issue.reporter, site),
        "creator": user_json(issue.creator, site),
        "labels": list(issue.labels),
        "created": jira_time(issue.created),
        "updated": jira_time(issue.updated),
        "components": [],
        "fixVersions": [],
        "versions": [],
        "duedate": None,
        "environment": None,
    }
    written |= field_values(site, issue) | activity_json(issue, site, asks, me)
    written["components"] = _each(written["components"], lambda id: component_json(content.component(id), site))
    for name in ("fixVersions", "versions"):
        written[name] = _each(written[name], lambda id: version_json(content.project_version(id), project, site))
    if issue.parent_id and asks("parent"):
        with suppress(KeyError):  # what is told of an issue that was deleted may come after its parent is gone
            parent = content.issue(issue.parent_id)
            if sees is None or sees(parent.project_key):
                written["parent"] = _brief(parent, site)
    if asks("subtasks"):
        below = content.subtasks(issue.id)
        written["subtasks"] = [_brief(one, site) for one in below if ISSUE_TYPES[one.issue_type].level < 0]
    if asks("issuelinks"):
        links = content.issue_links(issue.id)
        if sees is not None:
            ends = {one.id: (content.issue(one.outward_id), content.issue(one.inward_id)) for one in links}
            links = [one for one in links if all(sees(end.project_key) for end in ends[one.id])]
        written["issuelinks"] = [link_json(one, site, seen_from=issue.id) for one in links]
    if asks("attachment"):
        written["attachment"] = [jira_attachment_json(one, site) for one in site.attachments.of(("issue", issue.id))]
    if asks("comment"):
        comments = [comment_json(one, site) for one in content.issue_comments(issue.id)]
        count = len(comments)
        at = f"{site.base_url}/rest/api/3/issue/{issue.id}/comment"
        written["comment"] = {"comments": comments, "self": at, "maxResults": count, "total": count, "startAt": 0}
    return {
        "expand": "renderedFields,names,schema,transitions,editmeta,changelog",
        "id": issue.id,
        "self": f"{site.base_url}/rest/api/3/issue/{issue.id}",
        "key": issue.key,
        "fields": {name: value for name, value in written.items() if asks(name)},
    }


def _each(values: Iterable[Mapping[str, Any]], write: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Components or versions as a project has them now; an issue keeps their ids."""
    found = []
    for one in values:
        with suppress(KeyError):
            found.append(write(str(one["id"])))
    return found


def _brief(issue: Issue, site: Site) -> dict[str, Any]:
    """The little of an issue that is told where others point to it."""
    return {
        "id": issue.id,
        "key": issue.key,
        "self": f"{site.base_url}/rest/api/3/issue/{issue.id}",
        "fields": {
            "summary": issue.summary,
            "status": status_json(STATUSES[issue.status], site),
            "priority": priority_json(PRIORITIES[issue.priority], site),
            "issuetype": issue_type_json(ISSUE_TYPES[issue.issue_type], site),
        },
    }


def link_json(link: IssueLink, site: Site, *, seen_from: str | None = None) -> dict[str, Any]:
    """A link between issues.

    :param seen_from: id of the issue it is written with; None writes both ends.
    """
    written: dict[str, Any] = {
        "id": link.id,
        "self": f"{site.base_url}/rest/api/3/issueLink/{link.id}",
        "type": link_type_json(LINK_TYPES[link.type], site),
    }
    # Hosts name the ends by where they are seen from: what this issue blocks is its outward issue.
    if seen_from != link.inward_id:
        written["outwardIssue"] = _brief(site.content.issue(link.inward_id), site)
    if seen_from != link.outward_id:
        written["inwardIssue"] = _brief(site.content.issue(link.outward_id), site)
    return written


def comment_json(comment: IssueComment, site: Site) -> dict[str, Any]:
    """A comment on an issue."""
    return {
        "self": f"{site.base_url}/rest/api/3/issue/{comment.issue_id}/comment/{comment.id}",
        "id": comment.id,
        "author": user_json(comment.author, site),
        "body": comment.body,
        "updateAuthor": user_json(comment.updated_by, site),
        "created": jira_time(comment.created),
        "updated": jira_time(comment.updated),
        "jsdPublic": True,
    }


def change_json(entry: ChangelogEntry, site: Site) -> dict[str, Any]:
    """One edit of an issue."""
    return {
        "id": entry.id,
        "author": user_json(entry.author, site),
        "created": jira_time(entry.created),
        "items": list(entry.items),
    }


def jira_attachment_json(file: Attachment, site: Site) -> dict[str, Any]:
    """A file on an issue."""
    rest = f"{site.base_url}/rest/api/3/attachment"
    return {
        "self": f"{rest}/{file.id}",
        "id": file.id,
        "filename": file.name,
        "author": user_json(file.account_id, site),
        "created": jira_time(file.created),
        "size": len(file.data),
        "mimeType": file.media_type,
        "content": f"{rest}/content/{file.id}",
    }


def filter_json(saved: SavedFilter, site: Site, me: str | None) -> dict[str, Any]:
    """A saved filter.

    :param me: account id of whoever looks.
    """
    base_url = site.base_url
    shares = [{"id": number + 1, **share} for number, share in enumerate(saved.shares)]
    return {
        "self": f"{base_url}/rest/api/3/filter/{saved.id}",
        "id": saved.id,
        "name": saved.name,
        "description": saved.description,
        "owner": user_json(saved.owner, site),
        "jql": saved.jql,
        "viewUrl": f"{base_url}/issues/?filter={saved.id}",
        "searchUrl": f"{base_url}/rest/api/3/search/jql?jql={quote(saved.jql, safe='')}",
        "favourite": me in saved.favourite_of,
        "favouritedCount": len(saved.favourite_of),
        "sharePermissions": shares,
        "editPermissions": [],
        "subscriptions": {"size": 0, "items": [], "max-results": 1000, "start-index": 0, "end-index": 0},
    }
