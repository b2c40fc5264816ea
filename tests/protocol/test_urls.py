"""URLs: nothing is signed for a place outside the tenant's base URL, and what is signed is what is sent."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import assume, example, given
from hypothesis import strategies as st

from atlassian_connect.errors import ConfigurationError, UrlNotAllowedError
from atlassian_connect.protocol.qsh import canonical_request, encode_query
from atlassian_connect.protocol.urls import (
    BaseUrl,
    HostPattern,
    is_loopback,
    normal_base_url,
    parse_base_url,
    parse_host_patterns,
    target_below,
)

JIRA = parse_base_url("https://example.atlassian.net")
CONFLUENCE = parse_base_url("https://example.atlassian.net/wiki")


# --- base URLs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "base", "text"),
    [
        (
            "https://example.atlassian.net",
            BaseUrl("https", "example.atlassian.net", 443, ""),
            "https://example.atlassian.net",
        ),
        (
            "https://example.atlassian.net/wiki/",
            BaseUrl("https", "example.atlassian.net", 443, "/wiki"),
            "https://example.atlassian.net/wiki",
        ),
        ("HTTPS://EXAMPLE.com:443/App", BaseUrl("https", "example.com", 443, "/App"), "https://example.com/App"),
        ("http://localhost:2990/jira", BaseUrl("http", "localhost", 2990, "/jira"), "http://localhost:2990/jira"),
        ("http://localhost:80", BaseUrl("http", "localhost", 80, ""), "http://localhost"),
        ("https://example.com.", BaseUrl("https", "example.com", 443, ""), "https://example.com"),
        ("https://example.com:", BaseUrl("https", "example.com", 443, ""), "https://example.com"),
        ("http://[::1]:8080/a", BaseUrl("http", "::1", 8080, "/a"), "http://[::1]:8080/a"),
    ],
)
def test_parse_base_url(url, base, text):
    assert parse_base_url(url) == base
    assert str(base) == text
    assert parse_base_url(text) == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "/wiki",
        "//example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///path",
        "https://.",
        "https://user@example.com",
        "https://user:password@example.com",
        "https://@example.com",
        "https://example.com?",
        "https://example.com/?a=1",
        "https://example.com#",
        "https://example.com/#a",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:-1",
        "https://example.com:x",
        "https://example.com:８０",
        "https://[::1",
        "https://example.com/a/../b",
        "https://example.com/./a",
        "https://example.com/%2e%2E/a",
        "https://example.com/..",
        "https://example.com//a",
        "https://example.com/a%zz",
        "https://example.com/a%",
        "https://example.com\\a",
        "https:\\\\example.com",
        "https://example.com/a b",
        "https://exam\tple.com",
        "https://example.com\n",
        " https://example.com",
        "\x00https://example.com",
        "https://exämple.com",
        "https://example.com/ä",
        "https://example。com",
        "https://example.com/{a}",
        "https://example.com/\x7f",
        "https://" + "a" * 2000 + ".com",
    ],
)
def test_what_is_not_a_base_url(url):
    with pytest.raises(UrlNotAllowedError):
        parse_base_url(url)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://App.Example.com/", "https://app.example.com"),
        ("HTTPS://app.example.com/Path/", "https://app.example.com/Path"),
        ("https://app.example.com//", "https://app.example.com/"),
        ("https://app.example.com:443", "https://app.example.com:443"),
        ("https://app.example.com", "https://app.example.com"),
        ("no URL", "no url"),
        ("", ""),
        ("/", ""),
    ],
)
def test_normal_base_url(url, normal):
    assert normal_base_url(url) == normal


@given(st.text())
def test_parsing_any_text_is_a_base_url_or_the_documented_error(text):
    try:
        base = parse_base_url(text)
    except UrlNotAllowedError:
        return
    assert parse_base_url(str(base)) == base


# --- joining ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url", "sent", "signed"),
    [
        (JIRA, "/rest/api/3/issue/X-1", "https://example.atlassian.net/rest/api/3/issue/X-1", "/rest/api/3/issue/X-1"),
        (JIRA, "rest/api/3/myself", "https://example.atlassian.net/rest/api/3/myself", "/rest/api/3/myself"),
        (JIRA, "", "https://example.atlassian.net/", "/"),
        (JIRA, "/", "https://example.atlassian.net/", "/"),
        (JIRA, "/wiki/x", "https://example.atlassian.net/wiki/x", "/wiki/x"),
        (CONFLUENCE, "/api/v2/pages", "https://example.atlassian.net/wiki/api/v2/pages", "/api/v2/pages"),
        (CONFLUENCE, "/wiki/api/v2/pages", "https://example.atlassian.net/wiki/api/v2/pages", "/api/v2/pages"),
        (CONFLUENCE, "wiki/api/v2/pages", "https://example.atlassian.net/wiki/api/v2/pages", "/api/v2/pages"),
        (CONFLUENCE, "/wiki/wiki/x", "https://example.atlassian.net/wiki/wiki/x", "/wiki/x"),
        (CONFLUENCE, "/wiki", "https://example.atlassian.net/wiki/", "/"),
        (CONFLUENCE, "/wiki/", "https://example.atlassian.net/wiki/", "/"),
        (CONFLUENCE, "/wikipedia", "https://example.atlassian.net/wiki/wikipedia", "/wikipedia"),
        (CONFLUENCE, "/Wiki/x", "https://example.atlassian.net/wiki/Wiki/x", "/Wiki/x"),
        (CONFLUENCE, "https://example.atlassian.net/wiki", "https://example.atlassian.net/wiki/", "/"),
        (CONFLUENCE, "https://example.atlassian.net/wiki/a", "https://example.atlassian.net/wiki/a", "/a"),
        (CONFLUENCE, "HTTPS://EXAMPLE.atlassian.NET:443/wiki/a", "https://example.atlassian.net/wiki/a", "/a"),
        (JIRA, "https://example.atlassian.net", "https://example.atlassian.net/", "/"),
        (JIRA, "/a b/é", "https://example.atlassian.net/a%20b/%C3%A9", "/a%20b/%C3%A9"),
        (JIRA, "/a&b;c=d,e", "https://example.atlassian.net/a&b;c=d,e", "/a&b;c=d,e"),
        (JIRA, "/a:b", "https://example.atlassian.net/a:b", "/a:b"),
        (JIRA, "/a/", "https://example.atlassian.net/a/", "/a/"),
        (JIRA, "/a//b", "https://example.atlassian.net/a//b", "/a//b"),
        (JIRA, "/...", "https://example.atlassian.net/...", "/..."),
        (JIRA, "/a..b/.c", "https://example.atlassian.net/a..b/.c", "/a..b/.c"),
        (JIRA, "/a#", "https://example.atlassian.net/a", "/a"),
    ],
)
def test_joining(base, url, sent, signed):
    target = target_below(base, url)

    assert (target.url, target.path, target.query) == (sent, signed, "")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://localhost:2990/wiki", "http://localhost:2990/wiki/a"),
        ("http://localhost/wiki", "http://localhost:80/wiki/a"),
        ("http://[::1]:2990/wiki", "http://[::1]:2990/wiki/a"),
    ],
)
def test_absolute_urls_on_other_hosts_than_the_cloud(base, url):
    assert target_below(parse_base_url(base), url).path == "/a"


@pytest.mark.parametrize(
    ("url", "params", "query"),
    [
        ("/p?b=2&a=1", [], "b=2&a=1"),
        ("/p?a=%2F,b'c!*()", [], "a=%2F,b'c!*()"),
        ("/p?a=b+c&a=b%20c", [], "a=b+c&a=b%20c"),
        ("/p?cursor=eyJ==&next", [], "cursor=eyJ==&next"),
        ("/p?", [], ""),
        ("/p??", [], "?"),
        ("/p?a=1#", [], "a=1"),
        ("/p?a=1", [("b", "c d"), ("b", "é,&+")], "a=1&b=c%20d&b=%C3%A9%2C%26%2B"),
        ("/p", [("a", "1")], "a=1"),
        ("/p", [("jql", 'project = "A" AND x ~ y')], "jql=project%20%3D%20%22A%22%20AND%20x%20~%20y"),
        ("/p?q=é x", [], "q=%C3%A9%20x"),
        ("/p?u=https://x/y?z", [], "u=https://x/y?z"),
    ],
)
def test_query_is_kept_and_parameters_are_encoded(url, params, query):
    target = target_below(CONFLUENCE, url, params)

    assert target.query == query
    assert target.url == "https://example.atlassian.net/wiki/p" + (f"?{query}" if query else "")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("/p?a=%c3%a9%2f", "/p?a=%C3%A9%2F"),
        ("/p?a=%41%7e", "/p?a=A~"),
        ("/p?a=100%&b=%zz", "/p?a=100%25&b=%25zz"),
        ("/p?expand[]=a", "/p?expand%5B%5D=a"),
        ("/%c3%a9%41", "/%C3%A9A"),
    ],
)
def test_escapes_are_written_in_the_one_form_that_http_libraries_leave_alone(written, normal):
    """RFC 3986, section 6.2.2: the two mean the same. A library that rewrites after signing would break the hash."""
    assert target_below(JIRA, written).url == f"{JIRA}{normal}"


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [JIRA, CONFLUENCE], ids=["jira", "confluence"])
@pytest.mark.parametrize(
    "url",
    [
        "//evil.com/x",
        "///evil.com/x",
        "////evil.com",
        "\\\\evil.com\\x",
        "/\\evil.com",
        "\\/evil.com",
        "/a\\..\\b",
        "https:\\\\evil.com",
        "https://evil.com",
        "https://evil.com/wiki/x",
        "http://example.atlassian.net/wiki/x",
        "https://example.atlassian.net:8443/wiki/x",
        "https://example.atlassian.net:80/wiki/x",
        "https://example.atlassian.net:99999/wiki/x",
        "https://example.atlassian.net:x/wiki/x",
        "https://example.atlassian.net.evil.com/wiki/x",
        "https://example.atlassian.netevil.com/wiki/x",
        "https://evil-example.atlassian.net/wiki/x",
        "https://other.atlassian.net/wiki/x",
        "https://atlassian.net/wiki/x",
        "https://example.atlassian.net./wiki/x",
        "https://user@example.atlassian.net/wiki/x",
        "https://example.atlassian.net@evil.com/wiki/x",
        "https://example.atlassian.net:443@evil.com/wiki/x",
        "https://@example.atlassian.net/wiki/x",
        "https://evil.com\\@example.atlassian.net/wiki/x",
        "https://evil.com#@example.atlassian.net/wiki/x",
        "https://evil.com?@example.atlassian.net/wiki/x",
        "https://example%2eatlassian.net/wiki/x",
        "https://example。atlassian。net/wiki/x",
        "https://ｅxample.atlassian.net/wiki/x",
        "https://example.atlassian.net\u2100evil.com/wiki",
        "https://[::1]/wiki/x",
        "https://[example.atlassian.net]/wiki/x",
        "https://[example.atlassian.net/wiki/x",
        "https://127.0.0.1/wiki/x",
        "https:example.atlassian.net/wiki/x",
        "https:/example.atlassian.net/wiki/x",
        "https:///example.atlassian.net/wiki/x",
        "https:/wiki/x",
        "https://",
        "https://example.atlassian.net//evil.com/x",
        "https://example.atlassian.net/wiki/../admin",
        "https://example.atlassian.net/wiki/%2e%2e/admin",
        "ftp://example.atlassian.net/wiki/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ht\ttps://evil.com",
        "\thttps://evil.com",
        "https\n://evil.com",
        "\x00//evil.com",
        "/\t/evil.com",
        "/a\r\nX-Injected: 1",
        "/a?b=\r\nX-Injected: 1",
        "/a?b=\x00",
        "/a\x7f",
        "/..",
        "/.",
        "..",
        "./a",
        "/../admin",
        "/a/../../admin",
        "/a/..",
        "/a/./b",
        "/wiki/../admin",
        "/%2e%2e/admin",
        "/%2E%2e/admin",
        "/.%2e/admin",
        "/%2e./admin",
        "/%2e/admin",
        "/a%2f..%2fadmin",
        "/a%2F%2e%2E%2Fadmin",
        "/%252e%252e/admin",
        "/%252E%252e%252fadmin",
        "/a%",
        "/a%zz/b",
        "/a#fragment",
        "#fragment",
        "https://example.atlassian.net/wiki/a#fragment",
    ],
)
def test_attack_url_that_leads_elsewhere(base, url):
    with pytest.raises(UrlNotAllowedError):
        target_below(base, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.atlassian.net",
        "https://example.atlassian.net/",
        "https://example.atlassian.net/rest/api/3/myself",
        "https://example.atlassian.net/wikipedia",
        "https://example.atlassian.net/wiki.evil",
        "https://example.atlassian.net/Wiki/x",
        "https://example.atlassian.net/%77iki/x",
        "https://example.atlassian.net/wiki%2Fx",
    ],
)
def test_attack_absolute_url_outside_the_base_path(url):
    """The Jira of the same site is another tenant."""
    with pytest.raises(UrlNotAllowedError):
        target_below(CONFLUENCE, url)


@pytest.mark.parametrize(
    ("url", "params"), [("/a/\ud800", ()), ("/a?b=\udfff", ()), ("/a", [("b", "\ud800")]), ("/a", [("\ud800", "b")])]
)
def test_half_a_character_is_in_no_url(url, params):
    """JSON can carry one in an escape; no encoder takes it."""
    with pytest.raises(UrlNotAllowedError, match="Unicode") as caught:
        target_below(parse_base_url("https://x.atlassian.net/wiki"), url, params)

    str(caught.value).encode()


def test_errors_do_not_quote_without_end():
    with pytest.raises(UrlNotAllowedError) as caught:
        target_below(JIRA, "https://evil.com/" + "a" * 100_000)
    assert len(str(caught.value)) < 500


# --- what is signed is what is sent -----------------------------------------------------------------------------------

escapes = st.sampled_from(["%7e", "%41", "%c3%a9", "%C3%A9", "%20", "%25", "%26", "%2F", "%5C"])
path_pieces = st.sampled_from("/a~é &+,;='([|@:$!*.<{^`\"\U0001f600") | st.sampled_from(["wiki", "..", "//"]) | escapes
query_pieces = st.sampled_from("a=&?/%é +,'[]~{}|\\^`\"<>;:@!*()$\U0001f600") | st.sampled_from(["%2", "%zz"]) | escapes
paths = st.lists(path_pieces, max_size=6).map("".join) | st.text(max_size=8)
queries = st.lists(query_pieces, max_size=8).map("".join) | st.text(max_size=8)
params = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=6)), max_size=3)


@given(st.sampled_from([JIRA, CONFLUENCE]), paths, queries, params)
@example(JIRA, "/%7e%c3%a9", "", [])
@example(JIRA, "/p", "a=100%&b=%20", [])
@example(JIRA, "/p", "a=%zz", [])
@example(JIRA, "/p", "a[]=1", [])
@example(JIRA, "https://example.atlassian.net//a", "", [])
def test_requests_sends_exactly_the_url_that_was_signed(base, path, query, listed):
    try:
        target = target_below(base, f"{path}?{query}" if query else path, listed)
    except UrlNotAllowedError:
        assume(False)

    prepared = requests.Request("GET", target.url).prepare()

    assert prepared.url == target.url
    assert prepared.path_url == base.path + target.path + (f"?{target.query}" if target.query else "")


@given(st.sampled_from([JIRA, CONFLUENCE]), paths, queries, params)
def test_every_target_lies_below_its_base_url(base, path, query, listed):
    try:
        target = target_below(base, f"{path}?{query}" if query else path, listed)
    except UrlNotAllowedError:
        assume(False)

    parts = urlsplit(target.url)
    assert f"{parts.scheme}://{parts.netloc}" == base.origin
    assert parts.path == base.path + target.path
    assert parts.query == target.query
    assert not parts.fragment
    assert target.url.isascii()
    assert target.url.isprintable()


@given(queries, params)
def test_joining_changes_nothing_of_what_a_query_means(query, listed):
    assume("#" not in query)
    try:
        target = target_below(JIRA, f"/p?{query}", listed)
    except UrlNotAllowedError:
        assume(False)

    added = "&".join(filter(None, [query, encode_query(listed)]))
    assert parse_qsl(target.query, keep_blank_values=True) == parse_qsl(added, keep_blank_values=True)
    assert canonical_request("GET", target.path, target.query) == canonical_request("GET", "/p", added)


@given(st.sampled_from([JIRA, CONFLUENCE]), paths, queries)
def test_a_target_joined_again_is_the_same_target(base, path, query):
    try:
        target = target_below(base, f"{path}?{query}" if query else path)
    except UrlNotAllowedError:
        assume(False)

    assert target_below(base, target.url) == target


@given(st.text())
def test_joining_any_text_gives_a_target_or_the_documented_error(text):
    try:
        target = target_below(CONFLUENCE, text)
    except UrlNotAllowedError:
        return
    assert target.url.startswith("https://example.atlassian.net/wiki/")


# --- who may install --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("*.atlassian.net", "https://example.atlassian.net"),
        ("*.atlassian.net", "https://EXAMPLE.Atlassian.NET:443/wiki"),
        ("*.Atlassian.net", "https://my-site-2.atlassian.net/wiki/"),
        ("*.atlassian.net", "https://example.atlassian.net."),
        ("wiki.example.com", "https://wiki.example.com"),
        ("Wiki.Example.com", "https://wiki.example.com/confluence"),
        ("http://localhost:2990", "http://localhost:2990/jira"),
        ("http://localhost:2990/", "http://localhost:2990"),
        ("http://127.0.0.1:2990", "http://127.0.0.1:2990"),
        ("http://[::1]:2990", "http://[::1]:2990"),
        ("https://wiki.example.com:8443", "https://wiki.example.com:8443"),
    ],
)
def test_host_pattern_matches(pattern, url):
    assert HostPattern.parse(pattern).matches(parse_base_url(url))


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("*.atlassian.net", "https://evil-atlassian.net"),
        ("*.atlassian.net", "https://atlassian.net"),
        ("*.atlassian.net", "https://a.b.atlassian.net"),
        ("*.atlassian.net", "https://example.atlassian.net.evil.com"),
        ("*.atlassian.net", "https://atlassian.net.evil.com"),
        ("*.atlassian.net", "https://evil.com/example.atlassian.net"),
        ("*.atlassian.net", "https://exampleXatlassian.net"),
        ("*.atlassian.net", "http://example.atlassian.net"),
        ("*.atlassian.net", "https://example.atlassian.net:8443"),
        ("*.atlassian.net", "https://-.atlassian.net"),
        ("*.atlassian.net", "https://_dmarc.atlassian.net"),
        ("*.atlassian.net", "https://a%2f.atlassian.net"),
        ("*.atlassian.net", "https://.atlassian.net"),
        ("*.atlassian.net", "https://127.0.0.1"),
        ("*.atlassian.net", "https://169.254.169.254/latest/meta-data"),
        ("*.atlassian.net", "https://[::1]"),
        ("*.atlassian.net", "https://localhost"),
        ("*.atlassian.net", "https://2130706433"),
        ("wiki.example.com", "https://example.com"),
        ("wiki.example.com", "https://a.wiki.example.com"),
        ("wiki.example.com", "http://wiki.example.com"),
        ("wiki.example.com", "https://wiki.example.com:8443"),
        ("http://localhost:2990", "http://localhost"),
        ("http://localhost:2990", "https://localhost:2990"),
        ("http://localhost:2990", "http://127.0.0.1:2990"),
        ("https://wiki.example.com:8443", "https://wiki.example.com"),
    ],
)
def test_attack_install_from_a_host_that_only_looks_allowed(pattern, url):
    """SSRF through ``baseUrl`` of the install body: whatever passes here is called with our signature later."""
    assert not HostPattern.parse(pattern).matches(parse_base_url(url))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "*.",
        "*.*",
        "*.net",
        "**.atlassian.net",
        "*atlassian.net",
        "*.*.atlassian.net",
        "a.*.net",
        ".atlassian.net",
        "atlassian.net.",
        "localhost",
        "atlassian .net",
        "*.atlassian.net/wiki",
        "*.atlassian.net:443",
        "user@example.com",
        "-a.example.com",
        "exämple.com",
        "a..b",
        "a" * 64 + ".example.com",
        "http://example.com",
        "https://example.com/wiki",
        "https://*.atlassian.net",
        "https://",
        "ftp://example.com",
        "https://user@example.com",
        "https://example.com?a=1",
    ],
)
def test_host_pattern_that_is_none(text):
    with pytest.raises(ConfigurationError):
        HostPattern.parse(text)


def test_host_patterns_are_read_in_order():
    texts = ["*.atlassian.net", "http://localhost:2990"]

    assert [pattern.text for pattern in parse_host_patterns(texts)] == texts


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost.evil.com",
        "evillocalhost",
        "127.0.0.1.evil.com",
        "10.0.0.1",
        "0.0.0.0",
        "::",
        "2130706433",
        "127.1",
    ],
)
def test_another_machine(host):
    assert not is_loopback(host)
