"""Telephone numbers, kept as they are typed: up to 15 digits, with a plus before a country's code."""

from services.kinds import patterns
from services.kinds.kind import DISTINCT, TEXTS, Kind
from services.kinds.text import STORED

_BETWEEN = r"[ ()./\u00a0\u202f\u2010\u2011\u2013-]*"
_PATTERN = (
    rf"(?:\(?\+{_BETWEEN}|\({_BETWEEN})?[0-9](?:{_BETWEEN}[0-9]){{2,14}}\)?(?:,? ?(?:[Ee]xt\.?|[Xx]|#) ?[0-9]{{1,7}})?"
)

NUMBER = patterns.Spelling((_PATTERN,), "it is no telephone number, such as +47 22 12 34 56.")

KIND = Kind(
    name="phone",
    types=STORED,
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty"),
    read=NUMBER.read,
    rule=NUMBER.rule,
    sorts="text",
)
