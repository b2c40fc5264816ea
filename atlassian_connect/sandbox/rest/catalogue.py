"""All operations of the two sites."""

from __future__ import annotations

from typing import Final

from . import (
    attachments,
    confluence,
    confluence_properties,
    confluence_v1,
    connect,
    jira,
    jira_permissions,
    jira_properties,
    policies,
)

__all__ = ["CONFLUENCE_OPERATIONS", "JIRA_OPERATIONS"]

#: What the Jira site has.
JIRA_OPERATIONS: Final = (
    *connect.OPERATIONS,
    *jira.OPERATIONS,
    *jira_permissions.OPERATIONS,
    *jira_properties.OPERATIONS,
    *attachments.JIRA_OPERATIONS,
    *policies.JIRA_OPERATIONS,
)
#: What the Confluence site has.
CONFLUENCE_OPERATIONS: Final = (
    *connect.OPERATIONS,
    *confluence.OPERATIONS,
    *confluence_v1.OPERATIONS,
    *confluence_properties.OPERATIONS,
    *attachments.CONFLUENCE_OPERATIONS,
    *policies.CONFLUENCE_OPERATIONS,
)
