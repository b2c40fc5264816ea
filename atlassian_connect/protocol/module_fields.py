"""What the fields of modules look like: the rules that a table can hold.

Sources: the pages of the module types, https://developer.atlassian.com/cloud/jira/platform/modules/ and the same for
Confluence. What no source lists is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .module_types import module_types

__all__ = ["ATTRIBUTES", "NESTED_REQUIRED", "SHAPES", "WORDS", "Shape"]

_MAX_MATCHERS: Final = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field has to be.

    :ivar fault_of: says what is wrong with a value; None: nothing.
    :ivar right: what would be right.
    """

    fault_of: Callable[[object], str | None]
    right: str


def _one_of(*words: str) -> Shape:
    """One of some words, in either letter case."""

    def fault(value: object) -> str | None:
        if isinstance(value, str) and value.lower() in words:
            return None
        return f"{_short(value)} is not what hosts know."

    return Shape(fault, f"Write {' or '.join(words)}.")


def _of_type(kind: type | tuple[type, ...], text: str, right: str) -> Shape:
    return Shape(lambda value: None if isinstance(value, kind) else text, right)


def _whole_number(value: object) -> str | None:
    whole = (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and value.is_integer()
    )
    return None if whole else "Is no whole number."


def _shortcut(value: object) -> str | None:
    return None if isinstance(value, str) and re.fullmatch(r"[a-z]{1,3}", value) else f"{_short(value)} is no shortcut."


def _matchers(value: object) -> str | None:
    if not isinstance(value, list):
        return "Is no list."
    return f"Has {len(value)} matchers." if len(value) > _MAX_MATCHERS else None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


_OBJECT = _of_type(Mapping, "Is no object.", "Write an object.")
_LIST = _of_type(list, "Is no list.", "Write a list.")
_BOOLEAN = _of_type(bool, "Is neither true nor false.", "Write true or false, without quotes.")
_STRING = _of_type(str, "Is no text.", "Write a string.")
_ICON = _of_type(Mapping, "Is no object.", 'Write {"url": "/icon.svg", "width": 16, "height": 16}.')
_WEB_PANEL = _one_of("web_panel")
_LABEL = _one_of("label")
_PAGES = frozenset({"help_center", "portal", "create_request", "view_request", "my_requests", "approvals", "profile"})


def _portal_pages(value: object) -> str | None:
    if not isinstance(value, list):
        return "Is no list."
    wrong = [page for page in value if not isinstance(page, str) or page not in _PAGES]
    return f"{_short(wrong[0])} is no page of the portal." if wrong else None


_PORTAL = ("pages", Shape(_portal_pages, f"Known are {', '.join(sorted(_PAGES))}."))

