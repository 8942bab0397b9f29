"""What is too much: bodies, request heads; and what never arrives."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest
from rowhouse.records.v1 import records_pb2 as pb
from starlette.types import Message, Receive, Scope, Send

from services.gateway import server
from services.gateway.middleware import limits
from services.kit.rpc.typing import Context
from tests.fixtures.gateway import TABLE, Front, MakeFront

JSON = {"Content-Type": "application/json"}
RECORDS = f"{TABLE}/records"
IMPORTS = "/api/v1/tenants/acme/schemas/public/imports"


@pytest.fixture
async def small(make_front: MakeFront) -> Front:
    return await make_front(body_bytes=1000, upload_bytes=5000)


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100):
        yield b" " * 100


@pytest.mark.parametrize("path", [RECORDS, "/api/v1/tokens"])
async def test_a_body_of_the_limit_passes_and_one_byte_more_is_refused(small: Front, path: str) -> None:
    at_most = await small.http.post(path, content=b" " * 1000, headers=JSON)
    above = await small.http.post(path, content=b" " * 1001, headers=JSON)

    assert at_most.status_code != 413
    assert (above.status_code, above.json()["code"]) == (413, "TOO_LARGE")
    assert "1,000 bytes" in above.json()["detail"]


@pytest.mark.parametrize("path", [RECORDS, "/api/v1/tokens"])
async def test_a_body_that_does_not_say_its_length_is_counted(small: Front, path: str) -> None:
    answer = await small.http.post(path, content=pieces(1100), headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


async def test_an_upload_has_a_limit_of_its_own(small: Front) -> None:
    seen: list[str] = []

    async def take(messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        seen.extend([str(message.WhichOneof("message")) async for message in messages])
        return pb.ImportReply(report=pb.Page(body=b'{"id":"i-1"}'))

    small.behind.answers["Import"] = take
    assert (await small.http.post(IMPORTS, content=b"x" * 5000)).status_code == 201
    assert seen[-1] == "finish"

    seen.clear()
    answer = await small.http.post(IMPORTS, content=pieces(5100))
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert "finish" not in seen


async def test_a_client_that_asks_first_is_refused_before_it_sends(small: Front) -> None:
    head = f"POST {RECORDS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
    reader, writer = await asyncio.open_connection(*small.address)
    writer.write((head + "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n").encode())

    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def raw(front: Front, sent: bytes) -> bytes:
    """What the gateway answers to these bytes, up to its closing the connection."""
    reader, writer = await asyncio.open_connection(*front.address)
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        writer.write(sent)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


async def test_a_head_without_end_is_cut_off(front: Front) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 4 * server.HEAD_BYTES
    answer = await raw(front, endless)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "excess",
    [
        b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * (server.HEAD_FIELDS + 1) + b"\r\n",
        b"GET /?" + b"q" * (server.HEAD_BYTES + 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["many fields", "long line"],
)
async def test_a_head_in_excess_is_refused_before_a_route_sees_it(front: Front, excess: bytes) -> None:
    answer = await raw(front, excess)

    assert answer.startswith(b"HTTP/1.1 431 "), answer
    assert answer.endswith(b"too large.")


@pytest.mark.parametrize(
    "within",
    [
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        + b"X-Many: 1\r\n" * (server.HEAD_FIELDS - 2)
        + b"\r\n",
        b"GET /healthz?%b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        % (b"q" * (server.HEAD_BYTES - 100)),
    ],
    ids=["many fields", "long line"],
)
async def test_a_head_within_the_bounds_is_served(front: Front, within: bytes) -> None:
    assert (await raw(front, within)).startswith(b"HTTP/1.1 200 ")


async def test_a_head_that_does_not_come_is_not_waited_for(
    make_front: MakeFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)
    front = await make_front()

    assert await raw(front, b"GET / HTTP/1.1\r\nHost: x\r\n") == b""


async def test_what_is_not_http_is_told_so(front: Front) -> None:
    assert (await raw(front, b"\x16\x03\x01 hello\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("path", [RECORDS, "/api/v1/tokens", IMPORTS])
async def test_a_body_that_does_not_come_is_not_waited_for(make_front: MakeFront, path: str) -> None:
    front = await make_front(body_seconds=0.05)
    seen: list[str] = []

    async def take(messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        seen.extend([str(message.WhichOneof("message")) async for message in messages])
        return pb.ImportReply()

    front.behind.answers["Import"] = take
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
    )
    answer = await raw(front, f'{head}Content-Length: 100\r\n\r\n{{"records":['.encode())

    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b'"code":"BODY_TOO_SLOW"' in answer
    assert {name for name, _ in front.behind.asked} <= {"Identify"}
    assert "finish" not in seen


@pytest.mark.parametrize(("is_file", "pieces_taken"), [(False, 3), (True, 9)])
async def test_a_json_body_has_one_time_for_all_and_a_file_one_for_each_piece(
    monkeypatch: pytest.MonkeyPatch, is_file: bool, pieces_taken: int
) -> None:
    loop = asyncio.get_running_loop()
    start, passed, taken = loop.time(), 0.0, 0
    monkeypatch.setattr(loop, "time", lambda: start + passed)

    async def receive() -> Message:
        nonlocal passed
        await asyncio.sleep(0)
        passed += 0.025
        return {"type": "http.request", "body": b"x", "more_body": taken < 8}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal taken
        if is_file:
            limits.allow_file(scope, 1000)
        while (await receive())["more_body"]:
            taken += 1
        taken += 1

    async def send(message: Message) -> None: ...

    with contextlib.suppress(limits.Refused):
        await limits.BodyLimit(app, 1000, 0.06)({"type": "http", "headers": []}, receive, send)
    assert taken == pieces_taken


def exporting(front: Front, pieces: int | None) -> asyncio.Event:
    """Let an export answer so many pieces, or pieces without end; the event says that it is over."""
    ended = asyncio.Event()

    async def chunks() -> AsyncIterator[pb.ExportChunk]:
        try:
            for _ in itertools.repeat(None) if pieces is None else range(pieces):
                yield pb.ExportChunk(data=b"x" * 200_000)
        finally:
            ended.set()

    async def export(request: pb.ExportRequest, context: Context) -> AsyncIterator[pb.ExportChunk]:
        return chunks()

    front.behind.answers["Export"] = export
    return ended


async def test_who_does_not_read_an_answer_is_cut_off(make_front: MakeFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READER_SECONDS", 0.05)
    front = await make_front()
    ended = exporting(front, None)
    _, writer = await asyncio.open_connection(*front.address, limit=1000)
    writer.write(f"GET {TABLE}/export HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer good\r\n\r\n".encode())

    await asyncio.wait_for(ended.wait(), 10)
    writer.close()


async def test_who_reads_has_all_the_time_that_it_takes(make_front: MakeFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READER_SECONDS", 0.05)
    front = await make_front()
    exporting(front, 100)

    assert len((await front.http.get(f"{TABLE}/export")).content) == 20_000_000
