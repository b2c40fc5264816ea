"""``flask connect access``: what app access rules mean for one call, and for what the app really calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from ..client.call_counts import CalledOperation, called_operations, lacks_scope
from ..errors import ConfigurationError
from ..protocol.access import match
from ..types import Product
from ..web.call_file import CallFile, call_file
from ..web.context import current_state
from .output import ConnectGroup, as_json, as_table, printable

__all__ = ["access_group", "explain_call", "report_lines"]

_EFFECTS = {
    "blocked": "blocked where an administrator blocks apps from the {container}",
    "exempt": "exempt: no app access rule concerns it",
    "unknown": "unknown: no source says whether app access rules concern it",
}
_JIRA_API = re.compile(r"^([^?#]*?)/rest/api/(?:2|latest)/")
_CONTAINERS = {"confluence": "space", "jira": "project"}
_SOURCES = {"document": "document", "openapi": "OpenAPI file"}
_NAMES = {"confluence": "Confluence", "jira": "Jira"}


class _AccessGroup(ConnectGroup):
    """``access METHOD PATH`` is short for ``access explain METHOD PATH``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["explain", *args])


access_group = _AccessGroup(
    "access",
    help="App access rules: what they block. `access METHOD PATH` is short for `access explain METHOD PATH`.",
)


@access_group.command("explain")
@click.argument("method")
@click.argument("path")
@click.option("--product", type=click.Choice(["jira", "confluence"]), help="Whose path it is; default: told from it.")
@click.option("--json", "json_", is_flag=True, help="For programs.")
def explain_command(method: str, path: str, product: Product | None, json_: bool) -> None:
    """Tell what is known about the call METHOD PATH. PATH may be a full URL."""
    if json_:
        found = match(method, path, product=product)
        click.echo(as_json({**asdict(found.rule), "deprecated": found.rule.deprecated, "variables": found.variables}))
        return
    for head, text in explain_call(method, path, current_state().access.granted, product=product):
        click.echo(f"{head.ljust(11)} {printable(text)}".rstrip())


@access_group.command("report")
@click.option("--json", "json_", is_flag=True, help="For programs.")
@click.option("--clear", is_flag=True, help="Begin anew after printing.")
def report_command(json_: bool, clear: bool) -> None:
    """Print which operations of hosts the app has called.

    It says of each whether an administrator can block it, whether it is deprecated, and which scope is missing. Needs
    ATLASSIAN_CONNECT_ACCESS_REPORT, the file that the processes of the app write every 30 seconds.
    """
    file = _file()
    called = called_operations(file.counts(), current_state().access.scopes)
    if json_:
        click.echo(as_json([_facts(operation) for operation in called]))
    elif called:
        for line in report_lines(called):
            click.echo(line)
    else:
        click.echo("No calls were counted yet. Processes write what they count after 30 seconds, and when they end.")
    if clear:
        file.clear()


def explain_call(
    method: str, url: str, granted: Mapping[Product, frozenset[str]], *, product: Product | None = None
) -> list[tuple[str, str]]:
    """Say in words what is known about one call: pairs of a head and a line.

    :param granted: per product, the scopes that the app has.
    """
    found = match(method, url, product=product)
    rule = found.rule
    if not rule.is_known:
        lines = [("Operation", f"not in the catalogue of {_NAMES[rule.product]}"), ("Effect", _EFFECTS["unknown"])]
        # Jira's version 2 is not in the catalogue; what version 3 says is a hint, and no more.
        other = match(method, _JIRA_API.sub(r"\1/rest/api/3/", url, count=1), product=product).rule
        return [*lines, ("Version 3", f"{other.operation} is {other.effect}")] if other.is_known else lines
    version = f" version {rule.api_version}" if rule.api_version else ""
    lines = [
        ("Operation", rule.operation),
        ("API", f"{_NAMES[rule.product]}{version}, {rule.group}: {rule.name}"),
        ("Effect", _EFFECTS[rule.effect].format(container=_CONTAINERS[rule.product])),
        ("Sources", f"document: {rule.document or 'silent'}; OpenAPI annotation: {rule.openapi or 'none'}"),
    ]
    if rule.sources_disagree:
        lines.append(("", "They disagree, and the document counts."))
    lines.append(("Scope", _scope(rule.scope, lacks_scope(rule, granted[rule.product]))))
    if rule.deprecated:
        lines.append(("Deprecated", f"says the {' and the '.join(_SOURCES[source] for source in rule.deprecated_by)}"))
        lines += [("Use" if index == 0 else "", text) for index, text in enumerate(rule.successors)]
    return lines + [("With", f"{name} = {value}") for name, value in found.variables.items()]


def report_lines(called: list[CalledOperation]) -> list[str]:
    """Write a report as a table, and a summary."""
    rows = [(str(c.count.calls), str(c.count.refused), c.rule.effect, c.operation, _remarks(c)) for c in called]
    summary = [
        f"Operations: {len(called)}, calls: {sum(c.count.calls for c in called)}.",
        f"Can be blocked by an administrator: {sum(c.rule.effect == 'blocked' for c in called)};"
        f" deprecated: {sum(c.rule.deprecated for c in called)};"
        f" need a scope that the descriptor lacks: {sum(c.missing_scope is not None for c in called)}.",
    ]
    return [as_table(["calls", "refused", "effect", "operation", "remarks"], rows), *summary]


def _remarks(called: CalledOperation) -> str:
    remarks = []
    if called.count.blocked:
        remarks.append(f"blocked {called.count.blocked} times")
    if called.rule.deprecated:
        remarks.append(f"deprecated, use {called.rule.successor}" if called.rule.successor else "deprecated")
    if called.missing_scope is not None:
        remarks.append(_scope(called.missing_scope, lacks=True))
    return "; ".join(remarks)


def _scope(scope: str | None, lacks: bool) -> str:
    if scope == "INACCESSIBLE":
        return "closed to Connect apps"
    if scope == "NONE":
        return "none needed"
    if scope is None:
        return "unknown"
    return f"{scope}, which the descriptor lacks" if lacks else f"{scope}, which the app has"


def _facts(called: CalledOperation) -> dict[str, Any]:
    return {
        "product": called.product,
        "operation": called.operation,
        **asdict(called.count),
        "effect": called.rule.effect,
        "deprecated": called.rule.deprecated,
        "successors": called.rule.successors,
        "scope": called.rule.scope,
        "missing_scope": called.missing_scope,
    }


def _file() -> CallFile:
    state = current_state()
    file = call_file(state.app, state.settings)
    if file is None:
        raise ConfigurationError(
            "No calls are counted across processes. Set ATLASSIAN_CONNECT_ACCESS_REPORT to a file name, e.g."
            " access.sqlite3, which is made below the app's instance folder; then run the app for a while."
        )
    return file
