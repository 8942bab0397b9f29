"""Writes what is generated about REST: what schema's operations take, for the gateway to know, and `openapi.json`."""

import json
from pathlib import Path

from services.gateway import operations
from services.schema.operations import json_schema

DOCUMENT = Path(__file__).parent.parent / "openapi.json"


def operations_text() -> bytes:
    """The JSON schema of the operations, its references as an OpenAPI document has them."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return text.replace('"#/$defs/', '"#/components/schemas/').encode()


def document_text() -> bytes:
    """The OpenAPI document."""
    from services.gateway import openapi  # reads what has just been written
    from services.gateway.app import routed

    return openapi.text(openapi.document(routed()))


if __name__ == "__main__":
    operations.FILE.write_bytes(operations_text())
    DOCUMENT.write_bytes(document_text())
