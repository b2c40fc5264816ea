"""Decorators register and return the function unchanged; what is wrong is said when they are applied."""

from __future__ import annotations

import warnings

import pytest

from atlassian_connect import AtlassianConnect, Module, condition, current_tenant
from atlassian_connect.errors import ConfigurationError, DescriptorError
from tests.host import Host


def view():
    return current_tenant.client_key


def test_decorators_return_the_function_unchanged():
    connect = AtlassianConnect()

    assert connect.general_page("a", name="A")(view) is view
    assert connect.module("webPanels", "b", location="l", name="B")(view) is view
    assert connect.dynamic_module("webPanels", "c", location="l", name="C")(view) is view

    def handler(event): ...

    def callback(tenant): ...

    assert connect.webhook("page_updated")(handler) is handler
    assert connect.dynamic_modules(callback) is callback
    for register in (connect.on_installed, connect.on_uninstalled, connect.on_enabled, connect.on_disabled):
        assert register(callback) is callback


def test_each_decorator_has_a_plain_call_twin(make_app):
    one, two = AtlassianConnect(), AtlassianConnect()
    one.general_page("a", name="A")(view)
    one.dynamic_module("webPanels", "c", location="l", name="C")(view)
    one.webhook("page_updated")(lambda event: None)
    two.add_module("generalPages", "a", view, name="A")
    two.add_dynamic_module("webPanels", "c", view, location="l", name="C")
    two.add_webhook("page_updated", lambda event: None)

    first, second = (make_app(connect).test_client().get("/atlassian-connect.json").data for connect in (one, two))
    assert first == second


def test_the_name_of_a_jql_function_stays_the_word_that_it_is(make_app):
    connect = AtlassianConnect()
    fields = {"arguments": [], "operators": ["in"], "types": ["issue"]}
    connect.module("jiraJqlFunctions", "near", name="nearby", **fields)(view)

    modules = make_app(connect).test_client().get("/atlassian-connect.json").json["modules"]

    assert [function["name"] for function in modules["jiraJqlFunctions"]] == ["nearby"]


@pytest.mark.parametrize("key", ["", "a b", "a_b", "ä", "x" * 101, "a/b"])
def test_a_bad_key_is_refused_when_declared(key):
    with pytest.raises(DescriptorError, match="no module key"):
        AtlassianConnect().general_page(key, name="A")(view)


def test_a_key_that_is_taken_is_refused_when_declared():
    connect = AtlassianConnect()
    connect.general_page("a", name="A")(view)

    with pytest.raises(DescriptorError, match="has the key already"):
        connect.dynamic_module("webPanels", "a", location="l", name="A")(view)


def test_a_required_field_that_is_missing_is_named():
    with pytest.raises(DescriptorError, match=r"module 'p'\.location: location is required in webPanels"):
        AtlassianConnect().module("webPanels", "p", name="P")(view)


@pytest.mark.parametrize("url", ["hello", "https://elsewhere.example.com/x", "//elsewhere", ""])
def test_a_url_is_a_path_below_the_base_url(url):
    with pytest.raises(DescriptorError, match=r"path below the base URL|url is required"):
        AtlassianConnect().general_page("a", name="A", url=url)(view)


@pytest.mark.parametrize("function", [lambda: None, lambda a, b: None, lambda *, event: None])
def test_handlers_take_one_argument(function):
    connect = AtlassianConnect()
    for register in (connect.webhook("page_updated"), connect.on_installed, connect.dynamic_modules):
        with pytest.raises(DescriptorError, match="called with one argument"):
            register(function)


@pytest.mark.parametrize("event", ["", "page updated", "/x", "<b>"])
def test_an_event_is_a_name(event):
    with pytest.raises(DescriptorError, match="no event name"):
        AtlassianConnect().webhook(event)(lambda event: None)


def test_a_condition_that_no_host_has_is_warned_of_once_where_it_is_declared():
    connect = AtlassianConnect()
    misspelt = [{"condition": "user_is_loged_in"}]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        connect.web_panel("a", name="A", location="l", conditions=misspelt)(view)
        connect.add_module("webPanels", "b", view, name="B", location="l", conditions=misspelt)
        connect.dynamic_module(
            "jiraIssueContents", "c", name="C", icon={}, tooltip={}, contentPresentConditions=[{"condition": "no_such"}]
        )(view)
        connect.webhook("page_updated", conditions=[{"condition": "neither"}])(lambda event: None)

    assert [str(warning.message).partition(":")[0] for warning in told] == [
        "module 'a'.conditions[0].condition",
        "module 'c'.contentPresentConditions[0].condition",
        "webhook 'page_updated'.conditions[0].condition",
    ]
    assert {(warning.filename, warning.category) for warning in told} == {(__file__, UserWarning)}
    assert "'user_is_loged_in' is a condition that no host is known to have" in str(told[0].message)


def test_conditions_that_hosts_have_are_no_matter_to_warn_of():
    connect = AtlassianConnect()
    connect.web_panel("a", name="A", location="l", conditions=condition("user_is_logged_in"))(view)
    connect.general_page(
        "b", name="B", conditions=~condition("user_is_admin") | condition("is_issue_assigned_to_current_user")
    )(view)


