"""Whatever bytes come: a file is cut into rows that COPY takes, or refused by name."""

import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.errors import AppError
from services.records.imports import head
from services.records.imports.options import Options
from services.records.imports.rows import Rows
from services.records.imports.sources.delimited import Delimited

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "500"))
PIECES = [
    b",",
    b";",
    b"\t",
    b"|",
    b'"',
    b'""',
    b"\n",
    b"\r\n",
    b"\r",
    b"1",
    b"007",
    b"a",
    b" ",
    b"\xc3\xa9",
    b"\xe9",
    b"\xff",
    b"\0",
    b"\\.",
    b"NA",
]


async def nothing() -> AsyncIterator[bytes]:
    """The rest of a file that is all in its head."""
    return
    yield b""


@pytest.mark.soak
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    data=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)),
    mark=st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]),
    options=st.builds(
        Options,
        header=st.sampled_from([None, True, False]),
        delimiter=st.sampled_from([None, ",", "\t"]),
        encoding=st.sampled_from([None, "utf-8", "cp1252", "utf-16"]),
        null_values=st.sampled_from([(), ("NA",), ("", ",", '"')]),
    ),
    piece=st.integers(1, 50),
)
def test_any_bytes_are_rows_or_a_refusal(data: bytes, mark: bytes, options: Options, piece: int) -> None:
    try:
        found = head.read(Delimited(mark + data, nothing(), options, whole=True), options, {})
        rows = Rows(found.dialect, found.columns, options.null_values, found.line)
        body = [found.body[at : at + piece] for at in range(0, len(found.body), piece)]
        copied = b"".join(out for part in body for out in rows.push(part) if out is not None)
        copied += b"".join(out for out in rows.push(b"", last=True) if out is not None)
    except AppError:
        return
    again = list(found.dialect.rows(copied))
    assert all(len(row.cells) == len(found.columns) for row in again)
