"""Days, moments, times and lengths of time as people write them."""

from typing import Any

import pytest

from services.kinds import KINDS
from tests.fixtures.examples import examples

LOCAL = "timestamp without time zone"
DAYS = examples("""
    2024-12-31 → 2024-12-31 ¦ 2024-12-31 → 2024-12-31 ¦ 2024-1-5 → 2024-01-05 ¦ 2024/12/31 → 2024-12-31 ¦ 2024.12.31 → 2024-12-31
    20241231 → 2024-12-31 ¦ 31/12/2024 → 2024-12-31 ¦ 12/31/2024 → 2024-12-31 ¦ 31-12-2024 → 2024-12-31 ¦ 5/5/2024 → 2024-05-05
    31.12.2024 → 2024-12-31 ¦ 3.4.2024 → 2024-04-03 ¦ 3. 4. 2024 → 2024-04-03 ¦ 31 12 2024 → 2024-12-31 ¦ 29/02/2024 → 2024-02-29
    31 Dec 2024 → 2024-12-31 ¦ 31 December 2024 → 2024-12-31 ¦ 31st December 2024 → 2024-12-31 ¦ 1st of May 2024 → 2024-05-01
    31-Dec-2024 → 2024-12-31 ¦ 31Dec2024 → 2024-12-31 ¦ Dec 31 2024 → 2024-12-31 ¦ Dec 31, 2024 → 2024-12-31
    December 31st, 2024 → 2024-12-31 ¦ dec. 31, 2024 → 2024-12-31 ¦ DEC 31, 2024 → 2024-12-31 ¦ 2024 Dec 31 → 2024-12-31
    2024-Dec-31 → 2024-12-31 ¦ Tue, 31 Dec 2024 → 2024-12-31 ¦ Tuesday, December 31, 2024 → 2024-12-31 ¦ Sept 5, 2024 → 2024-09-05
    31. Dezember 2024 → 2024-12-31 ¦ 1. März 2024 → 2024-03-01 ¦ 1er janvier 2024 → 2024-01-01 ¦ 14 juillet 2024 → 2024-07-14
    15 août 2024 → 2024-08-15 ¦ 31 de diciembre de 2024 → 2024-12-31 ¦ 5 maggio 2024 → 2024-05-05 ¦ 17. mai 2024 → 2024-05-17
    30 april 2024 → 2024-04-30 ¦ 5 out 2024 → 2024-10-05 ¦ 1 mrt 2024 → 2024-03-01 ¦ 2024-12-31T00:00:00 → 2024-12-31
    2024-12-31 00:00:00.000 → 2024-12-31 ¦ 31/12/2024 00:00 → 2024-12-31 ¦ infinity → infinity ¦ 0044-03-15 BC → 0044-03-15 BC
    12024-01-01 → 12024-01-01 ¦ 5874897-12-31 → 5874897-12-31 ¦ 0001-01-01 → 0001-01-01 ¦ 2000-02-29 → 2000-02-29
""")
NO_DAYS = examples("""
    03/04/2024 → 2024-04-03 and as 2024-03-04 ¦ 3-4-2024 → 2024-04-03 and as 2024-03-04 ¦ 1 2 2024 → and as
    31/12/24 → two digits ¦ 1.2.03 → two digits ¦ 2024-02-30 → no day 30 ¦ 2023-02-29 → no day 29 ¦ 1900-02-29 → no day 29
    31/04/2024 → no day 31 ¦ 2024-13-01 → no month 13 ¦ 2024-00-10 → no month 0 ¦ 2024-01-00 → no day 0 ¦ 13/13/2024 → no month 13
    0000-01-01 → no year 0 ¦ 32/01/2024 → no day 32 ¦ Feb 30 2024 → no day 30 ¦ 31 Foo 2024 → no date
    today → no date ¦ tomorrow → no date ¦ now → no date ¦ 45000 → no date ¦ 2024 → no date ¦ 12/2024 → no date
    May 2024 → no date ¦ 5 May → no date ¦ 2024-12-31 10:00 → no date ¦ 2024-W52-2 → no date ¦ Q1 2024 → no date
    1000.123 → no date ¦ 1,23,45 → no date ¦ 2024-12 → no date ¦ 31/12-2024 → no date ¦ J2451187 → no date ¦ epoch → no date
    SEPT2 → no date ¦ 2024-12-31x → no date ¦ ٣١/١٢/٢٠٢٤ → no date
""")


def read(kind: str, text: str, base_type: str = "", **settings: Any) -> str:
    return KINDS[kind].read(text, settings, base_type or KINDS[kind].default_type or "")


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_a_day_is_read_in_any_order_that_is_certain(text: str, day: str) -> None:
    assert read("date", text) == day


