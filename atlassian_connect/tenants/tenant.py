"""A tenant: our record of one installation on one host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from ..protocol.urls import BaseUrl, parse_base_url
from ..secret import Secret
from ..types import Product

__all__ = ["Tenant", "tenant_itself"]

_PLAIN_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*").fullmatch


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One installation, as last read from the store. A value: it does not change when the row does.

    :ivar client_key: the host's id for it, and the identity of everything stored per tenant.
    :ivar app_key: our key as the host delivered it; ``iss`` of what we sign for this tenant.
    :ivar base_url: where the host's REST is, without trailing slash, with ``/wiki`` for Confluence.
    :ivar display_url: what users see in the address bar when the site has a domain of its own. Never called.
    :ivar installed: False after ``uninstalled``: nothing signed by this tenant is believed any more.
    :ivar enabled: what the last ``enabled`` or ``disabled`` said; hosts send nothing for a disabled app.
    :ivar cloud_id: id of the site, for Forge; None until something tells it.
    :ivar installation_id: ARI of the Forge installation, for apps that run on both.
    :ivar superseded_by: client key of a later tenant on the same base URL, after a site import.
    """

    client_key: str
    app_key: str
    product: Product
    base_url: str
    shared_secret: Secret
    installed: bool
    enabled: bool
    installed_at: datetime
    updated_at: datetime
    uninstalled_at: datetime | None = None
    display_url: str | None = None
    help_center_url: str | None = None
    oauth_client_id: str | None = None
    description: str | None = None
    installation_id: str | None = None
    cloud_id: str | None = None
    entitlement_id: str | None = None
    entitlement_number: str | None = None
    superseded_by: str | None = None

    @cached_property
    def base(self) -> BaseUrl:
        """:attr:`base_url`, taken apart."""
        return parse_base_url(self.base_url)

    @cached_property
    def frame_ancestors(self) -> str:
        """Origins that may show our pages in a frame, as the value of the CSP directive.

        Display URLs are no more proven than the rest of a lifecycle body: one whose host would mean more than itself in
        a policy, such as ``*``, is left out.
        """
        urls = dict.fromkeys(url for url in (self.display_url, self.help_center_url) if url and url != self.base_url)
        shown = [base for base in map(parse_base_url, urls) if _PLAIN_HOST(base.host)]
        return " ".join(dict.fromkeys(base.origin for base in [self.base, *shown]))

    def public_facts(self) -> Mapping[str, Any]:
        """What may be printed or logged: everything but the secret."""
        hidden = {"shared_secret", "base", "frame_ancestors"}
        return {name: value for name, value in vars(self).items() if name not in hidden}


def tenant_itself(tenant: Tenant) -> Tenant:
    """Return the tenant behind a proxy such as ``current_tenant``, or the tenant that was given.

    A proxy ends with its request; what is kept, sent to a thread or to a signal must be the value.
    """
    current = getattr(tenant, "_get_current_object", None)
    return cast(Tenant, current()) if current is not None else tenant
