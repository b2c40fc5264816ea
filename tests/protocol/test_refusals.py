"""Which modules of a registration are refused, found out by asking a host that takes all or nothing."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.protocol.modules import Module
from atlassian_connect.protocol.refusals import register_most


def named(bad):
    return f"Installation failed. The value of module {bad[0]} is wrong."


def taken(bad):
    keys = ", ".join(bad)
    return f"Installation failed. The app X has duplicate module keys: [{keys}]. Please contact the app vendor."


def unnamed(bad):
    return "The request is invalid."


def misleading(bad):
    return "The module m0 and the module m1 of the app are fine, another one is not."


class AllOrNothing:
    """A host that refuses some keys, and says so in one of several ways."""

    def __init__(self, bad=(), says=unnamed):
        self.bad = set(bad)
        self.says = says
        self.has = []
        self.calls = 0

    def __call__(self, modules):
        self.calls += 1
        bad = [module.key for module in modules if module.key in self.bad]
        if bad:
            return self.says(bad)
        self.has += [module.key for module in modules]
        return None


def modules(count):
    return [Module("webPanels", {"key": f"m{number}"}) for number in range(count)]


def refused_by(host, count):
    return {module.key for module in register_most(modules(count), host)}


@given(
    st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, max(0, n - 1))))),
    st.sampled_from([named, taken, unnamed, misleading]),
)
def test_exactly_the_bad_ones_stay_out(case, says):
    count, numbers = case
    host = AllOrNothing((f"m{number}" for number in numbers), says)

    refused = refused_by(host, count)

    assert refused == host.bad & {f"m{number}" for number in range(count)}
    assert sorted(host.has) == sorted({f"m{number}" for number in range(count)} - refused)
    assert host.calls <= 3 * count + 1


def test_one_request_when_all_are_taken():
    host = AllOrNothing()

    assert refused_by(host, 100) == set()
    assert host.calls == 1


def test_nothing_to_register_is_no_request():
    host = AllOrNothing()

    assert refused_by(host, 0) == set()
    assert host.calls == 0


@pytest.mark.parametrize("number", range(100))
def test_two_requests_when_the_message_names_the_one(number):
    host = AllOrNothing([f"m{number}"], named)

    assert refused_by(host, 100) == host.bad
    assert host.calls == 2


def test_two_requests_for_any_number_of_keys_that_are_taken():
    host = AllOrNothing([f"m{number}" for number in range(0, 100, 3)], taken)

    assert refused_by(host, 100) == host.bad
    assert host.calls == 2


@pytest.mark.parametrize("number", [0, 1, 49, 50, 98, 99])
def test_a_logarithm_of_requests_when_it_names_none(number):
    host = AllOrNothing([f"m{number}"])

    assert refused_by(host, 100) == host.bad
    assert host.calls <= ceil(log2(100)) + 3


def test_hardly_more_than_one_request_each_when_all_are_refused():
    host = AllOrNothing([f"m{number}" for number in range(100)])

    assert refused_by(host, 100) == host.bad
    assert host.calls <= 100 + 2 * ceil(log2(100))


def test_each_refusal_has_the_message_that_is_about_it():
    host = AllOrNothing(["m3", "m7"], named)

    told = {module.key: module.message for module in register_most(modules(10), host)}

    assert told == {"m3": named(["m3"]), "m7": named(["m7"])}
