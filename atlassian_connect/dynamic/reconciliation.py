"""Carrying a plan out against one host that may refuse, fail or fall silent at any call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..client import DynamicModulesClient
from ..errors import ConnectError, DescriptorError, HostBadRequestError, HostError, HostResponseError, HostServerError
from ..protocol.modules import DYNAMIC_MODULE_LIMIT, Module
from ..protocol.refusals import register_most, taken_keys
from ..protocol.sync_plan import RefusedModule, SyncPlan, covers, module_digest, refusal_digest, was_refused

__all__ = ["Reconciliation"]

_log = logging.getLogger("atlassian_connect.dynamic")


class Reconciliation:
    """One run: removes, registers, and puts back what it could not replace.

    :param present: what the host listed; the plan was made from it.
    :param sent: key → digest of what was registered in the form that is there, where that is known.
    :param rejected: key → :func:`refusal_digest` of new forms of changed modules that were refused the last time.
    :param may_go_on: raises when this is no longer the one sync of the tenant; asked before each change.
    :param name: of the tenant, for logs.
    :ivar there: key → module: what the host has by now, as far as is known.
    :ivar sent: key → digest of what was registered, for modules that are there.
    :ivar rejected: the same, of this run.
    """

    def __init__(
        self,
        host: DynamicModulesClient,
        plan: SyncPlan,
        present: Sequence[Module],
        *,
        sent: Mapping[str, str],
        rejected: Mapping[str, str],
        may_go_on: Callable[[], None],
        name: str,
    ) -> None:
        self._host = host
        self._may_go_on = may_go_on
        self._plan = plan
        self._name = name
        self._old = {module.key: module for module in present if module.key}
        self._old_digests = sent
        self.there = dict(self._old)
        self.sent = {key: digest for key, digest in sent.items() if key in self.there}
        self.rejected = {
            module.key: rejected[module.key] for module in plan.change if was_refused(module, rejected.get(module.key))
        }

    def carry_out(self) -> tuple[RefusedModule, ...]:
        """Do what the plan says, and return what the host refused.

        :raises HostError: a call failed. Whatever is raised: what was removed to be changed is back, if the host let
            it.
        """
        refused_again, change = self._try_in_place()
        changed = [module.key for module in change]
        try:
            self._remove([*self._plan.remove, *changed])
            refused = self._register([*self._plan.add, *change])
            self._remember(refused, change)
            return refused_again + self._put_back_refused(refused, changed)
        except Exception:
            self._put_back_after_failure(changed)
            raise

    def _try_in_place(self) -> tuple[tuple[RefusedModule, ...], tuple[Module, ...]]:
        """Ask again for new forms that were refused the last time, while the old ones stay where they are.

        A host that finds the same fault says the same words, and nobody has missed the module meanwhile. Other words
        are about the key, which is taken: only removing the old form shows what the host thinks of the new one.

        :return: what is refused as before, and what is left to be changed.
        """
        if len(self._old) >= DYNAMIC_MODULE_LIMIT:  # the host might speak about their number
            return (), self._plan.change
        refused: list[RefusedModule] = []
        left: list[Module] = []
        for module in self._plan.change:
            if module.key not in self.rejected:
                left.append(module)
                continue
            message = self._refusal([module])
            if message is not None and refusal_digest(module, message) == self.rejected[module.key]:
                refused.append(RefusedModule(module.key, module.type, message))
            else:
                del self.rejected[module.key]
                left.append(module)
        return tuple(refused), tuple(left)

    def _remember(self, refused: Sequence[RefusedModule], change: Sequence[Module]) -> None:
        messages = {one.key: one.message for one in refused if one.key not in taken_keys(one.message)}
        for module in change:
            if module.key in messages:
                self.rejected[module.key] = refusal_digest(module, messages[module.key])

    def _remove(self, keys: Sequence[str]) -> None:
        if keys:
            self._may_go_on()
            self._host.remove(*keys)
        for key in keys:
            self.there.pop(key, None)
            self.sent.pop(key, None)

    def _register(self, modules: Sequence[Module]) -> tuple[RefusedModule, ...]:
        return register_most(modules, self._register_at_once)

    def _register_at_once(self, modules: Sequence[Module]) -> str | None:
        """Send one registration. Returns the host's message when it is refused, None when it is done."""
        try:
            message = self._refusal(modules)
        except HostError as error:
            if not _may_be_done(error) or not self._is_done(modules):
                raise
            message = None
        if message is not None:
            return message
        for module in modules:
            self.there[module.key] = module
            put_back = self._old.get(module.key) is module
            digest = self._old_digests.get(module.key) if put_back else module_digest(module)
            if digest is not None:
                self.sent[module.key] = digest
        return None

    def _refusal(self, modules: Sequence[Module]) -> str | None:
        self._may_go_on()
        try:
            self._host.register(modules)
        except HostBadRequestError as error:
            return error.message or str(error)
        except DescriptorError as error:
            return str(error)  # what a host lists, and we would not send, can only be told
        return None

    def _is_done(self, modules: Sequence[Module]) -> bool:
        """Whether a registration that got no good answer was carried out all the same: the host's list tells."""
        try:
            listed = {module.key: module for module in self._host.list()}
        except HostError:
            return False  # the caller raises the first error, which says more
        return all(module.key in listed and covers(listed[module.key], module) for module in modules)

    def _put_back_refused(self, refused: Sequence[RefusedModule], changed: Sequence[str]) -> tuple[RefusedModule, ...]:
        """Give changed modules their old form back when the new one was refused."""
        lost = {
            module.key: module.message
            for module in self._put_back([module.key for module in refused if module.key in changed])
        }
        return tuple(
            replace(module, message=f"{module.message} (Its old form was refused too: {lost[module.key]})")
            if module.key in lost
            else module
            for module in refused
        )

    def _put_back_after_failure(self, changed: Sequence[str]) -> None:
        try:
            self.there = {module.key: module for module in self._host.list() if module.key}
            self.sent = {key: digest for key, digest in self.sent.items() if key in self.there}
            for module in (*self._plan.add, *self._plan.change):
                if module.key in self.there and covers(self.there[module.key], module):
                    self.sent.setdefault(module.key, module_digest(module))  # ours, though its answer got lost
            lost = self._put_back([key for key in changed if key not in self.there])
        except Exception as error:  # the first error is on its way, and says more
            why = error if isinstance(error, ConnectError) else type(error).__name__
            _log.warning("after a failure, tenant %s could not be looked at: %s", self._name, why)
            return
        for refused in lost:
            _log.warning(
                "dynamic module %s of tenant %s is gone until the next sync: %s",
                refused.key,
                self._name,
                refused.message,
            )

    def _put_back(self, keys: Sequence[str]) -> tuple[RefusedModule, ...]:
        lost = self._register([self._old[key] for key in keys])
        # The host had these very forms a moment ago: a refusal of them is more likely a hiccup than a judgement.
        return self._register([self._old[module.key] for module in lost]) if lost else ()


def _may_be_done(error: HostError) -> bool:
    """A host that answers with a 4xx has not done it; one that fails or falls silent may have."""
    return isinstance(error, HostServerError) or not isinstance(error, HostResponseError)
