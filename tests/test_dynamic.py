"""Dynamic modules against a site: what is declared becomes what the host has."""

from __future__ import annotations

import itertools
import logging
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from atlassian_connect import AtlassianConnect, Module, current_tenant
from atlassian_connect.dynamic import SyncResult
from atlassian_connect.errors import DescriptorError, HostBadRequestError, HostUnauthorizedError, StorageError
from atlassian_connect.signals import dynamic_modules_synced
from atlassian_connect.testing import SandboxHost
from atlassian_connect.testing.host import DEFAULT_ORIGIN
from atlassian_connect.web.context import state_of


def panel(key, **fields):
    return Module("webPanels", {"key": key, "url": "/p", "location": "l", "name": {"value": key}, **fields})


class Wanted:
    """What the app under test declares; changed by the tests."""

    def __init__(self):
        self.polls = True
        self.modules = []


@pytest.fixture
def wanted():
    return Wanted()


@pytest.fixture
def connect(wanted):
    connect = AtlassianConnect()
    connect.general_page("static", name="Static")(lambda: "static")

    @connect.dynamic_module("webPanels", "poll", name="Poll", location="l", when=lambda tenant: wanted.polls)
    def poll():
        return f"poll of {current_tenant.client_key}"

    @connect.dynamic_modules
    def computed(tenant):
        yield from wanted.modules

    return connect


@pytest.fixture
def app(make_app, connect):
    app = make_app(connect)
    app.add_url_rule("/p", "p", connect.require(lambda: "p"))
    app.add_url_rule("/open", "open", lambda: "open", methods=["POST"])
    app.add_url_rule("/open/<key>", "open_too", lambda key: key)
    app.add_url_rule("/shell", "shell", lambda: "shell")
    return app


@pytest.fixture
def host(app):
    return SandboxHost(app)


@pytest.fixture
def installation(host):
    return host.install("confluence")


@pytest.fixture
def tenant(host, installation):
    return host.tenant(installation)


@pytest.fixture
def dynamic(app, connect):
    with app.app_context():
        yield connect.dynamic


def keys(installation):
    return {module.key for module in installation.dynamic_modules}


def test_an_install_brings_the_declared_modules(installation):
    assert keys(installation) == {"poll"}


def test_a_dynamic_modules_view_is_served_and_authenticated_like_any_other(host, installation):
    answer = installation.open("poll")

    assert (answer.status, answer.text) == (200, f"poll of {installation.client_key}")
    assert host.app.test_client().get("/connect/poll").status_code == 401


def test_sync_adds_changes_and_removes(dynamic, tenant, installation, wanted):
    wanted.modules = [panel("a"), ("webPanels", {"key": "b", "url": "/p", "location": "l", "name": "B"})]
    assert dynamic.sync(tenant) == SyncResult(added=("a", "b"), unchanged=("poll",))

    wanted.polls = False
    wanted.modules = [panel("a", weight=5)]
    assert dynamic.sync(tenant) == SyncResult(changed=("a",), removed=("poll", "b"))

    (left,) = installation.dynamic_modules
    assert (left.key, left.definition["weight"]) == ("a", 5)


def test_sync_again_does_nothing(dynamic, tenant, host):
    before = len(host.sandbox.log)

    assert dynamic.sync(tenant).is_empty
    assert len(host.sandbox.log) == before + 1, "one GET"


def test_plain_calls(dynamic, tenant, installation):
    dynamic.register(tenant, panel("x"), panel("y"))
    assert {module.key for module in dynamic.list(tenant)} == {"poll", "x", "y"} == keys(installation)

    dynamic.remove(tenant, "x", "unknown")
    assert keys(installation) == {"poll", "y"}
    assert set(dynamic.remove_all(tenant)) == {"poll", "y"}
    assert keys(installation) == set()


def test_registration_is_atomic(dynamic, tenant, installation):
    with pytest.raises(HostBadRequestError, match="duplicate module keys") as caught:
        dynamic.register(tenant, panel("x"), panel("poll"))

    assert "poll" in caught.value.message
    assert keys(installation) == {"poll"}


