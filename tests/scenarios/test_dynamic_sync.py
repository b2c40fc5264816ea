"""Dynamic modules against a site that refuses, fails and falls silent, over real HTTP, on both databases."""

from __future__ import annotations

import logging

import pytest

from atlassian_connect import AtlassianConnect, Module, text
from atlassian_connect.client.dynamic_modules import DYNAMIC_MODULES_PATH
from atlassian_connect.errors import HostError, HostServerError, HostUnreachableError, RateLimitedError
from atlassian_connect.sandbox import Sandbox, SandboxServer, WsgiTransport
from atlassian_connect.sandbox.faults import Broken, Dropped, ModuleDefaults, ModuleRefused, RateLimited, Unavailable
from atlassian_connect.web.context import state_of
from tests.conftest import BASE_URL


def panel(key, **fields):
    return Module("webPanels", {"key": key, "url": "/p", "location": "l", "name": {"value": key}, **fields})


def foreign(key):
    """Of a type that is not in the catalogue: only the host can tell that something is wrong with it."""
    return Module("notYetInvented", {"key": key, "url": "https://elsewhere.example/x"})


class World:
    """An app whose declarations a test changes, and a site on a port of its own where it is installed."""

    def __init__(self, make_app, database_url, product):
        self.make_app = make_app
        self.database_url = database_url
        self.wanted = []
        self.apps = WsgiTransport({})
        self.sandbox = Sandbox("http://localhost:1", transport=self.apps)
        self.site = self.sandbox.jira if product == "jira" else self.sandbox.confluence
        self.encryption_keys = None
        self.scopes = []

    def deploy(self, *static):
        """Put a version of the app into service: same database, other descriptor."""
        connect = AtlassianConnect()
        connect.dynamic_modules(lambda tenant: self.wanted)
        connect.describe(translations={"en-US": {"hello": "Hello, as translated"}})
        config = {"ATLASSIAN_CONNECT_ENCRYPTION_KEYS": self.encryption_keys} if self.encryption_keys else {}
        self.app = self.make_app(
            connect,
            self.database_url,
            ATLASSIAN_CONNECT_DESCRIPTOR={
                "key": "com.example.app",
                "name": "App",
                "scopes": self.scopes,
                "modules": {"webPanels": [dict(module.definition) for module in static]},
            },
            ATLASSIAN_CONNECT_SANDBOX_URL=self.sandbox.jira.base_url,
            ATLASSIAN_CONNECT_RETRY_BUDGET_SECONDS=0,
            ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False,
            **config,
        )
        self.encryption_keys = self.app.config["ATLASSIAN_CONNECT_ENCRYPTION_KEYS"]
        self.app.add_url_rule("/p", "p", connect.require(lambda: "p"))
        self.apps.mount(BASE_URL, self.app.wsgi_app)
        self.connect = connect
        self.installation = self.site.install(f"{BASE_URL}/atlassian-connect.json")

    @property
    def tenant(self):
        return state_of(self.app).store.get(self.installation.client_key)

    def sync(self, *wanted, **options):
        self.wanted = list(wanted)
        with self.app.app_context():
            return self.connect.dynamic.sync(self.tenant, **options)

    def fault(self, fault, method, times=1):
        return self.site.faults.add(fault, method=method, path=DYNAMIC_MODULES_PATH, times=times)

    @property
    def has(self):
        return {module.key: module.definition.get("weight") for module in self.installation.dynamic_modules}


@pytest.fixture
def world(make_app, database_url):
    """Jira with one database, Confluence with the other: neither knows of the other's choice."""
    world = World(make_app, database_url, "jira" if database_url.startswith("sqlite") else "confluence")
    with SandboxServer(world.sandbox, port=0):
        world.deploy()
        world.sync(panel("same"), panel("moved", weight=1), panel("gone"))
        yield world


NOW = (panel("same"), panel("moved", weight=2), panel("new"))
AFTER = {"same": None, "moved": 2, "new": None}


def test_a_dry_run_tells_what_a_sync_then_does(world):
    told = world.sync(*NOW, dry_run=True)
    assert told.dry_run
    assert world.has == {"same": None, "moved": 1, "gone": None}

    done = world.sync(*NOW)

    assert (done.added, done.changed, done.removed, done.unchanged) == (("new",), ("moved",), ("gone",), ("same",))
    assert (told, told.plan, done.dry_run) == (done, done.plan, False)
    assert world.has == AFTER


