"""Lifecycle callbacks: payload → event → decision.

Source: *Connect app descriptor*, "Lifecycle",
https://developer.atlassian.com/cloud/confluence/connect-app-descriptor/#lifecycle
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn, cast

from ..errors import InvalidRequestError, UrlNotAllowedError
from ..secret import Secret
from ..types import Product
from .urls import parse_base_url

__all__ = [
    "MAX_LIFECYCLE_BYTES",
    "InstallDecision",
    "KnownTenant",
    "LifecycleChange",
    "LifecycleEvent",
    "LifecyclePayload",
    "decide_install",
    "is_client_key",
    "parse_json_object",
    "parse_payload",
]

#: A lifecycle body is some kilobytes; longer ones are refused unread.
MAX_LIFECYCLE_BYTES: Final = 1024 * 1024

_CLIENT_KEY = re.compile(r"[\x21-\x7e]{1,255}").fullmatch
_MAX_TEXT: Final = 2000
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]").search


class LifecycleEvent(StrEnum):
    """The four callbacks of the descriptor's ``lifecycle``."""

    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    ENABLED = "enabled"
    DISABLED = "disabled"

    @property
    def is_signed_install(self) -> bool:
        """Whether the host signs it with RS256 by an install key. The others are HS256 by the shared secret."""
        return self in (LifecycleEvent.INSTALLED, LifecycleEvent.UNINSTALLED)


class LifecycleChange(StrEnum):
    """What an ``installed`` callback turned out to be."""

    NEW = "new"  # a client key we did not know
    IMPORTED = "imported"  # a new client key on a base URL that another tenant had: a site's data was replaced
    UPGRADED = "upgraded"  # known and installed: a new version of the app, or the host repeats itself
    RENAMED = "renamed"  # known, with another base URL
    REINSTALLED = "reinstalled"  # known, had uninstalled


@dataclass(frozen=True, slots=True)
class LifecyclePayload:
    """A lifecycle body, parsed. Only ``client_key``, ``base_url`` and (installed) ``shared_secret`` are always there.

    :ivar base_url: the host's, without trailing slash, with ``/wiki`` for Confluence.
    :ivar installation_id: ARI that links this installation to a Forge one.
    """

    event: LifecycleEvent
    app_key: str | None
    client_key: str
    base_url: str
    product: Product
    shared_secret: Secret | None
    display_url: str | None
    help_center_url: str | None
    oauth_client_id: str | None
    description: str | None
    installation_id: str | None
    cloud_id: str | None
    entitlement_id: str | None
    entitlement_number: str | None


@dataclass(frozen=True, slots=True)
class KnownTenant:
    """What a decision needs to know of the record that exists."""

    base_url: str
    installed: bool
    shared_secret: Secret


@dataclass(frozen=True, slots=True)
class InstallDecision:
    """What an ``installed`` callback changes.

    :ivar secret_rotated: tokens signed with the former secret end now.
    :ivar superseded: client keys of other installed tenants on the same base URL: their data is still theirs.
    """

    change: LifecycleChange
    secret_rotated: bool
    superseded: tuple[str, ...]


def is_client_key(text: str) -> bool:
    """Tell whether a text can be a client key: 1 to 255 printable ASCII characters without spaces."""
    return _CLIENT_KEY(text) is not None


def parse_json_object(body: bytes) -> Mapping[str, Any]:
    """Read a JSON object.

    Stricter than Python: no NaN and no Infinity (RFC 8259, section 6), and no half of a surrogate pair, which no
    database and no encoder takes (section 8.2).

    :raises InvalidRequestError: it is no JSON, no object, or nested beyond reason.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
        if _SURROGATE_ESCAPE(body):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("The body is not a JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def parse_payload(event: LifecycleEvent, body: bytes) -> LifecyclePayload:
    """Read a lifecycle body for the endpoint of ``event``. Fields that we do not know are ignored.

    :raises InvalidRequestError: not JSON, not an object, a required field missing, a field of the wrong type, or
        ``eventType`` of another event.
    """
    fields = parse_json_object(body)
    if _text(fields, "eventType", required=True) != event.value:
        raise InvalidRequestError(f"eventType is not {event.value!r}.")
    client_key = _required(fields, "clientKey")
    if not is_client_key(client_key):
        raise InvalidRequestError("clientKey does not have the form of one.")
    base_url = _url(fields, "baseUrl")
    if base_url is None:
        raise InvalidRequestError("baseUrl is missing.")
    secret = None
    if event is LifecycleEvent.INSTALLED:
        secret = Secret(_required(fields, "sharedSecret"))
    return LifecyclePayload(
        event=event,
        app_key=_text(fields, "key"),
        client_key=client_key,
        base_url=base_url,
        product=_product(fields, base_url),
        shared_secret=secret,
        display_url=_display_url(fields, "displayUrl"),
        help_center_url=_display_url(fields, "displayUrlServicedeskHelpCenter"),
        oauth_client_id=_text(fields, "oauthClientId"),
        description=_text(fields, "description"),
        installation_id=_text(fields, "installationId"),
        cloud_id=_text(fields, "cloudId"),
        entitlement_id=_text(fields, "entitlementId"),
        entitlement_number=_text(fields, "entitlementNumber") or _text(fields, "serviceEntitlementNumber"),
    )


def decide_install(
    payload: LifecyclePayload, known: KnownTenant | None, others_on_base_url: Sequence[str] = ()
) -> InstallDecision:
    """Decide what an authenticated ``installed`` means.

    The client key identifies a tenant. A base URL never does: after a site import another tenant answers on it, and the
    two are kept apart.

    :param others_on_base_url: client keys of other installed tenants with the payload's base URL.
    """
    if known is None:
        change = LifecycleChange.IMPORTED if others_on_base_url else LifecycleChange.NEW
        return InstallDecision(change, secret_rotated=False, superseded=tuple(others_on_base_url))
    if not known.installed:
        change = LifecycleChange.REINSTALLED
    elif known.base_url != payload.base_url:
        change = LifecycleChange.RENAMED
    else:
        change = LifecycleChange.UPGRADED
    return InstallDecision(
        change,
        secret_rotated=known.shared_secret != payload.shared_secret,
        superseded=tuple(others_on_base_url),
    )


def _text(fields: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        if required:
            raise InvalidRequestError(f"{name} is missing.")
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} is not a string.")
    if len(value) > _MAX_TEXT:
        raise InvalidRequestError(f"{name} is longer than {_MAX_TEXT} characters.")
    if "\0" in value:  # PostgreSQL cannot store it
        raise InvalidRequestError(f"{name} has a character that no text has.")
    return value


def _required(fields: Mapping[str, Any], name: str) -> str:
    return cast(str, _text(fields, name, required=True))


def _url(fields: Mapping[str, Any], name: str) -> str | None:
    text = _text(fields, name)
    if text is None:
        return None
    try:
        return str(parse_base_url(text))
    except UrlNotAllowedError as error:
        raise InvalidRequestError(f"{name} is not an http or https URL.") from error


def _display_url(fields: Mapping[str, Any], name: str) -> str | None:
    """A URL that users see. It is shown and allowed to frame us, never called; a strange one is dropped."""
    try:
        return _url(fields, name)
    except InvalidRequestError:
        if isinstance(fields.get(name), str):
            return None
        raise


def _product(fields: Mapping[str, Any], base_url: str) -> Product:
    product = _text(fields, "productType")
    if product is None:
        return "confluence" if parse_base_url(base_url).path == "/wiki" else "jira"
    if product.lower() not in ("jira", "confluence"):
        raise InvalidRequestError("productType is neither jira nor confluence.")
    return cast(Product, product.lower())
