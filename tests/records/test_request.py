"""What callers write, read without a database: names, filters, documents, bodies, keys, cursors."""

import base64
import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.records import documents, names, request
from services.records.documents import Number
from services.records.errors import BodyInvalid, CursorInvalid, FieldsInvalid, FilterInvalid, Malformed, SortInvalid
from services.records.names import Sort
from services.records.reads import cursors, filters
from services.records.reads.cursors import Cursor
from services.records.reads.filters import Every, Not, Some
from services.records.writes import edits

TABLE = request.TableName("public", "people")
NAME = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@given(st.lists(NAME, min_size=1, max_size=5))
def test_any_name_can_be_written_in_quotes(given_: list[str]) -> None:
    assert names.fields(",".join(map(quoted, given_))) == tuple(given_)
    sort = ",".join(f"{quoted(name)}:desc" for name in given_)
    assert names.sort(sort) == tuple(Sort(name, descending=True) for name in given_)


@given(st.text(max_size=20))
def test_any_text_of_fields_and_sort_is_read_or_refused(text: str) -> None:
    for read, error in ((names.fields, FieldsInvalid), (names.sort, SortInvalid)):
        with suppress(error):
            assert all(isinstance(found, str | Sort) for found in read(text))


def test_plain_names_need_no_quotes_and_blanks_around_them_do_not_count() -> None:
    assert names.fields("a, b c ,@12") == ("a", "b c", "@12")
    assert names.sort(' a:desc ,b:asc, "c,d:e":raw:desc') == (
        Sort("a", descending=True),
        Sort("b"),
        Sort("c,d:e", descending=True, raw=True),
    )
    assert names.fields("") == ()
    assert names.sort("") == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab"\\é', max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_a_document_that_is_read_and_written_means_the_same(value: Any) -> None:
    assert json.loads(documents.dump(documents.parse(json.dumps(value), "It"))) == value


@pytest.mark.parametrize("text", ["1.10", "-0", "1e400", "123456789012345678901234567890.10", "9" * 5000])
def test_a_number_keeps_every_digit(text: str) -> None:
    found = documents.parse(f'{{"n": {text}}}', "It")
    assert found == {"n": Number(text)}
    assert documents.dump(found) == f'{{"n":{text}}}'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', "repeats the name 'a'"),
        ('[{"a": {"b": 1, "b": 1}}]', "repeats the name 'b'"),
        ('"\\u0000"', "NUL"),
        ('["\\ud800"]', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
    ],
)
def test_what_would_be_read_in_two_ways_or_not_kept_is_no_document(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        documents.dump(documents.parse(text, "It"))


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "[1,]", '"\t"', "01", "[" * 100_000, "'a'", "\ufeff1"])
def test_what_is_no_json_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match=r"JSON|nested"):
        documents.parse(text, "It")


def test_a_filter_is_a_tree() -> None:
    text = '{"and": [{"column": "a", "op": "in", "value": [1, "x"]}, {"or": []}, {"not": {"column": "b", "op": "is_null"}}]}'
    assert filters.parse(text) == Every(
        (filters.Test("a", "in", [Number("1"), "x"]), Some(()), Not(filters.Test("b", "is_null"))),
    )
    assert filters.parse("") is None


def test_bodies_become_records_changes_and_keys() -> None:
    assert edits.create(TABLE, b'{"records": [{"a": 1}, {}]}', edits.manner("string")) == edits.Create(
        TABLE, ({"a": Number("1")}, {}), edits.Manner(as_text=True)
    )
    update = edits.update(TABLE, b'{"records": [{"key": 7, "set": {"a": null}, "version": "3"}]}')
    assert update.changes == (edits.Change("7", {"a": None}, "3"),)
    assert edits.update_one(TABLE, "7", b"{}", "*").changes[0].version == ""
    delete = edits.delete(TABLE, b'{"keys": ["a,b", 1, {"key": "2", "version": "8"}]}')
    assert isinstance(delete, edits.Delete)
    assert delete.keys == (("a,b", ""), ("1", ""), ("2", "8"))
    with pytest.raises(BodyInvalid, match="Record 2 names 'a' twice"):
        edits.create(TABLE, b'{"records": [{}, {"a": 1, "a": 2}]}')


def test_a_filter_that_names_nothing_deletes_nothing() -> None:
    some = edits.delete(TABLE, b'{"filter": {"not": {"column": "a", "op": "eq", "value": 1.50}}}')
    assert isinstance(some, edits.DeleteWhere)
    assert some.found.where == Not(filters.Test("a", "eq", Number("1.50")))
    for empty in ("{}", '{"and": []}', '{"not": {"or": []}}', "null", '""', "[]"):
        with pytest.raises(FilterInvalid):
            edits.delete(TABLE, f'{{"filter": {empty}}}'.encode())


def test_an_idempotency_key_stands_for_every_part_of_its_request() -> None:
    assert request.once("k", "create", "ab", b"c") == request.once("k", "create", "ab", b"c")
    assert request.once("k", "create", "ab", b"c") != request.once("k", "create", "a", b"bc")


CURSORS = st.builds(
    Cursor,
    table=st.integers(1, 10**9),
    digest=st.binary(min_size=6, max_size=6),
    position=st.integers(0, 10**12),
    values=st.none() | st.lists(st.none() | NAME.filter(lambda text: "\0" not in text), max_size=4).map(tuple),
    backward=st.booleans(),
    inclusive=st.booleans(),
)


@given(CURSORS)
def test_a_cursor_comes_back_as_it_went(cursor: Cursor) -> None:
    assert cursors.decode(cursors.encode(cursor), cursor.table, cursor.digest) == cursor
    for table, digest in ((cursor.table + 1, cursor.digest), (cursor.table, b"other.")):
        with pytest.raises(CursorInvalid):
            cursors.decode(cursors.encode(cursor), table, digest)


@given(CURSORS, st.integers(0, 200), st.characters(codec="ascii"))
def test_a_cursor_with_another_letter_is_refused(cursor: Cursor, at: int, letter: str) -> None:
    text = cursors.encode(cursor)
    mangled = text[: at % len(text)] + letter + text[at % len(text) + 1 :]
    try:
        assert cursors.decode(mangled, cursor.table, cursor.digest) == cursor
    except CursorInvalid:
        assert mangled != text


@pytest.mark.parametrize(
    "field", [(3, -1), (3, 2**70), (3, 1.5), (3, "1"), (4, "abc"), (4, [1]), (4, ["a\0"]), (5, 1), (6, None)]
)
def test_a_cursor_that_somebody_made_himself_is_refused_where_it_makes_no_sense(field: tuple[int, Any]) -> None:
    fields = [1, 1, b"digest".hex(), 0, ["a"], False, False]
    fields[field[0]] = field[1]
    raw = json.dumps(fields).encode()
    text = base64.urlsafe_b64encode(hashlib.blake2b(raw, digest_size=6).digest() + raw).decode()
    with pytest.raises(CursorInvalid):
        cursors.decode(text, 1, b"digest")
