"""Jira: the search for issues, and the exports of apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from ..bridge.embedding import embed
from ..jql_functions import functions_of
from ..modules import places
from ..modules.situation import Situation
from ..rest.jql import JqlError, parse_jql
from ..store.values import Issue
from .jira_shared import visible_issues
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_PAGE: Final = 50
_EXAMPLES: Final = (
    ("My open issues", "assignee = currentUser() AND resolution is EMPTY ORDER BY updated DESC"),
    ("Reported by me", "reporter = currentUser() ORDER BY created DESC"),
    ("Open bugs", "issuetype = Bug AND statusCategory != Done ORDER BY priority DESC"),
    ("Changed lately", "updated >= -14d ORDER BY updated DESC"),
    ("Not touched for a year", "updated <= -365d AND resolution is EMPTY"),
)


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The navigator."""

    @blueprint.get("/issues")
    def issue_search() -> Response:
        jql, problem = request.args.get("jql", "ORDER BY updated DESC"), ""
        try:
            found = _find(sandbox, jql)
        except JqlError as error:
            found, problem = [], str(error)
        start = _start()
        return respond(
            "jira/search.html",
            jql=jql,
            problem=problem,
            issues=found[start : start + _PAGE],
            total=len(found),
            start=start,
            after=start + _PAGE if start + _PAGE < len(found) else None,
            examples=_EXAMPLES,
        )

    @blueprint.get("/issues/export/<app_key>/<module_key>")
    def export_issues(app_key: str, module_key: str) -> Response:
        """A search request view: the page of an app about what was found."""
        situation = Situation(account_id=viewer_id(sandbox))
        known = places.at(sandbox.jira, "search.export", situation)
        item = places.one_of(known, app_key, module_key)
        if item is None:
            abort(404, f"{app_key} has no view {module_key} of searches for you.")
        jql = request.args.get("jql", "")
        try:
            found = _find(sandbox, jql)
        except JqlError as error:
            abort(400, str(error))
        start, issues = _start(), found[_start() : _start() + _PAGE]
        told = {
            "issues": ",".join(one.key for one in issues),
            "link": f"{sandbox.jira.base_url}/issues/?{urlencode({'jql': jql})}",
            "startIssue": str(start),
            "endIssue": str(start + len(issues)),
            "totalIssues": str(len(found)),
        }
        url = item.urls.get("url", "")
        embedding = embed(
            item.installation,
            module_key,
            viewer=situation.account_id,
            context=item.values,
            url=f"{url}{'&' if '?' in url else '?'}{urlencode(told)}",
            full_page=True,
        )
        frames = filter(None, [embedding.origin])
        return respond("jira/export.html", frames=frames, item=item, embedding=embedding, jql=jql, count=len(issues))


def _find(sandbox: Sandbox, jql: str) -> list[Issue]:
    query = parse_jql(
        jql,
        now=sandbox.wire.clock(),
        bounded=False,
        site=sandbox.jira,
        me=viewer_id(sandbox),
        functions=functions_of(sandbox.jira),
    )
    return query.run(visible_issues(sandbox))


def _start() -> int:
    text = request.args.get("start", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
