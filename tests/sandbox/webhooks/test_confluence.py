"""Changes of the Confluence site, told to apps."""

from __future__ import annotations

from atlassian_connect.sandbox.people import ADMIN, MEMBER


def test_the_life_of_a_page_is_told_step_by_step(sandbox, app, subscribe):
    subscribe(
        "confluence", *(f"page_{step}" for step in ("created", "updated", "moved", "trashed", "restored", "removed"))
    )
    content, space = sandbox.content, sandbox.content.spaces()[0]

    page = content.create_page(space.id, "Plan", "<p>1</p>", account_id=MEMBER, parent_id=space.homepage_id)
    content.edit_page(page.id, account_id=ADMIN, body="<p>2</p>")
    content.move_page(page.id, account_id=ADMIN, parent_id=None)
    content.trash_page(page.id, account_id=ADMIN)
    content.edit_page(page.id, account_id=ADMIN, status="current")
    content.delete_page(page.id, account_id=ADMIN)

    assert app.refused == []
    steps = ["created", "updated", "moved", "trashed", "restored", "removed"]
    assert app.received_paths() == [f"/hooks/page_{step}" for step in steps]
    created, updated, moved = (body for _, _, body, _ in app.received[:3])
    assert created["userAccountId"] == MEMBER
    assert created["accountType"] == "customer"
    assert created["page"]["idAsString"] == page.id
    assert created["page"]["spaceKey"] == space.key
    assert (updated["updateTrigger"], updated["page"]["version"]) == ("edit_page", 2)
    assert moved["oldParent"]["idAsString"] == space.homepage_id
    assert "newParent" not in moved
    assert all("webhookEvent" not in body for _, _, body, _ in app.received)


def test_a_blog_post_and_custom_content_have_events_of_their_own(sandbox, app, subscribe):
    subscribe("confluence", "page_created", "blog_created", "content_created")
    space = sandbox.content.spaces()[0]

    sandbox.content.create_page(space.id, "News", "", account_id=ADMIN, type="blogpost")
    sandbox.content.create_page(space.id, "Poll", "", account_id=ADMIN, type="ac:com.example.stale:poll")

    (blog_path, _, blog, _), (content_path, _, content, _) = app.received
    assert (blog_path, blog["blog"]["title"]) == ("/hooks/blog_created", "News")
    assert (content_path, content["content"]["type"]) == ("/hooks/content_created", "ac:com.example.stale:poll")


def test_a_comment_names_its_page(sandbox, app, subscribe):
    subscribe("confluence", "comment_created", "comment_removed")
    page = sandbox.content.pages()[0]

    comment = sandbox.content.add_comment(page.id, "<p>Hm</p>", account_id=MEMBER)
    answer = sandbox.content.add_comment(page.id, "<p>Yes</p>", account_id=ADMIN, parent_id=comment.id)
    sandbox.content.delete_comment(comment.id, account_id=ADMIN)

    bodies = [body["comment"] for _, _, body, _ in app.received]
    assert [body["idAsString"] for body in bodies] == [comment.id, answer.id, answer.id, comment.id]
    assert bodies[0]["parent"]["title"] == page.title
    assert bodies[1]["inReplyTo"]["idAsString"] == comment.id


def test_labels_attachments_spaces_and_users_are_told(sandbox, app, subscribe):
    subscribe(
        "confluence", "label_added", "label_removed", "attachment_created", "attachment_removed", "space_created",
        "space_removed", "user_created", "user_deactivated",
    )  # fmt: skip
    page = sandbox.content.pages()[0]

    sandbox.content.add_label(page.id, "stale", account_id=ADMIN)
    sandbox.content.remove_label(page.id, "stale", account_id=ADMIN)
    file = sandbox.attachments.add(
        ("page", page.id), name="a.txt", media_type="text/plain", data=b"abc", account_id=ADMIN
    )
    sandbox.attachments.delete(file.id, ADMIN)
    space = sandbox.content.create_space("NEW", "New", account_id=ADMIN)
    sandbox.content.delete_space(space.id, account_id=ADMIN)
    person = sandbox.users.create("Lin")
    sandbox.permissions.deactivate(person.account_id)

    bodies = {path.removeprefix("/hooks/"): body for path, _, body, _ in app.received}
    assert bodies["label_added"]["label"]["name"] == "stale"
    assert bodies["label_removed"]["labeled"]["idAsString"] == page.id
    assert bodies["attachment_created"]["attachments"][0]["fileSize"] == 3
    assert bodies["attachment_removed"]["attachedTo"]["title"] == page.title
    assert bodies["space_created"]["space"]["key"] == bodies["space_removed"]["space"]["key"] == "NEW"
    assert bodies["user_deactivated"]["userProfile"]["accountId"] == person.account_id


def test_an_app_that_is_kept_out_of_a_space_hears_nothing_of_what_is_in_it(sandbox, app, subscribe):
    installation = subscribe("confluence", "page_updated", "label_added", "space_updated")
    page = next(page for page in sandbox.content.pages() if sandbox.content.space(page.space_id).key == "DS")
    installation.block("DS")

    sandbox.content.edit_page(page.id, account_id=ADMIN, body="<p>secret</p>")
    sandbox.content.add_label(page.id, "secret", account_id=ADMIN)
    sandbox.content.edit_space(page.space_id, account_id=ADMIN, name="Still told: it is no object")
    installation.unblock("DS")

    assert app.received_paths() == ["/hooks/space_updated"]
    assert [one.event for one in sandbox.deliveries.all()] == ["space_updated"]


def test_one_attempt_is_all(sandbox, app, subscribe, clock):
    subscribe("confluence", "page_updated")
    app.answers["page_updated"] = 503

    sandbox.confluence.edit_page(sandbox.content.pages()[0].id, title="Other")
    clock.ahead += 10_000

    assert sandbox.deliveries.run_due() == sandbox.deliveries.run_waiting() == 0
    (delivery,) = sandbox.deliveries.all("page_updated")
    assert (delivery.outcome, delivery.due, delivery.attempts[0].status) == ("failed", None, 503)
    assert delivery.identifier == ""
    assert not [name for name in app.received[0][3] if name.startswith("X-Atlassian")]


def test_a_page_that_is_kept_from_an_app_is_told_of_all_the_same(sandbox, app, subscribe):
    subscribe("confluence", "page_updated")
    page = sandbox.content.pages()[1]
    sandbox.content.restrict_page(page.id, "read", account_ids=[ADMIN])
    sandbox.content.edit_page(page.id, account_id=ADMIN, body="<p>2</p>")
    assert [body["page"]["idAsString"] for _, _, body, _ in app.received] == [page.id]
