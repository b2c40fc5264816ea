"""What conditions are decided with, and those that do not depend on the product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from .found import Found, find
from .situation import Situation

if TYPE_CHECKING:
    from ..installation import Installation
    from ..site import Site

__all__ = ["Asked", "Check", "administers", "always", "is_viewer", "logged_in", "may_edit", "never"]


class Asked:
    """What a condition is decided with."""

    def __init__(self, installation: Installation, situation: Situation) -> None:
        self.installation = installation
        self.situation = situation

    @property
    def site(self) -> Site:
        """Where the app is installed."""
        return self.installation.site

    @cached_property
    def found(self) -> Found:
        """The viewer and what they look at."""
        return find(self.site, self.situation)

    @property
    def administers(self) -> bool:
        """Whether the viewer administers the site."""
        return self.found.person is not None and self.found.person.administers

    def sees(self) -> bool:
        """Whether the viewer sees the space or project that they look at."""
        key = self.found.container
        return key is not None and self.site.permissions.sees(self.found.person, key)

    def edits(self) -> bool:
        """Whether the viewer may change what is in the space or project."""
        return self.found.person is not None and self.sees()

    def in_any_group(self, value: object) -> bool:
        """Whether the viewer is in one of the groups that a property lists."""
        groups = self.found.person.groups if self.found.person else ()
        return isinstance(value, list) and any(group in value for group in groups)

    def has_personal_space(self, account_id: str | None) -> bool:
        """Whether a user has a space of their own."""
        spaces = self.site.content.spaces()
        return account_id is not None and any(one.type == "personal" and one.author == account_id for one in spaces)


Check: TypeAlias = Callable[[Asked, Mapping[str, Any]], bool | None]


def always(asked: Asked, params: Mapping[str, Any]) -> bool:
    """True."""
    return True


def never(asked: Asked, params: Mapping[str, Any]) -> bool:
    """False."""
    return False


def logged_in(asked: Asked, params: Mapping[str, Any]) -> bool:
    """Whether somebody is logged in."""
    return asked.found.person is not None


def administers(asked: Asked, params: Mapping[str, Any]) -> bool:
    """Whether an administrator of the site looks."""
    return asked.administers


def may_edit(asked: Asked, params: Mapping[str, Any]) -> bool:
    """Whether the viewer may change what is in the space or project."""
    return asked.edits()


def is_viewer(asked: Asked, params: Mapping[str, Any]) -> bool:
    """Whether the viewer looks at their own profile."""
    return asked.situation.account_id is not None and asked.situation.profile == asked.situation.account_id
