"""Lists: what is filtered, searched and sorted by, where a page starts, and which index would help."""
