"""Installing and what follows. The app at the other end checks everything with other libraries."""

from __future__ import annotations

from threading import Thread

import jwt
import pytest

from atlassian_connect.sandbox import ADMIN, Installation, InstallError, Sandbox, ids

from .connect_app import APP_KEY, ConnectApp, HostCaller


def test_install_hands_over_a_secret_and_enables(sandbox: Sandbox, app: ConnectApp, confluence_app: Installation):
    assert app.refused == []
    assert app.received_paths() == ["/lifecycle/installed", "/lifecycle/enabled"]
    _, claims, body, headers = app.received[0]
    assert claims["iss"] == body["clientKey"] == confluence_app.client_key
    assert claims["aud"] == [app.base_url]
    assert claims["sub"] == ADMIN
    assert "Atlassian-Connect-Version" in headers
    assert len(body["sharedSecret"]) >= 43
    assert {name: body[name] for name in ("key", "baseUrl", "displayUrl", "productType", "eventType")} == {
        "key": APP_KEY,
        "baseUrl": "http://localhost:2990/wiki",
        "displayUrl": "http://localhost:2990/wiki",
        "productType": "confluence",
        "eventType": "installed",
    }
    assert body["oauthClientId"]
    assert confluence_app.shared_secret.reveal() == body["sharedSecret"]
    assert confluence_app.state == "enabled"
    assert sandbox.confluence.installations == [confluence_app]
    assert sandbox.jira.installations == []
    enabled = app.received[1]
    assert enabled[2]["eventType"] == "enabled"
    assert "sharedSecret" not in enabled[2]


def test_two_sites_are_two_tenants(app: ConnectApp, jira_app: Installation, confluence_app: Installation):
    assert app.refused == []
    assert jira_app.client_key != confluence_app.client_key
    assert jira_app.shared_secret != confluence_app.shared_secret
    assert app.tenants["jira"]["baseUrl"] == "http://localhost:2990"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_good_answers_install(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, status: int):
    app.answers["installed"] = status
    assert sandbox.jira.install(descriptor_url).state == "enabled"


@pytest.mark.parametrize("status", [202, 302, 401, 404, 500])
def test_other_answers_leave_nothing(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, status: int):
    app.answers["installed"] = status
    with pytest.raises(InstallError, match=f"HTTP response code {status}") as caught:
        sandbox.jira.install(descriptor_url)
    assert caught.value.status == status
    assert sandbox.jira.installations == []
    with pytest.raises(KeyError, match="never installed"):
        sandbox.jira.installation(APP_KEY)


def test_a_refused_upgrade_leaves_what_was(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation, descriptor_url: str
):
    app.answers["installed"] = 500
    app.descriptor["name"] = "Version 2"
    with pytest.raises(InstallError):
        sandbox.jira.install(descriptor_url, shared_secret="n" * 43)
    assert jira_app.state == "enabled"
    assert jira_app.descriptor["name"] == "Stale pages"
    assert host("GET", "/rest/api/3/myself").status_code == 200


def test_an_upgrade_keeps_client_key_and_secret(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, descriptor_url: str
):
    before = jira_app.shared_secret
    app.descriptor["name"] = "Version 2"
    assert sandbox.jira.install(descriptor_url) is jira_app
    assert jira_app.shared_secret == before
    assert jira_app.descriptor["name"] == "Version 2"


def test_during_installed_the_old_secret_works_and_the_new_one_not_yet(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation, descriptor_url: str
):
    from atlassian_jwt import encode_token

    seen = []

    def call() -> None:
        for secret in (jira_app.shared_secret.reveal(), "n" * 43):
            token = encode_token("GET", "/rest/api/3/myself", APP_KEY, secret)
            seen.append(host.with_token("GET", "/rest/api/3/myself", token).status_code)

    app.during["installed"] = call
    sandbox.jira.install(descriptor_url, shared_secret="n" * 43)
    assert seen == [200, 401]
    assert host("GET", "/rest/api/3/myself").status_code == 200


def test_during_a_first_install_the_host_refuses(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str
):
    seen = []
    app.during["installed"] = lambda: seen.append(host("GET", "/rest/api/3/myself").status_code)
    app.during["enabled"] = lambda: seen.append(host("GET", "/rest/api/3/myself").status_code)
    sandbox.jira.install(descriptor_url)
    assert seen == [401, 200]


def test_uninstall_tells_the_app_and_ends_its_secret(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation
):
    app.received.clear()
    jira_app.uninstall()
    assert app.refused == []
    assert app.received_paths() == ["/lifecycle/disabled", "/lifecycle/uninstalled"]
    assert host("GET", "/rest/api/3/myself").status_code == 401
    assert sandbox.log[-1].verdict == "uninstalled"
    assert sandbox.jira.installations == []
    with pytest.raises(ValueError, match="not installed"):
        jira_app.uninstall()


