"""Sessions on a database of our own."""
