"""The conditions that the sandbox can decide: name → function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .asked import Check, administers, logged_in, never
from .confluence_checks import CONFLUENCE_CHECKS
from .jira_checks import JIRA_CHECKS

__all__ = ["CHECKS"]

CHECKS: Final[Mapping[str, Check]] = {
    "user_is_logged_in": logged_in,
    "user_is_admin": administers,
    "user_is_sysadmin": never,  # Atlassian's own people, on a cloud site
    "addon_is_licensed": lambda asked, params: asked.installation.licensed,
    "feature_flag": never,
    **JIRA_CHECKS,
    **CONFLUENCE_CHECKS,
}
