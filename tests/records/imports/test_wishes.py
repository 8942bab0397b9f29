"""What a caller says about a file: words for NULL, types and kinds, columns, and what becomes of values that do not fit."""

from typing import Any

from tests.fixtures.files import Files, column, nothing_is_left, parsed, plain
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant


async def test_words_that_the_caller_names_become_null(files: Files) -> None:
    report = await files.load('a,b\n1,"n/a"\nn/a,-\n-,x\n', null_values=["n/a", "-"])
    assert column(report, "a")["type"] == "bigint"
    assert parsed(await files.export(fields="a,b", sort="id"))[1] == [["1", None], [None, None], [None, "x"]]


async def test_the_caller_names_types_and_columns_and_skips_some(files: Files, schema: Schema) -> None:
    wishes = [
        {"source": "zip", "type": "varchar(5)"},
        {"source": 2, "name": "Amount", "type": "numeric(10,2)"},
        {"source": "junk", "skip": True},
    ]
    report = await files.load("zip,amount,junk,n\n12345,1.5,x,7\n,2,y,8\n", columns=wishes)
    assert report["skipped"] == ["junk"]
    table = await schema.table("people")
    assert [(found["name"], found["type"]) for found in table["columns"]] == [
        ("id", "bigint"),
        ("zip", "character varying(5)"),
        ("Amount", "numeric(10,2)"),
        ("n", "bigint"),
    ]
    assert parsed(await files.export(fields='zip,"Amount",n', sort="id"))[1] == [
        ["12345", "1.50", "7"],
        [None, "2.00", "8"],
    ]


MISFITS = [
    ("numeric(10,2)", "1.005"),
    ("numeric(3,0)", "1234"),
    ("integer", "1.5"),
    ("integer", "3000000000"),
    ("smallint", "x"),
    ("varchar(3)", "abcd"),
    ("real", "16777217"),
    ("double precision", "0.1234567890123456789"),
    ("double precision", "1e400"),
    ("date", "01/02/2020"),
    ("date", "today"),
    ("date", "2020-01-01 10:00:00"),
    ("timestamp", "2020-01-01 10:00:00+02"),
    ("timestamp(0)", "2020-01-01 10:00:00.5"),
    ("timestamptz", "2020-01-01 10:00:00"),
    ("time", "now"),
    ("boolean", "oui"),
    ("uuid", "x"),
    ("jsonb", "{"),
    ("inet", "1.2.3"),
    ("integer[]", "1,2"),
    ("daterange", "[today,)"),
]


async def test_a_value_that_the_asked_type_would_alter_is_refused(files: Files, tenant: Tenant) -> None:
    for type_, value in MISFITS:
        with refused("VALUE_MISFIT", "'v'", repr(value)):
            await files.load(plain([["v"], [value]]), columns=[{"source": "v", "type": type_}])
    await nothing_is_left(tenant)


KEPT = [
    ("numeric(10,2)", "1.5", "1.50"),
    ("numeric", "NaN", "NaN"),
    ("integer", "-5", "-5"),
    ("real", "0.5", "0.5"),
    ("double precision", "1e300", "1e+300"),
    ("double precision", "Infinity", "Infinity"),
    ("date", "31/12/2020", "2020-12-31"),
    ("date", "infinity", "infinity"),
    ("date", "0044-03-15 BC", "0044-03-15 BC"),
    ("timestamptz", "2020-01-01T10:00:00+02:00", "2020-01-01 08:00:00+00"),
    ("time", "10:30", "10:30:00"),
    ("boolean", "no", "false"),
    ("text", "007", "007"),
    ("char(3)", "ab", "ab"),
    ("json", '{"b": 1,  "a": 1}', '{"b": 1,  "a": 1}'),
    ("interval", "1 mon 2 days", "1 mon 2 days"),
    ("inet", "10.0.0.0/8", "10.0.0.0/8"),
    ("bytea", r"\x00ff", r"\x00ff"),
    ("integer[]", "{1,NULL,3}", "{1,NULL,3}"),
    ("money", "$1.50", "$1.50"),
]


async def test_a_value_that_the_asked_type_holds_is_kept(files: Files) -> None:
    for at, (type_, value, shown) in enumerate(KEPT):
        report = await files.load(plain([["v"], [value]]), f"t{at}", columns=[{"source": "v", "type": type_}])
        assert column(report, "v")["why"] == "the caller asks for this type"
        assert parsed(await files.export(f"t{at}", fields="v"))[1] == [[shown]]


OPTIONS: list[tuple[Any, str]] = [
    ({"colums": []}, "colums"),
    ({"header": "yes"}, "header"),
    ({"delimiter": "::"}, "delimiter"),
    ({"encoding": "klingon"}, "encoding"),
    ({"date_order": "ydm"}, "date_order"),
    ({"null_values": [1]}, "null_values"),
    ({"columns": [{"name": "x"}]}, "source"),
    ({"columns": [{"source": "nope", "skip": True}]}, "nope"),
    ({"columns": [{"source": 3, "skip": True}]}, "3"),
    ({"columns": [{"source": 1, "skip": True}, {"source": 2, "skip": True}]}, "skipped"),
    ({"columns": [{"source": 1, "name": "b"}]}, "'b'"),
    ({"columns": [{"source": 1, "misfit": "x"}]}, "misfit"),
]


