"""Requests to the host: signed as the app, to one tenant's base URL and nowhere else."""

from .auth import HostAuth, RequestAuth
from .calls import CallObserver, RequestOptions
from .dynamic_modules import DynamicModulesClient
from .session import HostClient
from .transport import Transport

__all__ = [
    "CallObserver",
    "DynamicModulesClient",
    "HostAuth",
    "HostClient",
    "RequestAuth",
    "RequestOptions",
    "Transport",
]
