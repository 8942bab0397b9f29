"""Never a fault of ours for what a client sends: every call, with every text, gives a reply or a refusal by name."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rowhouse.auth.v1 import auth_pb2 as pb

from services.kit.rpc import identity
from tests.fixtures.auth import PASSWORD, SECRETS, Auth, MakeAuth

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
NASTY = [
    "",
    "\0",
    "'; DROP TABLE auth.users --",
    "\u202e",
    "ﷺ" * 100,
    "x" * 10_000,
    "null",
    "../../etc",
    "%00",
    "-1",
    "\U0001f600",
]
METHODS = [method for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods]
# Texts that get past the first checks, so that what is behind them is reached too.
KNOWN = ["owner", "viewer", "ro", "ddl", "read", "schema", "records", "ada-home", "ada@example.org", PASSWORD]
KNOWN_FIELDS = {
    "email": "bob@example.org",
    "password": PASSWORD,
    "current_password": PASSWORD,
    "new_password": "a better horse",
    "tenant_slug": "bobs-home",
    "slug": "more-of-it",
    "role": "viewer",
    "access": "read",
    "login": "ro",
    "scopes": "records:read",
    "service": "records",
    "service_secret": SECRETS["records"],
    "address": "192.0.2.1",
    "name": "Bob",
    "cursor": "",
    "invitation": "",
    "session": "",
    "tenant": "",
    "tenant_id": "",
}


def texts() -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(NASTY), st.sampled_from(KNOWN), st.text(st.characters(exclude_categories=["Cs"])))


def value_of(field: Any) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return message_of(GetMessageClass(field.message_type))
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return texts()
    bits = 63 if field.cpp_type == FieldDescriptor.CPPTYPE_INT64 else 31
    return st.integers(-(2**bits), 2**bits - 1)


@st.composite
def message_of(draw: st.DrawFn, kind: type[Message]) -> Message:
    values = {}
    for field in kind.DESCRIPTOR.fields:
        if draw(st.booleans()):
            strategy = value_of(field)
            values[field.name] = draw(st.lists(strategy, max_size=3) if field.is_repeated else strategy)
    return kind(**values)


@st.composite
def calls(draw: st.DrawFn) -> tuple[MethodDescriptor, Message]:
    method = draw(st.sampled_from(METHODS))
    return method, draw(message_of(GetMessageClass(method.input_type)))


FAULTS = ("INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "DEADLINE_EXCEEDED", "UNAVAILABLE")


async def outcome_of(call: Any) -> str:
    """The status by which a call ends."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


def requests_with(text: str, kind: type[Message]) -> Iterator[Message]:
    """Messages that have `text` in all fields at once, and in one while the others say something plausible."""
    fields = [field for field in kind.DESCRIPTOR.fields if field.cpp_type == FieldDescriptor.CPPTYPE_STRING]
    for only in [None, *fields]:
        values = {field.name: text if only in (None, field) else KNOWN_FIELDS.get(field.name, "x") for field in fields}
        yield kind(**{name: [value] if name == "scopes" else value for name, value in values.items()})


@pytest.mark.parametrize("text", NASTY)
async def test_no_text_in_any_field_is_a_fault_of_ours(auth: Auth, text: str) -> None:
    ada = await auth.sign_up("ada")
    with identity.identity((await auth.identify(ada, ada.tenant.id)).token):
        for method in METHODS:
            stub = getattr(auth, method.containing_service.name.lower())
            for request in requests_with(text, GetMessageClass(method.input_type)):
                assert await outcome_of(getattr(stub, method.name)(request)) not in FAULTS, (method.name, request)


@pytest.mark.soak
async def test_no_call_is_a_fault_of_ours(make_auth: MakeAuth, counted: Callable[[str], None]) -> None:
    auth = await make_auth(sign_ups_per_hour=1_000_000)
    ada = await auth.sign_up("ada")
    outcomes: dict[str, int] = {}
    loop = asyncio.get_running_loop()

    async def signed_in() -> str:
        """An internal token of Ada's; a call may have signed her out."""
        nonlocal ada
        try:
            return (await auth.identify(ada, ada.tenant.id)).token
        except grpc.aio.AioRpcError:
            ada = await auth.sign_in_again(ada)
            return (await auth.identify(ada, ada.tenant.id)).token

    async def send(method: MethodDescriptor, request: Message) -> None:
        stub = getattr(auth, method.containing_service.name.lower())
        with identity.identity(await signed_in()):
            outcome = await outcome_of(getattr(stub, method.name)(request))
        assert outcome not in FAULTS
        outcomes[outcome] = outcomes.get(outcome, 0) + 1

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(calls())
    def run(call: tuple[MethodDescriptor, Message]) -> None:
        asyncio.run_coroutine_threadsafe(send(*call), loop).result()

    await asyncio.to_thread(run)
    assert outcomes["OK"] > 0
    assert sum(outcomes.values()) >= EXAMPLES
    counted(f"{sum(outcomes.values())} hostile calls of {len(METHODS)} methods: {outcomes}")
