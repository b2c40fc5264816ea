"""Comments by Confluence's REST: on words of a page, who may write them, and what they are to version 1."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from .conftest import good

BODY = {"representation": "storage", "value": "<p>Really?</p>"}


@pytest.fixture
def page(sandbox: Sandbox, space):
    return sandbox.content.create_page(space.id, "Inline", "<p>one gr<b>ee</b>n and one green</p>", account_id=ADMIN)


def on_words(page, text: str = "one green", **changes) -> dict[str, object]:
    selection = {"textSelection": text, "textSelectionMatchCount": 2, "textSelectionMatchIndex": 1, **changes}
    return {"pageId": page.id, "body": BODY, "inlineCommentProperties": selection}


def test_a_comment_on_words_is_answered_resolved_and_reopened(sandbox: Sandbox, wiki, told, page):
    made = good(wiki("POST", "/api/v2/inline-comments", on_words(page)), 201)
    path = f"/api/v2/inline-comments/{made['id']}"
    assert (made["pageId"], made["resolutionStatus"]) == (page.id, "open")
    assert made["properties"]["inlineOriginalSelection"] == "one green"
    answer = good(wiki("POST", "/api/v2/inline-comments", {"parentCommentId": made["id"], "body": BODY}), 201)
    assert (answer["parentCommentId"], "properties" in answer) == (made["id"], False)
    assert [one["id"] for one in good(wiki("GET", f"{path}/children"))["results"]] == [answer["id"]]
    listed = good(wiki("GET", f"/api/v2/pages/{page.id}/inline-comments?body-format=storage"))["results"]
    assert [(one["id"], one["body"]["storage"]["value"]) for one in listed] == [(made["id"], BODY["value"])]
    edited = good(wiki("PUT", path, {"version": {"number": 2}, "resolved": True}))
    assert (edited["resolutionStatus"], edited["version"]["number"]) == ("resolved", 2)
    assert wiki("PUT", path, {"version": {"number": 3}, "body": BODY}).status_code == 400
    every = f"/api/v2/pages/{page.id}/inline-comments?resolution-status="
    assert [len(good(wiki("GET", every + one))["results"]) for one in ("open", "resolved")] == [0, 1]
    reopened = good(wiki("PUT", path, {"version": {"number": 3}, "resolved": False, "body": BODY}))
    assert reopened["resolutionStatus"] == "open"
    assert wiki("PUT", path, {"version": {"number": 3}, "resolved": True}).status_code == 409
    good(wiki("DELETE", path), 204)
    assert wiki("GET", f"/api/v2/inline-comments/{answer['id']}").status_code == 404
    assert told[1:] == ["comment_created"] * 2 + ["comment_updated"] * 2 + ["comment_removed"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"text": "one red"},
        {"text": ""},
        {"text": 3},
        {"textSelectionMatchIndex": 2},
        {"textSelectionMatchIndex": -1},
        {"textSelectionMatchIndex": True},
        {"textSelectionMatchCount": "2"},
        {"textSelectionMatchCount": None},
    ],
)
def test_words_that_are_not_in_the_page_are_refused(sandbox: Sandbox, wiki, page, change):
    assert wiki("POST", "/api/v2/inline-comments", on_words(page, **change)).status_code == 400
    for wrong in ({"inlineCommentProperties": []}, {"inlineCommentProperties": None}, {"body": {**BODY, "value": ""}}):
        assert wiki("POST", "/api/v2/inline-comments", {**on_words(page), **wrong}).status_code == 400
    assert sandbox.content.comments(page.id) == []


def test_each_kind_of_comment_has_its_own_addresses(sandbox: Sandbox, wiki, page):
    inline = good(wiki("POST", "/api/v2/inline-comments", on_words(page)), 201)["id"]
    footer = good(wiki("POST", "/api/v2/footer-comments", {"pageId": page.id, "body": BODY}), 201)["id"]
    for kind, mine, other in (("inline", inline, footer), ("footer", footer, inline)):
        path, edit = f"/api/v2/{kind}-comments", {"version": {"number": 2}, "body": BODY}
        assert wiki("GET", f"{path}/{other}").status_code == 404
        assert wiki("PUT", f"{path}/{other}", edit).status_code == 404
        assert wiki("DELETE", f"{path}/{other}").status_code == 404
        assert wiki("POST", path, {"parentCommentId": other, "body": BODY}).status_code == 404
        assert mine in [one["id"] for one in good(wiki("GET", f"{path}?limit=250"))["results"]]
        assert other not in [one["id"] for one in good(wiki("GET", f"{path}?limit=250"))["results"]]
    asked = {"contentIds": [inline, footer, page.id, "1"]}
    types = good(wiki("POST", "/api/v2/content/convert-ids-to-types", asked))["results"]
    assert types == {inline: "inline-comment", footer: "footer-comment", page.id: "page", "1": None}
    listed = f"/rest/api/content/{page.id}/child/comment"
    assert [one["id"] for one in good(wiki("GET", f"{listed}?location=inline"))["results"]] == [inline]
    (of_version_1,) = good(wiki("GET", f"{listed}?location=inline"))["results"]
    assert of_version_1["extensions"]["inlineProperties"]["originalSelection"] == "one green"
    wanted = {"type": "comment", "container": {"id": page.id}, "ancestors": [{"id": inline}], "body": {"storage": BODY}}
    answer = good(wiki("POST", "/rest/api/content", wanted))
    assert sandbox.content.comment(answer["id"]).kind == "inline"
    by_version_1 = {**wanted, "ancestors": [], "extensions": {"location": "inline"}}
    assert wiki("POST", "/rest/api/content", by_version_1).status_code == 501


@pytest.mark.parametrize("name", ["/api/v2/footer-comments", "/rest/api/content"])
def test_users_change_and_delete_their_own_comments(sandbox: Sandbox, as_user, page, name: str):
    content, member, admin = sandbox.content, as_user(MEMBER), as_user(ADMIN)
    mine = content.add_comment(page.id, "<p>m</p>", account_id=MEMBER)
    other = content.add_comment(page.id, "<p>a</p>", account_id=ADMIN)
    edit = {"type": "comment", "version": {"number": 2}, "body": {"storage": BODY} if "v2" not in name else BODY}
    assert member("PUT", f"{name}/{other.id}", edit).status_code == 403
    assert member("DELETE", f"{name}/{other.id}").status_code == 403
    assert content.comment(other.id) == other
    good(member("PUT", f"{name}/{mine.id}", edit))
    good(admin("PUT", f"{name}/{mine.id}", {**edit, "version": {"number": 3}}))
    good(member("DELETE", f"{name}/{mine.id}"), 204)


def test_comments_are_not_emptied(sandbox: Sandbox, wiki, page):
    comment = sandbox.content.add_comment(page.id, "<p>m</p>", account_id=MEMBER)
    edit = {"version": {"number": 2}, "body": {"representation": "storage", "value": ""}}
    assert wiki("PUT", f"/api/v2/footer-comments/{comment.id}", edit).status_code == 400
    assert sandbox.content.comment(comment.id) == comment


def test_comments_go_to_the_trash_with_their_page(sandbox: Sandbox, wiki, page):
    comment = sandbox.content.add_comment(page.id, "<p>m</p>", account_id=MEMBER)
    sandbox.content.trash_page(page.id, account_id=ADMIN)
    for path in (f"/api/v2/footer-comments/{comment.id}", f"/rest/api/content/{comment.id}"):
        assert wiki("GET", path).status_code == 404
    assert wiki("PUT", f"/api/v2/footer-comments/{comment.id}", {"version": {"number": 2}}).status_code == 404


def test_parts_of_parts_are_expanded_with_what_they_are_part_of(sandbox: Sandbox, wiki, page):
    comment = sandbox.content.add_comment(page.id, "<p>m</p>", account_id=MEMBER)
    for one in (page.id, comment.id):
        whole = good(wiki("GET", f"/rest/api/content/{one}?expand=version.by,history.createdBy"))
        assert (whole["version"]["number"], "createdBy" in whole["history"]) == (1, True)
