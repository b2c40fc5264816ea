"""Copying and moving pages by Confluence's REST, and what becomes of them in the trash."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from .conftest import good


@pytest.fixture
def page(sandbox: Sandbox, space):
    """A page with all that can be copied along, and one below it."""
    content = sandbox.content
    made = content.create_page(space.id, "Guide", "<p>text</p>", account_id=ADMIN, parent_id=space.homepage_id)
    content.create_page(space.id, "Guide, part 1", "", account_id=ADMIN, parent_id=made.id)
    content.add_label(made.id, "howto", account_id=ADMIN)
    sandbox.entity_properties.create(("page", made.id), "key", {"x": 1}, ADMIN)
    sandbox.attachments.add(("page", made.id), name="a.txt", media_type="text/plain", data=b"a", account_id=ADMIN)
    return made


def copied(sandbox: Sandbox, wiki, page, **wanted):
    """Copy a hierarchy, and wait for it."""
    task = good(wiki("POST", f"/rest/api/content/{page.id}/pagehierarchy/copy", wanted), 202)
    sandbox.wire.clock.ahead += 60
    ended = good(wiki("GET", f"/rest/api/longtask/{task['id']}"))
    assert ended["successful"], ended
    return sandbox.content.page(ended["additionalDetails"]["destinationId"])


def test_a_hierarchy_is_copied_below_its_destination(sandbox: Sandbox, wiki, space, page):
    content, other = sandbox.content, sandbox.content.spaces()[1]
    copy = copied(
        sandbox, wiki, page, destinationPageId=other.homepage_id, copyDescendants=True, copyLabels=True,
        titleOptions={"prefix": "New ", "search": "Guide", "replace": "Book"},
    )  # fmt: skip
    assert (copy.title, copy.space_id, copy.parent_id) == ("New Book", other.id, other.homepage_id)
    assert [one.title for one in content.children(copy.id)] == ["New Book, part 1"]
    assert [one.name for one in content.labels(copy.id)] == ["howto"]
    assert sandbox.entity_properties.all(("page", copy.id)) == []
    alone = copied(sandbox, wiki, page, destinationPageId=page.id)  # below itself, which ends
    assert (alone.title, alone.parent_id, content.children(alone.id)) == ("Copy of Guide", page.id, [])
    again = copied(sandbox, wiki, page, destinationPageId=page.id, copyDescendants=True)
    assert again.title == "Copy (2) of Guide"
    assert len(content.children(again.id)) == 2


def test_what_is_asked_for_is_copied_along(sandbox: Sandbox, wiki, space, page):
    sandbox.content.restrict_page(page.id, "update", groups=["users"])
    every = dict.fromkeys(("copyLabels", "copyProperties", "copyPermissions", "copyAttachments"), True)
    body = {"storage": {"representation": "storage", "value": "<p>other</p>"}}
    wanted = {"destination": {"type": "space", "value": "DS"}, "pageTitle": "Twin", "body": body, **every}
    made = sandbox.content.page(good(wiki("POST", f"/rest/api/content/{page.id}/copy", wanted))["id"])
    assert (made.title, made.parent_id, made.body) == ("Twin", None, "<p>other</p>")
    assert [one.name for one in sandbox.content.labels(made.id)] == ["howto"]
    assert [one.value for one in sandbox.entity_properties.all(("page", made.id))] == [{"x": 1}]
    assert [one.data for one in sandbox.attachments.of(("page", made.id))] == [b"a"]
    assert sandbox.content.restriction(made.id, "update").groups == ("users",)
    bare = good(wiki("POST", f"/rest/api/content/{page.id}/copy", {"destination": wanted["destination"]}))
    assert bare["title"] == "Copy of Guide"
    assert sandbox.content.labels(bare["id"]) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"destination": 3}, 400),
        ({"destination": {"type": "moon"}}, 400),
        ({"destination": {"type": "existing_page", "value": "65537"}}, 501),
        ({"destination": {"type": "parent_page", "value": "1"}}, 404),
        ({"destination": {"type": "space", "value": "NO"}}, 404),
        ({"pageTitle": "x" * 256}, 400),
        ({"pageTitle": 3}, 400),
        ({"copyLabels": "yes"}, 400),
        ({"copyCustomContents": True}, 501),
        ({"body": {"storage": {"representation": "storage", "value": "<p>half"}}}, 400),
    ],
)
def test_a_wrong_copy_makes_nothing(sandbox: Sandbox, wiki, page, change, status: int):
    before = len(sandbox.content.all_pages())
    wanted = {"destination": {"type": "space", "value": "DS"}, **change}
    assert wiki("POST", f"/rest/api/content/{page.id}/copy", wanted).status_code == status
    assert len(sandbox.content.all_pages()) == before


@pytest.mark.parametrize("options", ["p", [1, 2], {"prefix": ["x"]}, {"search": 3}])
def test_options_of_titles_are_an_object_with_texts(wiki, page, options):
    wanted = {"destinationPageId": page.id, "titleOptions": options}
    assert wiki("POST", f"/rest/api/content/{page.id}/pagehierarchy/copy", wanted).status_code == 400


def test_a_page_does_not_move_to_where_its_title_is_taken(sandbox: Sandbox, wiki, page):
    content, other = sandbox.content, sandbox.content.spaces()[1]
    taken = content.create_page(other.id, "Guide, part 1", "", account_id=ADMIN)
    move = f"/rest/api/content/{page.id}/move"
    assert wiki("PUT", f"{move}/append/{other.homepage_id}").status_code == 400
    assert content.page(page.id) == page
    assert wiki("PUT", f"{move}/after/{page.id}").status_code == 400
    content.trash_page(taken.id, account_id=ADMIN)
    good(wiki("PUT", f"{move}/append/{other.homepage_id}"))
    assert {one.space_id for one in [content.page(page.id), *content.children(page.id)]} == {other.id}


def test_a_page_comes_back_from_the_trash_below_what_is_there(sandbox: Sandbox, wiki, space, page):
    content = sandbox.content
    (below,) = content.children(page.id)
    content.trash_page(below.id, account_id=ADMIN)
    content.trash_page(page.id, account_id=ADMIN)
    change = {"id": below.id, "status": "current", "title": below.title, "version": {"number": 2}}
    assert good(wiki("PUT", f"/api/v2/pages/{below.id}", change))["parentId"] == space.homepage_id
    assert below.id in [
        one["id"] for one in good(wiki("GET", f"/api/v2/pages/{space.homepage_id}/children"))["results"]
    ]


def test_a_draft_is_published_as_version_1(sandbox: Sandbox, wiki, space):
    made = good(wiki("POST", "/api/v2/pages", {"spaceId": space.id, "title": "", "status": "draft"}))
    path = f"/api/v2/pages/{made['id']}"
    assert good(wiki("GET", f"{path}?get-draft=true"))["status"] == "draft"
    for status in ("draft", "current"):
        change = {"id": made["id"], "status": status, "title": f"D {status}", "version": {"number": 1}}
        assert good(wiki("PUT", path, change))["version"]["number"] == 1
    assert [(one.number, one.title) for one in sandbox.content.versions(made["id"])] == [(1, "D current")]
    assert wiki("PUT", path, {**change, "version": {"number": 1}}).status_code == 409
    good(wiki("PUT", path, {**change, "version": {"number": 2}}))
    long = {"spaceId": space.id, "title": "x" * 256, "status": "draft"}
    assert wiki("POST", "/api/v2/pages", long).status_code == 400


def test_an_update_does_not_say_that_it_moved_what_it_did_not(sandbox: Sandbox, wiki, page):
    change = {"id": page.id, "status": "current", "title": "Guide", "version": {"number": 2}}
    other = sandbox.content.spaces()[1].id
    assert wiki("PUT", f"/api/v2/pages/{page.id}", {**change, "spaceId": other}).status_code == 400
    good(wiki("PUT", f"/api/v2/pages/{page.id}", {**change, "spaceId": page.space_id}))


def test_parents_are_current_whatever_the_query_asks_for(sandbox: Sandbox, wiki, space, page):
    sandbox.content.trash_page(page.id, account_id=MEMBER)
    wanted = {"spaceId": space.id, "title": "Lost", "parentId": page.id}
    assert wiki("POST", "/api/v2/pages?status=trashed", wanted).status_code == 404
