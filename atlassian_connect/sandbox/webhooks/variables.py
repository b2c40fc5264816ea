"""Values for the variables in the URLs of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["variables_of"]

_SUBJECTS: Final = ("issue", "project", "version", "board", "sprint", "page", "space", "comment", "content")
_NAMES: Final = ("id", "key", "title", "version", "type")


def variables_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Take them out of a body: ``issue.key``, ``project.id``, ``version.id``, ``modifiedUser.accountId`` and so on."""
    values: dict[str, str] = {}
    fields = _at(body, "issue", "fields")
    for subject in _SUBJECTS:
        of_subject = body.get(subject)
        if subject == "project" and of_subject is None and isinstance(fields, Mapping):
            of_subject = fields.get("project")
        if isinstance(of_subject, Mapping):
            for name in _NAMES:
                if isinstance(of_subject.get(name), str | int):
                    values[f"{subject}.{name}"] = str(of_subject[name])
    if str(body.get("webhookEvent", "")).startswith("user_"):
        values["modifiedUser.accountId"] = str(_at(body, "user", "accountId") or "")
    if isinstance(_at(body, "version", "projectId"), int):
        values["project.id"] = str(_at(body, "version", "projectId"))
    page = body.get("page")
    if isinstance(page, Mapping):
        values |= {"content.id": str(page.get("id", "")), "content.type": "page"}
        values |= {"space.id": str(page.get("spaceId", "")), "space.key": str(page.get("spaceKey", ""))}
    return values


def _at(body: Mapping[str, Any], *names: str) -> Any:
    value: Any = body
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
