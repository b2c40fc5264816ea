"""Signed requests with odd contents: never a server error."""

from __future__ import annotations

import json
import random
import string

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from .connect_app import APP_KEY, HostCaller

PATHS = {
    "jira": [
        "/rest/api/3/project/search",
        "/rest/api/3/search/jql",
        "/rest/api/3/issue/{}",
        "/rest/api/3/myself",
        "/rest/api/3/issue/OPS-1/properties/{}",
        "/rest/api/3/user/properties/{}",
        "/rest/api/3/data-policy/project",
        "/rest/api/3/issue/properties/{}",
        "/rest/api/3/task/{}",
        "/rest/api/3/mypermissions",
        "/rest/api/3/permissions/check",
        "/rest/api/3/permissions/project",
        "/rest/api/3/attachment/content/{}",
    ],
    "confluence": [
        "/api/v2/spaces",
        "/api/v2/spaces/{}",
        "/api/v2/spaces/98305/pages",
        "/api/v2/pages/{}",
        "/rest/api/user",
        "/rest/api/user/current",
        "/rest/api/content",
        "/rest/api/content/search",
        "/rest/api/search",
        "/rest/api/content/65537/property/{}",
        "/rest/api/space/DS/property/{}",
        "/rest/api/user/{}/property/{}",
        "/api/v2/pages/65537/properties",
        "/api/v2/pages/65537/properties/{}",
        "/rest/api/content/65537/pagehierarchy/copy",
        "/api/v2/blogposts",
        "/api/v2/footer-comments",
        "/api/v2/footer-comments/{}",
        "/api/v2/content/convert-ids-to-types",
        "/rest/api/content/65537/label",
        "/rest/api/content/65537/version",
        "/rest/api/content/65537/copy",
        "/rest/api/content/65537/move/{}/{}",
        "/rest/api/content/65537/history/{}/macro/id/{}",
        "/rest/api/contentbody/convert/{}",
        "/rest/api/space",
        "/rest/api/space/{}",
        "/api/v2/data-policies/spaces",
        "/media/{}/{}",
    ],
}
BOTH = ["/rest/atlassian-connect/1/app/module/dynamic", f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties/{{}}"]
NAMES = ["limit", "cursor", "sort", "keys", "ids", "jql", "fields", "nextPageToken", "startAt", "maxResults"]
NAMES += ["cql", "start", "key", "permissions", "projectKey", "filename"]
NAMES += ["accountId", "expand", "moduleKey", "body-format", "title"]
PIECES = [
    "",
    "0",
    "-1",
    "9" * 30,
    "%00",
    "%ff",
    "%F0%9F%98%80",
    "'",
    '"',
    "(",
    "project=OPS",
    "type=page",
    "text+~+",
    "null",
    "true",
    "%ED%A0%80",
]
VALUES = [None, True, -1, 1e300, 10**400, "", "x", "\x00", "é" * 300, [], [[]], {}, {"value": 1}, {"number": 2}]


def odd(dice: random.Random) -> str:
    letters = "".join(dice.choice(string.ascii_letters) for _ in range(dice.randrange(4)))
    return letters + dice.choice(PIECES)


@pytest.mark.parametrize("seed", range(4))
def test_no_server_error(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation, seed: int
):
    dice = random.Random(seed)
    for _ in range(150):
        product = dice.choice(["jira", "confluence"])
        path = dice.choice(PATHS[product] + BOTH).replace("{}", odd(dice) or "x")
        query = "&".join(f"{dice.choice(NAMES)}={odd(dice)}" for _ in range(dice.randrange(4)))
        target = f"{path}?{query}" if query else path
        method = dice.choice(["GET", "GET", "PUT", "POST", "DELETE"])
        body = None
        if method in ("PUT", "POST"):
            keys = ["id", "status", "title", "body", "version", "fields", "modules", "webhooks", "accountId", "summary"]
            keys += ["key", "value", "filter", "jql", "nextPageToken", "projectPermissions", "globalPermissions"]
            keys += ["destinationPageId", "titleOptions", "permissions", "subject"]
            body = json.dumps({dice.choice(keys): dice.choice(VALUES) for _ in range(3)}).encode()
        response = host(method, target, body, product=product)
        assert response.status_code < 500 or response.status_code == 501, (method, target, body, response.data)