def test_reinstall_keeps_client_key_and_dynamic_modules_and_changes_the_secret(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, confluence_app: Installation, descriptor_url: str
):
    before = confluence_app.shared_secret
    confluence_app.register_modules({"webItems": [{"key": "a", "location": "x", "name": {"value": "A"}, "url": "/x"}]})
    confluence_app.uninstall()
    again = sandbox.confluence.install(descriptor_url)
    assert again.client_key == confluence_app.client_key
    assert again.shared_secret != before
    assert [module.key for module in again.dynamic_modules] == ["a"]
    assert host("GET", "/rest/api/user/current", product="confluence").status_code == 200


def test_another_client_key_is_an_import(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, descriptor_url: str
):
    app.received.clear()
    other = sandbox.jira.install(descriptor_url, client_key="imported-1")
    assert other.client_key == "imported-1"
    assert sandbox.jira.installations == [other]
    assert jira_app.state == "uninstalled"
    assert app.received_paths() == ["/lifecycle/installed", "/lifecycle/enabled"]


def test_disable_and_enable(app: ConnectApp, host: HostCaller, jira_app: Installation):
    app.received.clear()
    jira_app.disable()
    jira_app.disable()
    assert host("GET", "/rest/api/3/myself").status_code == 401
    assert jira_app.deliver("jira:issue_updated", {}) == []
    jira_app.enable()
    assert app.received_paths() == ["/lifecycle/disabled", "/lifecycle/enabled"]
    assert host("GET", "/rest/api/3/myself").status_code == 200


def test_a_failing_enabled_is_only_logged(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, caplog):
    app.answers["enabled"] = 500
    assert sandbox.jira.install(descriptor_url).state == "enabled"
    assert "answered 'enabled' with 500" in caplog.text


def test_a_new_static_key_that_clashes_removes_all_dynamic_modules(
    sandbox: Sandbox, app: ConnectApp, confluence_app: Installation, descriptor_url: str
):
    items = [{"key": key, "location": "x", "name": {"value": key}, "url": "/x"} for key in ("a", "b")]
    confluence_app.register_modules({"webItems": items})
    app.descriptor["modules"]["webItems"] = [items[0]]
    sandbox.confluence.install(descriptor_url)
    assert confluence_app.dynamic_modules == []


def test_an_app_without_authentication_gets_no_secret(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["authentication"] = {"type": "none"}
    installation = sandbox.jira.install(descriptor_url)
    assert installation.shared_secret is None
    assert app.received == []
    assert "jwt=" not in installation.iframe_url("page")
    with pytest.raises(ValueError, match="nothing is signed"):
        installation.context_token()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseUrl": "http://app.example.com"}, "baseUrl"),
        ({"key": "no spaces"}, "key"),
        ({"lifecycle": {}}, "lifecycle.installed"),
        ({"scopes": ["NONE"]}, "Webhooks need the scope READ"),
        ({"scopes": "READ"}, "scopes"),
        ({"modules": []}, "modules"),
        ({"authentication": 3}, "authentication"),
    ],
)
def test_a_wrong_descriptor_is_refused(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, change, message):
    app.descriptor.update(change)
    with pytest.raises(InstallError, match=message) as caught:
        sandbox.jira.install(descriptor_url)
    assert caught.value.problems
    assert sandbox.jira.installations == []


