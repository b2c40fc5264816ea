"""Long-running tasks: waited for in virtual time."""

from __future__ import annotations

import pytest

from atlassian_connect.client import TaskState
from atlassian_connect.client.tasks import task_state
from atlassian_connect.errors import (
    HostError,
    HostNotFoundError,
    TaskFailedError,
    TaskTimeoutError,
    UrlNotAllowedError,
)

from .hosts import CLOUD
from .scripted import Time, scripted

TASK = "/rest/api/3/task/10641"
LONG_TASK = "/rest/api/longtask/1180606"


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def jira(transport, time):
    return scripted(transport, "jira", time)


@pytest.fixture
def confluence(transport, time):
    return scripted(transport, "confluence", time)


def jira_task(status, progress=0, **more):
    return 200, {"id": "10641", "self": f"{CLOUD}{TASK}", "status": status, "progress": progress, **more}


def long_task(percent, *, finished=False, successful=False, **more):
    fields = {"percentageComplete": percent, "finished": finished, "successful": successful, "messages": []}
    return 200, {"id": "1180606", **fields, **more}


def in_order(host, path, *answers):
    """The last answer stays."""
    left = list(answers)
    host.route("GET", path, lambda received: left.pop(0) if len(left) > 1 else left[0])


def test_a_task_of_jira_is_waited_for(jira, time):
    host, client = jira
    in_order(
        host, TASK, jira_task("ENQUEUED"), jira_task("RUNNING", 40), jira_task("COMPLETE", 100, result={"success": 3})
    )
    seen = []

    done = client.wait_for_task("10641", progress=lambda task: seen.append((task.state, task.progress)))

    assert (done.id, done.state, done.result) == ("10641", "done", {"success": 3})
    assert seen == [("running", 0), ("running", 40), ("done", 100)]
    assert time.sleeps == [0.5, 0.75]


def test_a_task_of_confluence_is_waited_for(confluence, time):
    host, client = confluence
    in_order(host, LONG_TASK, long_task(0), long_task(50), long_task(100, finished=True, successful=True))

    done = client.wait_for_task(1180606)

    assert (done.state, done.progress) == ("done", 100)
    assert len(time.sleeps) == 2


@pytest.mark.parametrize("location", [f"{CLOUD}{TASK}", TASK])
def test_the_response_that_started_it_says_where_it_is(jira, location):
    host, client = jira
    host.route("PUT", "/rest/api/3/issue/properties/k", (303, None, {"Location": location}))
    in_order(host, TASK, jira_task("COMPLETE", 100))

    started = client.put("/rest/api/3/issue/properties/k", json={"value": 1})

    assert client.wait_for_task(started).state == "done"


def test_so_does_its_body(confluence):
    host, client = confluence
    host.route("POST", "/start", (202, {"id": "1180606", "links": {"status": "/rest/api/longtask/1180606"}}))
    host.route("POST", "/by-id", (202, {"id": "1180606"}))
    in_order(host, LONG_TASK, long_task(100, finished=True, successful=True))

    assert client.wait_for_task(client.post("/start")).state == "done"
    assert client.wait_for_task(client.post("/by-id")).state == "done"
    host.route("POST", "/start", (202, b""))
    with pytest.raises(HostError, match="without a JSON object"):
        client.wait_for_task(client.post("/start"))


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED", "DEAD"])
def test_a_task_that_fails_is_an_error(jira, status):
    host, client = jira
    in_order(host, TASK, jira_task("RUNNING", 10), jira_task(status, 30, message="No space left"))

    with pytest.raises(TaskFailedError, match=r"10641 failed at 30 %: No space left") as failed:
        client.wait_for_task("10641")
    assert failed.value.task.state == "failed"


def test_a_task_of_confluence_that_fails_says_why(confluence):
    host, client = confluence
    errors = [{"translation": "Page is gone", "args": []}, {"key": "x"}, 5]
    in_order(host, LONG_TASK, long_task(100, finished=True, errors=errors))

    with pytest.raises(TaskFailedError, match="Page is gone"):
        client.wait_for_task("1180606")


