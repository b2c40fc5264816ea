"""Search: JQL in Jira, CQL in Confluence, as far as somebody reads on.

An object that an administrator's access rule hides from apps is silently missing: a result is no proof that there is
nothing else.

Sources: *Search for issues using JQL enhanced search (GET)*,
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/; *Search content*,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-search/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pagination import Paginator
    from .session import HostClient

__all__ = ["search_cql", "search_jql"]


def search_jql(
    client: HostClient,
    jql: str,
    *,
    fields: Sequence[str] = ("*navigable",),
    expand: Sequence[str] = (),
    properties: Sequence[str] = (),
    page_size: int = 100,
    max_items: int | None = None,
) -> Paginator:
    """See :meth:`.HostClient.search_jql`."""
    for names in (fields, expand, properties):
        _refuse_text(names)
    params = {
        "jql": jql,
        "fields": ",".join(fields) or None,
        "expand": ",".join(expand) or None,
        "properties": ",".join(properties) or None,
    }
    return client.paginate(
        "/rest/api/3/search/jql", params=params, limit=page_size, max_items=max_items, style="token", items="issues"
    )


def search_cql(
    client: HostClient, cql: str, *, expand: Sequence[str] = (), page_size: int = 50, max_items: int | None = None
) -> Paginator:
    """See :meth:`.HostClient.search_cql`."""
    _refuse_text(expand)
    params = {"cql": cql, "expand": ",".join(expand) or None}
    return client.paginate("/rest/api/search", params=params, limit=page_size, max_items=max_items, items="results")


def _refuse_text(names: Sequence[str]) -> None:
    if isinstance(names, str):
        raise TypeError(f"Give a list: [{names!r}].")
