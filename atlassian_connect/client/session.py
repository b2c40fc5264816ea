"""The client: requests to one tenant's host, shaped like :class:`requests.Session`.

Sources: the REST references of both products, https://developer.atlassian.com/cloud/confluence/rest/v2/intro/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ (303 for tasks); ``X-Atlassian-Token`` as under *Add
attachment* there; no body on GET: https://developer.atlassian.com/changelog/#CHANGE-2328.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Unpack

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers

from ..protocol.urls import target_below
from ..tenants.tenant import Tenant
from .auth import AnonymousAuth, HostAuth, RequestAuth
from .bodies import BODILESS, Body
from .calling import call, observed
from .calls import CallObserver, Data, RequestOptions
from .data_policy import DataPolicy, DataPolicyCache
from .everyday import EverydayCalls
from .exchange import MAX_REDIRECTS, Exchange, signable
from .impersonation import UserAuth
from .multipart import Files
from .query import Params, query_pairs
from .retry import SAFE_METHODS, Attempts, RetryPolicy
from .transport import Timeout, Transport, package_agent
from .user_tokens import UserTokens

__all__ = ["MAX_REDIRECTS", "HostClient"]

_METHOD = re.compile(r"[A-Z]{1,20}").fullmatch
#: Ours to set: they carry credentials, or say where the request goes and where it ends.
_RESERVED = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}
)


class HostClient(EverydayCalls):
    """Requests to one tenant's host, signed as the app. Threads may share it.

    URLs are paths below the tenant's base URL (``/rest/api/3/issue/X-1``, ``/api/v2/pages``), or absolute URLs that lie
    there. Nothing is signed for, or sent to, any other place.

    A call that the host refuses for its limits (429) is tried again. So is one that fails on its way, or that a gateway
    answers (502, 503, 504), when the host may get it twice: by its method, or because the caller says ``idempotent``.

    :param timeout: used where a call names none. There is no way to wait forever.
    :param token_lifetime_seconds: of the token each request carries.
    :param clock: seconds since the epoch.
    :param user_agent: in place of ``flask-atlassian-connect/<version> (<app key>)``.
    :param observer: sees every call before it is sent and after it ended.
    :param data_policy: what :attr:`data_policy` is; default: one that keeps answers for this client only.
    :param retry_policy: when calls are tried again, and how long that may take.
    :param user_tokens: where :meth:`as_user` gets access tokens from; default: tokens of this client only.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        transport: Transport,
        timeout: Timeout = (5, 30),
        token_lifetime_seconds: int = 180,
        clock: Callable[[], float] = time.time,
        user_agent: str | None = None,
        observer: CallObserver | None = None,
        data_policy: DataPolicy | None = None,
        retry_policy: RetryPolicy | None = None,
        user_tokens: UserTokens | None = None,
    ) -> None:
        self._tenant = tenant
        self._observer = observer
        self._data_policy = data_policy or DataPolicy(self._unobserved, tenant, cache=DataPolicyCache())
        self._transport = transport
        self._timeout = timeout
        self._clock = clock
        self._retry_policy = retry_policy or RetryPolicy()
        self._user_tokens = user_tokens or UserTokens(
            transport, timeout=timeout, retry_policy=retry_policy, clock=clock
        )
        self._auth: RequestAuth = HostAuth(tenant, token_lifetime_seconds=token_lifetime_seconds, clock=clock)
        app_key = re.sub(r"[^A-Za-z0-9._-]", "", tenant.app_key)[:100]
        self._user_agent = user_agent or f"{package_agent()} ({app_key})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._tenant.client_key!r} {self._tenant.base_url}>"

    @property
    def tenant(self) -> Tenant:
        """The tenant whose host is called."""
        return self._tenant

    @property
    def data_policy(self) -> DataPolicy:
        """What administrators block apps from on this host. Asked as the app, also by a client that acts as a user."""
        return self._data_policy

    def _unobserved(self) -> HostClient:
        client = copy.copy(self)
        client._observer = None
        return client

    def as_user(self, account_id: str, scopes: Iterable[str] | None = None) -> HostClient:
        """Make a client for the same host that acts as a user: limited by the user's permissions, shown in history.

        Needs the scope ``ACT_AS_USER``. The user's access token is fetched with the first call.

        :param account_id: of a verified request (``current_account_id``), or stored for what this user asked for. Never
            from a request's parameter: whoever sends the request would act as anyone.
        :param scopes: what the token may do, at most, e.g. ``["READ"]``; None for all that the app has.
        :raises ValueError: something that cannot be an account id or a scope.
        """
        return self._with(UserAuth(self._tenant, self._user_tokens, account_id, scopes))

    def anonymous(self) -> HostClient:
        """Make a client for the same host whose requests carry no credentials: what visitors may see."""
        return self._with(AnonymousAuth())

    def _with(self, auth: RequestAuth) -> HostClient:
        client = copy.copy(self)
        client._auth = auth
        return client

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Data | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout | None = None,
        anonymous: bool = False,
        idempotent: bool = False,
        retry: bool = True,
        budget: float | None = None,
        stream: bool = False,
        allow_redirects: bool = True,
        follow_foreign: bool = False,
        check: bool = True,
    ) -> requests.Response:
        """Send one request and return the host's answer. :func:`.call_of` tells how often that took sending.

        :param url: percent-encoded, below the tenant's base URL; may have a query, to which ``params`` is added.
        :param params: names and values. None is left out, booleans become ``true`` and ``false``, a list repeats the
            name.
        :param data: a file or a generator is sent while it is read. What can be read only once is sent only once.
        :param files: sent as ``multipart/form-data`` while they are read, with ``X-Atlassian-Token: no-check``.
        :param timeout: seconds to connect and seconds between two pieces of the answer; for one attempt.
        :param anonymous: send no credentials.
        :param idempotent: the host may get this twice, though it changes something: a PUT of a whole value, a DELETE.
        :param retry: False sends once, whatever comes back.
        :param budget: seconds for all attempts and the waits between them, in place of the policy's.
        :param stream: leave the body of the answer unread; close the response when done.
        :param allow_redirects: follow redirects of GET and HEAD below the base URL, each hop signed anew. Other methods
            are never repeated elsewhere: their 303 (a task was started) is returned, another redirect is an error.
        :param follow_foreign: follow redirects of GET and HEAD to other https origins too, without credentials: what
            downloads of attachments need.
        :param check: raise for an error status.
        :raises UrlNotAllowedError: the URL, or a redirect's, is not below the tenant's base URL; it was not called.
        :raises TenantUninstalledError: the tenant has uninstalled the app.
        :raises RateLimitedError: too many calls, and the budget ends before the host wants to see another.
        :raises HostResponseError: an error status; the subclass tells which, ``message`` what the host says.
        :raises HostUnreachableError: no answer; :class:`HostTimeoutError` when it took too long.
        :raises ImpersonationError: the host does not let the app act as the user of :meth:`as_user`.
        :raises ValueError: an argument that cannot be sent: a body on GET (hosts answer 403 to that), a header that is
            ours to set, JSON beside ``data`` or ``files``.
        """
        method = method.upper()
        if not _METHOD(method):
            raise ValueError(f"{method!r} is no HTTP method.")
        fields = self._headers(method, headers, multipart=files is not None)
        body = Body(method, fields, json=json, data=data, files=files)
        exchange = Exchange(
            base=self._tenant.base,
            transport=self._transport,
            auth=AnonymousAuth() if anonymous else self._auth,
            method=method,
            target=signable(target_below(self._tenant.base, url, query_pairs(params))),
            headers=fields,
            body=body,
            stream=stream,
            allow_redirects=allow_redirects,
            follow_foreign=follow_foreign,
        )
        attempts = Attempts(
            self._retry_policy,
            budget=budget,
            again_after_failure=idempotent or method in SAFE_METHODS,
            may_repeat=retry and body.replayable,
            clock=self._clock,
        )
        wait = self._timeout if timeout is None else timeout

        def made() -> requests.Response:
            return call(exchange, attempts, client_key=self._tenant.client_key, timeout=wait, check=check)

        if self._observer is None:
            return made()
        options: RequestOptions = {
            "params": params,
            "json": json,
            "data": data,
            "files": files,
            "headers": headers,
            "timeout": wait,
            "anonymous": isinstance(exchange.auth, AnonymousAuth),
            "idempotent": idempotent,
            "retry": retry,
            "budget": budget,
            "stream": stream,
            "allow_redirects": allow_redirects,
            "follow_foreign": follow_foreign,
            "check": check,
        }
        return observed(self._observer, exchange, options, made)

    def get(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """GET; see :meth:`request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """POST; see :meth:`request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """PUT; see :meth:`request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """PATCH; see :meth:`request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """DELETE; see :meth:`request`."""
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """HEAD; see :meth:`request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """OPTIONS; see :meth:`request`."""
        return self.request("OPTIONS", url, **options)

    def _headers(
        self, method: str, given: Mapping[str, str] | None, *, multipart: bool
    ) -> CaseInsensitiveDict[str | bytes]:
        headers: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict()
        headers["Accept"] = "application/json"
        headers["Accept-Encoding"] = default_headers()["Accept-Encoding"]
        headers["User-Agent"] = self._user_agent
        if multipart:
            headers["X-Atlassian-Token"] = "no-check"
        for name, value in (given or {}).items():
            if name.strip().lower() in _RESERVED:
                raise ValueError(f"The client sets {name.strip()} itself; leave it out of headers.")
            headers[name] = value
        if method in BODILESS:
            headers.pop("Content-Type", None)  # hosts take it for the announcement of a body
        return headers
