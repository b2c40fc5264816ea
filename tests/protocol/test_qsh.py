"""The query string hash: published rules, vectors, and agreement with two independent implementations."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from atlassian_jwt.url_utils import canonicalize_request, hash_url
from hypothesis import example, given
from hypothesis import strategies as st

from atlassian_connect.protocol import qsh
from atlassian_connect.protocol.qsh import (
    CONTEXT_QSH,
    MAX_QUERY_FIELDS,
    canonical_request,
    encode_query,
    explain,
    mask_values,
    query_string_hash,
    same_hash,
    strip_base_path,
)


def digest(canonical: str) -> str:
    return sha256(canonical.encode()).hexdigest()


def query_of(canonical: str) -> str:
    return canonical.split("&", 2)[2]


def canonical_query(query: str) -> str:
    return query_of(canonical_request("GET", "/p", query))


def reference(method: str, path: str, query: str) -> str:
    """The rules of "Creating a query string hash" written down one by one, with the standard library and no haste."""
    path = (path or "/").replace("&", "%26")
    if not path.startswith("/"):
        path = "/" + path
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
    groups: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, separator="&"):
        if name != "jwt":
            groups.setdefault(name, []).append(value)
    pairs = sorted(
        (quote(name, safe="-._~"), ",".join(quote(value, safe="-._~") for value in sorted(values)))
        for name, values in groups.items()
    )
    return f"{method.upper()}&{path}&" + "&".join(f"{name}={value}" for name, value in pairs)


# --- vectors ----------------------------------------------------------------------------------------------------------

# Made with Atlassian's JavaScript library (npm atlassian-jwt 2.0.3) and by the published rules, which agree on all.
VECTORS = [
    (
        "GET",
        "/path/to/service",
        "zee_last=param&repeated=parameter+1&first=param&repeated=parameter+2",
        "GET&/path/to/service&first=param&repeated=parameter%201,parameter%202&zee_last=param",
        "e52bb281606c3bd9ca16cfe96fe2df78f5d9ffa126f06befd750dfa10fa1a897",
    ),
    ("GET", "", "", "GET&/&", "c88caad15a1c1a900b8ac08aa9686f4e8184539bea1deda36e2f649430df3239"),
    ("POST", "/installed", "", "POST&/installed&", "4a2e1de8ca74e6cafe8862d332fa3ac7a8e51e692bc6d798ea4dfedc14948bf4"),
    ("GET", "/a/b/", "x=1", "GET&/a/b&x=1", "1494a5cd08c7d479e4c716b39ce43cb894f96940856c990e4bf7c101a92da6f4"),
    ("GET", "/a&b", "x=y", "GET&/a%26b&x=y", "c6ea90bea4f00e59b85b8b906e94defbadfdf695684f5ee8825540cf9cd450a1"),
    (
        "GET",
        "/p",
        "a=b+c&d=e%2Bf&q=!*%27()~",
        "GET&/p&a=b%20c&d=e%2Bf&q=%21%2A%27%28%29~",
        "9a8f8b19d148ea290beb4ca4b64cb2797f0cf1306e7a148a404d9f2e1236b8de",
    ),
    ("GET", "/p", "empty&e2=", "GET&/p&e2=&empty=", "9f3dbf20f19ba863742d44f3fc4b5f7f65b795c9ddde1055737e5e1981ea07b5"),
    ("GET", "/p", "jwt=abc&x=1", "GET&/p&x=1", "078c5a3fa88aef16e807262a61b1db8a67a790c5dee358fb4b4e178704ad9864"),
    ("GET", "/p", "a,b=1,2", "GET&/p&a%2Cb=1%2C2", "27e62688137575feab0a39981127c627f89a364a38c555246197de028eddfb39"),
    (
        "GET",
        "/p",
        "Z=3&a=1&_=4&B=2",
        "GET&/p&B=2&Z=3&_=4&a=1",
        "a64bd410ab97b204e8406935c0c1367f87af8d42daae1922034b978932dc1e31",
    ),
    (
        "GET",
        "/p",
        "r=b&r=a&r=C",
        "GET&/p&r=C,a,b",
        "146b87d62770236934d81fa16d2f1b84c6a79679e57d44ea80efd0a5106b8502",
    ),
    (
        "GET",
        "/p",
        "u=%C3%A9%20%E2%9C%93",
        "GET&/p&u=%C3%A9%20%E2%9C%93",
        "4342952934294444e5d428fb24d8745a5d87e1d255875486f6e2ed98f1e7468d",
    ),
    (
        "GET",
        "/p",
        "cp=%2Fwiki&xdm_e=https%3A%2F%2Fexample.atlassian.net&lic=none",
        "GET&/p&cp=%2Fwiki&lic=none&xdm_e=https%3A%2F%2Fexample.atlassian.net",
        "c8c3d25fa13b224708c5322169af22bb3b1b109752aa2d95073521f471291754",
    ),
    ("GET", "/p", "~=5&z=1", "GET&/p&z=1&~=5", "d83cdb60594f76d43bd6fdcab1dc3e713578a4aafbe5e39f5fa611e796b90f6e"),
]


@pytest.mark.parametrize(("method", "path", "query", "canonical", "expected"), VECTORS)
def test_vector(method, path, query, canonical, expected):
    assert canonical_request(method, path, query) == canonical
    assert query_string_hash(method, path, query) == expected


@pytest.mark.parametrize(("method", "path", "query", "canonical", "expected"), VECTORS)
def test_vector_agrees_with_atlassian_jwt_of_pypi(method, path, query, canonical, expected):
    assert hash_url(method, f"{path}?{query}") == expected


def test_names_sort_as_encoded_where_the_javascript_library_sorts_them_raw():
    """The one vector on which implementations differ. The documentation says "percent-encoded"; PyPI's does so too."""
    published = "44ea9813bfb8c4a171ec62c6625755b7d8dfeb0eb01da70707a801b8d4198235"
    javascript = "a74af748e907799fe4535986c9aa5a333241e1c82ed2bc65fb49942f5443151b"

    assert canonical_request("GET", "/p", "%C3%A9=1&z=2") == "GET&/p&%C3%A9=1&z=2"
    assert query_string_hash("GET", "/p", "%C3%A9=1&z=2") == published
    assert hash_url("GET", "/p?%C3%A9=1&z=2") == published
    assert digest("GET&/p&z=2&%C3%A9=1") == javascript


