"""Every type that no other kind claims: shown and edited as Postgres' own text."""

from services.kinds.kind import COUNTS, Kind

KIND = Kind(name="other", types=(), default_type=None, aggregates=COUNTS)
