"""The query string hash (QSH) that binds a token to one method, path and query.

Source of the rules: *Understanding JWT for Connect apps*, "Creating a query string hash",
https://developer.atlassian.com/cloud/confluence/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from operator import methodcaller
from urllib.parse import quote, unquote

__all__ = [
    "CONTEXT_QSH",
    "MAX_QUERY_FIELDS",
    "Explanation",
    "canonical_request",
    "encode_query",
    "explain",
    "mask_values",
    "query_string_hash",
    "same_hash",
    "strip_base_path",
]

#: The ``qsh`` of a context token: it is bound to no request.
CONTEXT_QSH = "context-qsh"
#: A query with more parameters than this is refused.
MAX_QUERY_FIELDS = 1000

# Leaving out each parameter in turn takes quadratic time: not done for longer queries, since anyone can send one.
_MAX_LEFT_OUT = 50
_UNRESERVED = "-._~"  # besides letters and digits, which `quote` never escapes

_split_pair = methodcaller("split", "=")

# A piece of query that is already in canonical form: decoding it as UTF-8 and encoding it again gives the same text.
# So: unreserved characters, upper-case escapes of the other ASCII bytes, and well-formed UTF-8 (RFC 3629) beyond.
_CONT = "%[89AB][0-9A-F]"
_ESCAPE = (
    r"%(?:[01][0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[BCDE]|60|7[BCDF]"
    rf"|(?:C[2-9A-F]|D[0-9A-F]){_CONT}"
    rf"|E(?:0%[AB][0-9A-F]|[1-9A-CEF]{_CONT}|D%[89][0-9A-F]){_CONT}"
    rf"|F(?:0%[9AB][0-9A-F]|[1-3]{_CONT}|4%8[0-9A-F]){_CONT}{_CONT})"
)


def _runs_of(plain: str) -> re.Pattern[str]:
    # Possessive quantifiers: the match never backtracks, so its time is linear in what an attacker sends.
    return re.compile(rf"[{plain}]*+(?:{_ESCAPE}[{plain}]*+)*+")


_CANONICAL_VALUE = _runs_of(r"A-Za-z0-9\-._~").fullmatch
_CANONICAL_QUERY = _runs_of(r"A-Za-z0-9\-._~&=").fullmatch
_ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://").match


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode decoded name/value pairs as a query string in the one form that both sides read alike."""
    return "&".join(f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in pairs)


def canonical_request(method: str, path: str, query: str = "") -> str:
    """Write one request the way both sides hash it: ``METHOD&path&query``.

    :param method: any case; written upper-case.
    :param path: from the base URL down, percent-encoded as on the wire, e.g. ``/rest/api/3/issue``.
    :param query: raw query string without ``?``. A parameter named ``jwt`` is left out.
    :raises ValueError: ``path`` is an absolute URL or carries a query or fragment, or the query has more than
        :data:`MAX_QUERY_FIELDS` parameters.
    """
    return f"{method.upper()}&{_canonical_path(path)}&{_canonical_query(query) if query else ''}"


def query_string_hash(method: str, path: str, query: str = "") -> str:
    """Hash one request as the host does, for the ``qsh`` claim.

    Parameters and errors are those of :func:`canonical_request`.

    :return: 64 lower-case hex digits (SHA-256).
    """
    return sha256(canonical_request(method, path, query).encode("utf-8", "replace")).hexdigest()


def same_hash(left: str, right: str) -> bool:
    """Compare two ``qsh`` values in constant time; any text may stand on either side."""
    return compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


def strip_base_path(path: str, base_path: str) -> str:
    """Take the path of a base URL off a path, only where a segment ends.

    ``/wiki`` is taken off ``/wiki/rest`` and ``/wiki``, never off ``/wikipedia``.

    :param base_path: e.g. ``/wiki``; empty when the base URL has no path.
    """
    if base_path and path.startswith(base_path):
        rest = path[len(base_path) :]
        if not rest or rest[0] == "/":
            return rest or "/"
    return path


def _canonical_path(path: str) -> str:
    if "?" in path or "#" in path:
        raise ValueError(f"Expected a path without query or fragment; got {path!r}.")
    if "&" in path:
        path = path.replace("&", "%26")
    if path[:1] != "/":
        if _ABSOLUTE_URL(path):
            raise ValueError(f"Expected the path below the base URL, not an absolute URL; got {path!r}.")
        path = "/" + path
    return path[:-1] if len(path) > 1 and path[-1] == "/" else path


def _canonical_query(query: str) -> str:
    if "+" in query:
        query = query.replace("+", "%20")
    parts = query.split("&")
    if len(parts) > MAX_QUERY_FIELDS:
        raise ValueError(f"The query has more than {MAX_QUERY_FIELDS} parameters.")
    # One match over the whole query tells that no name or value needs decoding: most queries a host builds are so.
    as_is = _CANONICAL_QUERY(query) is not None
    try:
        groups = dict(map(_split_pair, parts)) if as_is else {}
    except ValueError:  # a part without "=", or with several
        groups, as_is = {}, False
    if len(groups) < len(parts):
        groups = _grouped(parts, as_is=as_is)
    elif "jwt" not in groups:
        if len(parts) == 1:
            return query
        # NUL sorts before every character of a name: the parts sort as their names do, with nothing taken apart.
        return "&".join(sorted(query.replace("=", "\0").split("&"))).replace("\0", "=")
    groups.pop("jwt", None)
    return "&".join(map("=".join, sorted(groups.items())))


