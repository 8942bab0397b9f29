"""What a column may be chosen from: values in people's order, with their colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from services.kinds.kind import Display, Settings
from services.kit import quoting

MAX_OPTIONS = 500


@dataclass(frozen=True, slots=True)
class Option:
    """One value, and the colour that it is shown in."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    value: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
    color: Annotated[str, Field(pattern="^#[0-9A-Fa-f]{6}$")] | None = None


def _distinct(options: tuple[Option, ...]) -> tuple[Option, ...]:
    seen: set[str] = set()
    for option in options:
        if option.value.casefold() in seen:
            raise ValueError(f"the option '{option.value}' is listed twice")
        seen.add(option.value.casefold())
    return options


def _spelled_out(options: object) -> object:
    """A text alone is an option without a colour."""
    if not isinstance(options, list):
        return options
    return [{"value": option} if isinstance(option, str) else option for option in options]


Options = Annotated[
    tuple[Option, ...],
    Field(min_length=1, max_length=MAX_OPTIONS, strict=False),
    AfterValidator(_distinct),
    BeforeValidator(_spelled_out, json_schema_input_type=tuple[Option | str, ...]),
]


@dataclass(frozen=True, slots=True)
class OptionsDisplay(Display):
    """What there is to choose from."""

    options: Options | None = None
    """In the order in which people see and sort them."""


def values(settings: Settings) -> list[str]:
    """The values of a column's options."""
    return [option["value"] for option in settings.get("options", ())]


def meant(text: str, offered: Sequence[str]) -> str:
    """The option that a text is, whatever its case. Raises ValueError with the options there are."""
    if text in offered:
        return text
    found = [option for option in offered if option.casefold() == text.casefold()]
    if len(found) == 1:
        return found[0]
    some = ", ".join(offered[:10]) + (", …" if len(offered) > 10 else "")
    raise ValueError(f"'{text[:40]}' is none of the options: {some}." if offered else "the column has no options yet.")


def array(values_: Sequence[str], type_: str = "text") -> str:
    """SQL of an array of these constants."""
    return f"ARRAY[{', '.join(map(quoting.literal, values_))}]::{type_}[]"


def with_labels(display: Settings, labels: Sequence[str]) -> dict[str, Any]:
    """Settings of a column whose type lists its values: those are its options, in colours that the settings may know."""
    known = {option["value"]: option for option in display.get("options", ())}
    return {**display, "options": [known.get(label, {"value": label}) for label in labels]}
