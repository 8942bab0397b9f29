"""gRPC: unpack, call one domain function, pack."""
