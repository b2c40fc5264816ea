"""Access tokens in Redis, or anything that speaks its protocol. Needs the extra ``redis``.

Source: ``SET`` with ``PX``, https://redis.io/docs/latest/commands/set/
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from ..errors import ConfigurationError, StorageError

__all__ = ["RedisTokenCache"]

_TIMEOUT_SECONDS: Final = 1.0
_PREFIX: Final = "atlassian-connect:token:"


class RedisTokenCache:
    """A :class:`.TokenCache`. Connections are made when they are needed.

    :param url: ``redis://…``, ``rediss://…`` (TLS) or ``unix://…``, with user, password and database number.
    :param timeout_seconds: for a connection and for an answer; a cache that is slower is none.
    :raises ConfigurationError: the package ``redis`` is missing, or the URL cannot be used.
    """

    def __init__(self, url: str, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._library = _redis()
        try:
            self._redis: Any = self._library.Redis.from_url(
                url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, decode_responses=True
            )
        except ValueError as error:  # its text repeats the URL, which may hold a password
            raise ConfigurationError(
                "The URL of the token cache is not one of redis://, rediss:// or unix://."
            ) from error

    def get(self, key: str) -> str | None:
        """Return what was set, None when it is not there any more."""
        value = self._asked("GET", _PREFIX + key)
        return value if isinstance(value, str) else None

    def set(self, key: str, value: str, *, ttl_seconds: float) -> None:
        """Keep a text, for no longer than that."""
        milliseconds = int(ttl_seconds * 1000)
        if milliseconds > 0:
            self._asked("SET", _PREFIX + key, value, "PX", milliseconds)

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when it is not there."""
        self._asked("DEL", _PREFIX + key)

    def close(self) -> None:
        """Close the connections. The cache can still be used, with new ones."""
        self._redis.close()
        self._redis.connection_pool.disconnect()

    def _asked(self, *command: Any) -> Any:
        try:
            return self._redis.execute_command(*command)
        except (self._library.RedisError, UnicodeError) as error:
            raise StorageError(f"Redis failed: {type(error).__name__}.") from error


def _redis() -> ModuleType:
    try:
        import redis  # noqa: PLC0415  # only who uses it needs it
    except ImportError as error:
        raise ConfigurationError(
            "A token cache in Redis needs the package redis: pip install 'flask-atlassian-connect[redis]'."
        ) from error
    return redis
