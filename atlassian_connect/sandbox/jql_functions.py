"""JQL functions of apps: Jira asks the app once which JQL a function stands for, and remembers it.

What is remembered is called a precomputation. It is forgotten when nobody used it for a week; apps may read and change
theirs by REST.

Sources: *Custom JQL functions*, https://developer.atlassian.com/cloud/jira/platform/jql-functions/ and *JQL functions*,
https://developer.atlassian.com/cloud/jira/platform/modules/jql-functions/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..errors import UrlNotAllowedError
from ..protocol.modules import Module
from .json_text import read_json
from .module_urls import join
from .store.database import Database
from .store.schema import PRECOMPUTATIONS, PrecomputationRow

if TYPE_CHECKING:
    from .http import Answer
    from .installation import Installation
    from .site import Site

__all__ = ["Evaluate", "FunctionCall", "JqlFunctionError", "function_key", "functions_of", "kept_for"]

_KEPT_SECONDS: Final = 7 * 86_400
_MAX_FRAGMENT: Final = 4000
#: The type of a field, as apps are told it; other fields go by their names. Only ``issue`` is published.
_TYPES: Final = {
    "key": "issue",
    "parent": "issue",
    **dict.fromkeys(("assignee", "reporter", "creator"), "user"),
    **dict.fromkeys(("created", "updated", "resolved"), "date"),
    **dict.fromkeys(("summary", "description", "comment", "environment", "text"), "text"),
    **dict.fromkeys(("fixversion", "affectedversion"), "version"),
}


class JqlFunctionError(ValueError):
    """The function cannot be used like this, or its app does not say what it stands for."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A clause of a query: ``{field} {operator} {name}({arguments})``.

    :ivar operator: in lower case, e.g. ``not in``.
    """

    name: str
    field: str
    operator: str
    arguments: tuple[str, ...]


#: Gives the JQL that stands for a clause. None: no app has such a function. Raises :class:`JqlFunctionError`.
Evaluate = Callable[[FunctionCall], str | None]


def functions_of(site: Site) -> Evaluate:
    """The functions of the apps that are enabled on a site."""

    def evaluate(asked: FunctionCall) -> str | None:
        for installation in site.installations:
            for module in installation.modules if installation.state == "enabled" else ():
                if module.type == "jiraJqlFunctions" and _name(module).lower() == asked.name.lower():
                    return _evaluate(installation, module, asked)
        return None

    return evaluate


def function_key(row: PrecomputationRow, app_key: str) -> str:
    """How the REST calls the function of a precomputation."""
    return f"{app_key}__{row.module}"


def kept_for(database: Database, client_key: str, *, now: float) -> list[PrecomputationRow]:
    """The precomputations of an app, without those that nobody used for a week: these are deleted."""
    kept = []
    for row in database.find(PRECOMPUTATIONS, client_key=client_key):
        if row.used + _KEPT_SECONDS > now:
            kept.append(row)
        else:
            database.delete(PRECOMPUTATIONS, id=row.id)
    return kept


def _name(module: Module) -> str:
    return str(module.definition.get("name", ""))


def _listed(module: Module, name: str) -> list[Any]:
    value = module.definition.get(name)
    return value if isinstance(value, list) else []


def _evaluate(installation: Installation, module: Module, asked: FunctionCall) -> str:
    _check(module, asked)
    site, database = installation.site, installation.site.store.database
    now = site.wire.clock()
    wanted = (module.key, asked.field, asked.operator, asked.arguments)
    with database.transaction():  # else what the app changes meanwhile would be lost
        kept = kept_for(database, installation.client_key, now=now)
        row = next((one for one in kept if (one.module, one.field, one.operator, one.arguments) == wanted), None)
        if row is not None:
            database.save(PRECOMPUTATIONS, replace(row, used=now))
    row = row or _ask(installation, module, asked, now)
    if row.error is not None:
        raise JqlFunctionError(row.error)
    return row.value or ""


def _check(module: Module, asked: FunctionCall) -> None:
    operators = [str(one).replace("_", " ").lower() for one in _listed(module, "operators")]
    if asked.operator not in operators:
        known = ", ".join(operators) or "none"
        raise JqlFunctionError(f"The function {_name(module)} has not the operator '{asked.operator}', but: {known}.")
    arguments = [one for one in _listed(module, "arguments") if isinstance(one, Mapping)]
    least = sum(one.get("required") is True for one in arguments)
    if not least <= len(asked.arguments) <= len(arguments):
        count = str(least) if least == len(arguments) else f"{least} to {len(arguments)}"
        raise JqlFunctionError(f"The function {_name(module)} takes {count} arguments, not {len(asked.arguments)}.")


def _ask(installation: Installation, module: Module, asked: FunctionCall, now: float) -> PrecomputationRow:
    """Call the app, and keep what it says; its errors only where it asks for that."""
    site = installation.site
    row = PrecomputationRow(
        id=site.ids.uuid(),
        client_key=installation.client_key,
        module=str(module.key),
        name=_name(module),
        field=asked.field,
        operator=asked.operator,
        arguments=asked.arguments,
        value=None,
        error=None,
        created=now,
        updated=now,
        used=now,
    )
    body = {
        "precomputationId": row.id,
        "clause": {
            "field": asked.field,
            "type": [_TYPES.get(asked.field, asked.field)],
            "operator": asked.operator,
            "functionName": row.name,
            "arguments": list(asked.arguments),
        },
    }
    try:
        target = join(installation.app_base_url, str(module.definition.get("url", "")), {})
    except UrlNotAllowedError as error:
        raise JqlFunctionError(f"The function {row.name} cannot be called: {error}") from error
    note = f"JQL function {row.name}"
    answer = installation.post(target, json.dumps(body).encode(), note=note, account_id=None, headers={})
    told = _told(row.name, answer)
    row = replace(row, value=told["jql"]) if "jql" in told else replace(row, error=told["error"])
    if row.value is not None or told.get("storeErrorAsPrecomputation") is True:
        site.store.database.save(PRECOMPUTATIONS, row)
    return row


def _told(name: str, answer: Answer | None) -> dict[str, Any]:
    """The answer of an app: an object with a text ``jql`` or ``error``."""
    if answer is None:
        raise JqlFunctionError(f"The app of the function {name} does not answer.")
    if answer.status != 200:
        raise JqlFunctionError(f"The app of the function {name} answered {answer.status}.")
    try:
        told = read_json(answer.body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        for kind in ("jql", "error"):
            if isinstance(told.get(kind), str) and 0 < len(told[kind]) <= _MAX_FRAGMENT:
                return told
            told.pop(kind, None)
    raise JqlFunctionError(f"The app of the function {name} answered neither jql nor error.")
