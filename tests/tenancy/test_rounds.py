"""Rounds through the tenants that are ready, with a real auth: each once, as the service, whatever goes wrong in one."""

from services.kit.rpc import identity
from services.kit.rpc.identity import Caller
from services.kit.rpc.tokens import Verifier
from services.tenancy.bindings import Bindings
from services.tenancy.rounds import Rounds
from tests.fixtures.auth import PUBLIC, SECRETS, MakeAuth


async def test_every_ready_tenant_gets_its_turn_as_the_service_itself(make_auth: MakeAuth) -> None:
    auth = await make_auth()
    people = [await auth.sign_up() for _ in range(3)]
    seen: list[Caller] = []

    async def work(caller: Caller) -> None:
        assert identity.caller() is caller
        seen.append(caller)
        if len(seen) == 2:
            raise RuntimeError("something is wrong in one tenant")

    rounds = Rounds(Bindings(auth.channel, "schema", SECRETS["schema"]), Verifier({"k1": PUBLIC}))
    await rounds.each(work)
    assert sorted(caller.tenant for caller in seen) == sorted(person.tenant.id for person in people)
    assert {(caller.subject, caller.via) for caller in seen} == {("service:schema", "service")}
    assert all("schema:write" in caller.scopes for caller in seen)
