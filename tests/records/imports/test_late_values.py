"""What comes late in a file: columns widen, nothing is lost, and what stands in the way is told."""

from tests.fixtures.files import Files, column, parsed, plain

NORMALISED = {
    "1.5e-05": "0.000015",
    "10:30": "10:30:00",
    "2020-01-01T10:00:00": "2020-01-01 10:00:00",
    "2020-01-01 10:00": "2020-01-01 10:00:00",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
}
LATE = [
    ("1", "2.50", "numeric"),
    ("1", "007", "text"),
    ("1", "1e5", "text"),
    ("1.50", "n/a", "text"),
    ("1.50", "1.5e-05", "numeric"),
    ("true", "yes", "text"),
    ("TRUE", "maybe", "text"),
    ("2020-01-01", "31/12/2020", "text"),
    ("2020/01/01", "x", "text"),
    ("10:30", "10:30:15", "time without time zone"),
    ("10:30", "later", "text"),
    ("2020-01-01T10:00:00Z", "soon", "text"),
    ("2020-01-01T10:00:00", "2020-01-01 10:00", "timestamp without time zone"),
    ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "uuid"),
    ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "none", "text"),
]


async def test_a_value_late_in_the_file_widens_its_column_and_loses_nothing(files: Files) -> None:
    for at, (first, last, type_) in enumerate(LATE):
        values = [first] * 12_000 + ["", last, first]
        report = await files.load(plain([["n", "v"], *([n, value] for n, value in enumerate(values))]), f"t{at}")
        found = column(report, "v")
        assert found["type"] == type_, (first, last)
        _, rows = parsed(await files.export(f"t{at}", fields="v", sort="n"))
        shown = [row[0] for row in rows]
        if "normalised" not in found:
            assert shown == [value or None for value in values]
        else:
            assert type_ != "text"
            assert shown == [value and NORMALISED.get(value, value) for value in [v or None for v in values]]


async def test_many_columns_that_widen_one_by_one_are_no_burden(files: Files) -> None:
    width = 24
    rows = [["1"] * width for _ in range(7_000)]
    for at in range(width):
        rows[5_500 + at * 50][at] = "x"
    report = await files.load(plain([[f"c{at}" for at in range(width)], *rows]))
    assert {found["type"] for found in report["columns"]} == {"text"}
    _, found = parsed(await files.export(fields=",".join(f"c{at}" for at in range(width)), sort="id"))
    assert found == rows


async def test_what_stands_in_the_way_of_a_better_type_is_counted(files: Files) -> None:
    values = [str(n) for n in range(20_000)] + ["n/a", "n/a", "-"]
    report = await files.load(plain([["v"], *([value] for value in values)]))
    found = column(report, "v")
    assert found["type"] == "text"
    assert found["why"] == "3 of 20,003 values are not whole numbers: '-', 'n/a'"
    assert found["obstacle"] == {"type": "bigint", "count": 3, "of": 20_003, "examples": ["-", "n/a"]}
