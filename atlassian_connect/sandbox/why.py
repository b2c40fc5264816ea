"""Why a request was refused, in a sentence, and what to do about it: the inspector's answer to a red line."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..protocol.qsh import CONTEXT_QSH, explain, strip_base_path
from ..protocol.urls import parse_base_url
from .log import Crossing

if TYPE_CHECKING:
    from .host import Sandbox
    from .installation import Installation

__all__ = ["Why", "why_refused"]


@dataclass(frozen=True, slots=True)
class Why:
    """The likely reason.

    :ivar sentence: what is wrong.
    :ivar advice: what to do.
    :ivar facts: names and values to compare.
    """

    sentence: str
    advice: str
    facts: tuple[tuple[str, str], ...] = ()


#: What to do about tokens that the host did not take, by the verdict.
_ADVICE: Final = {
    "missing_token": "Sign the request: Authorization: JWT and a token for exactly this method, path and query.",
    "malformed_token": "Send the three parts of a compact token, nothing before or after them.",
    "several_tokens": "Send one token, in the header or as the parameter jwt.",
    "unknown_app": "Install the app on this site, and let iss be the key of its descriptor.",
    "disabled": "Enable the app on its page in Manage apps.",
    "uninstalled": "Install the app again, and forget the old shared secret when it is uninstalled.",
    "bad_signature": "Sign with the sharedSecret of the latest installed callback of this very client key. Jira and"
    " Confluence of one site are two installations with two secrets.",
    "algorithm": "Sign with HS256.",
    "expired": "Make a token for every request. Compare the clocks if it is a fresh one.",
    "not_yet_valid": "Compare the clocks: iat and nbf are seconds since the epoch, in UTC.",
    "missing_exp": "Give the token an exp, three minutes after iat.",
    "malformed_claims": "Let iat, exp and nbf be numbers of seconds, iss, sub and qsh texts, context an object.",
    "lifetime": "Let exp be three minutes after iat.",
    "missing_qsh": "Put the query string hash of the request into the claim qsh.",
    "context_token": "Tokens of AP.context.getToken() are for the app's own backend. Sign calls to the host there, or"
    " call from the page by AP.request.",
    "no_secret": 'The descriptor has "authentication": {"type": "none"}, so there is no secret. Make that jwt, and'
    " install the app again.",
    "unknown_bearer": "Get a token from the token endpoint of this sandbox; its tokens end when it is started anew.",
    "rotated": "Get a new bearer token: the shared secret was changed.",
    "no_impersonation": "Add the scope ACT_AS_USER to the descriptor, and update the app on this site.",
    "inactive_user": "Act as a user who is active.",
    "apps_only": "Call this operation as the app, with a JWT, not as a user.",
    "fault": "A fault is switched on in this sandbox: sandbox.faults or those of a site. clear() ends them.",
}
_QSH_ADVICE: Final = (
    "Hash the method, the path below the base URL, and the query as they go on the wire: sorted, percent-encoded,"
    " without the parameter jwt."
)


def why_refused(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    """Tell why a request was refused. None: it was not."""
    if not crossing.is_refused:
        return None
    return _by_host(sandbox, crossing) if crossing.direction == "app→host" else _by_app(sandbox, crossing)


# --- what the host refused --------------------------------------------------------------------------------------------


def _by_host(sandbox: Sandbox, crossing: Crossing) -> Why:
    if crossing.verdict == "qsh_mismatch":
        return _qsh(sandbox, crossing)
    if crossing.verdict in _ADVICE:
        return Why(crossing.note or "The request was not executed.", _ADVICE[crossing.verdict])
    note, who = crossing.note or f"The host answered {crossing.status}.", _acting(sandbox, crossing)
    for mark, advice in _BY_NOTE:
        if mark in note:
            return Why(note, advice, who)
    return Why(note, _BY_STATUS.get(crossing.status or 0, "Compare the request with the REST reference."), who)


def _qsh(sandbox: Sandbox, crossing: Crossing) -> Why:
    claims = crossing.claims or {}
    received = str(claims.get("qsh", ""))
    expected = crossing.canonical or ""
    facts = [
        ("The host hashed", expected),
        ("which gives", sha256(expected.encode("utf-8", "replace")).hexdigest()),
        ("The token has", received),
    ]
    parts = urlsplit(crossing.url)
    base_path = "/wiki" if crossing.product == "confluence" else ""
    try:
        found = explain(
            received, crossing.method, strip_base_path(parts.path, base_path), parts.query, base_path=base_path
        )
    except ValueError:
        return Why(crossing.note, _QSH_ADVICE, tuple(facts))
    if found.signed is not None:
        facts.append(("which is the hash of", found.signed))
    return Why(found.cause, _QSH_ADVICE, tuple(facts))


#: What to do, by what the host noted about it.
_BY_NOTE: Final = (
    ("authorized API scope", "Add the scope to the descriptor, and update the app on this site."),
    ("app access rule", "An administrator keeps the app out. Let it in again in App access rules."),
    (
        "The sandbox does not have",
        "The docs list the operations that it has; the real host may well have this one.",
    ),
    ("must not have a body", "Send GET requests without a body."),
    ("XSRF", "Send the header X-Atlassian-Token: no-check."),
)
_BY_STATUS: Final = {
    400: "Something in the request is not as the REST reference says; the answer names it.",
    401: "The operation is not for this kind of caller.",
    403: "Whom the call is made as must not do this. Look at who that is, and at what they may do.",
    404: "There is no such thing, or whom the call is made as does not see it: hosts answer both alike.",
    405: "The path has no operation of this method.",
    409: "Somebody was faster: read it again, and send the next version number.",
    413: "The body is too long.",
    429: "Wait as long as Retry-After says.",
}


def _acting(sandbox: Sandbox, crossing: Crossing) -> tuple[tuple[str, str], ...]:
    """Whom a call was made as, and the app's scopes."""
    caller = next((one for one in _installations(sandbox, crossing)), None)
    if caller is None:
        return ()
    if crossing.verdict in ("bridge", "impersonated"):
        return (("Scopes of the app", ", ".join(sorted(caller.scopes)) or "none"),)
    return (
        ("Made as", f"{caller.person.name}, the user of the app"),
        ("Scopes of the app", ", ".join(sorted(caller.scopes)) or "none"),
    )


