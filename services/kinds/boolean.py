"""True and false."""

from services.kinds.kind import Kind

KIND = Kind(name="boolean", types=("boolean",), default_type="boolean", operators=("eq", "ne", "in", "is_null"))
