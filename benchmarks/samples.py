"""The URLs, secrets and tenants that are measured with."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote, urlencode

_WORDS = ("plain", "two words", "Größe", "日本語", "a,b/c:d", "50%")
#: Twenty of the forty names stand twice; values are ASCII, Latin, Japanese, and full of characters to escape.
PARAMETERS = [(f"field{i % 40:02}", _WORDS[i % len(_WORDS)] + str(i)) for i in range(60)]

#: What a Confluence page adds to the URL of an iframe, without the token.
PAGE_QUERY = (
    "xdm_e=https%3A%2F%2Fexample.atlassian.net&xdm_c=channel-com.example.app__hello&cp=%2Fwiki"
    "&xdm_deprecated_addon_key_do_not_use=com.example.app&lic=active&cv=1000.0.0&ui-params=eyJ1dWlkIjoiIn0"
)

URLS = {
    "short": "/rest/api/3/issue/DEMO-1?expand=names&fields=summary",
    "60 parameters, canonical": "/rest/api/3/search?"
    + "&".join(f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in PARAMETERS),
    "60 parameters, urlencode": "/rest/api/3/search?" + urlencode(PARAMETERS),
}


def client_key(number: int) -> str:
    """The client key of a tenant, in the form of Jira's."""
    return f"{number:08x}-5b1c-4b7a-9d3e-6f2a8c0e1d47"


def shared_secret(number: int) -> str:
    """The shared secret of a tenant: 64 characters, like a host's."""
    return sha256(b"benchmark tenant %d" % number).hexdigest()
