"""The currencies of ISO 4217 that are in use, and the signs by which people write some of them."""

_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP "
    "CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD "
    "IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF "
    "XPF YER ZAR ZMW ZWG"
)
CODES = frozenset(_CODES.split())

_DOLLARS = {
    "USD": "US$", "CAD": "C$ CA$", "AUD": "A$ AU$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "TWD": "NT$", "MXN": "MX$", "ARS": "AR$",
    "CLP": "CLP$", "COP": "COL$", "BBD": "", "BMD": "", "BND": "B$", "BSD": "B$", "BZD": "BZ$", "FJD": "FJ$", "GYD": "G$", "JMD": "J$",
    "KYD": "CI$", "LRD": "L$", "NAD": "N$", "SBD": "SI$", "SRD": "Sr$", "TTD": "TT$", "UYU": "$U", "XCD": "EC$", "DOP": "RD$",
}  # fmt: skip
_SIGNS = {
    **{code: f"$ {signs}" for code, signs in _DOLLARS.items()},
    "EUR": "€ euro euros", "GBP": "£", "JPY": "¥ ￥ 円 JP¥", "CNY": "¥ ￥ 元 CN¥ RMB", "INR": "₹ Rs", "CHF": "Fr SFr", "BRL": "R$",
    "SEK": "kr", "NOK": "kr", "DKK": "kr", "ISK": "kr", "PLN": "zł", "CZK": "Kč", "HUF": "Ft", "RUB": "₽ руб", "UAH": "₴ грн",
    "TRY": "₺ TL", "KRW": "₩", "VND": "₫", "THB": "฿", "ILS": "₪", "PHP": "₱", "NGN": "₦", "KZT": "₸", "GEL": "₾", "ZAR": "R",
    "RON": "lei", "BGN": "лв", "EGP": "E£", "PKR": "Rs", "LKR": "Rs", "NPR": "Rs", "IDR": "Rp", "MYR": "RM", "PEN": "S/",
    "CRC": "₡", "PYG": "₲", "GHS": "GH₵ ₵", "BDT": "৳", "KES": "KSh", "AMD": "֏", "AZN": "₼", "MNT": "₮", "LAK": "₭", "KHR": "៛",
}  # fmt: skip


def names(code: str) -> frozenset[str]:
    """Every way of writing the currency, casefolded: its code and its signs, some of which are others' too."""
    return frozenset(word.casefold() for word in (code, *_SIGNS.get(code, "").split()))
