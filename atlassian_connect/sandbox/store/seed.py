"""The samples: two sites of a small company. Ages are days since the last change.

The texts are in :mod:`.seed_texts`.
"""

from __future__ import annotations

from typing import Final

from ..people import ADMIN, EDITORS, MEMBER, PEOPLE
from .database import Database
from .jira import FIRST_ISSUE_ID
from .jira_comments import FIRST_COMMENT_ID, FIRST_LINK_ID
from .jira_history import adf
from .jira_projects import FIRST_PROJECT_ID
from .labels import FIRST_LABEL_ID
from .schema import (
    COMMENTS,
    COMPONENTS,
    DASHBOARDS,
    GADGETS,
    ISSUE_COMMENTS,
    ISSUE_LINKS,
    LABELS,
    PAGE_VERSIONS,
    PAGES,
    USERS,
    VERSIONS,
)
from .schema import (
    ISSUES as ISSUE_TABLE,
)
from .schema import (
    PROJECTS as PROJECT_TABLE,
)
from .schema import (
    SPACES as SPACE_TABLE,
)
from .seed_texts import BLOG_POSTS, BODIES, COMMENTS_ON, DESCRIPTIONS, ISSUE_COMMENTS_ON, LABELS_ON, SPACE_TEXTS
from .spaces import CONTENT_STEP, FIRST_CONTENT_ID, FIRST_SPACE_ID, SPACE_STEP
from .values import (
    Comment,
    Component,
    Dashboard,
    Gadget,
    Issue,
    IssueComment,
    IssueLink,
    Label,
    Page,
    PageVersion,
    Project,
    ProjectVersion,
    Space,
)

__all__ = ["ISSUES", "PROJECTS", "PUBLIC", "SPACES", "fill"]

_DAY: Final = 86_400.0

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

_PRIORITIES: Final = ("Medium", "High", "Medium", "Low", "Medium", "Highest", "Low")
_PROJECT_TEXTS: Final = {
    "OPS": "Servers, networks, backups, and whatever wakes people up at night.",
    "WEB": "The public website and the shop.",
}


def fill(database: Database) -> None:
    """Write the samples into an empty database, as of the time 0."""
    database.insert(USERS, *PEOPLE.values())
    pages = _fill_pages(database)
    _fill_blog(database, pages)
    _fill_comments(database, pages)
    _fill_jira(database)


def _content_id(database: Database) -> str:
    return str(database.next("content", first=FIRST_CONTENT_ID, step=CONTENT_STEP))


def _fill_pages(database: Database) -> dict[str, Page]:
    pages: dict[str, Page] = {}
    for key, name, rows in SPACES:
        space_id = str(database.next("space", first=FIRST_SPACE_ID, step=SPACE_STEP))
        home_id: str | None = None
        for index, (title, age, text) in enumerate(rows):
            number, modified = len(pages), -age * _DAY - index * 60
            page = Page(
                id=_content_id(database),
                space_id=space_id,
                title=title,
                body=f"<p>{text}</p>{BODIES.get(title, '')}",
                author=EDITORS[number % len(EDITORS)],
                created=modified - (index + 1) * 30 * _DAY,
                modified=modified,
                modified_by=EDITORS[(number + index) % len(EDITORS)],
                version=1 + index % 4,
                parent_id=home_id,
                position=max(0, index - 1),
            )
            if home_id is None:
                home_id = page.id
                space = Space(space_id, key, name, home_id, -900 * _DAY, description=SPACE_TEXTS[key])
                database.insert(SPACE_TABLE, space)
            _insert_page(database, page)
            pages[title] = page
    return pages


def _insert_page(database: Database, page: Page) -> None:
    database.insert(PAGES, page)
    for number in range(1, page.version + 1):
        share = (number - 1) / (page.version - 1) if page.version > 1 else 1.0
        written = page.created + (page.modified - page.created) * share if page.version > 1 else page.created
        author = page.modified_by if number == page.version else page.author
        database.insert(PAGE_VERSIONS, PageVersion(page.id, number, page.title, page.body, author, written))


