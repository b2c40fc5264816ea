"""Modules of any type and guards: the decorators, and the plain calls that do their work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, overload

from flask import Response

from ..app_functions import DynamicModulesOf, spelt_out
from ..registry import ModuleDeclaration, View
from ..tenants import Tenant
from .blocked import WhenBlocked, check_behaviour, when_blocked
from .condition_warnings import warn_of_unknown_conditions
from .events import Events
from .guards import accepted_kinds, guarded
from .registering import registering

__all__ = ["Declarations"]

V = TypeVar("V", bound=View)
G = TypeVar("G", bound=DynamicModulesOf)
P = ParamSpec("P")
R = TypeVar("R")


class Declarations(Events):
    """What an app says about itself. Every decorator returns its function unchanged, and has a plain-call twin."""

    # --- modules with a view ------------------------------------------------------------------------------------------

    def module(
        self,
        module_type: str,
        key: str,
        *,
        url: str | None = None,
        methods: Sequence[str] = ("GET",),
        when_blocked: WhenBlocked | None = None,
        **fields: Any,
    ) -> Callable[[V], V]:
        """Serve a view as a module of the descriptor. Same as :meth:`add_module`.

        The view runs only for a verified request of the host, with :data:`.current_tenant` set. Exception:
        ``cacheable=True`` makes a shell that hosts load without a token and keep for everybody; such a view is open.

        :param module_type: as in the descriptor, e.g. ``webPanels``. Unknown types pass.
        :param key: unique in the app: letters, digits and dashes.
        :param url: below the base URL, with the host's ``{variables}``; default ``<url_prefix>/<key>``. A variable in
            the path becomes an argument of the view (``{issue.key}`` → ``issue_key``); in the query it is safer.
        :param methods: HTTP methods of the view; some modules are rendered by POST.
        :param when_blocked: what to answer when the view needs data that an administrator's app access rule blocks; see
            :meth:`when_blocked`. None: ``error``.
        :param fields: further fields of the module, spelt as in the descriptor: ``location``, ``weight``,
            ``conditions``, … A ``name`` may be a plain string, and conditions may be made by
            :func:`atlassian_connect.condition`.
        :raises DescriptorError: the key is bad or taken, or a field is missing that hosts require.
        """
        return registering(
            lambda view: self.add_module(
                module_type, key, view, url=url, methods=methods, when_blocked=when_blocked, **fields
            )
        )

    def add_module(
        self,
        module_type: str,
        key: str,
        view: View | None = None,
        *,
        url: str | None = None,
        methods: Sequence[str] = ("GET",),
        when_blocked: WhenBlocked | None = None,
        **fields: Any,
    ) -> None:
        """Declare a module and its view. See :meth:`module`.

        :param view: None: a module without a page of its own, such as ``jiraEntityProperties``; ``url`` is left out
            then, unless it is given.
        """
        self._declare_as(module_type, key, view, when_blocked, fields, url=url, methods=tuple(methods))

    def dynamic_module(
        self,
        module_type: str,
        key: str,
        *,
        url: str | None = None,
        methods: Sequence[str] = ("GET",),
        when: Callable[[Tenant], bool] | None = None,
        when_blocked: WhenBlocked | None = None,
        **fields: Any,
    ) -> Callable[[V], V]:
        """Serve a view as a module that is registered at runtime. Same as :meth:`add_dynamic_module`.

        ``connect.dynamic.sync(tenant)`` registers it where it should be and removes it where it should not.

        :param when: whether a tenant has it; None: every tenant.

        The other parameters and errors are those of :meth:`module`.
        """
        return registering(
            lambda view: self.add_dynamic_module(
                module_type, key, view, url=url, methods=methods, when=when, when_blocked=when_blocked, **fields
            )
        )

    def add_dynamic_module(
        self,
        module_type: str,
        key: str,
        view: View | None = None,
        *,
        url: str | None = None,
        methods: Sequence[str] = ("GET",),
        when: Callable[[Tenant], bool] | None = None,
        when_blocked: WhenBlocked | None = None,
        **fields: Any,
    ) -> None:
        """Declare a dynamic module and its view. See :meth:`dynamic_module`, and :meth:`add_module` for no view."""
        self._declare_as(
            module_type, key, view, when_blocked, fields, url=url, methods=tuple(methods), dynamic=True, when=when
        )

    def dynamic_modules(self, generator: G) -> G:
        """Compute dynamic modules per tenant. Same as :meth:`add_dynamic_modules`.

        The function takes a tenant and yields ``Module`` objects or ``(type, definition)`` pairs. Their URLs must be
        routes of the app that exist already, guarded by :meth:`require`.

        :raises DescriptorError: the function does not take one argument.
        """
        self.add_dynamic_modules(generator)
        return generator

    def add_dynamic_modules(self, generator: DynamicModulesOf) -> None:
        """Declare a generator of dynamic modules. See :meth:`dynamic_modules`."""
        self._registry.add_generator(generator)

    # --- guards -------------------------------------------------------------------------------------------------------

    @overload
    def require(self, view: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def require(
        self,
        view: None = None,
        /,
        *,
        qsh: bool | None = None,
        context_token: bool = False,
        session_token: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def require(
        self,
        view: Callable[..., Any] | None = None,
        /,
        *,
        qsh: bool | None = None,
        context_token: bool = False,
        session_token: bool = False,
    ) -> Any:
        """Guard one of the app's own routes: the view runs only for a verified request.

        Put it below ``@app.route``. With no argument it takes what hosts send to descriptor URLs.

        :param qsh: take tokens bound to this very request; default: only when nothing else is taken.
        :param context_token: take tokens of ``AP.context.getToken()``. Any user who sees a page of the app has one and
            can send it to any such route: check what that user may do.
        :param session_token: take tokens made by ``connect_session_token()`` for pages of the app.
        :raises ValueError: ``qsh=False`` alone, which would let nobody in.
        """
        accepts = accepted_kinds(qsh=qsh, context_token=context_token, session_token=session_token)

        def guard(function: Callable[..., Any]) -> Callable[..., Any]:
            return guarded(function, accepts)

        return guard if view is None else guard(view)

    def when_blocked(self, behaviour: WhenBlocked) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
        """Say what a view answers when it raises :class:`.AppAccessBlockedError`. Put it right above the view.

        :param behaviour: ``message``: a page that says that an administrator does not let the app use this content;
            ``empty``: an empty page; ``error``: 403. Clients that ask for JSON or text get 403 with the message, or 204
            for ``empty``.
        :raises ValueError: it is none of them.
        """
        check_behaviour(behaviour)

        def lenient(view: Callable[P, R]) -> Callable[P, R | Response]:
            return when_blocked(view, behaviour)

        return lenient

    def _declare_as(
        self,
        module_type: str,
        key: str,
        view: View | None,
        behaviour: WhenBlocked | None,
        fields: Mapping[str, Any],
        **routing: Any,
    ) -> None:
        """Take a module as code writes it: plain texts, conditions, and None for what is left out."""
        where = f"module {key!r}"
        definition = spelt_out(
            module_type, {name: value for name, value in fields.items() if value is not None}, path=where
        )
        warn_of_unknown_conditions(definition, path=where, told=self._told)
        shown = view if view is None or behaviour is None else when_blocked(view, behaviour)
        declaration = ModuleDeclaration(module_type, key, shown, definition, **routing)
        self._registry.add_module(declaration)
        self._declared_module(declaration)

    def _declared_module(self, declaration: ModuleDeclaration) -> None:
        """Hook: a module was declared, maybe after ``init_app``."""
