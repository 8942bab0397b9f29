"""Words for yes and no, addresses, ids, documents, lists and choices as people write them."""

from typing import Any

import pytest

from services.kinds import KINDS
from tests.fixtures.examples import examples, texts

OPTIONS = [{"value": "Open"}, {"value": "In progress"}, {"value": "Done"}, {"value": "a, b"}, {"value": "Straße"}]
MAIL_BLOCK = "x" * 64


def read(kind: str, text: str, base_type: str = "", **settings: Any) -> str:
    return KINDS[kind].read(text, settings, base_type or KINDS[kind].default_type or "")


@pytest.mark.parametrize("text", "true TRUE True t yes Yes YES y on 1 x X ✓ ✔ ✔️ ☑ ✅ ja Oui si sí sim".split())  # noqa: SIM905
def test_yes_is_read_in_many_words(text: str) -> None:
    assert read("boolean", f" {text} ") == "true"


@pytest.mark.parametrize("text", "false FALSE f no No NO n off 0 ✗ ✘ ☐ ❌ nein Non não nei nej".split())  # noqa: SIM905
def test_no_is_read_in_many_words(text: str) -> None:
    assert read("boolean", text) == "false"


@pytest.mark.parametrize(
    "text", ["2", "-1", "maybe", "n/a", "-", "?", "yes no", "truee", "of", "tr", "yes!", "null", "da", "10", "00", "✓✓"]
)
def test_what_is_neither_yes_nor_no_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither yes nor no"):
        read("boolean", text)


def test_a_column_s_own_words_for_yes_and_no_are_read_too() -> None:
    assert [read("boolean", text, yes="Paid", no="Open") for text in ("paid", "OPEN", "yes")] == [
        "true",
        "false",
        "true",
    ]
    assert read("boolean", "on", yes="off", no="on") == "false"


def test_text_is_kept_as_it_is_typed() -> None:
    assert read("text", "  two\n lines ") == "  two\n lines "
    assert read("other", " {1}", "point") == " {1}"


EMAILS = [
    *texts("""
    ada@example.com ¦ a@b.co ¦ Ada.Lovelace@Example.COM ¦ ada+news@example.co.uk ¦ o'brien@example.ie
    first.last@sub.domain.example.org ¦ 1234567890@example.com ¦ _@example.com ¦ a-b_c=d@example.com ¦ user%example@example.org
    ada@exam-ple.com ¦ ada@xn--bcher-kva.example ¦ æøå@example.no ¦ ada@bücher.example ¦ 用户@例子.广告 ¦ δοκιμή@παράδειγμα.δοκιμή
    ada@a.b.c.d.e.museum ¦ !#$%&'*+/=?^_`{|}~-@example.com
    """),
    f"{MAIL_BLOCK}@example.com",
]
NO_EMAILS = [
    *texts("""
    ada ¦ ada@ ¦ @example.com ¦ ada@example ¦ ada@localhost ¦ ada@@example.com ¦ ada@b@example.com ¦ a b@example.com
    ada@exam ple.com ¦ ada@.com ¦ ada@example..com ¦ ada@example.com. ¦ .ada@example.com ¦ ada.@example.com ¦ a..b@example.com
    ada@-example.com ¦ ada@example-.com ¦ ada@127.0.0.1 ¦ ada@example.123 ¦ Ada <ada@example.com>
    ada@example.com, bo@example.com ¦ ada@example.com; ¦ mailto:ada@example.com ¦ ada@exam_ple.com ¦ ada(at)example.com
    ada@[127.0.0.1] ¦ n/a ¦ - ¦ ada@example,com
    """),
    '"a b"@example.com',
    "ada\u200b@example.com",
    "ada@exa\u00admple.com",
    "ada@example.com\nbo",
    f"a@{'b.' * 130}com",
    "ada\\@example.com",
    "ada@example.com\u202e",
]


@pytest.mark.parametrize("text", EMAILS)
def test_an_address_is_kept_as_it_is_typed_without_blanks_around_it(text: str) -> None:
    assert read("email", f"  {text}\n") == text


@pytest.mark.parametrize("text", NO_EMAILS)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        read("email", text)


