"""One app on one site."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UrlNotAllowedError
from ..protocol.qsh import CONTEXT_QSH, canonical_request, query_string_hash
from ..protocol.tokens import sign_hs256
from ..protocol.urls import Target, parse_base_url, target_below
from .delivery import Delivery
from .frames import block_page, make_frame
from .host_calls import GatingStatus, call_module, tell_gating
from .http import Answer, AppUnreachableError
from .installed import InstalledApp, Licence, State
from .lifecycle import TOKEN_SECONDS, post_lifecycle
from .module_urls import Frame
from .people import ADMIN
from .policies import AccessPolicy, ContentBlockedError
from .store.schema import InstallationRow
from .translations import Translations
from .webhooks import deliver, event_by_hand
from .wire import CONNECT_VERSION, GOOD_STATUSES

if TYPE_CHECKING:
    from .site import Site

__all__ = ["Installation", "Licence", "State"]

_logger = logging.getLogger(__name__)


class Installation(InstalledApp):
    """An app that was installed on a site. The site makes these; a reinstall keeps the same object."""

    def __init__(self, site: Site, client_key: str, row: InstallationRow | None = None) -> None:
        super().__init__(site, client_key, row)
        self._policy = AccessPolicy(self)
        #: Texts of its modules in other languages.
        self.translations = Translations(self)

    # --- lifecycle ----------------------------------------------------------------------------------------------------

    def enable(self) -> None:
        """Enable the app and tell it. Nothing happens when it is enabled already.

        :raises ValueError: the app is uninstalled.
        """
        with self.site.lifecycle:
            self._must_be_installed()
            if self.state == "disabled":
                self.state = "enabled"
                self.tell("enabled")

    def disable(self) -> None:
        """Disable the app and tell it: its calls are refused, and it gets no webhooks.

        :raises ValueError: the app is uninstalled.
        """
        with self.site.lifecycle:
            self._must_be_installed()
            if self.state == "enabled":
                self.state = "disabled"
                self.tell("disabled")

    def uninstall(self) -> None:
        """Uninstall the app and tell it. Its secret ends before it is told. Dynamic modules wait for a reinstall.

        :raises ValueError: the app is uninstalled already.
        """
        with self.site.lifecycle:
            self._must_be_installed()
            was_enabled, self.state = self.state == "enabled", "uninstalled"
            if was_enabled:
                self.tell("disabled")
            self.tell("uninstalled")

    def tell(self, event: str) -> Answer | None:
        """Post a lifecycle callback whose failure changes nothing. None: no callback, or no answer."""
        try:
            answer = post_lifecycle(self, event, descriptor=self._descriptor, secret=self._secret)
        except (AppUnreachableError, UrlNotAllowedError) as error:
            _logger.warning("%s was not told %r: %s", self.app_key, event, error)
            return None
        if answer is not None and answer.status not in GOOD_STATUSES:
            _logger.warning("%s answered %r with %s.", self.app_key, event, answer.status)
        return answer

    def _must_be_installed(self) -> None:
        if self.state == "uninstalled":
            raise ValueError(f"{self.app_key} is not installed on {self.site.product} any more.")

    # --- app access rules ---------------------------------------------------------------------------------------------

    def block(self, container: str) -> None:
        """Keep the app out of a space or project, and tell it. Nothing happens when that is so already.

        :param container: key or id.
        :raises KeyError: the site has no such space or project.
        :raises ValueError: as many are blocked already as a policy has: :data:`.policies.MAX_BLOCKED`.
        """
        self._policy.block(container)

    def unblock(self, container: str) -> None:
        """Let the app in again, and tell it that the policy changed. See :meth:`block`."""
        self._policy.unblock(container)

    # --- what the host sends ------------------------------------------------------------------------------------------

    def iframe_url(
        self, module_key: str, *, account_id: str | None = ADMIN, context: Mapping[str, str] | None = None
    ) -> str:
        """The signed URL that a browser loads to show a module.

        :param account_id: who looks at it; None for an anonymous visitor.
        :param context: values of context variables, e.g. ``{"page.id": "65536"}``. Those without a value are empty.
        :raises KeyError: no such module.
        :raises ValueError: the module has no page of its own, its URL leads out of the app, or an app access rule
            blocks the space or project that the context names (:class:`ContentBlockedError`).
        """
        return self.frame(module_key, account_id=account_id, context=context).url

    def frame(
        self, module_key: str, *, account_id: str | None = ADMIN, context: Mapping[str, str] | None = None
    ) -> Frame:
        """The URL of :meth:`iframe_url`, with what was signed. Parameters and errors are the same."""
        return make_frame(self, module_key, account_id=account_id, context=context)

    def open(
        self, module_key: str, *, account_id: str | None = ADMIN, context: Mapping[str, str] | None = None
    ) -> Answer:
        """Load a module as a browser would. Parameters and errors are those of :meth:`iframe_url`.

        :return: what the app answers; or the host's own page, without asking the app, in a blocked space or project.
        :raises AppUnreachableError: no answer.
        """
        try:
            frame = self.frame(module_key, account_id=account_id, context=context)
        except ContentBlockedError as error:
            return block_page(error)
        return self.site.wire.send(
            "GET",
            frame.url,
            product=self.site.product,
            note=f"module {module_key}",
            headers={"Accept": "text/html,application/xhtml+xml"},
            claims=frame.claims,
            canonical=frame.canonical,
        )

    def context_token(self, *, account_id: str | None = ADMIN, context: Mapping[str, Any] | None = None) -> str:
        """The token that ``AP.context.getToken()`` gives a page: bound to the user and place, to no request.

        :param context: e.g. ``{"confluence": {"content": {"id": "65536"}}}``.
        """
        return self.sign_claims(self.claims(CONTEXT_QSH, account_id, context=dict(context or {})))

    def sign(self, method: str, url: str, *, account_id: str | None = None, **extra_claims: Any) -> str:
        """Sign any request to the app.

        :param url: relative to the app's base URL, or absolute below it.
        :param extra_claims: added, or put in the place of what is there: ``exp=0`` makes an expired token,
            ``qsh="context-qsh"`` a context token.
        :raises UrlNotAllowedError: the URL is not below the app's base URL.
        """
        target = target_below(parse_base_url(self.app_base_url), url)
        qsh = query_string_hash(method, target.path, target.query)
        return self.sign_claims(self.claims(qsh, account_id) | extra_claims)

    def post(
        self, url: Target, body: bytes, *, note: str, account_id: str | None, headers: Mapping[str, str]
    ) -> Answer | None:
        """Post JSON to the app, signed by the shared secret. None: no answer, which is logged."""
        told = {"Content-Type": "application/json", **headers}
        return self.send("POST", url, body, note=note, account_id=account_id, headers=told)

    def send(
        self, method: str, url: Target, body: bytes, *, note: str, account_id: str | None, headers: Mapping[str, str]
    ) -> Answer | None:
        """Send a request to the app, signed by the shared secret. None: no answer, which is logged."""
        sent = {"Atlassian-Connect-Version": CONNECT_VERSION, **headers}
        claims = None
        if self._secret is not None:
            claims = self.claims(query_string_hash(method, url.path, url.query), account_id)
            sent["Authorization"] = f"JWT {self.sign_claims(claims)}"
        try:
            return self.site.wire.send(
                method,
                url.url,
                product=self.site.product,
                note=note,
                headers=sent,
                body=body,
                claims=claims,
                canonical=canonical_request(method, url.path, url.query),
            )
        except AppUnreachableError:
            return None

    def call(
        self,
        module_key: str,
        field: str,
        *,
        method: str = "POST",
        body: object = None,
        query: Mapping[str, str] | None = None,
        account_id: str | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Answer | None:
        """Call a URL of a module as the host does, such as an action of a provider of development information.

        :param field: where the URL is in the module, e.g. ``actions.associateRepository.templateUrl``.
        :param body: sent as JSON; None for no body.
        :param query: added to what the URL has.
        :param context: values of the URL's variables.
        :return: None without an answer, which is logged.
        :raises KeyError: no such module.
        :raises ValueError: the module has no such URL, or it is not below the app's base URL.
        """
        return call_module(
            self,
            module_key,
            field,
            method=method,
            body=body,
            query=query or {},
            account_id=account_id,
            context=context or {},
        )

    def tell_gating(
        self,
        status: GatingStatus,
        *,
        pipeline_id: str,
        environment_id: str,
        sequence_number: int,
        issue_keys: Iterable[str] = (),
    ) -> Delivery:
        """Tell the app how the gate of a deployment stands. It is tried again like a webhook.

        :param status: ``awaiting``, ``allowed``, ``prevented`` or ``invalid``.
        :param issue_keys: of the issues that the gate waits for.
        :raises KeyError: the app has no module ``jiraDeploymentGating``.
        :raises ValueError: the app is not enabled.
        """
        return tell_gating(
            self,
            status,
            pipeline_id=pipeline_id,
            environment_id=environment_id,
            sequence_number=sequence_number,
            issue_keys=issue_keys,
        )

    def deliver(
        self,
        event: str,
        body: Mapping[str, Any],
        *,
        account_id: str | None = None,
        identifier: str | None = None,
        retry: int | None = None,
        trace: str | None = None,
    ) -> list[Answer]:
        """Deliver a webhook to every module of the app, static or dynamic, that wants the event.

        Nothing is sent to an app that is not enabled or has not the scope READ.

        :param body: what is special to the event; the fields that all bodies of the product have are added.
        :param account_id: who did it; None when nobody did.
        :param identifier: Jira's delivery id; None for a fresh one per delivery.
        :param retry: Jira's retry count; None on the first attempt.
        :param trace: Jira's echo of ``X-Atlassian-Webhook-Trace``.
        :return: the answers, in the order of the modules. An app that does not answer leaves none, but a log entry.
        """
        told = event_by_hand(self.site, event, body, account_id=account_id, trace=trace)
        return deliver(self, told, identifier=identifier, retry=retry)

    def claims(self, qsh: str, account_id: str | None, **extra: Any) -> dict[str, Any]:
        """The claims of a token that the host makes now."""
        now = int(self.site.wire.token_clock())
        claims: dict[str, Any] = {"sub": account_id} if account_id else {}
        claims |= {"qsh": qsh, "iss": self.client_key, "context": {}, "exp": now + TOKEN_SECONDS, "iat": now}
        return claims | extra

    def sign_claims(self, claims: Mapping[str, Any]) -> str:
        """Sign claims by the shared secret.

        :raises ValueError: the app has none.
        """
        if self._secret is None:
            raise ValueError(f"{self.app_key} has authentication none: nothing is signed for it.")
        return sign_hs256(claims, self._secret)
