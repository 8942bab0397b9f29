"""Which writer makes which format."""

import asyncio
from importlib import import_module

from services.records.exports import delimited, objects, workbook
from services.records.exports.request import Export
from services.records.exports.writers import Survey, Writer
from services.records.plans import Selection


async def opened(asked: Export, found: Selection, survey: Survey) -> Writer:
    """The writer of what is asked. Raises what the format cannot hold: SheetFull, CellTooLong."""
    match asked.format:
        case "csv":
            return delimited.writer(found, ",", formula_safe=asked.formula_safe)
        case "tsv":
            return delimited.writer(found, "\t", formula_safe=asked.formula_safe)
        case "json":
            return objects.Array(found)
        case "jsonl":
            return objects.lines(found)
        case "xlsx":
            return await workbook.opened(found, survey)
    # Loaded by the first export that needs it: Arrow alone is as large as the service.
    parquet = await asyncio.to_thread(import_module, "services.records.exports.parquet")
    writer: Writer = await parquet.opened(found, survey)
    return writer