def test_a_key_of_the_descriptor_is_refused_before_the_host_refuses_it(dynamic, tenant, host, wanted):
    before = len(host.sandbox.log)
    with pytest.raises(DescriptorError, match="static"):
        dynamic.register(tenant, panel("static"))
    assert len(host.sandbox.log) == before


def test_a_computed_module_with_a_key_of_the_descriptor_is_told_and_the_others_get_in(
    dynamic, tenant, installation, wanted
):
    wanted.modules = [panel("static"), panel("other")]

    result = dynamic.sync(tenant)

    assert result.added == ("other",)
    assert [(one.key, one.type) for one in result.refused] == [("static", "webPanels")]
    assert "descriptor" in result.refused[0].message
    assert keys(installation) == {"poll", "other"}


@pytest.mark.parametrize(
    "modules",
    [
        [panel("a"), panel("a")],
        [Module("webPanels", {"key": "a", "url": "/p"})],
        [Module("webhooks", {"event": "page_created", "url": "/x"})],
        [panel(f"p{number}") for number in range(101)],
    ],
    ids=["duplicate", "required field", "no key", "more than 100"],
)
def test_what_is_wrong_in_itself_is_not_sent(dynamic, tenant, installation, wanted, modules):
    wanted.modules = modules
    with pytest.raises(DescriptorError):
        dynamic.sync(tenant)

    assert keys(installation) == {"poll"}


def test_tenants_are_apart(host, dynamic, wanted, installation):
    jira = host.install("jira")
    wanted.modules = [panel("only-jira")]
    dynamic.sync(host.tenant(jira))

    assert keys(jira) == {"poll", "only-jira"}
    assert keys(installation) == {"poll"}


def test_modules_survive_uninstall_and_reinstall_of_the_host(host, installation):
    installation.uninstall()
    again = host.install("confluence")

    assert keys(again) == {"poll"}


def test_after_uninstall_the_host_refuses_and_we_do_not_even_ask(dynamic, host, installation, tenant):
    installation.uninstall()

    with pytest.raises(HostUnauthorizedError):
        dynamic.list(tenant)  # a stale value of a job: the host says no
    from atlassian_connect.errors import TenantUninstalledError

    with pytest.raises(TenantUninstalledError):
        dynamic.list(host.tenant(installation))


def test_an_early_sync_waits_for_the_host_to_finish_the_install(host, installation, tenant, monkeypatch):
    """A host takes our calls only after it has the answer to `installed`."""
    from atlassian_connect.web import views

    waits = []
    refusals = [HostUnauthorizedError(status=401, message="", method="GET", url="/")] * 2
    real = host.state.dynamic.sync

    def sync(current):
        if refusals:
            raise refusals.pop()
        return real(current)

    monkeypatch.setattr(host.state.dynamic, "sync", sync)
    monkeypatch.setattr(views.time, "sleep", waits.append)
    views._sync_later(host.state, tenant)
    host.settle()

    assert waits == [0.5, 1.0]


def test_a_sync_after_install_can_be_switched_off(make_app, connect):
    host = SandboxHost(make_app(connect, ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False))

    assert keys(host.install()) == set()


def test_a_signal_tells_the_outcome(app, dynamic, tenant, wanted):
    told = []

    def receiver(sender, tenant, result):
        told.append((sender, tenant, result.added))

    wanted.modules = [panel("new")]
    with dynamic_modules_synced.connected_to(receiver, app):
        dynamic.sync(tenant)

    assert told == [(app, tenant, ("new",))]


def test_nothing_secret_is_logged(dynamic, tenant, wanted, caplog):
    caplog.set_level(logging.DEBUG)
    wanted.modules = [panel("new")]
    dynamic.sync(tenant)

    assert tenant.shared_secret.reveal() not in caplog.text
    assert "eyJ" not in caplog.text


