"""What would make sense in another product too: errors, RPC, database sessions, settings, telemetry, time, ids, paging, jobs."""
