"""Plans, and the timeline of operations."""

from fastapi import APIRouter, Request, Response
from rowhouse.schema.v1 import schema_pb2 as pb

from services.gateway import describe, errors, responses
from services.gateway.access import PassThrough, services
from services.gateway.bodies import json_text, parameters, paths
from services.gateway.models import queries, shape

_RUNNING = "running"
_INT64_MOST = 2**63 - 1

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["operations"], route_class=PassThrough)


@router.post("/plans", **describe.passing(shape.Plan, 201, body={"$ref": "#/components/schemas/AnyOperation"}))
async def plan_operation(request: Request) -> Response:
    """See what an operation would do, before it does; the plan applies exactly that, within 15 minutes."""
    operation = await json_text.body(request)
    return responses.Json((await services(request).operations.Plan(pb.PlanRequest(operation=operation))).body, 201)


@router.post(
    "/operations",
    **describe.passing(
        shape.Operation,
        201,
        body=shape.Apply,
        idempotent=True,
        also={202: "It is running; its URL tells how far it is."},
    ),
)
async def apply_operation(request: Request) -> Response:
    """Apply a plan, or an operation that can be undone in full."""
    body = await json_text.body(request)
    key = parameters.idempotency_key(request)
    if "plan" in json_text.members(body):
        asked = pb.ApplyRequest(plan=json_text.text_of(body, "plan", alone=True), idempotency_key=key)
    else:
        asked = pb.ApplyRequest(operation=body, idempotency_key=key)
    return _applied(request, await services(request).operations.Apply(asked))


@router.get("/operations", **describe.passing(shape.Operations, query=queries.Operations))
async def list_operations(request: Request) -> Response:
    """Read the timeline, latest first."""
    query = parameters.read(request, queries.Operations)
    table = pb.TableRef(schema=query.schema_, table=query.table) if query.table else None
    asked = pb.ListOperationsRequest(limit=query.limit, cursor=query.cursor, table=table)
    return responses.Json((await services(request).operations.ListOperations(asked)).body)


@router.get("/operations/{id}", **describe.passing(shape.Operation))
async def get_operation(request: Request) -> Response:
    """Get one step of the timeline."""
    return responses.Json((await services(request).operations.GetOperation(_ref(request))).body)


@router.post("/operations/{id}/undo", **describe.passing(shape.Operation, 201))
async def undo_operation(request: Request) -> Response:
    """Undo a step; that is a step itself."""
    return _applied(request, await services(request).operations.Undo(_ref(request)))


@router.post("/operations/{id}/redo", **describe.passing(shape.Operation, 201))
async def redo_operation(request: Request) -> Response:
    """Redo a step that was undone."""
    return _applied(request, await services(request).operations.Redo(_ref(request)))


def _ref(request: Request) -> pb.OperationRef:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= _INT64_MOST and len(text) <= 19):
        raise errors.OperationNotFound(text)
    return pb.OperationRef(id=int(text))


def _applied(request: Request, applied: pb.Applied) -> Response:
    location = paths.of(paths.name(request, "tenant"), "operations", str(applied.operation_id))
    status = 202 if applied.state == _RUNNING else 201
    return responses.made(applied.body, location, applied.operation_id, status)