def test_a_field_that_is_no_longer_wanted_is_a_change(world):
    assert world.sync(panel("same"), panel("moved")).changed == ("moved",)
    assert world.has["moved"] is None


@pytest.mark.parametrize("after", ["executed", "half"])
def test_a_registration_without_an_answer_is_looked_up(world, after):
    with world.fault(Dropped(after=after), "POST") as fault:
        result = world.sync(*NOW)

    assert fault.hits == 1
    assert result.added == ("new",)
    assert world.has == AFTER
    assert world.sync(*NOW).is_empty


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Dropped(after="nothing"), HostUnreachableError),
        (Unavailable(), HostServerError),
        (RateLimited(seconds=60), RateLimitedError),
        (Broken(401, '{"message": "The request is not from a Connect app."}'), HostError),
    ],
    ids=["dropped", "unavailable", "limited", "unauthorized"],
)
def test_what_was_removed_to_be_changed_is_put_back_when_the_registration_fails(world, fault, error):
    with world.fault(fault, "POST"), pytest.raises(error):
        world.sync(*NOW)
    assert world.has == {"same": None, "moved": 1}

    assert world.sync(*NOW).changed == ("moved",)
    assert world.has == AFTER


@pytest.mark.parametrize("after", ["nothing", "executed"])
def test_a_removal_without_an_answer_takes_nothing_away_that_is_wanted(world, after):
    with world.fault(Dropped(after=after), "DELETE"), pytest.raises(HostUnreachableError):
        world.sync(*NOW)
    assert world.has["moved"] == 1

    world.sync(*NOW)
    assert world.has == AFTER


def test_a_host_that_stays_silent_is_set_right_when_it_is_back(world):
    with (
        world.fault(Dropped(after="executed"), "DELETE"),
        world.fault(Unavailable(), "POST", times=None),
        pytest.raises(HostUnreachableError),
    ):
        world.sync(*NOW)
    assert world.has == {"same": None}

    world.sync(*NOW)
    assert world.has == AFTER


def test_a_list_that_cannot_be_read_changes_nothing(world):
    with world.fault(Broken(), "GET"), pytest.raises(HostError):
        world.sync(*NOW)

    assert world.has == {"same": None, "moved": 1, "gone": None}


def test_a_module_that_the_host_refuses_does_not_keep_the_others_out(world):
    result = world.sync(panel("same"), foreign("odd"), panel("moved", weight=2), foreign("moved-too"))

    assert result.changed == ("moved",)
    assert {module.key for module in result.refused} == {"odd", "moved-too"}
    assert all("elsewhere.example" in module.message for module in result.refused)
    assert world.has == {"same": None, "moved": 2}


def test_a_changed_module_that_the_host_refuses_stays_as_it_was(world):
    result = world.sync(panel("same"), foreign("moved"), panel("new"))

    assert (result.added, result.changed) == (("new",), ())
    assert [module.key for module in result.refused] == ["moved"]
    assert world.has == {"same": None, "moved": 1, "new": None}


@pytest.mark.parametrize("named", [True, False])
def test_one_bad_module_of_many_is_found_in_few_calls(world, named):
    wanted = [panel(f"k{number}") for number in range(40)]
    with (
        world.fault(ModuleRefused("k17", named=named), "POST", times=None) as posts,
        world.fault(ModuleRefused("k23", named=named), "POST", times=None),
    ):
        result = world.sync(*wanted)

    assert [module.key for module in result.refused] == ["k17", "k23"]
    assert all("Please contact the app vendor." in module.message for module in result.refused)
    assert len(world.has) == 38
    assert posts.hits <= (5 if named else 30)


def test_defaults_that_the_host_lists_are_no_change(world):
    with world.fault(ModuleDefaults(), "GET", times=None):
        assert world.sync(*NOW).changed == ("moved",)
        assert world.sync(*NOW).is_empty
        assert world.sync(panel("same"), panel("moved"), panel("new")).changed == ("moved",), "no longer weight 2"