def test_a_guard_that_lets_nobody_in_is_a_mistake():
    with pytest.raises(ValueError, match="lets nobody in"):
        AtlassianConnect().require(qsh=False)


def test_require_works_with_and_without_parentheses(make_app):
    connect = AtlassianConnect()
    app = make_app(connect)
    app.add_url_rule("/bare", "bare", connect.require(view))
    app.add_url_rule("/called", "called", connect.require()(view))
    host = Host(app)
    host.install()

    for url in ("/bare", "/called"):
        assert host.http.get(url).status_code == 401
        assert host.get(url).text == "tenant-1"


def test_a_guard_keeps_name_and_docstring():
    def documented():
        """What it does."""

    guarded = AtlassianConnect().require(documented)

    assert (guarded.__name__, guarded.__doc__) == ("documented", "What it does.")


def test_variables_in_a_path_become_arguments(make_app):
    connect = AtlassianConnect()

    @connect.module("webPanels", "p", url="/issue/{issue.key}?project={project.key}", location="l", name="P")
    def panel(issue_key):
        return issue_key

    host = Host(make_app(connect))
    host.install()

    assert host.get("/issue/OPS-1?project=OPS").text == "OPS-1"
    (module,) = host.http.get("/atlassian-connect.json").json["modules"]["webPanels"]
    assert module["url"] == "/issue/{issue.key}?project={project.key}"


def test_a_glance_gets_its_url_where_hosts_look_for_it(make_app):
    connect = AtlassianConnect()
    connect.add_module(
        "jiraIssueGlances",
        "glance",
        view,
        name="Glance",
        icon={"width": 16, "height": 16, "url": "/icon.svg"},
        content={"type": "label", "label": {"value": "x"}},
    )
    (module,) = make_app(connect).test_client().get("/atlassian-connect.json").json["modules"]["jiraIssueGlances"]

    assert module["target"] == {"type": "web_panel", "url": "/connect/glance"}


def test_declaring_after_init_app_works_until_the_first_request(make_app):
    connect = AtlassianConnect()
    app = make_app(connect)
    connect.general_page("late", name="Late")(view)
    host = Host(app)
    host.install()

    assert host.get("/connect/late").text == "tenant-1"
    assert "late" in host.http.get("/atlassian-connect.json").text
    with pytest.raises(AssertionError, match="first request"):
        connect.general_page("later", name="Later")(view)


def test_a_second_init_app_names_the_fix(make_app):
    connect = AtlassianConnect()
    app = make_app(connect)

    with pytest.raises(ConfigurationError, match="Call init_app once"):
        connect.init_app(app)


def test_two_apps_in_one_process_do_not_meet(make_app):
    one, two = AtlassianConnect(), AtlassianConnect()
    one.general_page("one", name="One")(view)
    two.general_page("two", name="Two")(view)
    first, second = Host(make_app(one)), Host(make_app(two))
    first.install()

    assert first.get("/connect/one").status_code == 200
    assert second.get("/connect/two").status_code == 401, "its own store does not know the tenant"
    assert second.get("/connect/one").status_code == 404


def test_one_extension_serves_two_apps(make_app):
    connect = AtlassianConnect()
    connect.general_page("page", name="Page")(view)
    first, second = Host(make_app(connect)), Host(make_app(connect))
    first.install()

    assert first.get("/connect/page").status_code == 200
    assert second.get("/connect/page").status_code == 401


def test_registration_order_is_call_order(make_app):
    connect = AtlassianConnect()
    for key in ("c", "a", "b"):
        connect.general_page(key, name=key)(view)
    pages = make_app(connect).test_client().get("/atlassian-connect.json").json["modules"]["generalPages"]

    assert [page["key"] for page in pages] == ["c", "a", "b"]


def test_unknown_module_types_pass(make_app):
    connect = AtlassianConnect()
    connect.module("jiraSomethingNew", "new", name="New")(view)

    assert make_app(connect).test_client().get("/atlassian-connect.json").json["modules"]["jiraSomethingNew"] == [
        {"key": "new", "name": {"value": "New"}, "url": "/connect/new"}
    ]


def test_dynamic_modules_are_not_in_the_descriptor_but_routed(make_app):
    connect = AtlassianConnect()
    connect.dynamic_module("webPanels", "poll", location="l", name="Poll")(view)
    connect.dynamic_modules(lambda tenant: [Module("webPanels", {"key": "x", "url": "/y"})])
    host = Host(make_app(connect))
    host.install()

    assert host.http.get("/atlassian-connect.json").json["modules"] == {}
    assert host.get("/connect/poll").text == "tenant-1"


def test_two_views_at_one_url_are_refused_and_one_view_may_be_two_modules():
    connect = AtlassianConnect()
    connect.general_page("a", name="A", url="/page?from=a")(view)
    connect.general_page("b", name="B", url="/page?from=b")(view)

    with pytest.raises(DescriptorError, match="with another view"):
        connect.general_page("c", name="C", url="/page")(lambda: "")
