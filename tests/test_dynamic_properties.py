"""Whatever is declared, whatever the host has and whatever one call does: the next sync sets it right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlassian_connect.client import HostClient, RetryPolicy, Transport
from atlassian_connect.dynamic import DynamicModules
from atlassian_connect.errors import DescriptorError, HostError
from atlassian_connect.protocol.modules import DYNAMIC_MODULE_LIMIT, Module

from .client.hosts import CLOUD, make_tenant
from .model_host import Failure, ModelHost, ModelSite

KEYS = [f"m{number}" for number in range(6)]
forms = st.fixed_dictionaries({"x": st.integers(0, 1)}, optional={"y": st.sampled_from([None, 1, 1.0])})
sets_of_modules = st.dictionaries(st.sampled_from(KEYS), st.tuples(st.sampled_from(["alpha", "beta"]), forms))
failures = st.builds(
    Failure,
    call=st.integers(1, 6),
    kind=st.sampled_from(["drop", 500, 503, 401, 400, 429]),
    executed=st.booleans(),
).map(lambda failure: Failure(failure.call, failure.kind, failure.executed and failure.kind in ("drop", 500, 503)))


def nothing(tenant, result):
    pass


class World:
    """A host with two tenants, the app's declarations, and what is recorded."""

    def __init__(self, product="jira", *, attempts=1, **rules):
        jira = make_tenant(CLOUD, client_key="jira")
        wiki = make_tenant(f"{CLOUD}/wiki", client_key="wiki")
        self.mine, self.other = (ModelSite(t) for t in ((jira, wiki) if product == "jira" else (wiki, jira)))
        self.host = ModelHost(sites=[self.mine, self.other], **rules)
        self.declared = []
        self.records = {}
        transport = Transport()
        transport.mount(CLOUD, self.host)
        policy = RetryPolicy(attempts=attempts, sleep=lambda seconds: None)
        self.dynamic = DynamicModules(
            client_for=lambda tenant: HostClient(tenant, transport=transport, retry_policy=policy),
            declared=lambda tenant: list(self.declared),
            static_keys=lambda: (),
            synced=nothing,
            record=lambda tenant, outcome: self.records.__setitem__(tenant.client_key, outcome),
            last=lambda tenant: self.records.get(tenant.client_key),
        )

    def has(self, modules):
        for key, (kind, form) in modules.items():
            self.mine.put(kind, {"key": key, **form})

    def declare(self, modules, bad=()):
        self.declared = [
            Module(kind, {"key": key, **form, **({"bad": True} if key in bad else {})})
            for key, (kind, form) in modules.items()
        ]

    def sync(self):
        return self.dynamic.sync(self.mine.tenant)

    def sync_or_error(self):
        try:
            self.sync()
        except HostError as error:
            return error
        return None

    @property
    def recorded(self):
        return self.records[self.mine.tenant.client_key]


def form_of(module):
    """As the app wrote it: without what is null, and without the default that the host adds to what it lists."""
    form = {name: value for name, value in module.definition.items() if value is not None and name != "weight"}
    return module.type, form


@settings(max_examples=150, deadline=None)
@given(
    wanted=sets_of_modules,
    present=sets_of_modules,
    others=sets_of_modules,
    bad=st.sets(st.sampled_from(KEYS), max_size=3),
    failure=st.none() | failures,
    product=st.sampled_from(["jira", "confluence"]),
    names_keys=st.booleans(),
    attempts=st.sampled_from([1, 3]),
    recorded=st.booleans(),
    form_first=st.booleans(),
)
def test_after_any_single_failure_the_next_sync_brings_what_is_declared(
    wanted, present, others, bad, failure, product, names_keys, attempts, recorded, form_first
):
    world = World(product, attempts=attempts, names_keys=names_keys, form_first=form_first)
    world.has(present)
    if recorded:
        world.declare(present)
        world.sync()
        world.host.calls.clear()
    for key, (kind, form) in others.items():
        world.other.put(kind, {"key": key, **form})
    untouched = dict(world.other.modules)
    world.declare(wanted, bad)
    bad &= set(wanted)
    world.host.failures = [failure] if failure else []
    raised = world.sync_or_error()
    assert raised is None or failure is not None
    assert raised is None or type(raised).__name__ in world.recorded.error
    world.host.failures = []

    result = world.sync()

    there = world.mine.modules
    assert {key for key in there if key not in bad} == set(wanted) - bad
    for module in world.declared:
        if module.key not in bad:
            kind, form = form_of(Module(*there[module.key]))
            if not recorded:  # nobody knows whether what the host has besides is a default of its own
                form = {name: form[name] for name in form_of(module)[1]}
            assert (kind, form) == form_of(module)
        elif module.key in there:  # refused: what was there before, and nothing else
            kind, form = present[module.key]
            assert form_of(Module(*there[module.key])) == form_of(Module(kind, {"key": module.key, **form}))
    assert {module.key for module in result.refused} == bad
    assert sorted((*result.added, *result.changed, *result.unchanged)) == sorted(set(wanted) - bad)
    assert world.other.modules == untouched
    assert world.mine.most <= DYNAMIC_MODULE_LIMIT
    assert world.host.over_limit == 0
    assert set(world.recorded.registered) == set(there)
    if not bad:
        before = world.host.calls.copy()
        assert world.sync().is_empty
        assert world.host.calls - before == {"GET": 1}, "one look, no change"


