"""Bodies of the REST contract: those that the gateway reads or writes itself, and in `shape`, `records` and `files` what passes through."""
