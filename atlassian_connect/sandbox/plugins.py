"""The plugin manager of a site: installing by the URL of a descriptor, as administrators' programs ask for it.

Sources: the installation of *Atlassian Connect for Express*, https://bitbucket.org/atlassian/atlassian-connect-express,
and for what hosts do since 31 March 2026 https://developer.atlassian.com/platform/forge/changelog/#CHANGE-3096. What
they answer since then is not published; the text here is the one that their page of settings shows.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ..errors import ConnectError

if TYPE_CHECKING:
    from .site import Site

__all__ = ["NOT_FROM_MARKETPLACE", "PRIVATE_INSTALLS_ENDED", "PluginManager", "PrivateInstalls", "Task"]

PrivateInstalls: TypeAlias = Literal["taken", "refused", "failed"]

#: What hosts call an install of something that the Marketplace does not list.
NOT_FROM_MARKETPLACE: Final = "upm.pluginInstall.error.descriptor.not.from.marketplace"
#: What hosts call an install that failed at the app.
_INSTALL_EXCEPTION: Final = "upm.pluginInstall.error.response.exception"
PRIVATE_INSTALLS_ENDED: Final = (
    "Development Mode no longer supports installing private apps using an app descriptor URL."
)
_KEPT: Final = 200  # tokens and tasks; older ones are forgotten

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Task:
    """One install.

    :ivar source: URL of the descriptor.
    :ivar app_key: once the app is installed.
    :ivar error: why it was not installed, once that is known.
    :ivar sub_code: the kind of the error, in the host's words.
    """

    id: str
    source: str
    app_key: str | None = None
    error: str | None = None
    sub_code: str = ""


class PluginManager:
    """Installs that a site was asked for by REST. They run in threads of their own, as on real sites.

    :ivar developer_mode: apps that are not listed may be installed. False: refused, with the advice to switch it on.
    :ivar private_installs: ``taken``; or as hosts do since 31 March 2026: ``refused`` at once, or ``failed`` when the
        install is asked after. Which of the two real sites do is not published.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = Lock()
        self._tokens: OrderedDict[str, str] = OrderedDict()
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self.reset()

    def reset(self) -> None:
        """Forget everything, and take installs."""
        with self._lock:
            self._tokens.clear()
            self._tasks.clear()
        self.developer_mode = True
        self.private_installs: PrivateInstalls = "taken"

    def new_token(self, account_id: str) -> str:
        """A token for one change by one administrator."""
        token = self._site.ids.token()
        with self._lock:
            self._tokens[token] = account_id
            _forget_old(self._tokens)
        return token

    def spend_token(self, token: str, account_id: str) -> bool:
        """Whether a token was made for this administrator. It is worth nothing afterwards."""
        with self._lock:
            return self._tokens.pop(token, None) == account_id

    def install(self, descriptor_url: str) -> Task:
        """Begin to install or update an app."""
        task = Task(self._site.ids.uuid(), descriptor_url)
        with self._lock:
            self._tasks[task.id] = task
            _forget_old(self._tasks)
        Thread(target=self._run, args=(task,), name=f"install {task.id}", daemon=True).start()
        return task

    def task(self, task_id: str) -> Task | None:
        """An install that was asked for. None: it never was, or it was long ago."""
        with self._lock:
            return self._tasks.get(task_id)

    def _run(self, task: Task) -> None:
        if self.private_installs == "failed":
            task.sub_code, task.error = NOT_FROM_MARKETPLACE, PRIVATE_INSTALLS_ENDED
            return
        try:
            installation = self._site.install(task.source)
        except ConnectError as error:
            task.sub_code, task.error = _INSTALL_EXCEPTION, str(error)
        except Exception:
            _logger.exception("%s could not install %s.", self._site.name, task.source)
            task.sub_code, task.error = _INSTALL_EXCEPTION, "An unexpected error occurred; the sandbox's log has it."
        else:
            task.app_key = installation.app_key


def _forget_old(known: OrderedDict[str, Task] | OrderedDict[str, str]) -> None:
    while len(known) > _KEPT:
        known.popitem(last=False)
