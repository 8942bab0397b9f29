"""The gRPC face of auth, a module per proto service."""
