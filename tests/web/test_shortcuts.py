"""The typed shortcuts: what they write into the descriptor, and what they refuse."""

from __future__ import annotations

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.conditions import condition, property_equals
from atlassian_connect.protocol.descriptor import check_descriptor
from atlassian_connect.web.macro_fields import MacroEditor, MacroParameter
from tests.host import Host

ICON = {"url": "/icon.svg", "width": 16, "height": 16}
PARAMETERS = [
    MacroParameter(identifier="question", name="Question", required=True),
    MacroParameter(identifier="style", type="enum", values=["bar", "pie"], default="bar"),
]
#: Decorator → its arguments, and the module that it makes.
CASES = [
    ("general_page", {"name": "P", "location": "none"}, "generalPages", {"location": "none"}),
    ("admin_page", {"name": "P", "full_page": True}, "adminPages", {"fullPage": True}),
    ("configure_page", {"name": "P", "icon": ICON}, "configurePage", {"icon": ICON}),
    (
        "dialog",
        {"size": "large", "chrome": False, "header": "Vote"},
        "dialogs",
        {"options": {"size": "large", "chrome": False, "header": {"value": "Vote"}}},
    ),
    (
        "web_item",
        {"name": "P", "location": "l", "target": "dialog", "target_options": {"width": "9px"}, "style_classes": ["a"]},
        "webItems",
        {"target": {"type": "dialog", "options": {"width": "9px"}}, "styleClasses": ["a"], "location": "l"},
    ),
    (
        "web_panel",
        {"name": "P", "location": "l", "layout": {"width": "100%"}, "tooltip": "T", "weight": 5},
        "webPanels",
        {"layout": {"width": "100%"}, "tooltip": {"value": "T"}, "weight": 5},
    ),
    (
        "issue_content",
        {"name": "P", "icon": ICON, "tooltip": "T", "content_present_conditions": condition("is_sub_task")},
        "jiraIssueContents",
        {
            "icon": ICON,
            "tooltip": {"value": "T"},
            "contentPresentConditions": [{"condition": "is_sub_task"}],
            "target": {"type": "web_panel", "url": "/connect/key"},
        },
    ),
    (
        "issue_glance",
        {"name": "P", "icon": ICON, "label": "L"},
        "jiraIssueGlances",
        {"content": {"type": "label", "label": {"value": "L"}}, "target": {"type": "web_panel", "url": "/connect/key"}},
    ),
    (
        "dynamic_content_macro",
        {
            "name": "P",
            "parameters": PARAMETERS,
            "editor": MacroEditor(url="/editor", insert_title="Insert"),
            "matchers": ["https://polls.example.com/{}"],
            "matcher_parameter": "question",
            "render_modes": {"pdf": "/static-poll"},
            "output_type": "block",
            "body_type": "none",
            "documentation": "https://example.com/docs",
        },
        "dynamicContentMacros",
        {
            "url": "/connect/key?question={question}&style={style}",
            "parameters": [
                {
                    "identifier": "question",
                    "name": {"value": "Question"},
                    "type": "string",
                    "required": True,
                    "multiple": False,
                    "hidden": False,
                },
                {
                    "identifier": "style",
                    "name": {"value": "style"},
                    "type": "enum",
                    "required": False,
                    "multiple": False,
                    "defaultValue": "bar",
                    "values": ["bar", "pie"],
                    "hidden": False,
                },
            ],
            "editor": {"url": "/editor", "insertTitle": {"value": "Insert"}},
            "autoconvert": {
                "matchers": [{"pattern": "https://polls.example.com/{}"}],
                "urlParameter": "question",
            },
            "renderModes": {"pdf": {"url": "/static-poll"}},
            "outputType": "block",
            "bodyType": "none",
            "documentation": {"url": "https://example.com/docs"},
        },
    ),
    (
        "static_content_macro",
        {"name": "P", "rendering_method": "post", "body_type": "rich-text"},
        "staticContentMacros",
        {"renderingMethod": "post", "bodyType": "rich-text", "url": "/connect/key"},
    ),
]


def view():
    return "<p>42</p>"


def module_of(app, module_type):
    modules = app.test_client().get("/atlassian-connect.json").json["modules"][module_type]
    return modules[0] if isinstance(modules, list) else modules


