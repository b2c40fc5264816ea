"""The licence of the site that the current request comes from.

Source: *Licensing*, https://developer.atlassian.com/platform/marketplace/cloud-app-licensing/ (hosts add ``lic`` to the
URLs of pages, and sign it).
"""

from __future__ import annotations

from typing import Final, cast

from flask import request
from werkzeug.local import LocalProxy

from ..client.licence import Licence
from ..errors import NotAuthenticatedError
from ..protocol.tokens import TokenKind
from ..tenants import Tenant, tenant_itself
from .context import ConnectState, current_principal, current_state

__all__ = ["current_licence", "licence_for"]

_LICENCE: Final = "_atlassian_connect_licence"


def licence_for(tenant: Tenant, state: ConnectState | None = None) -> Licence:
    """Tell whether a site has a licence for the app, by what its host said within the last minutes.

    An app whose descriptor has no ``enableLicensing`` is free: active everywhere. With it, no licence means not active.
    While a host does not answer, its last answer counts, for a day by default.

    :param state: None: that of the current app.
    :raises HostError: the host does not tell, and nothing is known from before.
    """
    state = state or current_state()
    if state.descriptor.get("enableLicensing") is not True:
        return Licence(active=True, source="free")
    return state.licences.get(state.client(tenant_itself(tenant)))


def _current() -> Licence:
    principal = current_principal()
    if principal is None:
        raise NotAuthenticatedError("current_licence")
    http = request._get_current_object()  # type: ignore[attr-defined]  # a proxy
    known = getattr(http, _LICENCE, None)
    if isinstance(known, Licence):
        return known
    state = current_state()
    # Only a token that is bound to this very request says anything about its parameters.
    said = request.args.getlist("lic") if principal.kind is TokenKind.REQUEST else []
    if said and state.descriptor.get("enableLicensing") is True:
        licence = Licence(active=all(value == "active" for value in said), source="page")
    else:
        licence = licence_for(principal.tenant, state)
    setattr(http, _LICENCE, licence)
    return licence


#: The licence of the site that the current request comes from; see :func:`licence_for`. On pages of the host it is what
#: the signed URL says, elsewhere the host is asked. Raises NotAuthenticatedError outside a verified request.
current_licence: Licence = cast(Licence, LocalProxy(_current))
