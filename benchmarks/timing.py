"""CPU time of functions that are compared: measured in turns, so that a change of the machine's mood hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median

_BLOCK_SECONDS = 0.004


def in_turns(functions: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, list[float]]:
    """Measure each function once per round, in blocks of some milliseconds.

    :return: microseconds of CPU per call, one figure per round.
    """
    counts = {name: _calls_for(function, _BLOCK_SECONDS) for name, function in functions.items()}
    taken: dict[str, list[float]] = {name: [] for name in functions}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, function in functions.items():
                taken[name].append(_per_call(function, counts[name]) * 1e6)
    finally:
        gc.enable()
    return taken


def ratio(slow: list[float], fast: list[float]) -> float:
    """How often the fast one fits into the slow one: the median over the rounds of one run."""
    return median(left / right for left, right in zip(slow, fast, strict=True))


def _calls_for(function: Callable[[], object], seconds: float) -> int:
    count = 1
    while True:
        taken = _per_call(function, count) * count
        if taken >= seconds:
            return count
        count = max(count * 2, int(count * seconds / taken)) if taken > seconds / 20 else count * 10


def _per_call(function: Callable[[], object], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        function()
    return (time.process_time() - start) / count
