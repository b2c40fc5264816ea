"""Restrictions of single pages in version 1 of Confluence's REST: who may read or edit one.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-restrictions/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..people import confluence_user
from ..site import Site
from ..store.content import Page
from .finding import find_page
from .operations import Call, Operation, Reply, RestError
from .paging import start_page
from .shapes import content_json, group_id, group_json, person_of

__all__ = ["OPERATIONS", "restriction_json"]

_OPERATIONS: Final = ("read", "update")
#: Account ids and names of groups.
_Named = tuple[tuple[str, ...], tuple[str, ...]]


def restriction_json(site: Site, page: Page, operation: str, expand: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Who may read or edit a page.

    :param operation: ``read`` or ``update``.
    :param expand: ``content`` for the page itself.
    """
    found = site.content.restriction(page.id, operation)
    users = [confluence_user(person_of(site, one), site.base_url) for one in found.account_ids]
    groups = [group_json(name) for name in found.groups]
    path = f"/rest/api/content/{page.id}"
    return {
        "operation": operation,
        "restrictions": {
            kind: {"results": named, "start": 0, "limit": 200, "size": len(named)}
            for kind, named in (("user", users), ("group", groups))
        },
        **({"content": content_json(page, site)} if "content" in expand else {}),
        "_expandable": {} if "content" in expand else {"content": path},
        "_links": {"self": f"{site.base_url}{path}/restriction/byOperation/{operation}"},
    }


# --- all of a page ----------------------------------------------------------------------------------------------------


def _list(call: Call, content_id: str) -> Reply:
    return _listed(call, find_page(call, content_id))


def _add(call: Call, content_id: str) -> Reply:
    page, named = _changeable(call, content_id), _read(call)
    for operation, (account_ids, groups) in named.items():
        known = call.site.content.restriction(page.id, operation)
        _write(call, page, operation, known.account_ids + account_ids, known.groups + groups)
    return _listed(call, page)


def _replace(call: Call, content_id: str) -> Reply:
    page, named = _changeable(call, content_id), _read(call)
    for operation in _OPERATIONS:
        _write(call, page, operation, *named.get(operation, ((), ())))
    return _listed(call, page)


def _remove(call: Call, content_id: str) -> Reply:
    page = _changeable(call, content_id)
    for operation in _OPERATIONS:
        _write(call, page, operation, (), ())
    return _listed(call, page)