#: Module type → dotted field and shape; ``*`` holds for all types.
SHAPES: Final[Mapping[str, tuple[tuple[str, Shape], ...]]] = {
    "*": (
        ("weight", Shape(_whole_number, "Write a number without quotes.")),
        ("icon", _ICON),
        ("params", _OBJECT),
        ("cacheable", _BOOLEAN),
        ("fullPage", _BOOLEAN),
        ("supportsNative", _BOOLEAN),
        ("tooltip", _of_type(Mapping, "Is no object.", 'Write {"value": "…"}.')),
    ),
    "webhooks": (("event", _STRING), ("filter", _STRING), ("excludeBody", _BOOLEAN), ("propertyKeys", _LIST)),
    "webItems": (
        ("location", _STRING),
        ("context", _one_of("addon", "page", "product")),
        ("target", _of_type(Mapping, "Is no object.", 'Write {"type": "dialog"}.')),
        ("target.type", _one_of("page", "dialog", "inlinedialog", "dialogmodule")),
        ("target.options", _OBJECT),
        ("styleClasses", _LIST),
    ),
    "webPanels": (("location", _STRING),),
    "webSections": (("location", _STRING),),
    "generalPages": (("location", _STRING),),
    "adminPages": (("location", _STRING),),
    "contentBylineItems": (("target", _OBJECT),),
    "jiraIssueContents": (("target", _OBJECT), ("target.type", _WEB_PANEL)),
    "jiraIssueContexts": (
        ("target", _OBJECT),
        ("target.type", _WEB_PANEL),
        ("content", _OBJECT),
        ("content.type", _LABEL),
    ),
    "jiraIssueGlances": (
        ("target", _OBJECT),
        ("target.type", _WEB_PANEL),
        ("content", _OBJECT),
        ("content.type", _LABEL),
    ),
    "jiraIssueFields": (
        ("type", _one_of("string", "text", "rich_text", "number", "single_select", "multi_select", "read_only")),
    ),
    "jiraIssueTypes": (("type", _one_of("standard", "subtask")),),
    "jiraEntityProperties": (("entityType", _one_of("issue", "user", "project")), ("keyConfigurations", _LIST)),
    "jiraBackgroundScripts": (("location.type", _one_of("issue_view", "dashboard")),),
    "jiraDevelopmentTool": (
        ("capabilities", _LIST),
        ("capabilities[]", _one_of("commit", "branch", "pull_request")),
        ("application", _OBJECT),
    ),
    "jiraDeploymentGating": (("callback.type", _one_of("jwt")),),
    "jiraDashboardItems": (("configurable", _BOOLEAN), ("refreshable", _BOOLEAN)),
    "keyboardShortcuts": (
        ("shortcut", Shape(_shortcut, "Write 1 to 3 lower-case letters.")),
        ("target", _OBJECT),
    ),
    "publishConditions": (("context", _one_of("addon")),),
    "staticContentMacros": (
        ("renderingMethod", _one_of("get", "post")),
        ("autoconvert.matchers", Shape(_matchers, f"Write at most {_MAX_MATCHERS}.")),
        ("parameters", _LIST),
    ),
    "dynamicContentMacros": (
        ("autoconvert.matchers", Shape(_matchers, f"Write at most {_MAX_MATCHERS}.")),
        ("parameters", _LIST),
    ),
    "serviceDeskPortalFooters": (_PORTAL,),
    "serviceDeskPortalHeaders": (_PORTAL,),
    "serviceDeskPortalSubHeaders": (_PORTAL,),
}

#: Module type → an object in it, and a field that this object needs.
NESTED_REQUIRED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "customContent": (
        ("uiSupport", "contentViewComponent"),
        ("uiSupport", "icons"),
        ("apiSupport", "supportedContainerTypes"),
    ),
    "jiraIssueContents": (("target", "url"),),
    "jiraIssueGlances": (("target", "url"),),
    "jiraIssueContexts": (("target", "url"),),
    "jiraWorkflowPostFunctions": (("triggered", "url"),),
    "automationActions": (("webhook", "url"),),
    "blueprints": (("template", "url"),),
    "keyboardShortcuts": (("target", "key"),),
}

#: Fields that say something in a module and nothing right below ``modules``.
ATTRIBUTES: Final = frozenset(
    {"key", "name", "description", "url", "location", "weight", "conditions", "icon", "target", "params", "tooltip"}
    | {"context", "cacheable", "fullPage", "event"}
)

#: Names that modules are known to have, so that a misspelt one can be told.
WORDS: Final = ATTRIBUTES | frozenset(
    {name for known in module_types().values() for name in known.required}
    | {
        dotted.partition(".")[0].removesuffix("[]")
        for known in module_types().values()
        for dotted in known.url_fields + known.link_fields
    }
    | {dotted.partition(".")[0].removesuffix("[]") for shapes in SHAPES.values() for dotted, _ in shapes}
    | {"layout", "contentPresentConditions", "jiraNativeAppsEnabled", "method", "parameters", "bodyType", "outputType"}
    | {"width", "height", "categories", "featured", "autoconvert", "hidden", "aliases", "link", "property"}
    | {"extractions", "entityType", "keyConfigurations", "createResult", "adminPageKey", "group"}
    | {"handledDomainName", "contentPropertyKey", "content", "isConfigurable", "defaultCategories", "anonymousAllowed"}
    | {"category", "reportCategory"}
)
