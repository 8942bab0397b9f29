"""Calendar days."""

from services.kinds.kind import Kind

KIND = Kind(name="date", types=("date",), default_type="date")
