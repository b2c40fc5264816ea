"""The development loop: the app runs with reload, and development sites have it as it is now.

:mod:`.loop` is the loop; :mod:`.server` runs the app, :mod:`.tunnels` makes it reachable, :mod:`.credentials` reads
what opens the sites. ``flask connect dev`` puts them together.
"""

from .credentials import Credentials, CredentialsError, find_credentials, write_credentials
from .loop import DevLoop
from .processes import DevLoopError
from .server import AppServer, usable_port
from .tunnels import TUNNELS, Tunnel

__all__ = [
    "TUNNELS",
    "AppServer",
    "Credentials",
    "CredentialsError",
    "DevLoop",
    "DevLoopError",
    "Tunnel",
    "find_credentials",
    "usable_port",
    "write_credentials",
]
