"""What all bodies have in common."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Expires = Annotated[
    AwareDatetime | None,
    Field(description="When it ends, with its zone; never if absent.", examples=["2030-01-01T00:00:00Z"]),
]
Next = Annotated[str | None, Field(description="The cursor of the next page; null on the last.", examples=[None])]
Moment = Annotated[datetime, Field(examples=["2026-11-24T09:30:00Z"])]


class Body(BaseModel):
    """What a client sends: nothing but what is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True)


class Open(Answer):
    """An answer that may grow; a client ignores what it does not know."""

    model_config = ConfigDict(extra="allow", frozen=True)


SqlName = Annotated[str, Field(description="The name in SQL; at most 63 bytes.", examples=["movies"])]
Label = Annotated[
    str | None, Field(description="What people see where a SQL name would not do.", examples=["Average rating"])
]
