"""Between protobuf and the service's values. Bodies pass through as bytes."""

from rowhouse.records.v1 import records_pb2

from services.records import request
from services.records.idempotency import Answer
from services.records.imports.asked import Asked
from services.records.request import TableName
from services.records.writes import edits


def table_from(reference: records_pb2.TableRef) -> TableName:
    """The table that a request names."""
    return TableName(reference.schema, reference.table)


def page_from(asked: records_pb2.ListRecordsRequest) -> request.Page:
    """A list; raises what cannot be read."""
    selection = request.selection(
        table_from(asked.table), fields=asked.fields, sort=asked.sort, filter=asked.filter, search=asked.search
    )
    return request.page(
        selection,
        cursor=asked.cursor,
        limit=asked.limit,
        count=asked.count,
        shape=asked.shape,
        numbers=asked.numbers,
        offset=asked.offset if asked.HasField("offset") else None,
        at=asked.at,
    )


def aggregate_from(asked: records_pb2.AggregateRequest) -> request.Aggregate:
    """Figures over a list; raises what cannot be read."""
    selection = request.selection(table_from(asked.table), sort=asked.sort, filter=asked.filter, search=asked.search)
    offset = asked.offset if asked.HasField("offset") else None
    limit = asked.limit if asked.HasField("limit") else None
    return request.aggregate(selection, asked.aggregate, offset=offset, limit=limit, numbers=asked.numbers)


def get_from(asked: records_pb2.GetRecordRequest) -> request.Get:
    """One record."""
    return request.get(table_from(asked.table), asked.key, fields=asked.fields, numbers=asked.numbers)


def create_from(asked: records_pb2.WriteRequest) -> edits.Create:
    """New records."""
    return edits.create(table_from(asked.table), asked.body, manner_from(asked))


def update_from(asked: records_pb2.WriteRequest) -> edits.Update:
    """Changes of several records."""
    return edits.update(table_from(asked.table), asked.body, manner_from(asked))


def update_one_from(asked: records_pb2.UpdateRecordRequest) -> edits.Update:
    """The change of one record."""
    manner = edits.manner(asked.numbers, asked.input)
    return edits.update_one(table_from(asked.table), asked.key, asked.body, asked.if_match, manner)


def delete_from(asked: records_pb2.WriteRequest) -> edits.Delete | edits.DeleteWhere:
    """Records to delete."""
    return edits.delete(table_from(asked.table), asked.body, manner_from(asked))


def delete_one_from(asked: records_pb2.DeleteRecordRequest) -> edits.Delete:
    """One record to delete."""
    return edits.delete_one(table_from(asked.table), asked.key, asked.if_match)


def manner_from(asked: records_pb2.WriteRequest) -> edits.Manner:
    """How a write is taken and answered."""
    return edits.manner(asked.numbers, asked.input, asked.partial)


def once_from(verb: str, asked: records_pb2.WriteRequest) -> request.Once:
    """The idempotency key, for this very request."""
    parts = asked.table.schema, asked.table.table, asked.body, asked.numbers, asked.input, asked.partial
    return request.once(asked.idempotency_key, verb, *parts)


def update_once_from(asked: records_pb2.UpdateRecordRequest) -> request.Once:
    """The idempotency key, for this very change."""
    parts = asked.table.schema, asked.table.table, asked.key, asked.body, asked.if_match, asked.numbers, asked.input
    return request.once(asked.idempotency_key, "update one", *parts)


def delete_once_from(asked: records_pb2.DeleteRecordRequest) -> request.Once:
    """The idempotency key, for this very deletion."""
    parts = asked.table.schema, asked.table.table, asked.key, asked.if_match
    return request.once(asked.idempotency_key, "delete one", *parts)


def record_to(answer: Answer) -> records_pb2.Record:
    """One record."""
    return records_pb2.Record(body=answer.body, etag=answer.version, operation_id=answer.operation)


def written_to(answer: Answer) -> records_pb2.Written:
    """The outcome of a write."""
    return records_pb2.Written(body=answer.body, operation_id=answer.operation)


def asked_from(opened: records_pb2.ImportOpen) -> Asked:
    """What is asked for with a file."""
    return Asked(
        opened.schema,
        opened.name,
        opened.options,
        opened.idempotency_key,
        opened.content_type,
        opened.size,
        opened.respond_async,
    )
