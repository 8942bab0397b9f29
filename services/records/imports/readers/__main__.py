"""The process that reads one file: from stdin to delimited text on stdout, with what is wrong with it on stderr.

It gets no environment, no further file, no network, and only so much memory and time: whatever a file makes of its reader ends here.
"""

import json
import os
import resource
import sys
from typing import BinaryIO

from services.kit.errors import AppError
from services.records.imports import limits
from services.records.imports.errors import FileUnreadable
from services.records.imports.readers import REFUSED, documents, workbooks
from services.records.imports.readers.lines import Lines

_NEXT = 3


def main() -> int:
    """Read the file as the spool, whose descriptor is `argv[1]`, says in JSON; from then on it is for rows. Gives the exit code."""
    with _spool(int(sys.argv[1])) as spool:
        asked = json.loads(spool.read())
        spool.seek(0)
        spool.truncate()
        _confine(spool.fileno())
        lines = Lines(sys.stdout.buffer)
        try:
            if asked["format"] == "workbook":
                workbooks.read(
                    sys.stdin.buffer, lines, sheet=asked["sheet"], header=asked["header"], types=asked["types"]
                )
            else:
                documents.read(
                    sys.stdin.buffer,
                    spool,
                    lines,
                    member=asked["sheet"],
                    header=asked["header"],
                    whole=asked["whole"],
                    types=asked["types"],
                )
            lines.flush()
        except AppError as error:
            return _refused(error)
        except MemoryError:
            return _refused(FileUnreadable(asked["format"]))
    return 0


def _spool(given: int) -> BinaryIO:
    """The file with the next number after those that every process has."""
    if given != _NEXT:
        os.dup2(given, _NEXT)
        os.close(given)
    return os.fdopen(_NEXT, "r+b")


def _confine(last: int) -> None:
    """No file or socket can be opened beside those that are open: their numbers would be above the limit."""
    for what, most in (
        (resource.RLIMIT_AS, limits.READER_MEMORY),
        (resource.RLIMIT_CPU, limits.READER_SECONDS),
        (resource.RLIMIT_FSIZE, 2 * limits.DOCUMENT_BYTES),
        (resource.RLIMIT_NOFILE, last + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _refused(error: AppError) -> int:
    said = {"kind": error.kind, "reason": error.reason, "message": error.message, "metadata": error.metadata}
    sys.stderr.write(json.dumps(said))
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