# --- path -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("a", "/a"),
        ("/a/", "/a"),
        ("/a//", "/a/"),
        ("//a", "//a"),
        ("/a&b&c", "/a%26b%26c"),
        ("/a%26b", "/a%26b"),
        ("/a/../b/./c", "/a/../b/./c"),
        ("/A/b", "/A/b"),
        ("/%c3%a9%41", "/%c3%a9%41"),
        ("/a;x=1", "/a;x=1"),
        ("/http://x", "/http://x"),
    ],
)
def test_path_is_hashed_as_on_the_wire(path, written):
    assert canonical_request("GET", path) == f"GET&{written}&"


@pytest.mark.parametrize("path", ["https://a.atlassian.net/rest", "HTTP://x", "/a?b=1", "/a#b", "?", "#"])
def test_path_that_is_no_path_is_an_error(path):
    with pytest.raises(ValueError, match="Expected"):
        canonical_request("GET", path)


@pytest.mark.parametrize(
    ("path", "base_path", "rest"),
    [
        ("/wiki/rest", "/wiki", "/rest"),
        ("/wiki", "/wiki", "/"),
        ("/wiki/", "/wiki", "/"),
        ("/wikipedia", "/wiki", "/wikipedia"),
        ("/application", "/app", "/application"),
        ("/rest", "/wiki", "/rest"),
        ("/Wiki/rest", "/wiki", "/Wiki/rest"),
        ("/rest", "", "/rest"),
        ("/wiki/wiki/x", "/wiki", "/wiki/x"),
        ("", "/wiki", ""),
    ],
)
def test_base_path_is_taken_off_at_a_segment_boundary(path, base_path, rest):
    assert strip_base_path(path, base_path) == rest


def test_method_is_upper_case():
    assert canonical_request("patch", "/p") == "PATCH&/p&"


# --- query ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("a=b+c", "a=b%20c"),
        ("a+b=c", "a%20b=c"),
        ("a=%2B", "a=%2B"),
        ("a", "a="),
        ("=a", "=a"),
        ("&&a=1&&", "a=1"),
        ("&", ""),
        ("=a&", "=a"),  # the empty part is no second parameter without a name
        ("=a&&=b", "=a,b"),
        ("a=b=c", "a=b%3Dc"),
        ("a==", "a=%3D"),
        ("a[b]=1&a[c]=2", "a%5Bb%5D=1&a%5Bc%5D=2"),
        ("a=1,2&a=0", "a=0,1%2C2"),
        ("a=/:@!$'()*;?", "a=%2F%3A%40%21%24%27%28%29%2A%3B%3F"),
        ("a=-._~", "a=-._~"),
        ("a;b=1;c", "a%3Bb=1%3Bc"),
        ("__proto__=1&constructor=2", "__proto__=1&constructor=2"),
        ("a=é", "a=%C3%A9"),
    ],
)
def test_query_is_decoded_and_written_anew(query, written):
    assert canonical_query(query) == written


