"""Calls that Jira makes to what a module names, for modules that have no page.

What goes in most of them is not published in full, so a program gives the body. Of deployment gating all is.

Sources: *Deployment gating*, https://developer.atlassian.com/cloud/jira/service-desk/deployment-gating/; *Development
actions*, https://developer.atlassian.com/cloud/jira/software/modules/development-actions/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..protocol.modules import Module, values_at
from ..protocol.urls import Target
from .delivery import Delivery
from .http import Answer
from .module_urls import join

if TYPE_CHECKING:
    from .installation import Installation

__all__ = ["GatingStatus", "call_module", "tell_gating"]

GatingStatus: TypeAlias = Literal["awaiting", "allowed", "prevented", "invalid"]
_GATING: Final = "jiraDeploymentGating"


def call_module(
    installation: Installation,
    module_key: str,
    field: str,
    *,
    method: str,
    body: object,
    query: Mapping[str, str],
    account_id: str | None,
    context: Mapping[str, str],
) -> Answer | None:
    """Call a URL of a module. See :meth:`Installation.call`."""
    target = _target(installation, installation.module(module_key), field, context, query)
    raw, headers = b"", {}
    if body is not None:
        raw, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return installation.send(
        method, target, raw, note=f"{field} of {module_key}", account_id=account_id, headers=headers
    )


def tell_gating(
    installation: Installation,
    status: GatingStatus,
    *,
    pipeline_id: str,
    environment_id: str,
    sequence_number: int,
    issue_keys: Iterable[str],
) -> Delivery:
    """Tell an app how the gate of one of its deployments stands. See :meth:`Installation.tell_gating`."""
    site = installation.site
    module = next((one for one in installation.modules if one.type == _GATING), None)
    if module is None:
        raise KeyError(f"{installation.app_key} has no module {_GATING} on {site.product}.")
    if installation.state != "enabled":
        raise ValueError(f"{installation.app_key} is {installation.state}: nothing is told to it.")
    now = datetime.fromtimestamp(site.wire.clock(), UTC).isoformat(timespec="milliseconds")
    body: dict[str, Any] = {
        "updatedTimestamp": now,
        "gatingStatus": status,
        "details": [
            {"type": "issue", "issueKey": key, "issueLink": f"{site.base_url}/browse/{key}"} for key in issue_keys
        ],
        "pipelineId": pipeline_id,
        "environmentId": environment_id,
        "deploymentSequenceNumber": sequence_number,
    }
    delivery = Delivery(
        installation=installation,
        event="deployment gating",
        source="descriptor" if module in installation.static_modules else "dynamic module",
        target=_target(installation, module, "callback.url", {}, {}),
        body=json.dumps(body).encode(),
        identifier=site.ids.uuid(),
    )
    site.deliveries.send(delivery)
    return delivery


def _target(
    installation: Installation, module: Module, field: str, context: Mapping[str, str], query: Mapping[str, str]
) -> Target:
    url = next((url for _, url in values_at(module.definition, field) if isinstance(url, str) and url), None)
    if url is None:
        raise ValueError(f"{module.type} {module.key!r} has no {field}.")
    return join(installation.app_base_url, url, context, query.items())
