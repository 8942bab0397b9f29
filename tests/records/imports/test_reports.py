"""What is told of an import: before it, on the timeline, and for good."""

from tests.fixtures.files import Files, nothing_is_left, relations
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant


async def test_an_import_is_one_step_that_can_be_undone_and_redone(
    files: Files, schema: Schema, tenant: Tenant
) -> None:
    report = await files.load("a\n1\n")
    operation = await schema.operation(report["operation"])
    assert operation["do"] == "adopt_table"
    undone = await schema.undo(report["operation"])
    assert await relations(tenant) == []
    assert (await files.report(report["id"]))["state"] == "undone"
    await schema.redo(report["operation"])
    assert await relations(tenant) == ["people"]
    assert undone["id"] > report["operation"]


async def test_the_report_stays_on_the_timeline(files: Files) -> None:
    report = await files.load("a\n1\n")
    assert await files.report(report["id"]) == report


async def test_an_import_that_never_was_is_not_found(files: Files) -> None:
    for identifier in ["0", "99", "x", "", "-1", "9223372036854775808"]:
        with refused("IMPORT_NOT_FOUND"):
            await files.report(identifier)


async def test_a_preview_shows_dialect_columns_and_rows_and_changes_nothing(files: Files, tenant: Tenant) -> None:
    shown = await files.preview("id;born;note\n1;31/12/2020;a\n2;;\n")
    assert shown["dialect"] == {"format": "csv", "encoding": "UTF-8", "delimiter": ";", "newline": "LF", "header": True}
    assert [(found["name"], found["type"]) for found in shown["columns"]] == [
        ("id", "bigint"),
        ("born", "date"),
        ("note", "text"),
    ]
    assert shown["rows"] == [["1", "31/12/2020", "a"], ["2", None, None]]
    await nothing_is_left(tenant)


async def test_a_preview_of_a_head_that_is_cut_leaves_out_the_cut_row(files: Files) -> None:
    assert (await files.preview('a,b\n1,2\n3,"x', whole=False))["rows"] == [["1", "2"]]
