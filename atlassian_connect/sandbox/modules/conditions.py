"""Whether a viewer gets to see a module: its conditions, decided with what the sandbox knows.

Some conditions cannot be decided here, and apps may name any. Such a one counts as neither true nor false: unless
others hide the module, it is shown, and a note says why.

Source: *Conditions*, https://developer.atlassian.com/cloud/confluence/conditions/ and the same for Jira.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DescriptorError
from ...protocol.condition_trees import AllOf, Condition, ConditionTree, parse_conditions
from ...protocol.conditions import known_conditions
from .asked import Asked
from .checks import CHECKS
from .property_checks import check_property, is_property_condition
from .situation import Situation

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["Evaluation", "evaluate", "inline_value"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What became of the conditions of a module.

    :ivar visible: whether the viewer gets to see it.
    :ivar hidden_by: the conditions that hide it, for people.
    :ivar notes: conditions that could not be decided, for people.
    """

    visible: bool = True
    hidden_by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def evaluate(value: object, installation: Installation, situation: Situation) -> Evaluation:
    """Decide the ``conditions`` of a module.

    :param value: as in the descriptor. A value that has no form of conditions counts as undecided.
    """
    if value is None:
        return Evaluation()
    try:
        tree = parse_conditions(value)
    except DescriptorError as error:
        return Evaluation(notes=(f"The conditions cannot be read, so the module is shown: {error}",))
    run = _Run(Asked(installation, situation))
    holds = run.holds(tree)
    hidden_by = tuple(dict.fromkeys(run.failing(tree))) if holds is False else ()
    return Evaluation(holds is not False, hidden_by, tuple(dict.fromkeys(run.notes)))


def inline_value(expression: str, installation: Installation, situation: Situation) -> tuple[str, str]:
    """Decide a condition in a URL, ``{condition.NAME}`` or ``{condition.NAME(name=value,…)}``.

    :param expression: what is between ``condition.`` and the brace.
    :return: ``true``, ``false``, or nothing when it cannot be decided; and a note about that, or nothing.
    """
    name, _, listed = expression.partition("(")
    pairs = (pair.partition("=") for pair in listed.removesuffix(")").split(",") if "=" in pair)
    single = Condition(name.strip(), params={key.strip(): value.strip() for key, _, value in pairs})
    known = known_conditions(installation.site.product).get(single.name)
    if known is not None and not known.inline:
        return "", f"{single.name} is no condition for URLs."
    run = _Run(Asked(installation, situation))
    holds = run.holds(single)
    return ("" if holds is None else str(holds).lower()), "".join(run.notes[:1])


class _Run:
    """One evaluation; remembers what it could not decide."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.notes: list[str] = []
        self._known = known_conditions(asked.site.product)
        self._decided: dict[int, bool | None] = {}

    def holds(self, tree: ConditionTree) -> bool | None:
        if isinstance(tree, Condition):
            decided = self._single(tree)
        else:
            results = [self.holds(child) for child in tree.children]
            settles = not isinstance(tree, AllOf)  # one True settles an "or", one False an "and"
            decided = settles if settles in results else None if None in results else not settles
        self._decided[id(tree)] = decided
        return decided

    def _single(self, single: Condition) -> bool | None:
        try:
            if is_property_condition(single.name):
                decided = check_property(self.asked, single)
            else:
                check = CHECKS.get(single.name) if single.name in self._known else None
                decided = check(self.asked, single.params) if check else None
        except _BAD_PARAMETERS:
            decided = None
        if decided is None:
            self.notes.append(self._note(single))
            return None
        return decided is not single.invert

    def _note(self, single: Condition) -> str:
        if "/" in single.name:
            return f"{single.name} is a condition on the app's side; hosts may never ask it, the sandbox does not."
        if single.name in self._known:
            return f"{single.name} cannot be decided here{_with_params(single)}."
        return f"{single.name} is a condition that no host is known to have{_with_params(single)}."

    def failing(self, tree: ConditionTree) -> Iterator[str]:
        """The single conditions that made a tree fail."""
        if isinstance(tree, Condition):
            yield f"{'not ' if tree.invert else ''}{tree.name}{_with_params(tree)}"
            return
        for child in tree.children:
            if self._decided.get(id(child)) is False:
                yield from self.failing(child)
        if not tree.children:
            yield "an “or” of no conditions"


_BAD_PARAMETERS = (TypeError, ValueError, RecursionError)


def _with_params(single: Condition) -> str:
    pairs = ", ".join(f"{name}={value}" for name, value in list(single.params.items())[:6])
    return f" ({pairs[:200]})" if pairs else ""
