"""Titles of the axes: the unit of time, and what the upright axis measures."""

import re
from collections.abc import Sequence

from perdure.digitise.frame import Area
from perdure.digitise.scales import Scale
from perdure.figure.page import Word
from perdure.records.time_unit import TimeUnit

__all__ = [
    "counts_events",
    "lines_of_text",
    "other_than_survival",
    "time_title",
    "unit_in",
    "y_title",
]

_UNITS: tuple[tuple[TimeUnit, re.Pattern[str]], ...] = (
    (
        "months",
        re.compile(
            r"month|\bmos?\b|\bmonate?n?\b|\bmois\b|\bmes(es|i)?\b|m[oc]nths?|\bmaanden\b", re.I
        ),
    ),
    (
        "weeks",
        re.compile(r"week|\bwks?\b|\bwochen?\b|\bsemaines?\b|\bsemanas?\b|\bsettimane?\b", re.I),
    ),
    (
        "days",
        re.compile(r"\bdays?\b|\bdays?\s*\)|\btagen?\b|\bjours?\b|\bd[ií]as?\b|\bgiorni\b", re.I),
    ),
    (
        "years",
        re.compile(
            r"year|\byrs?\b|\bjahren?\b|\bann[ée]es\b|\bans\b|\bann[io]\b|\ba[ñn]os\b|\bjaren\b",
            re.I,
        ),
    ),
)
_EVENTS = re.compile(
    r"cumulative\s+(incidence|event|hazard|mortality|risk|probability\s+of)|\bincidence\b"
    r"|\b1\s*[-–−—]\s*(k-?m|surv|s\b|overall|progression)"
    r"|(probability|risk|proportion|rate)\s+of\s+(an?\s+)?(event|death|progress|relapse|recur|failure)"
    r"|\b(mortality|death\s+rate|hazard)\b",
    re.I,
)
_SURVIVES = re.compile(r"free|without|alive|no\s+(event|progress)", re.I)
_SURVIVAL = re.compile(rf"surviv|\b(OS|[PDER]FS)\b|{_SURVIVES.pattern}", re.I)
_OTHERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "how well a test tells patients apart (a ROC curve)",
        re.compile(r"\b(sensitivity|specificity)\b|\b(false|true)[\s-]+(positive|negative)", re.I),
    ),
    (
        "the net benefit of a decision",
        re.compile(r"\bnet\s+benefit\b|\bthreshold\s+probabilit", re.I),
    ),
    (
        "the size of tumours",
        re.compile(
            r"\btumou?r\s+(size|volume|burden|diameter)|\b(change|reduction)\s+from\s+baseline\b"
            r"|(%|percent(age)?)\s+of\s+baseline\b",
            re.I,
        ),
    ),
    ("a concentration", re.compile(r"\b(plasma|serum|blood)\s+(concentration|level)", re.I)),
)


def unit_in(text: str) -> TimeUnit | None:
    """Return the unit of time that a title names.

    Examples
    --------
    >>> unit_in("Time since randomization (mo)"), unit_in("Monate"), unit_in("Time")
    ('months', 'months', None)
    """
    for unit, pattern in _UNITS:
        if pattern.search(text):
            return unit
    return None


def counts_events(title: str) -> bool:
    """Tell whether the title of the upright axis is that of events and not of survival.

    Examples
    --------
    >>> counts_events("Cumulative incidence (%)"), counts_events("Failure-free survival (%)")
    (True, False)
    """
    return bool(_EVENTS.search(title)) and not _SURVIVES.search(title)


def other_than_survival(*titles: str) -> tuple[str, str] | None:
    """Return what the axes measure where a title says that it is no survival, and that title.

    None where any of the titles has a word of survival.

    Examples
    --------
    >>> other_than_survival("1 - Specificity", "Sensitivity")
    ('how well a test tells patients apart (a ROC curve)', '1 - Specificity')
    >>> other_than_survival("Months", "Survival by tumour size (%)") is None
    True
    >>> other_than_survival("Months from baseline", "Patients (%)") is None
    True
    """
    if any(_SURVIVAL.search(title) for title in titles):
        return None
    for what, pattern in _OTHERS:
        for title in titles:
            if pattern.search(title):
                return what, title
    return None


