"""The page on kinds names every kind with its types, settings and operators, as they are declared."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from services.kinds import KINDS, Kind

PAGE = (Path(__file__).parents[2] / "docs" / "kinds.md").read_text()
TABLE, READING, FILTERING = (re.split("^## ", PAGE, flags=re.MULTILINE)[part] for part in (1, 2, 3))


def named(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_has_its_row_with_every_setting(kind: Kind) -> None:
    (row,) = re.findall(rf"^\| `{kind.name}` \|(.*)\|$", TABLE, re.MULTILINE)
    settings = row.split("|")[-1]
    assert named(settings) == [field.name for field in fields(kind.display)]
    assert settings.count("(needed)") == len(kind.needs)
    assert ("CHECK" in row) == (kind.rule("v", {"options": [{"value": "a"}]}) is not None)
    assert f"`{kind.name}`" in READING


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_page_names_the_operators_that_a_kind_understands(kind: Kind) -> None:
    found: set[str] = set()
    for kinds, operators in re.findall(r"^\| (.*?) \| (`.*`) \|$", FILTERING, re.MULTILINE):
        chosen = kind.name in named(kinds)
        if chosen != kinds.startswith("all"):
            found |= set(named(operators))
    assert found == set(kind.operators)