@pytest.mark.parametrize(("decorator", "fields", "module_type", "expected"), CASES, ids=[case[0] for case in CASES])
def test_decorators_write_what_hosts_read(make_app, decorator, fields, module_type, expected):
    connect = AtlassianConnect()

    assert getattr(connect, decorator)("key", **fields)(view) is view

    app = make_app(connect)
    document = app.test_client().get("/atlassian-connect.json").json
    module = module_of(app, module_type)
    assert module["key"] == "key"
    assert {name: module.get(name) for name in expected} == expected
    assert not {name for name in module if "_" in name}
    assert [problem for problem in check_descriptor(document) if problem.severity == "error"] == []


@pytest.mark.parametrize(("decorator", "fields", "module_type", "expected"), CASES, ids=[case[0] for case in CASES])
def test_plain_twins_write_the_same(make_app, decorator, fields, module_type, expected):
    one, two = AtlassianConnect(), AtlassianConnect()
    getattr(one, decorator)("key", **fields)(view)
    getattr(two, f"add_{decorator}")("key", view, **fields)

    assert module_of(make_app(one), module_type) == module_of(make_app(two), module_type)


@pytest.mark.parametrize(("decorator", "fields", "module_type", "expected"), CASES, ids=[case[0] for case in CASES])
def test_fields_that_the_type_does_not_have_are_refused_where_they_are_written(
    decorator, fields, module_type, expected
):
    connect = AtlassianConnect()

    with pytest.raises(DescriptorError, match=r"connect\.module") as caught:
        getattr(connect, f"add_{decorator}")("key", view, **fields, colour="red")

    assert caught.value.path == "module 'key'.colour"
    getattr(connect, f"add_{decorator}")("key", view, **fields)  # nothing was kept of the refused one


@pytest.mark.parametrize(("decorator", "fields", "module_type", "expected"), CASES, ids=[case[0] for case in CASES])
def test_their_views_are_closed(make_app, decorator, fields, module_type, expected):
    connect = AtlassianConnect()
    getattr(connect, decorator)("key", **fields)(view)
    app = make_app(connect)
    method = "POST" if fields.get("rendering_method") == "post" else "GET"

    assert app.test_client().open("/connect/key", method=method).status_code == 401


def test_a_macro_view_answers_its_host(make_app):
    connect = AtlassianConnect()
    connect.add_static_content_macro("key", view, name="P", parameters=PARAMETERS)
    host = Host(make_app(connect))
    host.install()

    response = host.get("/connect/key?question=a&style=pie")

    assert response.status_code == 200
    assert response.data == b"<p>42</p>"


@pytest.mark.parametrize(
    ("method", "fields", "path"),
    [
        ("add_web_item", {"name": "P", "location": "l", "context": "site"}, "context"),
        ("add_web_item", {"name": "P", "location": "l", "target": "popup"}, "target"),
        ("add_web_item", {"name": "P", "location": "l", "target_options": {}}, "target_options"),
        ("add_web_item", {"name": "P", "location": "l", "context": "product"}, "context"),
        ("add_web_item", {"name": "P", "location": "l", "target": "dialogmodule"}, "target"),
        ("add_dialog", {"size": "huge"}, "size"),
        ("add_static_content_macro", {"name": "P", "output_type": "table"}, "output_type"),
        ("add_static_content_macro", {"name": "P", "matchers": ["x"]}, "matcher_parameter"),
        (
            "add_static_content_macro",
            {"name": "P", "matchers": ["x"], "matcher_parameter": "url"},
            "matcher_parameter",
        ),
        (
            "add_static_content_macro",
            {"name": "P", "parameters": [MacroParameter(identifier="Upper")]},
            "parameters[0].identifier",
        ),
        (
            "add_static_content_macro",
            {"name": "P", "parameters": [MacroParameter(identifier="a"), MacroParameter(identifier="b", type="enum")]},
            "parameters[1].values",
        ),
        (
            "add_static_content_macro",
            {"name": "P", "parameters": [MacroParameter(identifier="a"), MacroParameter(identifier="a")]},
            "parameters",
        ),
        (
            "add_static_content_macro",
            {"name": "P", "parameters": [MacroParameter(identifier="a", type="colour")]},
            "parameters[0].type",
        ),
        (
            "add_static_content_macro",
            {"name": "P", "parameters": [MacroParameter(identifier="a", type="enum", values=["x"], default="y")]},
            "parameters[0].default",
        ),
        ("add_general_page", {"name": "P", "conditions": [{"condition": 3}]}, "conditions[0].condition"),
    ],
)
def test_what_hosts_would_not_understand_is_refused_with_its_path(method, fields, path):
    connect = AtlassianConnect()

    with pytest.raises(DescriptorError) as caught:
        getattr(connect, method)("key", view, **fields)

    assert caught.value.path == f"module 'key'.{path}"


