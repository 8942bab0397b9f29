"""gRPC as every service speaks it: one server interceptor, one wrapping channel, internal tokens, errors with reasons."""
