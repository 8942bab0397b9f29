"""Requests for reads against the catalog: every name, operator and value is found or refused here, with a cure."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from services.records import keys, request, shapes, values
from services.records.errors import AggregateInvalid, CursorInvalid, FieldsInvalid, hint
from services.records.errors import shown as shown_text
from services.records.plans import Aggregate, Input, Jump, Page, Record, Role, Selection
from services.records.reads import cursors, filtering, ordering, searching
from services.tenancy.catalog import Catalog, Column, Table

_ORDERED = frozenset({"min", "max", "median"})
_WITH_VERSIONS = frozenset({"table", "partitioned_table", "materialized_view"})


def selection(catalog: Catalog, asked: request.Selection, *, as_text: bool = False) -> Selection:
    """The rows that a list or an export is about. Raises what names no table or column, SortInvalid and FilterInvalid."""
    table = catalog.table(asked.table.schema, asked.table.table)
    where, arguments, inputs = filtering.resolve(table, asked.where)
    searched = searching.resolve(table, asked.words)
    if searched is not None:
        where = shapes.Group(True, (searched.condition, *((where,) if where else ())))
        arguments |= searched.arguments
    fields = shown(table, asked.fields, as_text)
    order = ordering.resolve(table, asked.sort)
    rows = shapes.Rows(source(table), fields, order, where)
    return Selection(table, rows, arguments | ordering.arguments(table, order) | {"oid": table.oid}, inputs, searched)


def page(catalog: Catalog, asked: request.Page) -> Page:
    """A page of those. Raises CursorInvalid besides."""
    found = selection(catalog, asked.selection, as_text=asked.as_text)
    digest, table = asked.selection.digest, found.table
    shape = shapes.Page(
        rows=found.rows,
        key=key_columns(table) if table.primary_key else (),
        limit=asked.limit,
        after=None,
        offset=False,
        as_arrays=asked.rows,
        counted=asked.count == "exact",
    )
    jump = Jump(asked.offset or None) if asked.offset or asked.from_end else None
    whole = Page(found, shape, found.arguments, found.inputs, digest, asked.count, None, jump, True)
    if not asked.cursor:
        return whole
    start = cursors.decode(asked.cursor, table.id, digest)
    return started(whole, start, exact=start.values is None)


def started(plan: Page, start: cursors.Cursor, *, exact: bool) -> Page:
    """The same page, from a cursor on. Raises CursorInvalid."""
    order = plan.shape.rows.order
    shape = replace(plan.shape, after=_after(start, order), offset=start.values is None)
    inputs = (*plan.inputs, *_cursor_inputs(start, order))
    return replace(plan, shape=shape, arguments=plan.arguments | _start(start), inputs=inputs, start=start, exact=exact)


def aggregate(catalog: Catalog, asked: request.Aggregate) -> Aggregate:
    """Figures over those rows. Raises AggregateInvalid besides."""
    found = selection(catalog, asked.selection)
    figures = tuple(_figure(found.table, figure, asked.as_text) for figure in asked.figures)
    window = asked.offset is not None or asked.limit is not None
    shape = shapes.Aggregate(replace(found.rows, fields=()), figures, window)
    return Aggregate(found, shape, found.arguments | {"offset": asked.offset or 0, "limit": asked.limit}, asked.figures)


def shorter(plan: Page, limit: int) -> Page:
    """The same page with fewer records, for one that grew too large."""
    return replace(plan, shape=replace(plan.shape, limit=limit))


def record(catalog: Catalog, asked: request.Get) -> Record:
    """One record. Raises RecordUnknown for what cannot be a key, NoPrimaryKey where there is none."""
    table = catalog.table(asked.table.schema, asked.table.table)
    parts = keys.values(asked.key, table)
    columns = key_columns(table)
    shape = shapes.Record(source(table), shown(table, asked.fields, asked.as_text), columns)
    arguments = {f"k{at}": part for at, part in enumerate(parts)}
    inputs = tuple(Input(Role.KEY, c.name, c.type, (part,)) for c, part in zip(columns, parts, strict=True))
    return Record(table, shape, {**arguments, "oid": table.oid}, inputs, asked.key)


def source(table: Table) -> shapes.Source:
    """The table as a statement names it."""
    hashed = table.view is not None and bool(table.primary_key)
    return shapes.Source(table.schema, table.name, hashed or table.relation in _WITH_VERSIONS, hashed)


def key_columns(table: Table) -> tuple[shapes.Column, ...]:
    """The primary key's columns as a statement names them. Raises NoPrimaryKey."""
    return tuple(shapes.Column(column.name, column.base_type) for column in keys.columns(table))


def shown(table: Table, names: tuple[str, ...], as_text: bool) -> tuple[shapes.Field, ...]:
    """The columns that are shown: those named, or all. Raises ColumnUnknown, and FieldsInvalid for one named twice."""
    columns = _distinct(table.column(name) for name in names) if names else table.columns
    return tuple([_field(column.name, column.base_type, values.form(column, as_text)) for column in columns])


# Made once: a page of a table with many columns would spend most of its time here.
_field = lru_cache(16_384)(shapes.Field)


def _distinct(columns: Iterable[Column]) -> list[Column]:
    found: dict[str, Column] = {}
    for column in columns:
        if column.name in found:
            raise FieldsInvalid(f"'fields' names column '{column.name}' twice.")
        found[column.name] = column
    return list(found.values())


def _figure(table: Table, asked: request.Figure, as_text: bool) -> shapes.Figure:
    column = table.column(asked.column)
    known = values.kind(column).aggregates
    if asked.function not in known:
        raise AggregateInvalid(
            f"Column '{column.name}' of type {column.type} has no {shown_text(asked.function)}"
            f"{hint(asked.function, known)} It has {', '.join(known)}."
        )
    if asked.function in _ORDERED and not column.sortable:
        raise AggregateInvalid(
            f"Column '{column.name}' has no '{asked.function}': values of type {column.type} have no order."
        )
    form = values.form(column, as_text)
    return shapes.Figure(column.name, asked.function, column.base_type, form, ordering.natural(column), as_text)


def _after(start: cursors.Cursor, order: tuple[shapes.Level, ...]) -> shapes.After | None:
    if start.values is None:
        return None
    if not 0 < len(start.values) <= len(order) or any(
        value is None and not level.nullable for value, level in zip(start.values, order, strict=False)
    ):
        raise CursorInvalid
    return shapes.After(tuple(value is None for value in start.values), start.backward, start.inclusive)


def _start(start: cursors.Cursor) -> dict[str, str | int | None]:
    if start.values is None:
        return {"offset": start.position}
    return {f"k{at}": value for at, value in enumerate(start.values)}


def _cursor_inputs(start: cursors.Cursor, order: tuple[shapes.Level, ...]) -> Iterable[Input]:
    for level, value in zip(order, start.values or (), strict=False):
        yield Input(Role.CURSOR, level.name, level.type, (value,))
