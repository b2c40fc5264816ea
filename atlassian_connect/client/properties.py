"""Properties: small JSON values that hosts keep for apps, on the site or on one of its objects.

Everything here reads the same. A property that is not there is no error: ``get`` returns its default and ``delete``
returns False. Hosts answer 404 for an object that the app cannot see, too, so those two read the same; ``keys`` and
``put`` raise :class:`.HostNotFoundError` for such an object, and everything :class:`.AppAccessBlockedError` where it is
certain that an administrator blocks the app. Keys and values are checked before anything is sent.

Never base a decision about permissions on a property. The browser can write app properties for every user who sees a
page of the app, and entity properties belong to whoever may edit the object.

Sources: *App properties*, https://developer.atlassian.com/cloud/confluence/app-properties-api/; *Entity properties*,
https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/; *User properties*,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-user-properties/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

from ..errors import AppAccessBlockedError, HostError, HostNotFoundError, PropertyError
from ..types import Json

if TYPE_CHECKING:
    from .query import Params
    from .session import HostClient

__all__ = [
    "MAX_VALUE_LENGTH",
    "RESERVED_KEY",
    "AppProperties",
    "ConfluenceUserProperties",
    "EntityProperties",
    "Properties",
    "answered_object",
    "keys_of",
    "property_json",
    "raise_blocked",
    "segment",
]

#: Characters of JSON that a value may have.
MAX_VALUE_LENGTH: Final = 32_768
#: An app property that hosts make themselves and nobody writes: its value is the client key.
RESERVED_KEY: Final = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"
_JSON: Final = {"Content-Type": "application/json"}
_KEY: Final = "property key"
_USER_KEY = re.compile(r"[-_a-zA-Z0-9]+").fullmatch

D = TypeVar("D")


class Properties:
    """The properties of one place, kept under keys.

    :param path: of the list, below the tenant's base URL; a property is found below it.
    :param params: what every request carries.
    :param max_key: characters that a key may have.
    """

    def __init__(self, client: HostClient, path: str, *, params: Mapping[str, str] | None = None, max_key: int) -> None:
        self._client = client
        self._path = path
        self._params: Params | None = params
        self._max_key = max_key

    def keys(self) -> list[str]:
        """Ask for the keys that are there.

        :raises HostNotFoundError: the object is not there, or not for this app to see.
        """
        listed = answered_object(self._client.get(self._path, params=self._params)).get("keys")
        return keys_of(listed if isinstance(listed, list) else [])

    def get(self, key: str, default: D = None) -> Json | D:  # type: ignore[assignment]  # None is the usual D
        """Return a value.

        :param default: returned when there is no such property, or no such object for this app to see.
        :raises PropertyError: no property can have this key.
        """
        try:
            response = self._client.get(self._url(key), params=self._params)
        except HostNotFoundError as error:
            raise_blocked(error)
            return default
        found: Json = answered_object(response, "value")["value"]
        return found

    def put(self, key: str, value: Json) -> bool:
        """Write a value; the last one to write wins.

        :return: whether the property is new.
        :raises PropertyError: the key or the value is one that hosts refuse.
        :raises HostNotFoundError: the object is not there, or not for this app to see.
        :raises HostConflictError: the app has as many properties as it may have.
        """
        body = property_json(value)
        response = self._client.put(
            self._url(key, write=True), params=self._params, data=body, headers=_JSON, idempotent=True
        )
        return response.status_code == 201

    def delete(self, key: str) -> bool:
        """Delete a value. False when there is none, or the object is not for this app to see.

        :raises PropertyError: no property can have this key.
        """
        try:
            self._client.delete(self._url(key, write=True), params=self._params, idempotent=True)
        except HostNotFoundError as error:
            raise_blocked(error)
            return False
        return True

    def _url(self, key: str, *, write: bool = False) -> str:
        return f"{self._path}/{segment(key, maximum=self._max_key)}"


class AppProperties(Properties):
    """What the host keeps for the app itself, per tenant: at most 100 properties, whose keys have 127 characters.

    Administrators' access rules do not concern them. The browser may write them for any user who sees one of the app's
    pages: no secrets, and nothing that authorises.
    """

    def __init__(self, client: HostClient) -> None:
        app_key = quote(client.tenant.app_key, safe="")
        super().__init__(client, f"/rest/atlassian-connect/1/addons/{app_key}/properties", max_key=127)

    def _url(self, key: str, *, write: bool = False) -> str:
        if write and key == RESERVED_KEY:
            raise PropertyError("This app property is the host's own: it holds the client key and cannot be written.")
        return super()._url(key)


class EntityProperties(Properties):
    """What hangs on one object of Jira: an issue, a project, a user, ….

    The keys are shared by all apps and users of the site: put the app's name in front of them. JQL finds values only
    when the descriptor declares them as ``jiraEntityProperties``.
    """

    def __init__(self, client: HostClient, entity: str, *, params: Mapping[str, str] | None = None) -> None:
        super().__init__(client, f"{entity}/properties", params=params, max_key=255)


class ConfluenceUserProperties(Properties):
    """What Confluence keeps for one user, on the site.

    Values are JSON objects; keys have 127 letters, digits, hyphens and underscores.
    """

    def __init__(self, client: HostClient, account_id: str) -> None:
        super().__init__(client, f"/rest/api/user/{segment(account_id, what='account id')}/property", max_key=127)

    def _url(self, key: str, *, write: bool = False) -> str:
        url = super()._url(key)
        if not _USER_KEY(key):
            raise PropertyError(
                "The key of a user property in Confluence has letters, digits, hyphens and underscores."
            )
        return url

    def keys(self) -> list[str]:
        """Ask for the keys that are there."""
        return keys_of(self._client.paginate(self._path, limit=100, items="results"))

    def put(self, key: str, value: Json) -> bool:
        """Write a value, a JSON object; the last one to write wins. Errors are those of :meth:`Properties.put`."""
        if not isinstance(value, Mapping):
            raise PropertyError("The value of a user property in Confluence is a JSON object.")
        property_json(value)
        url = self._url(key, write=True)
        body = property_json({"value": value}, maximum=None)
        try:
            self._client.put(url, data=body, headers=_JSON, idempotent=True)
        except HostNotFoundError:  # this host updates and creates by different methods
            self._client.post(url, data=body, headers=_JSON)
            return True
        return False


def property_json(value: Json, *, maximum: int | None = MAX_VALUE_LENGTH) -> bytes:
    """Write a value as it is sent.

    :raises PropertyError: it is no JSON, or longer than hosts take.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        body = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise PropertyError(f"The value cannot be written as JSON: {error}") from error
    if maximum is not None and len(text) > maximum:
        raise PropertyError(f"The value has {len(text)} characters of JSON; hosts take {maximum}.")
    return body


