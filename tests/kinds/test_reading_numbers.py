"""Numbers, amounts, percentages and ratings as people write them."""

from typing import Any

import pytest

from services.kinds import KINDS
from tests.fixtures.examples import examples

NB = "\u00a0"
NUMBERS = examples("""
    0 → 0 ¦ 5 → 5 ¦ 5 → 5 ¦ +5 → 5 ¦ -5 → -5 ¦ - 5 → -5 ¦ −5 → -5 ¦ –5 → -5 ¦ (5) → -5 ¦ (1,234.50) → -1234.50 ¦ 007 → 007
    1.5 → 1.5 ¦ 1,5 → 1.5 ¦ .5 → 0.5 ¦ ,5 → 0.5 ¦ 5. → 5 ¦ 1.50 → 1.50 ¦ 1.234 → 1.234 ¦ -1.234 → -1.234 ¦ 0,123 → 0.123
    0.123 → 0.123 ¦ 1234,567 → 1234.567 ¦ 1,2345 → 1.2345 ¦ 1,234.5 → 1234.5 ¦ 1.234,5 → 1234.5 ¦ 1,234,567 → 1234567
    1.234.567 → 1234567 ¦ 1,234,567.89 → 1234567.89 ¦ 1.234.567,89 → 1234567.89 ¦ 12,34,567 → 1234567 ¦ 1,23,45,678.9 → 12345678.9
    1 234 → 1234 ¦ 1 234 567,8 → 1234567.8 ¦ 1\u00a0234 → 1234 ¦ 1\u202f234,5 → 1234.5 ¦ 1\u2009234.5 → 1234.5
    1'234.50 → 1234.50 ¦ 1’234’567 → 1234567 ¦ 1e5 → 1e5 ¦ 1E5 → 1E5 ¦ 1.5e-7 → 1.5e-7 ¦ 1.234e+20 → 1.234e+20 ¦ 1,5e3 → 1.5e3
    NaN → NaN ¦ -Infinity → -Infinity
""")
NOT_NUMBERS = examples("""
    1,234 → 1234 and as 1.234 ¦ -1,234 → -1234 and as -1.234 ¦ 12,345 → 12345 and as 12.345 ¦ 999,999 → and as
    five → not a number ¦ - → not a number ¦ . → not a number ¦ +-5 → not a number ¦ --5 → not a number ¦ 12 a3 → not a number
    5 apples → not a number ¦ $5 → not a number ¦ 5% → not a number ¦ 1_000 → not a number ¦ 0x1F → not a number
    1 2 → not a number ¦ 1 23 456 → not a number ¦ 1,23.4 → not a number ¦ 1.234,567,8 → not a number ¦ 1,234 567 → not a number
    1'234 567 → not a number ¦ 0,123,456 → not a number ¦ 1..5 → not a number ¦ 1,,5 → not a number ¦ 816-555-1212 → not a number
    2003-12 → not a number ¦ INV-0001 → not a number ¦ {1} → not a number ¦ 1/2 → not a number ¦ ½ → not a number
    e5 → not a number ¦ 1e → not a number ¦ 1e1234567 → not a number ¦ ٣٤ → digits 0 to 9 ¦ 1２ → not a number
    (5 → not a number ¦ 5) → not a number ¦ 1.2.3 → not a number
""")


def read(kind: str, text: str, base_type: str = "", **settings: Any) -> str:
    return KINDS[kind].read(text, settings, base_type or KINDS[kind].default_type or "")


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_a_number_is_read_in_any_usual_writing(text: str, number: str) -> None:
    assert read("number", text) == number


@pytest.mark.parametrize(("text", "why"), NOT_NUMBERS)
def test_what_is_no_number_or_could_be_two_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("number", text)


@pytest.mark.parametrize(
    ("decimal", "text", "number"),
    [
        (",", "1,234", "1.234"),
        (",", "1.234", "1234"),
        (",", "1.234,5", "1234.5"),
        (".", "1,234", "1234"),
        (".", "1,234.5", "1234.5"),
        (",", "12", "12"),
    ],
)
def test_the_column_s_decimal_sign_settles_what_could_be_two(decimal: str, text: str, number: str) -> None:
    assert read("number", text, decimal=decimal) == number


