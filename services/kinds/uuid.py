"""Universally unique identifiers."""

from services.kinds.kind import Kind

KIND = Kind(name="uuid", types=("uuid",), default_type="uuid")