@pytest.mark.parametrize("name", ["jwt", "%6Awt", "%6a%77%74", "j%77t"])
def test_the_jwt_parameter_is_left_out_however_it_is_escaped(name):
    assert canonical_query(f"{name}=a.b.c&x=1&{name}=d") == "x=1"


@pytest.mark.parametrize("name", ["JWT", "Jwt", "jwt2", "jwt[]", "jwt%00", "+jwt"])
def test_only_the_parameter_named_jwt_is_left_out(name):
    assert "=a" in canonical_query(f"{name}=a")


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("a=%c3%a9%2f", "a=%C3%A9%2F"),
        ("%61=%41%2D%5f%7e", "a=A-_~"),
        ("a=%F0%9f%98%80", "a=%F0%9F%98%80"),
    ],
)
def test_escapes_are_upper_case_and_only_where_needed(query, written):
    assert canonical_query(query) == written


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("a=100%", "a=100%25"),
        ("a=%zz", "a=%25zz"),
        ("a=%2", "a=%252"),
        ("a=%C3", "a=%EF%BF%BD"),
        ("a=%FF%FE", "a=%EF%BF%BD%EF%BF%BD"),
        ("a=%C0%AF", "a=%EF%BF%BD%EF%BF%BD"),  # overlong slash
        ("a=%ED%A0%80", "a=%EF%BF%BD%EF%BF%BD%EF%BF%BD"),  # lone surrogate
        ("a=%F4%90%80%80", "a=%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD"),  # beyond Unicode
    ],
)
def test_broken_escapes_read_as_the_standard_library_reads_them(query, written):
    assert canonical_query(query) == written
    assert query_of(reference("GET", "/p", query)) == written


@pytest.mark.parametrize(
    "values",
    [
        ["b", "a", "B", "A", "1"],
        ["a", "", "a-", "a/", "a0", "a:", "aA", "a[", "a_", "a`", "a{", "a~", "a\x7f"],
        ["-", ",", " ", "+", "*", "é", "z", "~"],
        ["é", "ÿ", "Ā", "߿", "ࠀ", "\uffff", "\U00010000", "\U0010ffff", "z"],
        ["éa", "é", "é~", "é,", "éé"],
        ["%", "%25", "%C3", "C", "~C"],
    ],
)
def test_values_sort_by_what_they_decode_to(values):
    query = encode_query(("r", value) for value in values)

    assert canonical_query(query) == "r=" + ",".join(quote(value, safe="-._~") for value in sorted(values))


def test_names_sort_as_encoded():
    names = ["z", "é", "~", "a b", "a-b", "a/b", "A", "_", "\U0001f600", "0"]
    encoded = sorted(quote(name, safe="-._~") for name in names)

    assert canonical_query(encode_query((name, "") for name in names)) == "&".join(f"{name}=" for name in encoded)


def test_a_thousand_parameters_and_no_more():
    most = "&".join(f"p{number}=1" for number in range(MAX_QUERY_FIELDS))

    assert canonical_query(most).count("=") == MAX_QUERY_FIELDS
    with pytest.raises(ValueError, match="more than 1000 parameters"):
        canonical_request("GET", "/p", most + "&one_more=1")


@pytest.mark.parametrize(
    "hostile",
    [
        "a=" + "%C3" * 66_000,
        "a=" + "%E0%A0" * 33_000 + "%",
        "a=" + "x" * 200_000 + "%",
        "=" * 200_000,
        "%" * 200_000,
        "a=" + "%F0%90%80" * 22_000,
        "&".join(["a=%2F" + "%41" * 60] * 1000),
        "&".join(["a=" + "é" * 100] * 1000),
        "+" * 200_000,
    ],
    ids=lambda hostile: hostile[:12],
)
def test_attack_long_query_made_to_backtrack(hostile):
    """It ends: every pattern matches in linear time."""
    assert canonical_request("GET", "/p", hostile) == reference("GET", "/p", hostile)


# --- properties -------------------------------------------------------------------------------------------------------

