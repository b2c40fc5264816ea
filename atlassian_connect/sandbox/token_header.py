"""The header of whatever token a request carries, for people to look at."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..errors import AuthenticationError
from ..protocol.tokens import bearer_of, unverified

__all__ = ["token_header"]


def token_header(authorization: str | None, url: str) -> dict[str, Any] | None:
    """The algorithm and key id of a token in the header or in the query. None: there is none that can be read."""
    found = bearer_of(authorization) or next(iter(parse_qs(urlsplit(url).query).get("jwt", ())), None)
    if found is None:
        return None
    try:
        token = unverified(found)
    except AuthenticationError:
        return None
    return {"alg": token.algorithm, **({"kid": token.key_id} if token.key_id else {})}