def test_a_view_may_pass_the_proxy_on(make_app, wanted):
    """What a signal's receiver keeps must outlive the request."""
    connect = AtlassianConnect()
    kept = []
    connect.add_dynamic_module("webPanels", "poll", lambda: "", name="Poll", location="l")

    @connect.general_page("go", name="Go")
    def go():
        connect.dynamic.remove_all(current_tenant)
        return ",".join(connect.dynamic.sync(current_tenant).added)

    app = make_app(connect)

    def receiver(sender, tenant, result):
        kept.append(tenant)

    host = SandboxHost(app)
    installation = host.install()
    with dynamic_modules_synced.connected_to(receiver, app):
        assert installation.open("go").text == "poll"

    assert kept[0].client_key == installation.client_key


# --- what is computed is checked --------------------------------------------------------------------------------------


def test_a_function_that_fails_is_named_and_nothing_is_sent(dynamic, tenant, host, wanted):
    class Broken:
        def __iter__(self):
            raise ValueError("password=hunter2")

    wanted.modules = Broken()
    before = len(host.sandbox.log)
    with pytest.raises(DescriptorError, match=r"computed\(\) raised ValueError") as caught:
        dynamic.sync(tenant)

    assert isinstance(caught.value.__cause__, ValueError)
    assert "hunter2" not in str(caught.value)
    assert len(host.sandbox.log) == before
    assert "computed() raised ValueError" in host.state.sync_records.get(tenant.client_key).error


def test_an_error_of_the_host_that_a_function_meets_stays_what_it_is(dynamic, tenant, wanted):
    """Whoever repeats a sync after a 401 can still tell that it was one."""

    class Refused:
        def __iter__(self):
            raise HostUnauthorizedError(status=401, message="", method="GET", url="/")

    wanted.modules = Refused()
    with pytest.raises(HostUnauthorizedError) as caught:
        dynamic.sync(tenant)

    assert "computed()" in caught.value.__notes__[0]


def test_a_condition_that_fails_is_named(make_app):
    connect = AtlassianConnect()

    def wants_polls(tenant):
        return tenant.no_such_thing

    connect.add_dynamic_module("webPanels", "poll", lambda: "", name="Poll", location="l", when=wants_polls)
    host = SandboxHost(make_app(connect, ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False))
    tenant = host.tenant(host.install())

    with host.app.app_context(), pytest.raises(DescriptorError, match=r"wants_polls\(\) raised AttributeError"):
        connect.dynamic.sync(tenant)


@pytest.mark.parametrize(
    "item",
    [None, "webPanels", ("webPanels",), ("webPanels", 3), (1, {}), {"key": "a"}, Module("webPanels", [1])],
    ids=repr,
)
def test_what_is_no_module_is_told_with_its_place(dynamic, tenant, wanted, item):
    wanted.modules = [panel("a"), item]
    with pytest.raises(DescriptorError, match=r"computed\(\) yields Module objects") as caught:
        dynamic.sync(tenant)

    assert caught.value.path == "dynamic modules[2]"


@pytest.mark.parametrize("answer", [None, 3, "webPanels", {"webPanels": []}, panel("a")], ids=repr)
def test_a_function_that_returns_no_modules_is_named(make_app, answer):
    connect = AtlassianConnect()

    @connect.dynamic_modules
    def forgot_to_yield(tenant):
        return answer

    host = SandboxHost(make_app(connect, ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False))
    tenant = host.tenant(host.install())

    with host.app.app_context(), pytest.raises(DescriptorError, match=r"forgot_to_yield\(\) returned a"):
        connect.dynamic.sync(tenant)


def test_an_async_function_is_refused_when_it_is_declared():
    async def computed(tenant):
        yield panel("a")

    with pytest.raises(DescriptorError, match="async"):
        AtlassianConnect().add_dynamic_modules(computed)


