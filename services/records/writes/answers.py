"""The JSON that a write answers, put together from what Postgres made: nothing here reads a cell."""

from collections.abc import Iterable, Sequence

import orjson

from services.records.bodies import checked
from services.records.errors import safe
from services.records.idempotency import Answer
from services.records.writes.attempt import Attempt, Written
from services.records.writes.steps import Skipped, Verb, Write


def written(plan: Write, attempt: Attempt, operation: int) -> Answer:
    """The records as they are now, or how many are gone; what became of those that might be there already; what was left out.

    Raises AnswerTooLarge.
    """
    done = [attempt.written[number] for number in sorted(attempt.written)]
    if plan.single and plan.verb is Verb.UPDATE:
        return Answer(checked(done[0].json.encode(), plan.table.name), operation, done[0].version or "")
    members = [f'"deleted":{len(done)}'] if plan.verb is Verb.DELETE else list(_records(plan, done))
    if plan.conflict is not None:
        members += _outcomes(attempt)
    if plan.manner.partial:
        members.append(f'"skipped":{_skipped(attempt.skipped)}')
    return Answer(checked(_object(*members, f'"operation":{operation}'), plan.table.name), operation)


def deleted(count: int, operation: int) -> Answer:
    """How many are gone."""
    return Answer(_object(f'"deleted":{count}', f'"operation":{operation}'), operation)


def _object(*members: str) -> bytes:
    return ("{" + ",".join(members) + "}").encode()


def _records(plan: Write, done: Sequence[Written]) -> Iterable[str]:
    yield f'"records":[{",".join(one.json for one in done)}]'
    yield f'"keys":{_strings([one.key for one in done]) if plan.table.primary_key else "null"}'
    yield f'"versions":{_strings([one.version for one in done])}'


def _strings(values: Sequence[str | None]) -> str:
    """Strings that need no escape, as a list; null where there are none such."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "null"
    return '["' + '","'.join(known) + '"]' if known else "[]"


def _outcomes(attempt: Attempt) -> Iterable[str]:
    created = [number for number, one in attempt.written.items() if one.created]
    updated = [number for number, one in attempt.written.items() if not one.created]
    for name, numbers in (("created", created), ("updated", updated), ("ignored", attempt.ignored)):
        yield f'"{name}":{sorted(numbers)}'


def _skipped(skipped: Iterable[Skipped]) -> str:
    rows = [
        {
            "row": one.row,
            "column": one.column,
            "value": None if one.value is None else safe(one.value),
            "code": one.why.reason,
            "why": one.why.message,
        }
        for one in sorted(skipped, key=lambda one: one.row)
    ]
    return orjson.dumps(rows).decode()
