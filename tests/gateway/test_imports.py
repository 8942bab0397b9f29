"""What a route of imports passes on, and how it answers for one that is done and one that runs."""

import json
from typing import Any

import pytest
from rowhouse.records.v1 import records_pb2 as pb

from tests.fixtures.gateway import Front

IMPORTS = "/api/v1/tenants/acme/schemas/public/imports"


def answering(front: Front, state: str) -> list[pb.ImportOpen]:
    """Let the service answer imports in this state; what it is asked comes into the list."""
    opened: list[pb.ImportOpen] = []

    async def import_(messages: Any, context: Any) -> pb.ImportReply:
        opened.extend([message.open async for message in messages if message.WhichOneof("message") == "open"])
        body = json.dumps({"id": "7", "state": state, "operation": 41 if state == "done" else None})
        return pb.ImportReply(report=pb.Page(body=body.encode()))

    front.behind.answers["Import"] = import_
    return opened


async def test_what_the_sender_says_of_the_file_is_passed_on(front: Front) -> None:
    opened = answering(front, "done")
    answer = await front.http.post(
        IMPORTS, params={"name": "x"}, content=b"a\n1\n", headers={"Content-Type": "text/csv"}
    )
    assert (answer.status_code, answer.headers["rowhouse-operation"]) == (201, "41")
    assert (opened[0].content_type, opened[0].size, opened[0].respond_async) == ("text/csv", 4, False)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async", "respond-async; x=1"])
async def test_who_would_rather_not_wait_is_answered_202_and_where_to_look(front: Front, prefer: str) -> None:
    opened = answering(front, "running")
    answer = await front.http.post(IMPORTS, content=b"a\n1\n", headers={"Prefer": prefer})
    assert answer.status_code == 202
    assert answer.headers["location"] == "/api/v1/tenants/acme/imports/7"
    assert "rowhouse-operation" not in answer.headers
    assert opened[0].respond_async


@pytest.mark.parametrize("prefer", ["", "wait=5", "respond-asynchronously", "return=minimal"])
async def test_another_preference_is_passed_over(front: Front, prefer: str) -> None:
    opened = answering(front, "done")
    answer = await front.http.post(IMPORTS, content=b"a\n1\n", headers={"Prefer": prefer})
    assert answer.status_code == 201
    assert not opened[0].respond_async


async def test_a_file_whose_size_nobody_says_is_of_no_size(front: Front) -> None:
    opened = answering(front, "done")

    async def pieces() -> Any:
        yield b"a\n"
        yield b"1\n"

    assert (await front.http.post(IMPORTS, content=pieces())).status_code == 201
    assert opened[0].size == 0


async def test_lists_and_cancelling_name_the_import_and_the_page(front: Front) -> None:
    one = "/api/v1/tenants/acme/imports/7"
    assert (await front.http.get("/api/v1/tenants/acme/imports", params={"limit": 2, "cursor": "c"})).status_code == 200
    assert (await front.http.get(f"{one}/rejects", params={"limit": 3})).status_code == 200
    assert (await front.http.post(f"{one}/cancel")).status_code == 200
    (listed,) = front.behind.requests("ListImports")
    (rejects,) = front.behind.requests("ListRejects")
    (cancelled,) = front.behind.requests("CancelImport")
    assert (listed.limit, listed.cursor) == (2, "c")
    assert (rejects.id, rejects.limit) == ("7", 3)
    assert cancelled.id == "7"
