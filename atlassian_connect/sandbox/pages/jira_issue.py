"""Jira: one issue, with all that apps add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, jsonify, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...protocol.modules import value_at
from ...protocol.urls import parse_base_url
from ..adf import from_text, to_html, to_text
from ..bridge.embedding import embed
from ..issue_fields import custom_fields, field_values, module_of_field
from ..modules import places
from ..modules.conditions import evaluate
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from ..store.attachments import StoreFullError
from ..store.jira_setup import LINK_TYPES, RESOLUTIONS, STATUSES
from ..store.values import Issue
from ..workflow import RuleRefusedError, steps_for, take_step
from .forms import done
from .jira_shared import at_issue, find_issue, find_project, require
from .policy import allow_frame, respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_ISSUE: Final = "/browse/<issue_key>"
_PANELS: Final = ("issue.context", "issue.right", "issue.content")
_SHOWN: Final = "issue_panels"  # the kind of owner whose properties are the panels that people have added to an issue
_GLANCE_STATUS: Final = "com.atlassian.jira.issue:{}:{}:status"
_TONES: Final = {"inprogress": "info", "success": "good", "removed": "bad", "moved": "warn", "new": "info"}


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The page of an issue, and what is done on it."""

    @blueprint.get(_ISSUE)
    def issue(issue_key: str) -> Response:
        found = find_issue(sandbox, issue_key)
        situation = at_issue(sandbox, found)
        return respond(
            "jira/issue.html",
            situation=situation,
            project=find_project(sandbox, found.project_key),
            issue=found,
            steps=steps_for(sandbox.jira, found, viewer_id(sandbox)),
            resolutions=RESOLUTIONS,
            tab=request.args.get("tab", "comments"),
            **_content(sandbox, found),
            **_of_apps(sandbox, found, situation),
        )

    @blueprint.get(f"{_ISSUE}/panel/<app_key>/<module_key>")
    def issue_panel(issue_key: str, app_key: str, module_key: str) -> Response:
        """What the bridge mounts the frame of a panel from, once somebody opens it."""
        situation = at_issue(sandbox, find_issue(sandbox, issue_key))
        listed = [one for place in _PANELS for one in places.at(sandbox.jira, place, situation)]
        item = places.one_of(listed, app_key, module_key)
        if item is None:
            abort(404, f"{app_key} has no panel {module_key} for you here.")
        embedding = embed(item.installation, item.opens_key, viewer=situation.account_id, context=item.values)
        if embedding.problem:
            abort(403 if embedding.blocked else 404, embedding.problem)
        return jsonify(embedding.data)

    _add_changes(blueprint, sandbox)
    _add_files(blueprint, sandbox)


def _issue_url(issue: Issue) -> str:
    return url_for("pages.issue", issue_key=issue.key)


def _add_changes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post(f"{_ISSUE}/comment")
    def comment_on_issue(issue_key: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "ADD_COMMENTS", "comment on issues")
        body = from_text(request.form.get("text", ""))
        if body is None:
            return done("A comment has a text.", where=_issue_url(found), bad=True)
        sandbox.content.add_issue_comment(found.key, body, account_id=account_id)
        return done("Your comment is there, and the apps were told.", where=_issue_url(found))

    @blueprint.post(f"{_ISSUE}/comment/<comment_id>/delete")
    def delete_issue_comment(issue_key: str, comment_id: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "ADD_COMMENTS", "delete comments")
        known = {one.id: one for one in sandbox.content.issue_comments(found.id)}
        if comment_id not in known:
            abort(404, "There is no such comment.")
        if known[comment_id].author != account_id:
            require(sandbox, "ADMINISTER_PROJECTS", "delete comments of others")
        sandbox.content.delete_issue_comment(comment_id, account_id=account_id)
        return done("The comment is deleted, and the apps were told.", where=_issue_url(found))

    @blueprint.post(f"{_ISSUE}/transition")
    def transition(issue_key: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "TRANSITION_ISSUES", "take issues through the workflow")
        step, resolution = request.form.get("step", ""), request.form.get("resolution", "Done")
        text = request.form.get("comment", "").strip()
        comment = from_text(text)
        if comment is not None:
            require(sandbox, "ADD_COMMENTS", "comment on issues")
        if resolution not in RESOLUTIONS:
            return done(f"There is no resolution {resolution!r}.", where=_issue_url(found), bad=True)
        try:
            after = take_step(sandbox.jira, found, step, account_id=account_id, resolution=resolution, comment=text)
        except RuleRefusedError as error:
            return done(str(error), where=_issue_url(found), bad=True)
        if comment is not None:
            sandbox.content.add_issue_comment(found.key, comment, account_id=account_id)
        return done(f"{after.key} is {after.status.lower()}, and the apps were told.", where=_issue_url(found))

    @blueprint.post(f"{_ISSUE}/delete")
    def delete_issue(issue_key: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "DELETE_ISSUES", "delete issues")
        sandbox.content.delete_issue(found.key, account_id=account_id)
        where = url_for("pages.project", project_key=found.project_key)
        return done(f"{found.key} is deleted, and the apps were told.", where=where)


