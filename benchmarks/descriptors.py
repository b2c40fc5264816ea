"""Checking a descriptor of 500 modules, against the ``jsonschema`` library with a schema out of the same catalogue."""

from __future__ import annotations

import itertools
import json
from statistics import median
from typing import Any

from jsonschema import Draft202012Validator

from atlassian_connect.protocol.descriptor import check_descriptor
from atlassian_connect.protocol.module_types import ModuleType, module_types

from .report import Report
from .timing import in_turns, ratio

_MODULES = 500
_TEXT = {"value": "A module"}


def run(*, quick: bool) -> list[Report]:
    """Check a good descriptor and one with a fault in every tenth module, in turns."""
    report = Report(f"Checking a descriptor of {_MODULES} modules (ms of CPU, medians)")
    validator = Draft202012Validator(_schema())
    for name, every in (("good", 0), ("a fault in every tenth module", 10)):
        document = _descriptor(every)
        ours = [problem for problem in check_descriptor(document) if problem.severity == "error"]
        theirs = list(validator.iter_errors(document))
        if len(ours) != len(theirs) or bool(ours) != bool(every):
            raise AssertionError(f"The two do not find the same: {len(ours)} and {len(theirs)}.")
        taken = in_turns(
            {
                "ours": lambda document=document: check_descriptor(document),
                "jsonschema": lambda document=document: list(validator.iter_errors(document)),
            },
            rounds=5 if quick else 60,
        )
        times = ratio(taken["jsonschema"], taken["ours"])
        report.rows.append(
            {
                "descriptor": name,
                "errors": len(ours),
                "ours": median(taken["ours"]) / 1000,
                "jsonschema": median(taken["jsonschema"]) / 1000,
                "times": times,
            }
        )
        report.claims.append((f"{name}: faster than jsonschema, {times:.1f} times", times > 1))
    report.notes.append(
        "The schema knows the types, their required fields and the kinds of those. Ours looks at URLs, conditions,"
        " variables, keys that occur twice and scopes besides."
    )
    return [report]


def _schema() -> dict[str, Any]:
    """What JSON Schema can say of our catalogue: no more than the checks of the package know."""
    types = {}
    for known in module_types().values():
        entry = {
            "type": "object",
            "required": sorted({"key", *known.required} if known.has_key else known.required),
            "properties": {
                "key": {"type": "string", "pattern": "^[a-zA-Z0-9-]+$"},
                "url": {"type": "string"},
                "location": {"type": "string"},
                "weight": {"type": "integer"},
                "name": {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}}},
                "conditions": {"type": "array", "items": {"type": "object"}},
            },
        }
        types[known.name] = entry if known.container == "object" else {"type": "array", "items": entry}
    return {
        "type": "object",
        "required": ["key", "baseUrl", "authentication"],
        "properties": {
            "key": {"type": "string", "pattern": r"^[a-zA-Z0-9\-._]+$", "maxLength": 64},
            "baseUrl": {"type": "string", "pattern": "^https?://"},
            "authentication": {"type": "object", "properties": {"type": {"enum": ["jwt", "none", "JWT", "NONE"]}}},
            "lifecycle": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^/"}},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "modules": {"type": "object", "properties": types},
        },
    }


def _descriptor(every: int) -> dict[str, Any]:
    """500 modules of the types that are common in apps; with a fault in every so many, 0 for none."""
    kinds = [known for known in map(module_types().get, _COMMON) if known is not None]
    modules: dict[str, list[dict[str, Any]]] = {}
    for number, known in zip(range(_MODULES), itertools.cycle(kinds), strict=False):
        entry = _module(known, number)
        if every and number % every == 0:
            del entry["key"]
        modules.setdefault(known.name, []).append(entry)
    document = {
        "key": "com.example.benchmark",
        "name": "Benchmark",
        "baseUrl": "https://app.example.com",
        "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/installed"},
        "scopes": ["READ"],
        "modules": modules,
    }
    read: dict[str, Any] = json.loads(json.dumps(document))
    return read


_COMMON = ("generalPages", "webItems", "webPanels", "adminPages", "webSections")


def _module(known: ModuleType, number: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "key": f"module-{number}",
        "name": _TEXT,
        "location": "system.top.navigation.bar",
        "weight": 100,
        "conditions": [{"condition": "user_is_logged_in"}],
    }
    if known.name != "webSections":
        entry["url"] = f"/module/{number}?project={{project.key}}"
    return entry
