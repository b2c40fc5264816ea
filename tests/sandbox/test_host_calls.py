"""Calls of the host to modules that have no page."""

from __future__ import annotations

import pytest

from atlassian_connect.errors import UrlNotAllowedError


@pytest.fixture
def tools(sandbox, app, descriptor_url):
    """An app with a development tool and a callback for the gates of deployments."""
    app.descriptor["modules"] |= {
        "jiraDevelopmentTool": {
            "key": "tool",
            "name": {"value": "Tool"},
            "application": {"value": "Tool"},
            "url": "https://tool.example",
            "logoUrl": "https://tool.example/logo.svg",
            "capabilities": ["branch"],
            "actions": {
                "associateRepository": {"templateUrl": f"{app.base_url}/repositories/associate"},
                "searchRepositories": {"templateUrl": f"{app.base_url}/repositories/search?of={{issue.key}}"},
                "createBranch": {"templateUrl": "https://tool.example/branches"},
            },
        },
        "jiraDeploymentGating": {
            "key": "gate",
            "name": {"value": "Gate"},
            "callback": {"type": "jwt", "url": "/gate"},
        },
    }
    installation = sandbox.jira.install(descriptor_url)
    app.received.clear()
    return installation


def test_an_action_is_called_signed_and_answered(app, tools):
    answer = tools.call("tool", "actions.associateRepository.templateUrl", body={"id": "r-1"}, account_id="ada")

    assert answer.status == 204
    ((path, claims, body, _),) = app.received
    assert (path, claims["sub"], body) == ("/repositories/associate", "ada", {"id": "r-1"})


def test_variables_and_a_query_are_in_what_is_signed(app, tools, sandbox):
    tools.call(
        "tool",
        "actions.searchRepositories.templateUrl",
        method="GET",
        query={"searchQuery": "a b&c"},
        context={"issue.key": "OPS-1"},
    )

    assert app.refused == []
    assert sandbox.log[-1].url.endswith("/repositories/search?of=OPS-1&searchQuery=a%20b%26c")


@pytest.mark.parametrize(
    ("module", "field", "error"),
    [("none", "url", KeyError), ("tool", "actions.none.templateUrl", ValueError), ("tool", "actions", ValueError),
     ("tool", "actions.createBranch.templateUrl", UrlNotAllowedError)],
)  # fmt: skip
def test_what_cannot_be_called(app, tools, module, field, error):
    with pytest.raises(error):
        tools.call(module, field)
    assert app.received == []


def test_a_gate_is_told_as_published(app, tools):
    delivery = tools.tell_gating(
        "awaiting", pipeline_id="p", environment_id="e", sequence_number=100, issue_keys=["OPS-1"]
    )

    assert delivery.outcome == "delivered"
    ((path, _, body, headers),) = app.received
    assert path == "/gate"
    assert headers["X-Atlassian-Webhook-Identifier"]
    assert body.pop("updatedTimestamp").endswith("+00:00")
    assert body == {
        "gatingStatus": "awaiting",
        "details": [{"type": "issue", "issueKey": "OPS-1", "issueLink": "http://localhost:2990/browse/OPS-1"}],
        "pipelineId": "p",
        "environmentId": "e",
        "deploymentSequenceNumber": 100,
    }


def test_a_gate_is_told_again_like_a_webhook(app, tools, sandbox):
    app.answers["gate"] = 503
    delivery = tools.tell_gating("allowed", pipeline_id="p", environment_id="e", sequence_number=1)
    app.answers.clear()

    assert (delivery.outcome, sandbox.deliveries.run_waiting(), delivery.outcome) == ("waiting", 1, "delivered")


def test_a_gate_needs_the_module_and_an_app_that_is_enabled(tools, confluence_app):
    gate = {"pipeline_id": "p", "environment_id": "e", "sequence_number": 1}
    tools.disable()
    with pytest.raises(ValueError, match="is disabled"):
        tools.tell_gating("allowed", **gate)
    del tools.descriptor["modules"]["jiraDeploymentGating"]
    with pytest.raises(KeyError, match="jiraDeploymentGating"):
        tools.tell_gating("allowed", **gate)
