"""Writing content by Confluence's REST, and what belongs to it, as apps do in version 2 and version 1."""

from __future__ import annotations

import json

import pytest

from atlassian_connect.protocol import access
from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.macros.storage import macros_in

from ..connect_app import HostCaller
from .conftest import good

BODY = {"representation": "storage", "value": '<p>text</p><ac:structured-macro ac:name="poll" />'}


# --- version 2 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "event"), [("pages", "page"), ("blogposts", "blog")])
def test_the_life_of_a_page_or_post(sandbox: Sandbox, wiki, told, space, name: str, event: str):
    made = good(wiki("POST", f"/api/v2/{name}", {"spaceId": space.id, "title": "New", "body": BODY}))
    path = f"/api/v2/{name}/{made['id']}"
    assert made["version"]["number"] == 1
    assert [one.id for one in macros_in(made["body"]["storage"]["value"])] != [""]
    if name == "pages":
        assert made["parentId"] == space.homepage_id
    change = {"id": made["id"], "status": "current", "title": "Newer", "version": {"number": 2, "message": "why"}}
    assert good(wiki("PUT", path, change))["version"]["message"] == "why"
    assert wiki("PUT", path, change).status_code == 409
    assert [one["number"] for one in good(wiki("GET", f"{path}/versions"))["results"]] == [2, 1]
    assert good(wiki("GET", f"{path}/versions/1"))["number"] == 1
    assert good(wiki("GET", f"{path}?version=1"))["title"] == "New"
    assert wiki("GET", f"{path}/versions/9").status_code == 404
    good(wiki("DELETE", path), 204)
    assert wiki("GET", path).status_code == 404
    assert good(wiki("GET", f"{path}?status=trashed"))["status"] == "trashed"
    assert wiki("DELETE", path).status_code == 404
    good(wiki("DELETE", f"{path}?purge=true"), 204)
    assert wiki("GET", f"{path}?status=trashed").status_code == 404
    assert told == [f"{event}_{kind}" for kind in ("created", "updated", "trashed", "removed")]


def test_a_draft_is_published(wiki, told, space):
    made = good(wiki("POST", "/api/v2/pages", {"spaceId": space.id, "title": "D", "status": "draft"}))
    path = f"/api/v2/pages/{made['id']}"
    assert (wiki("GET", path).status_code, told) == (404, [])
    assert good(wiki("GET", f"{path}?status=draft"))["status"] == "draft"
    published = {"id": made["id"], "status": "current", "title": "D", "version": {"number": 1}}
    assert good(wiki("PUT", path, published))["status"] == "current"
    assert told == ["page_created"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"spaceId": "1"}, 404),
        ({"spaceId": None}, 404),
        ({"spaceId": [1]}, 400),
        ({"title": ""}, 400),
        ({"title": "Colour tokens"}, 400),
        ({"status": "archived"}, 400),
        ({"parentId": "1"}, 404),
        ({"body": {"representation": "storage", "value": "<p>half"}}, 400),
        ({"body": {"representation": "atlas_doc_format", "value": "{}"}}, 400),
        ({"body": {"representation": "atlas_doc_format", "value": "{"}}, 400),
        ({"body": {"representation": "atlas_doc_format", "value": {}}}, 400),
        ({"body": {"representation": "wiki", "value": "h1. x"}}, 501),
        ({"body": {"representation": {}, "value": "x"}}, 400),
        ({"body": "text"}, 400),
    ],
)
def test_what_is_not_created(sandbox: Sandbox, wiki, told, space, change, status):
    wanted = {"spaceId": space.id, "title": "New", "body": BODY, **change}
    assert wiki("POST", "/api/v2/pages", wanted).status_code == status
    assert told == []


