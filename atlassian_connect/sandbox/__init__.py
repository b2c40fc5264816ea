"""A local Atlassian host, Jira and Confluence, to develop and test Connect apps against."""

from __future__ import annotations

from .clock import MovableClock
from .dynamic import ModulesRefusedError
from .faults import ActiveFault, Faults
from .host import Sandbox
from .http import Answer, AppUnreachableError, NetworkTransport, Transport, WsgiTransport
from .installation import Installation
from .lifecycle import InstallError
from .log import Crossing
from .people import ADMIN, MEMBER
from .policies import ContentBlockedError
from .server import PortInUseError, SandboxServer, serve
from .site import Site
from .store.permissions import Permissions

__all__ = [
    "ADMIN",
    "MEMBER",
    "ActiveFault",
    "Answer",
    "AppUnreachableError",
    "ContentBlockedError",
    "Crossing",
    "Faults",
    "InstallError",
    "Installation",
    "ModulesRefusedError",
    "MovableClock",
    "NetworkTransport",
    "Permissions",
    "PortInUseError",
    "Sandbox",
    "SandboxServer",
    "Site",
    "Transport",
    "WsgiTransport",
    "serve",
]
