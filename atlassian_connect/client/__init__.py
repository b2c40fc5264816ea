"""Requests to the host: signed as the app, to one tenant's base URL and nowhere else."""

from .auth import HostAuth, RequestAuth
from .dynamic_modules import DynamicModulesClient
from .session import HostClient, RequestOptions
from .transport import Transport

__all__ = ["DynamicModulesClient", "HostAuth", "HostClient", "RequestAuth", "RequestOptions", "Transport"]