def _add_files(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post(f"{_ISSUE}/attachments")
    def attach_to_issue(issue_key: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "CREATE_ATTACHMENTS", "attach files")
        file = request.files.get("file")
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2] if file else ""
        if file is None or not name:
            return done("Choose a file first.", where=_issue_url(found), bad=True)
        media_type = file.mimetype or "application/octet-stream"
        try:
            sandbox.attachments.add(
                ("issue", found.id), name=name, media_type=media_type, data=file.read(), account_id=account_id
            )
        except StoreFullError as error:
            return done(str(error), where=_issue_url(found), bad=True)
        return done(f"{name} is attached, and the apps were told.", where=_issue_url(found))

    @blueprint.post(f"{_ISSUE}/content/<app_key>/<module_key>/<any(add, remove):action>")
    def change_content(issue_key: str, app_key: str, module_key: str, action: str) -> BaseResponse:
        """Add the content of an app to an issue, as its button below the summary does, or take it away."""
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "EDIT_ISSUES", "edit issues")
        known = places.at(sandbox.jira, "issue.content", at_issue(sandbox, found))
        if places.one_of(known, app_key, module_key) is None:
            abort(404, f"{app_key} has no content {module_key} for issues.")
        owner, key = (_SHOWN, found.id), f"{app_key}__{module_key}"
        if action == "add":
            sandbox.entity_properties.put(owner, key, True, account_id)
        else:
            sandbox.entity_properties.delete(owner, key)
        return done("The issue shows it now." if action == "add" else "It is gone.", where=_issue_url(found))


def _content(sandbox: Sandbox, issue: Issue) -> dict[str, Any]:
    """What the issue itself shows."""
    content, site = sandbox.content, sandbox.jira
    values = field_values(site, issue)
    fields = []
    for field in custom_fields(site):
        value = values.get(field.id)
        if value is not None and (not field.module or module_of_field(site, field)):
            fields.append((field.name, to_html(value) if field.type == "text" else to_text(value)))
    names = {attribute: to_text(values.get(attribute)) for attribute in ("components", "fixVersions", "duedate")}
    links = []
    for link in content.issue_links(issue.id):
        kind, outward = LINK_TYPES[link.type], link.outward_id == issue.id
        other = content.issue(link.inward_id if outward else link.outward_id)
        if other.project_key in {one.key for one in content.projects()}:
            links.append((kind.outward if outward else kind.inward, other))
    return {
        "description": to_html(issue.description),
        "comments": [(one, to_html(one.body)) for one in content.issue_comments(issue.id)],
        "history": content.history(issue.id)[::-1],
        "files": sandbox.attachments.of(("issue", issue.id)),
        "subtasks": content.subtasks(issue.id),
        "links": links,
        "parent": content.issue(issue.parent_id) if issue.parent_id else None,
        "app_fields": fields,
        "field_texts": names,
        "statuses": STATUSES,
    }


def _of_apps(sandbox: Sandbox, issue: Issue, situation: Situation) -> dict[str, Any]:
    """Panels and tabs of apps. What is in menus the template asks for itself."""
    shown = {one.key for one in sandbox.entity_properties.all((_SHOWN, issue.id))}
    contents, offered = [], []
    for item in places.at(sandbox.jira, "issue.content", situation):
        added = f"{item.installation.app_key}__{item.module.key}" in shown
        if added or _is_present(item, situation):
            contents.append((item, added))
        else:
            offered.append(item)
    glances = [(item, *_glance(sandbox, issue, item)) for item in places.at(sandbox.jira, "issue.context", situation)]
    for item, *_ in glances:  # their frames come once they are opened
        allow_frame(parse_base_url(item.installation.app_base_url).origin)
    tabs = {
        f"{one.installation.app_key}__{one.module.key}": one
        for one in places.at(sandbox.jira, "issue.activity", situation)
    }
    return {"contents": contents, "offered": offered, "glances": glances, "activity_tabs": tabs}


def _is_present(item: PlacedModule, situation: Situation) -> bool:
    """Whether ``contentPresentConditions`` show content that nobody has added by its button."""
    conditions = item.module.definition.get("contentPresentConditions")
    return bool(conditions) and evaluate(conditions, item.installation, situation).visible


def _glance(sandbox: Sandbox, issue: Issue, item: PlacedModule) -> tuple[str, str, str]:
    """Text of a glance or context, and of its status with the tone. Apps set the status in a property of the issue."""
    label = value_at(item.module.definition, "content.label.value")
    key = _GLANCE_STATUS.format(item.installation.app_key, item.module.key)
    try:
        status = sandbox.entity_properties.get(("issue", issue.id), key).value
    except KeyError:
        status = item.module.definition.get("status")
    text, tone = value_at(status, "value.label") if isinstance(status, dict) else None, ""
    if isinstance(text, dict):
        text = text.get("value")
    if text is not None and isinstance(status, dict):
        tone = _TONES.get(str(value_at(status, "value.type")), "neutral")
    return str(label or item.label), str(text) if text is not None else "", tone
