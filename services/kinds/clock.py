"""Times of day as people write them, with 24 hours or 12, and offsets from UTC."""

import re

_TIME = re.compile(
    r"(?P<h>[0-9]{1,2})(?:(?::|\.| ?h ?)(?P<m>[0-9]{2})(?:[:.](?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,12}))?)?)?(?P<plain> ?h| ?Uhr)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
ZONE = re.compile(r" ?(?P<zone>[Zz]|UTC|GMT|(?:UTC|GMT)?[+\u2212-][0-9]{1,2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)")


def read(text: str) -> str:
    """Give the time as Postgres reads it: `09:30:00`. Raises ValueError."""
    match = _TIME.fullmatch(text.strip().replace("\u202f", " ").replace("\u00a0", " "))
    if match is None or not (match["m"] or match["half"] or match["plain"]):
        raise ValueError("it is no time of day; write it as HH:MM.")
    hours, minutes, seconds = (int(match[part] or 0) for part in "hms")
    if match["half"]:
        if not 1 <= hours <= 12:
            raise ValueError(f"there is no hour {hours} {match['half']}m.".lower())
        hours = hours % 12 + (12 if match["half"] in "Pp" else 0)
    if minutes > 59 or seconds > 59 or hours > 24 or (hours == 24 and (minutes or seconds)):
        raise ValueError("there is no such time of day.")
    return f"{hours:02}:{minutes:02}:{seconds:02}{_fraction(match['f'])}"


def split(text: str) -> tuple[str, str]:
    """The text without its zone, and the offset as Postgres reads it, empty where there is none."""
    match = re.search(f"{ZONE.pattern}$", text)
    if match is None or (match["zone"][0] in "+-\u2212" and ":" not in text[: match.start()]):
        return text, ""
    zone = match["zone"].upper().replace("\u2212", "-").removeprefix("UTC").removeprefix("GMT")
    return text[: match.start()], "+00" if zone in ("", "Z") else zone


def _fraction(digits: str | None) -> str:
    kept = (digits or "").rstrip("0")
    if len(kept) > 6:
        raise ValueError("it is finer than a microsecond.")
    return f".{kept}" if kept else ""
