"""Signing and verifying whole requests against PyPI ``atlassian-jwt``.

Both sides do the same work: sign = qsh, claims, HMAC, compact form; verify = find the token in the URL, take it apart,
claims, HMAC, qsh.
"""

from __future__ import annotations

import time
from statistics import median

import atlassian_jwt

from atlassian_connect.inbound import InboundRequest
from atlassian_connect.protocol.qsh import query_string_hash, same_hash
from atlassian_connect.protocol.tokens import sign_hs256, unverified, verify_hs256
from atlassian_connect.secret import Secret

from .report import Report
from .samples import URLS, client_key, shared_secret
from .timing import in_turns, ratio

_KEY = client_key(1)
_TEXT = shared_secret(1)
_SECRET = Secret(_TEXT)


class _Theirs(atlassian_jwt.Authenticator):
    def get_shared_secret(self, client_key: str) -> str:
        return _TEXT


def sign(method: str, url: str) -> str:
    """Sign a request with the claims that ``encode_token`` makes."""
    path, _, query = url.partition("?")
    now = int(time.time())
    qsh = query_string_hash(method, path, query)
    return sign_hs256({"aud": _KEY, "exp": now + 3600, "iat": now, "iss": _KEY, "qsh": qsh}, _SECRET)


def verify(method: str, url: str) -> str:
    """Verify a signed URL; return its client key."""
    path, _, query = url.partition("?")
    token = unverified(InboundRequest(method, path, query).token())
    claims = verify_hs256(token, _SECRET, now=time.time())
    if claims.qsh is None or not same_hash(claims.qsh, query_string_hash(method, path, query)):
        raise ValueError("qsh")
    return claims.issuer


def run(*, quick: bool) -> list[Report]:
    """Compare signing and verifying on every sample URL."""
    report = Report("Sign and verify: this project against atlassian-jwt (µs of CPU, medians)")
    theirs = _Theirs()
    rounds = 5 if quick else 60
    for name, url in URLS.items():
        signed = f"{url}&jwt={sign('GET', url)}"
        if verify("GET", signed) != _KEY or theirs.authenticate("GET", signed).client_key != _KEY:
            raise AssertionError(f"A signed URL is not accepted: {name}.")
        pairs = {
            "sign": (
                lambda url=url: sign("GET", url),
                lambda url=url: atlassian_jwt.encode_token("GET", url, _KEY, _TEXT),
            ),
            "verify": (lambda url=signed: verify("GET", url), lambda url=signed: theirs.authenticate("GET", url)),
        }
        for what, (ours, other) in pairs.items():
            taken = in_turns({"ours": ours, "theirs": other}, rounds=rounds)
            times = ratio(taken["theirs"], taken["ours"])
            report.rows.append(
                {
                    "what": what,
                    "URL": name,
                    "ours": median(taken["ours"]),
                    "atlassian-jwt": median(taken["theirs"]),
                    "times": times,
                }
            )
            report.claims.append((f"{what}, {name}: faster ({times:.1f} times the speed)", times > 1.0))
    return [report]
