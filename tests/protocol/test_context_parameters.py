"""Variables in module URLs, against the catalogue."""

from __future__ import annotations

import pytest

from atlassian_connect.protocol.context_parameters import (
    check_context_parameters,
    context_parameters,
    url_variables,
)
from atlassian_connect.protocol.modules import Module


def faults(url, module_type="webPanels", **options):
    definition = {"key": "k", "url": url, **options.pop("fields", {})}
    return [text for _, text in check_context_parameters(Module(module_type, definition), **options)]


def test_each_product_has_its_own():
    assert "issue.key" in context_parameters("jira")
    assert "issue.key" not in context_parameters("confluence")
    assert "space.key" in context_parameters("confluence")
    assert context_parameters("jira")["issue.key"].in_webhooks
    assert context_parameters("jira")["version.id"].where.count(";") == 1


def test_what_both_products_have_is_deprecated_where_both_say_so():
    jira, confluence, both = context_parameters("jira"), context_parameters("confluence"), context_parameters()

    assert set(both) == set(jira) | set(confluence)
    for name, known in both.items():
        of_each = [catalogue[name] for catalogue in (jira, confluence) if name in catalogue]
        assert known.deprecated == all(one.deprecated for one in of_each), name
        assert known.in_webhooks == any(one.in_webhooks for one in of_each), name


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("/a", []),
        ("/a/{issue.key}?b={project.id}", ["issue.key", "project.id"]),
        ("/a?b=${project.key}", ["project.key"]),
        ("/a?b={condition.has_project_permission(permission=browse)}", ["condition.has_project_permission"]),
        ("/a?b={{ placeholder }}", []),
        ("/a?b={}&c={", []),
    ],
)
def test_variables_are_found_in_both_spellings(url, names):
    assert url_variables(url) == names


@pytest.mark.parametrize(
    "url",
    [
        "/a?i={issue.key}&s={space.key}",
        "/a?x={ac.anything.here}",
        "/a?x={condition.user_is_admin}",
        "/a?x={condition.id}&y={condition.config}",
    ],
)
def test_known_ones_pass(url):
    assert faults(url) == []


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("/a?i={issuekey}", "{issuekey}"),
        ("/a?x={condition.viewing_content}", "condition"),
        ("/a?x={condition.made_up}", "condition"),
        ("/a?x={board.mode}", "deprecated"),
    ],
)
def test_what_hosts_leave_empty_is_said(url, word):
    (text,) = faults(url)

    assert word in text


def test_one_product_does_not_fill_in_the_others():
    assert faults("/a?i={issue.key}", product="jira") == []
    assert faults("/a?i={issue.key}", product="confluence") != []


def test_a_macro_has_its_own_parameters():
    fields = {"parameters": [{"identifier": "poll", "type": "string"}]}

    assert faults("/a?p={poll}", "dynamicContentMacros", fields=fields) == []
    assert faults("/a?p={poll}", "webPanels", fields=fields) != []


def test_the_path_says_which_url():
    definition = {"key": "k", "target": {"type": "web_panel", "url": "/a?x={nonsense}"}}

    ((path, _),) = check_context_parameters(Module("jiraIssueContents", definition), path="module 'k'")

    assert path == "module 'k'.target.url"