def _installations(sandbox: Sandbox, crossing: Crossing) -> list[Installation]:
    issuer = (crossing.claims or {}).get("iss") or crossing.app_key
    return [
        one
        for one in sandbox.jira.all_known
        if issuer in (one.app_key, one.client_key) and crossing.product in (None, one.site.product)
    ]


# --- what the app refused ---------------------------------------------------------------------------------------------


def _by_app(sandbox: Sandbox, crossing: Crossing) -> Why:
    status = crossing.status
    if status is None:
        return Why("The app gave no answer.", "See that it runs, and that its base URL leads to it from this machine.")
    if status in (401, 403):
        return _unauthenticated(sandbox, crossing)
    if status == 404:
        return Why("The app has nothing at this address.", "Serve the path that the descriptor names, for this method.")
    if status == 405:
        return Why("The app does not take this method here.", f"Accept {crossing.method} at this path.")
    if status >= 500:
        return Why("The app failed.", "Read the app's own log: it has the traceback.", _answered(crossing))
    return Why(f"The app answered {status}.", "Read its answer, and the app's own log.", _answered(crossing))


def _unauthenticated(sandbox: Sandbox, crossing: Crossing) -> Why:
    """The app's own log knows the reason; here is what can be told from outside."""
    if crossing.claims is None:
        return Why("The host sent no token.", "The app asked for no authentication, or this URL is open to everybody.")
    for test in (_untrusted_install, _foreign_token, _old_secret, _expired, _context_token):
        found = test(sandbox, crossing)
        if found is not None:
            return found
    facts: list[tuple[str, str]] = [
        ("Hash this", crossing.canonical or ""),
        ("to get", str(crossing.claims.get("qsh"))),
    ]
    installation = next(iter(_installations(sandbox, crossing)), None)
    base_path = parse_base_url(installation.app_base_url).path if installation else ""
    if base_path:
        facts.append(("Left out of the path", base_path))
    return Why(
        "The token is good: signed by the secret of this installation, for this request.",
        "See why in the app's log. Usual causes: the app hashes another path than the one below its base URL"
        " (a proxy that changes it), it lost the tenant, or its clock is off.",
        tuple(facts),
    )


def _untrusted_install(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    if crossing.note not in ("installed", "uninstalled"):
        return None
    asked = any(one.note == "install key" and abs(one.time - crossing.time) < 30 for one in sandbox.log)
    where = f"ATLASSIAN_CONNECT_SANDBOX_URL={sandbox.origin}"
    if asked:
        return Why(
            "The app fetched the key of this sandbox, and refused the install all the same.",
            f"Compare aud with the base URL that the app has in its settings; see that {where} is set.",
            (("aud", str((crossing.claims or {}).get("aud"))),),
        )
    return Why(
        "The app does not trust this sandbox: it did not ask for the key that the install is signed by.",
        f"Start the app with {where}.",
        (("Key server", sandbox.key_server_url), ("kid", str((crossing.token or {}).get("kid", "")))),
    )


def _foreign_token(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    if _installations(sandbox, crossing):
        return None
    return Why("The token names an installation that this sandbox does not know.", "Install the app again.")


def _old_secret(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    """Whether the app refused its last install: it has an older secret then, or none."""
    issuer = (crossing.claims or {}).get("iss")
    installs = [
        one
        for one in sandbox.log
        if one.note == "installed" and (one.claims or {}).get("iss") == issuer and one.time <= crossing.time
    ]
    if not installs or not installs[-1].is_refused:
        return None
    return Why("The app refused its last install, so it does not have the secret.", "Install the app again.")


def _expired(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    expires, wire = (crossing.claims or {}).get("exp"), sandbox.wire
    sent = crossing.time - (wire.clock() - wire.token_clock())
    if not isinstance(expires, int | float) or expires >= sent:
        return None
    return Why(f"The token expired {sent - expires:.0f} s before it was sent.", "Load the page again.")


def _context_token(sandbox: Sandbox, crossing: Crossing) -> Why | None:
    if (crossing.claims or {}).get("qsh") != CONTEXT_QSH:
        return None
    return Why(
        "This is a context token, and the address asks for one that is bound to the request.",
        "Let the view take it: @connect.require(context_token=True).",
    )


def _answered(crossing: Crossing) -> tuple[tuple[str, str], ...]:
    return (("It answered", crossing.answer.body[:500]),) if crossing.answer and crossing.answer.body else ()
