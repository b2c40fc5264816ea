"""Sample content. Ages are days since the last change."""

from __future__ import annotations

from typing import Final

__all__ = ["ISSUES", "PROJECTS", "PUBLIC", "SPACES"]

#: Keys of the spaces and projects that visitors see without logging in.
PUBLIC: Final = frozenset({"DS", "OPS"})

_PageRow = tuple[str, float, str]

#: Key, name, and pages as (title, age, text) of the Confluence spaces.
SPACES: Final[tuple[tuple[str, str, tuple[_PageRow, ...]], ...]] = (
    (
        "DS",
        "Design System",
        (
            ("Design System home", 2, "Principles, tokens and components of our products."),
            ("Colour tokens", 11, "Semantic colours for light and dark themes."),
            ("Button guidelines", 44, "When to use primary, subtle and link buttons."),
            ("Spacing and grid", 102, "The 8 px grid and its exceptions."),
            ("Icon requests", 131, "How to ask for a new icon, and who draws it."),
            ("Accessibility checklist", 208, "What every component passes before release."),
            ("Typography scale (2024)", 403, "Sizes and weights. Superseded by the token work."),
            ("Component audit results", 411, "Findings of the audit of all product pages."),
        ),
    ),
    (
        "ENG",
        "Engineering",
        (
            ("Engineering home", 5, "Teams, on-call and how we work."),
            ("On-call handbook", 1, "Rotation, escalation and what to do at three in the morning."),
            ("Deploying to production", 19, "The pipeline, step by step, and how to roll back."),
            ("Incident review: checkout outage", 41, "Timeline, causes and follow-ups."),
            ("Local development setup", 47, "From a fresh laptop to a running stack."),
            ("API versioning policy", 104, "How long we keep an old version alive."),
            ("Database migration runbook", 109, "Locking, batching and verifying."),
            ("Service catalogue", 240, "Owners and dependencies of every service."),
            ("Moving off the old CI", 405, "Plan and status of the move."),
            ("Kubernetes upgrade 1.27", 418, "Notes of the upgrade."),
        ),
    ),
    (
        "HR",
        "People and Culture",
        (
            ("People home", 8, "Policies, benefits and contacts."),
            ("Parental leave", 40, "How long, how to apply, and whom to tell."),
            ("Travel and expenses", 63, "Booking, limits and reimbursement."),
            ("Interview guide", 100, "Structure, questions and scoring."),
            ("Onboarding buddy programme", 166, "What a buddy does in the first month."),
            ("Office seating plan", 400, "Who sits where on the second floor."),
        ),
    ),
)

#: Key and name of the Jira projects.
PROJECTS: Final[tuple[tuple[str, str], ...]] = (("OPS", "Operations"), ("WEB", "Website"))

#: Project, summary, type, status and age of the Jira issues.
ISSUES: Final[tuple[tuple[str, str, str, str, float], ...]] = (
    ("OPS", "Rotate the TLS certificates of the mail gateway", "Task", "To Do", 3),
    ("OPS", "Backup job reports success for an empty dump", "Bug", "In Progress", 12),
    ("OPS", "Move log retention to 30 days", "Task", "Done", 21),
    ("OPS", "Alert when the queue is older than ten minutes", "Story", "To Do", 42),
    ("OPS", "Document the failover of the primary database", "Task", "To Do", 95),
    ("OPS", "Replace the disk shelf in rack 4", "Task", "In Progress", 103),
    ("OPS", "Retire the old VPN endpoint", "Task", "To Do", 220),
    ("OPS", "Inventory of unused DNS records", "Task", "To Do", 402),
    ("WEB", "Checkout button overlaps the footer on small screens", "Bug", "In Progress", 1),
    ("WEB", "Add structured data to product pages", "Story", "To Do", 9),
    ("WEB", "Compress hero images", "Task", "Done", 36),
    ("WEB", "Search ignores accents in city names", "Bug", "To Do", 41),
    ("WEB", "Consent banner cannot be reached by keyboard", "Bug", "To Do", 58),
    ("WEB", "Translate the careers section to Portuguese", "Story", "In Progress", 110),
    ("WEB", "Broken link check before each release", "Task", "To Do", 180),
    ("WEB", "Remove the campaign pages of 2024", "Task", "To Do", 415),
)
