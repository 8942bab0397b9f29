"""Serves Accounts."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert
from services.auth import tenants as slugs
from services.auth.accounts import Accounts
from services.auth.tenants import Tenants
from services.kit.db.control import Database
from services.kit.paging import MAX_LIMIT
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class AccountsServicer(grpc.AccountsServicer):
    """Signing up, in and out, and one's own account."""

    def __init__(self, db: Database, accounts: Accounts, tenants: Tenants) -> None:
        self._db = db
        self._accounts = accounts
        self._tenants = tenants

    async def SignUp(self, request: pb.SignUpRequest, context: Context) -> pb.Session:
        signed_in = await self._accounts.sign_up(convert.new_account_from(request))
        return convert.session_to(signed_in, await self._tenants.described(signed_in.tenant_id))

    async def SignIn(self, request: pb.SignInRequest, context: Context) -> pb.Session:
        return convert.session_to(await self._accounts.sign_in(request.email, request.password, request.address))

    async def SignOut(self, request: pb.SignOutRequest, context: Context) -> Empty:
        await self._accounts.sign_out(caller(), request.session)
        return Empty()

    async def GetMe(self, request: Empty, context: Context) -> pb.Me:
        user = await self._accounts.user(caller())
        return convert.me_to(user, (await self._tenants.list_of(caller(), MAX_LIMIT, "")).items)

    async def UpdateMe(self, request: pb.UpdateMeRequest, context: Context) -> pb.Me:
        name = request.name if request.HasField("name") else None
        passwords = (request.current_password, request.new_password)
        user = await self._accounts.update(caller(), name, *passwords, request.session)
        return convert.me_to(user, (await self._tenants.list_of(caller(), MAX_LIMIT, "")).items)

    async def CheckSlug(self, request: pb.CheckSlugRequest, context: Context) -> pb.CheckSlugReply:
        async with self._db.read() as session:
            return convert.availability_to(await slugs.check_slug(session, request.slug))

    async def AcceptInvitation(self, request: pb.AcceptInvitationRequest, context: Context) -> pb.Session:
        signed_in = await self._accounts.accept(convert.joining_from(request))
        return convert.session_to(signed_in, await self._tenants.described(signed_in.tenant_id))
