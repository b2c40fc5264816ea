"""The difference between what is wanted and what a host has."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.modules import DYNAMIC_MODULE_LIMIT, Module
from atlassian_connect.protocol.sync_plan import (
    RefusedModule,
    SyncOutcome,
    check_wanted,
    module_digest,
    plan_sync,
    refusal_digest,
    was_refused,
)

keys = st.from_regex(r"[a-z0-9-]{1,4}", fullmatch=True)
modules = st.builds(
    lambda kind, key, extra: Module(kind, {"key": key, **extra}),
    st.sampled_from(["alpha", "beta", "gamma"]),
    keys,
    st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2)),
)
sets_of_modules = st.lists(modules, max_size=8, unique_by=lambda module: module.key)


def panel(key: str, **fields: object) -> Module:
    return Module("webPanels", {"key": key, "name": {"value": "A"}, "location": "l", "url": "/p", **fields})


def test_nothing_wanted_and_nothing_there():
    assert plan_sync([], []).is_empty


def test_add_change_remove_keep():
    plan = plan_sync(
        [panel("new"), panel("same"), panel("moved", location="elsewhere")],
        [panel("same"), panel("moved"), panel("gone")],
    )

    assert [module.key for module in plan.add] == ["new"]
    assert [(module.key, module.definition["location"]) for module in plan.change] == [("moved", "elsewhere")]
    assert plan.remove == ("gone",)
    assert plan.keep == ("same",)
    assert not plan.is_empty


@pytest.mark.parametrize(
    "defaults",
    [
        {"weight": 100},
        {"name": {"value": "A", "i18n": "a.name"}},
        {"conditions": [{"condition": "user_is_logged_in", "invert": False}]},
        {"weight": None},
    ],
    ids=["a field", "inside an object", "inside a list", "null"],
)
def test_defaults_that_a_host_adds_are_no_change(defaults):
    wanted = panel("a", conditions=[{"condition": "user_is_logged_in"}])

    assert plan_sync([wanted], [Module("webPanels", {**wanted.definition, **defaults})]).is_empty


@pytest.mark.parametrize(
    "listed",
    [
        {"conditions": [{"condition": "b"}, {"condition": "a"}]},
        {"conditions": [{"condition": "a"}]},
        {"conditions": [{"condition": "a"}, {"condition": "b"}, {"condition": "c"}]},
        {"conditions": {"0": "a"}},
        {"conditions": None},
        {"name": "A"},
        {"url": "/other"},
    ],
)
def test_what_differs_is_a_change(listed):
    wanted = panel("a", conditions=[{"condition": "a"}, {"condition": "b"}])

    assert plan_sync([wanted], [Module("webPanels", {**wanted.definition, **listed})]).change == (wanted,)


@pytest.mark.parametrize(
    ("wanted", "listed", "same"),
    [
        (1, 1.0, True),
        (1.0, 1, True),
        (1, 2, False),
        (True, True, True),
        (True, 1, False),
        (0, False, False),
        (True, "true", False),
        (1, "1", False),
        ([1, [2.0]], [1.0, [2]], True),
        ([1, 2], [2, 1], False),
        ([], None, False),
        ({"a": None}, {}, True),
        ({}, {"a": 1}, True),
    ],
)
def test_what_is_the_same_to_a_host(wanted, listed, same):
    assert plan_sync([panel("a", x=wanted)], [panel("a", x=listed)]).is_empty is same


def test_null_is_no_different_from_missing():
    assert plan_sync([panel("a", weight=None)], [panel("a")]).is_empty
    assert plan_sync([panel("a")], [panel("a", weight=None)]).is_empty


@pytest.mark.parametrize(
    ("listed", "same"),
    [
        ({"value": "Umfrage", "i18n": "poll.name"}, True),
        ({"value": "Poll", "i18n": "poll.title"}, False),
        ({"value": "Poll"}, False),
    ],
)
def test_a_host_may_fill_a_translation_in(listed, same):
    wanted = panel("a", name={"value": "Poll", "i18n": "poll.name"})

    assert plan_sync([wanted], [panel("a", name=listed)]).is_empty is same


def test_a_text_without_a_translation_is_not_the_hosts_to_change():
    assert plan_sync([panel("a", name={"value": "Poll"})], [panel("a", name={"value": "Vote"})]).change


def test_a_field_that_is_no_longer_wanted_is_a_change_when_the_form_that_was_sent_is_known():
    listed, wanted = panel("a", weight=1), panel("a")
    sent = {"a": module_digest(listed)}

    assert plan_sync([wanted], [listed]).is_empty, "it might be a default of the host"
    assert plan_sync([wanted], [listed], sent=sent).change == (wanted,)
    assert plan_sync([wanted], [listed], sent={"a": module_digest(wanted)}).is_empty


def test_a_digest_does_not_depend_on_how_the_same_is_written():
    one = Module("webPanels", {"key": "a", "weight": 1, "x": (1, 2)})
    other = Module("webPanels", {"x": [1.0, 2], "weight": 1.0, "key": "a", "y": None})

    assert module_digest(one) == module_digest(other)
    assert module_digest(one) != module_digest(Module("webItems", one.definition))


def test_a_key_of_the_descriptor_is_refused_and_the_others_are_planned():
    plan = plan_sync([panel("a"), panel("b")], [], static_keys={"a"})

    assert plan.add == (panel("b"),)
    assert [(module.key, module.type) for module in plan.refused] == [("a", "webPanels")]


def test_modules_without_a_key_take_up_room():
    most = [panel(f"p{number}") for number in range(DYNAMIC_MODULE_LIMIT)]
    with pytest.raises(DescriptorError, match="has 1 that cannot be removed"):
        plan_sync(most, [Module("webhooks", {"event": "e", "url": "/"})])


def test_keys_from_other_times_are_removed_where_a_host_can_be_asked_to():
    """Otherwise one of them would keep all syncs of its tenant from what they have to do."""
    present = [Module("webPanels", {"key": key}) for key in ("my_panel.old", "two,keys", "a\x1b", "")]

    assert plan_sync([], present).remove == ("my_panel.old",)


def test_what_cannot_be_written_as_json_is_told_with_its_place():
    with pytest.raises(DescriptorError, match="JSON") as caught:
        check_wanted([panel("a"), panel("b", params={"since": object()})])

    assert caught.value.path == "dynamic modules[1].params.since"


def test_what_is_checked_comes_back_as_plain_json():
    """Otherwise what is compared would not be what is sent."""
    [checked] = check_wanted([panel("a", params=MappingProxyType({"values": (1, 2)}))])

    assert checked == panel("a", params={"values": [1, 2]})


def test_a_field_that_the_host_has_lost_is_a_change():
    assert plan_sync([panel("a", weight=1)], [panel("a")]).change == (panel("a", weight=1),)


def test_order_of_fields_and_kind_of_sequence_are_no_change():
    wanted = Module("webPanels", {"url": "/p", "location": "l", "name": {"value": "A"}, "key": "a", "x": ("1", "2")})

    assert plan_sync([wanted], [panel("a", x=["1", "2"])]).is_empty


def test_another_type_under_the_same_key_is_a_change():
    item = Module("webItems", {"key": "a", "name": {"value": "A"}, "location": "l"})

    plan = plan_sync([item], [panel("a")])

    assert plan.change == (item,)
    assert not plan.remove


def test_a_module_of_the_host_without_a_key_cannot_be_removed():
    assert plan_sync([], [Module("webhooks", {"event": "e", "url": "/"})]).is_empty


def test_two_wanted_modules_with_one_key():
    with pytest.raises(DescriptorError, match="Two dynamic modules have the key 'a'") as caught:
        check_wanted([panel("a"), panel("b"), Module("notYetInvented", {"key": "a"})])
    assert caught.value.path == "dynamic modules[2].key"


def test_a_wanted_module_that_is_wrong():
    with pytest.raises(DescriptorError) as caught:
        check_wanted([panel("a"), panel("b", url=None)])
    assert caught.value.path == "dynamic modules[1].url"


def test_no_more_modules_than_a_host_takes():
    most = [panel(f"p{number}") for number in range(DYNAMIC_MODULE_LIMIT)]

    assert len(plan_sync(most, []).add) == DYNAMIC_MODULE_LIMIT
    with pytest.raises(DescriptorError, match="101 dynamic modules"):
        plan_sync([*most, panel("one-more")], [])


@given(sets_of_modules, sets_of_modules)
def test_a_plan_accounts_for_every_module_once(wanted, present):
    plan = plan_sync(wanted, present)

    ours = [module.key for module in (*plan.add, *plan.change)] + list(plan.keep)
    assert sorted(ours) == sorted(module.key for module in wanted)
    assert set(plan.remove) == {module.key for module in present} - {module.key for module in wanted}


@given(sets_of_modules, sets_of_modules)
def test_after_carrying_out_a_plan_there_is_nothing_left_to_do(wanted, present):
    plan = plan_sync(wanted, present)
    gone = {*plan.remove, *(module.key for module in plan.change)}
    after = [module for module in present if module.key not in gone] + [*plan.change, *plan.add]

    assert plan_sync(wanted, after).is_empty


# --- the outcome ------------------------------------------------------------------------------------------------------


def test_an_outcome_survives_being_stored():
    outcome = SyncOutcome(
        at=1.5,
        added=("a",),
        removed=("b",),
        refused=(RefusedModule("c", "webPanels", "No."),),
        registered=("a",),
        sent={"a": "0123456789abcdef"},
        rejected={"c": "0123456789abcdef-0123456789abcdef"},
        error="It stopped.",
    )

    assert SyncOutcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_an_outcome_of_a_version_that_did_not_remember_refused_forms_is_read():
    document = SyncOutcome(at=1).to_json()
    del document["rejected"]

    assert SyncOutcome.from_json(document) == SyncOutcome(at=1)


def test_a_refusal_is_known_by_the_form_and_by_the_words():
    module, other = (Module("webPanels", {"key": "a", "weight": weight}) for weight in (1, 2))
    digest = refusal_digest(module, "No.")

    assert was_refused(module, digest)
    assert not was_refused(other, digest)
    assert not was_refused(module, None)
    assert digest != refusal_digest(module, "No!")


@pytest.mark.parametrize(
    ("changes", "ok"),
    [({}, True), ({"error": "x"}, False), ({"refused": (RefusedModule("c", "webPanels", "No."),)}, False)],
)
def test_an_outcome_is_good_when_the_host_has_what_is_declared(changes, ok):
    outcome = SyncOutcome(at=0, **changes)

    assert (outcome.ok, outcome.to_json()["ok"]) == (ok, ok)


@pytest.mark.parametrize("document", [{}, {"at": None}, {"at": 1, "added": 3}, []])
def test_what_is_no_outcome_is_said_to_be_none(document):
    with pytest.raises(ValueError, match="not the outcome"):
        SyncOutcome.from_json(document)
