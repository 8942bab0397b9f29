"""How large the parts of a file may be."""

HEAD_BYTES = 1 << 20
"""What is read of a file before its dialect and first types are decided."""
PREVIEW_BYTES = 2_000_000
ROW_BYTES = 1 << 20
COLUMNS = 500
