"""Reading JQL token by token: words, values, and the functions that stand for values.

Source: *Advanced search functions*, https://support.atlassian.com/jira-software-cloud/docs/jql-functions/
"""

from __future__ import annotations

import re
from typing import Final

from .jql_fields import Asked
from .query_tokens import Token, moment, moment_of, tokens

__all__ = ["JqlError", "JqlReader", "read_tokens"]

_EMPTY: Final = frozenset({"empty", "null"})
_NAME: Final = re.compile(r"[A-Za-z_]\w*").fullmatch
_BUILT_IN: Final = re.compile(r"currentuser|membersof|now|(?:start|end)of(?:day|week|month|year)").fullmatch
_CLAUSE_ENDS: Final = ("and", "or", "order", ")")


class JqlError(ValueError):
    """The query is no JQL, or uses a part of it that the sandbox does not have."""


def read_tokens(text: str) -> list[Token]:
    """Cut a query into its tokens.

    :raises JqlError: a part of it is none.
    """
    try:
        return tokens(text)
    except ValueError as error:
        raise JqlError(f"Error in the JQL Query: {error}") from None


class JqlReader:
    """The tokens of a query, and where reading is.

    :param now: what relative dates count from, seconds since the epoch.
    """

    def __init__(self, tokens: list[Token], now: float, asked: Asked) -> None:
        self.asked = asked
        self.now, self._tokens = now, tokens
        self._next, self._start = 0, 0
        self._spelt: dict[str, str] = {}

    def begin(self) -> None:
        """Begin a clause: what an error names."""
        self._start = self._next

    def peek(self) -> Token | None:
        """The next token. None: there is none."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def peek_word(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        token = self.peek()
        return token is not None and token.is_word(*words)

    def take(self) -> Token:
        """The next token, which is read by this.

        :raises JqlError: there is none.
        """
        token = self.peek()
        if token is None:
            raise JqlError("Error in the JQL Query: the query ends too early.")
        self._next += 1
        return token

    def unsupported(self) -> JqlError:
        """The error that names the clause that was begun."""
        rest = self._tokens[self._start :]
        end = next((index for index, token in enumerate(rest) if index and token.is_word(*_CLAUSE_ENDS)), len(rest))
        clause = " ".join(f'"{token.text}"' if token.quoted else token.text for token in rest[:end])
        return JqlError(f"The sandbox's JQL does not have the clause '{clause[:200]}'.")

    # --- values -------------------------------------------------------------------------------------------------------

    def moment(self) -> float:
        """A date, a distance from now, or a function that stands for a date.

        :raises JqlError: it is none.
        """
        token = self.take()
        if self.peek_word("(") and not token.quoted:
            limit = moment_of(token.text, " ".join(self._arguments()), self.now)
        else:
            limit = moment(token.text, self.now)
        if limit is None:
            raise self.unsupported()
        return limit

    def list_of_values(self) -> set[str | None]:
        """Several values in parentheses, or a function that stands for several.

        :raises JqlError: it is none.
        """
        if not self.peek_word("("):  # a function that gives several
            token, after = self.peek(), self._next + 1
            if token is None or after >= len(self._tokens) or not self._tokens[after].is_word("("):
                self.take()
                raise self.unsupported()
            return set(self.value())
        self.take()
        values = set(self.value())
        while not self.peek_word(")"):
            if not self.take().is_word(","):
                raise self.unsupported()
            values |= set(self.value())
        self.take()
        return values

    def value(self) -> list[str | None]:
        """One value in lower case, or those that a function stands for. None is the empty value.

        :raises JqlError: it is none.
        """
        token = self.take()
        if not token.quoted and not re.fullmatch(r"[^=<>!~(),]+", token.text):
            raise self.unsupported()
        if not token.quoted and self.peek_word("("):
            return self._function(token.text.lower(), self._arguments())
        lower = token.text.lower()
        if not token.quoted and lower in _EMPTY:
            return [None]
        self._spelt[lower] = token.text
        return [lower]

    def function(self) -> tuple[str, tuple[str, ...]] | None:
        """Name and arguments of a function that is not Jira's own, which is read by this. None: here is none."""
        token, after = self.peek(), self._next + 1
        is_call = after < len(self._tokens) and self._tokens[after].is_word("(")
        if token is None or token.quoted or not is_call or not _NAME(token.text) or _BUILT_IN(token.text.lower()):
            return None
        self._next = after
        return token.text, tuple(self._arguments())

    def spelt(self, value: str) -> str:
        """A value as the query has it."""
        return self._spelt.get(value, value)

    def _arguments(self) -> list[str]:
        self.take()
        arguments: list[str] = []
        while not (token := self.take()).is_word(")"):
            if not token.is_word(","):
                arguments.append(token.text)
        return arguments

    def _function(self, name: str, arguments: list[str]) -> list[str | None]:
        if name == "currentuser" and not arguments:
            return [(self.asked.me or "nobody").lower()]
        if name == "membersof" and len(arguments) == 1 and self.asked.site is not None:
            members = self.asked.site.users.groups().get(arguments[0], [])
            return [one.account_id.lower() for one in members]
        raise self.unsupported()