def _grouped(parts: list[str], *, as_is: bool) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            if not as_is:
                name, value = _recode(name), _recode(value)
            groups.setdefault(name, []).append(value)
    return {name: ",".join(_sorted_values(values)) for name, values in groups.items()}


def _recode(text: str) -> str:
    if _CANONICAL_VALUE(text):
        return text
    return quote(unquote(text), safe=_UNRESERVED)


def _sorted_values(values: list[str]) -> list[str]:
    """Sort encoded values by what they decode to. UTF-8 sorts by code point, so its bytes will do."""
    if len(values) == 1:
        return values
    return sorted(values, key=_decoded if "%" in "".join(values) else None)


def _decoded(value: str) -> bytes:
    # Quoted-printable writes escapes with another sign, and its decoder takes a fifth of the time of urllib's.
    return a2b_qp(value.replace("%", "="))


# --- telling why a hash does not match --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a ``qsh`` and a request do not belong together.

    :ivar expected: canonical request of what arrived.
    :ivar signed: the canonical request that the sender hashed, when one of the usual mistakes explains it; else None.
    :ivar cause: the likely cause, one sentence.
    """

    expected: str
    signed: str | None
    cause: str


def explain(received: str, method: str, path: str, query: str = "", *, base_path: str = "") -> Explanation:
    """Find out what a sender hashed, by trying the mistakes that senders, proxies and settings make.

    :param received: the ``qsh`` claim.
    :param base_path: path of the base URL, e.g. ``/wiki``.
    """
    expected = canonical_request(method, path, query)
    if same_hash(received, sha256(expected.encode("utf-8", "replace")).hexdigest()):
        return Explanation(expected, expected, "The hash matches this request.")
    if received == CONTEXT_QSH:
        return Explanation(
            expected,
            None,
            "This is a context token: it is bound to no request and accepted only where context_token=True says so.",
        )
    for signed, cause in _usual_mistakes(method, path, query, base_path):
        if same_hash(received, sha256(signed.encode("utf-8", "replace")).hexdigest()):
            return Explanation(expected, signed, cause)
    return Explanation(
        expected,
        None,
        "None of the usual mistakes explains this hash: the token was probably made for another URL, or something on"
        " the way changed path or query values.",
    )


def _usual_mistakes(method: str, path: str, query: str, base_path: str) -> Iterator[tuple[str, str]]:
    path = path if path.startswith("/") else "/" + path
    for other in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
        if other != method.upper():
            yield canonical_request(other, path, query), f"The token was signed for {other}."
    if base_path:
        yield (
            canonical_request(method, base_path + path, query),
            f"The path was hashed with the base path {base_path}; it must be left out.",
        )
        yield (
            canonical_request(method, strip_base_path(path, base_path), query),
            f"The base path {base_path} was taken off before hashing, but the request still carries it.",
        )
    if query:
        yield canonical_request(method, path), "The query was left out of the hash, or a proxy added one."
        parts = query.split("&")
        if len(parts) <= _MAX_LEFT_OUT:
            for name in dict.fromkeys(part.partition("=")[0] for part in parts):
                without = "&".join(part for part in parts if part.partition("=")[0] != name)
                yield canonical_request(method, path, without), f"The parameter {name!r} was added after signing."
        yield canonical_request(method, path, quote(query, safe="&=")), "The query was percent-encoded twice."
        decoded = unquote(query)
        if decoded.count("&") < MAX_QUERY_FIELDS:
            yield canonical_request(method, path, decoded), "The query was decoded once before hashing."
        canonical = f"{method.upper()}&{_canonical_path(path)}&"
        yield canonical + query, "The query was hashed as it stands, not sorted and re-encoded."
        yield canonical + _canonical_query(query).replace("%20", "+"), "Spaces were written as + instead of %20."
        yield canonical + _canonical_query(query).replace("%2C", ","), "Commas in values were not escaped."
    decoded = unquote(path)
    if decoded != path and not {"?", "#"} & set(decoded):
        yield canonical_request(method, decoded, query), "The path was decoded before hashing."
    if quote(path, safe="/") != path:
        yield canonical_request(method, quote(path, safe="/"), query), "The path was percent-encoded twice."
    yield (
        f"{method.upper()}&{path.rstrip('/')}/&{_canonical_query(query) if query else ''}",
        "A trailing slash was left on the path; it must be removed before hashing.",
    )


def mask_values(canonical: str) -> str:
    """Replace the query values of a canonical request by ``*``, for logs."""
    method, path, query = canonical.split("&", 2)
    return f"{method}&{path}&" + "&".join(f"{pair.partition('=')[0]}=*" for pair in query.split("&") if pair)
