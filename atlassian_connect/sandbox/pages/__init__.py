"""The sites as people see them: a Jira and a Confluence in the browser, and what the sandbox adds for developers.

One blueprint, made of areas. An area is a module with ``add_routes(blueprint, sandbox)``; it answers with
:func:`.policy.respond`, asks :mod:`.viewer` who looks, and ends its forms with :func:`.forms.done`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint

from . import (
    api_tokens,
    apps,
    confluence,
    forms,
    home,
    inspector,
    jira,
    jira_dashboards,
    jira_forms,
    jira_issue,
    jira_search,
    jira_workflow,
    modules,
    placed,
    policy,
    rules,
    shell,
    viewer,
    webhooks,
)

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["create_blueprint"]

_AREAS: Final = (
    home,
    viewer,
    apps,
    rules,
    modules,
    confluence,
    jira,
    jira_issue,
    jira_forms,
    jira_search,
    jira_dashboards,
    jira_workflow,
    inspector,
    webhooks,
    api_tokens,
)


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the pages of a sandbox, to be mounted at the root."""
    blueprint = Blueprint("pages", __name__)
    for layer in (forms, policy, placed, shell):
        layer.wrap(blueprint, sandbox)
    for area in _AREAS:
        area.add_routes(blueprint, sandbox)
    return blueprint
