"""Webhooks: what a change is called, what is said about it, and which apps want to know.

A change of the store becomes an :class:`Event` (:func:`event_of`; the bodies are in :mod:`.confluence` and
:mod:`.jira`). :mod:`.wanted` finds what an app has asked for, in its descriptor, by dynamic modules or by Jira's REST;
:func:`deliver` sends it. What was sent is kept by :mod:`..deliveries`, which also tries again.

Sources: *Webhooks*, https://developer.atlassian.com/cloud/jira/platform/webhooks/ and
https://developer.atlassian.com/cloud/confluence/modules/webhook/
"""

from .delivering import deliver
from .events import Event, event_by_hand, event_of
from .wanted import has_expired, matching_registrations

__all__ = ["Event", "deliver", "event_by_hand", "event_of", "has_expired", "matching_registrations"]
