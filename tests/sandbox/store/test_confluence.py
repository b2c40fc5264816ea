"""Spaces, pages, comments and labels, and what is told of them."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.people import ADMIN, MEMBER
from atlassian_connect.sandbox.store.changes import Change
from atlassian_connect.sandbox.store.content import KeyTakenError, TitleTakenError, VersionConflictError
from atlassian_connect.sandbox.store.store import Store


def kinds(told: list[Change]) -> list[str]:
    return [change.kind for change in told]


def test_a_page_from_draft_to_nothing(store: Store, told: list[Change]):
    content = store.content
    space = content.space_by_key("DS")
    draft = content.create_page(space.id, "Motion", "<p>1</p>", account_id=MEMBER, status="draft")
    assert (content.page_by_title(space.id, "Motion"), told) == (None, [])
    page = content.edit_page(draft.id, account_id=ADMIN, status="current", body="<p>2</p>", message="out")
    assert (page.version, page.author, page.modified_by, page.message) == (1, MEMBER, ADMIN, "out")
    assert [(one.number, one.body, one.author) for one in content.versions(page.id)] == [(1, "<p>2</p>", ADMIN)]
    content.edit_page(page.id, account_id=ADMIN, title="Motion and time")
    assert content.trash_page(page.id, account_id=ADMIN).status == "trashed"
    assert page.id not in {one.id for one in content.pages()}
    assert content.pages(space.id, status="trashed")[0].id == page.id
    content.edit_page(page.id, account_id=ADMIN, status="current")
    store.entity_properties.put(("page", page.id), "k", 1, ADMIN)
    store.attachments.add(("page", page.id), name="a", media_type="text/plain", data=b"a", account_id=ADMIN)
    content.add_comment(page.id, "<p>x</p>", account_id=MEMBER)
    content.add_label(page.id, "later", account_id=MEMBER)
    told.clear()
    content.delete_page(page.id, account_id=ADMIN)
    assert kinds(told) == ["page_removed"]
    assert (told[0].before.title, told[0].after, told[0].account_id) == ("Motion and time", None, ADMIN)
    with pytest.raises(KeyError):
        content.page(page.id)
    left = store.entity_properties.all(("page", page.id)), store.attachments.of(("page", page.id))
    assert (*left, content.comments(page.id), content.labels(page.id), content.versions(page.id)) == ([],) * 5


def test_what_is_told_of_a_page(store: Store, told: list[Change]):
    content = store.content
    space = content.space_by_key("ENG")
    page = content.create_page(space.id, "Alerts", "", account_id=MEMBER, parent_id=space.homepage_id)
    post = content.create_page(space.id, "News", "", account_id=MEMBER, type="blogpost")
    content.edit_page(page.id, account_id=MEMBER, body="x")
    content.edit_page(post.id, account_id=MEMBER, body="x")
    content.trash_page(page.id, account_id=MEMBER)
    content.edit_page(page.id, account_id=MEMBER, status="current")
    assert kinds(told) == [
        "page_created",
        "blog_created",
        "page_updated",
        "blog_updated",
        "page_trashed",
        "page_restored",
    ]
    assert {change.product for change in told} == {"confluence"}
    assert (told[2].before.body, told[2].after.body, told[2].value) == ("", "x", told[2].after)


def test_an_edit_that_is_refused_changes_and_tells_nothing(store: Store, told: list[Change]):
    content = store.content
    page, other = content.pages()[:2]
    with pytest.raises(VersionConflictError, match=f"Current version is: {page.version}"):
        content.edit_page(page.id, account_id=ADMIN, body="x", version=page.version)
    with pytest.raises(TitleTakenError):
        content.edit_page(page.id, account_id=ADMIN, body="x", title=other.title)
    with pytest.raises(TitleTakenError):
        content.create_page(page.space_id, page.title, "", account_id=ADMIN)
    with pytest.raises(ValueError, match="below itself"):
        content.edit_page(page.id, account_id=ADMIN, body="x", parent_id=other.id)
    with pytest.raises(KeyError):
        content.edit_page(page.id, account_id=ADMIN, body="x", parent_id="nowhere")
    assert (content.page(page.id), told, len(content.versions(page.id))) == (page, [], page.version)


def test_pages_move_with_what_is_below(store: Store, told: list[Change]):
    content = store.content
    space, target = content.space_by_key("DS"), content.space_by_key("HR")
    top = content.create_page(space.id, "Top", "", account_id=ADMIN)
    below = content.create_page(space.id, "Below", "", account_id=ADMIN, parent_id=top.id)
    deep = content.create_page(space.id, "Deep", "", account_id=ADMIN, parent_id=below.id)
    told.clear()
    moved = content.move_page(top.id, account_id=ADMIN, parent_id=target.homepage_id, space_id=target.id, position=2)
    assert (moved.position, moved.version) == (2, top.version)
    assert [one.title for one in content.children(target.homepage_id)][1:4] == [
        "Travel and expenses",
        "Top",
        "Interview guide",
    ]
    assert content.page(deep.id).space_id == target.id
    assert [one.title for one in content.ancestors(deep.id)] == ["People home", "Top", "Below"]
    assert (kinds(told), told[0].before.space_id, told[0].after.space_id) == (["page_moved"], space.id, target.id)
    with pytest.raises(ValueError, match="below itself"):
        content.move_page(top.id, account_id=ADMIN, parent_id=deep.id)
    content.trash_page(below.id, account_id=ADMIN)
    assert content.page(deep.id).parent_id == top.id


def test_a_copy_beside_its_page_is_called_a_copy(store: Store):
    page = store.content.pages()[1]
    titles = [
        store.content.copy_page(page.id, space_id=page.space_id, title=page.title, account_id=ADMIN).title
        for _ in range(2)
    ]
    assert titles == [f"Copy of {page.title}", f"Copy (2) of {page.title}"]


def test_spaces(store: Store, told: list[Change]):
    content = store.content
    space = content.create_space("NEW", "New", account_id=MEMBER, description="d")
    assert content.page(space.homepage_id).space_id == space.id
    with pytest.raises(KeyTakenError):
        content.create_space("NEW", "Again", account_id=MEMBER)
    assert content.edit_space(space.id, account_id=MEMBER, name="Newer").description == "d"
    page = content.create_page(space.id, "P", "", account_id=MEMBER)
    comment = content.add_comment(page.id, "c", account_id=MEMBER)
    store.entity_properties.put(("comment", comment.id), "k", 1, MEMBER)
    store.entity_properties.put(("space", space.id), "k", 1, MEMBER)
    store.permissions.restrict("NEW", [ADMIN])
    told.clear()
    content.delete_space(space.id, account_id=MEMBER)
    assert kinds(told) == ["space_removed"]
    assert [one.key for one in content.spaces()] == ["DS", "ENG", "HR"]
    assert (content.pages(space.id), store.permissions.restricted()) == ([], {})
    assert not store.entity_properties.all(("comment", comment.id))
    with pytest.raises(KeyError):
        content.space(space.id)


def test_comments(store: Store, told: list[Change]):
    content, page = store.content, store.content.pages()[2]
    first = content.add_comment(page.id, "<p>1</p>", account_id=ADMIN)
    answer = content.add_comment(page.id, "<p>2</p>", account_id=MEMBER, parent_id=first.id)
    assert (content.comments(page.id), content.answers(first.id)) == ([first, answer], [answer])
    assert content.edit_comment(first.id, account_id=ADMIN, body="<p>3</p>", version=2).version == 2
    with pytest.raises(VersionConflictError):
        content.edit_comment(first.id, account_id=ADMIN, body="x", version=2)
    with pytest.raises(KeyError):
        content.add_comment(content.pages()[3].id, "x", account_id=ADMIN, parent_id=first.id)
    content.delete_comment(first.id, account_id=ADMIN)
    assert content.comments(page.id) == []
    assert kinds(told) == [
        "comment_created",
        "comment_created",
        "comment_updated",
        "comment_removed",
        "comment_removed",
    ]
    assert {change.about.id for change in told} == {page.id}


def test_labels(store: Store, told: list[Change]):
    content, page, other = store.content, *store.content.pages()[:2]
    label = content.add_label(page.id, "draft-2", account_id=ADMIN)
    assert content.add_label(page.id, "draft-2", account_id=ADMIN) == label
    assert content.add_label(other.id, "draft-2", account_id=ADMIN).id == label.id
    assert [one.id for one in content.labelled("draft-2")] == [page.id, other.id]
    assert content.all_labels()[page.id] == {"draft-2"}
    assert [content.remove_label(page.id, "draft-2", account_id=ADMIN) for _ in range(2)] == [True, False]
    assert (kinds(told), told[-1].about.id) == (["label_added", "label_added", "label_removed"], page.id)


def test_files_and_users_are_told(store: Store, told: list[Change]):
    page, issue = store.content.pages()[0], store.content.issues()[0]
    for owner in (("page", page.id), ("issue", issue.id)):
        file = store.attachments.add(owner, name="a", media_type="text/plain", data=b"a", account_id=ADMIN)
        store.attachments.delete(file.id, ADMIN)
    person = store.users.create("Ines Berger", email="ines@example.com")
    store.permissions.deactivate(person.account_id)
    assert [(change.product, change.kind) for change in told] == [
        ("confluence", "attachment_created"),
        ("confluence", "attachment_removed"),
        ("jira", "attachment_created"),
        ("jira", "attachment_deleted"),
        ("jira", "user_created"),
        ("confluence", "user_created"),
        ("jira", "user_updated"),
        ("confluence", "user_deactivated"),
    ]
    assert (told[0].about, told[2].about) == (page, issue)
    assert (store.users.search("ber"), [one.name for one in store.users.search("lind")]) == ([], ["Jonas Lindqvist"])
    assert [one.name for one in store.users.groups()["administrators"]] == ["Ada Okafor"]


def test_custom_content_goes_with_what_it_is_in(store: Store, told: list[Change]):
    content, space = store.content, store.content.spaces()[0]
    page = content.create_page(space.id, "Holder", "", account_id=ADMIN, parent_id=space.homepage_id)
    custom = content.create_page(space.id, "C", "", account_id=ADMIN, type="ac:app:note", parent_id=page.id)
    below = content.create_page(space.id, "Below", "", account_id=ADMIN, parent_id=page.id)
    content.trash_page(page.id, account_id=ADMIN)
    parents = (content.page(custom.id).parent_id, content.page(below.id).parent_id)
    assert parents == (page.id, space.homepage_id)
    told.clear()
    content.delete_page(page.id, account_id=ADMIN)
    assert kinds(told) == ["content_removed", "page_removed"]
    with pytest.raises(KeyError):
        content.page(custom.id)