def test_links_and_sections_need_no_view(make_app):
    connect = AtlassianConnect()
    connect.add_general_page("page", view, name="Page")
    connect.add_dialog("vote", view)
    connect.add_web_section("tools", name="Tools", location="system.header/left")
    connect.add_web_item("to-page", name="P", location="system.header/left/tools", context="page", url="page")
    connect.add_web_item("to-product", name="P", location="l", context="product", url="/browse/A-1")
    connect.add_web_item("to-site", name="P", location="l", url="https://example.com/help")
    connect.add_web_item("to-dialog", name="P", location="l", target="dialogmodule", target_options={"key": "vote"})
    app = make_app(connect)

    modules = app.test_client().get("/atlassian-connect.json").json["modules"]

    assert modules["webSections"] == [
        {"key": "tools", "name": {"value": "Tools"}, "location": "system.header/left"},
    ]
    urls = {item["key"]: (item.get("context"), item.get("url")) for item in modules["webItems"]}
    assert urls == {
        "to-page": ("page", "page"),
        "to-product": ("product", "/browse/A-1"),
        "to-site": (None, "https://example.com/help"),
        "to-dialog": (None, None),
    }
    assert modules["webItems"][3]["target"] == {"type": "dialogmodule", "options": {"key": "vote"}}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "url"),
        ({"target": "dialog"}, "url"),
        ({"target": "dialogmodule"}, "target_options.key"),
        ({"target": "dialogmodule", "url": "/x"}, "target"),
        ({"context": "page", "url": "/page"}, "url"),
    ],
)
def test_a_link_without_a_view_has_to_lead_somewhere(fields, path):
    with pytest.raises(DescriptorError) as caught:
        AtlassianConnect().add_web_item("key", name="P", location="l", **fields)

    assert caught.value.path == f"module 'key'.{path}"


def test_there_is_one_configure_page():
    connect = AtlassianConnect()
    connect.add_configure_page("a", view, name="A")

    with pytest.raises(DescriptorError, match="at most one"):
        connect.add_configure_page("b", view, name="B")


def test_modules_without_a_page_are_declared_by_the_generic_call(make_app):
    connect = AtlassianConnect()
    connect.add_module("jiraEntityProperties", "votes", name="Votes", entityType="issue")
    app = make_app(connect)

    assert module_of(app, "jiraEntityProperties") == {"key": "votes", "name": {"value": "Votes"}, "entityType": "issue"}


@pytest.mark.parametrize(
    "conditions",
    [
        condition("user_is_logged_in") & property_equals("addon", "on", True),
        [condition("user_is_logged_in"), property_equals("addon", "on", True)],
        [
            {"condition": "user_is_logged_in"},
            {"condition": "addon_property_equal_to", "params": {"propertyKey": "on", "value": "true"}},
        ],
    ],
)
@pytest.mark.parametrize("method", ["module", "dynamic_module"])
def test_every_declaration_takes_conditions_in_any_form(conditions, method):
    connect = AtlassianConnect()

    getattr(connect, method)("webPanels", "key", name="P", location="l", conditions=conditions)(view)

    (declared,) = connect._registry.modules
    assert declared.fields["conditions"] == [
        {"condition": "user_is_logged_in"},
        {"condition": "addon_property_equal_to", "params": {"propertyKey": "on", "value": "true"}},
    ]


def test_computed_modules_take_conditions_too(app, connect):
    @connect.dynamic_modules
    def panels(tenant):
        yield (
            "webPanels",
            {"key": "a", "name": "A", "location": "l", "url": "/x", "conditions": condition("is_sub_task")},
        )

    host = Host(app)
    host.install()
    state = app.extensions["atlassian_connect"]
    (module,) = state.registry.dynamic_modules(state.store.get(host.client_key), "/connect")

    assert module.definition["conditions"] == [{"condition": "is_sub_task"}]
    assert module.definition["name"] == {"value": "A"}


def test_a_name_that_is_no_text_is_refused_like_any_field():
    with pytest.raises(DescriptorError) as caught:
        AtlassianConnect().add_module("webPanels", "key", view, name=3, location="l")

    assert caught.value.path == "module 'key'.name"
