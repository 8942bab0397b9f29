"""The names of encodings: every label of the WHATWG's Encoding Standard, and the few more that files are met in."""

import webencodings  # type: ignore[import-untyped]  # it has no stubs

KNOWN = "use a name such as UTF-8, windows-1252, Shift_JIS or GB18030 (any label of the WHATWG's Encoding Standard)."

_MORE = {
    "utf-16": "utf-16",
    "utf16": "utf-16",
    "utf-32": "utf-32",
    "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be",
    "cp437": "cp437",
    "ibm437": "cp437",
    "cp850": "cp850",
    "ibm850": "cp850",
    "cp852": "cp852",
    "ibm852": "cp852",
    "utf8": "utf-8",
    "latin-1": "cp1252",
    "mac-roman": "mac-roman",
}
"""Labels that the standard does not have, or has for one order of bytes only."""
_CODECS = {
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gbk": "gb18030",
    "x-user-defined": None,
    "replacement": None,
}
"""The standard's encodings that Python calls otherwise; None for those that no file is to be read in."""
_SHOWN = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
    "big5hkscs": "Big5",
    "cp866": "IBM866",
    "cp874": "windows-874",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
}


def codec(label: str) -> str | None:
    """Python's codec for the label of an encoding; None if there is none of that name."""
    wanted = label.strip().lower()
    if wanted in _MORE:
        return _MORE[wanted]
    found = webencodings.lookup(wanted)
    if found is None:
        return None
    return _CODECS.get(found.name, found.codec_info.name)


def name(codec_: str) -> str:
    """The encoding's name for people; as a label it gives the encoding again."""
    if codec_ in _SHOWN:
        return _SHOWN[codec_]
    if codec_.startswith("cp125"):
        return f"Windows-{codec_[2:]}"
    return codec_.upper().replace("_", "-").replace("ISO", "ISO-").replace("ISO--", "ISO-")