def _by_operation(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    return Reply(payload={one: restriction_json(call.site, page, one, _expand(call)) for one in _OPERATIONS})


def _of_operation(call: Call, content_id: str, name: str) -> Reply:
    page = find_page(call, content_id)
    return Reply(payload=restriction_json(call.site, page, _operation(name), _expand(call)))


# --- one user or group ------------------------------------------------------------------------------------------------


def _holds(call: Call, content_id: str, name: str, **subject: str) -> Reply:
    page, (account_ids, groups) = find_page(call, content_id), _subject(call, **subject)
    known = call.site.content.restriction(page.id, _operation(name))
    if not {*account_ids, *groups} <= {*known.account_ids, *known.groups}:
        raise RestError(404, f"The restriction to {name} does not name this user or group.")
    return Reply(payload=True)


def _name(call: Call, content_id: str, name: str, **subject: str) -> Reply:
    page, (account_ids, groups) = _changeable(call, content_id), _subject(call, **subject)
    known = call.site.content.restriction(page.id, _operation(name))
    _write(call, page, name, known.account_ids + account_ids, known.groups + groups)
    return Reply()


def _strike(call: Call, content_id: str, name: str, **subject: str) -> Reply:
    page, (account_ids, groups) = _changeable(call, content_id), _subject(call, **subject)
    known = call.site.content.restriction(page.id, _operation(name))
    left = tuple(one for one in known.account_ids if one not in account_ids)
    _write(call, page, name, left, tuple(one for one in known.groups if one not in groups))
    return Reply()


def _subject(call: Call, *, group_name: str | None = None, by_id: str | None = None) -> _Named:
    """Who a path is about: a group, or the user of ``accountId`` in the query."""
    if group_name is None and by_id is None:
        return (_account_id(call, call.query.get("accountId"), status=404),), ()
    wanted = {"name": group_name} if by_id is None else {"id": by_id}
    return (), (_group(call, wanted, status=404),)


# --- small things -----------------------------------------------------------------------------------------------------


def _listed(call: Call, page: Page) -> Reply:
    return start_page(call, _OPERATIONS, lambda one: restriction_json(call.site, page, one, _expand(call)))


def _expand(call: Call) -> frozenset[str]:
    return frozenset({"content"} if call.expands("content") else ())


def _changeable(call: Call, content_id: str) -> Page:
    """Whoever may not edit a page is told, as on real sites, that there is none."""
    page = find_page(call, content_id)
    if not call.site.content.may_edit(call.person, page.id):
        raise RestError(404, f"No content found with id: {content_id}")
    return page


def _write(call: Call, page: Page, operation: str, account_ids: tuple[str, ...], groups: tuple[str, ...]) -> None:
    call.site.content.restrict_page(page.id, operation, account_ids=account_ids, groups=groups)


def _operation(name: object) -> str:
    if name not in _OPERATIONS:
        raise RestError(400, "The operation must be read or update.")
    return str(name)


def _read(call: Call) -> dict[str, _Named]:
    """Who is named for each operation that the body has: a list, or what a GET answers."""
    given = call.json()
    given = given.get("results") if isinstance(given, Mapping) else given
    if not isinstance(given, list):
        raise RestError(400, "The body must be a list of restrictions, or have one as results.")
    found: dict[str, _Named] = {}
    for one in given:
        inner = one.get("restrictions") if isinstance(one, Mapping) else None
        if not isinstance(inner, Mapping) or not {"user", "group"} & inner.keys():
            raise RestError(400, "A restriction has an operation, and restrictions of users or groups.")
        users = tuple(_account_id(call, user.get("accountId")) for user in _subjects(inner, "user"))
        groups = tuple(_group(call, group) for group in _subjects(inner, "group"))
        found[_operation(one.get("operation"))] = users, groups
    return found


def _subjects(restrictions: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    given = restrictions.get(kind) or []
    given = given.get("results", []) if isinstance(given, Mapping) else given
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise RestError(400, f"restrictions.{kind} must be a list of objects.")
    return given


def _account_id(call: Call, account_id: object, *, status: int = 400) -> str:
    if not isinstance(account_id, str) or call.site.person(account_id) is None:
        raise RestError(status, f"No user found with account id: {account_id}")
    return account_id


def _group(call: Call, wanted: Mapping[str, Any], *, status: int = 400) -> str:
    for name in call.site.users.groups():
        if name == wanted.get("name") or group_id(name) == wanted.get("id"):
            return name
    raise RestError(status, f"There is no group {wanted.get('name') or wanted.get('id')}.")


_ONE: Final = "/rest/api/content/<content_id>/restriction"
_BY: Final = f"{_ONE}/byOperation/<name>"

OPERATIONS: Final = (
    Operation("GET", _ONE, _list),
    Operation("POST", _ONE, _add, scope="WRITE"),
    Operation("PUT", _ONE, _replace, scope="WRITE"),
    Operation("DELETE", _ONE, _remove, scope="DELETE"),
    Operation("GET", f"{_ONE}/byOperation", _by_operation),
    Operation("GET", _BY, _of_operation),
    *(
        operation
        for rule in (f"{_BY}/user", f"{_BY}/group/<group_name>", f"{_BY}/byGroupId/<by_id>")
        for operation in (
            Operation("GET", rule, _holds),
            Operation("PUT", rule, _name, scope="WRITE"),
            Operation("DELETE", rule, _strike, scope="WRITE"),
        )
    ),
)
