"""The texts of the samples: bodies of pages in storage format, comments, labels, descriptions of issues."""

from __future__ import annotations

from html import escape
from typing import Final

from ..people import ADMIN, MEMBER, PEOPLE

__all__ = [
    "BLOG_POSTS",
    "BODIES",
    "COMMENTS_ON",
    "DESCRIPTIONS",
    "ISSUE_COMMENTS_ON",
    "LABELS_ON",
    "SPACE_TEXTS",
]

_PRIYA, _TOMAS, _MEI = tuple(PEOPLE)[2:5]


def _h(text: str, level: int = 2) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def _p(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


def _list(*items: str, tag: str = "ul") -> str:
    return f"<{tag}>{''.join(f'<li>{_p(item)}</li>' for item in items)}</{tag}>"


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = rows
    lines = [
        "".join(f"<th>{_p(cell)}</th>" for cell in head),
        *("".join(f"<td>{_p(c)}</td>" for c in row) for row in body),
    ]
    return f"<table><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"


def _panel(kind: str, text: str) -> str:
    body = f"<ac:rich-text-body>{_p(text)}</ac:rich-text-body>"
    return f'<ac:structured-macro ac:name="{kind}" ac:schema-version="1">{body}</ac:structured-macro>'


def _code(language: str, text: str) -> str:
    parameter = f'<ac:parameter ac:name="language">{language}</ac:parameter>'
    body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
    return f'<ac:structured-macro ac:name="code" ac:schema-version="1">{parameter}{body}</ac:structured-macro>'


#: Of spaces, by key.
SPACE_TEXTS: Final = {
    "DS": "How our products look and behave.",
    "ENG": "How we build and run software.",
    "HR": "Working here.",
}

#: What follows the first paragraph of a page, by its title.
BODIES: Final = {
    "Design System home": _h("Where to start")
    + _list(
        "New here? Read the colour tokens and the button guidelines first.",
        "Building a component? Take the accessibility checklist along.",
        "Something missing? Ask for it in the design channel.",
    )
    + _h("Principles")
    + _table(
        ("Principle", "What it means"),
        ("Plain", "One obvious way to do a thing. Decoration has to earn its place."),
        ("Calm", "Colour and motion carry meaning, never mood."),
        ("For everybody", "Keyboard, screen reader and a slow connection are first-class."),
    ),
    "Colour tokens": _h("Semantic colours")
    + _table(
        ("Token", "Light", "Dark", "Use"),
        ("text", "#172B4D", "#C7D1DB", "Body text"),
        ("text.subtle", "#44546F", "#9FADBC", "Secondary text"),
        ("background.brand", "#0C66E4", "#579DFF", "Primary buttons, selected items"),
        ("background.danger", "#CA3521", "#F87462", "Destructive actions only"),
    )
    + _panel("info", "Components never name a colour. They name a token, and the theme answers."),
    "Button guidelines": _h("Which button")
    + _list(
        "Primary: once per view, for the thing most people came for.", "Subtle: in tool bars.", "Link: inside text."
    )
    + _h("Wording")
    + _p("Begin with a verb and say what happens: “Delete space”, not “OK”."),
    "Spacing and grid": _h("The scale") + _p("4, 8, 16, 24, 32 and 48 px. Anything else needs a reason in the review."),
    "Icon requests": _list(
        "Look through the set first; two hundred icons are there.",
        "Describe the action, not the picture.",
        "Priya draws on Thursdays.",
        tag="ol",
    ),
    "Accessibility checklist": _h("Before release")
    + _list(
        "Every control can be reached and used by keyboard.",
        "Focus is visible in both themes.",
        "Text has a contrast of 4.5 to 1 or more.",
        "Images have a text alternative, or an empty one.",
        "Nothing moves for people who asked for less motion.",
    )
    + _panel("note", "A component that fails one of these waits for the next release."),
    "Component audit results": _table(
        ("Component", "Uses", "Own copies"), ("Button", "412", "37"), ("Dialog", "58", "12"), ("Date picker", "23", "9")
    ),
    "Engineering home": _h("Teams")
    + _table(
        ("Team", "Looks after", "Lead"),
        ("Platform", "Clusters, pipelines, databases", "Ada Okafor"),
        ("Shop", "Website, checkout, search", "Jonas Lindqvist"),
        ("Data", "Reports and the warehouse", "Tomás Herrera"),
    )
    + _h("How we work")
    + _p("Small changes, reviewed the same day. Whoever merges also deploys."),
    "On-call handbook": _h("When the pager rings")
    + _list(
        "Acknowledge within ten minutes.",
        "Say in the incident channel that you are looking.",
        "Stop the harm first, look for the cause later.",
        "Not sure? Wake the second on call. Nobody minds.",
        tag="ol",
    )
    + _h("Rotation")
    + _table(
        ("Week", "First", "Second"), ("Even", "Priya Raman", "Ada Okafor"), ("Odd", "Tomás Herrera", "Mei Tanaka")
    ),
    "Deploying to production": _h("Step by step")
    + _list(
        "Merge. The pipeline builds and tests.",
        "Watch the canary for fifteen minutes.",
        "Promote it. All regions follow within the hour.",
        tag="ol",
    )
    + _h("When it goes wrong")
    + _code("bash", "deploy status checkout\ndeploy undo checkout --to previous"),
    "Incident review: checkout outage": _h("Timeline")
    + _table(
        ("Time", "What happened"),
        ("09:12", "A certificate of the payment gateway expires."),
        ("09:15", "Error rate of the checkout passes 40 %. Pager rings."),
        ("09:41", "The new certificate is in place."),
        ("09:48", "All clear."),
    )
    + _h("Follow-ups")
    + _list("Alert on certificates that end within three weeks.", "Show a friendly page while payments are down."),
    "Local development setup": _code("bash", "git clone git@example.com:shop/shop.git\ncd shop\nmake run")
    + _panel("tip", "The first start takes ten minutes. Later ones take twenty seconds."),
    "API versioning policy": _list(
        "A version lives for eighteen months after its successor.",
        "Additions are not a new version. Removals are.",
        "We write to users six months before the end, and again after three.",
    ),
    "Database migration runbook": _h("Before")
    + _list("Measure it on a copy.", "Know how long a lock is held.", "Have a second pair of eyes.")
    + _h("After")
    + _p("Compare row counts, then drop the old column a week later."),
    "Service catalogue": _table(
        ("Service", "Owner", "Needs"),
        ("checkout", "Shop", "payments, stock"),
        ("search", "Shop", "stock"),
        ("stock", "Platform", "–"),
        ("reports", "Data", "warehouse"),
    ),
    "People home": _h("Most read") + _list("Parental leave", "Travel and expenses", "Interview guide"),
    "Parental leave": _h("How long")
    + _p("Twenty-six weeks at full pay for every parent, in up to three parts.")
    + _h("How to apply")
    + _list(
        "Tell your lead and Mei, three months ahead if you can.", "Fill in the form.", "Hand over, and go.", tag="ol"
    ),
    "Travel and expenses": _table(
        ("What", "Limit"),
        ("Hotel, per night", "160"),
        ("Meals, per day", "55"),
        ("Train", "second class, any distance"),
    )
    + _p("Receipts within a month, please."),
    "Interview guide": _h("Four conversations")
    + _list("Motivation", "A piece of work together", "Systems", "Questions of the candidate", tag="ol")
    + _p("Write your notes before you talk to the others."),
    "Onboarding buddy programme": _list(
        "Lunch on the first day.", "Half an hour every day of the first week.", "Honest answers."
    ),
}

#: Page in the same space, title, author, age in days and body.
BLOG_POSTS: Final[tuple[tuple[str, str, str, float, str], ...]] = (
    (
        "Design System home",
        "Dark theme is here",
        _PRIYA,
        14,
        _p("From today every component follows the theme of the reader. Thank you to all who sent screenshots.")
        + _h("What changes for you")
        + _p("Nothing, if you use tokens. If you do not: now is a good day to begin."),
    ),
    (
        "Engineering home",
        "What we learnt from a year on call",
        _TOMAS,
        33,
        _p("Fewer pages, shorter nights. Three changes did most of it.")
        + _list(
            "Alerts name the person who can fix them.",
            "Every alert has a page that says what to do.",
            "We delete alerts.",
        ),
    ),
)

#: Title, author, days after the page's last change, whether it answers the one before, and text.
COMMENTS_ON: Final[tuple[tuple[str, str, float, bool, str], ...]] = (
    ("Colour tokens", MEMBER, 1, False, "Is there a token for links that were visited?"),
    ("Colour tokens", _PRIYA, 1.2, True, "Not yet. It comes with the next release."),
    ("On-call handbook", _MEI, 0.4, False, "Could we add the number of the data centre here?"),
    ("Incident review: checkout outage", ADMIN, 2, False, "Both follow-ups are in the backlog now."),
    ("Interview guide", _TOMAS, 9, False, "The piece of work together was the best part of mine."),
    ("Dark theme is here", MEMBER, 1, False, "Looks great on the reports page."),
)

#: Names of labels by title.
LABELS_ON: Final[dict[str, tuple[str, ...]]] = {
    "Colour tokens": ("tokens", "reference"),
    "Accessibility checklist": ("accessibility", "checklist"),
    "On-call handbook": ("on-call", "runbook"),
    "Deploying to production": ("runbook",),
    "Database migration runbook": ("runbook", "database"),
    "Incident review: checkout outage": ("incident",),
    "Parental leave": ("policy",),
    "Travel and expenses": ("policy",),
    "Dark theme is here": ("tokens",),
}

#: Paragraphs and labels of issues, by key.
DESCRIPTIONS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "OPS-1": (
        ("The certificates of mx1 and mx2 end this month.", "Use the new authority; the old one stops."),
        ("security",),
    ),
    "OPS-2": (
        ("The nightly job writes an empty file when the dump fails, and says it went well.", "Check the size."),
        ("backup", "data-loss"),
    ),
    "OPS-3": (("Ninety days fill the disk, and nobody reads more than a month.",), ("logging",)),
    "OPS-4": (("Orders wait unnoticed when the worker is stuck. Page the first on call.",), ("alerting",)),
    "OPS-6": (("Two drives of the shelf are on their spares.",), ("hardware",)),
    "WEB-1": (("Below 360 px the footer lies over the button, so that nobody can pay.",), ("checkout", "mobile")),
    "WEB-2": (("Search engines shall know price and stock.",), ("seo",)),
    "WEB-4": (("“Zurich” finds nothing, “Zürich” does. Both should.",), ("search",)),
    "WEB-5": (("Focus jumps behind the banner. Keyboard users cannot refuse.",), ("accessibility",)),
}

#: Author, hours before the last change, and text, by key.
ISSUE_COMMENTS_ON: Final[dict[str, tuple[tuple[str, float, str], ...]]] = {
    "OPS-1": ((MEMBER, 20, "I have asked for the new certificates."), (ADMIN, 2, "Thank you. They go live on Monday.")),
    "OPS-2": ((_TOMAS, 30, "Seen again last night: 0 bytes, exit code 0."),),
    "WEB-1": ((_PRIYA, 5, "It is the sticky footer. I have a fix."),),
}
