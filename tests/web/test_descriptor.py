"""The descriptor as it is served."""

from __future__ import annotations

import json

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import ConfigurationError, DescriptorError
from tests.conftest import BASE_URL


def served(app):
    return app.test_client().get("/atlassian-connect.json")


def test_it_is_served_byte_stable_with_an_etag(make_app, connect):
    app = make_app(connect)
    first, second = served(app), served(app)

    assert first.data == second.data
    assert first.mimetype == "application/json"
    assert first.headers["ETag"] == second.headers["ETag"]
    again = app.test_client().get("/atlassian-connect.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_two_processes_serve_the_same_bytes(make_app):
    def fresh():
        connect = AtlassianConnect()
        connect.general_page("a", name="A")(lambda: "")
        return served(make_app(connect)).data

    assert fresh() == fresh()


def test_the_base_url_is_never_the_host_header(make_app, connect):
    response = make_app(connect).test_client().get("/atlassian-connect.json", headers={"Host": "evil.example.com"})

    assert response.json["baseUrl"] == BASE_URL
    assert "evil" not in response.text


def test_placeholders_are_filled(make_app):
    template = {
        "key": "{{ app_key }}",
        "name": "My {{ flavour }} app",
        "baseUrl": "{{base_url}}",
        "enableLicensing": "{{ licensed }}",
        "links": {"self": "{{ base_url }}/atlassian-connect.json"},
    }
    app = make_app(
        AtlassianConnect(),
        ATLASSIAN_CONNECT_DESCRIPTOR=template,
        ATLASSIAN_CONNECT_APP_KEY="com.example.staging",
        ATLASSIAN_CONNECT_DESCRIPTOR_VALUES={"flavour": "vanilla", "licensed": True},
    )
    document = served(app).json

    assert document["key"] == "com.example.staging"
    assert document["name"] == "My vanilla app"
    assert document["enableLicensing"] is True
    assert document["links"]["self"] == f"{BASE_URL}/atlassian-connect.json"


def test_a_template_file_beside_the_app(make_app, tmp_path):
    (tmp_path / "descriptor.json").write_text(json.dumps({"key": "com.example.file", "name": "File"}), "utf-8")
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=str(tmp_path / "descriptor.json"))

    assert served(app).json["key"] == "com.example.file"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_template_that_is_no_object_is_an_error_at_start(make_app, tmp_path, content):
    (tmp_path / "descriptor.json").write_text(content, "utf-8")

    with pytest.raises(DescriptorError):
        make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=str(tmp_path / "descriptor.json"))


def test_a_missing_template_is_an_error_at_start(make_app):
    with pytest.raises(ConfigurationError, match="ATLASSIAN_CONNECT_DESCRIPTOR"):
        make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR="missing.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": None}, "APP_KEY"),
        ({"key": "a b"}, "key"),
        ({"key": "x" * 65}, "key"),
        ({"baseUrl": "https://other.example.com"}, "baseUrl"),
        ({"scopes": ["EVERYTHING"]}, "scope"),
        ({"name": "{{ unknown }}"}, "unknown"),
        ({"modules": {"webPanels": [{"key": "p", "url": "/p"}]}}, "required"),
        ({"modules": {"generalPages": [{"key": "hello", "url": "/p", "name": {"value": "P"}}]}}, "[Dd]uplicate"),
        ({"modules": []}, "modules"),
        ({"lifecycle": {"installed": "https://evil.example.com/installed"}}, "lifecycle"),
    ],
)
def test_what_a_host_would_refuse_is_an_error_at_start(make_app, connect, change, message):
    template = {"key": "com.example.app", "name": "App", "scopes": ["READ"], **change}

    with pytest.raises(ConfigurationError, match=message):
        make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={k: v for k, v in template.items() if v is not None})


def test_the_lifecycle_is_mounted_where_the_template_says(make_app):
    template = {"key": "com.example.app", "name": "App", "lifecycle": {"installed": "/hooks/in", "uninstalled": "out"}}
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=template)

    assert app.test_client().post("/hooks/in").status_code == 400
    assert app.test_client().post("/out").status_code == 400
    assert app.test_client().post("/connect/lifecycle/installed").status_code == 404
    assert app.test_client().get("/hooks/in").status_code == 405


def test_modules_of_the_template_and_of_decorators_stand_side_by_side(make_app, connect):
    page = {"key": "templated", "url": "/t", "name": {"value": "T"}}
    template = {"key": "com.example.app", "name": "App", "scopes": ["READ"], "modules": {"generalPages": [page]}}
    document = served(make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR=template)).json

    assert [module["key"] for module in document["modules"]["generalPages"]] == ["templated", "hello"]


def test_prefix_and_descriptor_url_are_settings(make_app, connect):
    app = make_app(connect, ATLASSIAN_CONNECT_URL_PREFIX="/x/", ATLASSIAN_CONNECT_DESCRIPTOR_URL="/descriptor")
    document = app.test_client().get("/descriptor").json

    assert document["modules"]["generalPages"][0]["url"] == "/x/hello"
    assert document["lifecycle"]["installed"] == "/x/lifecycle/installed"
