"""What the records service asks of others: schema, to make a loaded file's table one of the workspace's."""

from collections.abc import Mapping
from typing import Any

import grpc
import orjson
from rowhouse.schema.v1 import schema_pb2, schema_pb2_grpc

from services.kit.rpc import identity, status
from services.records.errors import SchemaUnavailable


class Schema:
    """A client of the Operations service, as the caller of the RPC that is served."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._operations = schema_pb2_grpc.OperationsStub(channel)

    async def apply(self, operation: Mapping[str, Any], token: str = "") -> int:
        """Apply an operation and give its id; `token` proves the caller anew. Raises what schema refuses, SchemaUnavailable."""
        request = schema_pb2.ApplyRequest(operation=orjson.dumps(operation))
        with identity.identity(token or identity.token()):
            try:
                return (await self._operations.Apply(request)).operation_id
            except grpc.aio.AioRpcError as error:
                raise status.error_of(error) or SchemaUnavailable() from error