URLS = texts("""
    https://example.com ¦ http://example.com/ ¦ HTTPS://EXAMPLE.COM/A?b=c&d=e#f ¦ https://example.com:8443/x
    http://localhost:8080 ¦ http://127.0.0.1/a ¦ http://[::1]:80/ ¦ https://bücher.example/straße?q=ä ¦ https://user@example.com/
    https://en.wikipedia.org/wiki/Foo_(bar) ¦ https://example.com/a,b;c|d{e} ¦ https://example.com/?u=https://other.example
    ftp://ftp.example.com/file.txt ¦ mailto:ada@example.com ¦ mailto:ada@example.com?subject=Hi ¦ tel:+4722123456
    https://a_b.example.com
""")
NO_URLS = [
    *texts("""
    javascript:alert(1) ¦ JavaScript:alert(1) ¦ data:text/html,x ¦ vbscript:x ¦ file:///etc/passwd ¦ https:// ¦ http:///x
    https:example.com ¦ //example.com ¦ https://exa mple.com ¦ https://example.com/a b ¦ note: hello ¦ call me
    https://example.com/<script> ¦ https//example.com ¦ htp://example.com ¦ https://example.com:port/ ¦ mailto: ¦ tel:
    blob:https://x ¦ https://@/
    """),
    "\x01javascript:alert(1)",
    "java\nscript:alert(1)",
    "https://example.com\\@evil.example",
    'https://example.com/"x',
    "https://example.com/\u202e",
]


@pytest.mark.parametrize("text", URLS)
def test_a_web_address_is_kept_as_it_is_typed(text: str) -> None:
    assert read("url", f" {text} ") == text


@pytest.mark.parametrize("text", NO_URLS)
def test_what_a_click_may_not_follow_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no web address"):
        read("url", text)


@pytest.mark.parametrize("text", ["example.com", "www.example.com/a?b", "example.co.uk:8080", "readme.md"])
def test_an_address_without_its_scheme_is_refused_with_the_whole_one(text: str) -> None:
    with pytest.raises(ValueError, match=f"write https://{text.split('?')[0]}"):
        read("url", text)


PHONES = [
    *texts("""
    112 ¦ 22123456 ¦ +47 22 12 34 56 ¦ +4722123456 ¦ (212) 555-1234 ¦ +1 (212) 555-1234 ¦ +44 (0)20 7946 0958 ¦ 0049/30/123456
    1-800-555-1234 ¦ 212.555.1234 ¦ 555-1234 ext. 12 ¦ 555-1234 x12 ¦ +1 212 555 1234, ext 5 ¦ 030 – 123 456 ¦ 555-1234 #3
    123456789012345 ¦ ( 02 ) 12345
    """),
    "+47\u00a022\u00a012\u00a034\u00a056",
]
NO_PHONES = [
    *texts("""
    12 ¦ + ¦ call me ¦ 1234567890123456 ¦ 555-CALL ¦ +47 22 12 34 5x ¦ ++4722123456 ¦ 22 12 34 56 or 57 ¦ tel:+4722 ¦ 22,12,34 ¦ -
    n/a ¦ 555-1234 ext. ¦ 1e10 ¦ 555 1234 / 555 1235 / 555 1236 ¦ ٢٢١٢٣٤٥٦
    """),
    "",
    "22\n12\n34",
]


@pytest.mark.parametrize("text", PHONES)
def test_a_telephone_number_is_kept_as_it_is_typed(text: str) -> None:
    assert read("phone", f" {text} ") == text


@pytest.mark.parametrize("text", NO_PHONES)
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no telephone number"):
        read("phone", text)


@pytest.mark.parametrize("kind", ["uuid", "member"])
@pytest.mark.parametrize(
    "text",
    [
        "0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10",
        "0B6D7A52-6A0C-4F6E-9D0E-6B4F6C1F7A10",
        "{0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10}",
        "0b6d7a526a0c4f6e9d0e6b4f6c1f7a10",
        "urn:uuid:0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10",
        "0b6d-7a52-6a0c-4f6e-9d0e-6b4f-6c1f-7a10",
    ],
)
def test_a_uuid_is_read_in_every_usual_spelling(kind: str, text: str) -> None:
    assert read(kind, text) == "0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0b6d7a52",
        "{0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10",
        "0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a1g",
        "0b6d7a52_6a0c_4f6e_9d0e_6b4f6c1f7a10",
        "Ada",
    ],
)
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no UUID"):
        read("uuid", text)