@pytest.mark.parametrize(("text", "why"), NO_DAYS)
def test_what_is_no_day_or_could_be_two_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("date", text)


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("dmy", "03/04/2024", "2024-04-03"),
        ("mdy", "03/04/2024", "2024-03-04"),
        ("dmy", "3-4-2024", "2024-04-03"),
        ("mdy", "12/31/2024", "2024-12-31"),
        ("mdy", "2024-04-03", "2024-04-03"),
        ("ymd", "2024/04/03", "2024-04-03"),
    ],
)
def test_the_column_s_order_settles_what_could_be_two(order: str, text: str, day: str) -> None:
    assert read("date", text, date_order=order) == day


@pytest.mark.parametrize(
    ("order", "text", "why"),
    [
        ("dmy", "12/31/2024", "no month 31 where dates are written as day/month/year"),
        ("mdy", "31/12/2024", "no month 31 where"),
        ("ymd", "03/04/2024", "and as"),
        ("mdy", "31.12.2024", "no month 31"),
    ],
)
def test_a_day_that_speaks_against_the_column_s_order_is_refused(order: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("date", text, date_order=order)


MOMENTS = examples("""
    2024-12-31 10:00:00+00 → 2024-12-31 10:00:00+00 ¦ 2024-12-31T10:00:00Z → 2024-12-31 10:00:00+00
    2024-12-31T10:00Z → 2024-12-31 10:00:00+00 ¦ 2024-12-31T10:00:00.5+02:00 → 2024-12-31 10:00:00.5+02:00
    2024-12-31 10:00:00.123456-0330 → 2024-12-31 10:00:00.123456-0330 ¦ 2024-12-31 10:00 UTC → 2024-12-31 10:00:00+00
    2024-12-31 10:00 GMT → 2024-12-31 10:00:00+00 ¦ 2024-12-31 10:00 UTC+2 → 2024-12-31 10:00:00+2
    2024-12-31 10:00 → 2024-12-31 10:00:00+00 ¦ 2024-12-31 → 2024-12-31 00:00:00+00 ¦ 31/12/2024 9:05 → 2024-12-31 09:05:00+00
    31.12.2024, 9:05 → 2024-12-31 09:05:00+00 ¦ 31.12.2024 9.30 → 2024-12-31 09:30:00+00
    12/31/2024 9:05 PM → 2024-12-31 21:05:00+00 ¦ 12/31/2024, 9:05:10 PM → 2024-12-31 21:05:10+00
    Dec 31, 2024 at 9am → 2024-12-31 09:00:00+00 ¦ 31 Dec 2024 21h30 → 2024-12-31 21:30:00+00
    Tue, 31 Dec 2024 10:00:00 GMT → 2024-12-31 10:00:00+00 ¦ 0044-03-15 00:00:00+00 BC → 0044-03-15 00:00:00+00 BC
    infinity → infinity ¦ 1890-01-01 00:00:00+01:23:45 → 1890-01-01 00:00:00+01:23:45
    12024-01-01 00:00:00+00 → 12024-01-01 00:00:00+00 ¦ 2024-12-31T10:00:00.100000000Z → 2024-12-31 10:00:00.1+00
""")


@pytest.mark.parametrize(("text", "moment"), MOMENTS)
def test_a_moment_is_read_with_its_zone_or_in_utc(text: str, moment: str) -> None:
    assert read("datetime", text) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2024 10:00", "and as"),
        ("2024-12-31 25:00", "no such time"),
        ("2024-12-31 10:60", "no such time"),
        ("2024-02-30 10:00", "no day 30"),
        ("10:00", "no date"),
        ("2024-12-31 10:00:00.123456789", "microsecond"),
        ("now", "no date"),
        ("1735639200", "no date"),
        ("2024-12-31 10:00 CET", "no date|no time"),
        ("2024-12-31 13:00 PM", "no hour 13"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("datetime", text)


def test_a_local_time_is_read_in_the_column_s_zone() -> None:
    assert read("datetime", "2024-07-01 10:00", zone="Europe/Oslo") == "2024-07-01 10:00:00 Europe/Oslo"
    assert read("datetime", "2024-07-01 10:00Z", zone="Europe/Oslo") == "2024-07-01 10:00:00+00"
    assert read("datetime", "01/07/2024 10:00", date_order="dmy") == "2024-07-01 10:00:00+00"


def test_a_column_without_zones_refuses_one_rather_than_drop_it() -> None:
    assert read("datetime", "2024-12-31 10:00", LOCAL) == "2024-12-31 10:00:00"
    for text in ("2024-12-31 10:00Z", "2024-12-31 10:00+02"):
        with pytest.raises(ValueError, match="zone"):
            read("datetime", text, LOCAL)
    with pytest.raises(ValueError, match="zone"):
        read("time", "10:00+02")
    assert read("time", "10:00+02", "time with time zone") == "10:00:00+02"


TIMES = examples("""
    10:00 → 10:00:00 ¦ 9:05 → 09:05:00 ¦ 09:05:30 → 09:05:30 ¦ 09:05:30.5 → 09:05:30.5 ¦ 23:59:59.999999 → 23:59:59.999999
    9:05 pm → 21:05:00 ¦ 9:05pm → 21:05:00 ¦ 9 PM → 21:00:00 ¦ 9pm → 21:00:00 ¦ 9 p.m. → 21:00:00 ¦ 12 AM → 00:00:00
    12:30 am → 00:30:00 ¦ 12 pm → 12:00:00 ¦ 9.30 → 09:30:00 ¦ 9h30 → 09:30:00 ¦ 9 h 30 → 09:30:00 ¦ 21h → 21:00:00
    9 Uhr → 09:00:00 ¦ 9.30 Uhr → 09:30:00 ¦ 24:00 → 24:00:00 ¦ 00:00 → 00:00:00 ¦ 9:05\u202fPM → 21:05:00
    10:00:00,5 → 10:00:00.5
""")


@pytest.mark.parametrize(("text", "time"), TIMES)
def test_a_time_is_read_with_24_hours_and_with_12(text: str, time: str) -> None:
    assert read("time", text) == time


@pytest.mark.parametrize(
    "text",
    [
        "9",
        "25:00",
        "24:01",
        "10:60",
        "10:00:60",
        "13 PM",
        "0:30 AM",
        "noon",
        "now",
        "Q1 2020",
        "10:5",
        "1030",
        "10:00 XM",
        "-1:00",
        "10:00:00.1234567",
        "1:2:3",
        "10,30",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|hour|microsecond"):
        read("time", text)


LENGTHS = examples("""
    5 min → 5 minutes ¦ 5min → 5 minutes ¦ 5m → 5 minutes ¦ 90 s → 90 seconds ¦ 1h → 1 hours ¦ 1h 30m → 1 hours 30 minutes
    1h30m → 1 hours 30 minutes ¦ 1h30 → 1 hours 30 minutes ¦ 1h 30 → 1 hours 30 minutes ¦ 1 h 30 min → 1 hours 30 minutes
    1 hour and 30 minutes → 1 hours 30 minutes ¦ 1,5 h → 1.5 hours ¦ 1.5 hours → 1.5 hours ¦ 2 days, 3 hours → 2 days 3 hours
    3 weeks → 3 weeks ¦ 1 year 2 months → 1 years 2 months ¦ 500 ms → 500 milliseconds ¦ 2 Std. 5 Min. → 2 hours 5 minutes
    3 Tage → 3 days ¦ 2 heures → 2 hours ¦ -5 min → -5 minutes ¦ −1h 30m → -1 hours -30 minutes
    1:30 → 1 hours 30 minutes 00 seconds ¦ 25:00 → 25 hours 00 minutes 00 seconds ¦ 1:30:05 → 1 hours 30 minutes 05 seconds
    0:00:01.5 → 0 hours 00 minutes 01.5 seconds ¦ -1:30 → -1 hours -30 minutes -00 seconds ¦ PT1H30M → PT1H30M ¦ pt1h30m → PT1H30M
    P1Y2M3DT4H5M6S → P1Y2M3DT4H5M6S ¦ P1W → P1W ¦ PT0.5S → PT0.5S ¦ -PT5M → -PT5M ¦ 00:00:00 → 00:00:00 ¦ 1 day → 1 day
    -1 days +02:03:00 → -1 days +02:03:00 ¦ 1 year 2 mons 3 days 04:05:06.5 → 1 year 2 mons 3 days 04:05:06.5
    infinity → infinity ¦ -00:00:01 → -00:00:01
""")


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_a_length_of_time_is_read_from_words_a_clock_and_iso_8601(text: str, length: str) -> None:
    assert read("duration", text) == length


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("90", "90 min or 90 h"),
        ("1.5", "does not say"),
        ("5 apples", "'apples' is no unit"),
        ("1:75", "end at 59"),
        ("1:30:99", "end at 59"),
        ("1.5 months", "no fixed length"),
        ("long", "no length"),
        ("P", "no length"),
        ("PT", "no length"),
        ("1h 2h", "each unit once"),
        ("5 min 1 h", "longest first"),
        ("1.5 h 30 min", "only its last part"),
        ("P1D1Y", "no length"),
        ("1e2", "no unit"),
        ("(5)", "does not say"),
        ("1:2:3:4", "no length"),
        ("five minutes", "no length"),
        ("--5 min", "no length"),
        (":30", "no length"),
        ("5 min 3", "no length"),
    ],
)
def test_what_is_no_length_of_time_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("duration", text)


def test_the_column_says_what_a_bare_number_and_a_short_clock_count() -> None:
    assert read("duration", "90", unit="minutes") == "90 minutes"
    assert read("duration", "1,5", unit="hours") == "1.5 hours"
    assert read("duration", "-3", unit="days") == "-3 days"
    assert read("duration", "1 h 30.5 min", unit="days") == "1 hours 30.5 minutes"
    assert read("duration", "1:30", format="m:ss") == "1 minutes 30 seconds"
    assert read("duration", "1:30:00", format="m:ss") == "1 hours 30 minutes 00 seconds"
