"""How large the parts of a file may be."""

HEAD_BYTES = 1 << 20
"""What is read of a file before its dialect and first types are decided."""
PREVIEW_BYTES = 20_000_000
"""The largest file that a preview takes; only a workbook needs so much of it."""
ROW_BYTES = 1 << 20
COLUMNS = 500

WORKBOOK_BYTES = 100_000_000
"""The largest workbook, packed as it comes."""
UNPACKED_BYTES = 1_000_000_000
UNPACKED_RATIO = 100
"""How many times its size a workbook may be, unpacked, beyond `UNPACKED_FREE` bytes. Sheets of all kinds have 5 to 40."""
UNPACKED_FREE = 10_000_000
PARTS = 1_000
"""Files within a workbook."""
DOCUMENT_BYTES = 4_000_000_000
"""The largest JSON file, as UTF-8. It waits on disk until its last record has told the columns."""
DEPTH = 64
"""How deep a value of JSON may be nested, as in what is written over REST."""
EXPONENT = 400
"""How large a number's exponent may be in JSON: written out, a number must not grow beyond measure."""

FRACTION = 250
"""Digits after the point of numbers that are told from text."""

READER_MEMORY = 1 << 30
"""Address space of the process that reads one workbook or JSON file."""
READER_SECONDS = 300
"""Its processor time."""