async def test_an_option_that_makes_no_sense_is_refused_by_name(files: Files, tenant: Tenant) -> None:
    for options, word in OPTIONS:
        with refused("OPTION_INVALID", word):
            await files.load("a,b\n1,2\n", **options)
    await nothing_is_left(tenant)


KINDS: list[tuple[dict[str, Any], str, str, str, str]] = [
    ({"kind": "email"}, "ada@example.org", "ada at home", "text", "email"),
    ({"kind": "url"}, "https://example.org/a", "example", "text", "url"),
    ({"kind": "rating", "display": {"max": 3}}, "3", "4", "smallint", "rating"),
    ({"kind": "choice", "display": {"options": [{"value": "a"}, {"value": "b"}]}}, "b", "c", "text", "choice"),
    ({"type": "numeric(8,2)", "kind": "money", "display": {"currency": "EUR"}}, "1.50", "x", "numeric(8,2)", "money"),
]


async def test_a_column_becomes_of_the_kind_that_the_caller_names_with_its_rule(
    files: Files, schema: Schema, tenant: Tenant
) -> None:
    for at, (wish, good, bad, type_, kind) in enumerate(KINDS):
        wishes = [{"source": "v", **wish}]
        with refused("VALUE_MISFIT", bad):
            await files.load(f"v\n{good}\n{bad}\n", f"t{at}", columns=wishes)
        report = await files.load(f"v\n{good}\n", f"t{at}", columns=wishes)
        assert (column(report, "v")["type"], column(report, "v")["kind"]) == (type_, kind)
        found = (await schema.table(f"t{at}"))["columns"][1]
        assert (found["type"], found["kind"]) == (type_, kind)
        assert found["display"] == wish.get("display", {})


async def test_a_table_that_is_like_another_has_its_kinds(files: Files, schema: Schema) -> None:
    await files.load("mail,n\na@b.org,1\n", "first", columns=[{"source": "mail", "kind": "email"}])
    with refused("VALUE_MISFIT", "'x'"):
        await files.load("mail\nx\n", "second", like="first")
    await files.load("mail\nb@c.org\n", "second", like="first")
    assert (await schema.table("second"))["columns"][1]["kind"] == "email"


async def test_rows_for_a_table_are_read_by_its_kinds(files: Files, tenant: Tenant) -> None:
    await files.load("mail,n\na@b.org,1\n", columns=[{"source": "mail", "kind": "email"}])
    report = await files.load("mail,n\nx,2\nc@d.org,3\n", into="people", on_misfit="reject")
    assert report["rejects"] == 1
    assert await tenant.value("SELECT array_agg(mail ORDER BY id) FROM people", access="read") == [
        "a@b.org",
        None,
        "c@d.org",
    ]


async def test_a_column_whose_values_do_not_fit_stays_text_where_the_caller_says_so(files: Files) -> None:
    wishes = [{"source": "v", "type": "integer", "on_misfit": "text"}]
    report = await files.load("n,v\n1,7\n2,n/a\n3,008\n", columns=wishes)
    found = column(report, "v")
    assert found["type"] == "text"
    assert found["why"] == "1 of 3 values cannot be kept as integer: 'n/a'"
    assert parsed(await files.export(fields="v", sort="n"))[1] == [["7"], ["n/a"], ["008"]]


async def test_values_that_do_not_fit_are_set_aside_with_their_rows_where_the_caller_says_so(files: Files) -> None:
    rows = [[str(n), "x" if n % 5_000 == 0 else str(n)] for n in range(1, 20_001)]
    for name, header in (("numbered", ["n", "v"]), ("by_id", ["id", "v"])):
        text = plain([header, *rows])
        report = await files.load(text, name, columns=[{"source": "v", "type": "integer", "on_misfit": "reject"}])
        assert (report["rows"], report["rejects"], column(report, "v")["type"]) == (20_000, 4, "integer")
        rejected = (await files.rejects(report["id"]))["rejects"]
        assert [told["row"] for told in rejected] == [5_000, 10_000, 15_000, 20_000]
        assert {(told["column"], told["value"]) for told in rejected} == {("v", "x")}
        _, found = parsed(await files.export(name, fields="v", sort=header[0]))
        assert found == [[None if row[1] == "x" else row[1]] for row in rows]


async def test_an_import_without_rejects_says_so_with_nought(files: Files) -> None:
    report = await files.load("a\n1\n")
    assert report["rejects"] == 0
    assert "rejects_url" not in report
    assert (await files.rejects(report["id"]))["rejects"] == []
