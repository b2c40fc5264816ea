"""Content as version 1 of Confluence's REST has it: its parts, its kinds, its labels, properties and lists."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.rest.shapes import confluence_time

from .conftest import good


@pytest.fixture
def page(sandbox: Sandbox, space):
    return sandbox.content.create_page(space.id, "Parts", "<p>text</p>", account_id=ADMIN)


@pytest.fixture
def file(sandbox: Sandbox, page):
    return sandbox.attachments.add(
        ("page", page.id), name="a b.txt", media_type="text/plain", data=b"a", account_id=ADMIN
    )


def test_single_objects_tell_what_their_links_are_relative_to(sandbox: Sandbox, wiki, page):
    base = sandbox.confluence.base_url
    for path in (f"/rest/api/content/{page.id}", f"/api/v2/pages/{page.id}"):
        assert good(wiki("GET", path))["_links"]["base"] == base


def test_parts_are_expanded(sandbox: Sandbox, wiki, space, page):
    below = sandbox.content.create_page(space.id, "Below", "", account_id=ADMIN, parent_id=page.id)
    for key in ("one", "two"):
        sandbox.entity_properties.create(("page", page.id), key, key, ADMIN)
    sandbox.content.add_label(page.id, "x", account_id=ADMIN)
    expand = "history.lastUpdated,children.page,metadata.labels,metadata.properties.one,operations"
    whole = good(wiki("GET", f"/rest/api/content/{page.id}?expand={expand}"))
    assert whole["history"]["lastUpdated"]["number"] == 1
    assert [one["id"] for one in whole["children"]["page"]["results"]] == [below.id]
    assert [one["name"] for one in whole["metadata"]["labels"]["results"]] == ["x"]
    assert {key: one["value"] for key, one in whole["metadata"]["properties"].items()} == {"one": "one"}
    assert {"operation": "update", "targetType": "page"} in whole["operations"]


def test_files_are_content(sandbox: Sandbox, wiki, as_user, page, file):
    path = f"/rest/api/content/att{file.id}"
    shown = good(wiki("GET", path))
    assert (shown["type"], shown["title"]) == ("attachment", "a b.txt")
    assert shown["_links"]["self"] == f"{sandbox.confluence.base_url}{path}"
    (hit,) = good(wiki("GET", "/rest/api/content/search?cql=type=attachment"))["results"]
    assert hit["id"] == shown["id"]
    assert wiki("GET", "/rest/api/content/att1").status_code == 404
    for of_file in (path, f"/api/v2/attachments/att{file.id}"):
        assert as_user(MEMBER)("DELETE", of_file).status_code == 403
    good(wiki("DELETE", path), 204)
    assert sandbox.attachments.of(("page", page.id)) == []
    mine = sandbox.attachments.add(("page", page.id), name="m", media_type="a/b", data=b"", account_id=MEMBER)
    good(as_user(MEMBER)("DELETE", f"/api/v2/attachments/{mine.id}"), 204)


def test_files_are_listed_by_name_and_type(sandbox: Sandbox, wiki, as_user, page, file):
    (post, *_) = sandbox.content.blog_posts()
    on_post = sandbox.attachments.add(
        ("page", post.id), name="c.png", media_type="image/png", data=b"", account_id=ADMIN
    )

    def ids(path: str, caller=wiki) -> list[str]:
        return [one["id"] for one in good(caller("GET", path))["results"]]

    every = [f"att{file.id}", f"att{on_post.id}"]
    assert ids("/api/v2/attachments") == every
    assert ids("/api/v2/attachments?sort=-created-date") == every[::-1]
    assert ids("/api/v2/attachments?mediaType=image/png") == every[1:]
    assert ids(f"/api/v2/pages/{page.id}/attachments?filename=a%20b.txt") == every[:1]
    assert ids(f"/api/v2/pages/{page.id}/attachments?filename=x") == []
    assert ids(f"/rest/api/content/{page.id}/child/attachment?mediaType=image/png") == []
    assert wiki("GET", f"/api/v2/pages/{post.id}/attachments").status_code == 404
    (listed,) = good(wiki("GET", f"/api/v2/blogposts/{post.id}/attachments"))["results"]
    assert (listed["blogPostId"], "pageId" in listed) == (post.id, False)
    sandbox.content.restrict_page(page.id, "read", account_ids=[ADMIN])
    assert ids("/api/v2/attachments", as_user(MEMBER)) == every[1:]


def test_spaces_are_listed_by_type_and_status(sandbox: Sandbox, wiki, space):
    content = sandbox.content
    content.edit_space(space.id, account_id=ADMIN, status="archived")
    content.create_space("~ada", "Ada", account_id=ADMIN, type="personal")

    def keys(path: str) -> list[str]:
        return [one["key"] for one in good(wiki("GET", path))["results"]]

    for path in ("/api/v2/spaces", "/rest/api/space"):
        assert keys(f"{path}?status=archived") == [space.key]
        assert keys(f"{path}?type=personal") == ["~ada"]
        assert space.key not in keys(f"{path}?type=global&status=current")
    assert keys(f"/rest/api/space?spaceId={space.id}") == [space.key]


def test_files_go_to_the_trash_with_their_page(sandbox: Sandbox, wiki, page, file):
    sandbox.content.trash_page(page.id, account_id=ADMIN)
    assert wiki("GET", f"/api/v2/attachments/att{file.id}").status_code == 404


def test_views_link_to_what_is_there_and_seen(sandbox: Sandbox, as_user, space, page, file):
    content = sandbox.content
    content.create_page(space.id, "Shown", "", account_id=ADMIN)
    hidden = content.create_page(space.id, "Hidden", "", account_id=ADMIN)
    content.restrict_page(hidden.id, "read", account_ids=[ADMIN])
    names = ('<ri:page ri:content-title="Shown"/>', '<ri:page ri:content-title="Hidden"/>')
    names += ('<ri:attachment ri:filename="a b.txt"/>', '<ri:attachment ri:filename="none.txt"/>')
    content.edit_page(page.id, account_id=ADMIN, body="".join(f"<ac:link>{name}</ac:link>" for name in names))
    html = good(as_user(MEMBER)("GET", f"/api/v2/pages/{page.id}?body-format=view"))["body"]["view"]["value"]
    assert html.count("<a ") == 2
    assert hidden.id not in html
    assert f"/download/attachments/{page.id}/a%20b.txt" in html
    assert (
        f"/pages/{hidden.id}"
        in good(as_user(ADMIN)("GET", f"/api/v2/pages/{page.id}?body-format=view"))["body"]["view"]["value"]
    )


def test_labels_are_lower_case_and_each_removed_once(wiki, page):
    path = f"/rest/api/content/{page.id}/label"
    good(wiki("POST", path, [{"name": "Mixed"}]))
    good(wiki("DELETE", f"{path}/Mixed"), 204)
    assert wiki("DELETE", f"{path}?name=mixed").status_code == 404


def test_properties_of_pages_are_not_those_of_blog_posts(sandbox: Sandbox, wiki, page):
    (post, *_) = sandbox.content.blog_posts()
    assert wiki("GET", f"/api/v2/pages/{post.id}/properties").status_code == 404
    assert wiki("GET", f"/api/v2/blogposts/{page.id}/properties").status_code == 404
    good(wiki("POST", f"/api/v2/blogposts/{post.id}/properties", {"key": "k", "value": 1}))
    assert good(wiki("GET", f"/rest/api/content/{post.id}/property/k"))["value"] == 1


def test_properties_of_comments_are_content_properties(sandbox: Sandbox, wiki, page):
    comment = sandbox.content.add_comment(page.id, "<p>c</p>", account_id=ADMIN)
    good(wiki("POST", f"/rest/api/content/{comment.id}/property", {"key": "k", "value": 1}))
    assert good(wiki("GET", f"/api/v2/comments/{comment.id}/properties"))["results"][0]["value"] == 1
    sandbox.confluence.installations[0].block("DS")
    assert wiki("GET", f"/rest/api/content/{comment.id}/property/k").status_code == 403


def test_ten_properties_are_listed_unless_more_are_asked_for(sandbox: Sandbox, wiki, page):
    for number in range(12):
        sandbox.entity_properties.create(("page", page.id), f"k{number}", number, ADMIN)
    path = f"/rest/api/content/{page.id}/property"
    first = good(wiki("GET", path))
    assert (first["size"], first["limit"]) == (10, 10)
    assert good(wiki("GET", first["_links"]["next"]))["size"] == 2


def test_lists_take_any_status_and_no_odd_one(sandbox: Sandbox, wiki, space, page):
    sandbox.content.trash_page(page.id, account_id=ADMIN)
    path = f"/rest/api/content?spaceKey={space.key}&limit=250"
    ids = [one["id"] for one in good(wiki("GET", path))["results"]]
    assert page.id not in ids
    assert {one["id"] for one in good(wiki("GET", f"{path}&status=any"))["results"]} == {*ids, page.id}
    for wrong in (f"{path}&status=eaten", "/api/v2/pages?status=eaten", f"/rest/api/content/{page.id}?status=eaten"):
        assert wiki("GET", wrong).status_code == 400


def test_lists_of_labels_have_those_of_what_the_caller_sees(sandbox: Sandbox, as_user, wiki):
    content = sandbox.content
    hidden, gone = content.pages(content.spaces()[2].id)[1], content.pages(content.spaces()[0].id)[1]
    content.add_label(hidden.id, "secret", account_id=ADMIN)
    content.add_label(gone.id, "dropped", account_id=ADMIN)
    sandbox.permissions.restrict("HR", [ADMIN])
    content.trash_page(gone.id, account_id=ADMIN)
    for caller, seen in ((as_user(MEMBER), set()), (as_user(ADMIN), {"secret"})):
        names = {one["name"] for one in good(caller("GET", "/api/v2/labels?limit=250"))["results"]}
        assert names & {"secret", "dropped"} == seen
        assert caller("GET", "/rest/api/label?name=dropped").status_code == 404
    of_space = good(wiki("GET", f"/api/v2/spaces/{gone.space_id}/content/labels?limit=250"))["results"]
    assert "dropped" not in {one["name"] for one in of_space}


def test_times_do_not_run_ahead():
    assert confluence_time(1_769_860_800.9999999) == "2026-01-31T12:00:01.000Z"
    assert confluence_time(1_769_860_800.0) == "2026-01-31T12:00:00.000Z"


def test_a_label_is_removed_under_the_prefix_it_is_named_with(wiki, page, told: list[str]):
    path = f"/rest/api/content/{page.id}/label"
    good(wiki("POST", path, [{"name": "plan"}, {"name": "plan", "prefix": "my"}, {"name": "plan", "prefix": "team"}]))
    good(wiki("DELETE", f"{path}/plan"), 204)
    assert {one["prefix"] for one in good(wiki("GET", path))["results"]} == {"my", "team"}
    assert wiki("DELETE", f"{path}?name=plan").status_code == 404
    good(wiki("DELETE", f"{path}?name=team:plan"), 204)
    assert [one["prefix"] for one in good(wiki("GET", path))["results"]] == ["my"]
    assert told == ["label_added"] * 3 + ["label_removed"] * 2


def test_a_description_that_is_too_long_for_a_space_is_refused_not_cut(sandbox: Sandbox, wiki, space):
    long = {"plain": {"value": "d" * 2001}}
    assert wiki("PUT", f"/rest/api/space/{space.key}", {"description": long}).status_code == 400
    assert sandbox.content.space(space.id) == space
    for path in ("/rest/api/space", "/api/v2/spaces"):
        assert wiki("POST", path, {"key": "LONG", "name": "Long", "description": long}).status_code == 400
    assert all(one.key != "LONG" for one in sandbox.content.spaces())


def test_a_page_is_not_below_one_of_another_space(sandbox: Sandbox, wiki, page):
    above = [{"id": sandbox.content.pages(sandbox.content.spaces()[1].id)[0].id}]
    new = {"type": "page", "title": "New", "space": {"key": sandbox.content.space(page.space_id).key}}
    assert wiki("POST", "/rest/api/content", {**new, "ancestors": above}).status_code == 400
    change = {"type": "page", "title": "Guide", "version": {"number": page.version + 1}, "ancestors": above}
    assert wiki("PUT", f"/rest/api/content/{page.id}", change).status_code == 400
    assert sandbox.content.page(page.id) == page


def test_a_draft_of_what_is_published_is_not_published(sandbox: Sandbox, wiki, page):
    change = {"type": "page", "title": "Draft", "status": "draft", "version": {"number": page.version + 1}}
    assert wiki("PUT", f"/rest/api/content/{page.id}", change).status_code == 501
    assert sandbox.content.page(page.id) == page
