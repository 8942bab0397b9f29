"""Limits that both ends of a connection must agree on."""

# A page is at most 8 MB and a write 10 MB; gRPC's own limit is 4 MB.
_MESSAGE = 32 * 1024 * 1024
# An error's metadata may hold a record or a plan; gRPC's own limit is 8 kB.
_METADATA = 12 * 1024 * 1024

OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", _MESSAGE),
    ("grpc.max_send_message_length", _MESSAGE),
    ("grpc.max_metadata_size", _METADATA),
    ("grpc.absolute_max_metadata_size", _METADATA),
]
