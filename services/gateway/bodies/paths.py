"""Names in paths: percent-encoded segments that may hold anything; routing went by the raw path."""

from typing import Annotated
from urllib.parse import quote, unquote_to_bytes

from fastapi import Request
from pydantic import AfterValidator
from rowhouse.records.v1 import records_pb2
from rowhouse.schema.v1 import schema_pb2

from services.gateway import errors


def decoded(segment: str) -> str:
    """What a raw segment says. Fails with MALFORMED where it is not UTF-8 or holds a NUL."""
    if "%" not in segment:
        return segment
    try:
        name = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise errors.Malformed(f"The path segment '{segment}' is not percent-encoded UTF-8.") from None
    if "\0" in name:
        raise errors.Malformed("A path cannot hold a NUL character.")
    return name


def encoded(name: str) -> str:
    """`name` as a segment."""
    return quote(name, safe="@")


# A path parameter of a route whose arguments FastAPI reads.
Segment = Annotated[str, AfterValidator(decoded)]


def name(request: Request, parameter: str) -> str:
    """The decoded path parameter."""
    return decoded(request.path_params[parameter])


def table(request: Request) -> records_pb2.TableRef:
    """The table in the path, for records."""
    return records_pb2.TableRef(schema=name(request, "schema"), table=name(request, "table"))


def shape(request: Request) -> schema_pb2.TableRef:
    """The table in the path, for schema."""
    return schema_pb2.TableRef(schema=name(request, "schema"), table=name(request, "table"))


def of(tenant: str, *segments: str) -> str:
    """The path of something in a tenant."""
    return "/".join(["/api/v1/tenants", encoded(tenant), *(encoded(segment) for segment in segments)])