def test_a_text_that_the_host_translates_is_no_change(world):
    named = [panel("same", name=text("Hello", i18n="hello")), panel("moved", weight=1)]
    world.sync(*named)
    (listed,) = [one for one in world.installation.dynamic_modules if one.key == "same"]
    assert listed.definition["name"]["value"] == "Hello, as translated"

    assert world.sync(*named).is_empty
    assert world.sync(panel("same", name=text("Hi", i18n="hello")), panel("moved", weight=1)).changed == ("same",), (
        "another default is another form than the one that was sent"
    )


def test_a_form_that_is_refused_as_before_makes_no_gap(world):
    """The host is asked again, but what is there is only removed when it says something else than the last time."""
    wanted = [panel("same"), foreign("moved"), panel("new")]
    first = world.sync(*wanted)
    with world.fault(Broken(500), "DELETE", times=None) as removals:
        again = [world.sync(*wanted), world.sync(*wanted)]

    assert removals.hits == 0
    assert [result.refused for result in again] == [first.refused] * 2
    assert world.has == {"same": None, "moved": 1, "new": None}
    assert world.sync(panel("same"), panel("moved", weight=2), panel("new")).changed == ("moved",)
    assert world.sync(panel("same"), panel("moved", weight=2), panel("new")).is_empty


def test_a_form_that_was_refused_gets_in_once_the_host_takes_it(world):
    hook = Module("webhooks", {"key": "moved", "event": "page_created", "url": "/p"})
    assert [module.key for module in world.sync(panel("same"), hook).refused] == ["moved"]
    world.scopes = ["READ"]
    world.deploy()

    assert world.sync(panel("same"), hook).changed == ("moved",)
    assert world.sync(panel("same"), hook).is_empty


def test_a_question_that_gets_no_answer_takes_nothing_away(world):
    world.sync(foreign("moved"))
    with world.fault(Dropped(after="executed"), "POST"), pytest.raises(HostUnreachableError):
        world.sync(foreign("moved"))
    assert world.has == {"moved": 1}

    with world.fault(Broken(500), "DELETE", times=None) as removals:
        assert world.sync(foreign("moved")).refused
    assert removals.hits == 0, "what was refused is remembered over a failure"


def test_webhooks_without_the_scope_that_they_need_are_refused_with_the_hosts_words(world):
    result = world.sync(panel("same"), Module("webhooks", {"key": "hook", "event": "page_created", "url": "/p"}))

    assert "READ" in result.refused[0].message
    assert world.has == {"same": None}


def test_a_reinstall_brings_the_modules_back_and_the_sync_has_nothing_to_do(world):
    before = world.has
    world.installation.uninstall()
    world.deploy()

    assert world.has == before
    assert world.sync(panel("same"), panel("moved", weight=1), panel("gone")).is_empty


def test_an_upgrade_with_the_key_of_a_dynamic_module_is_noticed_and_set_right(world, caplog):
    world.deploy(panel("moved"))
    assert world.has == {}, "the host has removed all"

    with caplog.at_level(logging.WARNING):
        result = world.sync(panel("same"), panel("moved", weight=1), panel("gone"))

    assert set(result.vanished) == {"same", "moved", "gone"}
    assert "no longer had any of the dynamic modules" in caplog.text
    assert result.added == ("same", "gone")
    assert [module.key for module in result.refused] == ["moved"]
    assert world.has == {"same": None, "gone": None}
    assert world.sync(panel("same"), panel("gone")).vanished == ()


def test_a_run_that_fails_is_recorded_and_so_is_the_one_that_heals(world):
    records = state_of(world.app).sync_records
    with world.fault(Unavailable(), "POST"), pytest.raises(HostServerError):
        world.sync(*NOW)
    failed = records.get(world.tenant.client_key)
    assert not failed.ok
    assert failed.error.startswith("HostServerError")
    assert set(failed.registered) == {"same", "moved"}

    world.sync(*NOW, dry_run=True)
    assert records.get(world.tenant.client_key) == failed, "a dry run records nothing"

    world.sync(*NOW)
    healed = records.get(world.tenant.client_key)
    assert healed.ok
    assert set(healed.registered) == set(healed.sent) == {"same", "moved", "new"}
