"""Jira: its projects and issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..people import ADMIN
from .forms import done
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.content import Issue, Project

__all__ = ["add_routes"]

_MAX_SUMMARY: Final = 255


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Projects, and issues to read and reword."""

    @blueprint.get("/jira")
    def jira_home() -> BaseResponse:
        return redirect(url_for("pages.projects"))

    @blueprint.get("/jira/projects")
    def projects() -> Response:
        return respond("projects.html", projects=sandbox.content.projects())

    @blueprint.get("/projects/<project_key>")
    def project(project_key: str) -> Response:
        found = _project(sandbox, project_key)
        issues = [one for one in sandbox.content.issues() if one.project_key == found.key]
        return respond("project.html", project=found, issues=issues)

    @blueprint.get("/browse/<issue_key>")
    def issue(issue_key: str) -> Response:
        found = _issue(sandbox, issue_key)
        return respond("issue.html", project=_project(sandbox, found.project_key), issue=found)

    @blueprint.post("/browse/<issue_key>")
    def reword_issue(issue_key: str) -> BaseResponse:
        where = url_for("pages.issue", issue_key=_issue(sandbox, issue_key).key)
        summary = request.form.get("summary", "").strip()
        if not summary or len(summary) > _MAX_SUMMARY:
            return done(f"A summary has 1 to {_MAX_SUMMARY} characters.", where=where, bad=True)
        sandbox.jira.edit_issue(issue_key, summary=summary, account_id=viewer_id(sandbox) or ADMIN)
        return done(
            f"“{summary}” is saved, and the apps were told. The inspector shows what they answered.", where=where
        )


def _project(sandbox: Sandbox, key: str) -> Project:
    try:
        return sandbox.content.project(key)
    except KeyError:
        abort(404, f"There is no project {key}.")


def _issue(sandbox: Sandbox, key: str) -> Issue:
    try:
        return sandbox.content.issue(key)
    except KeyError:
        abort(404, f"There is no issue {key}.")
