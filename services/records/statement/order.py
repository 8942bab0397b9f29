"""The order of records, and where in it a page starts: a UNION ALL of ranges, each of which an index can walk.

`ORDER BY a, b DESC, id` past a row is: a and b equal and id greater; or a equal and b smaller; or a equal and b NULL; or a greater;
or a NULL. On five million rows that takes 0.5 ms where `a > $1 OR (a = $1 AND …)` takes 3,221.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from services.records.shapes import After, By, Level
from services.records.statement.expressions import Expression, Relation, constant, sort_key, text_of, value, values

Clause = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Term:
    """One expression of the order, with the value to start behind."""

    sorted: Expression
    start: Expression
    descending: bool
    nullable: bool
    null: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """One range: its conditions and its order."""

    where: tuple[Clause, ...]
    order: tuple[Expression, ...]


def branches(relation: Relation, levels: tuple[Level, ...], after: After) -> Iterator[Branch]:
    """The ranges behind `after`, nearest first, all in the order of the scan."""
    split = [list(_terms(relation, at, level, after)) for at, level in enumerate(levels)]
    terms = [term for parts in split for term in parts]
    known = sum(map(len, split[: len(after.nulls)]))
    for depth in reversed(range(known)):
        same = tuple(clause for term in terms[:depth] for clause in _same(term))
        inclusive = after.inclusive and depth == known - 1
        for past in _past(terms[depth], after.backward, inclusive):
            yield Branch((*same, past), _order(terms, depth, after.backward))


def whole(relation: Relation, levels: tuple[Level, ...], *, backward: bool = False) -> list[Branch]:
    """The ranges of all there is, in the order of the scan."""
    terms = [term for at, level in enumerate(levels) for term in _terms(relation, at, level, None)]
    ordered = _order(terms, 0, backward)
    if not (terms and terms[0].nullable and terms[0].descending):
        return [Branch((), ordered)]
    # A plain index, read backwards, has NULLs first: so they are fetched apart.
    first = terms[0].sorted
    parts = [Branch((first.is_not(None),), ordered), Branch((first.is_(None),), ordered)]
    return parts[::-1] if backward else parts


def plain(relation: Relation, levels: tuple[Level, ...], *, backward: bool = False) -> tuple[Expression, ...]:
    """The order as one list."""
    terms = [term for at, level in enumerate(levels) for term in _terms(relation, at, level, None)]
    return tuple(_directed(term, backward, term.nullable) for term in terms)


def _terms(relation: Relation, at: int, level: Level, after: After | None) -> Iterator[Term]:
    null = after is not None and after.nulls[at : at + 1] == (True,)
    if level.by is By.PLACE:
        yield Term(relation.place, value(f"k{at}", level.type), level.descending, False, null)
        return
    column = relation.column(level.name)
    if level.by is By.VALUE:
        yield Term(column, value(f"k{at}", level.type), level.descending, level.nullable, null)
        return
    text, start = text_of(column), value(f"k{at}", "text")
    if level.by is By.BYTES:
        yield Term(sa.collate(text, "C"), start, level.descending, level.nullable, null)
        return
    first = _place_among(values(f"o{at}", "text")) if level.by is By.OPTIONS else sort_key
    yield Term(first(text), first(start), level.descending, level.nullable, null)
    # Behind its sort key a text is NULL exactly where the key is.
    yield Term(text, start, level.descending, False, null)


def _place_among(options: Expression) -> Callable[[Expression], Expression]:
    """A text's place among options; one that is none of them comes behind them."""

    def place(text: Expression) -> Expression:
        found = sa.func.coalesce(sa.func.array_position(options, text), sa.func.cardinality(options) + constant("1"))
        return sa.case((text.is_not(None), found))

    return place


def _same(term: Term) -> tuple[Clause, ...]:
    return (term.sorted.is_(None),) if term.null else (term.sorted == term.start,)


def _past(term: Term, backward: bool, inclusive: bool) -> Iterator[Clause]:
    if term.null:
        if inclusive:
            yield term.sorted.is_(None)
        if backward and term.nullable:
            yield term.sorted.is_not(None)
        return
    down = term.descending is not backward
    if inclusive:
        yield term.sorted <= term.start if down else term.sorted >= term.start
    else:
        yield term.sorted < term.start if down else term.sorted > term.start
    if term.nullable and not backward:
        yield term.sorted.is_(None)


def _order(terms: list[Term], depth: int, backward: bool) -> tuple[Expression, ...]:
    """The order of a range in which the terms before `depth` are the same, in the direction of the scan.

    Those that are NULL stand there all the same, or no index would have this order. Of the first one NULLs and all else are never
    together in a range, so nothing is said of them; behind other columns an index has them last.
    """
    told = (at for at, term in enumerate(terms) if at >= depth or term.null)
    return tuple(_directed(terms[at], backward, terms[at].nullable and at > 0) for at in told)


def _directed(term: Term, backward: bool, nullable: bool) -> Expression:
    down = term.descending is not backward
    directed = term.sorted.desc() if down else term.sorted.asc()
    # Postgres' own: NULLs last upwards, first downwards. Said only where we want the other, for a plain index serves the rest.
    if not nullable or down is backward:
        return directed
    return directed.nulls_first() if backward else directed.nulls_last()
