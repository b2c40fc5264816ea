"""The body of a request, made as often as the request is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from requests.structures import CaseInsensitiveDict

from .multipart import Files, MultipartBody

__all__ = ["BODILESS", "Body"]

#: Methods whose requests have no body: hosts answer 403 to one.
BODILESS: Final = frozenset({"GET", "HEAD"})


class Body:
    """What a caller wants sent.

    :ivar json: for requests' own argument of that name.
    :ivar replayable: it can be sent again: it is in memory, or in files that can be read again.
    :raises ValueError: a body for a method without one, or two bodies.
    """

    def __init__(
        self, method: str, headers: Mapping[str, str | bytes], *, json: Any, data: Any, files: Files | None
    ) -> None:
        given = [name for name, value in (("json", json), ("data", data), ("files", files)) if value is not None]
        if given and method in BODILESS:
            raise ValueError(f"{method} has no body: hosts answer 403 to {given[0]}=. Use params= for the query.")
        if "json" in given and len(given) > 1:
            raise ValueError(f"json= and {given[1]}= are two bodies; give one.")
        if files is not None:
            if "Content-Type" in headers:
                raise ValueError("files= sets Content-Type, since that names the boundary; leave it out of headers.")
            if not (data is None or isinstance(data, Mapping | list)):
                raise ValueError("data= beside files= is form fields: a mapping or a list of pairs.")
        self.json = json
        self._data = data
        self._files = None if files is None else list(files.items() if isinstance(files, Mapping) else files)
        self._positions: list[tuple[Any, int]] = []
        self._sent = False
        self.replayable = all(self._remembered(stream) for stream in self._streams())

    def content(self, headers: CaseInsensitiveDict[str | bytes]) -> Any:
        """Return what goes to requests as ``data``, from the beginning, and set the headers that belong to it."""
        if self._sent:
            for stream, position in self._positions:
                stream.seek(position)
        self._sent = True
        if self._files is None:
            return self._data
        multipart = MultipartBody(self._files, self._data)
        headers["Content-Type"] = multipart.content_type
        return multipart

    def _streams(self) -> Iterable[Any]:
        if self._files is None:
            return () if self._data is None or isinstance(self._data, str | bytes | Mapping | list) else (self._data,)
        contents = (file[1] if isinstance(file, tuple) else file for _, file in self._files)
        return [content for content in contents if not isinstance(content, str | bytes | bytearray)]

    def _remembered(self, stream: Any) -> bool:
        """Note where a file stands. False when it cannot be read twice."""
        if not hasattr(stream, "read"):
            return not isinstance(stream, Iterator)
        try:
            position = stream.tell()
            stream.seek(position)
        except (AttributeError, OSError, ValueError):  # a pipe, a socket, an object that only reads
            return False
        self._positions.append((stream, position))
        return True
