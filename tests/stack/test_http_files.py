"""Files of every format through the whole installation, and a sample of the hostile ones: a table or a problem, never a fault of ours."""

import io
import json
from typing import Any

import openpyxl
import pytest_asyncio

from tests.fixtures import hostile_files
from tests.fixtures.stack import Account, SignUp

EACH = 9
"""One of so many hostile files is sent."""
ANSWERS = {201, 400, 413, 422}


@pytest_asyncio.fixture
async def account(sign_up: SignUp) -> Account:
    return await sign_up()


def path(account: Account, more: str) -> str:
    return f"/tenants/{account.slug}/schemas/public/{more}"


def workbook() -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in [["title", "rating"], ["Up", 8.3], ["Heat", 8]]:
        book.worksheets[0].append(row)
    book.save(buffer)
    return buffer.getvalue()


ROWS = [{"title": "Up", "rating": 8.3}, {"title": "Heat", "rating": 8}]
FILES = [
    ("csv", b"title,rating\nUp,8.3\nHeat,8\n", "text/csv"),
    ("csv", b"title\trating\nUp\t8.3\nHeat\t8\n", "text/tab-separated-values"),
    ("xlsx", workbook(), "application/octet-stream"),
    ("json", json.dumps(ROWS).encode(), "application/json"),
    ("jsonl", "\n".join(map(json.dumps, ROWS)).encode(), ""),
]


async def test_a_file_of_any_format_is_previewed_and_imported(account: Account) -> None:
    for number, (format_, data, content_type) in enumerate(FILES):
        sent: dict[str, Any] = {"content": data, "headers": {"Content-Type": content_type} if content_type else {}}
        shown = await account.http.post(path(account, "imports/preview?whole=true"), **sent)
        assert shown.status_code == 200, shown.text
        assert shown.json()["dialect"]["format"] == format_
        assert shown.json()["rows"] == [["Up", "8.3"], ["Heat", "8"]]
        made = await account.http.post(path(account, f"imports?name=t{number}"), **sent)
        assert made.status_code == 201, made.text
        records = (await account.http.get(path(account, f"tables/t{number}/records?fields=title,rating"))).json()
        assert records["records"] == ROWS


async def test_a_workbook_that_is_too_large_for_a_preview_says_so(account: Account) -> None:
    large = hostile_files.workbook(parts={"xl/media/image": bytes(20_000_000)}, method=0)
    refused = await account.http.post(path(account, "imports/preview"), content=large)
    assert (refused.status_code, refused.json()["code"]) == (413, "TOO_LARGE")
    assert "20 MB" in refused.json()["detail"]


async def test_hostile_files_are_answered(account: Account) -> None:
    files = [file for number, file in enumerate(hostile_files.every()) if number % EACH == 0]
    made = 0
    for number, file in enumerate(files):
        answer = await account.http.post(path(account, f"imports?name=t{number}"), content=file.data)
        assert answer.status_code in ANSWERS, (file.name, answer.text)
        made += answer.status_code == 201
        shown = await account.http.post(path(account, "imports/preview"), content=file.data)
        assert shown.status_code in {200, *ANSWERS}, (file.name, shown.text)
    assert len(files) > 50
    tables = (await account.http.get(f"/tenants/{account.slug}/tables?limit=1000")).json()["tables"]
    assert len(tables) == made
