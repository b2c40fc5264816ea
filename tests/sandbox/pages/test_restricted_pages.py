"""Pages of the site whose restrictions keep somebody out."""

from __future__ import annotations

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from .browser import Browser


def test_a_page_that_one_may_not_read_is_nowhere(sandbox: Sandbox, browser: Browser):
    content, (space, *_) = sandbox.content, sandbox.content.spaces()
    page = content.create_page(space.id, "Zebra", "<p>stripes</p>", account_id=ADMIN, parent_id=space.homepage_id)
    post = content.create_page(space.id, "Zebra post", "", account_id=ADMIN, type="blogpost")
    gone = content.create_page(space.id, "Zebra gone", "", account_id=ADMIN)
    link = '<ac:link><ri:page ri:content-title="Zebra" /><ac:link-body>it</ac:link-body></ac:link>'
    linking = content.create_page(space.id, "Links", link, account_id=ADMIN)
    for one in (page, post, gone):
        content.restrict_page(one.id, "read", account_ids=[ADMIN])
    content.trash_page(gone.id, account_id=ADMIN)
    lists = [
        "/wiki/home",
        "/wiki/spaces/DS",
        "/wiki/spaces/DS/blog",
        "/wiki/spaces/DS/trash",
        "/wiki/search?cql=title~zebra",
    ]
    for path in lists:
        assert "Zebra" in browser.page(path), path
    assert f"/pages/{page.id}" in browser.page(f"/wiki/spaces/DS/pages/{linking.id}")
    browser.post("/sandbox/viewer", account_id=MEMBER)
    for path in lists:
        assert "Zebra" not in browser.page(path), path
    assert f"/pages/{page.id}" not in browser.page(f"/wiki/spaces/DS/pages/{linking.id}")
    for path in (f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/pages/{page.id}/history", f"/wiki/x/{page.id}"):
        assert browser.get(path).status_code == 404


def test_a_homepage_that_one_may_not_read_does_not_open_its_space(sandbox: Sandbox, browser: Browser):
    home = sandbox.content.page(sandbox.content.spaces()[0].homepage_id)
    sandbox.content.restrict_page(home.id, "read", account_ids=[ADMIN])
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert home.body not in browser.page("/wiki/spaces/DS")
    assert home.title not in browser.page("/wiki/spaces/DS")


def test_a_page_that_one_may_not_edit_is_read_and_commented_on(sandbox: Sandbox, browser: Browser):
    page = sandbox.content.pages()[1]
    sandbox.content.restrict_page(page.id, "update", account_ids=[ADMIN])
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert page.title in browser.page(f"/wiki/spaces/DS/pages/{page.id}")
    assert browser.get(f"/wiki/spaces/DS/pages/edit-v2/{page.id}").status_code == 403
    saved = browser.post(f"/wiki/spaces/DS/pages/{page.id}", title="Mine", body="<p>x</p>")
    labelled = browser.post(f"/wiki/pages/{page.id}/labels/add", names="x")
    assert (saved.status_code, labelled.status_code) == (403, 403)
    assert browser.post(f"/wiki/pages/{page.id}/comments", text="Hm").status_code == 303
    assert sandbox.content.page(page.id) == page


def test_nobody_is_offered_what_a_restriction_keeps_them_from(sandbox: Sandbox, browser: Browser):
    content, page = sandbox.content, sandbox.content.pages()[1]
    content.edit_page(page.id, account_id=ADMIN, body="<p>again</p>")
    content.add_label(page.id, "zebra", account_id=ADMIN)
    file = sandbox.attachments.add(
        ("page", page.id), name="a.txt", media_type="text/plain", data=b"x", account_id=MEMBER
    )
    shown = [f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/pages/{page.id}/attachments", f"/wiki/pages/{page.id}/history"]
    offers = [
        f"/edit-v2/{page.id}",
        "/labels/add",
        "/labels/remove",
        f"/{file.id}/delete",
        "Attach</button>",
        "/restore",
    ]
    browser.post("/sandbox/viewer", account_id=MEMBER)
    before = "".join(map(browser.page, shown))
    assert all(one in before for one in offers)
    content.restrict_page(page.id, "update", account_ids=[ADMIN])
    after = "".join(map(browser.page, shown))
    assert not [one for one in offers if one in after]
    assert "Write a comment" in after


def test_files_are_deleted_by_who_attached_them_and_by_administrators(sandbox: Sandbox, browser: Browser):
    page = sandbox.content.pages()[1]
    files = [
        sandbox.attachments.add(("page", page.id), name=one, media_type="text/plain", data=b"x", account_id=one)
        for one in (ADMIN, MEMBER)
    ]
    paths = [f"/wiki/pages/{page.id}/attachments/{one.id}/delete" for one in files]
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert [browser.post(path).status_code for path in paths] == [403, 303]
    assert sandbox.attachments.of(("page", page.id)) == files[:1]
    browser.post("/sandbox/viewer", account_id=ADMIN)
    assert browser.post(paths[0]).status_code == 303
