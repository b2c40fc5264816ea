"""Jira: creating and editing issues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..adf import from_text, to_text
from ..issue_fields import custom_fields, field_options
from ..rest.jira_shapes import issue_json
from ..rest.jira_values import MAX_SUMMARY
from ..store.content import HierarchyError
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES
from ..store.values import Field, Issue
from .forms import done
from .jira_shared import at_issue, find_issue, find_project, require, visible_projects
from .policy import respond
from .viewer import viewer

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_MAX_TEXT: Final = 30_000
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?").fullmatch


class _BadFieldError(ValueError):
    """What is wrong with a field, for people."""


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The forms, and what comes of them."""

    @blueprint.get("/jira/create")
    def create_form() -> Response:
        """The form; with ``part=form`` without a page around it, for the dialog."""
        given = {name: request.args.get(name, "") for name in ("project", "type", "summary", "parent")}
        if request.args.get("part") == "form" and viewer(sandbox) is None:
            return respond("jira/_create_refused.html")
        template = "jira/_create_form.html" if request.args.get("part") == "form" else "jira/create.html"
        return respond(template, projects=visible_projects(sandbox), types=ISSUE_TYPES, given=given)

    @blueprint.post("/jira/create")
    def create_issue() -> BaseResponse:
        account_id = require(sandbox, "CREATE_ISSUES", "create issues")
        wants_json = request.accept_mimetypes.best == "application/json"
        project = find_project(sandbox, request.form.get("project", ""))
        try:
            changes = _read(sandbox)
            summary = changes.pop("summary", "") or _summary("")
            made = sandbox.content.create_issue(project.key, summary, account_id=account_id, **changes)
        except (_BadFieldError, HierarchyError) as error:
            if wants_json:
                return _json(400, {"problem": str(error)})
            return done(str(error), where=url_for("pages.create_form", project=project.key), bad=True)
        where = url_for("pages.issue", issue_key=made.key)
        if wants_json:
            return _json(201, issue_json(made, sandbox.jira) | {"page": where})
        return done(f"{made.key} is created, and the apps were told.", where=where)

    @blueprint.get("/browse/<issue_key>/edit")
    def edit_form(issue_key: str) -> Response:
        found = find_issue(sandbox, issue_key)
        require(sandbox, "EDIT_ISSUES", "edit issues")
        fields = [_Editable.of(sandbox, field, found) for field in custom_fields(sandbox.jira)]
        return respond(
            "jira/edit.html",
            situation=at_issue(sandbox, found),
            project=find_project(sandbox, found.project_key),
            issue=found,
            description=to_text(found.description),
            types=[
                one for one in ISSUE_TYPES.values() if (one.level < 0) == bool(ISSUE_TYPES[found.issue_type].level < 0)
            ],
            priorities=PRIORITIES,
            fields=[one for one in fields if one],
        )

    @blueprint.post("/browse/<issue_key>")
    def edit_issue(issue_key: str) -> BaseResponse:
        found = find_issue(sandbox, issue_key)
        account_id = require(sandbox, "EDIT_ISSUES", "edit issues")
        try:
            _, after, change = sandbox.content.edit_issue(found.key, account_id=account_id, **_read(sandbox))
        except (_BadFieldError, HierarchyError) as error:
            return done(str(error), where=url_for("pages.edit_form", issue_key=found.key), bad=True)
        where = url_for("pages.issue", issue_key=after.key)
        if not change:
            return done("Nothing was changed.", where=where)
        return done(
            f"“{after.summary}” is saved, and the apps were told. The inspector shows what they answered.", where=where
        )


@dataclass(frozen=True, slots=True)
class _Editable:
    """A custom field that people can edit.

    :ivar kind: ``text``, ``area``, ``number`` or ``select``.
    :ivar options: id and text of what can be chosen.
    """

    id: str
    name: str
    kind: str
    value: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, sandbox: Sandbox, field: Field, issue: Issue) -> _Editable | None:
        value = issue.fields.get(field.id)
        if field.type == "option":
            options = tuple((str(one.id), one.value) for one in field_options(sandbox.jira, field))
            chosen = str(value["id"]) if isinstance(value, dict) and "id" in value else ""
            return cls(field.id, field.name, "select", chosen, options)
        kind = {"string": "text", "text": "area", "number": "number"}.get(field.type)
        return cls(field.id, field.name, kind, to_text(value)) if kind else None


def _read(sandbox: Sandbox) -> dict[str, Any]:
    """The fields that the form has, by the store's names.

    :raises _BadFieldError: one of them cannot be.
    """
    form = request.form
    readers: dict[str, tuple[str, Any]] = {
        "summary": ("summary", _summary),
        "description": ("description", _description),
        "type": ("issue_type", lambda text: _one_of(ISSUE_TYPES, text, "type")),
        "priority": ("priority", lambda text: _one_of(PRIORITIES, text, "priority")),
        "assignee": ("assignee", lambda text: _person(sandbox, text)),
        "labels": ("labels", lambda text: tuple(dict.fromkeys(text.split()))),
        "parent": ("parent_id", lambda text: find_issue(sandbox, text).id if text else None),
    }
    changes = {name: read(form[field].strip()) for field, (name, read) in readers.items() if field in form}
    fields: dict[str, Any] = {}
    if "duedate" in form:
        fields["duedate"] = _day(form["duedate"])
    for field in custom_fields(sandbox.jira):
        if field.id in form:
            fields[field.id] = _custom(sandbox, field, form[field.id].strip())
    return changes | ({"fields": fields} if fields else {})


def _summary(text: str) -> str:
    if not text or len(text) > MAX_SUMMARY or "\n" in text:
        raise _BadFieldError(f"A summary has 1 to {MAX_SUMMARY} characters.")
    return text


def _description(text: str) -> dict[str, Any] | None:
    if len(text) > _MAX_TEXT:
        raise _BadFieldError(f"A description has at most {_MAX_TEXT} characters.")
    return from_text(text)


def _one_of(known: dict[str, Any], text: str, what: str) -> str:
    if text not in known:
        raise _BadFieldError(f"There is no {what} {text!r}.")
    return text


def _person(sandbox: Sandbox, account_id: str) -> str | None:
    if account_id and sandbox.users.find(account_id) is None:
        raise _BadFieldError("There is no such person to assign it to.")
    return account_id or None


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        raise _BadFieldError("A due date is a day, as 2027-01-31.") from None


def _custom(sandbox: Sandbox, field: Field, text: str) -> Any:
    if not text:
        return None
    if field.type == "number":
        if not _NUMBER(text):
            raise _BadFieldError(f"{field.name} is a number, such as 7 or -2.5.")
        return float(text) if "." in text else int(text)
    if field.type == "option":
        for one in field_options(sandbox.jira, field):
            if str(one.id) == text:
                return {"id": one.id, "value": one.value}
        raise _BadFieldError(f"{field.name} has no such option.")
    if field.type == "text":
        return _description(text)
    if field.type != "string" or len(text) > MAX_SUMMARY:
        raise _BadFieldError(f"{field.name} cannot be set to that here.")
    return text


def _json(status: int, payload: dict[str, Any]) -> Response:
    response = jsonify(payload)
    response.status_code = status
    return response
