"""Results that are printed in a figure: hazard ratio with its interval, p, medians, counts."""

import re
from collections.abc import Sequence

from perdure.digitise.found import PrintedFacts
from perdure.digitise.titles import lines_of_text
from perdure.figure.page import Word

__all__ = ["facts_in", "printed_facts"]

_NUMBER = r"(\d{0,3}[.,]\d+|\d{1,3})"
_RATIO = re.compile(rf"(?:\bH\.?\s?R\b|hazard\s*ratio)[^\d]{{0,40}}?{_NUMBER}", re.I)
_INTERVAL = re.compile(rf"{_NUMBER}\s*(?:-|–|—|−|~|to|,|;)\s*{_NUMBER}", re.I)
_P = re.compile(
    r"\bp\b[\s-]*(?:value)?s?\s*(?:\([^)]*\))?\s*:?\s*([=<>≤≥]?)\s*(\d?[.,]\d+(?:\s*[x×]\s*10\S*)?)",
    re.I,
)
_COUNT = re.compile(r"\b[nN]\s*[=:]\s*(\d[\d,]*)")
_MEDIAN = re.compile(
    rf"(?:median|\bm(?:OS|PFS|DFS|S)\b|\bMS\b)[^\d]{{0,40}}?{_NUMBER}|{_NUMBER}\s*(?:months?|mos?)\b",
    re.I,
)
_MIDDLE_DOT = re.compile(r"(?<=\d)\s*[·•∙⋅・]\s*(?=\d)")
_LEVEL = re.compile(r"\(?\b9[059]\s*%?\s*(C\.?\s?[I1l]\b\.?|confidence\s+interval)?", re.I)


def printed_facts(words: Sequence[Word], names: Sequence[str] = ()) -> PrintedFacts:
    """Return what is printed among the words; medians and counts by the names of the arms.

    Parameters
    ----------
    words : sequence of Word
    names : sequence of str
        Of the arms, as found in legend or table.
    """
    lines = sorted(lines_of_text(words, gap=1.5), key=lambda w: (w.top, w.left))
    return facts_in([w.text for w in _paragraphs(lines)], names)


def facts_in(lines: Sequence[str], names: Sequence[str] = ()) -> PrintedFacts:
    """Return the facts that lines of text state.

    Examples
    --------
    >>> facts = facts_in(["Hazard ratio, 0·89 (95% CI, 0·71 to 1·11)", "Log-rank P<0.0001"])
    >>> facts.hazard_ratio, facts.hazard_ratio_low, facts.hazard_ratio_high, facts.p
    (0.89, 0.71, 1.11, '<0.0001')
    >>> facts_in(["Nivolumab (N=313), median 10.2 months"], ["Nivolumab", "Ipilimumab"]).medians
    {'Nivolumab': 10.2}
    """
    ratio = low = high = None
    p = ""
    medians: dict[str, float] = {}
    totals: dict[str, int] = {}
    for raw in lines:
        line = _MIDDLE_DOT.sub(".", raw)
        if ratio is None and (found := _RATIO.search(_LEVEL.sub(" ", line))):
            ratio, low, high = _ratio(_LEVEL.sub(" ", line), found)
        if not p and (chance := _P.search(line)):
            p = (chance.group(1).replace("=", "") + _plain(chance.group(2))).strip()
        name = _named(line, names)
        if name is None:
            continue
        rest = line.replace(name, " ", 1)
        if count := _COUNT.search(rest):
            totals.setdefault(name, int(count.group(1).replace(",", "")))
        if (median := _MEDIAN.search(_LEVEL.sub(" ", rest))) and ratio_free(rest):
            medians.setdefault(name, float(_plain(median.group(1) or median.group(2))))
    return PrintedFacts(ratio, low, high, p, medians, totals)


def ratio_free(line: str) -> bool:
    """Tell whether a line does not speak of a hazard ratio."""
    return _RATIO.search(line) is None


def _ratio(line: str, found: re.Match[str]) -> tuple[float | None, float | None, float | None]:
    """Return ratio and interval; an interval that does not hold the ratio is not its own."""
    ratio = float(_plain(found.group(1)))
    interval = _INTERVAL.search(line, found.end())
    if interval is None:
        return (ratio, None, None) if 0 < ratio < 50 else (None, None, None)
    low, high = (float(_plain(v)) for v in interval.groups())
    if not low <= ratio <= high:
        # A point is easily lost: ".86" for 0.86, "086". What does not fit is not passed on.
        return None, None, None
    return ratio, low, high


def _plain(number: str) -> str:
    number = number.replace(",", ".")
    return "0" + number if number.startswith(".") else number


def _named(line: str, names: Sequence[str]) -> str | None:
    """Return the name that a line starts with or holds; the longest that fits."""
    low = line.lower()
    inside = [n for n in names if n and n.lower() in low]
    return max(inside, key=len, default=None)


def _paragraphs(lines: Sequence[Word]) -> list[Word]:
    """Join a line that ends in an open bracket or a comma with the one below it."""
    joined: list[Word] = []
    for line in lines:
        above = next(
            (
                i
                for i, w in enumerate(joined)
                if re.search(r"(hazard ratio|\bHR\b)", w.text, re.I)
                and not _INTERVAL.search(_LEVEL.sub(" ", w.text))
                and 0 < line.centre[1] - w.centre[1] < 1.9 * (line.bottom - line.top)
                and line.left < w.right
                and line.right > w.left
            ),
            None,
        )
        if above is None:
            joined.append(line)
        else:
            first = joined[above]
            joined[above] = Word(
                f"{first.text} {line.text}",
                min(first.left, line.left),
                first.top,
                max(first.right, line.right),
                line.bottom,
                min(first.certainty, line.certainty),
            )
    return joined
