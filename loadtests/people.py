"""Writes people.csv: a million rows of ten columns as a real export has them, the same at each run."""

import csv
import random
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

HEADER = [
    "full_name",
    "email",
    "company",
    "note",
    "quantity",
    "price",
    "score",
    "is_active",
    "birth_date",
    "created_at",
]
FIRST = ["Ada", "Linus", "Grace", "Zoë", "Łukasz", "Ngozi", "Bjørn", "Mei", "José", "Aisha", "Tom", "Renée"]
LAST = ["Lovelace", "O'Hara", "Nguyễn", "García", "van der Berg", "Smith", "Kowalski", "Okafor", "Müller", "Tanaka"]
COMPANY = ["Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Wonka", "Cyberdyne", "Tyrell"]
NOTES = [
    "",
    "called back",
    "prefers e-mail, not phone",
    'said "maybe"',
    "two lines:\nsecond",
    "VIP; see contract",
    "n/a yet",
]


def write(path: Path, rows: int) -> None:
    """Write `rows` records to `path`."""
    dice = random.Random(7)  # noqa: S311  data, not secrets
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADER)
        out.writerows(_row(dice, number) for number in range(rows))


def _row(dice: random.Random, number: int) -> list[object]:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    return [
        f"{first} {last}",
        f"person{number}@example.com",
        f"{dice.choice(COMPANY)} {dice.randrange(1400)}",
        dice.choice(NOTES) + " " + "lorem ipsum dolor sit amet " * dice.randrange(4) + ".",
        dice.randrange(1, 1000),
        f"{dice.randrange(100, 1_000_000) / 100:.2f}",
        dice.randrange(1, 101),
        dice.choice(["true", "false"]),
        date(1940, 1, 1) + timedelta(days=dice.randrange(25_000)),
        datetime(2015, 1, 1) + timedelta(seconds=dice.randrange(300_000_000)),
    ]


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
