"""Who may do what. A verified token says who somebody is and where, not what they may do."""

import logging

from atlassian_connect import Tenant
from atlassian_connect.errors import HostError, PermissionDeniedError

from .stale import host_of

_log = logging.getLogger(__name__)


def known_user(account_id: str | None) -> str:
    """Return the account id of a user who is logged in.

    :raises PermissionDeniedError: an anonymous visitor.
    """
    if not account_id:
        raise PermissionDeniedError("Anonymous visitors see nothing of this app.")
    return str(account_id)


def is_administrator(tenant: Tenant, account_id: str | None) -> bool:
    """Whether a user may administer the host. Nobody is when the host cannot be asked."""
    if not account_id:
        return False
    try:
        return host_of(tenant).is_administrator(str(account_id))
    except HostError as error:
        _log.warning("cannot ask %s who administers it: %s", tenant.base_url, error)
        return False


def need_administrator(tenant: Tenant, account_id: str | None) -> None:
    """Let administrators of the host pass.

    :raises PermissionDeniedError: everybody else.
    """
    if not is_administrator(tenant, account_id):
        raise PermissionDeniedError("Only administrators may change the settings.")
