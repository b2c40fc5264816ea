"""The REST of the plugin manager, by which administrators' programs install apps.

Only what programs use is here. Administrators prove who they are by HTTP Basic with their address and API token.

Sources: the installation of *Atlassian Connect for Express*, https://bitbucket.org/atlassian/atlassian-connect-express
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ..installation import Installation
from ..json_text import read_json
from ..log import Crossing
from ..people import Person
from ..plugins import NOT_FROM_MARKETPLACE, PRIVATE_INSTALLS_ENDED, Task
from ..site import Site
from .operations import RestError

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["OPERATIONS", "mount_plugin_manager"]

_ROOT: Final = "/rest/plugins/1.0"
_TYPE: Final = "application/vnd.atl.plugins"
_INSTALL_TYPE: Final = f"{_TYPE}.remote.install+json"
_PING_AFTER: Final = 100  # milliseconds

View = Callable[..., Response]


class _PluginError(RestError):
    """A refusal that has a code of the host's."""

    def __init__(self, status: int, message: str, sub_code: str) -> None:
        super().__init__(status, message)
        self.sub_code = sub_code


def mount_plugin_manager(app: Flask, sandbox: Sandbox, site: Site) -> None:
    """Add a site's plugin manager to the web app."""
    for method, path, view in OPERATIONS:
        rule = site.context_path + path
        app.add_url_rule(
            rule,
            endpoint=f"{method} {rule.replace('.', '_')}",
            view_func=_guarded(sandbox, site, view),
            methods=[method],
            provide_automatic_options=False,
        )


def _guarded(sandbox: Sandbox, site: Site, view: View) -> View:
    """Let administrators in, write errors in the host's shape, and note the request."""

    def answer(**arguments: str) -> Response:
        received_at, verdict, note = sandbox.wire.clock(), "refused", "plugin manager"
        try:
            person = _administrator(sandbox)
            verdict = "administrator"
            response = view(site, person, **arguments)
        except RestError as error:
            sub_code = error.sub_code if isinstance(error, _PluginError) else ""
            note = error.message
            response = _json(error.status, "error", {"errorMessage": error.message, "subCode": sub_code})
            if error.status == 401:
                response.headers["WWW-Authenticate"] = f'Basic realm="{site.base_url}"'
        except HTTPException as error:
            note = error.name
            response = _json(error.code or 500, "error", {"errorMessage": error.name, "subCode": ""})
        sandbox.record(
            Crossing(
                time=received_at,
                direction="app→host",
                product=site.product,
                method=request.method,
                url=site.origin + request.path,
                status=response.status_code,
                verdict=verdict,
                note=note,
            )
        )
        return response

    return answer


def _administrator(sandbox: Sandbox) -> Person:
    given = request.authorization
    if given is None or given.type != "basic":
        raise RestError(401, "Log in by HTTP Basic, with an e-mail address and an API token.")
    person = sandbox.api_tokens.holder(given.username or "", given.password or "")
    if person is None:
        raise RestError(401, "The e-mail address or the API token is wrong.")
    if not person.administers:
        raise RestError(403, f"{person.name} is no administrator.")
    return person


def _json(status: int, kind: str, payload: Any) -> Response:
    return Response(json.dumps(payload), status=status, content_type=f"{_TYPE}.{kind}+json;charset=UTF-8")


# --- operations -------------------------------------------------------------------------------------------------------


def _settings(site: Site, person: Person) -> Response:
    facts = {"key": "connectDeveloperListingsEnabled", "value": site.plugins.developer_mode, "readOnly": False}
    return _json(200, "settings", {"settings": [facts]})


def _list(site: Site, person: Person) -> Response:
    response = _json(200, "installed", {"plugins": [_facts(one) for one in site.installations]})
    response.headers["upm-token"] = site.plugins.new_token(person.account_id)
    return response


