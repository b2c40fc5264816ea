"""Searches by JQL in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

from ..jql_functions import functions_of
from .finding import visible_issues
from .jira_reply import Wanted, descriptions, issue_reply, wanted_by_body, wanted_by_query
from .jql import Jql, JqlError, parse_jql
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "query_of"]

_DEFAULT_MAX_RESULTS, _MAX_RESULTS = 50, 100
_MAX_IDS_PER_PAGE: Final = 5000  # where nothing but ids is asked for
_MAX_IDS: Final = 1000
_IDS: Final[frozenset[str]] = frozenset()  # without fields, the search of today's Jira gives the ids alone
_OLD_SEARCH: Final = "GET /rest/api/3/search"  # the catalogue does not have what took its place
_ONE_ISSUE: Final = "GET /rest/api/3/issue/1"  # the same for one that came later and reads the same


def query_of(call: Call, jql: str, *, bounded: bool = True) -> Jql:
    """Read a query for whom a call is made as.

    :param bounded: refuse one without any clause.
    :raises RestError: it is no query.
    """
    me = call.person.account_id if call.person else None
    try:
        return parse_jql(
            jql,
            now=call.site.wire.clock(),
            bounded=bounded,
            strict=True,
            site=call.site,
            me=me,
            functions=functions_of(call.site),
        )
    except JqlError as error:
        raise RestError(400, str(error)) from error


def _search(call: Call) -> Reply:
    return _search_for(
        call,
        jql=call.query.get("jql", ""),
        limit=call.integer("maxResults", _DEFAULT_MAX_RESULTS, maximum=_MAX_IDS_PER_PAGE),
        token=call.query.get("nextPageToken", ""),
        wanted=wanted_by_query(call, default=_IDS),
    )


def _search_by_post(call: Call) -> Reply:
    body = call.json_object()
    jql, limit = body.get("jql", ""), body.get("maxResults", _DEFAULT_MAX_RESULTS)
    token = body.get("nextPageToken") or ""
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise RestError(400, "maxResults must be a whole number of at least 1.")
    if not isinstance(jql, str) or not isinstance(token, str):
        raise RestError(400, "jql and nextPageToken must be texts.")
    wanted = wanted_by_body(call, body, default=_IDS)
    return _search_for(call, jql=jql, limit=limit, token=token, wanted=wanted)


def _search_for(call: Call, *, jql: str, limit: int, token: str, wanted: Wanted) -> Reply:
    found = query_of(call, jql).run(visible_issues(call))
    start, limit = _offset(token, jql), min(limit, _MAX_IDS_PER_PAGE if wanted.id_only else _MAX_RESULTS)
    page = found[start : start + limit]
    issues = [{"id": issue.id} if wanted.id_only else issue_reply(call, issue, wanted) for issue in page]
    payload: dict[str, Any] = {"issues": issues, "isLast": start + limit >= len(found)}
    if start + limit < len(found):
        payload["nextPageToken"] = urlsafe_b64encode(f"{start + limit}:{_digest(jql)}".encode()).decode()
    return Reply(payload=payload | descriptions(call, wanted))


def _count(call: Call) -> Reply:
    jql = call.json_object().get("jql", "")
    if not isinstance(jql, str):
        raise RestError(400, "jql must be a text.")
    return Reply(payload={"count": len(query_of(call, jql).run(visible_issues(call)))})


def _match(call: Call) -> Reply:
    body = call.json_object()
    queries, ids = body.get("jqls"), body.get("issueIds")
    if not isinstance(queries, list) or not isinstance(ids, list) or len(ids) > _MAX_IDS:
        raise RestError(400, f"jqls must be a list of queries, issueIds one of at most {_MAX_IDS} ids.")
    wanted = {str(one) for one in ids}
    issues = [issue for issue in visible_issues(call) if issue.id in wanted]
    matches: list[dict[str, Any]] = []
    for query in queries:
        try:
            found = query_of(call, str(query), bounded=False).run(issues)
            matches.append({"matchedIssues": [int(issue.id) for issue in found], "errors": []})
        except RestError as error:
            matches.append({"matchedIssues": [], "errors": [error.message]})
    return Reply(payload={"matches": matches})


def _parse(call: Call) -> Reply:
    queries = call.json_object().get("queries")
    if not isinstance(queries, list) or not queries:
        raise RestError(400, "queries must be a list of queries.")
    parsed = []
    for query in queries:
        try:
            query_of(call, str(query), bounded=False)
            parsed.append({"query": query, "errors": []})
        except RestError as error:
            parsed.append({"query": query, "errors": [error.message]})
    return Reply(payload={"queries": parsed})


def _bulk_fetch(call: Call) -> Reply:
    body = call.json_object()
    named, wanted = body.get("issueIdsOrKeys"), wanted_by_body(call, body)
    if not isinstance(named, list) or not named or len(named) > _MAX_RESULTS:
        raise RestError(400, f"issueIdsOrKeys must be a list of 1 to {_MAX_RESULTS} ids or keys.")
    visible = visible_issues(call)
    known = {issue.id: issue for issue in visible} | {issue.key: issue for issue in visible}
    found = {issue.id: issue for issue in (known.get(str(one)) for one in named) if issue is not None}
    issues = [issue_reply(call, one, wanted) | descriptions(call, wanted) for one in found.values()]
    # Issues that are not there, or not for this call, are left out without a word.
    return Reply(payload={"issues": issues, "issueErrors": []})


def _digest(jql: str) -> str:
    return sha256(jql.encode("utf-8", "replace")).hexdigest()[:16]


def _offset(token: str, jql: str) -> int:
    if not token:
        return 0
    try:
        number, _, digest = urlsafe_b64decode(token.encode("ascii")).decode("ascii").partition(":")
    except ValueError:
        number, digest = "", ""
    if not number.isdigit() or len(number) > 9 or digest != _digest(jql):
        raise RestError(400, "The nextPageToken is not valid for this query.")
    return int(number)


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/search/jql", _search, listed_as=_OLD_SEARCH),
    Operation("POST", "/rest/api/3/search/jql", _search_by_post, listed_as=_OLD_SEARCH),
    Operation("POST", "/rest/api/3/search/approximate-count", _count, listed_as=_OLD_SEARCH),
    Operation("POST", "/rest/api/3/jql/match", _match),
    Operation("POST", "/rest/api/3/jql/parse", _parse),
    Operation("POST", "/rest/api/3/issue/bulkfetch", _bulk_fetch, listed_as=_ONE_ISSUE),
)
