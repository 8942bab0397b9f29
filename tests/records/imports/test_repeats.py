"""An import that is sent again under its key is done once."""

from tests.fixtures.files import Files, relations
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant


async def test_an_import_that_is_sent_again_under_its_key_is_done_once(files: Files, tenant: Tenant) -> None:
    first = await files.load("a\n1\n", once="k")
    assert await files.load("a\n1\n", once="k") == first
    assert await tenant.value("SELECT count(*) FROM people", access="read") == 1
    for data, name in [("a\n2\n", "people"), ("a\n1\n", "others")]:
        with refused("IDEMPOTENCY_KEY_REUSED"):
            await files.load(data, name, once="k")
    assert await relations(tenant) == ["people"]


async def test_a_refused_import_leaves_its_key_free(files: Files) -> None:
    with refused("ROW_RAGGED"):
        await files.load("a,b\n1\n", once="k")
    assert (await files.load("a,b\n1,2\n", once="k"))["rows"] == 1