def test_lists_by_kind_space_and_label(sandbox: Sandbox, wiki, space):
    assert len(good(wiki("GET", "/api/v2/blogposts"))["results"]) == 2
    assert len(good(wiki("GET", f"/api/v2/spaces/{space.id}/blogposts"))["results"]) == 1
    label = next(one for one in good(wiki("GET", "/api/v2/labels"))["results"] if one["name"] == "tokens")
    found = good(wiki("GET", f"/api/v2/labels/{label['id']}/pages"))["results"]
    assert [one["title"] for one in found] == ["Colour tokens"]
    posts = good(wiki("GET", f"/api/v2/labels/{label['id']}/blogposts"))["results"]
    assert {one["title"] for one in posts + found} == {one.title for one in sandbox.content.labelled("tokens")}
    assert wiki("GET", "/api/v2/labels/1/pages").status_code == 404
    assert wiki("GET", f"/api/v2/blogposts/{space.homepage_id}").status_code == 404
    home = f"/api/v2/pages/{space.homepage_id}"
    children = good(wiki("GET", f"{home}/children?limit=3"))
    assert [one["childPosition"] for one in children["results"]] == [0, 1, 2]
    assert "next" in children["_links"]
    above = good(wiki("GET", f"/api/v2/pages/{children['results'][0]['id']}/ancestors"))["results"]
    assert above == [{"id": space.homepage_id, "type": "page"}]
    types = good(wiki("POST", "/api/v2/content/convert-ids-to-types", {"contentIds": [space.homepage_id, "1"]}))
    assert types["results"] == {space.homepage_id: "page", "1": None}


def test_bodies_are_documents_for_who_writes_and_asks_for_them(sandbox: Sandbox, wiki, space):
    extension = {"extensionType": "com.atlassian.confluence.macro.core", "extensionKey": "poll"}
    blocks = [
        {"type": "paragraph", "content": [{"type": "text", "text": "Vote!", "marks": [{"type": "strong"}]}]},
        {"type": "extension", "attrs": extension},
    ]
    body = {"representation": "atlas_doc_format", "value": json.dumps({"type": "doc", "version": 1, "content": blocks})}
    made = good(wiki("POST", "/api/v2/pages", {"spaceId": space.id, "title": "Vote", "body": body}))
    (macro,) = macros_in(sandbox.content.page(made["id"]).body)
    assert (macro.name, bool(macro.id)) == ("poll", True)
    asked = good(wiki("GET", f"/api/v2/pages/{made['id']}?body-format=atlas_doc_format"))["body"]["atlas_doc_format"]
    document = json.loads(asked["value"])
    assert (asked["representation"], document["content"][0]) == ("atlas_doc_format", blocks[0])
    parameters = document["content"][1]["attrs"]["parameters"]
    assert parameters["macroMetadata"]["macroId"]["value"] == macro.id
    of_version_1 = good(wiki("GET", f"/rest/api/content/{made['id']}?expand=body.atlas_doc_format"))["body"]
    assert of_version_1["atlas_doc_format"]["value"] == asked["value"]
    listed = good(wiki("GET", f"/api/v2/spaces/{space.id}/pages?limit=250&body-format=atlas_doc_format"))["results"]
    assert all(json.loads(one["body"]["atlas_doc_format"]["value"])["type"] == "doc" for one in listed)
    comment = good(wiki("POST", "/api/v2/footer-comments", {"pageId": made["id"], "body": body}), 201)
    assert "<strong>Vote!</strong>" in comment["body"]["storage"]["value"]
    media = {"type": "mediaGroup", "content": [{"type": "media", "attrs": {"type": "file"}}]}
    value = json.dumps({"type": "doc", "version": 1, "content": [media]})
    refused = wiki("POST", "/api/v2/pages", {"spaceId": space.id, "title": "X", "body": {**body, "value": value}})
    assert (refused.status_code, "mediaGroup" in refused.text) == (501, True)
    assert sandbox.content.page_by_title(space.id, "X") is None


def test_bodies_as_they_are_asked_for(sandbox: Sandbox, wiki, space):
    page = sandbox.content.page_by_title(space.id, "Colour tokens")
    sandbox.content.edit_page(page.id, account_id=ADMIN, body=f"{page.body}<script>alert(1)</script>{BODY['value']}")
    view = good(wiki("GET", f"/api/v2/pages/{page.id}?body-format=view"))["body"]["view"]["value"]
    assert 'class="macro-box info"' in view
    assert '<div class="ap-container" data-macro-name="poll"' in view
    assert "<script" not in view
    assert wiki("GET", f"/api/v2/pages/{page.id}?body-format=atlas_doc_format").status_code == 501
    assert wiki("GET", f"/api/v2/pages/{page.id}?body-format=x").status_code == 400
    v1 = good(wiki("GET", f"/rest/api/content/{page.id}?expand=body.view,body.storage,metadata.labels,ancestors"))
    assert v1["body"]["view"]["value"] == view
    assert [one["name"] for one in v1["metadata"]["labels"]["results"]] == ["tokens", "reference"]
    assert [one["id"] for one in v1["ancestors"]] == [space.homepage_id]


