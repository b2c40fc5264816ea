from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Crossing
from example_app.teller import StoryError, Teller, plain_path


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost:5000/stale?xdm_e=x&jwt=secret", "/stale"),
        ("http://localhost:5000/watched?area=ENG&jwt=secret", "/watched?area=ENG"),
        (
            "http://localhost:2990/wiki/rest/api/content/65537/permission/check",
            "/wiki/rest/api/content/{id}/permission/check",
        ),
        ("http://localhost:2990/install-keys/b4433891-593e-4116-a58f-acbbba0b5f52", "/install-keys/{id}"),
        ("http://localhost:2990/rest/api/3/myself", "/rest/api/3/myself"),
    ],
)
def test_plain_path_shows_neither_tokens_nor_ids(url: str, shown: str) -> None:
    assert plain_path(url) == shown


def crossing(time: float, path: str, **fields: object) -> Crossing:
    known = {"direction": "app→host", "product": "jira", "method": "GET", "status": 200, "verdict": "verified"}
    return Crossing(time=time, url=f"http://localhost:2990{path}", **{**known, **fields})  # type: ignore[arg-type]


def test_step_prints_what_crossed_in_order_and_joins_what_is_alike(capsys: pytest.CaptureFixture[str]) -> None:
    log: list[Crossing] = [crossing(0, "/before")]
    teller = Teller(lambda: log)

    with teller.step("A step"):
        log += [crossing(3, "/rest/100"), crossing(4, "/rest/200"), crossing(2, "/first", verdict="bad_signature")]
        teller.fact("it went well")

    lines = [line.split() for line in capsys.readouterr().out.strip().splitlines()]
    assert lines[0] == ["1", "A", "step"]
    assert lines[1][-3:] == ["/first", "200", "bad_signature"]
    assert lines[2][-5:] == ["/rest/{id}", "200", "qsh", "verified", "×2"]
    assert lines[3] == ["✓", "it", "went", "well"]
    assert len(lines) == 4


def test_failing_step_still_prints_what_crossed(capsys: pytest.CaptureFixture[str]) -> None:
    log: list[Crossing] = []
    teller = Teller(lambda: log)

    def step() -> None:
        with teller.step("A step"):
            log.append(crossing(1, "/broken", status=500))
            teller.expect("the answer", expected=200, seen=500)

    with pytest.raises(StoryError, match="the answer: expected 200, saw 500") as caught:
        step()

    assert (caught.value.expected, caught.value.seen) == (200, 500)
    assert "/broken" in capsys.readouterr().out
