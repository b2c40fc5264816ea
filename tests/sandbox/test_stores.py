"""What a sandbox keeps: properties, files, tasks, permissions."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.people import ADMIN, MEMBER, PEOPLE, app_person
from atlassian_connect.sandbox.store.content import VersionConflictError
from atlassian_connect.sandbox.store.entity_properties import PropertyExistsError
from atlassian_connect.sandbox.store.store import Store
from atlassian_connect.sandbox.store.tasks import Tasks

OWNER = ("page", "1")


def test_properties_by_version():
    store = Store(lambda: 5.0).entity_properties
    first = store.create(OWNER, "a", 1, ADMIN)
    assert (first.version, store.by_id(OWNER, first.id)) == (1, first)
    with pytest.raises(PropertyExistsError):
        store.create(OWNER, "a", 2, ADMIN)
    with pytest.raises(VersionConflictError, match="Current version is: 1"):
        store.update(OWNER, "a", 2, ADMIN, version=1)
    second = store.update(OWNER, "a", 2, MEMBER, version=2)
    assert (second.id, second.value, second.version, second.account_id) == (first.id, 2, 2, MEMBER)
    store.create(OWNER, "b", 1, ADMIN)
    with pytest.raises(PropertyExistsError):
        store.update(OWNER, "a", 2, ADMIN, version=3, new_key="b")
    assert store.update(OWNER, "a", 2, ADMIN, version=3, new_key="c").key == "c"
    assert [one.key for one in store.all(OWNER)] == ["b", "c"]
    assert (store.delete(OWNER, "c"), store.delete(OWNER, "c")) == (True, False)
    with pytest.raises(KeyError):
        store.by_id(OWNER, first.id)
    with pytest.raises(KeyError):
        store.update(("page", "2"), "b", 1, ADMIN, version=2)


def test_properties_whatever_was_there():
    store = Store(lambda: 5.0).entity_properties
    assert store.put(OWNER, "a", {"x": 1}, ADMIN) is True
    assert store.put(OWNER, "a", 2, ADMIN) is False
    assert store.get(OWNER, "a").value == 2
    assert store.all(("issue", "1")) == []


def test_files():
    store = Store(lambda: 5.0).attachments
    file = store.add(OWNER, name="a.txt", media_type="text/plain", data=b"secret", account_id=ADMIN)
    assert store.by_media_id(file.media_id) == file
    assert "secret" not in repr(file)
    assert file.media_id not in repr(file)
    newer = store.add(OWNER, name="a.txt", media_type="text/plain", data=b"2", account_id=ADMIN, over=file)
    assert (newer.id, newer.version) == (file.id, 2)
    assert store.of(OWNER) == [newer]
    for media_id in (file.media_id, "x", "\ud800"):
        with pytest.raises(KeyError):
            store.by_media_id(media_id)
    store.delete(file.id)
    store.delete(file.id)
    assert store.of(OWNER) == []


def test_tasks_advance_with_the_clock():
    now, done = [100.0], []
    tasks = Tasks(lambda: now[0])
    tasks.seconds = 10
    task = tasks.start("jira", "Work", ADMIN, lambda: done.append(1) or "result")
    assert tasks.get("jira", task.id, ADMIN).progress == 0
    now[0] = 105
    half = tasks.get("jira", task.id, ADMIN)
    assert (half.progress, half.finished, done) == (50, False, [])
    now[0] = 200
    for _ in range(2):
        finished = tasks.get("jira", task.id, ADMIN)
        assert (finished.finished, finished.result, finished.updated, done) == (True, "result", 110, [1])
    for product, task_id, account_id in (
        ("confluence", task.id, ADMIN),
        ("jira", task.id, MEMBER),
        ("jira", "1", ADMIN),
    ):
        with pytest.raises(KeyError):
            tasks.get(product, task_id, account_id)


def test_a_task_that_fails():
    now, done = [0.0], []
    tasks = Tasks(lambda: now[0])
    tasks.fail_next("No space left")
    task = tasks.start("jira", "Work", ADMIN, lambda: done.append(1))
    now[0] = 100
    assert (tasks.get("jira", task.id, ADMIN).failure, done) == ("No space left", [])


def test_who_sees_what():
    permissions, member = Store(lambda: 5.0).permissions, PEOPLE[MEMBER]
    assert permissions.sees(member, "HR")
    assert not permissions.sees(None, "HR")
    assert permissions.sees(None, "DS")
    permissions.restrict("HR", [ADMIN])
    permissions.restrict("DS", [MEMBER])
    assert not permissions.sees(member, "HR")
    assert permissions.sees(PEOPLE[ADMIN], "HR")
    assert permissions.sees(app_person("a", "App", administers=False), "HR")
    assert not permissions.sees(None, "DS")
    permissions.lift("HR")
    assert permissions.sees(member, "HR")
    permissions.deactivate(MEMBER)
    assert not permissions.is_active(MEMBER)
    permissions.activate(MEMBER)
    assert permissions.is_active(MEMBER)