def test_comments_come_and_go(sandbox: Sandbox, wiki, told, space):
    page = sandbox.content.pages(space.id)[1]
    made = good(wiki("POST", "/api/v2/footer-comments", {"pageId": page.id, "body": BODY}), 201)
    answer = {"parentCommentId": made["id"], "body": {"storage": BODY}}
    child = good(wiki("POST", "/api/v2/footer-comments", answer), 201)
    path = f"/api/v2/footer-comments/{made['id']}"
    assert [one["id"] for one in good(wiki("GET", f"{path}/children"))["results"]] == [child["id"]]
    assert made["id"] in {one["id"] for one in good(wiki("GET", f"/api/v2/pages/{page.id}/footer-comments"))["results"]}
    edited = good(wiki("PUT", path, {"version": {"number": 2}, "body": {**BODY, "value": "<p>x</p>"}}))
    assert edited["body"]["storage"]["value"] == "<p>x</p>"
    assert wiki("PUT", path, {"version": {"number": 2}, "body": BODY}).status_code == 409
    properties = f"/api/v2/comments/{made['id']}/properties"
    good(wiki("POST", properties, {"key": "k", "value": 1}))
    assert [one["key"] for one in good(wiki("GET", properties))["results"]] == ["k"]
    good(wiki("DELETE", path), 204)
    assert wiki("GET", path).status_code == 404
    assert told == ["comment_created", "comment_created", "comment_updated", "comment_removed", "comment_removed"]
    for wrong in ({}, {"pageId": page.id, "blogPostId": "1", "body": BODY}, {"pageId": page.id}):
        assert wiki("POST", "/api/v2/footer-comments", wrong).status_code == 400


# --- version 1 --------------------------------------------------------------------------------------------------------


def test_the_life_of_content_in_version_1(sandbox: Sandbox, wiki, told, space):
    wanted = {
        "type": "page",
        "title": "V1",
        "space": {"key": "DS"},
        "ancestors": [{"id": space.homepage_id}],
        "body": {"storage": BODY},
    }
    made = good(wiki("POST", "/rest/api/content", wanted))
    path = f"/rest/api/content/{made['id']}"
    assert made["space"]["key"] == "DS"
    assert sandbox.content.page(made["id"]).parent_id == space.homepage_id
    assert good(wiki("PUT", path, {"type": "page", "title": "V1b", "version": {"number": 2}}))["version"]["number"] == 2
    comment = {"type": "comment", "container": {"id": made["id"], "type": "page"}, "body": {"storage": BODY}}
    said = good(wiki("POST", "/rest/api/content", comment))
    assert good(wiki("GET", f"{path}/child/comment?expand=body.storage"))["results"][0]["id"] == said["id"]
    assert good(wiki("GET", f"/rest/api/content/{said['id']}"))["type"] == "comment"
    good(wiki("DELETE", f"/rest/api/content/{said['id']}"), 204)
    assert good(wiki("GET", f"{path}/history"))["lastUpdated"]["number"] == 2
    assert good(wiki("GET", f"{path}/version"))["size"] == 2
    restored = {"operationKey": "restore", "params": {"versionNumber": 1, "message": "back", "restoreTitle": True}}
    assert good(wiki("POST", f"{path}/version", restored))["number"] == 3
    assert sandbox.content.page(made["id"]).title == "V1"
    good(wiki("DELETE", path), 204)
    assert wiki("GET", path).status_code == 404
    good(wiki("DELETE", f"{path}?status=trashed"), 204)
    assert told == [
        *("page_created", "page_updated", "comment_created", "comment_removed", "page_updated"),
        *("page_trashed", "page_removed"),
    ]


