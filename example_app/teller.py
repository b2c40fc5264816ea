"""Tells a story step by step: what crossed, what was found, and where it went wrong."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from urllib.parse import parse_qsl, urlsplit

import click

from atlassian_connect.sandbox import Crossing

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{3,}")
_SHOWN_PARAMETERS = ("area",)


class StoryError(Exception):
    """A step did not come out as it should.

    :ivar expected: what should have been there.
    :ivar seen: what was.
    """

    def __init__(self, what: str, *, expected: object, seen: object) -> None:
        super().__init__(f"{what}: expected {expected}, saw {seen}")
        self.expected = expected
        self.seen = seen


@dataclass(frozen=True)
class Line:
    """One request, as it is printed: no token, no secret."""

    time: float
    where: str
    direction: str
    method: str
    path: str
    status: int | None
    verified: str

    @property
    def alike(self) -> tuple[object, ...]:
        """Lines that are the same but for ids and time become one."""
        return self.where, self.direction, self.method, self.path, self.status, self.verified


@dataclass
class Teller:
    """Prints the steps. Facts and requests of a step appear when it ends, whichever way it ends."""

    log: Callable[[], list[Crossing]]
    number: int = 0
    _lines: list[Line] = field(default_factory=list)
    _facts: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.number += 1
        click.secho(f"\n{self.number}  {title}", bold=True)
        before, self._lines, self._facts = len(self.log()), [], []
        try:
            yield
        finally:
            self._print_lines([*self._lines, *map(line_of, self.log()[before:])])
            for fact in self._facts:
                click.echo(f"   {click.style('✓', fg='green')} {fact}")

    def fact(self, text: str) -> None:
        self._facts.append(text)

    def expect(self, what: str, *, expected: object, seen: object) -> None:
        """Go on only when both are equal.

        :raises StoryError: they are not.
        """
        if seen != expected:
            raise StoryError(what, expected=expected, seen=seen)

    def called(self, time: float, where: str, method: str, url: str, *, status: int, verified: str) -> None:
        """Note a request that did not come from a host."""
        self._lines.append(Line(time, where, "browser → app", method, plain_path(url), status, verified))

    def _print_lines(self, lines: Iterable[Line]) -> None:
        for _, group in groupby(sorted(lines, key=attrgetter("time")), key=attrgetter("alike")):
            same = list(group)
            line, times = same[0], f" ×{len(same)}" if len(same) > 1 else ""
            text = f"   {line.where:10}  {line.direction:13}  {line.method:6} {line.path:50} {line.status or '-'}"
            click.secho(f"{text}  {line.verified}{times}".rstrip(), dim=True)


def line_of(crossing: Crossing) -> Line:
    return Line(
        time=crossing.time,
        where=(crossing.product or "key server").replace("confluence", "Confluence").replace("jira", "Jira"),
        direction=crossing.direction.replace("→", " → "),
        method=crossing.method,
        path=plain_path(crossing.url),
        status=crossing.status,
        verified=_verified(crossing),
    )


def plain_path(url: str) -> str:
    """The path, with ids left out, and those parameters that say something."""
    parts = urlsplit(url)
    shown = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query) if name in _SHOWN_PARAMETERS)
    return _ID.sub("{id}", parts.path) + (f"?{shown}" if shown else "")


def _verified(crossing: Crossing) -> str:
    if crossing.direction == "app→host":
        if crossing.verdict == "verified":
            return "qsh verified"
        if crossing.verdict == "fault":
            return "refused"
        # The app may be faster than the host is done with installing it; then it asks again.
        return "too early" if "/app/module/dynamic" in crossing.url else crossing.verdict
    if crossing.claims is None:
        return "public"
    return ("RS256" if crossing.note in ("installed", "uninstalled") else "HS256") + ", qsh"
