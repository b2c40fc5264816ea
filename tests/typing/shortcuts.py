"""Checked by mypy, never run: the typed shortcuts know the fields of their module types."""

from __future__ import annotations

from typing import assert_type

from atlassian_connect import (
    AtlassianConnect,
    MacroEditor,
    MacroParameter,
    all_of,
    any_of,
    condition,
    property_equals,
)
from atlassian_connect.protocol.condition_trees import AllOf, AnyOf, Condition

connect = AtlassianConnect()


@connect.web_panel(
    "panel", name="Panel", location="l", layout={"width": "100%"}, conditions=condition("a") & ~condition("b")
)
def panel(issue_key: str) -> tuple[str, int]:
    return issue_key, 200


assert_type(panel("A-1"), tuple[str, int])


@connect.web_item("item", name="Item", location="l", target="inlinedialog", context="addon")
@connect.dialog("dialog", size="x-large", header={"value": "Vote", "i18n": "vote"})
@connect.admin_page("admin", name="Admin", full_page=True)
@connect.configure_page("configure", name="Configure", when_blocked="message")
@connect.general_page("page", name="Page", location="none", methods=["GET", "POST"])
def page() -> str:
    return ""


assert_type(page(), str)


@connect.dynamic_content_macro(
    "poll",
    name="Poll",
    output_type="inline",
    body_type="plain-text",
    parameters=[MacroParameter(identifier="style", type="enum", values=["bar", "pie"])],
    editor=MacroEditor(url="/editor", width="600px"),
    render_modes={"pdf": "/poll.xhtml"},
)
@connect.static_content_macro("fixed", name="Poll", rendering_method="post", featured=True)
async def macro() -> str:
    return ""


@connect.issue_content(
    "content", name="C", icon={"url": "/i.svg"}, tooltip="T", content_present_conditions=[condition("a")]
)
@connect.issue_glance("glance", name="G", icon={"url": "/i.svg", "width": 24, "height": 24}, label="L", weight=1)
def issue() -> str:
    return ""


connect.webhook("jira:issue_updated", filter="project = A", exclude_body=True, property_keys=("a",))(print)
connect.add_web_section("section", name="S", location="l", tooltip="T")
connect.add_web_item("link", name="L", location="l", context="product", url="/browse")

assert_type(condition("a"), Condition)
assert_type(condition("a") & condition("b"), AllOf)
assert_type(condition("a") | property_equals("issue", "p", 1), AnyOf)
assert_type(all_of(condition("a")), AllOf)
assert_type(any_of(condition("a"), condition("b") & condition("c")), AnyOf)

# What hosts would not understand is no type either.
connect.web_panel("wrong", name="Wrong")  # type: ignore[call-arg]  # location is missing
connect.web_panel("wrong", name="Wrong", location="l", locaton="l")  # type: ignore[call-arg]
connect.web_item("wrong", name="Wrong", location="l", context="site")  # type: ignore[arg-type]
connect.web_item("wrong", name="Wrong", location="l", target="popup")  # type: ignore[arg-type]
connect.dialog("wrong", size="huge")  # type: ignore[arg-type]
connect.static_content_macro("wrong", name="Wrong", width="1px")  # type: ignore[call-arg]  # has no frame
connect.dynamic_content_macro("wrong", name="Wrong", output_type="table")  # type: ignore[arg-type]
connect.issue_content("wrong", name="Wrong", icon={"width": 1}, tooltip="T")  # type: ignore[typeddict-item]
connect.general_page("wrong", "Name")  # type: ignore[call-arg]  # by keyword only
MacroParameter(identifier="a", type="colour")  # type: ignore[arg-type]
condition("a") & "b"  # type: ignore[operator]

connect.describe(
    name="Polls", scopes=["READ"], enable_licensing=True, region_base_urls={"EU": "https://eu.example.com"}
)
connect.describe(translations={"de-DE": {"poll": "Umfrage"}, "fr-FR": "i18n/fr.json"}, api_version=2)
connect.describe(colour="red")  # type: ignore[call-arg]
connect.describe(enable_licensing="yes")  # type: ignore[arg-type]
connect.webhook("page_updated", excludeBody=True)  # type: ignore[call-arg]
connect.webhook("jira:issue_updated", filter=["project = A"])  # type: ignore[arg-type]
