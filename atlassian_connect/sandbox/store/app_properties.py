"""App properties: small JSON values that a host keeps for an app.

Source: *App properties*, https://developer.atlassian.com/cloud/confluence/app-properties-api/
"""

from __future__ import annotations

from typing import Any, Final

from ..json_text import read_json
from .database import Database
from .schema import APP_PROPERTIES, AppPropertyRow

__all__ = ["RESERVED_KEY", "AppProperties", "PropertyRefusedError"]

#: Read-only, not listed; its value is the client key. For Forge apps that take over an installation.
RESERVED_KEY: Final = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"

_MAX_KEY_LENGTH: Final = 127
_MAX_VALUE_LENGTH: Final = 32_768
_MAX_PROPERTIES: Final = 100


class PropertyRefusedError(Exception):
    """The property cannot be written.

    :ivar status: HTTP status of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class AppProperties:
    """The properties of one installation."""

    def __init__(self, database: Database, client_key: str) -> None:
        self._db = database
        self._client_key = client_key

    def keys(self) -> list[str]:
        """Keys in the order they were created, without the reserved one."""
        return [row.key for row in self._db.find(APP_PROPERTIES, client_key=self._client_key)]

    def get(self, key: str) -> Any:
        """Read a value.

        :raises KeyError: there is none.
        """
        if key == RESERVED_KEY:
            return self._client_key
        return self._db.get(APP_PROPERTIES, self._client_key, key).value

    def put(self, key: str, raw: bytes) -> bool:
        """Write a value.

        :param raw: JSON as it came.
        :return: whether the property is new.
        :raises PropertyRefusedError: reserved or too long a key, no JSON, too long a value, too many properties.
        """
        if len(key) > _MAX_KEY_LENGTH:
            raise PropertyRefusedError(400, f"The property key cannot be longer than {_MAX_KEY_LENGTH} characters.")
        if key == RESERVED_KEY:
            raise PropertyRefusedError(403, "The property is reserved and cannot be written.")
        try:
            value, length = read_json(raw), len(raw.decode("utf-8"))
        except ValueError:
            raise PropertyRefusedError(400, "The property value must be valid, non-empty JSON.") from None
        if length > _MAX_VALUE_LENGTH:
            raise PropertyRefusedError(400, f"The property value cannot be longer than {_MAX_VALUE_LENGTH} characters.")
        with self._db.transaction():
            new = self._db.first(APP_PROPERTIES, client_key=self._client_key, key=key) is None
            if new and self._db.count(APP_PROPERTIES, client_key=self._client_key) >= _MAX_PROPERTIES:
                raise PropertyRefusedError(409, f"The app has {_MAX_PROPERTIES} properties already.")
            self._db.save(APP_PROPERTIES, AppPropertyRow(self._client_key, key, value))
            return new

    def delete(self, key: str) -> bool:
        """Delete a value. False when there was none."""
        return self._db.delete(APP_PROPERTIES, client_key=self._client_key, key=key) > 0
