"""``flask connect …``: thin commands over functions that return or raise."""

from .commands import connect_group

__all__ = ["connect_group"]
