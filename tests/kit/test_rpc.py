"""Guard and Channel against each other: a real server on a unix socket, real stubs."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from rowhouse.records.v1 import records_pb2, records_pb2_grpc
from rowhouse.schema.v1 import schema_pb2, schema_pb2_grpc

from services.kit import errors
from services.kit.rpc import deadline, identity, status, tokens
from services.kit.rpc.channel import Channel
from services.kit.rpc.server import serve
from services.kit.rpc.typing import Context

PRIVATE, PUBLIC = tokens.generate_keys()
SIGNER = tokens.Signer(PRIVATE, "k1")
ADA = identity.Caller(subject="ada", tenant="t1", role="viewer", scopes=frozenset({"schema:read"}))


class TableGone(errors.NotFound):
    reason = "TABLE_GONE"

    def __init__(self, table: str, schema: str = "") -> None:
        super().__init__(f"Table {table!r} does not exist.", table=table, schema=schema)


class Catalogs(schema_pb2_grpc.CatalogsServicer):
    async def GetTable(self, request: schema_pb2.TableRef, context: Context) -> schema_pb2.Json:
        identity.caller().require("schema:read")
        if request.table == "fault":
            raise RuntimeError("secret detail")
        if request.table == "gone":
            raise TableGone(request.table, request.schema)
        return schema_pb2.Json(body=identity.caller().subject.encode())

    async def ListTables(self, request: schema_pb2.ListRequest, context: Context) -> schema_pb2.Json:
        return schema_pb2.Json(body=str(round(deadline.remaining(999))).encode())

    async def ListSchemas(self, request: schema_pb2.ListRequest, context: Context) -> schema_pb2.Json:
        identity.caller().require("schema:write")
        return schema_pb2.Json()


class Exports(records_pb2_grpc.ExportsServicer):
    def __init__(self) -> None:
        self.cleaned = asyncio.Event()

    async def Export(
        self, request: records_pb2.ExportRequest, context: Context
    ) -> AsyncIterator[records_pb2.ExportChunk]:
        try:
            for number in range(1_000_000):
                if request.format == "bad" and number == 1:
                    raise TableGone("half")
                yield records_pb2.ExportChunk(data=b"x" * 1000)
        finally:
            self.cleaned.set()


@asynccontextmanager
async def running(exports: Exports | None = None) -> AsyncIterator[Channel]:
    def register(server: grpc.aio.Server) -> None:
        schema_pb2_grpc.add_CatalogsServicer_to_server(Catalogs(), server)
        records_pb2_grpc.add_ExportsServicer_to_server(exports or Exports(), server)

    with tempfile.TemporaryDirectory(prefix="rh-") as folder:
        address = f"unix:{Path(folder) / 's'}"
        async with serve(address, tokens.Verifier({"k1": PUBLIC}), register, grace=1), Channel(address) as channel:
            yield channel


async def failure_of(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_a_call_carries_the_identity_of_its_caller() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            reply = await schema_pb2_grpc.CatalogsStub(channel).GetTable(schema_pb2.TableRef(table="t"))
        assert reply.body == b"ada"


async def test_a_call_without_a_token_is_refused_by_name() -> None:
    async with running() as channel:
        error = status.error_of(await failure_of(schema_pb2_grpc.CatalogsStub(channel).GetTable(schema_pb2.TableRef())))
        assert isinstance(error, errors.Unauthenticated)
        assert error.reason == "INTERNAL_TOKEN_INVALID"


async def test_an_error_arrives_with_its_reason_its_words_and_its_metadata() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            error = status.error_of(
                await failure_of(schema_pb2_grpc.CatalogsStub(channel).GetTable(schema_pb2.TableRef(table="gone")))
            )
        assert isinstance(error, errors.NotFound)
        assert (error.reason, error.metadata) == ("TABLE_GONE", {"table": "gone", "schema": ""})


async def test_a_fault_leaves_as_internal_error_and_says_nothing_else() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            failure = await failure_of(
                schema_pb2_grpc.CatalogsStub(channel).GetTable(schema_pb2.TableRef(table="fault"))
            )
        assert failure.code() is grpc.StatusCode.INTERNAL
        assert failure.details() == "Internal error."
        assert status.error_of(failure) is None


async def test_a_missing_right_is_forbidden_with_the_right_named() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            error = status.error_of(
                await failure_of(schema_pb2_grpc.CatalogsStub(channel).ListSchemas(schema_pb2.ListRequest()))
            )
        assert isinstance(error, errors.Forbidden)
        assert error.metadata == {"scope": "schema:write", "role": "viewer"}


async def test_a_call_without_a_deadline_is_refused() -> None:
    async with running() as channel:
        bare: Any = channel._inner.unary_unary("/rowhouse.schema.v1.Catalogs/GetTable")
        error = status.error_of(
            await failure_of(bare(b"", metadata=(("authorization", f"Bearer {SIGNER.sign(ADA)}"),)))
        )
        assert error is not None
        assert error.reason == "DEADLINE_MISSING"


async def test_a_nested_call_does_not_outlive_the_one_it_serves() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)), deadline.deadline(7):
            reply = await schema_pb2_grpc.CatalogsStub(channel).ListTables(schema_pb2.ListRequest())
        assert int(reply.body) <= 7


async def test_a_stream_that_its_reader_leaves_is_cleaned_up_in_the_server() -> None:
    exports = Exports()
    async with running(exports) as channel:
        with identity.identity(SIGNER.sign(ADA)):
            call = records_pb2_grpc.ExportsStub(channel).Export(records_pb2.ExportRequest())
            chunk = await call.read()
            assert isinstance(chunk, records_pb2.ExportChunk)
            assert chunk.data
            call.cancel()
        await asyncio.wait_for(exports.cleaned.wait(), 5)


async def test_an_error_in_the_middle_of_a_stream_keeps_its_reason() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            call = records_pb2_grpc.ExportsStub(channel).Export(records_pb2.ExportRequest(format="bad"))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async for _ in call:
                    pass
        error = status.error_of(caught.value)
        assert error is not None
        assert error.reason == "TABLE_GONE"


async def test_metadata_may_be_as_large_as_a_record() -> None:
    async with running() as channel:
        with identity.identity(SIGNER.sign(ADA)):
            large = schema_pb2.TableRef(table="gone", schema="x" * 100_000)
            failure = await failure_of(schema_pb2_grpc.CatalogsStub(channel).GetTable(large))
        error = status.error_of(failure)
        assert error is not None
        assert len(error.metadata["schema"]) == 100_000