def lines_of_text(words: Sequence[Word], gap: float = 1.2) -> tuple[Word, ...]:
    """Return the words joined to lines: level ones within ``gap`` heights of each other."""
    lines: list[list[Word]] = []
    for word in sorted((w for w in words if not w.turned), key=lambda w: (w.left, w.top)):
        for line in lines:
            last = line[-1]
            height = max(min(last.bottom - last.top, word.bottom - word.top), 1.0)
            level = abs(last.centre[1] - word.centre[1]) < 0.5 * height
            if level and -0.5 * height <= word.left - last.right <= gap * height:
                line.append(word)
                break
        else:
            lines.append([word])
    return tuple(_joined(line) for line in lines)


def _joined(line: Sequence[Word]) -> Word:
    if len(line) == 1:
        return line[0]
    return Word(
        " ".join(w.text for w in line),
        min(w.left for w in line),
        min(w.top for w in line),
        max(w.right for w in line),
        max(w.bottom for w in line),
        min(w.certainty for w in line),
        max(line, key=lambda w: w.right - w.left).colour,
    )


def time_title(words: Sequence[Word], row: Scale, area: Area) -> tuple[str, TimeUnit | None]:
    """Return the title of the time axis and its unit."""
    bottom = max(a.word.bottom for a in row.labels)
    height = max(a.word.bottom - a.word.top for a in row.labels)
    used = {id(a.word) for a in row.labels}
    lines = [
        w
        for w in lines_of_text([w for w in words if id(w) not in used])
        if any(c.isalpha() for c in w.text) and w.top > bottom - 0.6 * height
    ]
    across = area.right - area.left
    beneath = [
        w
        for w in lines
        if w.top < bottom + 4.5 * height
        and w.right > area.left
        and w.left < area.right + 0.1 * across
    ]
    beneath.sort(key=lambda w: w.top)
    named = [w for w in beneath if unit_in(w.text)]
    if named:
        return named[0].text, unit_in(named[0].text)
    centre = (area.left + area.right) / 2
    title = next((w.text for w in beneath if abs(w.centre[0] - centre) < 0.2 * across), "")
    farther = [w for w in sorted(lines, key=lambda w: w.top) if unit_in(w.text)]
    # "Time" may stand here and the unit beneath the table.
    return title, unit_in(farther[0].text) if farther else None


def y_title(words: Sequence[Word], column: Scale, area: Area, *, right: bool = False) -> str:
    """Return the title of the upright axis: turned beside it, or level above it."""
    left = min(a.word.left for a in column.labels)
    end = max(a.word.right for a in column.labels)
    down = area.bottom - area.top
    used = {id(a.word) for a in column.labels}
    turned = [
        w
        for w in words
        if w.turned
        and id(w) not in used
        and (w.centre[0] > end - 2 if right else w.centre[0] < left + 2)
        and w.bottom > area.top - 0.3 * down
        and w.top < area.bottom + 0.3 * down
        and any(c.isalpha() or c == "%" for c in w.text)
    ]
    if turned:
        # Written upwards: the first word is the lowest; of two lines the left one is the first.
        width = max(w.right - w.left for w in turned)
        lines: list[list[Word]] = []
        for word in sorted(turned, key=lambda w: w.centre[0]):
            if lines and word.centre[0] - lines[-1][-1].centre[0] < 0.6 * width:
                lines[-1].append(word)
            else:
                lines.append([word])
        return " ".join(w.text for line in lines for w in sorted(line, key=lambda w: -w.bottom))
    above = [
        w
        for w in lines_of_text(words)
        if w.bottom < area.top + 0.05 * down
        and w.bottom > area.top - 0.3 * down
        and (w.right > area.right if right else w.left < area.left)
        and re.search(r"surv|probab|%|alive|free|proportion|incidence", w.text, re.I)
    ]
    return above[0].text if above else ""
