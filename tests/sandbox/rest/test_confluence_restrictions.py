"""Restrictions of single pages: by REST, in the store, and wherever pages are read and changed."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from .conftest import good

BODY = {"representation": "storage", "value": "<p>text</p>"}


def user(account_id: str) -> dict[str, str]:
    return {"type": "known", "accountId": account_id}


def names(wiki, page_id: str, operation: str) -> tuple[list[str], list[str]]:
    found = good(wiki("GET", f"/rest/api/content/{page_id}/restriction/byOperation/{operation}"))["restrictions"]
    users, groups = found["user"]["results"], found["group"]["results"]
    assert (found["user"]["size"], found["group"]["size"]) == (len(users), len(groups))
    return [one["accountId"] for one in users], [one["name"] for one in groups]


def test_restrictions_are_added_replaced_and_removed(sandbox: Sandbox, wiki, wiki_app: Installation, space):
    page, me = sandbox.content.pages(space.id)[1], wiki_app.account_id
    path = f"/rest/api/content/{page.id}/restriction"
    assert names(wiki, page.id, "read") == ([], [])
    one = [{"operation": "read", "restrictions": {"user": [user(me)], "group": [{"type": "group", "name": "users"}]}}]
    listed = good(wiki("POST", path, one))
    assert [found["operation"] for found in listed["results"]] == ["read", "update"]
    assert names(wiki, page.id, "read") == ([me], ["users"])
    good(wiki("POST", path, [{"operation": "read", "restrictions": {"user": [user(ADMIN)]}}]))
    assert names(wiki, page.id, "read") == ([me, ADMIN], ["users"])
    good(wiki("PUT", path, [{"operation": "update", "restrictions": {"user": [user(me)]}}]))
    assert (names(wiki, page.id, "read"), names(wiki, page.id, "update")) == (([], []), ([me], []))
    assert good(wiki("GET", f"{path}/byOperation"))["update"]["operation"] == "update"
    whole = good(wiki("GET", f"/rest/api/content/{page.id}?expand=restrictions.update.restrictions.user"))
    assert whole["restrictions"]["update"]["restrictions"]["user"]["results"][0]["accountId"] == me
    good(wiki("PUT", path, good(wiki("GET", path))))  # what was read can be written back
    assert names(wiki, page.id, "update") == ([me], [])
    good(wiki("DELETE", path))
    assert names(wiki, page.id, "update") == ([], [])


def test_one_user_or_group_is_named_and_struck(sandbox: Sandbox, wiki, wiki_app: Installation, space):
    page = sandbox.content.pages(space.id)[1]
    path = f"/rest/api/content/{page.id}/restriction/byOperation/update"
    me, other = f"{path}/user?accountId={wiki_app.account_id}", f"{path}/user?accountId={MEMBER}"
    assert wiki("GET", me).status_code == 404
    good(wiki("PUT", me))
    good(wiki("PUT", other))
    assert good(wiki("GET", other)) is True
    groups = {one["name"]: one["id"] for one in good(wiki("GET", "/rest/api/group"))["results"]}
    good(wiki("PUT", f"{path}/byGroupId/{groups['administrators']}"))
    assert good(wiki("GET", f"{path}/group/administrators")) is True
    good(wiki("DELETE", f"{path}/group/administrators"))
    good(wiki("DELETE", other))
    assert names(wiki, page.id, "update") == ([wiki_app.account_id], [])
    for missing in (f"{path}/group/nobodies", f"{path}/byGroupId/1", f"{path}/user?accountId=x", f"{path}/user"):
        assert wiki("PUT", missing).status_code == 404
    assert wiki("PUT", me.replace("update", "paint")).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        3,
        {},
        [3],
        [{"operation": "read"}],
        [{"operation": "read", "restrictions": {}}],
        [{"operation": "read", "restrictions": []}],
        [{"operation": "paint", "restrictions": {"user": [{"accountId": ADMIN}]}}],
        [{"operation": [], "restrictions": {"user": [{"accountId": ADMIN}]}}],
        [{"operation": "read", "restrictions": {"user": [{"accountId": "nobody"}]}}],
        [{"operation": "read", "restrictions": {"user": [{"accountId": []}]}}],
        [{"operation": "read", "restrictions": {"user": ["x"]}}],
        [{"operation": "read", "restrictions": {"user": 3}}],
        [{"operation": "read", "restrictions": {"group": [{"name": "nobodies"}]}}],
        [
            {"operation": "read", "restrictions": {"user": [{"accountId": ADMIN}]}},
            {"operation": "update", "restrictions": {"user": [{"accountId": 3}]}},
        ],
    ],
)
def test_a_wrong_restriction_changes_nothing(sandbox: Sandbox, wiki, space, body):
    page = sandbox.content.pages(space.id)[1]
    for method in ("POST", "PUT"):
        assert wiki(method, f"/rest/api/content/{page.id}/restriction", body).status_code == 400
    assert sandbox.content.restriction(page.id, "read").is_open


def test_who_may_not_read_a_page_finds_nothing_of_it_nor_of_what_is_below(sandbox: Sandbox, wiki, as_user, space):
    content = sandbox.content
    page = content.children(space.homepage_id)[0]
    below = content.create_page(space.id, "Below", "<p>zebra</p>", account_id=ADMIN, parent_id=page.id)
    comment = content.add_comment(below.id, "<p>zebra</p>", account_id=ADMIN)
    content.add_label(below.id, "stripes", account_id=ADMIN)
    file = sandbox.attachments.add(
        ("page", below.id), name="zebra.txt", media_type="text/plain", data=b"x", account_id=ADMIN
    )
    member, admin = as_user(MEMBER), as_user(ADMIN)
    label_id = content.labels(below.id)[0].id
    one_by_one = [
        f"/api/v2/pages/{below.id}",
        f"/api/v2/pages/{below.id}/properties",
        f"/api/v2/pages/{below.id}/versions",
        f"/api/v2/footer-comments/{comment.id}",
        f"/api/v2/attachments/att{file.id}",
        f"/api/v2/labels/{label_id}/pages",
        f"/rest/api/content/{below.id}",
        f"/rest/api/content/{comment.id}",
        f"/rest/api/content/{below.id}/child/attachment",
        f"/rest/api/content/{below.id}/restriction",
        "/rest/api/label?name=stripes",
    ]
    lists = [
        "/api/v2/pages?limit=250",
        f"/api/v2/spaces/{space.id}/pages?limit=250",
        f"/api/v2/spaces/{space.id}/content/labels?limit=250",
        "/api/v2/labels?limit=250",
        "/api/v2/footer-comments?limit=250",
        f"/rest/api/content/{space.homepage_id}/descendant/page?limit=250",
        "/rest/api/content?limit=250",
        "/rest/api/content/search?cql=text~zebra",
        "/rest/api/search?cql=siteSearch~zebra",
    ]
    traces = (below.id, comment.id, f"att{file.id}", "stripes")

    def mentions(path: str) -> bool:
        text = good(member("GET", path)) and member("GET", path).text
        return any(f'"{trace}"' in text for trace in traces)

    assert all(member("GET", path).status_code == 200 for path in one_by_one)
    assert all(mentions(path) for path in lists)
    content.restrict_page(page.id, "read", account_ids=[ADMIN])
    assert [path for path in one_by_one if member("GET", path).status_code != 404] == []
    assert [path for path in lists if mentions(path)] == []
    children = f"/api/v2/pages/{space.homepage_id}/children?limit=250"
    assert page.id not in [one["id"] for one in good(member("GET", children))["results"]]
    assert all(admin("GET", path).status_code == 200 for path in one_by_one)
    # An app's own user is a user like any other, as on real sites.
    assert wiki("GET", f"/rest/api/content/{below.id}").status_code == 404
    content.restrict_page(page.id, "read")
    assert all(member("GET", path).status_code == 200 for path in one_by_one)


def test_who_may_not_edit_a_page_reads_and_comments_on_it(sandbox: Sandbox, wiki, as_user, space):
    content, member = sandbox.content, as_user(MEMBER)
    page = content.children(space.homepage_id)[0]
    below = content.create_page(space.id, "Below", "", account_id=ADMIN, parent_id=page.id)
    content.restrict_page(page.id, "update", groups=["administrators"])
    one, before = f"/rest/api/content/{page.id}", (content.page(page.id), content.labels(page.id))
    update = {"id": page.id, "status": "current", "title": "x", "version": {"number": page.version + 1}}
    for method, path, body in (
        ("PUT", f"/api/v2/pages/{page.id}", update),
        ("PUT", one, {"type": "page", "title": "x", "version": {"number": page.version + 1}}),
        ("POST", f"{one}/label", [{"name": "x"}]),
        ("POST", f"{one}/property", {"key": "x", "value": 1}),
        ("POST", f"/api/v2/pages/{page.id}/properties", {"key": "x", "value": 1}),
        ("PUT", f"{one}/move/append/{content.children(space.homepage_id)[1].id}", None),
        ("POST", f"{one}/version", {"operationKey": "restore", "params": {"versionNumber": 1}}),
        ("DELETE", one, None),
        ("DELETE", f"/api/v2/pages/{page.id}", None),
    ):
        for caller in (member, wiki):
            assert caller(method, path, body).status_code == 403, (method, path)
    restriction = [{"operation": "update", "restrictions": {"user": [user(MEMBER)]}}]
    assert member("POST", f"{one}/restriction", restriction).status_code == 404
    assert (content.page(page.id), content.labels(page.id)) == before
    good(member("GET", one))
    good(member("POST", "/api/v2/footer-comments", {"pageId": page.id, "body": BODY}), 201)
    operations = good(member("GET", f"/api/v2/pages/{page.id}/operations"))["operations"]
    assert [found["operation"] for found in operations] == ["read"]
    # It holds for the page alone, and not for those it names.
    good(member("POST", f"/rest/api/content/{below.id}/label", [{"name": "x"}]))
    good(as_user(ADMIN)("POST", f"{one}/label", [{"name": "x"}]))


def test_permission_checks_know_restrictions(sandbox: Sandbox, wiki, wiki_app: Installation, space):
    page = sandbox.content.pages(space.id)[1]
    path = f"/rest/api/content/{page.id}/permission/check"

    def may(kind: str, identifier: str, operation: str) -> bool:
        asked = {"subject": {"type": kind, "identifier": identifier}, "operation": operation}
        return good(wiki("POST", path, asked))["hasPermission"]

    groups = {one["name"]: one["id"] for one in good(wiki("GET", "/rest/api/group"))["results"]}
    assert may("group", groups["users"], "update")
    assert not may("group", groups["users"], "delete")
    assert not may("group", "1", "read")
    sandbox.content.restrict_page(page.id, "update", account_ids=[ADMIN, wiki_app.account_id])
    assert (may("user", MEMBER, "read"), may("user", MEMBER, "update"), may("user", ADMIN, "update")) == (
        True,
        False,
        True,
    )
    sandbox.content.restrict_page(page.id, "read", account_ids=[ADMIN, wiki_app.account_id])
    assert (may("user", MEMBER, "read"), may("user", "anonymous", "read")) == (False, False)
    assert not may("group", groups["users"], "read")


def test_a_private_page_is_for_who_made_it(sandbox: Sandbox, wiki, as_user, space):
    wanted = {"spaceId": space.id, "title": "Mine", "body": BODY}
    made = good(as_user(MEMBER)("POST", "/api/v2/pages?private=true", wanted))
    path = f"/api/v2/pages/{made['id']}"
    assert [caller("GET", path).status_code for caller in (as_user(MEMBER), as_user(ADMIN), wiki)] == [200, 404, 404]


def test_restrictions_go_with_their_page(sandbox: Sandbox, space):
    content = sandbox.content
    page = content.create_page(space.id, "Short", "", account_id=ADMIN)
    content.restrict_page(page.id, "read", account_ids=[ADMIN])
    content.delete_page(page.id, account_id=ADMIN)
    assert content.restriction(page.id, "read").is_open
    with pytest.raises(KeyError):
        content.restrict_page(page.id, "read", account_ids=[ADMIN])


def test_a_homepage_that_is_restricted_is_not_told_with_its_space(sandbox: Sandbox, wiki, as_user, space):
    path = f"/rest/api/space/{space.key}?expand=homepage"
    assert good(wiki("GET", path))["homepage"]["id"] == space.homepage_id
    sandbox.content.restrict_page(space.homepage_id, "read", account_ids=[MEMBER])
    assert good(wiki("GET", path))["homepage"] is None
    assert good(as_user(MEMBER)("GET", path))["homepage"]["id"] == space.homepage_id
    made = good(wiki("POST", "/api/v2/pages", {"spaceId": space.id, "title": "On top", "body": BODY}))
    assert good(wiki("GET", f"/api/v2/pages/{made['id']}"))["parentId"] is None  # else its author could not read it


def test_a_file_of_a_hidden_page_is_as_missing_as_one_that_never_was(sandbox: Sandbox, wiki, space):
    page = sandbox.content.pages(space.id)[1]
    file = sandbox.attachments.add(
        ("page", page.id), name="plan.txt", media_type="text/plain", data=b"x", account_id=ADMIN
    )
    sandbox.content.restrict_page(page.id, "read", account_ids=[ADMIN])
    for path in ("/api/v2/attachments/{}", "/rest/api/content/{}"):
        hidden, missing = (wiki("GET", path.format(one)) for one in (f"att{file.id}", "att1"))
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.text.replace(f"att{file.id}", "att1") == missing.text


def test_a_tree_is_deleted_but_for_what_may_not_be_edited(sandbox: Sandbox, wiki, space):
    content = sandbox.content
    top, middle, low = (content.create_page(space.id, name, "", account_id=ADMIN) for name in ("Top", "Middle", "Low"))
    content.move_page(middle.id, account_id=ADMIN, parent_id=top.id)
    content.move_page(low.id, account_id=ADMIN, parent_id=middle.id)
    content.restrict_page(low.id, "update", account_ids=[ADMIN])
    task = good(wiki("DELETE", f"/rest/api/content/{top.id}/pageTree"), 202)
    sandbox.wire.clock.ahead += 60
    assert good(wiki("GET", f"/rest/api/longtask/{task['id']}"))["successful"]
    assert [content.page(one.id).status for one in (top, middle, low)] == ["trashed", "trashed", "current"]
    assert content.page(low.id).parent_id is None
