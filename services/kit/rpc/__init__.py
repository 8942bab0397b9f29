"""gRPC as every service speaks it: one server interceptor (`guard`), one wrapping channel (`channel`), internal tokens, errors with reasons."""
