"""Days as people write them: in any order of day, month and year, with the month's name, in ISO 8601."""

import re
import unicodedata
from calendar import monthrange

DMY, MDY, YMD = "dmy", "mdy", "ymd"
ORDERS = {DMY: "day/month/year", MDY: "month/day/year", YMD: "year/month/day"}

_ISO = re.compile(r"(?P<y>[0-9]{4,7})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})(?P<era> BC)?")
_YEAR_FIRST = re.compile(
    r"(?P<y>[0-9]{4})(?P<s>[./])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})|(?P<compact>[12][0-9]{7})"
)
_YEAR_LAST = re.compile(r"(?P<a>[0-9]{1,2})(?P<s>[-./ ]|\. )(?P<b>[0-9]{1,2})(?P=s)(?P<y>[0-9]{2}|[0-9]{4})\.?")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", re.IGNORECASE)
_DAY_NAMED = re.compile(
    r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|\.|º)?[ -]*(?:of |de )?(?P<m>[^\W\d_]+)\.?,?[ -]*(?:de )?(?P<y>[0-9]{4})"
)
_NAMED_DAY = re.compile(r"(?P<m>[^\W\d_]+)\.?[ -]*(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?,?[ -]+(?P<y>[0-9]{4})")
_NAMED_LAST = re.compile(r"(?P<y>[0-9]{4})[ -]+(?P<m>[^\W\d_]+)\.?[ -]*(?P<d>[0-9]{1,2})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene gennaio gen januari janeiro",
            "feb february februar fevrier fevr febrero febbraio februari fevereiro fev febr",
            "mar march marz maerz mars marzo maart mrt marco mrz",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio maj",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august aout agosto ago augustus augusti",
            "sep september sept septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez decembre diciembre dic dicembre desember des dezembro",
        ),
        1,
    )
    for name in names.split()
}
"""The months in the languages of Western Europe, without accents."""


def read(text: str, order: str | None = None) -> str:
    """Give the day as YYYY-MM-DD, as Postgres writes it. `order` is that of the column, where it has one.

    Raises ValueError where there is no such day, or there could be two.
    """
    text = _WEEKDAY.sub("", text.strip(), count=1)
    if match := _ISO.fullmatch(text):
        return _day(match["y"], match["m"], match["d"]) + (match["era"] or "")
    if match := _YEAR_FIRST.fullmatch(text):
        compact = match["compact"]
        return _day(compact[:4], compact[4:6], compact[6:]) if compact else _day(match["y"], match["m"], match["d"])
    if match := _YEAR_LAST.fullmatch(text):
        return _ordered(match, order)
    for pattern in (_DAY_NAMED, _NAMED_DAY, _NAMED_LAST):
        if (match := pattern.fullmatch(text)) and (month := _MONTHS.get(_folded(match["m"]))):
            return _day(match["y"], str(month), match["d"])
    raise ValueError("it is no date; write it as YYYY-MM-DD.")


def _ordered(match: re.Match[str], order: str | None) -> str:
    """A day whose year stands last. With points it begins with the day, everywhere; else the column says, or the numbers do."""
    a, b, year = int(match["a"]), int(match["b"]), match["y"]
    if len(year) == 2:
        raise ValueError("its year has two digits; write it with four.")
    if order not in (DMY, MDY):
        order = DMY if "." in match["s"] or b <= 12 < a else MDY if a <= 12 < b else None
    if order is None and a != b and a <= 12:
        raise ValueError(
            f"it can be read as {_day(year, match['b'], match['a'])} and as {_day(year, match['a'], match['b'])}; "
            "write it as YYYY-MM-DD, or set the column's order of day and month."
        )
    day, month = (match["b"], match["a"]) if order == MDY else (match["a"], match["b"])
    try:
        return _day(year, month, day)
    except ValueError as fault:
        if order is None or "." in match["s"]:
            raise
        raise ValueError(f"{str(fault).removesuffix('.')} where dates are written as {ORDERS[order]}.") from None


def _day(year: str, month: str, day: str) -> str:
    y, m, d = int(year), int(month), int(day)
    if y == 0 or not 1 <= m <= 12:
        raise ValueError(f"there is no {'year 0' if y == 0 else f'month {m}'}.")
    if not 1 <= d <= monthrange(2000 if _is_leap(y) else 2001, m)[1]:
        raise ValueError(f"there is no day {d} in month {m} of {y}.")
    return f"{y:04}-{m:02}-{d:02}"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _folded(word: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", word.casefold()) if letter.isalpha())