def test_waiting_ends_when_the_time_is_up(jira, time):
    host, client = jira
    in_order(host, TASK, jira_task("RUNNING", 7))

    with pytest.raises(TaskTimeoutError, match="not done after 60 s, but at 7 %") as late:
        client.wait_for_task("10641")

    assert isinstance(late.value, TimeoutError)
    assert late.value.task.progress == 7
    assert time.now == 60
    assert max(time.sleeps) == 5.0
    assert len(host.received) < 25


def test_a_task_that_is_done_at_the_last_look_is_done(jira, time):
    host, client = jira
    host.route("GET", TASK, lambda received: jira_task("COMPLETE" if time.now >= 10 else "RUNNING"))

    assert client.wait_for_task("10641", time_limit=10, poll=(4, 4)).state == "done"
    assert time.sleeps == [4, 4, 2]


def test_no_time_at_all_is_one_look(jira):
    host, client = jira
    in_order(host, TASK, jira_task("RUNNING"))

    with pytest.raises(TaskTimeoutError):
        client.wait_for_task("10641", time_limit=0)
    assert len(host.received) == 1


def test_sleep_and_timer_can_be_given(jira):
    host, client = jira
    in_order(host, TASK, jira_task("RUNNING"))
    own = Time()

    with pytest.raises(TaskTimeoutError):
        client.wait_for_task("10641", time_limit=5, sleep=own.sleep, timer=own)
    assert own.now == 5


@pytest.mark.parametrize("url", ["https://evil.example.com/rest/api/3/task/1", "//evil.example.com/task/1"])
def test_a_task_elsewhere_is_not_asked_for(jira, url):
    host, client = jira

    with pytest.raises(UrlNotAllowedError):
        client.wait_for_task(url)
    assert host.received == []


@pytest.mark.parametrize("bad", ["", "a b", "..", None, True, "1" * 65])
def test_what_is_neither_id_nor_url(jira, bad):
    with pytest.raises(ValueError, match="neither the id nor the URL"):
        jira[1].wait_for_task(bad)


@pytest.mark.parametrize("poll", [(0, 1), (2, 1), (-1, -1)])
def test_a_poll_that_never_waits_is_refused(jira, poll):
    with pytest.raises(ValueError, match="poll"):
        jira[1].wait_for_task("1", poll=poll)


def test_an_unknown_task_is_the_hosts_error(jira):
    with pytest.raises(HostNotFoundError):
        jira[1].wait_for_task("404")


@pytest.mark.parametrize("document", [{}, {"status": "SLEEPING"}, {"status": None}, {"status": ["COMPLETE"]}])
def test_an_answer_that_is_no_task(document):
    with pytest.raises(HostError, match="unknown state"):
        task_state(document)


@pytest.mark.parametrize(
    ("document", "state", "progress"),
    [
        ({"status": "CANCEL_REQUESTED", "progress": 30.7}, "running", 30),
        ({"status": "RUNNING", "progress": "half"}, "running", 0),
        ({"status": "RUNNING", "progress": 250}, "running", 100),
        ({"percentageComplete": 100, "successful": True}, "done", 100),
        ({"percentageComplete": 100, "finished": False, "successful": False}, "running", 100),
        ({"percentageComplete": 100, "successful": False}, "failed", 100),
        ({"finished": True, "successful": True}, "done", 0),
        ({"status": "COMPLETE", "progress": 100, "finished": 1790000003000}, "done", 100),
        ({"status": "FAILED", "progress": 100, "finished": 1790000003000}, "failed", 100),
    ],
)
def test_what_hosts_say_about_tasks(document, state, progress):
    task = task_state(document)

    assert (task.state, task.progress) == (state, progress)
    assert isinstance(task, TaskState)
