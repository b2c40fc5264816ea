"""The command group, put together."""

from __future__ import annotations

from .access import access_group
from .descriptor import descriptor_group
from .dev import dev_command
from .jwt import jwt_group
from .modules import modules_group
from .new import new_command
from .output import ConnectGroup
from .sandbox import sandbox_command
from .secrets import secrets_group
from .tenants import tenants_group

__all__ = ["connect_group"]

connect_group = ConnectGroup(
    "connect", help="Jira and Confluence: tenants, modules, tokens, access rules, the sandbox."
)
for _command in (
    new_command,
    dev_command,
    sandbox_command,
    descriptor_group,
    tenants_group,
    modules_group,
    jwt_group,
    access_group,
    secrets_group,
):
    connect_group.add_command(_command)
