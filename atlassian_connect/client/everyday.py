"""What apps ask of a host every day, as methods of the client."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Unpack, cast

import requests

from .attachments import AttachmentKind, ContentAttachments, IssueAttachments
from .calls import CallOptions
from .download import Progress, write_body
from .licence import Licence, LicenceCache, licence_of
from .pagination import PageStyle, Paginator
from .permissions import Permissions
from .properties import AppProperties, ConfluenceUserProperties, EntityProperties, segment
from .query import Params
from .search import search_cql, search_jql
from .tasks import TaskProgress, TaskState, Waiting, wait_for_task
from .versioned_properties import ContentKind, VersionedProperties

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["EverydayCalls"]


class EverydayCalls:
    """Properties, permissions, licence, lists, search, attachments and tasks. Part of :class:`.HostClient`.

    Each is a thin layer over a documented operation. What none of them offers is one ``get`` or ``post`` away.
    """

    # --- properties ---------------------------------------------------------------------------------------------------

    @property
    def app_properties(self) -> AppProperties:
        """What the host keeps for the app itself."""
        return AppProperties(_client(self))

    def issue_properties(self, issue: str | int) -> EntityProperties:
        """The properties of an issue, by id or key."""
        return self._entity(f"/rest/api/3/issue/{_id(issue, 'issue')}")

    def project_properties(self, project: str | int) -> EntityProperties:
        """The properties of a project, by id or key."""
        return self._entity(f"/rest/api/3/project/{_id(project, 'project')}")

    def issue_type_properties(self, issue_type: str | int) -> EntityProperties:
        """The properties of an issue type."""
        return self._entity(f"/rest/api/3/issuetype/{_id(issue_type, 'issue type')}")

    def comment_properties(self, comment: str | int) -> EntityProperties:
        """The properties of a comment on an issue."""
        return self._entity(f"/rest/api/3/comment/{_id(comment, 'comment')}")

    def worklog_properties(self, issue: str | int, worklog: str | int) -> EntityProperties:
        """The properties of a worklog of an issue."""
        return self._entity(f"/rest/api/3/issue/{_id(issue, 'issue')}/worklog/{_id(worklog, 'worklog')}")

    def dashboard_item_properties(self, dashboard: str | int, item: str | int) -> EntityProperties:
        """The properties of an item on a dashboard."""
        return self._entity(f"/rest/api/3/dashboard/{_id(dashboard, 'dashboard')}/items/{_id(item, 'item')}")

    def board_properties(self, board: str | int) -> EntityProperties:
        """The properties of a board of Jira Software."""
        return self._entity(f"/rest/agile/1.0/board/{_id(board, 'board')}")

    def sprint_properties(self, sprint: str | int) -> EntityProperties:
        """The properties of a sprint of Jira Software."""
        return self._entity(f"/rest/agile/1.0/sprint/{_id(sprint, 'sprint')}")

    def user_properties(self, account_id: str) -> EntityProperties | ConfluenceUserProperties:
        """The properties of a user, as this tenant's product keeps them."""
        if _client(self).tenant.product == "confluence":
            return ConfluenceUserProperties(_client(self), str(account_id))
        return EntityProperties(_client(self), "/rest/api/3/user", params={"accountId": str(account_id)})

    def content_properties(self, content: str | int, kind: ContentKind = "pages") -> VersionedProperties:
        """The properties of a page, or of other content of Confluence."""
        return VersionedProperties(_client(self), f"/api/v2/{segment(kind)}/{_id(content, 'content')}")

    def space_properties(self, space: str | int) -> VersionedProperties:
        """The properties of a space, by its numeric id."""
        return VersionedProperties(_client(self), f"/api/v2/spaces/{_id(space, 'space')}")

    def _entity(self, path: str) -> EntityProperties:
        return EntityProperties(_client(self), path)

    # --- who may do what ----------------------------------------------------------------------------------------------

    @property
    def permissions(self) -> Permissions:
        """Permission checks, for any user of the site."""
        return Permissions(_client(self))

    def licence(self, cache: LicenceCache | None = None) -> Licence:
        """Tell whether the site has a licence for the app.

        :param cache: None asks the host now. In views, ``current_licence`` has the app's own.
        :raises HostError: the host does not tell.
        """
        return licence_of(_client(self)) if cache is None else cache.get(_client(self))

    # --- lists and files ----------------------------------------------------------------------------------------------

    def paginate(
        self,
        path: str,
        *,
        params: Params | None = None,
        limit: int | None = None,
        max_items: int | None = None,
        start: Mapping[str, Any] | None = None,
        style: PageStyle | None = None,
        items: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator:
        """Iterate over a list that comes in pages. Nothing is sent before the first item is asked for.

        :param path: of a GET endpoint; may be anything that :meth:`.HostClient.request` takes.
        :param limit: items per page, under the name that the host has for it (``maxResults``, ``limit``). Hosts may
            send fewer. The name is guessed when ``style`` is not given; ``params`` may hold it too, and then wins.
        :param max_items: stop after so many.
        :param start: go on at the :attr:`.Paginator.position` of an earlier iterator over the same path. The parameters
            are those of that time.
        :param style: how the list is paged: ``offset``, ``token``, ``link`` or ``start``. None: the first page tells.
            Needed for endpoints that answer a bare array and look at ``startAt``.
        :param items: name of the array of items. None: ``values``, ``results``, ``issues`` or the sole one.
        :param options: those of each request, such as ``timeout`` and ``anonymous``; ``budget`` is for one page.
        :raises ValueError: ``start`` is not a position in this path, or another argument cannot be used.

        Iterating raises what :meth:`.HostClient.request` does, and

        :raises PaginationError: an answer is no page, or a page that the host has already sent.
        :raises UrlNotAllowedError: the next page is not below the tenant's base URL; it was not called.
        """
        return Paginator(
            _client(self),
            path,
            params=params,
            limit=limit,
            max_items=max_items,
            start=start,
            style=style,
            items=items,
            **options,
        )

    def download(
        self,
        url: str,
        file: IO[bytes] | str | os.PathLike[str],
        *,
        params: Params | None = None,
        progress: Progress | None = None,
        follow_foreign: bool = True,
        **options: Unpack[CallOptions],
    ) -> requests.Response:
        """GET something large into a file, piece by piece.

        :param file: opened for writing bytes, or a path. At the path stands the whole file afterwards, or, after an
            error, what was there before.
        :param progress: called after each piece with the bytes so far, and those in all or None.
        :param follow_foreign: hosts redirect downloads to other servers; those are called without credentials.
        :return: the answer, for its headers; its body is in the file.

        Errors are those of :meth:`.HostClient.request`; an answer that breaks off is a :class:`HostUnreachableError`
        too.
        """
        options["headers"] = {"Accept": "*/*", "Accept-Encoding": "identity", **(options.get("headers") or {})}
        response = _client(self).get(url, params=params, stream=True, follow_foreign=follow_foreign, **options)
        write_body(response, file, progress)
        return response

    # --- finding things -----------------------------------------------------------------------------------------------

    def search_jql(
        self,
        jql: str,
        *,
        fields: Sequence[str] = ("*navigable",),
        expand: Sequence[str] = (),
        properties: Sequence[str] = (),
        page_size: int = 100,
        max_items: int | None = None,
    ) -> Paginator:
        """Go through the issues that a JQL query finds, asking for further pages as they are needed.

        The iterator gives issues, each a JSON object, and tells its ``position``, to go on from later.

        :param jql: must narrow the search: hosts refuse a query without any restriction.
        :param fields: of each issue; none: the id alone.
        :param properties: keys of issue properties to send along, at most five.
        :param max_items: stop after so many.
        """
        return search_jql(
            _client(self),
            jql,
            fields=fields,
            expand=expand,
            properties=properties,
            page_size=page_size,
            max_items=max_items,
        )

    def search_cql(
        self, cql: str, *, expand: Sequence[str] = (), page_size: int = 50, max_items: int | None = None
    ) -> Paginator:
        """Go through what a CQL query finds, asking for further pages as they are needed.

        The iterator gives search results, each a JSON object: ``content``, ``space`` or ``user`` holds what was found,
        beside ``title``, ``url``, ``excerpt``.
        """
        return search_cql(_client(self), cql, expand=expand, page_size=page_size, max_items=max_items)

    # --- files --------------------------------------------------------------------------------------------------------

    def issue_attachments(self, issue: str | int) -> IssueAttachments:
        """The attachments of an issue, by id or key."""
        return IssueAttachments(_client(self), str(issue))

    def content_attachments(self, content: str | int, kind: AttachmentKind = "pages") -> ContentAttachments:
        """The attachments of a page, a blog post or custom content."""
        return ContentAttachments(_client(self), content, kind)

    # --- tasks --------------------------------------------------------------------------------------------------------

    def wait_for_task(
        self,
        task: str | int | requests.Response,
        *,
        progress: TaskProgress | None = None,
        time_limit: float = 60,
        poll: tuple[float, float] = (0.5, 5.0),
        sleep: Callable[[float], None] | None = None,
        timer: Callable[[], float] | None = None,
    ) -> TaskState:
        """Wait until a long-running task of the host is done. Meant for jobs: a view should not wait.

        :param task: the response that started it (Jira's 303, Confluence's 202), its URL, or its id.
        :param progress: called with what the host says, at every look.
        :param time_limit: seconds in all.
        :param poll: seconds before the second look, and the longest wait between two.
        :param sleep: waits; default: as for retries.
        :param timer: seconds that only grow; default: as for retries.
        :return: its last state.
        :raises TaskFailedError: it failed or was cancelled; ``task`` is the last state.
        :raises TaskTimeoutError: it is not done yet; ``task`` is the last state. The host goes on with it.
        :raises UrlNotAllowedError: the URL is not below the tenant's base URL.
        :raises HostError: the host does not tell how the task is doing.
        """
        client = _client(self)
        waiting = Waiting(
            time_limit=time_limit,
            poll=poll,
            sleep=sleep or client._retry_policy.sleep,
            timer=timer or client._retry_policy.timer,
        )
        return wait_for_task(client, task, progress=progress, waiting=waiting)


def _client(self: EverydayCalls) -> HostClient:
    return cast("HostClient", self)


def _id(value: str | int, what: str) -> str:
    return segment(str(value), what=f"{what} id")
