"""Requests to the host: signed as the app, to one tenant's base URL and nowhere else."""

from .auth import AnonymousAuth, HostAuth, RequestAuth
from .calls import CallObserver, CallOptions, HostCall, RequestOptions, call_of
from .dynamic_modules import DynamicModulesClient
from .impersonation import UserAuth
from .licence import Licence
from .pagination import PageStyle, Paginator
from .permissions import PermissionResult
from .rate_limits import LimitPolicy, RateLimit
from .retry import RetryPolicy
from .session import HostClient
from .tasks import TaskState
from .token_cache import SealedTokens, TokenCache
from .transport import Transport
from .user_tokens import UserTokens, authorization_server
from .versioned_properties import VersionedProperty

__all__ = [
    "AnonymousAuth",
    "CallObserver",
    "CallOptions",
    "DynamicModulesClient",
    "HostAuth",
    "HostCall",
    "HostClient",
    "Licence",
    "LimitPolicy",
    "PageStyle",
    "Paginator",
    "PermissionResult",
    "RateLimit",
    "RequestAuth",
    "RequestOptions",
    "RetryPolicy",
    "SealedTokens",
    "TaskState",
    "TokenCache",
    "Transport",
    "UserAuth",
    "UserTokens",
    "VersionedProperty",
    "authorization_server",
    "call_of",
]
