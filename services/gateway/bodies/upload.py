"""A file on its way from a client to an Import stream, never whole in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

import grpc
from fastapi import Request
from rowhouse.records.v1 import records_pb2 as pb
from rowhouse.records.v1.records_pb2_grpc import ImportsStub

from services.kit.errors import Kind, named

# uvicorn hands over 64 kB at most; each gRPC message costs as much as a quarter of a megabyte of copying.
PIECE_BYTES = 512 * 1024

Renewed = Callable[[], Awaitable[str]]


async def gathered(pieces: AsyncIterable[bytes], size: int = PIECE_BYTES) -> AsyncIterator[bytes]:
    """The same bytes in pieces of `size` or a little more."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def head(request: Request, size: int, workbook: int) -> tuple[bytes, bool]:
    """The first `size` bytes of the body, and whether there was more. Of a workbook all of it, up to `workbook` bytes."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > (workbook if is_workbook(held) else size):
            return bytes(held[:size]), True
    return bytes(held), False


def is_workbook(data: bytes | bytearray) -> bool:
    """Whether a file that begins so has its directory at the end: a ZIP, or a file of old Excel."""
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


async def import_file(
    stub: ImportsStub, request: Request, opening: pb.ImportOpen, seconds: float, renewed: Renewed
) -> pb.Page:
    """Send the body as it comes and answer the report. Fails with what the service refuses, ClientDisconnect, TOO_LARGE.

    `renewed` gives the caller's internal token once the body is through: the first may have expired by then. A stream without a
    finish message is rolled back, so whatever happens before it leaves no table.
    """
    call = stub.Import(timeout=seconds)
    try:
        # Either error says that it has answered before the file was over; the reply says what.
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            await _send(call, request, opening, renewed)
        reply = await call
    finally:
        call.cancel()
    if reply.WhichOneof("outcome") == "report":
        return reply.report
    refusal = reply.refusal
    raise named(Kind(refusal.kind), refusal.reason, refusal.message, dict(refusal.metadata))


async def _send(
    call: "grpc.aio.StreamUnaryCall[pb.ImportRequest, pb.ImportReply]",
    request: Request,
    opening: pb.ImportOpen,
    renewed: Renewed,
) -> None:
    await call.write(pb.ImportRequest(open=opening))
    sent = 0
    async for piece in gathered(request.stream()):
        await call.write(pb.ImportRequest(chunk=piece))
        sent += len(piece)
    await call.write(pb.ImportRequest(finish=pb.ImportFinish(bytes=sent, token=await renewed())))
    await call.done_writing()