def test_a_member_may_be_kept_as_text() -> None:
    assert read("member", " ada ", "text") == "ada"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        "1",
        "-1.5e10",
        '"a"',
        "true",
        ' {"a": [1, 2, {"b": null}]} ',
        "1" * 5000,
        '"\\u00e9"',
        '{"a": 1, "a": 2}',
    ],
)
def test_a_document_is_kept_as_it_is_typed(text: str) -> None:
    assert read("json", text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "double quotes"),
        ("'a'", "double quotes"),
        ("{a: 1}", "line 1, column 2"),
        ("[1,]", "line 1"),
        ("[1, 2", "line 1"),
        ("{} {}", "line 1"),
        ("NaN", "write it as a string"),
        ("[Infinity]", "write it as a string"),
        ("[" * 100_000, "too deeply"),
        ('"a\\u0000b"', "NUL"),
        ("1_000", "line 1"),
        ("01", "line 1"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("json", text)


CHOICES = examples("""
    Open → Open ¦ open → Open ¦ OPEN → Open ¦ done → Done ¦ in progress → In progress ¦ a, b → a, b ¦ STRASSE → Straße
""")


@pytest.mark.parametrize(("text", "option"), CHOICES)
def test_an_option_is_read_whatever_its_case(text: str, option: str) -> None:
    assert read("choice", f" {text} ", options=OPTIONS) == option


@pytest.mark.parametrize("text", ["shut", "Ope", "Open, Done", "Open ed", "1", "In  progress"])
def test_what_is_no_option_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="none of the options: Open, In progress, Done"):
        read("choice", text, options=OPTIONS)


def test_labels_that_differ_by_case_alone_are_told_apart() -> None:
    options = [{"value": "a"}, {"value": "A"}, {"value": "b"}]
    assert [read("choice", text, "mood", options=options) for text in ("a", "A", "B")] == ["a", "A", "b"]
    with pytest.raises(ValueError, match="no options yet"):
        read("choice", "a")


@pytest.mark.parametrize(
    ("text", "array"),
    [
        ("Open", '{"Open"}'),
        ("open, done", '{"Open","Done"}'),
        ("open;done; open", '{"Open","Done"}'),
        ("open\ndone", '{"Open","Done"}'),
        ("a, b", '{"a, b"}'),
        ('"a, b", done', '{"a, b","Done"}'),
        ("a, b; done", '{"a, b","Done"}'),
        ('{Open,"a, b"}', '{"Open","a, b"}'),
        ("{}", "{}"),
        (" , open, ", '{"Open"}'),
    ],
)
def test_several_options_are_read_from_a_list(text: str, array: str) -> None:
    assert read("choices", text, options=OPTIONS) == array


@pytest.mark.parametrize(
    "text",
    ["shut", "open, shut", "a, b, done", "{Open,NULL}", "{Open", "{{Open}}", "{Open,}", "{,}", '{"Open}', "open|done"],
)
def test_a_list_with_something_else_in_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"none of the options|no list"):
        read("choices", text, options=OPTIONS)


@pytest.mark.parametrize(
    ("type_", "text", "array"),
    [
        ("text[]", "a, b", '{"a","b"}'),
        ("text[]", "a; b, c", '{"a","b, c"}'),
        ("text[]", '"a, b",c', '{"a, b","c"}'),
        ("text[]", '["a", null, "b\\"c\\\\"]', r'{"a",NULL,"b\"c\\"}'),
        ("text[]", "a\nb", '{"a","b"}'),
        ("integer[]", "1, 2", '{"1","2"}'),
        ("integer[]", "[1, 2, null]", '{"1","2",NULL}'),
        ("numeric[]", "1,5; 2", '{"1.5","2"}'),
        ("date[]", "31/12/2024, 2024-01-01", '{"2024-12-31","2024-01-01"}'),
        ("boolean[]", "yes, no", '{"true","false"}'),
        ("boolean[]", "[true, false]", '{"true","false"}'),
        ("interval[]", "5 min; 1h", '{"5 minutes","1 hours"}'),
        ("integer[]", "{1,2,NULL}", "{1,2,NULL}"),
        ("integer[]", "{{1,2},{3,4}}", "{{1,2},{3,4}}"),
        ("integer[]", "[0:1]={1,2}", "[0:1]={1,2}"),
        ("integer[]", "{}", "{}"),
        ("integer[]", "[]", "{}"),
    ],
)
def test_a_list_is_read_by_the_kind_of_its_elements(type_: str, text: str, array: str) -> None:
    assert read("array", text, type_) == array


@pytest.mark.parametrize(
    ("type_", "text", "why"),
    [
        ("integer[]", "1, x", "not a number"),
        ("integer[]", "[1, 2", "no list"),
        ("integer[]", "[[1], [2]]", "list of lists"),
        ("date[]", "03/04/2024", "and as"),
        ("integer[]", "1;1.5", "whole"),
        ("text[]", "[" * 100_000, "no list"),
    ],
)
def test_what_is_no_list_of_such_elements_is_refused(type_: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("array", text, type_)
