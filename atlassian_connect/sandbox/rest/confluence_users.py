"""Users and groups in Confluence's REST.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users/,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-user/
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..people import Person, confluence_user
from .operations import Call, Operation, Reply, RestError
from .paging import search_page, start_page
from .shapes import group_id, group_json

__all__ = ["OPERATIONS"]

_MAX_BULK: Final = 250
_FULL_NAME = re.compile(r'\s*user\.fullname\s*~\s*"?([^"]*)"?\s*').fullmatch
_ACCOUNT = re.compile(r'\s*user(?:\.accountid)?\s*=\s*"?([^"\s]*)"?\s*').fullmatch


def _user(call: Call) -> Reply:
    account_id = call.query.get("accountId", "")
    return Reply(payload=_json(call, _find(call, account_id)))


def _current(call: Call) -> Reply:
    person = call.person
    if person is None:
        raise RestError(401, "Client must be authenticated to access this resource.")
    return Reply(payload=_json(call, person))


def _anonymous(call: Call) -> Reply:
    picture = {"path": "", "width": 48, "height": 48, "isDefault": True}
    user = {"type": "anonymous", "profilePicture": picture, "displayName": "Anonymous"}
    return Reply(payload={**user, "_expandable": {}, "_links": {"base": call.site.base_url}})


def _bulk(call: Call) -> Reply:
    wanted = call.query.getlist("accountId")
    if not wanted or len(wanted) > _MAX_BULK:
        raise RestError(400, f"accountId must be given 1 to {_MAX_BULK} times.")
    found = [person for one in wanted if (person := call.site.person(one)) is not None]
    return start_page(call, found, lambda person: _json(call, person))


def _bulk_v2(call: Call) -> Reply:
    wanted = call.json_object().get("accountIds")
    if not isinstance(wanted, list) or len(wanted) > _MAX_BULK or not all(isinstance(one, str) for one in wanted):
        raise RestError(400, f"accountIds must be a list of at most {_MAX_BULK} account ids.")
    found = [person for one in wanted if (person := call.site.person(one)) is not None]
    return Reply(payload={"results": [_v2(person) for person in found], "_links": {"base": call.site.base_url}})


def _member_of(call: Call) -> Reply:
    person = _find(call, call.query.get("accountId", ""))
    return start_page(call, person.groups, group_json, default=200)


def _search_users(call: Call) -> Reply:
    cql = call.query.get("cql", "")
    name, account = _FULL_NAME(cql), _ACCOUNT(cql.replace("user.accountId", "user.accountid"))
    if name:
        found = call.site.users.search(name[1].rstrip("*"))
    elif account:
        found = [person for person in call.site.users.all() if person.account_id == account[1]]
    else:
        raise RestError(400, 'The sandbox searches users by user.fullname ~ "…" or user = "…" only.')
    return search_page(
        call, found, lambda person: {"user": _json(call, person), "title": person.name, "entityType": "user"}
    )


# --- groups -----------------------------------------------------------------------------------------------------------


def _groups(call: Call) -> Reply:
    return start_page(call, sorted(call.site.users.groups()), group_json, default=200)


def _pick_groups(call: Call) -> Reply:
    text = call.query.get("query", "").lower()
    return start_page(call, [one for one in sorted(call.site.users.groups()) if text in one.lower()], group_json)


def _group_by_name(call: Call) -> Reply:
    return Reply(payload=group_json(_named(call, call.query.get("name", ""))))


def _group_by_id(call: Call) -> Reply:
    return Reply(payload=group_json(_by_id(call, call.query.get("id", ""))))


def _members_by_name(call: Call) -> Reply:
    return _members(call, _named(call, call.query.get("name", "")))


def _members_by_id(call: Call, group_id: str) -> Reply:
    return _members(call, _by_id(call, group_id))


def _members(call: Call, name: str) -> Reply:
    return start_page(call, call.site.users.groups()[name], lambda person: _json(call, person))


def _named(call: Call, name: str) -> str:
    if name not in call.site.users.groups():
        raise RestError(404, f"There is no group {name}.")
    return name


def _by_id(call: Call, wanted: str) -> str:
    found = next((name for name in call.site.users.groups() if group_id(name) == wanted), None)
    if found is None:
        raise RestError(404, f"There is no group with the id {wanted}.")
    return found


# --- small things -----------------------------------------------------------------------------------------------------


def _find(call: Call, account_id: str) -> Person:
    person = call.site.person(account_id)
    if person is None:
        raise RestError(404, f"No user found with account id: {account_id}")
    return person


def _json(call: Call, person: Person) -> dict[str, Any]:
    return confluence_user(person, call.site.base_url, operations=call.expands("operations"))


def _v2(person: Person) -> dict[str, Any]:
    return {
        "accountId": person.account_id,
        "accountType": person.account_type,
        "accountStatus": "active" if person.active else "inactive",
        "displayName": person.name,
        "publicName": person.name,
        "email": "",
        "isExternalCollaborator": False,
        "timeZone": person.time_zone,
    }


OPERATIONS: Final = (
    Operation("GET", "/rest/api/user", _user),
    Operation("GET", "/rest/api/user/current", _current),
    Operation("GET", "/rest/api/user/anonymous", _anonymous),
    Operation("GET", "/rest/api/user/bulk", _bulk),
    Operation("GET", "/rest/api/user/memberof", _member_of),
    Operation("POST", "/api/v2/users-bulk", _bulk_v2),
    Operation("GET", "/rest/api/search/user", _search_users),
    Operation("GET", "/rest/api/group", _groups),
    Operation("GET", "/rest/api/group/picker", _pick_groups),
    Operation("GET", "/rest/api/group/by-name", _group_by_name),
    Operation("GET", "/rest/api/group/by-id", _group_by_id),
    Operation("GET", "/rest/api/group/member", _members_by_name),
    Operation("GET", "/rest/api/group/<group_id>/membersByGroupId", _members_by_id),
)
