"""Files in and out, and clients that leave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from rowhouse.records.v1 import records_pb2 as pb

from services.gateway.bodies import upload
from services.kit import errors
from services.kit.rpc.typing import Context
from tests.fixtures.gateway import TABLE, Front

IMPORTS = "/api/v1/tenants/acme/schemas/pub%2Flic/imports"
REPORT = b'{"id": "i-1", "operation": 41, "rows": 3}'


class NameTaken(errors.Conflict):
    reason = "TABLE_EXISTS"


class Importer:
    """An Import servicer that keeps what it got."""

    def __init__(self) -> None:
        self.opening = pb.ImportOpen()
        self.chunks: list[bytes] = []
        self.finished: int | None = None
        self.ended = asyncio.Event()
        self.started = asyncio.Event()

    async def __call__(self, messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        try:
            async for message in messages:
                self._keep(message)
            # What waits here is what a killed upload looks like: an end that is none.
            await asyncio.wait_for(asyncio.Event().wait(), None if self.finished is None else 0)
        except TimeoutError:
            return pb.ImportReply(report=pb.Page(body=REPORT))
        finally:
            self.ended.set()
        raise AssertionError

    def _keep(self, message: pb.ImportRequest) -> None:
        kind = message.WhichOneof("message")
        if kind == "open":
            self.opening = message.open
        elif kind == "chunk":
            self.chunks.append(message.chunk)
            self.started.set()
        else:
            self.finished = message.finish.bytes


@pytest.fixture
def importer(front: Front) -> Importer:
    importer = Importer()
    front.behind.answers["Import"] = importer
    return importer


async def file(size: int) -> AsyncIterator[bytes]:
    for at in range(0, size, 10_000):
        yield b"0123456789" * (min(10_000, size - at) // 10)


async def test_a_file_arrives_whole_in_pieces_of_half_a_megabyte_and_is_finished_by_its_size(
    front: Front, importer: Importer
) -> None:
    size = 2_000_000
    parameters = {"name": "mo,vies", "options": '{"delimiter": ";"}'}
    answer = await front.http.post(IMPORTS, content=file(size), params=parameters, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 201
    assert answer.content == REPORT
    assert answer.headers["location"] == "/api/v1/tenants/acme/imports/i-1"
    assert answer.headers["rowhouse-operation"] == "41"
    assert b"".join(importer.chunks) == b"0123456789" * (size // 10)
    assert importer.finished == size
    assert {len(chunk) >= upload.PIECE_BYTES for chunk in importer.chunks[:-1]} == {True}
    opening = importer.opening
    assert (opening.schema, opening.name, opening.options, opening.idempotency_key) == (
        "pub/lic",
        "mo,vies",
        b'{"delimiter": ";"}',
        "k",
    )


async def test_an_empty_file_is_a_file_too(front: Front, importer: Importer) -> None:
    assert (await front.http.post(IMPORTS)).status_code == 201
    assert (importer.chunks, importer.finished) == ([], 0)


async def test_a_refusal_in_the_reply_is_a_problem(front: Front) -> None:
    async def refuse(messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        async for _ in messages:
            pass
        refusal = pb.Refusal(kind="CONFLICT", reason="TABLE_EXISTS", message="It is there.", metadata={"table": "m"})
        return pb.ImportReply(refusal=refusal)

    front.behind.answers["Import"] = refuse
    answer = await front.http.post(IMPORTS, content=b"a\n1\n")

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["context"]) == ("TABLE_EXISTS", {"table": "m"})


async def test_an_early_answer_is_heard_while_the_file_still_comes(front: Front) -> None:
    async def refuse(messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        await anext(messages)
        return pb.ImportReply(refusal=pb.Refusal(kind="INVALID", reason="FILE_BINARY", message="No text."))

    front.behind.answers["Import"] = refuse
    for _ in range(20):
        answer = await front.http.post(IMPORTS, content=file(3_000_000))
        assert (answer.status_code, answer.json()["code"]) == (422, "FILE_BINARY")


async def test_a_client_that_leaves_in_the_middle_leaves_no_finished_file(front: Front, importer: Importer) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"x" * upload.PIECE_BYTES
        await importer.started.wait()
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await front.http.post(IMPORTS, content=half())

    await asyncio.wait_for(importer.ended.wait(), 10)
    assert importer.finished is None


async def test_a_form_that_holds_a_file_is_not_the_file(front: Front, importer: Importer) -> None:
    answer = await front.http.post(IMPORTS, files={"file": b"a\n1\n"})

    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_UNSUPPORTED")


async def test_a_preview_reads_the_head_of_a_file_and_no_more(front: Front) -> None:
    await front.http.post(f"{IMPORTS}/preview?whole=true", content=b"a,b\n1,2\n")
    await front.http.post(f"{IMPORTS}/preview?whole=true", content=file(1_500_000))

    first, second = front.behind.requests("Preview")
    assert (first.head, first.whole) == (b"a,b\n1,2\n", True)
    assert (len(second.head), second.whole) == (1_000_000, False)


def exporting(chunks: Callable[[], AsyncIterator[bytes]]) -> Any:
    async def export(request: pb.ExportRequest, context: Context) -> AsyncIterator[pb.ExportChunk]:
        return (pb.ExportChunk(data=chunk) async for chunk in chunks())

    return export


async def test_an_export_is_streamed_under_the_tables_name(front: Front) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a,b\r\n"
        yield b"1,2\r\n"

    front.behind.answers["Export"] = exporting(chunks)
    path = "/api/v1/tenants/acme/schemas/public/tables/f%C3%BC%22r/export?format=tsv&sort=a"
    answer = await front.http.get(path)

    assert (answer.status_code, answer.content) == (200, b"a,b\r\n1,2\r\n")
    assert answer.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert (
        answer.headers["content-disposition"] == "attachment; filename=\"f__r.tsv\"; filename*=UTF-8''f%C3%BC%22r.tsv"
    )
    assert front.behind.requests("Export")[0].sort == "a"


async def test_an_export_of_nothing_is_an_empty_file(front: Front) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for chunk in nothing:
            yield chunk

    front.behind.answers["Export"] = exporting(chunks)
    answer = await front.http.get(f"{TABLE}/export")

    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_refusal_before_the_first_chunk_is_a_problem(front: Front) -> None:
    async def export(request: pb.ExportRequest, context: Context) -> AsyncIterator[pb.ExportChunk]:
        raise NameTaken("No such column.")

    front.behind.answers["Export"] = export
    answer = await front.http.get(f"{TABLE}/export")

    assert (answer.status_code, answer.json()["code"]) == (409, "TABLE_EXISTS")


async def test_a_fault_in_the_middle_does_not_look_like_the_end_of_the_file(front: Front) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a,b\r\n"
        raise NameTaken("half")

    front.behind.answers["Export"] = exporting(chunks)

    with pytest.raises(httpx.RemoteProtocolError):
        await front.http.get(f"{TABLE}/export")


async def test_a_client_that_leaves_an_export_ends_it_in_the_service(front: Front) -> None:
    ended = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            ended.set()

    front.behind.answers["Export"] = exporting(chunks)
    async with front.http.stream("GET", f"{TABLE}/export") as answer:
        await anext(answer.aiter_bytes())

    await asyncio.wait_for(ended.wait(), 5)


def endless(front: Front, rpc: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Let `rpc` work until it is cancelled; the events say that it has begun and that it was."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def work(request: Any, context: Context) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    front.behind.answers[rpc] = work
    return begun, cancelled


@pytest.mark.parametrize(
    ("rpc", "verb", "path", "body"),
    [
        ("ListRecords", "GET", f"{TABLE}/records", None),
        ("CreateRecords", "POST", f"{TABLE}/records", {"records": []}),
        ("SignIn", "POST", "/api/v1/sessions", {"email": "a@example.com", "password": "x"}),
        ("Undo", "POST", "/api/v1/tenants/acme/operations/4/undo", None),
    ],
)
async def test_nobody_works_for_a_client_that_has_left(front: Front, rpc: str, verb: str, path: str, body: Any) -> None:
    begun, cancelled = endless(front, rpc)
    request = asyncio.create_task(front.http.request(verb, path, json=body))
    await asyncio.wait_for(begun.wait(), 5)
    request.cancel()

    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_client_that_leaves_while_its_import_is_being_finished_ends_it(front: Front) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def take(messages: AsyncIterator[pb.ImportRequest], context: Context) -> pb.ImportReply:
        try:
            async for message in messages:
                if message.WhichOneof("message") == "finish":
                    begun.set()
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    front.behind.answers["Import"] = take
    request = asyncio.create_task(front.http.post(IMPORTS, content=b"a\n1\n"))
    await asyncio.wait_for(begun.wait(), 5)
    assert not cancelled.is_set()
    request.cancel()

    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_connection_serves_many_requests_after_a_watched_one(front: Front) -> None:
    async with httpx.AsyncClient(
        base_url=front.http.base_url, headers=front.http.headers, limits=httpx.Limits(max_connections=1)
    ) as one:
        for _ in range(20):
            assert (await one.get(f"{TABLE}/records")).status_code == 200
            assert (await one.post(f"{TABLE}/records", json={})).status_code == 201


async def test_draining_lets_a_running_request_finish(make_front: Callable[..., Awaitable[Front]]) -> None:
    front = await make_front(drain_seconds=10.0)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: Any, context: Context) -> pb.Page:
        begun.set()
        await go.wait()
        return pb.Page(body=b'{"records":["late"]}')

    front.behind.answers["ListRecords"] = slow
    running = asyncio.create_task(front.http.get(f"{TABLE}/records"))
    await asyncio.wait_for(begun.wait(), 5)
    leaving = asyncio.create_task(front.drain())
    while not await _refused(front):
        pass
    go.set()

    assert (await running).json() == {"records": ["late"]}
    await asyncio.wait_for(leaving, 5)


async def _refused(front: Front) -> bool:
    try:
        _, writer = await asyncio.open_connection(*front.address)
    except ConnectionError:
        return True
    writer.close()
    return False
