"""What speaks gRPC."""
