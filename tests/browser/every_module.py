"""One app with a module of every type of the catalogue that has a URL or a name people see."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from atlassian_connect.protocol.module_types import module_types
from atlassian_connect.protocol.modules import value_at
from atlassian_connect.sandbox.modules.catalogue import place_of_type

from .framed_app import FramedApp

KEY = "com.example.every"
STATIC, BLUEPRINT = "What the static macro says", "What the template begins with"
_PANEL = {"content": {"type": "label", "label": {"value": ""}}, "target": {"type": "web_panel"}}
_DIALOG = {"target": {"type": "dialog", "options": {"size": "small"}}}
_NEVER = [{"condition": "user_is_logged_in", "invert": True}]

#: What a module of a type needs besides what each gets: a key, a name, texts and its URLs.
_MORE: dict[str, dict[str, Any]] = {
    "webItems": {
        **_DIALOG,
        "location": {"jira": "operations-operations", "confluence": "system.content.action/modify"},
    },
    "webPanels": {"location": {"jira": "atl.jira.view.issue.right.context", "confluence": "atl.page"}},
    "webSections": {"location": "system.top.navigation.bar"},
    "keyboardShortcuts": {"shortcut": "xy", "target": {"key": "dialogs"}},
    "contentBylineItems": {"target": {"type": "inlinedialog"}, "context": "addon"},
    "customContent": {
        "apiSupport": {"supportedContainerTypes": ["space"]},
        "uiSupport": {"contentViewComponent": {"moduleKey": "generalpages"}},
    },
    "dynamicContentMacros": {"bodyType": "none"},
    "staticContentMacros": {"bodyType": "none"},
    "publishConditions": {"errorMessage": {"value": "Not before it is approved"}, "conditions": _NEVER},
    "spaceToolsTabs": {"location": "contenttools"},
    "jiraBackgroundScripts": {"location": {"type": "issue_view"}},
    "jiraIssueContents": {"target": {"type": "web_panel"}},
    "jiraIssueContexts": _PANEL,
    "jiraIssueGlances": _PANEL,
    "jiraProjectAdminTabPanels": {"location": "projectgroup1"},
    "jiraWorkflowConditions": {"expression": "true"},
    "jiraWorkflowValidators": {"expression": "true", "errorMessage": {"value": "No"}},
    "jiraJqlFunctions": {"arguments": [], "types": ["issue"], "operators": ["in"]},
    "jiraDevelopmentTool": {"application": {"value": "Tool"}, "capabilities": ["branch"]},
}
#: Modules that open others, and what stands in the section.
_HELPERS = {
    "opener": {"location": {"jira": "operations-operations", "confluence": "system.content.action/modify"},
               "target": {"type": "dialogmodule", "options": {"key": "dialogs"}}},
    "inside": {"location": "websections", "url": "/inside", **_DIALOG},
}  # fmt: skip
_GROUPED = {
    "serviceDeskQueues": ("queued", "serviceDeskQueueGroups"),
    "serviceDeskReports": ("reported", "serviceDeskReportGroups"),
}


def types_of(product: Any) -> list[str]:
    """The types that have a place on a site of this product."""
    return sorted(name for name in module_types(product) if place_of_type(product, name) is not None)


def module(product: Any, name: str) -> dict[str, Any]:
    """A module of a type, with all that a host requires, and every URL that the type has."""
    known, key = module_types(product)[name], name.lower()
    made: dict[str, Any] = json.loads(json.dumps({"key": key, **_MORE.get(name, {})}))
    if known.has_name:
        made["name"] = {"value": f"My {key}"}
    if "content" in made:
        made["content"]["label"]["value"] = f"My {key}"
    if isinstance(made.get("location"), dict) and product in made["location"]:
        made["location"] = made["location"][product]
    for path in (*known.url_fields, *known.link_fields):
        _put(made, path.split("."), f"/{key}" if path in known.url_fields[:1] else f"/{key}/{path}")
    for field in known.required - made.keys():
        made[field] = {"value": f"Its {field}"}
    return made


def _put(made: dict[str, Any], path: list[str], url: str) -> None:
    for part in path[:-1]:
        if part.endswith("[]"):
            made.setdefault(part[:-2], [{}])
            made = made[part[:-2]][0]
        else:
            made = made.setdefault(part, {})
    made.setdefault(path[-1], url)


class EveryModule(FramedApp):
    """Is another descriptor for each product, and answers what hosts call.

    :ivar called: paths that a host called by itself, in order.
    """

    def __init__(self, product: Any) -> None:
        super().__init__(key=KEY)
        self.product, self.called = product, list[str]()

    def descriptor(self) -> dict[str, Any]:
        described = super().descriptor()
        modules: dict[str, Any] = {}
        for name in types_of(self.product):
            one = module(self.product, name)
            modules[name] = one if module_types(self.product)[name].container == "object" else [one]
        for key, more in _HELPERS.items():
            helper = {"key": key, "name": {"value": f"My {key}"}, **json.loads(json.dumps(more))}
            if isinstance(helper["location"], dict):
                helper["location"] = helper["location"][self.product]
            modules["webItems"].append(helper)
        for name, (key, group) in _GROUPED.items() if self.product == "jira" else ():
            grouped = {"key": key, "name": {"value": f"My {key}"}, "url": f"/{key}", "group": group.lower()}
            modules[name].append(grouped)
        return {**described, "name": "Every module", "modules": modules}

    def respond(self, request: Request) -> Response:
        if request.path == "/staticcontentmacros":
            self.called.append(request.path)
            return Response(f"<p>{STATIC}</p>", content_type="text/html")
        if request.path == "/blueprints":
            self.called.append(request.path)
            return Response(f'<p>{BLUEPRINT}: <at:var at:name="who" /></p>', content_type="text/html")
        if request.method == "POST" and request.path != "/installed":
            self.called.append(request.path)
            known = [{"identifier": "who", "value": "A & B", "representation": "plain"}]
            return Response(json.dumps(known), content_type="application/json")
        if "xdm_e" not in request.args and request.path != "/atlassian-connect.json" and request.method == "GET":
            return Response(status=404)  # a picture
        return super().respond(request)


def loaded(product: Any, name: str) -> str:
    """The path that a module of a type is loaded from."""
    found = module_types(product)[name].url_fields
    return str(value_at(module(product, name), found[0])) if found else ""
