"""What the value of a BibTeX field says: texts, numbers and named texts, joined by #.

The parser in use knows a name that stands alone, and not one in an expression such as
``start # " of melanoma"`` (its issue 396), nor names within the text of another name.
"""

import re
from collections.abc import Iterator, Mapping

__all__ = ["runs_on", "value_of"]

_MARK = re.compile(r'(?<!\\)[{}"]|[#=]')
"""What begins, ends or parts texts; after a backslash it is text, as the parser has it."""

_NAME = re.compile(r"""[^\s\d"#%'(),={}\\][^\s"#%'(),={}\\]*""")

_NEXT_FIELD = re.compile(r"""["}\w]\s+[A-Za-z][\w-]*\s*""")
"""The end of a value, and the name of another field."""


def value_of(written: str, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the text of a value, and each name in it that stands for none.

    Parameters
    ----------
    written : str
        As it stands in the file, with its braces or quotation marks.
    names : mapping of str to str
        The text of each @string, by its name in lower case.

    Examples
    --------
    >>> value_of('drug # " in {NSCLC}"', {"drug": "Nivolumab"})
    ('Nivolumab in {NSCLC}', ())
    >>> value_of("{A} # unknown # 2", {})
    ('Aunknown2', ('unknown',))
    """
    parts = list(_parts(written))
    if not all(_inside(part) is not None or _NAME.fullmatch(part) for part in parts):
        return written, ()
    texts, unknown = [], []
    for part in parts:
        text = _inside(part)
        if text is None:
            text = names.get(part.lower())
            unknown += [part] if text is None else []
        texts.append(part if text is None else text)
    return "".join(texts), tuple(unknown)


def runs_on(written: str) -> bool:
    """Say whether a value holds the next field: no comma ends it.

    Examples
    --------
    >>> runs_on("{Nivolumab} year = {2015}"), runs_on("{HR = 0.6}"), runs_on("http://x?a=b")
    (True, False, False)
    """
    before = 0
    for at, sign in _outside(written):
        if sign == "=" and _NEXT_FIELD.search(written[before:at]):
            return True
        before = at
    return False


def _outside(written: str) -> Iterator[tuple[int, str]]:
    """Yield the place of each # and = that is in no text."""
    depth, quoted = 0, False
    for mark in _MARK.finditer(written):
        sign = mark[0]
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif depth == 0 and sign == '"':
            quoted = not quoted
        elif depth == 0 and not quoted:
            yield mark.start(), sign


def _parts(written: str) -> Iterator[str]:
    start = 0
    for at, sign in _outside(written):
        if sign == "#":
            yield written[start:at].strip()
            start = at + 1
    yield written[start:].strip()


def _inside(part: str) -> str | None:
    """Return the text of a part that is one text or number; None for another."""
    if part.isdecimal():
        return part
    if len(part) > 1 and (part[0], part[-1]) in {("{", "}"), ('"', '"')} and _is_one(part):
        return part[1:-1]
    return None


def _is_one(part: str) -> bool:
    """Say whether what begins a part ends only with it: {a} b {c} is no one text."""
    depth, quoted = 0, False
    last = len(part) - 1
    for mark in _MARK.finditer(part):
        sign = mark[0]
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif sign == '"' and depth == 0:
            quoted = not quoted
        else:
            continue
        if depth <= 0 and not quoted and mark.start() != last:
            return False
    return depth == 0 and not quoted
