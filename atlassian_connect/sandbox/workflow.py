"""The workflow with the rules of apps: conditions hide steps, validators refuse them, post functions are told.

A rule is added to a step in the pages of the workflow, with the configuration that the app's page gave. Conditions and
validators are Jira expressions, of which the sandbox decides a part (:mod:`.modules.expressions`); one that it cannot
decide lets the step pass, and a note says so. Post functions get a POST after the step.

Source: https://developer.atlassian.com/cloud/jira/platform/modules/workflow-post-function/ and the pages of
conditions and validators beside it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import uuid4

from ..errors import UrlNotAllowedError
from ..protocol.modules import Module, value_at
from .module_urls import join
from .modules.asked import Asked
from .modules.expressions import ExpressionError, evaluate_expression
from .modules.jira_checks import expression_variables
from .modules.situation import Situation
from .rest.jira_basics import user_json
from .rest.jira_shapes import issue_json
from .store.content import TransitionRefusedError
from .store.jira_setup import TRANSITIONS, Transition
from .store.values import Issue
from .translations import locale_of

if TYPE_CHECKING:
    from .installation import Installation
    from .site import Site

__all__ = [
    "RULE_TYPES",
    "Rule",
    "RuleRefusedError",
    "add_rule",
    "change_rule",
    "remove_rule",
    "rules",
    "steps_for",
    "take_step",
]

_logger = logging.getLogger(__name__)

#: Module types of rules, and what their context variables begin with.
RULE_TYPES: Final = {
    "jiraWorkflowConditions": "condition",
    "jiraWorkflowValidators": "validator",
    "jiraWorkflowPostFunctions": "postFunction",
}
_Live: TypeAlias = "tuple[Rule, Installation, Module]"
_OWNER: Final = "workflow_step"  # the kind of owner that keeps rules among the properties of the site


class RuleRefusedError(ValueError):
    """The workflow has no such step now, or a validator does not let the issue pass."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an app on a step.

    :ivar step: id of the transition.
    :ivar type: one of :data:`RULE_TYPES`.
    :ivar config: what the app's page gave, as text.
    """

    id: str
    step: str
    type: str
    app_key: str
    module_key: str
    config: str = ""

    @property
    def values(self) -> dict[str, str]:
        """Context variables for the pages of the module."""
        prefix = RULE_TYPES[self.type]
        return {f"{prefix}.id": self.id, f"{prefix}.config": self.config}


def rules(site: Site, step: str | None = None) -> list[Rule]:
    """The rules of one step or of all, in the order they were added."""
    steps = [step] if step is not None else list(TRANSITIONS)
    return [
        Rule(one.key, number, **one.value) for number in steps for one in site.entity_properties.all((_OWNER, number))
    ]


def add_rule(site: Site, step: str, module: Module, app_key: str, config: str, *, account_id: str) -> Rule:
    """Put a rule on a step.

    :raises KeyError: there is no such step.
    """
    rule = Rule(str(uuid4()), TRANSITIONS[step].id, module.type, app_key, str(module.key), config)
    _keep(site, rule, account_id)
    return rule


def change_rule(site: Site, rule_id: str, config: str, *, account_id: str) -> None:
    """Give a rule another configuration.

    :raises KeyError: there is no such rule.
    """
    rule = _rule(site, rule_id)
    _keep(site, Rule(rule.id, rule.step, rule.type, rule.app_key, rule.module_key, config), account_id)


def remove_rule(site: Site, rule_id: str) -> None:
    """:raises KeyError: there is no such rule."""
    rule = _rule(site, rule_id)
    site.entity_properties.delete((_OWNER, rule.step), rule.id)


def _rule(site: Site, rule_id: str) -> Rule:
    for rule in rules(site):
        if rule.id == rule_id:
            return rule
    raise KeyError(rule_id)


def _keep(site: Site, rule: Rule, account_id: str) -> None:
    value = {"type": rule.type, "app_key": rule.app_key, "module_key": rule.module_key, "config": rule.config}
    site.entity_properties.put((_OWNER, rule.step), rule.id, value, account_id)


# --- steps ------------------------------------------------------------------------------------------------------------


def steps_for(site: Site, issue: Issue, account_id: str | None) -> list[Transition]:
    """The steps that an issue can take, for a user: those that no condition hides."""
    return [
        step
        for step in site.content.transitions(issue)
        if all(_holds(issue, account_id, *live) for live in _live(site, step.id, "Conditions"))
    ]


def take_step(
    site: Site,
    issue: Issue,
    step: str,
    *,
    account_id: str,
    resolution: str = "Done",
    comment: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Issue:
    """Take an issue a step through its workflow, with the rules of apps.

    :param comment: what the user says to it, for post functions; the caller adds it to the issue.
    :param changes: other edits that go with it.
    :raises RuleRefusedError: it cannot be taken.
    :raises .store.content.HierarchyError: the edits do not fit.
    """
    if step not in {one.id for one in steps_for(site, issue, account_id)}:
        raise RuleRefusedError("It seems that you have tried to perform an illegal workflow operation.")
    for live in _live(site, step, "Validators"):
        if not _holds(issue, account_id, *live):
            raise RuleRefusedError(_message(live, account_id))
    before = issue.status
    try:
        _, after, _ = site.content.transition_issue(
            issue.key, step, account_id=account_id, resolution=resolution, changes=changes
        )
    except TransitionRefusedError as error:
        raise RuleRefusedError(str(error)) from None
    for live in _live(site, step, "PostFunctions"):
        _tell(live, after, before, account_id, comment)
    return after


def _live(site: Site, step: str, kind: str) -> list[_Live]:
    """The rules of a step whose app and module are there."""
    found = []
    for rule in rules(site, step):
        try:
            installation = site.installation(rule.app_key)
            module = installation.module(rule.module_key)
        except KeyError:
            continue
        if rule.type == f"jiraWorkflow{kind}" and installation.state == "enabled":
            found.append((rule, installation, module))
    return found


def _holds(issue: Issue, account_id: str | None, rule: Rule, installation: Installation, module: Module) -> bool:
    try:
        variables = _variables(installation, issue, account_id, rule)
        value = evaluate_expression(str(module.definition.get("expression", "")), variables)
        if isinstance(value, bool):
            return value
        problem = "it gives no boolean"
    except ExpressionError as error:
        problem = str(error)
    _logger.warning("The expression of %s (%s) is not decided here: %s", rule.module_key, rule.app_key, problem)
    return True


def _variables(installation: Installation, issue: Issue, account_id: str | None, rule: Rule) -> dict[str, Any]:
    try:
        config = json.loads(rule.config) if rule.config else {}
    except (ValueError, RecursionError):  # no JSON, or nested too deeply
        config = rule.config
    asked = Asked(installation, Situation(account_id=account_id, issue=issue.key))
    return expression_variables(asked) | {"config": config}


def _message(live: _Live, account_id: str) -> str:
    _, installation, module = live
    locale = locale_of(installation.site, account_id)
    message = installation.translations.of(module.definition.get("errorMessage"), locale)
    text = message.get("value") if isinstance(message, Mapping) else message
    return text if isinstance(text, str) and text else "A validator of the workflow does not let this issue pass."


def _tell(live: _Live, issue: Issue, before: str, account_id: str, comment: str) -> None:
    """Post to ``triggered.url``, as Jira does after the step."""
    rule, installation, module = live
    site = installation.site
    url = value_at(module.definition, "triggered.url")
    if not isinstance(url, str) or not url:
        return
    if issue.project_key in installation.blocked:
        return
    step = TRANSITIONS[rule.step]
    body = {
        "transition": {
            "workflowId": 10_000,
            "workflowName": "Sandbox workflow",
            "transitionId": int(step.id),
            "transitionName": step.name,
            "from_status": before,
            "to_status": step.to,
        },
        "comment": comment,
        "user": user_json(account_id, site),
        "issue": issue_json(issue, site),
        "configuration": {"value": rule.config},
        "timestamp": int(site.wire.clock() * 1000),
    }
    try:
        target = join(installation.app_base_url, url, rule.values | {"issue.id": issue.id, "issue.key": issue.key})
    except UrlNotAllowedError as error:
        _logger.warning("The post function %s of %s is not called: %s", module.key, installation.app_key, error)
        return

    def deliver() -> None:
        installation.post(
            target, json.dumps(body).encode(), note=f"post function {module.key}", account_id=account_id, headers={}
        )

    site.changes.do(deliver)
