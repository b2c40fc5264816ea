"""Installing: fetching a descriptor, checking it, and telling the app.

Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/confluence/connect-app-descriptor/
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConnectError
from ..protocol.descriptor import Problem, check_descriptor
from ..protocol.modules import Module, flatten_modules, module_types
from ..protocol.qsh import canonical_request, query_string_hash
from ..protocol.tokens import sign_hs256, sign_rs256
from ..secret import Secret
from .dynamic import duplicate_keys, duplicate_keys_text
from .http import Answer, AppUnreachableError
from .ids import install_key
from .json_text import read_json
from .log import mask_url
from .module_urls import join
from .people import ADMIN
from .wire import CONNECT_VERSION

if TYPE_CHECKING:
    from .installation import Installation
    from .site import Site

__all__ = [
    "MAX_DESCRIPTOR_BYTES",
    "TOKEN_SECONDS",
    "InstallError",
    "fetch_descriptor",
    "post_lifecycle",
    "static_modules",
]

MAX_DESCRIPTOR_BYTES: Final = 1024 * 1024
#: Lifetime of the tokens a host makes, as observed on real sites.
TOKEN_SECONDS: Final = 900

_logger = logging.getLogger(__name__)


class InstallError(ConnectError):
    """The app was not installed, and nothing of it was kept. A version that was installed before stays as it was.

    :ivar problems: what is wrong with the descriptor; empty when that was not the reason.
    :ivar status: what the app answered, when that was the reason; else None.
    """

    def __init__(self, message: str, *, problems: Sequence[Problem] = (), status: int | None = None) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.status = status


def fetch_descriptor(site: Site, url: str) -> dict[str, Any]:
    """Fetch a descriptor and check it as a host does.

    :raises InstallError: it cannot be fetched, is no JSON object, or has errors.
    """
    if not url.startswith(("http://", "https://")) or not url.isprintable() or " " in url:
        raise InstallError(
            f"{url[:200]!r} is not the URL of a descriptor: it starts with http:// or https://, and has no spaces."
        )
    try:
        answer = site.wire.send(
            "GET", url, product=site.product, note="descriptor", headers={"Accept": "application/json"}
        )
    except AppUnreachableError as error:
        raise InstallError(f"The descriptor could not be fetched: {error}") from error
    if answer.status != 200:
        raise InstallError(
            f"The descriptor could not be fetched: {mask_url(url)} answered {answer.status}.", status=answer.status
        )
    if len(answer.body) > MAX_DESCRIPTOR_BYTES:
        raise InstallError(f"The descriptor is longer than {MAX_DESCRIPTOR_BYTES} bytes.")
    try:
        document = read_json(answer.body)
    except ValueError as error:
        raise InstallError(f"The descriptor at {mask_url(url)} is not JSON.") from error
    if not isinstance(document, dict):
        raise InstallError(f"The descriptor at {mask_url(url)} is not a JSON object.")
    _check(document, site)
    return document


def _check(document: Mapping[str, Any], site: Site) -> None:
    modules = document.get("modules")
    if isinstance(modules, dict):
        twice = duplicate_keys(flatten_modules(modules))
        if twice:
            raise InstallError(duplicate_keys_text(str(document.get("key")), twice))
    problems = check_descriptor(document, served=True)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InstallError(
            "The app descriptor is not valid. " + " ".join(str(problem) for problem in errors), problems=errors
        )
    for problem in problems:
        _logger.warning("Descriptor of %s on %s: %s", document.get("key"), site.product, problem)


def static_modules(descriptor: Mapping[str, Any]) -> list[Module]:
    """The modules of a checked descriptor."""
    return flatten_modules(descriptor.get("modules", {}))


def modules_of_other_products(modules: Sequence[Module], product: str) -> list[str]:
    """Types that only the other product knows. A host ignores those."""
    types = module_types()
    return sorted({m.type for m in modules if m.type in types and product not in types[m.type].products})


def post_lifecycle(
    installation: Installation, event: str, *, descriptor: Mapping[str, Any], secret: Secret | None
) -> Answer | None:
    """Tell the app, when its descriptor asks for that event.

    ``installed`` and ``uninstalled`` are signed by the install key, the others by the shared secret.

    :param secret: the one to hand over in ``installed``, and to sign with.
    :return: the answer; None when the app does not want to know.
    :raises AppUnreachableError: no answer.
    """
    path = descriptor.get("lifecycle", {}).get(event)
    if not path or secret is None:
        return None
    site, base_url = installation.site, str(descriptor["baseUrl"])
    target = join(base_url, path, {})
    now = int(site.wire.token_clock())
    claims: dict[str, Any] = {
        "sub": ADMIN,
        "qsh": query_string_hash("POST", target.path, target.query),
        "iss": installation.client_key,
        "context": {},
        "exp": now + TOKEN_SECONDS,
        "iat": now,
    }
    if event in ("installed", "uninstalled"):
        claims["aud"] = [base_url]
        token = sign_rs256(claims, install_key(), key_id=site.key_id)
    else:
        token = sign_hs256(claims, secret)
    payload = _payload(installation, event, descriptor)
    if event == "installed":
        payload["sharedSecret"] = secret.reveal()
    return site.wire.send(
        "POST",
        target.url,
        product=site.product,
        note=event,
        headers={
            "Authorization": f"JWT {token}",
            "Content-Type": "application/json",
            "Atlassian-Connect-Version": CONNECT_VERSION,
        },
        body=json.dumps(payload).encode(),
        claims=claims,
        canonical=canonical_request("POST", target.path, target.query),
    )


def _payload(installation: Installation, event: str, descriptor: Mapping[str, Any]) -> dict[str, Any]:
    site = installation.site
    return {
        "key": descriptor["key"],
        "clientKey": installation.client_key,
        "oauthClientId": installation.oauth_client_id,
        "baseUrl": site.base_url,
        "displayUrl": site.base_url,
        "productType": site.product,
        "description": f"Atlassian {site.name} at {site.base_url}",
        "eventType": event,
    }
