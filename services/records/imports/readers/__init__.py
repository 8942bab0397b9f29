"""Reads files that are no delimited text, each in a process of its own that can do little else: `python -m …readers`."""