def segment(text: str, *, maximum: int = 255, what: str = _KEY) -> str:
    """Write a key or an id as one segment of a path.

    :raises ValueError: it is empty, too long, or one that servers take for a folder; a :class:`.PropertyError` for a
        key.
    """
    refused = PropertyError if what == _KEY else ValueError
    if not isinstance(text, str) or not text or len(text) > maximum:
        raise refused(f"{str(text)[:300]!r} is no {what}: that is a text of 1 to {maximum} characters.")
    # Servers decode before they look for dot segments, whichever slash stands around them.
    if {".", ".."} & set(unquote(text).replace("\\", "/").split("/")) or not text.isprintable():
        raise refused(f"{text!r} is no {what}: servers take it for another path.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise refused(f"{text!r} is no {what}: it is no Unicode text.") from error


def raise_blocked(error: HostNotFoundError) -> None:
    """Raise a 404 again that is known to mean something else than "not there": an administrator blocks the app."""
    if isinstance(error, AppAccessBlockedError) and error.certain:
        raise error


def keys_of(entries: Iterable[Any]) -> list[str]:
    """Take the keys out of a list of properties."""
    found = (entry.get("key") for entry in entries if isinstance(entry, Mapping))
    return [key for key in found if isinstance(key, str)]


def answered_object(response: Any, *names: str) -> dict[str, Any]:
    """Return the JSON object of an answer.

    :raises HostError: it is none, or lacks one of the names.
    """
    try:
        document = response.json()
    except (ValueError, RecursionError):  # the JSON decoder's own error is a ValueError
        document = None
    if not isinstance(document, dict) or not all(name in document for name in names):
        wanted = f" with {', '.join(names)}" if names else ""
        path = str(response.url).partition("?")[0]
        raise HostError(f"{path} answered {response.status_code} without a JSON object{wanted}.")
    return document