@pytest.mark.parametrize(("decimal", "text", "why"), [(",", "1.5", "behind a comma"), (".", "1,5", "behind a point")])
def test_a_number_that_speaks_against_the_column_s_decimal_sign_is_refused(decimal: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("number", text, decimal=decimal)


@pytest.mark.parametrize(
    ("base_type", "text", "number"),
    [
        ("smallint", "32,767.0", "32767"),
        ("integer", "1e3", "1000"),
        ("bigint", "-9223372036854775808", "-9223372036854775808"),
        ("integer", "1.0", "1"),
        ("bigint", "007", "7"),
        ("double precision", "Infinity", "Infinity"),
        ("real", "1e-30", "1e-30"),
        ("integer", "-0", "0"),
    ],
)
def test_a_whole_type_gets_a_whole_number(base_type: str, text: str, number: str) -> None:
    assert read("number", text, base_type) == number


@pytest.mark.parametrize(
    ("base_type", "text", "why"),
    [
        ("smallint", "32768", "beyond"),
        ("integer", "1e999999", "beyond"),
        ("bigint", "9223372036854775808", "beyond"),
        ("integer", "1.5", "whole"),
        ("integer", "NaN", "not a number"),
        ("bigint", "9" * 5000, "beyond"),
        ("integer", "1e-5", "whole"),
    ],
)
def test_what_a_whole_type_would_round_or_cannot_reach_is_refused(base_type: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("number", text, base_type)


def test_a_number_may_have_the_column_s_unit_behind_it() -> None:
    assert [read("number", text, unit="kg") for text in ("5 kg", "5kg", "5")] == ["5", "5", "5"]
    with pytest.raises(ValueError, match="not a number"):
        read("number", "5 lb", unit="kg")


AMOUNTS = [
    ("EUR", "5", "5"),
    ("EUR", "€5", "5"),
    ("EUR", "€ 5", "5"),
    ("EUR", "5 €", "5"),
    ("EUR", f"5{NB}€", "5"),
    ("EUR", "5,50 €", "5.50"),
    ("EUR", "EUR 5", "5"),
    ("EUR", "5 eur", "5"),
    ("EUR", "12 euros", "12"),
    ("EUR", "1.234,50 €", "1234.50"),
    ("EUR", "€1,234.50", "1234.50"),
    ("EUR", "€ 1 234,50", "1234.50"),
    ("EUR", "-5 €", "-5"),
    ("EUR", "€-5", "-5"),
    ("EUR", "-€5", "-5"),
    ("EUR", "− 5 €", "-5"),
    ("EUR", "(€5)", "-5"),
    ("EUR", "5 €", "5"),
    ("EUR", "5,- €", "5"),
    ("EUR", "5,-", "5"),
    ("EUR", "€ 5,–", "5"),
    ("EUR", "5.—", "5"),
    ("EUR", ".50 €", "0.50"),
    ("USD", "$5", "5"),
    ("USD", "$(5.00)", "-5.00"),
    ("USD", "($5.00)", "-5.00"),
    ("USD", "US$ 5", "5"),
    ("USD", "$5 USD", "5"),
    ("USD", "-$1,234.50", "-1234.50"),
    ("CAD", "CA$5", "5"),
    ("CAD", "$5", "5"),
    ("GBP", "£1,234.5", "1234.5"),
    ("INR", "₹1,00,000.00", "100000.00"),
    ("INR", "Rs. 500", "500"),
    ("BRL", "R$ 1.234,56", "1234.56"),
    ("SEK", "99 kr", "99"),
    ("DKK", "99 kr.", "99"),
    ("CHF", "CHF 1'234.50", "1234.50"),
    ("CHF", "Fr. 5.-", "5"),
    ("JPY", "¥1234", "1234"),
    ("PLN", "12,50 zł", "12.50"),
    ("CZK", "100 Kč", "100"),
    ("KRW", "₩5000", "5000"),
    ("ZAR", "R 12.50", "12.50"),
]


@pytest.mark.parametrize(("currency", "text", "amount"), AMOUNTS)
def test_an_amount_is_read_with_and_without_its_currency(currency: str, text: str, amount: str) -> None:
    assert read("money", text, currency=currency) == amount


@pytest.mark.parametrize(
    ("currency", "text", "why"),
    [
        ("EUR", "$5", "currency is EUR"),
        ("EUR", "5 USD", "currency is EUR"),
        ("USD", "CA$5", "currency is USD"),
        ("EUR", "5 apples", "'apples'"),
        ("EUR", "Room 12", "'Room'"),
        ("EUR", "€", "no amount"),
        ("EUR", "", "no amount"),
        ("EUR", "€1,234", "1234 and as 1.234"),
        ("EUR", "5 € 6", "not a number|'€6'"),
        ("EUR", "816-555-1212", "not a number"),
        ("EUR", "5 (five)", "currency is EUR"),
        ("EUR", "--5 €", "currency is EUR"),
        ("EUR", "-(5) €", "currency is EUR"),
        ("EUR", "(5 €", "bracket"),
        ("EUR", "5 €-", "currency is EUR"),
        ("EUR", "5-", "currency is EUR"),
        ("EUR", "5%", "'%'"),
        ("EUR", "€5 $", "currency is EUR"),
        ("EUR", "1..5 €", "not a number"),
    ],
)
def test_another_currency_and_what_is_no_amount_are_refused(currency: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("money", text, currency=currency)


def test_a_column_without_a_currency_takes_none_but_postgres_own() -> None:
    assert read("money", "-$1,234.50", "money") == "-1234.50"
    with pytest.raises(ValueError, match="has no currency"):
        read("money", "€5", "money")
    with pytest.raises(ValueError, match="finer than a cent"):
        read("money", "1.239", "money")


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("15%", "15e-2"),
        ("15 %", "15e-2"),
        (f"15{NB}%", "15e-2"),
        ("12.5%", "12.5e-2"),
        ("12,5 %", "12.5e-2"),
        ("-3%", "-3e-2"),
        ("−3 %", "-3e-2"),
        ("%15", "15e-2"),
        ("-%15", "-15e-2"),
        ("15 percent", "15e-2"),
        ("15 pct", "15e-2"),
        ("1,234.5 %", "1234.5e-2"),
        ("0.15", "0.15"),
        ("15", "15"),
        ("NaN", "NaN"),
        ("+5%", "5e-2"),
        ("1 234 %", "1234e-2"),
    ],
)
def test_a_percentage_is_read_as_a_fraction_and_a_bare_number_as_it_is_kept(text: str, fraction: str) -> None:
    assert read("percent", text) == fraction


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("%", "not a number"),
        ("5%%", "not a number"),
        ("1,234%", "and as"),
        ("1e2%", "exponent"),
        ("half", "not a number"),
        ("5‰", "not a number"),
        ("(5%)", "not a number"),
    ],
)
def test_what_is_no_percentage_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("percent", text)


