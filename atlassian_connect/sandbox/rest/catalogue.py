"""All operations of the two sites."""

from __future__ import annotations

from typing import Final

from . import (
    attachments,
    confluence,
    confluence_attachments,
    confluence_comments,
    confluence_comments_v1,
    confluence_copies,
    confluence_labels,
    confluence_macros,
    confluence_pages,
    confluence_properties,
    confluence_restrictions,
    confluence_spaces,
    confluence_tree,
    confluence_users,
    confluence_v1,
    confluence_versions,
    connect,
    jira,
    jira_agile,
    jira_comments,
    jira_dashboards,
    jira_expressions,
    jira_fields,
    jira_filters,
    jira_issues,
    jira_jql_functions,
    jira_meta,
    jira_permissions,
    jira_projects,
    jira_properties,
    jira_releases,
    jira_search,
    jira_transitions,
    jira_watchers,
    jira_webhooks,
    jira_worklogs,
    policies,
)
from .jira_v2 import as_version_2
from .table import OperationTable

__all__ = ["CONFLUENCE", "CONFLUENCE_OPERATIONS", "JIRA", "JIRA_OPERATIONS"]

_JIRA: Final = (
    *connect.OPERATIONS,
    *jira.OPERATIONS,
    *jira_agile.OPERATIONS,
    *jira_comments.OPERATIONS,
    *jira_dashboards.OPERATIONS,
    *jira_expressions.OPERATIONS,
    *jira_fields.OPERATIONS,
    *jira_filters.OPERATIONS,
    *jira_issues.OPERATIONS,
    *jira_jql_functions.OPERATIONS,
    *jira_meta.OPERATIONS,
    *jira_transitions.OPERATIONS,
    *jira_watchers.OPERATIONS,
    *jira_worklogs.OPERATIONS,
    *jira_projects.OPERATIONS,
    *jira_releases.OPERATIONS,
    *jira_search.OPERATIONS,
    *jira_webhooks.OPERATIONS,
    *jira_permissions.OPERATIONS,
    *jira_properties.OPERATIONS,
    *attachments.JIRA_OPERATIONS,
    *policies.JIRA_OPERATIONS,
)
#: What the Jira site has.
JIRA_OPERATIONS: Final = (*_JIRA, *as_version_2(_JIRA))
#: What the Confluence site has.
CONFLUENCE_OPERATIONS: Final = (
    *connect.OPERATIONS,
    *confluence.OPERATIONS,
    *confluence_pages.OPERATIONS,
    *confluence_comments.OPERATIONS,
    *confluence_comments_v1.OPERATIONS,
    *confluence_spaces.OPERATIONS,
    *confluence_users.OPERATIONS,
    *confluence_v1.OPERATIONS,
    *confluence_labels.OPERATIONS,
    *confluence_tree.OPERATIONS,
    *confluence_copies.OPERATIONS,
    *confluence_versions.OPERATIONS,
    *confluence_restrictions.OPERATIONS,
    *confluence_macros.OPERATIONS,
    *confluence_properties.OPERATIONS,
    *confluence_attachments.OPERATIONS,
    *policies.CONFLUENCE_OPERATIONS,
)
#: Where the requests to each find theirs.
JIRA: Final = OperationTable(JIRA_OPERATIONS)
CONFLUENCE: Final = OperationTable(CONFLUENCE_OPERATIONS)
