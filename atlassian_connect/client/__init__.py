"""Requests to the host: signed as the app, to one tenant's base URL and nowhere else."""

from .auth import AnonymousAuth, HostAuth, RequestAuth
from .calls import CallObserver, CallOptions, HostCall, RequestOptions, call_of
from .dynamic_modules import DynamicModulesClient
from .pagination import PageStyle, Paginator
from .rate_limits import LimitPolicy, RateLimit
from .retry import RetryPolicy
from .session import HostClient
from .transport import Transport

__all__ = [
    "AnonymousAuth",
    "CallObserver",
    "CallOptions",
    "DynamicModulesClient",
    "HostAuth",
    "HostCall",
    "HostClient",
    "LimitPolicy",
    "PageStyle",
    "Paginator",
    "RateLimit",
    "RequestAuth",
    "RequestOptions",
    "RetryPolicy",
    "Transport",
    "call_of",
]
