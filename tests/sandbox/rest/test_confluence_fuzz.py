"""Every operation of Confluence's REST with good bodies that went bad in places: never a server error."""

from __future__ import annotations

import json
import random
import re
from typing import Any
from urllib.parse import quote

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.rest import catalogue

from .conftest import good
from .test_jira_fuzz import DOCUMENT, spoilt

STORAGE = {"representation": "storage", "value": '<p>x <ac:structured-macro ac:name="status" /></p>'}
NODES: list[Any] = [
    {"type": "panel", "attrs": {"panelType": "info"}, "content": DOCUMENT["content"]},
    {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "h"}]},
    {
        "type": "paragraph",
        "content": [
            {"type": "date", "attrs": {"timestamp": "1700000000000"}},
            {"type": "status", "attrs": {"text": "s", "color": "blue"}},
            {"type": "mention", "attrs": {"id": ADMIN}},
            {"type": "emoji", "attrs": {"shortName": ":x:"}},
            {"type": "inlineCard", "attrs": {"url": "https://x.example/"}},
            {
                "type": "text",
                "text": "l",
                "marks": [
                    {"type": "link", "attrs": {"href": "https://x.example/"}},
                    {"type": "textColor", "attrs": {"color": "#123456"}},
                    {"type": "subsup", "attrs": {"type": "sub"}},
                ],
            },
        ],
    },
    {
        "type": "table",
        "content": [
            {
                "type": "tableRow",
                "content": [{"type": "tableCell", "attrs": {"colspan": 2}, "content": DOCUMENT["content"]}],
            }
        ],
    },
    {
        "type": "taskList",
        "attrs": {"localId": "l"},
        "content": [
            {"type": "taskItem", "attrs": {"localId": "i", "state": "DONE"}, "content": [{"type": "text", "text": "t"}]}
        ],
    },
    {
        "type": "bodiedExtension",
        "attrs": {
            "extensionType": "com.atlassian.confluence.macro.core",
            "extensionKey": "info",
            "parameters": {"macroParams": {"a": {"value": "b"}}, "macroMetadata": {"macroId": {"value": "i"}}},
        },
        "content": DOCUMENT["content"],
    },
    {"type": "codeBlock", "attrs": {"language": "x"}, "content": [{"type": "text", "text": "]]>"}]},
]
XML = [
    "<p>x</p>",
    "<td colspan='x'/>",
    "<h1/>",
    "<time datetime='2020-01-01'/>",
    "<ul><li/></ul>",
    "<ul/>",
    "<a href='javascript:x'>y</a>",
    "<ac:link><ri:user ri:account-id='x'/></ac:link>",
    "<ac:link><ri:page ri:content-title='x'/></ac:link>",
    "<ac:image><ri:attachment ri:filename='x'/></ac:image>",
    "<ac:structured-macro ac:name='toc'/>",
    "<ac:structured-macro ac:name='code'><ac:parameter ac:name='title'/>"
    "<ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:structured-macro>",
    "<ac:structured-macro/>",
    "<ac:structured-macro ac:name='info'><ac:rich-text-body/></ac:structured-macro>",
    "<ac:task-list><ac:task/></ac:task-list>",
    "<ac:structured-macro ac:name='status'><ac:parameter ac:name='colour'>zz</ac:parameter></ac:structured-macro>",
    "<table><tr><td rowspan='9'>x</td></tr></table>",
    "<!-- x --><?pi x?>",
    "&nbsp;&foo;",
    "<span style='color: #123456;'>x</span>",
    "<pre>x<b>y</b></pre>",
    "<blockquote/>",
    "<dl><dt>x</dt></dl>",
    "<ac:layout><ac:layout-section/></ac:layout>",
]
PAGE = {"spaceId": "S", "title": "t", "status": "current", "body": STORAGE, "parentId": "P"}
CONTENT = {
    "type": "page",
    "title": "t",
    "space": {"key": "DS"},
    "ancestors": [{"id": "P"}],
    "status": "current",
    "body": {"storage": STORAGE},
    "version": {"number": 2, "message": "m"},
    "container": {"id": "P"},
    "extensions": {"location": "footer"},
}
RESTRICT = [{"operation": "read", "restrictions": {"user": [{"accountId": MEMBER}], "group": [{"name": "users"}]}}]
BODIES: dict[str, Any] = {
    "/api/v2/pages": PAGE,
    "/api/v2/blogposts": PAGE,
    "/api/v2/pages/<page_id>": {**PAGE, "id": "P", "version": {"number": 2}},
    "/api/v2/blogposts/<page_id>": {**PAGE, "id": "P", "version": {"number": 2}},
    "/api/v2/footer-comments": {"pageId": "P", "body": STORAGE},
    "/api/v2/inline-comments": {
        "pageId": "P",
        "body": STORAGE,
        "inlineCommentProperties": {"textSelection": "a", "textSelectionMatchCount": 1, "textSelectionMatchIndex": 0},
    },
    "/api/v2/footer-comments/<comment_id>": {"version": {"number": 2}, "body": STORAGE},
    "/api/v2/inline-comments/<comment_id>": {"version": {"number": 2}, "body": STORAGE, "resolved": True},
    "/rest/api/content": CONTENT,
    "/rest/api/content/<content_id>": CONTENT,
    "/rest/api/content/<content_id>/label": [{"name": "a", "prefix": "global"}],
    "/rest/api/content/<content_id>/restriction": RESTRICT,
    "/rest/api/content/<content_id>/version": {
        "operationKey": "restore",
        "params": {"versionNumber": 1, "message": "m", "restoreTitle": True},
    },
    "/rest/api/content/<content_id>/copy": {
        "destination": {"type": "parent_page", "value": "P"},
        "copyLabels": True,
        "copyPermissions": True,
        "pageTitle": "t",
        "body": {"storage": STORAGE},
    },
    "/rest/api/content/<content_id>/pagehierarchy/copy": {
        "destinationPageId": "P",
        "copyDescendants": True,
        "titleOptions": {"prefix": "p", "search": "s", "replace": "r"},
    },
    "/rest/api/content/<content_id>/permission/check": {
        "subject": {"type": "user", "identifier": MEMBER},
        "operation": "read",
    },
    "/rest/api/contentbody/convert/<to>": STORAGE,
    "/rest/api/space": {"key": "AA", "name": "n", "description": {"plain": {"value": "d"}}},
    "/api/v2/spaces": {"key": "AA", "name": "n", "description": {"value": "d"}},
    "/rest/api/space/<key>": {
        "name": "n",
        "description": {"plain": {"value": "d"}},
        "homepage": {"id": "P"},
        "status": "current",
    },
    "/api/v2/users-bulk": {"accountIds": [ADMIN]},
    "/api/v2/content/convert-ids-to-types": {"contentIds": ["P"]},
}
PROPERTY = {"key": "k", "value": 1, "version": {"number": 2}}
QUERIES = [
    "status=any",
    "status=trashed",
    "expand=body.view,body.atlas_doc_format,ancestors,space,history.lastUpdated,children.page,restrictions,operations,version,container,page,comment,attachment,homepage,description.plain",
    "body-format=atlas_doc_format",
    "body-format=view",
    "limit=x",
    "start=-1",
    "cursor=%00",
    "sort=-title",
    "cql=title~x*+order+by+id",
    "cql=%22",
    "version=1",
    "version=99999999999999999999",
    "get-draft=true",
    "private=true",
    "purge=true",
    "title=%ED%A0%80",
    "accountId=" + MEMBER,
    "name=a",
    "root-level=true",
    "prefix=my",
    "depth=root",
    "include-labels=true",
    "space-id=x",
    "id=x",
    "resolution-status=open",
]
ARGUMENTS = {
    "label_id": ["131073"], "kind": ["page", "comment", "attachment", "blogpost"], "to": ["view", "storage"],
    "name": ["read", "update"], "group_name": ["users"], "position": ["append", "before", "after"],
    "version": ["1", "0"], "number": ["1"], "user_id": [ADMIN], "property_id": ["524289"], "task_id": ["30001"],
}  # fmt: skip


