"""Requests generated from the OpenAPI document, one by one and in chains: no fault, and no answer that it does not describe."""

import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import BaseSchema, GenerationMode, Response
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.fixtures.openapi import DOCUMENT
from tests.fixtures.stack import Installation, signing_up
from tests.stack import generated
from tests.stack.world import LEFT_OUT, Workspace

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "400"))
SEED = int(os.environ.get("ROWHOUSE_SEED", "3"))
LABELS = [f"{verb.upper()} {path}" for path, verb, _ in generated.operations(DOCUMENT)]
# A request of the document's shape is refused for many good reasons: no such column, a name that is taken. That what is deleted
# is gone, and that every route asks who calls, is the stories' and the matrix's; a name that is dropped can be there again.
UNCHECKED: list[CheckFunction] = [
    checks.positive_data_acceptance,
    checks.ignored_auth,
    checks.use_after_free,
    checks.ensure_resource_availability,
]


@pytest_asyncio.fixture(scope="module")
async def home(stack: Installation) -> AsyncIterator[Workspace]:
    async with signing_up(stack.url) as sign_up:
        made = Workspace(await sign_up(), {"schema": "public", "table": "movies", "column": "rating", "key": "1"})
        await made.furnish(await sign_up())
        yield made


@pytest_asyncio.fixture(scope="module")
async def schema(stack: Installation, home: Workspace) -> BaseSchema:
    token = (await home.http.post("/tokens", json={"name": "generated"})).json()["token"]
    return generated.schema(home, stack.url, token).exclude(lambda context: context.operation.label in LEFT_OUT)


@pytest_asyncio.fixture(autouse=True)
async def movies(home: Workspace) -> None:
    await home.movies()


def budget(examples: int, steps: int = 1) -> settings:
    """As many examples, the same ones in each run."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        stateful_step_count=steps,
    )


def check(case: Any, response: Response) -> None:
    case.validate_response(response, excluded_checks=UNCHECKED)


@pytest.mark.soak
@pytest.mark.parametrize("label", [label for label in LABELS if label not in LEFT_OUT])
def test_an_answer_is_as_the_document_says(schema: BaseSchema, label: str) -> None:
    operation: Any = schema.find_operation_by_label(label)
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    with requests.Session() as session:

        @seed(SEED)
        @budget(max(5, EXAMPLES // 50))
        @given(fitting | wrong)
        def every(case: Any) -> None:
            check(case, case.call(session=session))

        every()


@pytest.mark.soak
def test_an_answer_is_as_the_document_says_after_whatever_came_before(
    schema: BaseSchema, counted: Callable[[str], None]
) -> None:
    statuses: Counter[int] = Counter()
    faults: list[str] = []

    class Chains(schema.as_state_machine()):  # type: ignore[misc]
        def validate_response(self, response: Response, case: Any, **_: object) -> None:
            statuses[response.status_code] += 1
            try:
                check(case, response)
            except FailureGroup as group:
                faults.extend(map(str, group.exceptions))

    for chains in range(max(10, EXAMPLES // 40)):
        # What an earlier chain left behind makes a later one go otherwise, at which Hypothesis ends the run.
        with contextlib.suppress(FlakyStrategyDefinition):
            seed(SEED + chains)(Chains).run(settings=budget(5, steps=10))
    counted(f"{statuses.total()} requests in chains, seed {SEED}: {dict(statuses)}")
    assert not faults, "\n".join(faults)
