"""How large a regular expression becomes once its bounds are written out: what Postgres would take seconds to compile is refused."""

import re

MAX_PATTERN = 200
"""Characters of a regular expression."""

MAX_WEIGHT = 5_000
"""`(a{1,100}){1,50}` takes 17 ms to compile; `((a{1,100}){1,100}){1,100}` takes a second to fail."""

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\[[:.=][^\]]*\]|[^\]])*\]|\{(?P<bounds>\d[\d,]*)\}|.", re.DOTALL | re.ASCII)


def weight(pattern: str) -> int:
    """Count the letters that a pattern has with its bounds written out: 8 for `(ab{3}){2}`."""
    sums, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        if token["bounds"]:
            times = max(int(bound) for bound in token["bounds"].split(",") if bound)
            sums[-1] += last * (times - 1)
            last *= times
        elif token[0] == "(":
            sums.append(0)
        elif token[0] == ")" and len(sums) > 1:
            last = sums.pop()
            sums[-1] += last
        elif token[0] not in "*+?|^$":
            last = 1
            sums[-1] += 1
    return sum(sums)
