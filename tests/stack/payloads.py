"""What attackers send as text, by what it is meant to break. A payload that gets as far as SQL leaves a mark; see `MARK`."""

from itertools import product

# A sequence moves on for good, whatever becomes of the transaction: it has moved if anything was run.
MARK = "nextval('canary.witness')"

_BEFORE = ("'", '"', "')", "'))", '")', "';", '";', "]", "}'", "\\'", "%' ", "$$", "", "0", "0)", "x'::text")
_STATEMENTS = (
    f" OR {MARK} > 0",
    f" AND (SELECT {MARK}) > 0",
    f" UNION ALL SELECT {MARK}::text",
    f" || {MARK} || ",
    f"; SELECT {MARK}",
    f"; UPDATE canary.birds SET name = {MARK}::text",
    "; DROP TABLE canary.birds CASCADE",
    "; DELETE FROM canary.birds",
    " OR pg_sleep(3600) IS NULL",
    "; SELECT pg_sleep(3600)",
    "; COPY canary.birds TO PROGRAM 'id'",
    "; RESET ROLE; ALTER TABLE canary.birds RENAME TO gone",
)
_AFTER = ("--", "/*", "")
SQL = [before + statement + after for before, statement, after in product(_BEFORE, _STATEMENTS, _AFTER)][::2]

# fmt: off
# Many to a line, for they are read by eye.
TEMPLATES = [
    "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% import os %}", "{{config}}", "{0}", "{0.__class__}", "%(name)s", "%s%s%s%n", "%x",
    "$1", ":1", ":name", "?", "@name", "${jndi:ldap://127.0.0.1/a}", "$(id)", "`id`", "| id", "& id", "; id", "\n id",
    "{{constructor.constructor('1')()}}", "__proto__", "constructor", "{self}", "{!r}", "\\x41", "\\u0041",
]
PATHS = [
    "..", "../", "../../../../etc/passwd", "..\\..\\windows", "/etc/passwd", "//etc/passwd", "file:///etc/passwd", ".", "%2e%2e%2f",
    "%252e%252e%252f", "..%2f", "..%c0%af", "a/b", "a//b", "a%2Fb", "a;b=c", "a?b=c", "a#b", "~", "C:\\", "\\\\h\\c", "con", "nul",
    "a/../b", "./a", "movies/records", "movies/../imported", ".git/config", "%00", "a%00.csv", "*", "?",
]
HEADERS = [
    "a\r\nSet-Cookie: x=1", "a\nSet-Cookie: x=1", "a\rX: y", "%0d%0aX: y", "a\r\n\r\n<script>", "ĊčX: y", "a\u2028X: y",
    '"; filename="x', 'x"; a="b', "a\tb", "a\x0bb", "a\x85b", "=?utf-8?q?a?=", "chunked", "gzip", "127.0.0.1:80", "a, b",
]
UNICODE = [
    "＇ OR 1=1 --", "＂; DROP", "ʼ OR 1", "’ OR 1", "‘; --", "“a”", "′", "ꞌ", "ʹ; --", "；", "％", "＿", "／..／", "．．／", "ſelect",
    "İ", "ı",
    "K", "Å", "Å", "é", "e\u0301", "ß", "ẞ", "ﬁ", "Ⅷ", "①", "٣", "१", "𝟑", "а", "ο", "раураl", "\u200b", "a\u200bb", "\u200d",
    "\u202eevil", "\u2066a\u2069", "\ufeffa", "\xa0", "\u3000", "\u180e", "\u034f", "\xad", "👨\u200d👩\u200d👧", "🏳️\u200d🌈", "🇳🇴", "﷽",
    "Z\u0338\u0321\u0322\u031b", "a" + "\u0301" * 50, "\U0010ffff", "\ufffe", "\uffff", "\ue000", "�",
]
CONTROLS = [f"a{chr(code)}b" for code in (*range(0x20), 0x7F, 0x80, 0x85, 0x9F)]
JSON = [
    '{"$gt": ""}', '{"$where": "1"}', '"}', '"]}', ',"x":1', '"a","b":"c', "\\", '\\"', "\\u0000", "\\ud800", "{", "[", "[" * 200,
    '{"a":{"a":{"a":1}}}', "null", "true", "1e999", "-0", "NaN", "Infinity", '{"and":[]}', '{"not":{}}', "//", "/* */", "'{}'",
]
PATTERNS = [
    "(a+)+$", "(a|a)*b", "((a{1,100}){1,100}){1,100}", "[", "(", ")", "a{1", "a{99999}", "\\1", "(?<x>a)", "(?=a)", "(?i)a", "***=a",
    "%", "_", "%%", "__", "\\%", "\\_", "\\\\%", "%a%", "a%b_c", "^", "$", ".*", "|", "*", "+a", "[[:alpha:]]", "[[.a.]]", "\\", "\\Z",
]
NAMES = [
    '"', '""', 'a"b', 'a""b', '"a"', "a'b", "a.b", 'a"."b', '"a"."b"', "a:b", ":raw", ":desc", "a:desc:desc", "a,b", ",", ",,", '",',
    "@1", "@", "@0", "@-1", "@99999999999999999999", "ctid", "xmin", "tableoid", "oid", "*", "public.movies", "rowhouse.operation",
    "pg_catalog", "pg_temp", "information_schema", "rowhouse", "__rh_1", "rowhouse_trash_1", "select", "SELECT", "user", "order",
    "a b", " a", "a ", "A", "a" * 63, "a" * 64, "é" * 31, "é" * 32, "1", "1a", "-", "--", "/**/", ";", "`a`", "[a]", "a=b", "$a", "a$",
]
CELLS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "1,2", "1;2", 'a"b', '"', '""', "a\nb", "a\r\nb", "\\N",
    "\\.", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "<!ENTITY a SYSTEM 'file:///'>", "]]>",
    "&amp;", "", " ", "n/a", "NULL", "0x10", "1_000", "1e400", "9" * 400, "2024-02-30", "infinity", "-infinity", "now", "today",
    "x" * 10_001,
]
# fmt: on

TEXTS = list(
    dict.fromkeys(
        [*SQL, *TEMPLATES, *PATHS, *HEADERS, *UNICODE, *CONTROLS, *JSON, *PATTERNS, *NAMES, *CELLS, "a\ud800b"]
    )
)
# What is no text, for places in bodies.
OTHERS: list[object] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    10**400,
    1.5,
    1e308,
    [],
    {},
    [[]],
    {"": ""},
    ["a"] * 2000,
    [None],
]