def test_labels(sandbox: Sandbox, wiki, told, space):
    path = f"/rest/api/content/{space.homepage_id}/label"
    found = good(wiki("POST", path, [{"prefix": "global", "name": "One"}, {"name": "two"}]))
    assert {"one", "two"} <= {one["name"] for one in found["results"]}
    assert len(good(wiki("GET", "/rest/api/label?name=one"))["associatedContents"]["results"]) == 1
    good(wiki("DELETE", f"{path}/one"), 204)
    assert wiki("DELETE", f"{path}/one").status_code == 404
    good(wiki("DELETE", f"{path}?name=two"), 204)
    for wrong in ({"name": "a b"}, {"name": ""}, {"prefix": "x", "name": "y"}, 3, [[]]):
        assert wiki("POST", path, wrong).status_code == 400
    assert told == ["label_added", "label_added", "label_removed", "label_removed"]


def test_moves_and_copies(sandbox: Sandbox, wiki, space):
    first, second, third = sandbox.content.children(space.homepage_id)[:3]
    good(wiki("PUT", f"/rest/api/content/{first.id}/move/append/{second.id}"))
    assert sandbox.content.page(first.id).parent_id == second.id
    good(wiki("PUT", f"/rest/api/content/{first.id}/move/after/{third.id}"))
    assert [one.id for one in sandbox.content.children(space.homepage_id)[:3]] == [second.id, third.id, first.id]
    assert wiki("PUT", f"/rest/api/content/{space.homepage_id}/move/append/{first.id}").status_code == 400
    assert wiki("PUT", f"/rest/api/content/{first.id}/move/beside/{third.id}").status_code == 400
    wanted = {"destination": {"type": "parent_page", "value": second.id}, "pageTitle": "Copy"}
    copy = good(wiki("POST", f"/rest/api/content/{first.id}/copy", wanted))
    assert sandbox.content.page(copy["id"]).parent_id == second.id
    below = good(wiki("GET", f"/rest/api/content/{space.homepage_id}/descendant/page?limit=100"))["results"]
    assert copy["id"] in {one["id"] for one in below}


def test_the_body_of_a_macro_is_found_by_its_id(sandbox: Sandbox, wiki, space):
    body = BODY["value"].replace(" />", "><ac:rich-text-body><p>in</p></ac:rich-text-body></ac:structured-macro>")
    wanted = {"spaceId": space.id, "title": "M", "body": {**BODY, "value": body}}
    page = sandbox.content.page(good(wiki("POST", "/api/v2/pages", wanted))["id"])
    (macro,) = macros_in(page.body)
    path = f"/rest/api/content/{page.id}/history/{page.version}/macro/id/{macro.id}"
    assert good(wiki("GET", path))["body"] == "<p>in</p>"
    assert good(wiki("GET", f"{path}/convert/view"))["value"] == "<p>in</p>"
    assert wiki("GET", f"{path}/convert/pdf").status_code == 501
    assert wiki("GET", path.replace(macro.id, "none")).status_code == 404
    convert = "/rest/api/contentbody/convert/view"
    assert "<h2" in good(wiki("POST", convert, {"value": "<h1>x</h1>", "representation": "storage"}))["value"]
    assert wiki("POST", convert, {"value": "x", "representation": "wiki"}).status_code == 501
    assert wiki("POST", convert, {"value": "<p>", "representation": "storage"}).status_code == 400


def test_spaces_are_made_changed_and_deleted(sandbox: Sandbox, wiki, told):
    made = good(
        wiki("POST", "/rest/api/space", {"key": "NEW", "name": "New", "description": {"plain": {"value": "d"}}})
    )
    assert made["key"] == "NEW"
    assert wiki("POST", "/rest/api/space", {"key": "NEW", "name": "Again"}).status_code == 400
    assert wiki("POST", "/api/v2/spaces", {"key": "a-b", "name": "x"}).status_code == 400
    assert good(wiki("POST", "/api/v2/spaces", {"key": "TWO", "name": "Two"}), 201)["name"] == "Two"
    good(wiki("PUT", "/rest/api/space/NEW", {"name": "Newer"}))
    whole = good(wiki("GET", "/rest/api/space/NEW?expand=description.plain,homepage"))
    assert (whole["name"], whole["description"]["plain"]["value"], whole["homepage"]["type"]) == ("Newer", "d", "page")
    assert good(wiki("GET", "/rest/api/space/NEW/content/page"))["size"] == 1
    task = good(wiki("DELETE", "/rest/api/space/NEW"), 202)
    sandbox.wire.clock.ahead += 60
    assert good(wiki("GET", f"/rest/api/longtask/{task['id']}"))["successful"] is True
    assert wiki("GET", "/rest/api/space/NEW").status_code == 404
    assert told == ["space_created", "space_created", "space_updated", "space_removed"]


