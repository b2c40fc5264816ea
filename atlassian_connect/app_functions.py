"""Calling the app's own functions: what they say about a tenant, checked, and whose fault an error is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, TypeAlias

from .errors import ConnectError, DescriptorError
from .protocol.conditions import conditions_json
from .protocol.modules import PLAIN_NAMES, Module, name_object
from .tenants import Tenant

__all__ = ["DynamicModulesOf", "computed_modules", "holds", "name_of", "spelt_out"]

#: Yields ``Module`` objects or ``(type, definition)`` pairs for one tenant.
DynamicModulesOf: TypeAlias = Callable[[Tenant], Iterable["Module | tuple[str, Mapping[str, Any]]"]]

#: Far more than a host takes, and few enough that a generator without an end is noticed.
_MOST_COMPUTED: Final = 1000


def holds(when: Callable[[Tenant], bool] | None, tenant: Tenant) -> bool:
    """Ask a module's ``when``. None: always.

    :raises DescriptorError: the function failed.
    """
    if when is None:
        return True
    with _named(when):
        return bool(when(tenant))


def computed_modules(generator: DynamicModulesOf, tenant: Tenant, *, first: int) -> Iterator[Module]:
    """Go through what a generator gives for a tenant.

    :param first: how many modules stand before these, for the paths of errors.
    :raises DescriptorError: the function failed, or gives something that is no module.
    """
    for number, item in enumerate(_items(generator, tenant), first):
        yield _computed(item, generator, path=f"dynamic modules[{number}]")


@contextmanager
def _named(function: Callable[..., object]) -> Iterator[None]:
    """Say which function of the app an error comes from. Its own text may hold data of the app, and stays behind it."""
    try:
        yield
    except ConnectError as error:
        error.add_note(f"Raised by {name_of(function)}(), which computes dynamic modules.")
        raise
    except Exception as error:
        raise DescriptorError(
            f"{name_of(function)}() raised {type(error).__name__}.", path="dynamic modules"
        ) from error


def _items(generator: DynamicModulesOf, tenant: Tenant) -> list[object]:
    with _named(generator):
        items: object = generator(tenant)
        if isinstance(items, Iterable) and not isinstance(items, str | bytes | Mapping | Module):
            found = list(islice(items, _MOST_COMPUTED + 1))
            if len(found) > _MOST_COMPUTED:
                raise DescriptorError(f"More than {_MOST_COMPUTED} are computed.", path="dynamic modules")
            return found
    raise DescriptorError(
        f"{name_of(generator)}() returned a {type(items).__name__}; it yields modules, or returns a list of them.",
        path="dynamic modules",
    )


def _computed(item: object, generator: DynamicModulesOf, *, path: str) -> Module:
    if isinstance(item, tuple | list) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], Mapping):
        item = Module(item[0], item[1])
    if not isinstance(item, Module) or not isinstance(item.definition, Mapping):
        raise DescriptorError(
            f"{name_of(generator)}() yields Module objects or (type, definition) pairs, and this is a"
            f" {type(item).__name__} that is neither.",
            path=path,
        )
    return Module(item.type, spelt_out(item.type, item.definition, path=path))


def spelt_out(type_name: str, fields: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    """Write what code may put short as a descriptor has it: a plain name, and conditions.

    :raises DescriptorError: what stands for conditions is none.
    """
    definition = dict(fields)
    if isinstance(definition.get("name"), str) and type_name not in PLAIN_NAMES:
        definition["name"] = name_object(definition["name"])
    for name in ("conditions", "contentPresentConditions"):
        if definition.get(name) is not None:
            definition[name] = conditions_json(definition[name], path=f"{path}.{name}")
    return definition


def name_of(function: Callable[..., object]) -> str:
    """The name of a function, for messages."""
    return getattr(function, "__qualname__", repr(function))
