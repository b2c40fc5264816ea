"""What a module offers is what its ``__all__`` says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import atlassian_connect
from atlassian_connect import protocol

LEAVES = ["errors", "secret", "types", "signals"]
MODULES = [f"{atlassian_connect.__name__}.{name}" for name in LEAVES] + [
    f"{protocol.__name__}.{found.name}" for found in pkgutil.iter_modules(protocol.__path__) if not found.ispkg
]


def defined_in(module) -> set[str]:
    """Public functions and classes of a module, and its constants: upper-case names that it does not import."""
    here = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }
    source = inspect.getsource(module)
    constants = {name for name in vars(module) if name.isupper() and not name.startswith("_") and f"\n{name}" in source}
    return here | constants


def test_the_floors_below_are_all_looked_at():
    assert {"atlassian_connect.errors", "atlassian_connect.protocol.qsh"} < set(MODULES)
    assert len(MODULES) >= 12


@pytest.mark.parametrize("name", MODULES)
def test_every_exported_name_exists(name):
    module = importlib.import_module(name)

    assert [exported for exported in module.__all__ if not hasattr(module, exported)] == []
    assert len(set(module.__all__)) == len(module.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_definition_is_exported(name):
    module = importlib.import_module(name)

    assert defined_in(module) - set(module.__all__) == set()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_export_is_documented(name):
    module = importlib.import_module(name)
    undocumented = [
        exported
        for exported in module.__all__
        if (inspect.isclass(value := getattr(module, exported)) or inspect.isfunction(value)) and not value.__doc__
    ]

    assert module.__doc__
    assert undocumented == []


@pytest.mark.parametrize("name", MODULES)
def test_the_lowest_floors_import_no_framework(name):
    """The protocol is pure: no Flask, no database, no HTTP client; ``tokens`` alone knows PyJWT."""
    source = inspect.getsource(importlib.import_module(name))
    banned = ["flask", "sqlalchemy", "requests", "time"] + ([] if name.endswith(".tokens") else ["jwt"])

    assert [library for library in banned if f"\nimport {library}" in source or f"\nfrom {library}" in source] == []