def test_people_and_groups(sandbox: Sandbox, wiki):
    users = good(wiki("GET", f"/rest/api/user/bulk?accountId={ADMIN}&accountId={MEMBER}&accountId=x"))["results"]
    assert [one["accountId"] for one in users] == [ADMIN, MEMBER]
    found = good(wiki("POST", "/api/v2/users-bulk", {"accountIds": [MEMBER]}))["results"]
    assert [one["displayName"] for one in found] == ["Jonas Lindqvist"]
    groups = {one["name"]: one["id"] for one in good(wiki("GET", "/rest/api/group"))["results"]}
    assert set(groups) == {"users", "administrators"}
    members = good(wiki("GET", f"/rest/api/group/{groups['administrators']}/membersByGroupId"))["results"]
    assert [one["accountId"] for one in members] == [ADMIN]
    member_of = good(wiki("GET", f"/rest/api/user/memberof?accountId={ADMIN}"))["results"]
    assert {one["name"] for one in member_of} == set(groups)
    (hit,) = good(wiki("GET", '/rest/api/search/user?cql=user.fullname~"Jon"'))["results"]
    assert hit["user"]["accountId"] == MEMBER
    for path in ("group/by-name?name=x", "group/by-id?id=x", "group/x/membersByGroupId", "user/memberof?accountId=x"):
        assert wiki("GET", f"/rest/api/{path}").status_code == 404


# --- who may ----------------------------------------------------------------------------------------------------------


def test_deleting_needs_its_scope(host: HostCaller, confluence_app: Installation, space, sandbox: Sandbox):
    for path in (f"/api/v2/pages/{space.homepage_id}", f"/rest/api/content/{space.homepage_id}"):
        assert host("DELETE", path, product="confluence").status_code == 403
    assert sandbox.content.page(space.homepage_id).status == "current"


def test_nothing_is_written_into_a_blocked_space(sandbox: Sandbox, wiki, told, space):
    page = sandbox.content.pages(space.id)[1]
    ids = {one.id for one in sandbox.content.pages(space.id)}
    comment = next(one for one in sandbox.content.comments() if one.page_id in ids)
    sandbox.confluence.installations[0].block("DS")
    for method, path, body in (
        ("POST", "/api/v2/pages", {"spaceId": space.id, "title": "x"}),
        ("POST", "/api/v2/footer-comments", {"pageId": page.id, "body": BODY}),
        ("PUT", f"/api/v2/footer-comments/{comment.id}", {"version": {"number": 2}, "body": BODY}),
        ("DELETE", f"/api/v2/footer-comments/{comment.id}", None),
        ("POST", "/rest/api/content", {"type": "page", "title": "x", "space": {"key": "DS"}}),
        ("DELETE", f"/rest/api/content/{page.id}", None),
    ):
        assert access.rule(method, path, product="confluence").effect == "blocked"
        assert wiki(method, path, body).status_code in (403, 404), path
    assert told == []
    assert all(
        one["pageId"] != page.id for one in good(wiki("GET", "/api/v2/footer-comments"))["results"] if "pageId" in one
    )
    assert good(wiki("GET", "/rest/api/search?cql=space=DS"))["size"] == 0


@pytest.mark.parametrize("path", ["/api/v2/whiteboards/1", "/rest/api/template/page", "/api/v2/pages/1/likes/count"])
def test_what_is_not_there_is_named(wiki, path: str):
    response = wiki("GET", path)
    assert response.status_code == 501
    assert access.rule("GET", path, product="confluence").name in response.text
