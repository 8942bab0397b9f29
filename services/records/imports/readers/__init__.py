"""Reads files that are no delimited text, each in a process of its own that can do little else: `python -m …readers`."""

REFUSED = 3
"""The exit code that says: stderr has the refusal as JSON."""
