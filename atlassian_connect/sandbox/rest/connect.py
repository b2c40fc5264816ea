"""What both products offer to Connect apps: dynamic modules, app properties, facts about the app itself.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-dynamic-modules/ and
https://developer.atlassian.com/cloud/confluence/app-properties-api/
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from ...protocol.modules import group_modules
from ..dynamic import ModulesRefusedError
from ..installation import Installation
from ..json_text import read_json
from ..module_faults import DYNAMIC_MODULES
from ..store.app_properties import PropertyRefusedError
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_ROOT: Final = "/rest/atlassian-connect/1"
_PROPERTIES: Final = f"{_ROOT}/addons/<app_key>/properties"


def _list_modules(call: Call) -> Reply:
    return Reply(payload=group_modules(call.app.dynamic_modules))


def _register_modules(call: Call) -> Reply:
    try:
        call.app.register_modules(call.app.translations.of(read_json(call.body)))
    except ModulesRefusedError as error:
        raise RestError(400, str(error)) from error
    except ValueError:
        raise RestError(400, "The request body is not valid JSON.") from None
    return Reply()


def _remove_modules(call: Call) -> Reply:
    if call.site.product == "confluence" and "moduleKey" not in call.query:
        # Its reference marks the parameter as required, and says in words that all go without it. An app that counts
        # on the words would be wrong on a site that keeps to the mark.
        raise RestError(400, "Required query parameter 'moduleKey' is not present.")
    call.app.remove_modules(call.query.getlist("moduleKey") if "moduleKey" in call.query else None)
    return Reply(204)


def _own(call: Call, app_key: str) -> Installation:
    if app_key != call.app.app_key:
        raise RestError(401, "Access to this resource must be authenticated as an app.")
    return call.app


def _app(call: Call, app_key: str) -> Reply:
    if app_key != call.app.app_key:
        raise RestError(403, "The app may only read about itself.")
    facts: dict[str, Any] = {
        "key": app_key,
        "version": f"{call.app.descriptor.get('apiVersion', 1)}.0.0-AC",
        "state": call.app.state.upper(),
        "host": {"product": call.site.name, "contacts": []},
        "links": {"marketplace": [], "self": [{"href": f"{call.site.base_url}{_ROOT}/addons/{app_key}"}]},
    }
    if call.app.licence != "none" and call.app.descriptor.get("enableLicensing") is True:
        facts["license"] = {
            "active": call.app.licensed,
            "type": "COMMERCIAL",
            "evaluation": call.app.licence == "evaluation",
            "supportEntitlementNumber": f"SEN-{call.app.client_key[:8]}",
        }
    return Reply(payload=facts)


def _property_url(call: Call, app_key: str, key: str) -> str:
    return f"{call.site.base_url}{_ROOT}/addons/{app_key}/properties/{quote(key, safe='')}"


def _list_properties(call: Call, app_key: str) -> Reply:
    keys = _own(call, app_key).properties.keys()
    return Reply(payload={"keys": [{"self": _property_url(call, app_key, key), "key": key} for key in keys]})


def _get_property(call: Call, app_key: str, key: str) -> Reply:
    try:
        value = _own(call, app_key).properties.get(key)
    except KeyError:
        raise RestError(404, "Property with key not found.") from None
    return Reply(payload={"key": key, "value": value, "self": _property_url(call, app_key, key)})


def _put_property(call: Call, app_key: str, key: str) -> Reply:
    try:
        created = _own(call, app_key).properties.put(key, call.body)
    except PropertyRefusedError as error:
        raise RestError(error.status, str(error)) from error
    if created:
        return Reply(201, {"message": "Property created.", "statusCode": 201})
    return Reply(200, {"message": "Property updated.", "statusCode": 200})


def _delete_property(call: Call, app_key: str, key: str) -> Reply:
    if not _own(call, app_key).properties.delete(key):
        raise RestError(404, "Property with key not found.")
    return Reply(204)


OPERATIONS: Final = (
    Operation("GET", DYNAMIC_MODULES, _list_modules, scope=None, apps_only=True),
    Operation("POST", DYNAMIC_MODULES, _register_modules, scope=None, apps_only=True),
    Operation("DELETE", DYNAMIC_MODULES, _remove_modules, scope=None, apps_only=True),
    Operation("GET", f"{_ROOT}/addons/<app_key>", _app, apps_only=True),
    Operation("GET", _PROPERTIES, _list_properties, scope=None, apps_only=True),
    Operation("GET", f"{_PROPERTIES}/<path:key>", _get_property, scope=None, apps_only=True),
    Operation("PUT", f"{_PROPERTIES}/<path:key>", _put_property, scope=None, apps_only=True),
    Operation("DELETE", f"{_PROPERTIES}/<path:key>", _delete_property, scope=None, apps_only=True),
)