@settings(max_examples=100, deadline=None)
@given(wanted=sets_of_modules, present=sets_of_modules, bad=st.sets(st.sampled_from(KEYS)), failure=failures)
def test_what_was_there_to_be_changed_is_there_after_one_failure(wanted, present, bad, failure):
    """In its old form or the new one: a failed sync takes nothing away that is still wanted."""
    world = World()
    world.has(present)
    world.declare(wanted, bad)
    world.host.failures = [failure] if failure else []
    world.sync_or_error()

    assert set(wanted) & set(present) <= set(world.mine.modules)


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(
        st.tuples(sets_of_modules, st.lists(failures, max_size=3), st.sets(st.sampled_from(KEYS))), max_size=4
    ),
    wanted=sets_of_modules,
    stranger=st.booleans(),
    form_first=st.booleans(),
)
def test_whatever_went_wrong_before_a_good_sync_ends_it(steps, wanted, stranger, form_first):
    """Failures and refusals in a row, other declarations each time, and somebody who removes modules by hand."""
    world = World(form_first=form_first)
    for declared, several, bad in steps:
        world.declare(declared, bad)
        world.host.calls.clear()
        world.host.failures = several
        world.sync_or_error()
        world.host.failures = []
    if stranger and world.mine.modules:
        world.mine.modules.popitem()
    world.declare(wanted)

    result = world.sync()

    there = {key: form_of(Module(*module)) for key, module in world.mine.modules.items()}
    assert there == {module.key: form_of(module) for module in world.declared}
    assert result.refused == ()
    assert world.sync().is_empty


@settings(max_examples=25, deadline=None)
@given(
    kept=st.integers(0, 100),
    gone=st.integers(0, 100),
    new=st.integers(0, 100),
    bad=st.sets(st.integers(0, 99), max_size=3),
    failure=st.none() | failures,
)
def test_never_more_than_the_limit_at_any_moment(kept, gone, new, bad, failure):
    gone, new = min(gone, 100 - kept), min(new, 100 - kept)
    world = World("confluence")
    long = "k" * 94  # keys of a hundred characters: the request that removes them has to be split
    world.has({f"{long}{number:04}": ("alpha", {"x": number % 2}) for number in range(kept)})
    world.has({f"{long}g{number:04}": ("alpha", {}) for number in range(gone)})
    wanted = {f"{long}{number:04}": ("alpha", {"x": 0}) for number in range(kept)}
    wanted |= {f"{long}n{number:04}": ("alpha", {}) for number in range(new)}
    refused = {key for number, key in enumerate(wanted) if number in bad}
    world.declare(wanted, refused)
    world.host.failures = [failure] if failure else []
    assert world.sync_or_error() is None or failure is not None
    world.host.failures = []

    result = world.sync()

    assert set(world.mine.modules) - refused == set(wanted) - refused
    assert {module.key for module in result.refused} <= refused  # one that is there unchanged is not sent at all
    assert world.mine.most <= DYNAMIC_MODULE_LIMIT
    assert world.host.over_limit == 0


def test_a_form_whose_registration_was_never_answered_is_known_all_the_same():
    """Otherwise a field that the app stops declaring would stay at the host as if it were its default."""
    world = World()
    world.declare({"m0": ("alpha", {"x": 0, "y": 1})})
    world.host.failures = [Failure(2, "drop", executed=True), Failure(3, 503)]
    assert isinstance(world.sync_or_error(), HostError)
    world.host.failures = []
    world.declare({"m0": ("alpha", {"x": 0})})

    assert world.sync().changed == ("m0",)
    assert world.mine.modules["m0"] == ("alpha", {"key": "m0", "x": 0})


@pytest.mark.parametrize("count", [101, 150])
def test_more_than_the_limit_is_not_sent(count):
    world = World()
    world.has({"m0": ("alpha", {})})
    world.declare({f"m{number}": ("alpha", {}) for number in range(count)})

    with pytest.raises(DescriptorError, match="100"):
        world.sync()

    assert world.host.calls == {"GET": 1}
    assert "100" in world.records["jira"].error


def test_a_host_that_speaks_of_taken_keys_first_is_shown_the_new_form_by_removing_the_old():
    """Its words do not tell whether it would take the form now, so the module is changed the way all are."""
    world = World()
    world.has({"m0": ("alpha", {"x": 0})})
    world.declare({"m0": ("alpha", {"x": 1})}, bad=["m0"])
    assert world.sync().refused
    assert world.sync().refused
    assert world.host.calls["DELETE"] == 2
    assert world.mine.modules["m0"][1]["x"] == 0

    world.declare({"m0": ("alpha", {"x": 1})})

    assert world.sync().changed == ("m0",)
    assert world.recorded.rejected == {}


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_wrapper_that_some_hosts_put_around_a_list_makes_no_difference(wrapped):
    world = World(wrapped=wrapped)
    world.has({"m0": ("alpha", {}), "m1": ("alpha", {})})
    world.declare({"m0": ("alpha", {})})

    assert world.sync().removed == ("m1",)
    assert world.sync().is_empty
