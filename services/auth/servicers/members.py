"""Serves Members."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert, invitations
from services.auth.members import Members
from services.kit.clock import Clock
from services.kit.db.control import Database
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class MembersServicer(grpc.MembersServicer):
    """Who belongs to a tenant."""

    def __init__(self, db: Database, members: Members, clock: Clock) -> None:
        self._db = db
        self._members = members
        self._clock = clock

    async def ListMembers(self, request: pb.ListRequest, context: Context) -> pb.ListMembersReply:
        page = await self._members.list_of(caller(), request.limit, request.cursor)
        return pb.ListMembersReply(members=[convert.member_to(*row) for row in page.items], next=page.next)

    async def AddMember(self, request: pb.AddMemberRequest, context: Context) -> pb.Member:
        return convert.member_to(*await self._members.add(caller(), request.email, request.role))

    async def UpdateMember(self, request: pb.UpdateMemberRequest, context: Context) -> pb.Member:
        return convert.member_to(*await self._members.update(caller(), request.user_id, request.role))

    async def RemoveMember(self, request: pb.IdRequest, context: Context) -> Empty:
        await self._members.remove(caller(), request.id)
        return Empty()

    async def ListInvitations(self, request: pb.ListRequest, context: Context) -> pb.ListInvitationsReply:
        async with self._db.read() as session:
            now = self._clock.now()
            page = await invitations.list_of(session, caller(), now, request.limit, request.cursor)
        return pb.ListInvitationsReply(invitations=map(convert.invitation_to, page.items), next=page.next)

    async def CreateInvitation(self, request: pb.AddMemberRequest, context: Context) -> pb.Invitation:
        return convert.invitation_to(*await self._members.invite(caller(), request.email, request.role))

    async def DeleteInvitation(self, request: pb.IdRequest, context: Context) -> Empty:
        async with self._db.begin() as session:
            await invitations.withdraw(session, caller(), request.id, self._clock.now())
        return Empty()
