"""Properties of Confluence's content and spaces: each has a version, so that nobody overwrites what he has not read.

Source: *Content properties* and *Space properties* in the REST reference,
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-content-properties/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from ..errors import HostConflictError, HostError, HostNotFoundError
from ..types import Json
from .properties import answered_object, keys_of, property_json, raise_blocked, segment

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["ContentKind", "VersionedProperties", "VersionedProperty"]

#: What a content property hangs on, by its name in the REST.
ContentKind: TypeAlias = Literal[
    "pages",
    "blogposts",
    "custom-content",
    "attachments",
    "comments",
    "whiteboards",
    "databases",
    "folders",
    "embeds",
]
_JSON: Final = {"Content-Type": "application/json"}

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class VersionedProperty:
    """A property as it was read.

    :ivar id: the host's number for it, inside its object.
    :ivar version: 1 when it was new.
    """

    id: str
    key: str
    value: Json
    version: int


class VersionedProperties:
    """The properties of one piece of content, or of one space.

    What is not there, or not for this app to see, reads as in :mod:`.properties`. Space properties are not blocked by
    access rules; content properties are.

    :param entity: path of the object, below the tenant's base URL.
    """

    def __init__(self, client: HostClient, entity: str) -> None:
        self._client = client
        self._path = f"{entity}/properties"

    def keys(self) -> list[str]:
        """Ask for the keys that are there.

        :raises HostNotFoundError: the object is not there, or not for this app to see.
        """
        return keys_of(self._client.paginate(self._path, limit=100, items="results"))

    def get(self, key: str, default: D = None) -> Json | D:  # type: ignore[assignment]  # None is the usual D
        """Return a value, or the default when there is none."""
        found = self.read(key)
        return default if found is None else found.value

    def read(self, key: str) -> VersionedProperty | None:
        """Return a property with its version; None when there is none.

        :raises PropertyError: no property can have this key.
        """
        segment(key)
        try:
            response = self._client.get(self._path, params={"key": key})
        except HostNotFoundError as error:
            raise_blocked(error)
            return None
        results = answered_object(response).get("results")
        for entry in results if isinstance(results, list) else ():
            if isinstance(entry, Mapping) and entry.get("key") == key:
                return _property(entry)
        return None

    def put(self, key: str, value: Json, *, expected_version: int | None = None) -> VersionedProperty:
        """Write a value, on top of the version that is there now or of the one that the caller has read.

        :param expected_version: of the :class:`VersionedProperty` that the value was made from; 0: there was none.
            None overwrites whatever was there before this call.
        :return: the property as the host has it now.
        :raises PropertyError: the key or the value is one that hosts refuse.
        :raises HostConflictError: it is not the expected version, or somebody was faster. :meth:`update` reads again.
        """
        property_json(value)
        found = self.read(key)
        there = found.version if found is not None else 0
        if expected_version not in (None, there):
            message = f"The property {key!r} has version {there}, not {expected_version}; nothing was sent."
            conflict = HostConflictError(status=409, message=message, method="PUT", url=self._path)
            conflict.args = (message,)
            raise conflict
        body: dict[str, Any] = {"key": key, "value": value}
        if found is None:
            response = self._client.post(self._path, data=property_json(body, maximum=None), headers=_JSON)
        else:
            body["version"] = {"number": there + 1}
            url = f"{self._path}/{segment(found.id)}"
            response = self._client.put(url, data=property_json(body, maximum=None), headers=_JSON)
        return _property(answered_object(response))

    def update(self, key: str, change: Callable[[Json], Json], *, attempts: int = 5) -> VersionedProperty:
        """Read, change and write a value; again from the start when somebody else was faster.

        :param change: gets the value, None when there is none, and returns the new one. It may be called repeatedly.
        :param attempts: times to try before the conflict is raised.
        :raises HostConflictError: others were faster every time.
        """
        for left in reversed(range(attempts)):
            found = self.read(key)
            value = change(found.value if found is not None else None)
            try:
                return self.put(key, value, expected_version=found.version if found is not None else 0)
            except HostConflictError:
                if not left:
                    raise
        raise ValueError("attempts is at least 1.")

    def delete(self, key: str) -> bool:
        """Delete a value. False when there is none, or the object is not for this app to see."""
        found = self.read(key)
        if found is None:
            return False
        try:
            self._client.delete(f"{self._path}/{segment(found.id)}", idempotent=True)
        except HostNotFoundError:  # somebody was faster
            return False
        return True


def _property(entry: Mapping[str, Any]) -> VersionedProperty:
    version = entry.get("version")
    number = version.get("number") if isinstance(version, Mapping) else None
    if not {"id", "key", "value"} <= set(entry) or not isinstance(number, int):
        raise HostError("The host's answer is no property: it lacks id, key, value or version.number.")
    return VersionedProperty(str(entry["id"]), str(entry["key"]), entry["value"], number)
