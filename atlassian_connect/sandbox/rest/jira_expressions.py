"""Evaluating Jira expressions, in Jira's REST: the part of the language that :mod:`..modules.expressions` has.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-jira-expressions/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..modules.asked import Asked
from ..modules.expressions import ExpressionError, evaluate_expression
from ..modules.jira_checks import expression_variables
from ..modules.situation import Situation
from .finding import find_issue, find_project
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_MAX_LENGTH: Final = 1000
_CONTEXT: Final = frozenset({"issue", "project"})
_EVAL: Final = "/rest/api/3/expression/eval"


def _evaluate(call: Call) -> Reply:
    body = call.json_object()
    expression, context = body.get("expression"), body.get("context") or {}
    if not isinstance(expression, str) or not expression.strip() or len(expression) > _MAX_LENGTH:
        raise RestError(400, f"expression must be a text of 1 to {_MAX_LENGTH} characters.")
    if not isinstance(context, Mapping):
        raise RestError(400, "context must be an object.")
    others = sorted(name for name, value in context.items() if value and name not in _CONTEXT)
    if others:
        raise RestError(501, f"The sandbox does not have {', '.join(others)[:200]} in the context of expressions.")
    named = {name: _id_or_key(context.get(name)) for name in _CONTEXT}
    situation = Situation(
        account_id=call.account_id,
        issue=find_issue(call, named["issue"]).key if named["issue"] else None,
        project=find_project(call, named["project"]).key if named["project"] else None,
    )
    try:
        value = evaluate_expression(expression, expression_variables(Asked(call.app, situation)))
    except ExpressionError as error:  # hosts may know what it says: it is not said to be wrong
        raise RestError(501, f"The sandbox does not evaluate this expression: {error}") from None
    if not _is_plain(value):
        raise RestError(501, "The sandbox evaluates expressions to texts, numbers, booleans and lists of these only.")
    return Reply(payload={"value": value})


def _id_or_key(given: object) -> str:
    """What ``{"id": …}`` or ``{"key": …}`` names; empty when it is not given.

    :raises RestError: it is something else.
    """
    if given is None:
        return ""
    wanted = given.get("key") or given.get("id") if isinstance(given, Mapping) else None
    if not isinstance(wanted, str | int) or isinstance(wanted, bool):
        raise RestError(400, "What is in the context is named by its id or key.")
    return str(wanted)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(one) for one in value)
    return value is None or isinstance(value, str | int | float)


OPERATIONS: Final = (
    Operation("POST", _EVAL, _evaluate),
    Operation("POST", "/rest/api/3/expression/evaluate", _evaluate, listed_as=f"POST {_EVAL}"),
)