def test_duplicate_keys_are_named_as_hosts_do(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["modules"]["adminPages"] = [{"key": "page", "url": "/a", "name": {"value": "A"}}]
    with pytest.raises(InstallError) as caught:
        sandbox.jira.install(descriptor_url)
    assert str(caught.value) == (
        f"Installation failed. The app {APP_KEY} has duplicate module keys: [page]. Please contact the app vendor."
    )


@pytest.mark.parametrize(
    "url",
    ["ftp://x/y", "http://nobody.localhost/x", "http://app.localhost:5000/base/nothing",
     "http://app.localhost:5000/x\r\nX-More: y", "http://app.localhost:5000/a b"],
)  # fmt: skip
def test_a_descriptor_that_cannot_be_had(sandbox: Sandbox, app: ConnectApp, url: str):
    with pytest.raises(InstallError):
        sandbox.jira.install(url)


def test_half_a_surrogate_pair_is_not_json(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["name"] = "\ud800"
    with pytest.raises(InstallError, match="not JSON"):
        sandbox.jira.install(descriptor_url)


@pytest.mark.parametrize("document", [[], "x", 3, None])
def test_a_descriptor_that_is_no_object(sandbox: Sandbox, app: ConnectApp, descriptor_url: str, document):
    app.descriptor = document
    with pytest.raises(InstallError, match="not a JSON object"):
        sandbox.jira.install(descriptor_url)


def test_no_secret_and_no_token_in_repr_and_log(sandbox: Sandbox, app: ConnectApp, jira_app: Installation):
    jira_app.open("page")
    everything = repr((sandbox, sandbox.jira, jira_app, sandbox.log, jira_app.shared_secret))
    everything += "".join(f"{crossing.claims} {crossing.url} {crossing.note}" for crossing in sandbox.log)
    assert jira_app.shared_secret.reveal() not in everything
    assert "eyJ" not in everything
    assert "jwt=***" in everything


def test_the_same_seed_gives_the_same_installation(app: ConnectApp, descriptor_url: str):
    from atlassian_connect.sandbox import WsgiTransport

    def install() -> tuple[str, str]:
        sandbox = Sandbox(transport=WsgiTransport({"http://app.localhost:5000": app.wsgi}), seed=3)
        app.fetch_key = lambda key_id: sandbox.wsgi_app.test_client().get(f"{sandbox.key_server_url}/{key_id}").data
        installation = sandbox.jira.install(descriptor_url)
        return installation.client_key, installation.shared_secret.reveal()

    assert install() == install()


def test_the_key_server_publishes_one_key(sandbox: Sandbox):
    client = sandbox.wsgi_app.test_client()
    good = client.get(f"{sandbox.key_server_url}/{sandbox.key_id}")
    assert good.status_code == 200
    assert good.data.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert client.get(f"{sandbox.key_server_url}/00000000-0000-4000-8000-000000000000").status_code == 404
    assert client.get(f"{sandbox.key_server_url}/../x").status_code == 404


def test_context_token(app: ConnectApp, jira_app: Installation):
    place = {"jira": {"issue": {"id": "10100"}}}
    token = jira_app.context_token(context=place)
    claims = jwt.decode(token, jira_app.shared_secret.reveal(), algorithms=["HS256"])
    assert (claims["qsh"], claims["sub"], claims["context"]) == ("context-qsh", ADMIN, place)
    assert "sub" not in jwt.decode(jira_app.context_token(account_id=None), options={"verify_signature": False})


def test_sign_any_request(jira_app: Installation):
    from atlassian_jwt.url_utils import hash_url

    token = jira_app.sign("POST", "/api/x?b=2&a=1", account_id="557058:u", exp=0)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["qsh"] == hash_url("POST", "/api/x?b=2&a=1")
    assert (claims["sub"], claims["exp"], claims["iss"]) == ("557058:u", 0, jira_app.client_key)
    with pytest.raises(ValueError, match="another origin"):
        jira_app.sign("GET", "https://elsewhere.example/x")


def test_signing_with_other_claims(jira_app: Installation):
    """Whatever is given takes the place of what would be there: also the hash of the request."""
    secret = jira_app.shared_secret.reveal()
    for claims in ({"qsh": "context-qsh"}, {"iss": "another", "sub": "somebody", "more": [1]}):
        found = jwt.decode(jira_app.sign("GET", "/page", **claims), secret, algorithms=["HS256"])
        assert found.items() >= claims.items()


def test_the_id_of_the_install_key_is_of_the_key(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    """Apps keep a key by its id for good: what another process signs with the same seed has another id."""
    first = sandbox.key_id
    assert Sandbox(seed=7).key_id == first
    monkeypatch.setattr(ids, "install_key_pem", lambda: b"the key of another process")
    assert Sandbox(seed=7).key_id != first


def test_an_uninstall_waits_for_the_install_that_is_under_way(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, descriptor_url: str
):
    """What the app hears is in the order of what happens: else it would hear of an uninstall, and be enabled."""
    uninstalling = Thread(target=jira_app.uninstall)

    def meanwhile() -> None:
        uninstalling.start()
        uninstalling.join(0.3)  # it cannot end: it waits

    app.during["installed"] = meanwhile
    app.received.clear()
    sandbox.jira.install(descriptor_url)
    uninstalling.join()
    assert [path.rpartition("/")[2] for path in app.received_paths()] == [
        "installed",
        "enabled",
        "disabled",
        "uninstalled",
    ]
    assert jira_app.state == "uninstalled"


def test_what_is_being_installed_during_a_reset_is_not_installed(
    sandbox: Sandbox, app: ConnectApp, descriptor_url: str
):
    app.during["installed"] = sandbox.reset
    with pytest.raises(InstallError, match="was reset"):
        sandbox.jira.install(descriptor_url)
    assert (sandbox.jira.known, sandbox.store.installations.of("jira")) == ([], [])


def test_an_object_from_before_a_reset_is_not_kept_again(sandbox: Sandbox, jira_app: Installation):
    sandbox.reset()
    jira_app.licensed = True
    jira_app.remove_modules()
    assert sandbox.store.installations.of("jira") == []
    with pytest.raises(ValueError, match="is not installed"):
        jira_app.enable()
