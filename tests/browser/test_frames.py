"""Frames: the bridge comes up, or the page says what is wrong."""

from __future__ import annotations

from .helpers import open_frames


def test_a_page_comes_up_with_what_the_host_adds_to_its_url(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    frame = open_frames(page, sandbox, "confluence", "com.example.framed/main")

    assert frame.evaluate("AP.context.getContext().then(c => Object.keys(c))") == ["confluence", "license", "url"]
    asked = app.seen[0]
    assert asked["xdm_e"] == sandbox.origin
    assert asked["cp"] == "/wiki"
    assert asked["xdm_c"] == "channel-com.example.framed__main"
    assert asked["lic"] == "none"
    assert {"cv", "jwt"} <= set(asked)
