"""Signals: they tell what happened; callbacks such as ``on_installed`` are for the app's own work.

Every signal is sent after the change is committed, with the Flask app as sender. What a receiver of the four lifecycle
signals raises is logged and goes no further. What a receiver of the other two raises reaches the caller, who asked for
the work and must hear that a part of it failed.
"""

from __future__ import annotations

from blinker import Namespace

__all__ = [
    "dynamic_modules_synced",
    "tenant_disabled",
    "tenant_enabled",
    "tenant_forgotten",
    "tenant_installed",
    "tenant_uninstalled",
]

_signals = Namespace()

#: A host installed, upgraded or reinstalled the app. Keyword arguments: ``tenant``, ``change`` (a ``LifecycleChange``).
tenant_installed = _signals.signal("tenant-installed")
#: A host uninstalled the app. Keyword arguments: ``tenant``.
tenant_uninstalled = _signals.signal("tenant-uninstalled")
#: The app was enabled on a host. Keyword arguments: ``tenant``.
tenant_enabled = _signals.signal("tenant-enabled")
#: The app was disabled on a host. Keyword arguments: ``tenant``.
tenant_disabled = _signals.signal("tenant-disabled")
#: A tenant was deleted, with all that the framework kept for it. Keyword arguments: ``client_key``.
tenant_forgotten = _signals.signal("tenant-forgotten")
#: A tenant's dynamic modules were made equal to what is declared. Keyword arguments: ``tenant``, ``result``.
dynamic_modules_synced = _signals.signal("dynamic-modules-synced")
