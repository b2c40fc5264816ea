"""Bare pages of the sandbox with the frames that a test asks for, written with the macros that its own pages use."""

from __future__ import annotations

from flask import Response, render_template_string, request

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.bridge import embed
from atlassian_connect.sandbox.pages.viewer import viewer_id

# As strict as the policy of the sandbox's own pages.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src {};"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = """{% from "_frame.html" import app_frame, app_dialog_button, app_inline_button, bridge_scripts %}
<!doctype html><html lang="en" data-theme="light:light dark:dark" data-color-mode="light">
<meta charset="utf-8"><title>Test</title><link rel="icon" href="data:,">
<script src="/test/recorder.js"></script>
<body><h1><a href="#top">Host</a></h1>
{% for embedding in frames %}<section data-dashboard-item data-editable="true">
  <h2 data-dashboard-item-title>Item</h2>{{ app_frame(embedding) }}</section>{% endfor %}
{% if button %}{{ app_dialog_button(button, {"size": "small", "customData": {"from": "item"}}) }}
{{ app_inline_button(button, {"width": "200px"}) }}{% endif %}
{{ bridge_scripts(site, viewer) }}</body></html>"""
_RECORDER = """
window.bridge = [];
addEventListener('message', ({ data }) => {
  if (data && data.type === 'req' && data.mod && data.mod[0] !== '_')
    bridge.push({ app: String(data.eid).split('__')[0], call: `${data.mod}.${data.fn}`, args: data.args });
});
"""


def add_host_pages(sandbox: Sandbox) -> None:
    """``/test/<product>?frame=app/module&button=app/module&name=value``: the other values are the context."""

    @sandbox.wsgi_app.get("/test/recorder.js")
    def recorder() -> Response:
        return Response(_RECORDER, content_type="text/javascript")

    @sandbox.wsgi_app.get("/test/<product>")
    def frames(product: str) -> Response:
        site = sandbox.jira if product == "jira" else sandbox.confluence
        viewer = viewer_id(sandbox)
        context = {name: value for name, value in request.args.items() if name not in ("frame", "button")}

        def embedded(name: str):
            app_key, _, module_key = name.partition("/")
            return embed(site.installation(app_key), module_key, viewer=viewer, context=context)

        embeddings = [embedded(name) for name in request.args.getlist("frame")]
        button = embedded(request.args["button"]) if "button" in request.args else None
        page = render_template_string(_PAGE, frames=embeddings, button=button, site=site, viewer=viewer)
        origins = {one.origin for one in [*embeddings, *([button] if button else [])] if one.origin}
        return Response(page, headers={"Content-Security-Policy": _POLICY.format(" ".join(origins) or "'none'")})
