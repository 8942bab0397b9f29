"""Which legacy encoding text is in that is no Unicode. For scripts of their own charset-normalizer tells; Latin letters are told by which
language's alphabet they make."""

import re
from collections import Counter

import charset_normalizer

FALLBACK = "cp1252"
_SAMPLE = 32 << 10
_TOGETHER = re.compile(rb"[\x80-\xff]{2,}")
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")
_SHARE, _ENOUGH = 0.3, 8
"""Share of bytes beyond ASCII among letters from which text is not in Latin letters, if there are enough of them. Shift_JIS mixes both."""
_CERTAIN = 0.75
"""Share of letters beyond ASCII that an alphabet must explain to be told."""
_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\(J")
"""How ISO-2022-JP turns to Japanese; all its bytes are ASCII."""
_SCRIPTS = (
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1255", "cp1251", "cp1253", "cp1256", "cp874"),
    *("koi8_r", "cp866", "iso8859_5", "iso8859_7", "mac_cyrillic"),
)
"""Encodings of other scripts; where the text fits several as well, the first is taken."""
_CODECS = {
    "koi8_r": "koi8-r",
    "mac_cyrillic": "mac-cyrillic",
    "big5": "big5hkscs",
    "iso8859_5": "iso8859-5",
    "iso8859_7": "iso8859-7",
}

_WESTERN = (
    "àâæçèéêëîïôœùûüÿ",
    "äöüß",
    "áéíñóúü",
    "àáâãçéêíóôõúü",
    "àèéìíîòóù",
    "áèéëïíóöü",
    "åäöé",
    "æøåéäö",
    "áðéíóúýþæö",
)
"""French, German, Spanish, Portuguese, Italian, Dutch, Swedish and Finnish, Danish and Norwegian, Icelandic."""
_CENTRAL = ("ąćęłńóśźż", "áäčďéěíĺľňóôŕřšťúůýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")
"""Polish, Czech and Slovak, Hungarian, Romanian, Croatian and Slovene."""
_ALPHABETS = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859-2", _CENTRAL),
    ("cp1254", ("çğıöşüâîûİ",)),
    ("cp1257", ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")),
    ("mac-roman", _WESTERN),
)
"""Turkish; Lithuanian, Latvian and Estonian. The first that explains the text best is taken."""
_SIGN = 0.9
_SIGNS = set("\xa0€£§°²³·½«»–—‘’‚“”„…•™®©ºª¿¡")


def encoding(data: bytes) -> str:
    """Python's codec for the encoding that the text is in most likely."""
    sample = _telling(data)
    if _SIGNS.issuperset(character for character in sample.decode(FALLBACK, "ignore") if character >= "\x80"):
        return FALLBACK
    found = _of_other_script(sample) if _is_other_script(sample) else None
    return found or _of_latin(sample)


def is_escaped(data: bytes) -> bool:
    """Whether the text is in ISO-2022-JP."""
    return _ESCAPES.search(data) is not None


def _telling(data: bytes) -> bytes:
    """The lines that have more than ASCII in them."""
    found = bytearray()
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            found += line
        if len(found) >= _SAMPLE:
            break
    return bytes(found)


def _is_other_script(sample: bytes) -> bool:
    """Whether the letters are not Latin ones: what is beyond ASCII stands together, or makes a good part of all letters."""
    beyond = sum(byte >= 0x80 for byte in sample)
    together = sum(map(len, _TOGETHER.findall(sample)))
    return together * 2 >= beyond or (beyond >= _ENOUGH and beyond >= _SHARE * len(_LETTERS.findall(sample)))


def _of_other_script(sample: bytes) -> str | None:
    matches = charset_normalizer.from_bytes(sample, cp_isolation=[*_SCRIPTS, "cp1252", "cp1250"])
    best = matches.best()
    if best is None:
        return None
    fit = (best.chaos, best.coherence)
    as_good = {match.encoding for match in matches if (match.chaos, match.coherence) == fit}
    found = next((codec for codec in _SCRIPTS if codec in as_good), None)
    return _CODECS.get(found, found) if found else None


def _of_latin(sample: bytes) -> str:
    """The encoding in which most of what is no ASCII are letters of one language, or signs."""
    best, most = FALLBACK, _CERTAIN
    for codec, alphabets in _ALPHABETS:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        counted = Counter(character for character in text if character >= "\x80")
        total = sum(counted.values())
        share = max(_explained(counted, alphabet) for alphabet in alphabets) / max(1, total)
        if share > most:
            best, most = codec, share
    return best


def _explained(counted: Counter[str], alphabet: str) -> float:
    """How much of the text is letters of the alphabet, or signs, of which little can be told."""
    letters = {*alphabet, *alphabet.upper()}
    signs = _SIGNS - letters
    return sum(times * ((character in letters) + _SIGN * (character in signs)) for character, times in counted.items())
