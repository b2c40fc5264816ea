"""Jira: the workflow, and the rules of apps on its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..bridge.embedding import Embedding, embed
from ..modules import places
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from ..store.jira_setup import STATUSES, TRANSITIONS, Transition
from ..workflow import RULE_TYPES, Rule, add_rule, change_rule, remove_rule, rules
from .forms import done
from .jira_shared import require
from .policy import allow_frame, respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_PLACES: Final = {
    "Conditions": "workflow.conditions",
    "Validators": "workflow.validators",
    "Post functions": "workflow.postfunctions",
}
_MAX_CONFIG: Final = 100_000
_EDIT: Final = "administer workflows"
_STEP: Final = "/jira/workflow/<step>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The workflow for people, and the forms of its rules."""

    @blueprint.get("/jira/workflow")
    def workflow() -> Response:
        return respond("jira/workflow.html", steps=TRANSITIONS.values(), statuses=STATUSES, count=_counts(sandbox))

    @blueprint.get(_STEP)
    def workflow_step(step: str) -> Response:
        found = _step(step)
        parts = [
            (name, [_shown(sandbox, rule) for rule in rules(sandbox.jira, found.id) if _place_of(rule) == place],
             places.at(sandbox.jira, place, _situation(sandbox)))
            for name, place in _PLACES.items()
        ]  # fmt: skip
        return respond("jira/workflow_step.html", step=found, parts=parts)

    @blueprint.get(f"{_STEP}/add/<app_key>/<module_key>")
    def new_rule(step: str, app_key: str, module_key: str) -> Response:
        require(sandbox, "ADMINISTER", _EDIT)
        found, item = _step(step), _item(sandbox, app_key, module_key, _situation(sandbox))
        frame = _frame(sandbox, item, "create.url", {})
        where = url_for("pages.save_rule", step=found.id, app_key=app_key, module_key=module_key)
        return respond("jira/workflow_rule.html", step=found, item=item, embedding=frame, where=where, config="")

    @blueprint.post(f"{_STEP}/add/<app_key>/<module_key>")
    def save_rule(step: str, app_key: str, module_key: str) -> BaseResponse:
        account_id = require(sandbox, "ADMINISTER", _EDIT)
        found, item = _step(step), _item(sandbox, app_key, module_key, _situation(sandbox))
        add_rule(sandbox.jira, found.id, item.module, app_key, _config(), account_id=account_id)
        where = url_for("pages.workflow_step", step=found.id)
        return done(f"“{item.label}” is a rule of the step {found.name} now.", where=where)

    @blueprint.get(f"{_STEP}/rules/<rule_id>")
    def edit_rule(step: str, rule_id: str) -> Response:
        require(sandbox, "ADMINISTER", _EDIT)
        found, rule = _step(step), _rule(sandbox, step, rule_id)
        item = _item(sandbox, rule.app_key, rule.module_key, _situation(sandbox, rule))
        frame = _frame(sandbox, item, "edit.url", rule.values)
        where = url_for("pages.change_rule_of_step", step=found.id, rule_id=rule.id, action="save")
        return respond(
            "jira/workflow_rule.html", step=found, item=item, embedding=frame, where=where, config=rule.config
        )

    @blueprint.post(f"{_STEP}/rules/<rule_id>/<any(save, remove):action>")
    def change_rule_of_step(step: str, rule_id: str, action: str) -> BaseResponse:
        account_id = require(sandbox, "ADMINISTER", _EDIT)
        found, rule = _step(step), _rule(sandbox, step, rule_id)
        where = url_for("pages.workflow_step", step=found.id)
        if action == "remove":
            remove_rule(sandbox.jira, rule.id)
            return done("The rule is removed.", where=where)
        change_rule(sandbox.jira, rule.id, _config(), account_id=account_id)
        return done("The rule is saved.", where=where)


def _step(number: str) -> Transition:
    if number not in TRANSITIONS:
        abort(404, f"The workflow has no step {number}.")
    return TRANSITIONS[number]


def _rule(sandbox: Sandbox, step: str, rule_id: str) -> Rule:
    found = next((one for one in rules(sandbox.jira, step) if one.id == rule_id), None)
    if found is None:
        abort(404, "There is no such rule on this step.")
    return found


def _config() -> str:
    config = request.form.get("config", "")
    if len(config) > _MAX_CONFIG:
        abort(400, f"A configuration has at most {_MAX_CONFIG} characters.")
    return config


def _place_of(rule: Rule) -> str:
    return f"workflow.{RULE_TYPES[rule.type].lower()}s"


def _situation(sandbox: Sandbox, rule: Rule | None = None) -> Situation:
    return Situation(account_id=viewer_id(sandbox), values=rule.values if rule else {})


def _item(sandbox: Sandbox, app_key: str, module_key: str, situation: Situation) -> PlacedModule:
    listed = [one for place in _PLACES.values() for one in places.at(sandbox.jira, place, situation)]
    item = places.one_of(listed, app_key, module_key)
    return item or abort(404, f"{app_key} has no workflow rule {module_key}, or is not there any more.")


def _frame(sandbox: Sandbox, item: PlacedModule, name: str, values: dict[str, str]) -> Embedding | None:
    """One of the pages of a rule. None: the app has none of this name."""
    if name not in item.urls:
        return None
    context = {**item.values, **values}
    frame = embed(
        item.installation, str(item.module.key), viewer=viewer_id(sandbox), context=context, url=item.urls[name]
    )
    if frame.origin:
        allow_frame(frame.origin)
    return frame


def _shown(sandbox: Sandbox, rule: Rule) -> dict[str, Any]:
    situation = _situation(sandbox, rule)
    item = places.one_of(places.at(sandbox.jira, _place_of(rule), situation), rule.app_key, rule.module_key)
    if item is None:
        return {"rule": rule, "item": None, "embedding": None, "editable": False}
    frame = _frame(sandbox, item, "view.url", rule.values)
    return {"rule": rule, "item": item, "embedding": frame, "editable": "edit.url" in item.urls}


def _counts(sandbox: Sandbox) -> dict[str, int]:
    return {step: len(rules(sandbox.jira, step)) for step in TRANSITIONS}
