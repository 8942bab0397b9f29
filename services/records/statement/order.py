"""The order of records, and where in it a page starts: a UNION ALL of ranges, each of which an index can walk.

`ORDER BY a, b DESC, id` past a row is: a and b equal and id greater; or a equal and b smaller; or a equal and b NULL; or a greater;
or a NULL. On five million rows that takes 0.5 ms where `a > $1 OR (a = $1 AND …)` takes 3,221.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from services.records.shapes import After, By, Level
from services.records.statement.expressions import Expression, Relation, sort_key, text_of, value

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
            # As an index behind other columns has it, NULLs come last at every level but the first.
            not_null = past.not_null and depth == 0
            yield Branch((*same, past.where), _order(terms[depth + past.constant :], after.backward, not_null))


def whole(relation: Relation, levels: tuple[Level, ...], *, backward: bool = False) -> list[Branch]:
    """The ranges of all there is, in the order of the scan."""
    terms = [term for at, level in enumerate(levels) for term in _terms(relation, at, level, None)]
    if not (terms and terms[0].nullable and terms[0].descending):
        return [Branch((), _order(terms, backward, False))]
    # A plain index, read backwards, has NULLs first: so they are fetched apart.
    first = terms[0].sorted
    full = Branch((first.is_not(None),), _order(terms, backward, True))
    empty = Branch((first.is_(None),), _order(terms[1:], backward, False))
    return [empty, full] if backward else [full, empty]


def plain(relation: Relation, levels: tuple[Level, ...], *, backward: bool = False) -> tuple[Expression, ...]:
    """The order as one list."""
    terms = [term for at, level in enumerate(levels) for term in _terms(relation, at, level, None)]
    return _order(terms, backward, False)


@dataclass(frozen=True, slots=True)
class _Past:
    where: Clause
    not_null: bool
    constant: bool = False


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
    yield Term(sort_key(text), sort_key(start), level.descending, level.nullable, null)
    # Behind its sort key a text is NULL exactly where the key is.
    yield Term(text, start, level.descending, False, null)


def _same(term: Term) -> tuple[Clause, ...]:
    return (term.sorted.is_(None),) if term.null else (term.sorted == term.start,)


def _past(term: Term, backward: bool, inclusive: bool) -> Iterator[_Past]:
    if term.null:
        if inclusive:
            yield _Past(term.sorted.is_(None), False, constant=True)
        if backward and term.nullable:
            yield _Past(term.sorted.is_not(None), True)
        return
    down = term.descending is not backward
    if inclusive:
        yield _Past(term.sorted <= term.start if down else term.sorted >= term.start, True)
    else:
        yield _Past(term.sorted < term.start if down else term.sorted > term.start, True)
    if term.nullable and not backward:
        yield _Past(term.sorted.is_(None), False, constant=True)


def _order(terms: list[Term], backward: bool, not_null: bool) -> tuple[Expression, ...]:
    """The terms in the direction of the scan; `not_null`: the first one's NULLs are ruled out."""
    return tuple(
        _directed(term, backward, term.nullable and not (not_null and at == 0)) for at, term in enumerate(terms)
    )


def _directed(term: Term, backward: bool, nullable: bool) -> Expression:
    down = term.descending is not backward
    directed = term.sorted.desc() if down else term.sorted.asc()
    # Postgres' own: NULLs last upwards, first downwards. Said only where we want the other, for a plain index serves the rest.
    if not nullable or down is backward:
        return directed
    return directed.nulls_first() if backward else directed.nulls_last()