def _install(site: Site, person: Person) -> Response:
    if not site.plugins.spend_token(request.args.get("token", ""), person.account_id):
        raise RestError(403, "The upm-token is missing, or it was used before. Ask for one by GET.")
    if request.mimetype != _INSTALL_TYPE:
        raise RestError(415, f"The content type must be {_INSTALL_TYPE}.")
    url = _body().get("pluginUri")
    if not isinstance(url, str) or not url:
        raise RestError(400, "pluginUri must be the URL of a descriptor.")
    if not site.plugins.developer_mode:
        raise _PluginError(403, "Private apps can be installed in developer mode only.", NOT_FROM_MARKETPLACE)
    if site.plugins.private_installs == "refused":
        raise _PluginError(403, PRIVATE_INSTALLS_ENDED, NOT_FROM_MARKETPLACE)
    return _pending(site, site.plugins.install(url), 202)


def _poll(site: Site, person: Person, task_id: str) -> Response:
    task = site.plugins.task(task_id)
    if task is None:
        raise RestError(404, "There is no such task.")
    if task.app_key is None:
        return _pending(site, task, 200)
    response = _json(303, "install.done", {})
    response.headers["Location"] = _address(site, task.app_key)
    return response


def _pending(site: Site, task: Task, status: int) -> Response:
    kind = "install.installing" if task.error is None else "task.install.err"
    state: dict[str, Any] = {
        "done": task.error is not None,
        "statusCode": 200,
        "contentType": f"{_TYPE}.{kind}+json",
        "source": task.source,
    }
    if task.error is not None:
        state |= {"errorMessage": task.error, "subCode": task.sub_code}
    return _json(
        status,
        "pending-task",
        {
            "type": "INSTALL",
            "id": task.id,
            "pingAfter": _PING_AFTER,
            "status": state,
            "links": {"self": f"{site.context_path}{_ROOT}/pending/{task.id}"},
        },
    )


def _read(site: Site, person: Person, app_key: str) -> Response:
    return _json(200, "plugin", _facts(_find(site, app_key)))


def _change(site: Site, person: Person, app_key: str) -> Response:
    installation, enabled = _find(site, app_key), _body().get("enabled")
    if not isinstance(enabled, bool):
        raise RestError(400, "enabled must be true or false.")
    _do(installation.enable if enabled else installation.disable)
    return _json(200, "plugin", _facts(installation))


def _remove(site: Site, person: Person, app_key: str) -> Response:
    _do(_find(site, app_key).uninstall)
    return Response(status=204)


def _do(step: Callable[[], None]) -> None:
    try:
        step()
    except ValueError as error:  # somebody else uninstalled it meanwhile
        raise RestError(409, str(error)) from error


OPERATIONS: Final[tuple[tuple[str, str, View], ...]] = (
    ("GET", f"{_ROOT}/settings", _settings),
    ("GET", f"{_ROOT}/", _list),
    ("POST", f"{_ROOT}/", _install),
    ("GET", f"{_ROOT}/pending/<task_id>", _poll),
    ("GET", f"{_ROOT}/<app_key>-key", _read),
    ("PUT", f"{_ROOT}/<app_key>-key", _change),
    ("DELETE", f"{_ROOT}/<app_key>-key", _remove),
)


def _find(site: Site, app_key: str) -> Installation:
    for installation in site.installations:
        if installation.app_key == app_key:
            return installation
    raise RestError(404, f"{site.name} has no app {app_key}.")


def _body() -> dict[str, Any]:
    try:
        body = read_json(request.get_data())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RestError(400, "The request body is not a JSON object.")
    return body


def _facts(installation: Installation) -> dict[str, Any]:
    return {
        "key": installation.app_key,
        "name": installation.descriptor.get("name") or installation.app_key,
        "version": f"{installation.descriptor.get('apiVersion', 1)}.0.0-AC",
        "enabled": installation.state == "enabled",
        "userInstalled": True,
        "remotable": True,
        "links": {"self": _address(installation.site, installation.app_key)},
    }


def _address(site: Site, app_key: str) -> str:
    return f"{site.base_url}{_ROOT}/{app_key}-key"
