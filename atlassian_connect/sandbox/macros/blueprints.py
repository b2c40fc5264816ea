"""Blueprints of apps: the body that a new page begins with.

Source: *Blueprint*, https://developer.atlassian.com/cloud/confluence/modules/blueprint/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from ...errors import UrlNotAllowedError
from ..json_text import read_json
from ..module_urls import join
from ..modules.places import PlacedModule
from .apps import AppAnswerError, fetch_storage
from .storage import StorageFormatError, parse

__all__ = ["blueprint_body"]

_VARIABLE = re.compile(r"<at:var\b([^>]*?)/?>(?:\s*</at:var>)?")
_NAME = re.compile(r'at:name="([^"]*)"')


def blueprint_body(placed: PlacedModule, *, account_id: str | None, space_key: str) -> str:
    """Ask an app for the body of a new page, with its variables replaced.

    :raises AppAnswerError: no answer, or not a good one.
    :raises ContentBlockedError: an access rule keeps the app out of the space.
    """
    url = placed.urls.get("template.url") or placed.urls.get("url", "")
    key = placed.module.key
    body = fetch_storage(placed.installation, url, placed.values, account_id=account_id, note=f"blueprint {key}")
    values = _variables(placed, account_id, space_key)

    def value(match: re.Match[str]) -> str:
        name = _NAME.search(match[1])
        return values.get(name[1], "") if name else ""

    body = _VARIABLE.sub(value, body)
    try:
        parse(body)
    except StorageFormatError as error:
        raise AppAnswerError(f"its template is no storage format. {error}") from error
    return body


def _variables(placed: PlacedModule, account_id: str | None, space_key: str) -> dict[str, str]:
    """What the app says of the variables, as storage format."""
    installation, url = placed.installation, placed.urls.get("template.blueprintContext.url")
    if not url:
        return {}
    asked = {
        "addonKey": installation.app_key,
        "blueprintKey": placed.module.key,
        "spaceKey": space_key,
        "userKey": account_id,
        "userLocale": "en-GB",
    }
    try:
        target = join(installation.app_base_url, url, placed.values)
    except UrlNotAllowedError as error:
        raise AppAnswerError(f"the URL of its context cannot be called: {error}") from error
    note = f"blueprint context {placed.module.key}"
    answer = installation.post(target, json.dumps(asked).encode(), note=note, account_id=account_id, headers={})
    if answer is None or answer.status != 200:
        raise AppAnswerError(f"the app answered with {answer.status if answer else 'nothing'} about the variables.")
    try:
        listed = read_json(answer.body)
    except ValueError as error:
        raise AppAnswerError("what the app answered about the variables is no JSON.") from error
    found = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {str(one.get("identifier", "")): _written(one) for one in found}


def _written(variable: Mapping[str, Any]) -> str:
    value = str(variable.get("value", ""))
    return value if variable.get("representation") == "storage" else escape(value)
