"""Where in a column's order a share of the rows lies, by the statistics that Postgres keeps of it: no row is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_WHOLE = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True, slots=True)
class Curve:
    """A column's distribution. `points` are in its order: common values with their share of all rows, and bounds (None).

    Between each two bounds there are as many of the rows that are neither NULL nor common.
    """

    nulls: float
    points: Sequence[tuple[str, float | None]]
    type: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A value (None: NULL), and which share of the rows that have it lies before; None where too few have it to tell."""

    value: str | None
    share: float | None


def spots(curves: Sequence[Curve], share: float) -> Iterator[Spot]:
    """Where `share` of all rows lie before, level by level as long as many rows are alike: of those the next level tells."""
    for curve in curves:
        spot = _spot(curve, share)
        if spot is None:
            return
        yield spot
        if spot.share is None:
            return
        share = spot.share


def _spot(curve: Curve, share: float) -> Spot | None:
    full = 1 - curve.nulls
    if share >= full:
        return Spot(None, (share - full) / curve.nulls) if curve.nulls else _last(curve)
    target, passed, bound = full - share if curve.descending else share, 0.0, None
    bins = sum(mass is None for _, mass in curve.points) - 1
    rest = full - sum(mass or 0 for _, mass in curve.points)
    for value, mass in curve.points:
        if mass is not None:
            if passed + mass > target:
                inside = (target - passed) / mass
                return Spot(value, 1 - inside if curve.descending else inside)
            passed += mass
        elif bound is None:
            bound = value
        else:
            if passed + rest / bins > target:
                return Spot(_between(bound, value, (target - passed) * bins / rest, curve.type), None)
            passed, bound = passed + rest / bins, value
    return _last(curve)


def _last(curve: Curve) -> Spot | None:
    return Spot(curve.points[0 if curve.descending else -1][0], None) if curve.points else None


def _between(low: str, high: str, share: float, type_: str) -> str:
    """The value so far on the way between two bounds, where it is a whole number; else the nearer end."""
    if type_ in _WHOLE:
        return str(int(low) + round((int(high) - int(low)) * Decimal(share)))
    return high if share > 0.5 else low
