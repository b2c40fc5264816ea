"""The typed shortcuts: decorators, and their plain twins, for the module types used most.

Each takes the fields that its type really has, and refuses others. :meth:`.Declarations.module` takes any type and any
field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Unpack

from ..errors import DescriptorError
from ..protocol.modules import check_module_key, name_object
from ..registry import View
from .description import Description
from .macro_fields import MacroFields, StaticMacroFields, macro_definition
from .registering import registering
from .shortcut_fields import (
    AdminPageFields,
    ConfigurePageFields,
    DialogFields,
    Icon,
    IssueContentFields,
    IssueGlanceFields,
    PageFields,
    Text,
    WebItemFields,
    WebPanelFields,
    WebSectionFields,
    written,
)

__all__ = ["Shortcuts"]

V = TypeVar("V", bound=View)

_DIALOG_OPTIONS = ("size", "width", "height", "chrome", "header", "hint")


class Shortcuts(Description):
    """Decorators for the module types used most. What is wrong is a ``DescriptorError`` where it is written."""

    # --- pages --------------------------------------------------------------------------------------------------------

    def general_page(self, key: str, *, name: Text, **fields: Unpack[PageFields]) -> Callable[[V], V]:
        """Serve a view as a ``generalPages`` module: a page of its own in the product.

        Source: *Page*, https://developer.atlassian.com/cloud/confluence/modules/page/

        :param name: text of the link to the page.
        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.PageFields`, and ``url``, ``methods`` and
            ``when_blocked`` as in :meth:`module`.
        """
        return registering(lambda view: self.add_general_page(key, view, name=name, **fields))

    def add_general_page(self, key: str, view: View, *, name: Text, **fields: Unpack[PageFields]) -> None:
        """Declare a page. See :meth:`general_page`."""
        self._add("generalPages", key, view, PageFields, fields, name=name)

    def admin_page(self, key: str, *, name: Text, **fields: Unpack[AdminPageFields]) -> Callable[[V], V]:
        """Serve a view as an ``adminPages`` module: a page in the product's administration.

        Only administrators find it; the view has to check that itself, see :meth:`authorize_jira` and
        :meth:`authorize_confluence`.

        Source: *Admin page*, https://developer.atlassian.com/cloud/jira/platform/modules/admin-page/

        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.AdminPageFields`.
        """
        return registering(lambda view: self.add_admin_page(key, view, name=name, **fields))

    def add_admin_page(self, key: str, view: View, *, name: Text, **fields: Unpack[AdminPageFields]) -> None:
        """Declare a page of the administration. See :meth:`admin_page`."""
        self._add("adminPages", key, view, AdminPageFields, fields, name=name)

    def configure_page(self, key: str, *, name: Text, **fields: Unpack[ConfigurePageFields]) -> Callable[[V], V]:
        """Serve a view as the ``configurePage``, which the list of installed apps links to. An app has at most one.

        Source: *Page*, https://developer.atlassian.com/cloud/confluence/modules/page/

        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.ConfigurePageFields`.
        """
        return registering(lambda view: self.add_configure_page(key, view, name=name, **fields))

    def add_configure_page(self, key: str, view: View, *, name: Text, **fields: Unpack[ConfigurePageFields]) -> None:
        """Declare the page that configures the app. See :meth:`configure_page`."""
        if any(known.type == "configurePage" for known in self._registry.modules):
            raise DescriptorError("An app has at most one configurePage.", path=f"module {key!r}")
        self._add("configurePage", key, view, ConfigurePageFields, fields, name=name)

    def dialog(self, key: str, **fields: Unpack[DialogFields]) -> Callable[[V], V]:
        """Serve a view as a ``dialogs`` module, which web items and the page's script open by its key.

        Source: *Dialog*, https://developer.atlassian.com/cloud/confluence/modules/dialog/

        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.DialogFields`.
        """
        return registering(lambda view: self.add_dialog(key, view, **fields))

    def add_dialog(self, key: str, view: View, **fields: Unpack[DialogFields]) -> None:
        """Declare a dialog. See :meth:`dialog`."""
        routing, definition = written(DialogFields, fields, path=f"module {key!r}")
        options = {name: definition.pop(name) for name in _DIALOG_OPTIONS if name in definition}
        self.add_module("dialogs", key, view, **routing, **definition, options=options or None)

    # --- links, menus, panels -----------------------------------------------------------------------------------------

    def web_item(self, key: str, *, name: Text, location: str, **fields: Unpack[WebItemFields]) -> Callable[[V], V]:
        """Serve a view behind a ``webItems`` module: a link or button in the product.

        For a link to something else, the product's own pages or another module, use :meth:`add_web_item` without a
        view.

        Source: *Web item*, https://developer.atlassian.com/cloud/confluence/modules/web-item/

        :param location: such as ``system.content.action``.
        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.WebItemFields`.
        """
        return registering(lambda view: self.add_web_item(key, view, name=name, location=location, **fields))

    def add_web_item(
        self, key: str, view: View | None = None, *, name: Text, location: str, **fields: Unpack[WebItemFields]
    ) -> None:
        """Declare a link or button. See :meth:`web_item`.

        :param view: None: ``url`` leads to something else: with ``context="page"`` it is the key of a page module, with
            ``context="product"`` a path of the product. With ``target="dialogmodule"`` there is no URL, and
            ``target_options={"key": …}`` names the dialog.
        """
        where = f"module {key!r}"
        routing, definition = written(WebItemFields, fields, path=where)
        target, options = definition.pop("target", None), definition.pop("targetOptions", None)
        context, url = definition.get("context", "addon"), routing.get("url")
        if options is not None and target is None:
            raise DescriptorError("Options belong to a target.", path=f"{where}.target_options")
        if target == "dialogmodule":
            if view is not None or url is not None:
                raise DescriptorError("A dialog module has its own view and URL.", path=f"{where}.target")
            check_module_key((options or {}).get("key"), path=f"{where}.target_options.key")
        elif view is None and not url:
            raise DescriptorError("Without a view it needs a URL.", path=f"{where}.url")
        if view is not None and context != "addon":
            raise DescriptorError("A view belongs to the context addon.", path=f"{where}.context")
        if context == "page" and url is not None:
            check_module_key(url, path=f"{where}.url")
        if target is not None:
            definition["target"] = {"type": target, **({"options": dict(options)} if options else {})}
        self.add_module("webItems", key, view, **routing, **definition, name=name, location=location)

    def add_web_section(self, key: str, *, name: Text, location: str, **fields: Unpack[WebSectionFields]) -> None:
        """Declare a ``webSections`` module: a group of web items, whose location is then ``<location>/<key>``.

        It has no view, hence no decorator.

        Source: *Web section*, https://developer.atlassian.com/cloud/confluence/modules/web-section/

        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.WebSectionFields`.
        """
        self._add("webSections", key, None, WebSectionFields, fields, name=name, location=location)

    def web_panel(self, key: str, *, name: Text, location: str, **fields: Unpack[WebPanelFields]) -> Callable[[V], V]:
        """Serve a view as a ``webPanels`` module: a frame inside one of the product's pages.

        Source: *Web panel*, https://developer.atlassian.com/cloud/confluence/modules/web-panel/

        :param location: such as ``atl.jira.view.issue.right.context``.
        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.WebPanelFields`.
        """
        return registering(lambda view: self.add_web_panel(key, view, name=name, location=location, **fields))

    def add_web_panel(
        self, key: str, view: View, *, name: Text, location: str, **fields: Unpack[WebPanelFields]
    ) -> None:
        """Declare a panel. See :meth:`web_panel`."""
        self._add("webPanels", key, view, WebPanelFields, fields, name=name, location=location)

    # --- Confluence macros --------------------------------------------------------------------------------------------

    def dynamic_content_macro(self, key: str, *, name: Text, **fields: Unpack[MacroFields]) -> Callable[[V], V]:
        """Serve a view as a ``dynamicContentMacros`` module: a macro that is a frame, loaded anew with each page view.

        Macro parameters are added to the default URL, as ``?view={view}``; a URL of your own has to name them.

        Source: *Dynamic content macro*,
        https://developer.atlassian.com/cloud/confluence/modules/dynamic-content-macro/

        :param key: unique among all apps, not only in this one.
        :param fields: those of :class:`~atlassian_connect.web.macro_fields.MacroFields`.
        """
        return registering(lambda view: self.add_dynamic_content_macro(key, view, name=name, **fields))

    def add_dynamic_content_macro(self, key: str, view: View, *, name: Text, **fields: Unpack[MacroFields]) -> None:
        """Declare a macro that is a frame. See :meth:`dynamic_content_macro`."""
        self._add_macro("dynamicContentMacros", key, view, MacroFields, fields, name=name)

    def static_content_macro(self, key: str, *, name: Text, **fields: Unpack[StaticMacroFields]) -> Callable[[V], V]:
        """Serve a view as a ``staticContentMacros`` module: Confluence fetches its storage format and keeps it.

        The view returns XHTML of the storage format, which is shown to everybody: the cache is shared between users.
        Macro parameters are added to the default URL, as in :meth:`dynamic_content_macro`.

        Source: *Static content macro*, https://developer.atlassian.com/cloud/confluence/modules/static-content-macro/

        :param fields: those of :class:`~atlassian_connect.web.macro_fields.StaticMacroFields`.
        """
        return registering(lambda view: self.add_static_content_macro(key, view, name=name, **fields))

    def add_static_content_macro(
        self, key: str, view: View, *, name: Text, **fields: Unpack[StaticMacroFields]
    ) -> None:
        """Declare a macro of the storage format. See :meth:`static_content_macro`."""
        self._add_macro("staticContentMacros", key, view, StaticMacroFields, fields, name=name)

    # --- Jira's issue view --------------------------------------------------------------------------------------------

    def issue_content(
        self, key: str, *, name: Text, icon: Icon, tooltip: Text, **fields: Unpack[IssueContentFields]
    ) -> Callable[[V], V]:
        """Serve a view as a ``jiraIssueContents`` module: a frame in the issue, added by a button.

        Source: *Issue content*, https://developer.atlassian.com/cloud/jira/platform/modules/issue-content/

        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.IssueContentFields`.
        """
        return registering(
            lambda view: self.add_issue_content(key, view, name=name, icon=icon, tooltip=tooltip, **fields)
        )

    def add_issue_content(
        self, key: str, view: View, *, name: Text, icon: Icon, tooltip: Text, **fields: Unpack[IssueContentFields]
    ) -> None:
        """Declare a frame in the issue. See :meth:`issue_content`."""
        more = {"name": name, "icon": icon, "tooltip": name_object(tooltip)}
        self._add("jiraIssueContents", key, view, IssueContentFields, fields, **more)

    def issue_glance(
        self, key: str, *, name: Text, icon: Icon, label: Text, **fields: Unpack[IssueGlanceFields]
    ) -> Callable[[V], V]:
        """Serve a view as a ``jiraIssueGlances`` module: a line beside the issue that opens to a frame.

        Source: *Issue glance*, https://developer.atlassian.com/cloud/jira/platform/modules/issue-glance/. Its
        successor is ``jiraIssueContexts``.

        :param label: text of the line.
        :param fields: those of :class:`~atlassian_connect.web.shortcut_fields.IssueGlanceFields`.
        """
        return registering(lambda view: self.add_issue_glance(key, view, name=name, icon=icon, label=label, **fields))

    def add_issue_glance(
        self, key: str, view: View, *, name: Text, icon: Icon, label: Text, **fields: Unpack[IssueGlanceFields]
    ) -> None:
        """Declare a glance. See :meth:`issue_glance`."""
        content = {"type": "label", "label": name_object(label)}
        self._add("jiraIssueGlances", key, view, IssueGlanceFields, fields, name=name, icon=icon, content=content)

    # --- what they share ----------------------------------------------------------------------------------------------

    def _add(
        self, module_type: str, key: str, view: View | None, shape: type, fields: Mapping[str, Any], **more: Any
    ) -> None:
        routing, definition = written(shape, fields, path=f"module {key!r}")
        self.add_module(module_type, key, view, **routing, **more, **definition)

    def _add_macro(
        self, module_type: str, key: str, view: View, shape: type, fields: Mapping[str, Any], *, name: Text
    ) -> None:
        where = f"module {key!r}"
        routing, written_fields = written(shape, fields, path=where)
        definition, identifiers = macro_definition(written_fields, path=where)
        methods = routing.get("methods") or (("POST",) if definition.get("renderingMethod") == "post" else ("GET",))
        query = "&".join(f"{identifier}={{{identifier}}}" for identifier in identifiers)
        self._declare_as(
            module_type,
            key,
            view,
            routing.get("when_blocked"),
            {"name": name, **definition},
            url=routing.get("url"),
            query=f"?{query}" if query else "",
            methods=tuple(methods),
        )
