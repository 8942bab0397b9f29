"""Writes: what is to become of which records, in one transaction, and whom to blame when Postgres refuses."""
