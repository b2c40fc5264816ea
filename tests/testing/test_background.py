from __future__ import annotations

import logging
import threading

from atlassian_connect.testing import DeferredBackground
from atlassian_connect.web.background import ThreadedBackground


def test_jobs_run_in_another_thread_and_failures_stay_there(caplog):
    caplog.set_level(logging.ERROR)
    background = ThreadedBackground(threads=2)
    seen = []

    def fail():
        raise RuntimeError("the job's own trouble")

    background.submit("failing", fail)
    background.submit("good", lambda: seen.append(threading.current_thread().name))
    background.join()

    assert seen[0].startswith("atlassian-connect-")
    assert "failing failed" in caplog.text


def test_a_full_queue_drops_with_a_word(caplog):
    background = ThreadedBackground(threads=1, size=1)
    gate, started = threading.Event(), threading.Event()

    def block():
        started.set()
        gate.wait()

    background.submit("blocking", block)
    started.wait()
    background.submit("waiting", lambda: None)
    background.submit("dropped", lambda: None)
    gate.set()
    background.join()

    assert "dropped is dropped" in caplog.text


def test_deferred_jobs_run_when_the_test_says():
    background = DeferredBackground()
    order = []
    background.submit("a", lambda: (order.append("a"), background.submit("b", lambda: order.append("b"))))

    assert order == []
    assert background.run() == 2
    assert order == ["a", "b"]