def body_of(dice: random.Random, rule: str, page_id: str, space_id: str) -> Any:
    template = json.dumps(BODIES.get(rule, PROPERTY))
    body = json.loads(template.replace('"P"', f'"{page_id}"').replace('"S"', f'"{space_id}"'))
    body = spoilt(dice, body) if dice.random() < 0.8 else body
    if not isinstance(body, dict) or "body" not in body or dice.random() < 0.5:
        return body
    if dice.random() < 0.5:
        document = {**DOCUMENT, "content": dice.choices(NODES, k=2)}
        value = json.dumps(spoilt(dice, document) if dice.random() < 0.7 else document)
        return {**body, "body": {"representation": "atlas_doc_format", "value": value}}
    value = "".join(dice.choices(XML, k=3)).replace("x", dice.choice(["x", "x", "9" * 5000, "&amp;", "\0"]))
    return {**body, "body": {"representation": "storage", "value": value}}


@pytest.mark.parametrize("seed", range(8))
def test_no_operation_fails_at_junk(sandbox: Sandbox, wiki, space, seed: int):
    dice, content = random.Random(seed), sandbox.content
    sandbox.tasks.seconds = 0
    page, post = content.pages()[1], content.blog_posts()[0]
    pages = [page.id, *(one.id for one in content.pages()[:6]), post.id]
    content.restrict_page(pages[-2], "read", account_ids=[ADMIN])
    comment = content.add_comment(page.id, "<p>c</p>", account_id=ADMIN)
    inline = content.add_comment(page.id, "<p>c</p>", account_id=ADMIN, kind="inline", selection="x")
    custom = content.create_page(space.id, "Custom", "", account_id=ADMIN, type="ac:x:y", parent_id=page.id)
    file = sandbox.attachments.add(("page", page.id), name="a", media_type="text/plain", data=b"x", account_id=ADMIN)
    comments, files = [comment.id, inline.id], [f"att{file.id}", file.id]
    arguments = ARGUMENTS | {
        "page_id": pages, "target_id": pages, "comment_id": comments, "space_id": [space.id], "attachment_id": files,
        "content_id": [*pages, *comments, *files, custom.id], "owner_id": [*pages, *comments, space.id, space.key],
        "key": [space.key, "k", "é/%"],
    }  # fmt: skip
    operations = [
        one
        for one in catalogue.CONFLUENCE_OPERATIONS
        if one.rule.startswith(("/rest/api/", "/api/v2/")) and not one.uploads and one.method != "DELETE"
    ]
    writing = [one for one in operations if one.rule in BODIES and one.method != "GET"]
    for _ in range(400):
        operation = dice.choice(writing if dice.random() < 0.7 else operations)
        path = re.sub(
            r"<(?:path:)?(\w+)>",
            lambda found: quote(dice.choice(arguments.get(found[1], ["x"])), safe=""),
            operation.rule,
        )
        target = f"{path}?{'&'.join(dice.sample(QUERIES, dice.randrange(4)))}"
        sends = operation.method in ("POST", "PUT")
        body = json.dumps(body_of(dice, operation.rule, dice.choice(pages), space.id)).encode() if sends else None
        answer = wiki(operation.method, target, body)
        assert answer.status_code < 500 or answer.status_code == 501, (operation.method, target, body, answer.data)
    for one in content.all_pages():
        bodies = wiki("GET", f"/rest/api/content/{one.id}?status=any&expand=body.view,body.atlas_doc_format")
        assert bodies.status_code in (200, 404, 501)
    assert good(wiki("GET", "/rest/api/search?cql=type=page"))["totalSize"]
