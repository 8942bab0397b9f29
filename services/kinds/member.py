"""People of the workspace, by the ids of their accounts."""

from services.kinds import uuid
from services.kinds.kind import DISTINCT, EQUALITY, Kind, Settings


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read an account's id."""
    return uuid.read(text, settings, base_type) if base_type == "uuid" else text.strip()


KIND = Kind(
    name="member", types=("uuid", "text"), default_type="uuid", operators=EQUALITY, aggregates=DISTINCT, read=read
)
