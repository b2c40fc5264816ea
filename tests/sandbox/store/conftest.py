from __future__ import annotations

import pytest

from atlassian_connect.sandbox.store.changes import Change
from atlassian_connect.sandbox.store.store import Store

NOW = 1_790_000_000.0


@pytest.fixture
def store() -> Store:
    return Store(lambda: NOW)


@pytest.fixture
def told(store: Store) -> list[Change]:
    """What the store tells of."""
    changes: list[Change] = []
    store.changes.listener = lambda change, later: changes.append(change)
    return changes
