"""What people read: schemas, tables, the timeline, in pages."""

from collections.abc import Sequence

from services.kit import paging
from services.kit.rpc.identity import Caller
from services.schema import convert
from services.tenancy import catalog, timeline
from services.tenancy.catalog import Table, identifier_in
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases


class Listings:
    """Reads for callers who may see the shape, on the login that can only read."""

    def __init__(self, databases: Databases, catalogs: Catalogs) -> None:
        self._databases = databases
        self._catalogs = catalogs

    async def schemas(self, caller: Caller, limit: int, cursor: str) -> bytes:
        """A page of schemas, by name."""
        caller.require("schema:read")
        known = await self._catalogs.current(caller.tenant)
        after, size = paging.key_of(cursor, str), paging.bounded(limit)
        rest = [schema for schema in known.schemas if after is None or schema.name > str(after[0])]
        following = paging.cursor(rest[size - 1].name) if len(rest) > size else None
        return convert.json_of({"schemas": [convert.schema_to(schema) for schema in rest[:size]], "next": following})

    async def tables(self, caller: Caller, schema: str, limit: int, cursor: str) -> bytes:
        """A page of tables and views of one schema or all, by schema and name."""
        caller.require("schema:read")
        known = await self._catalogs.current(caller.tenant)
        after, size = paging.key_of(cursor, str, str), paging.bounded(limit)
        listed = known.of(known.schema(schema).name) if schema else known.tables
        rest = [table for table in listed if after is None or (table.schema, table.name) > after]
        following = paging.cursor(rest[size - 1].schema, rest[size - 1].name) if len(rest) > size else None
        rows = await self._rows(caller, rest[:size])
        listed_now = [convert.summary_to(table, rows[table.id]) for table in rest[:size]]
        return convert.json_of({"tables": listed_now, "next": following})

    async def table(self, caller: Caller, schema: str, table: str) -> bytes:
        """One table, with its columns, constraints and indexes."""
        caller.require("schema:read")
        found = await self._catalogs.planned(caller.tenant, lambda known: known.table(schema, table))
        return convert.json_of(convert.table_to(found, (await self._rows(caller, [found]))[found.id]))

    async def operations(self, caller: Caller, table: tuple[str, str] | None, limit: int, cursor: str) -> bytes:
        """A page of the timeline, latest first; `table` by name or `@id`, the latter also when it was dropped."""
        caller.require("schema:read")
        relation = await self._relation(caller, *table) if table else None
        async with self._databases.acquire(caller.tenant, "ro") as connection:
            page, following = await timeline.page(connection, limit=limit, cursor=cursor, relation=relation)
        return convert.json_of({"operations": [convert.operation_to(step) for step in page], "next": following})

    async def operation(self, caller: Caller, identifier: int) -> bytes:
        """One step of the timeline."""
        caller.require("schema:read")
        async with self._databases.acquire(caller.tenant, "ro") as connection:
            return convert.json_of(convert.operation_to(await timeline.get(connection, identifier)))

    async def _rows(self, caller: Caller, tables: Sequence[Table]) -> dict[int, int]:
        async with self._databases.acquire(caller.tenant, "ro") as connection:
            return await catalog.estimates(connection, tables)

    async def _relation(self, caller: Caller, schema: str, table: str) -> int:
        identifier = identifier_in(table)
        return (
            identifier
            if identifier is not None
            else (await self._catalogs.current(caller.tenant)).table(schema, table).id
        )