def _fill_blog(database: Database, pages: dict[str, Page]) -> None:
    for home, title, author, age, body in BLOG_POSTS:
        written = -age * _DAY
        post = Page(
            _content_id(database), pages[home].space_id, title, body, author, written, written, author, type="blogpost"
        )
        _insert_page(database, post)
        pages[title] = post


def _fill_comments(database: Database, pages: dict[str, Page]) -> None:
    last: Comment | None = None
    for title, author, days_later, answers, text in COMMENTS_ON:
        page = pages[title]
        written = min(page.modified + days_later * _DAY, -3600.0)
        parent_id = last.id if answers and last else None
        last = Comment(
            _content_id(database), page.id, f"<p>{text}</p>", author, written, written, author, parent_id=parent_id
        )
        database.insert(COMMENTS, last)
    ids: dict[str, str] = {}
    for title, names in LABELS_ON.items():
        for name in names:
            if name not in ids:
                ids[name] = str(database.next("label", first=FIRST_LABEL_ID))
            database.insert(LABELS, Label(pages[title].id, name, ids[name]))


def _fill_jira(database: Database) -> None:
    for key, name in PROJECTS:
        number = str(database.next("project", first=FIRST_PROJECT_ID))
        lead = ADMIN if key == "OPS" else MEMBER
        database.insert(PROJECT_TABLE, Project(number, key, name, lead=lead, description=_PROJECT_TEXTS[key]))
    ids: dict[str, str] = {}
    for row, (project_key, summary, issue_type, status, age) in enumerate(ISSUES):
        updated = -age * _DAY - row * 60
        project_number = FIRST_PROJECT_ID + [key for key, _ in PROJECTS].index(project_key)
        key = f"{project_key}-{database.next(f'issues of {project_number}')}"
        text, labels = DESCRIPTIONS.get(key, ((), ()))
        issue = Issue(
            id=str(database.next("issue", first=FIRST_ISSUE_ID)),
            key=key,
            project_key=project_key,
            summary=summary,
            issue_type=issue_type,
            status=status,
            resolution="Done" if status == "Done" else None,
            assignee=EDITORS[row % len(EDITORS)] if row % 3 else None,
            reporter=ADMIN,
            created=updated - (row % 5 + 1) * 12 * _DAY,
            updated=updated,
            description=adf(*text) if text else None,
            priority=_PRIORITIES[row % len(_PRIORITIES)],
            labels=labels,
            resolved=updated if status == "Done" else None,
        )
        ids[key] = issue.id
        database.insert(ISSUE_TABLE, issue)
        for author, hours_before, said in ISSUE_COMMENTS_ON.get(key, ()):
            written = updated - hours_before * 3600.0
            comment_id = str(database.next("issue_comment", first=FIRST_COMMENT_ID))
            database.insert(
                ISSUE_COMMENTS, IssueComment(comment_id, issue.id, adf(said), author, written, written, author)
            )
    link_id = str(database.next("link", first=FIRST_LINK_ID))
    database.insert(ISSUE_LINKS, IssueLink(link_id, "Blocks", ids["OPS-2"], ids["OPS-3"]))
    for project_key, component in (("OPS", "Backups"), ("OPS", "Network"), ("WEB", "Checkout"), ("WEB", "Content")):
        database.insert(COMPONENTS, Component(str(database.next("component", first=10_000)), project_key, component))
    for version, released in (("Spring", True), ("Autumn", False)):
        number = str(database.next("version", first=10_000))
        database.insert(VERSIONS, ProjectVersion(number, "WEB", version, released=released))
    dashboard_id = str(database.next("dashboard", first=10_000))
    database.insert(DASHBOARDS, Dashboard(dashboard_id, "Team overview", ADMIN, "What is open, and who does it."))
    for column, gadget in enumerate(("Assigned to me", "Recently updated")):
        gadget_id = str(database.next("gadget", first=10_000))
        database.insert(GADGETS, Gadget(gadget_id, dashboard_id, gadget, column=column))
