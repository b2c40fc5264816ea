"""Long-running tasks of the hosts, waited for.

Sources: *Get task*, https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-tasks/; *Long-running task*,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-long-running-task/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import requests

from ..errors import HostError, TaskFailedError, TaskTimeoutError
from .properties import answered_object

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["TaskProgress", "TaskState", "Waiting", "task_state", "wait_for_task"]

_TASK_ID = re.compile(r"[A-Za-z0-9-]{1,64}").fullmatch
_JIRA_FAILED: Final = frozenset({"FAILED", "CANCELLED", "DEAD"})
_JIRA_RUNNING: Final = frozenset({"ENQUEUED", "RUNNING", "CANCEL_REQUESTED"})
#: From one look to the next the wait grows by this.
_GROWTH: Final = 1.5
#: The last look may take this long though the time is up: a task that is done should not be called late.
_LEAST_SECONDS: Final = 1.0
_MAX_MESSAGES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What a host says about a task.

    :ivar state: ``running`` until it is ``done`` or has ``failed``; a task that was cancelled has failed.
    :ivar progress: per cent.
    :ivar message: what the host says about it, in its user's language; may be empty.
    :ivar result: what the task brought about, where the host tells (Jira).
    :ivar document: the host's answer as it was.
    """

    id: str
    state: Literal["running", "done", "failed"]
    progress: int = 0
    message: str = ""
    result: Any = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


#: Called with each state that the host reports, the last one included.
TaskProgress: TypeAlias = Callable[[TaskState], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How to wait.

    :ivar time_limit: seconds in all.
    :ivar poll: seconds before the second look, and the longest wait; it grows from the one to the other.
    """

    time_limit: float
    poll: tuple[float, float]
    sleep: Callable[[float], None]
    timer: Callable[[], float]


def wait_for_task(
    client: HostClient, task: str | int | requests.Response, *, progress: TaskProgress | None, waiting: Waiting
) -> TaskState:
    """See :meth:`.HostClient.wait_for_task`."""
    wait, longest = waiting.poll
    if wait <= 0 or longest < wait:
        raise ValueError("poll is two numbers of seconds above 0, the smaller one first.")
    url = _url(client, task)
    deadline = waiting.timer() + waiting.time_limit
    while True:
        left = max(deadline - waiting.timer(), _LEAST_SECONDS)
        state = task_state(answered_object(client.get(url, budget=left)))
        if progress is not None:
            progress(state)
        if state.state == "done":
            return state
        said = f": {state.message}" if state.message else ""
        if state.state == "failed":
            raise TaskFailedError(f"Task {state.id} failed at {state.progress} %{said}", task=state)
        left = deadline - waiting.timer()
        if left <= 0:
            late = f"Task {state.id} is not done after {waiting.time_limit:g} s, but at {state.progress} %{said}"
            raise TaskTimeoutError(late, task=state)
        waiting.sleep(min(wait, left))
        wait = min(wait * _GROWTH, longest)


def task_state(document: Mapping[str, Any]) -> TaskState:
    """Read what either product says about a task.

    :raises HostError: that is no task.
    """
    id_ = str(document.get("id", ""))
    # Confluence. Jira has a field finished, too: the time.
    if "percentageComplete" in document or isinstance(document.get("finished"), bool):
        # Older answers do not say whether it is finished.
        finished = document.get("finished", document.get("percentageComplete") == 100) is True
        return TaskState(
            id=id_,
            state="running" if not finished else "done" if document.get("successful") is True else "failed",
            progress=_percent(document.get("percentageComplete")),
            message=_messages(document.get("errors")) or _messages(document.get("messages")),
            result=document.get("additionalDetails"),
            document=document,
        )
    status = str(document.get("status"))
    if status != "COMPLETE" and status not in _JIRA_FAILED | _JIRA_RUNNING:
        raise HostError(f"The answer is no task, or one in an unknown state: {status[:100]!r}.")
    message = document.get("message")
    return TaskState(
        id=id_,
        state="done" if status == "COMPLETE" else "failed" if status in _JIRA_FAILED else "running",
        progress=_percent(document.get("progress")),
        message=message if isinstance(message, str) else "",
        result=document.get("result"),
        document=document,
    )


def _url(client: HostClient, task: str | int | requests.Response) -> str:
    found: object = task
    if isinstance(task, requests.Response):
        found = task.headers.get("Location") or _link(task)
    if isinstance(found, str) and "/" in found:
        return found
    if isinstance(found, bool) or not isinstance(found, str | int) or not _TASK_ID(str(found)):
        raise ValueError(f"{str(found)[:100]!r} is neither the id nor the URL of a task.")
    return f"/rest/api/3/task/{found}" if client.tenant.product == "jira" else f"/rest/api/longtask/{found}"


def _link(response: requests.Response) -> Any:
    """Where the body of an answer says that its task is: Jira names its URL, Confluence a link or the id alone."""
    document = answered_object(response)
    links = document.get("links")
    if isinstance(links, Mapping) and isinstance(links.get("status"), str):
        return links["status"]
    return next((document[name] for name in ("self", "taskId", "id") if document.get(name)), None)


def _percent(value: Any) -> int:
    return min(max(int(value), 0), 100) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _messages(entries: Any) -> str:
    texts = [
        entry.get("translation") if isinstance(entry, Mapping) else entry
        for entry in (entries if isinstance(entries, list) else ())[:_MAX_MESSAGES]
    ]
    return "; ".join(text for text in texts if isinstance(text, str) and text)
