"""JSON documents. They have no order, so they are filtered by presence only."""

from services.kinds.kind import Kind

KIND = Kind(name="json", types=("jsonb", "json"), default_type="jsonb", operators=("is_null",))