def test_a_column_may_say_that_bare_numbers_are_percentages() -> None:
    assert read("percent", "15", bare="percent") == "15e-2"
    assert read("percent", "0,5", bare="percent", decimal=",") == "0.5e-2"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("4", "4"),
        (" 4 ", "4"),
        ("4/5", "4"),
        ("4 / 5", "4"),
        ("4 of 5", "4"),
        ("4 out of 5", "4"),
        ("4 stars", "4"),
        ("1 star", "1"),
        ("4.0", "4"),
        ("★★★", "3"),
        ("★★★☆☆", "3"),
        ("⭐⭐", "2"),
        ("⭐️⭐️⭐️", "3"),
        ("***", "3"),
        ("5", "5"),
    ],
)
def test_a_rating_is_read_from_digits_and_from_stars(text: str, mark: str) -> None:
    assert read("rating", text) == mark


@pytest.mark.parametrize(
    "text", ["0", "6", "-1", "4.5", "4/10", "☆☆☆", "★★★★★★", "good", "4-5", "44444", "½", "4 points"]
)
def test_what_is_no_rating_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rating"):
        read("rating", text)


def test_a_rating_goes_as_far_as_the_column_says() -> None:
    assert read("rating", "9/10", max=10) == "9"
    with pytest.raises(ValueError, match="from 1 to 3"):
        read("rating", "4", max=3)