@pytest.mark.parametrize(
    ("module", "path"),
    [
        (panel("b!"), "key"),
        (panel("a"), "key"),
        (panel("b", location=None), "location"),
        (panel("b", url=3), "url"),
        (panel("b", url="/nowhere"), "url"),
        (panel("b", url="https://elsewhere.example/p"), "url"),
        (panel("b", url="//elsewhere.example/p"), "url"),
        (panel("b", url="/p/../q"), "url"),
        (panel("b", weight=float("nan")), "weight"),
        (panel("b", weight={1, 2}), "weight"),
        (panel("b", params={(1, 2): 3}), "params"),
        (
            Module(
                "dynamicContentMacros",
                {"key": "b", "name": {"value": "B"}, "url": "/p", "editor": {"url": "/nowhere"}},
            ),
            "editor.url",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_path(dynamic, tenant, host, wanted, module, path):
    wanted.modules = [panel("a"), module]
    before = len(host.sandbox.log)
    with pytest.raises(DescriptorError) as caught:
        dynamic.sync(tenant)

    assert caught.value.path == "dynamic modules[2]" + (f".{path}" if path else "")
    assert len(host.sandbox.log) == before, "nothing was sent"


@pytest.mark.parametrize(
    "module",
    [
        panel("a", url="/p?space={space.key}"),
        panel("a", url="p"),
        panel("a", url="https://app.example.com/p"),
        panel("a", url="/spaces/{space.key}"),
        Module("webItems", {"key": "a", "name": "A", "location": "l", "url": "https://elsewhere.example/"}),
        Module("webItems", {"key": "a", "name": "A", "location": "l", "url": "/browse", "context": "product"}),
    ],
    ids=lambda module: module.definition["url"],
)
def test_urls_that_lead_somewhere(dynamic, tenant, wanted, module):
    wanted.modules = [module]

    assert dynamic.sync(tenant).added == ("a",)


def test_a_route_that_lets_everybody_in_is_warned_of_once(dynamic, tenant, wanted, caplog):
    """Static modules' routes are closed by themselves; nobody sees what another process registers."""
    wanted.modules = [
        panel("guarded"),
        panel("shell", url="/shell", cacheable=True),
        panel("open", url="/open?i={issue.key}"),
        panel("again", url="/open"),
        panel("too", url="/open/1"),
    ]

    dynamic.sync(tenant)
    dynamic.sync(tenant)

    assert [record.getMessage() for record in caplog.records if "everybody" in record.getMessage()] == [
        f"dynamic module {key} leads to {path}, where everybody gets in: put @connect.require() on that route"
        for key, path in (("open", "/open"), ("too", "/open/1"))
    ]


def test_an_unknown_type_passes_with_one_warning(dynamic, tenant, installation, wanted, caplog):
    wanted.modules = [Module("notYetInvented", {"key": key, "url": "/nowhere"}) for key in "ab"]
    dynamic.sync(tenant)
    dynamic.sync(tenant)

    assert keys(installation) == {"poll", "a", "b"}
    assert caplog.text.count("module type notYetInvented is not in the catalogue") == 1


def test_a_key_of_the_template_is_refused_when_it_is_declared(make_app):
    template = {"key": "k", "modules": {"webPanels": [dict(panel("poll").definition)]}}
    early, late = AtlassianConnect(), AtlassianConnect()
    early.add_dynamic_module("webPanels", "poll", lambda: "", name="Poll", location="l")
    with pytest.raises(DescriptorError, match="dynamic module 'poll'"):
        make_app(early, ATLASSIAN_CONNECT_DESCRIPTOR=template)

    make_app(late, ATLASSIAN_CONNECT_DESCRIPTOR=template)
    with pytest.raises(DescriptorError, match="dynamic module 'poll'"):
        late.add_dynamic_module("webPanels", "poll", lambda: "", name="Poll", location="l")


# --- what is kept of a sync -------------------------------------------------------------------------------------------


def test_modules_that_somebody_removed_are_noticed(dynamic, tenant, installation, caplog):
    dynamic.remove_all(tenant)

    result = dynamic.sync(tenant)

    assert (result.added, result.vanished) == (("poll",), ("poll",))
    assert "no longer had any" in caplog.text
    assert dynamic.sync(tenant).vanished == ()


def test_a_failure_to_record_a_failure_does_not_hide_it(dynamic, tenant, wanted, monkeypatch, caplog):
    def fail(tenant, outcome):
        raise RuntimeError("disk full")

    monkeypatch.setattr(dynamic, "_record", fail)
    wanted.modules = [None]

    with pytest.raises(DescriptorError):
        dynamic.sync(tenant)
    assert "could not be recorded" in caplog.text


def test_a_sync_that_does_not_get_the_lock_asks_nobody_and_records_nothing(dynamic, tenant, host, monkeypatch):
    @contextmanager
    def busy(tenant):
        raise StorageError("busy")
        yield

    monkeypatch.setattr(dynamic, "_lock", busy)
    before, kept = len(host.sandbox.log), host.state.sync_records.get(tenant.client_key)
    with pytest.raises(StorageError):
        dynamic.sync(tenant)

    assert len(host.sandbox.log) == before
    assert host.state.sync_records.get(tenant.client_key) == kept
    assert dynamic.sync(tenant, dry_run=True).is_empty, "a dry run waits for nobody"


@pytest.mark.parametrize("changes_before", [0, 1])
def test_a_sync_that_loses_its_lock_changes_nothing_more_at_the_host(
    changes_before, dynamic, tenant, host, installation, wanted, monkeypatch
):
    wanted.modules = [panel("old"), panel("same", weight=1)]
    dynamic.sync(tenant)
    kept = host.state.sync_records.get(tenant.client_key)
    left = [changes_before]

    @contextmanager
    def lost(tenant):
        def may_go_on():
            left[0] -= 1
            if left[0] < 0:
                raise StorageError("lost")

        yield may_go_on

    monkeypatch.setattr(dynamic, "_lock", lost)
    wanted.modules = [panel("new"), panel("same", weight=2)]
    with pytest.raises(StorageError, match="lost"):
        dynamic.sync(tenant)

    assert keys(installation) == ({"poll", "old", "same"} if changes_before == 0 else {"poll"})
    assert host.state.sync_records.get(tenant.client_key) == kept, "what the other sync records is newer"


def test_what_only_an_encoder_refuses_costs_no_module_that_is_there(dynamic, tenant, installation, wanted):
    wanted.modules = [panel("a", params={"x": 1})]
    dynamic.sync(tenant)

    wanted.modules = [panel("a", params={("x", "y"): 1})]
    with pytest.raises(DescriptorError):
        dynamic.sync(tenant)

    assert keys(installation) == {"poll", "a"}


def test_mappings_of_any_kind_are_sent(dynamic, tenant, installation, wanted):
    wanted.modules = [panel("a", params=MappingProxyType({"x": (1, 2)}))]

    assert dynamic.sync(tenant).added == ("a",)
    assert dynamic.sync(tenant).is_empty


def test_whatever_breaks_off_a_registration_what_was_removed_is_put_back(
    app, host, dynamic, tenant, installation, wanted
):
    wanted.modules = [panel("a")]
    dynamic.sync(tenant)
    broken = []

    def breaks_once(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST" and not broken:
            broken.append(True)
            raise RuntimeError("no error of ours")
        return host.sandbox.wsgi_app(environ, start_response)

    state_of(app).transport.mount(DEFAULT_ORIGIN, breaks_once)
    wanted.modules = [panel("a", weight=5)]
    with pytest.raises(RuntimeError, match="no error of ours"):
        dynamic.sync(tenant)

    assert keys(installation) == {"poll", "a"}


def test_a_generator_without_an_end_is_noticed(dynamic, tenant, wanted):
    wanted.modules = (panel(f"p{number}") for number in itertools.count())

    with pytest.raises(DescriptorError, match="More than 1000"):
        dynamic.sync(tenant)


def test_the_log_has_the_place_where_a_generator_failed(dynamic, tenant, wanted, caplog):
    wanted.modules = (1 // number for number in (0,))

    with pytest.raises(DescriptorError, match="raised ZeroDivisionError"):
        dynamic.sync(tenant)

    [record] = [record for record in caplog.records if record.exc_info]
    assert record.exc_info[0] is ZeroDivisionError
    assert tenant.client_key in record.getMessage()
