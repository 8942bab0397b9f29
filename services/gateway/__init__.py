"""The HTTP face: REST in, gRPC out. It knows who calls and what HTTP asks for; it holds no SQL and no signing key."""