# Characters that have a meaning somewhere on the way, besides whatever Hypothesis thinks of.
awkward = st.text("%+&=;,/?:@~-._*'() []jwtaA0éß€\U0001f600\x00\x7f", max_size=8)
names = st.one_of(awkward, st.text(max_size=6), st.sampled_from(["jwt", "a", "b", "Jwt", ""]))
pairs = st.lists(st.tuples(names, st.one_of(awkward, st.text(max_size=6))), max_size=8)
garbage = st.lists(
    st.sampled_from(
        [*"%+&=;,~./-_ aZ09éjwt\U0001f600", "%C3%A9", "%c3", "%A9", "%E2%9C%93", "%F0%9F%98%80", "%ED%A0%80"]
    )
    | st.binary(min_size=1, max_size=2).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw)),
    max_size=40,
).map("".join)


def over_escaped(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@given(pairs)
def test_fast_equals_reference_for_queries_of_ours(listed):
    query = encode_query(listed)
    assert canonical_request("GET", "/p", query) == reference("GET", "/p", query)


@given(pairs)
def test_fast_equals_reference_for_form_encoded_queries(listed):
    query = urlencode(listed)
    assert canonical_request("GET", "/p", query) == reference("GET", "/p", query)


@given(pairs, st.sampled_from(["", "/", "!$'()*,;:@/?", "~", "[]"]))
def test_fast_equals_reference_whatever_the_encoder_leaves_alone(listed, safe):
    query = urlencode(listed, quote_via=quote, safe=safe)
    assert canonical_request("GET", "/p", query) == reference("GET", "/p", query)


@given(pairs)
def test_every_byte_escaped_is_the_same_query(listed):
    query = "&".join(f"{over_escaped(name)}={over_escaped(value)}" for name, value in listed)
    assert canonical_request("GET", "/p", query) == canonical_request("GET", "/p", encode_query(listed))


@given(garbage)
@example("=a&")
@example("%6Awt=1&jwt=2&JWT=3")
def test_fast_equals_reference_for_garbage(query):
    assert canonical_request("GET", "/p", query) == reference("GET", "/p", query)


@given(st.text(max_size=40))
def test_fast_equals_reference_for_any_text(query):
    assert canonical_request("GET", "/p", query) == reference("GET", "/p", query)


@given(pairs.filter(bool))
def test_the_order_of_parameters_does_not_matter(listed):
    assert canonical_query(encode_query(listed)) == canonical_query(encode_query(reversed(listed)))


@given(pairs)
def test_encoded_queries_decode_to_the_same_pairs(listed):
    decoded = parse_qsl(encode_query(listed), keep_blank_values=True)
    assert decoded == listed


@given(st.text("/&%aB.~-", max_size=12), garbage)
def test_paths_equal_the_reference(path, query):
    assert canonical_request("GET", path, query) == reference("GET", path, query)


segments = st.text(st.characters(codec="ascii", categories=["L", "N"]) | st.sampled_from("-._~%&,=!"), min_size=1)


@given(st.lists(segments, max_size=4), garbage)
def test_agrees_with_atlassian_jwt_of_pypi_where_that_follows_the_rules(parts, query):
    path = "/" + "/".join(parts)
    assert query_string_hash("GET", path, query) == hash_url("GET", f"{path}?{query}")


@pytest.mark.parametrize(
    ("path", "by_the_rules", "by_atlassian_jwt"),
    [
        ("/a//", "/a/", "/a"),  # it removes every trailing slash, the rule says one
        ("//a", "//a", "/a"),  # and every leading one
        ("/a;", "/a;", "/a"),  # it takes path parameters apart and loses empty ones
        ("/a;b&c", "/a;b%26c", "/a;b&c"),  # and does not escape in them
        ("/a:b", "/a:b", "/b"),  # it takes a segment with a colon for a scheme
    ],
)
def test_the_published_rule_wins_where_atlassian_jwt_of_pypi_differs(path, by_the_rules, by_atlassian_jwt):
    assert canonical_request("GET", path, "x=1") == f"GET&{by_the_rules}&x=1"
    assert canonicalize_request("GET", f"{path}?x=1") == f"GET&{by_atlassian_jwt}&x=1"


# --- comparing --------------------------------------------------------------------------------------------------------


def test_same_hash_takes_any_text():
    assert same_hash("a" * 64, "a" * 64)
    assert not same_hash("a" * 64, "A" * 64)
    assert not same_hash("é", "e")
    assert not same_hash("\ud800", "x")
    assert not same_hash("", "a")


@pytest.mark.parametrize("path", ["/\ud800", "/é\x00"])
def test_hashing_any_path_is_no_crash(path):
    assert len(query_string_hash("GET", path)) == 64


# --- explaining -------------------------------------------------------------------------------------------------------

QUERY = "b=x%20y,z&a=%2F1&lic=none"


@pytest.mark.parametrize(
    ("signed", "cause"),
    [
        (canonical_request("POST", "/rest/a%20b", QUERY), "signed for POST"),
        (canonical_request("GET", "/wiki/rest/a%20b", QUERY), "hashed with the base path /wiki"),
        (canonical_request("GET", "/rest/a%20b"), "query was left out"),
        (canonical_request("GET", "/rest/a%20b", "b=x%20y,z&a=%2F1"), "'lic' was added after signing"),
        (canonical_request("GET", "/rest/a%20b", QUERY.replace("%", "%25")), "query was percent-encoded twice"),
        (f"GET&/rest/a%20b&{QUERY}", "hashed as it stands"),
        ("GET&/rest/a%20b&a=%2F1&b=x+y%2Cz&lic=none", "Spaces were written as +"),
        ("GET&/rest/a%20b&a=%2F1&b=x%20y,z&lic=none", "Commas in values were not escaped"),
        (canonical_request("GET", "/rest/a b", QUERY), "path was decoded"),
        (canonical_request("GET", "/rest/a%2520b", QUERY), "path was percent-encoded twice"),
        ("GET&/rest/a%20b/&a=%2F1&b=x%20y%2Cz&lic=none", "trailing slash"),
    ],
)
def test_explain_finds_the_usual_mistake(signed, cause):
    found = explain(digest(signed), "GET", "/rest/a%20b", QUERY, base_path="/wiki")

    assert cause in found.cause
    assert found.signed == signed
    assert found.expected == "GET&/rest/a%20b&a=%2F1&b=x%20y%2Cz&lic=none"


def test_explain_finds_a_base_path_that_the_request_still_carries():
    found = explain(query_string_hash("GET", "/rest"), "GET", "/wiki/rest", base_path="/wiki")

    assert "taken off" in found.cause
    assert found.signed == "GET&/rest&"


def test_explain_finds_a_query_decoded_too_early():
    found = explain(query_string_hash("GET", "/p", "a=b&c=1%"), "GET", "/p", "a=b%26c=1%25")

    assert "decoded once" in found.cause


def test_explain_says_when_nothing_is_wrong():
    assert "matches" in explain(query_string_hash("GET", "/p", "a=1"), "GET", "/p", "a=1").cause


def test_explain_recognises_a_context_token():
    found = explain(CONTEXT_QSH, "GET", "/p")

    assert "context token" in found.cause
    assert found.signed is None


@pytest.mark.parametrize("received", ["0" * 64, "", "é", "\ud800"])
def test_explain_admits_that_it_does_not_know(received):
    found = explain(received, "GET", "/p", "a=1")

    assert found.signed is None
    assert "None of the usual mistakes" in found.cause


@given(st.text("/%2FCc3?#&:ahtp.", max_size=10), garbage)
@example("/%3F%23", "a=%26%3D")
@example("http%3A//x", "")
def test_explain_never_raises_for_what_can_be_hashed(path, query):
    try:
        canonical_request("GET", path, query)
    except ValueError:
        return
    explain("0" * 64, "GET", path, query, base_path="/wiki")


def test_explain_survives_a_query_that_decodes_to_too_many_parameters():
    explain("0" * 64, "GET", "/p", "a=" + "%26" * 2000)


def test_attack_query_of_many_parameters_is_not_left_out_one_by_one(monkeypatch):
    """A thousand canonical requests of a thousand parameters each would take seconds for one refused request."""
    hashed = []
    monkeypatch.setattr(
        qsh, "canonical_request", lambda *request: hashed.append(request) or canonical_request(*request)
    )

    explain("0" * 64, "GET", "/p", "&".join(f"p{number}=1" for number in range(MAX_QUERY_FIELDS)))

    assert len(hashed) < 20


# --- masking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("canonical", "masked"),
    [
        ("GET&/p&", "GET&/p&"),
        ("GET&/p&a=1&b=2,3", "GET&/p&a=*&b=*"),
        ("GET&/p&a=1=2", "GET&/p&a=*"),
        ("POST&/a%26b&jwt=e.y.J", "POST&/a%26b&jwt=*"),
    ],
)
def test_mask_values(canonical, masked):
    assert mask_values(canonical) == masked


@given(st.lists(st.tuples(st.from_regex(r"[a-m]{1,4}", fullmatch=True), st.text("nopqrst&=% ,é", min_size=1))))
def test_masking_leaves_no_value(listed):
    masked = mask_values(canonical_request("GET", "/", encode_query(listed)))

    assert not set("nopqrst") & set(masked.removeprefix("GET"))
