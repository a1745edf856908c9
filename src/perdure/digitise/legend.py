"""Names of curves: in a legend beside a sample of line, or written beside the curves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from perdure.digitise.alike import letters_of, named_by_rows
from perdure.digitise.found import Axes, LegendEntry, RiskTable
from perdure.digitise.legend_column import with_their_column
from perdure.digitise.numbers import readings
from perdure.digitise.risk_names import is_heading, is_vivid
from perdure.digitise.samples import Sample, sample_beside
from perdure.digitise.titles import lines_of_text
from perdure.digitise.uncovered import MARKS
from perdure.figure.ocr_models import Box
from perdure.figure.page import Drawing, Picture, Word

__all__ = ["find_legend", "is_statistic", "plain_name", "text_boxes"]

_STATISTIC = re.compile(
    r"\bH\.?R\b|hazard|\b9[059]\s*%|\bC[Il1]\b|^\W*p\s*[=<>≤≥]|\bp\W?value|log\W*rank|censor|wilcoxon"
    r"|\bmedian\b|stratified|cox\b|kaplan|product.?limit|estimates?\b|\bstrata\b|reference"
    r"|^\W*[nN]\s*=\s*\d|\d\s*(months?|mo|years?|yrs?|weeks?|days)\b|\brate\b|^\W*no\.\s*(of|at)|events?\s*/"
    r"|\bevents?\b.*\d|\bs(urvival)?\s+prob|\bfigure\b",
    re.I,
)
_COUNT = re.compile(r"[\s,;:]*[(\[]?\s*\b[nN]\s*[=:]\s*\d[\d,]*(\s*[)\]])?.*$")
_SAMPLE_SIGNS = "-–—−_+|~·•…十一丨'`.,:; "


def find_legend(
    words: Sequence[Word],
    axes: Axes,
    page: Picture | Drawing,
    table: RiskTable | None = None,
) -> tuple[LegendEntry, ...]:
    """Return the names of curves with the look of their lines, from top to bottom.

    Entries with a ``place`` are of a legend. Where there are none, names written beside the curves
    are returned, with their own colour.

    Parameters
    ----------
    words : sequence of Word
    axes : Axes
    page : Picture or Drawing
    table : RiskTable, optional
        Its rows' names are no legend, and a name beside a curve that is one of them is a sure one.
    """
    every = lines_of_text(_free(words, axes, table), gap=0.9)
    lines = [w for w in every if _may_name(w) or (_is_numbered(w) and _inside(w, axes))]
    beside: list[Word] = []
    sampled: list[tuple[Word, Sample]] = []
    for line in lines:
        sample = sample_beside(page, _without_signs(line))
        if sample is not None:
            sampled.append((line, sample))
        elif _inside(line, axes):
            beside.append(line)
    entries = [
        _entry(line, sample, beside)
        for line, sample in sampled
        if not (_inside(line, axes) and _is_scrap(line, page))
    ]
    if isinstance(page, Picture):
        rest = [w for w in every if w not in [one for one, _ in sampled] and _may_be_numbered(w)]
        entries = with_their_column(page, rest, entries)
        beside = [w for w in beside if not any(_box(w) == one.box for one in entries)]
    names = () if table is None else table.names
    known = {letters_of(n) for n in names}

    def labels_of(lines: Iterable[Word], names: Sequence[str]) -> tuple[LegendEntry, ...]:
        sure = [w for w in lines if letters_of(plain_name(w.text)) in known or _is_sure(w, page)]
        labels = [
            LegendEntry(plain_name(w.text), w.colour, _box(w), certainty=w.certainty) for w in sure
        ]
        return named_by_rows(labels, names)

    left = [name for name in names if name not in {entry.name for entry in entries}]
    labels = labels_of(beside, left)
    inside = [e for e in entries if _inside(Word(e.name, *e.box), axes)]
    if _have_twins(entries) and len(inside) >= 2:
        entries = inside  # the same names again are those of the next panel
    if len(entries) == len(labels) == 1:
        return (*entries, *labels)  # it may be a legend of one name, or a piece of curve
    if len(entries) >= min(2, len(labels)):
        return tuple(entries)
    # One sample among several labels is a piece of curve beside one of them.
    within = [line for line, _ in sampled if _inside(line, axes) and not _is_scrap(line, page)]
    return labels_of(sorted([*beside, *within], key=lambda w: (w.top, w.left)), names)


def _entry(line: Word, sample: Sample, beside: list[Word]) -> LegendEntry:
    """Return a name with its sample."""
    name = plain_name(_with_second_line(line, beside))
    return LegendEntry(name, sample.colour, _box(line), sample.place, sample.dash, line.certainty)


def _have_twins(entries: Sequence[LegendEntry]) -> bool:
    """Tell whether a name is there twice."""
    names = [letters_of(entry.name) for entry in entries if entry.name]
    return len(set(names)) < len(names)


def plain_name(text: str) -> str:
    """Return a name without the sample that was read with it and without its count.

    Examples
    --------
    >>> plain_name("— Nivolumab (N=313)"), plain_name("PD-L1 >=50%")
    ('Nivolumab', 'PD-L1 >=50%')
    """
    name = _COUNT.sub("", text.lstrip(_SAMPLE_SIGNS)).rstrip(" ,;:.…")
    # "NTRK-" ends with its sign; a dash that stands alone is a piece of something else.
    return re.sub(r"\s+[-–—_~|+]+$", "", name)


def is_statistic(text: str) -> bool:
    """Tell a printed result or a note from a name.

    Examples
    --------
    >>> is_statistic("HR 0.67 (95% CI 0.52-0.85)"), is_statistic("P=0.007"), is_statistic("Arm A")
    (True, True, False)
    """
    return bool(_STATISTIC.search(text))


def text_boxes(words: Sequence[Word], axes: Axes) -> tuple[Box, ...]:
    """Return the boxes of all text inside the plot, a little grown: what is there is no curve.

    Short uncertain words are left out: they are often pieces of curves that were taken for letters.
    """
    boxes = []
    for word in words:
        letters = sum(c.isalnum() and c.isascii() for c in word.text)
        # no piece of a curve reads as a sentence
        sure = letters > 5 or word.certainty > (0.6 if letters > 2 else 0.9)
        if not sure or not letters or not _inside(word, axes):
            continue
        margin = 0.12 * (word.bottom - word.top) + 1
        boxes.append(
            (word.left - margin, word.top - margin, word.right + margin, word.bottom + margin)
        )
    return tuple(boxes)


def _free(words: Sequence[Word], axes: Axes, table: RiskTable | None) -> list[Word]:
    """Return the words that are neither labels, titles, cells nor headings."""
    cells = [] if table is None else [c.box for row in table.rows for c in row if c.box]
    titles = {axes.x_title, axes.y_title}
    free = []
    for word in words:
        x, y = word.centre
        if (
            word.turned
            or word.text in titles
            or any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in cells)
        ):
            continue
        number = bool(readings(word.text)) and not _inside(word, axes)
        text = any(c.isalnum() and c.isascii() for c in word.text)
        if text and not number and _near(word, axes):
            free.append(word)
    return free


def _near(word: Word, axes: Axes) -> bool:
    """Tell whether a word is close enough to the plot to belong to it and not to another panel."""
    x, y = word.centre
    across, down = axes.right - axes.left, axes.bottom - axes.top
    level = axes.left - 0.4 * across < x < axes.right + 0.8 * across
    return level and axes.top - 0.3 * down < y < axes.bottom + 0.8 * down


def _without_signs(line: Word) -> Word:
    """Return the line without a sample that was read as dashes before the name."""
    text = line.text.lstrip(_SAMPLE_SIGNS)
    share = 1 - len(text) / max(1, len(line.text))
    return replace(line, text=text, left=line.left + share * (line.right - line.left))


def _may_name(line: Word) -> bool:
    text = line.text.strip(_SAMPLE_SIGNS)
    if len(text) > 3 and MARKS.fullmatch(text):
        return False
    letters = sum(c.isalpha() and c.isascii() for c in text)
    range_of_years = re.fullmatch(r"\W*\d{4}\s*[-–]\s*\d{4}.*", text)
    if not (letters >= 1 or range_of_years) or is_heading(text) or readings(text):
        return False
    named = plain_name(text)
    return bool(named) and (not is_statistic(named) or bool(range_of_years))


def _is_numbered(line: Word) -> bool:
    """Tell a letter with a number, as those of quartiles are called, from a number."""
    return bool(re.fullmatch(r"[A-HJ-NP-RT-Z]\d", line.text.strip(_SAMPLE_SIGNS)))


def _may_be_numbered(line: Word) -> bool:
    """Tell whether a line may be a name, if only of a letter or a number."""
    text = line.text.strip(_SAMPLE_SIGNS)
    return any(c.isalnum() for c in text) and not is_heading(text) and not is_statistic(text)


def _inside(word: Word, axes: Axes) -> bool:
    x, y = word.centre
    return axes.left < x < axes.right and axes.top < y < axes.bottom


def _with_second_line(line: Word, others: list[Word]) -> str:
    """Return the name with its second line, which has no sample of its own."""
    height = line.bottom - line.top
    for other in others:
        below = 0 < other.centre[1] - line.centre[1] < 1.6 * height
        if below and abs(other.left - line.left) < 0.5 * height and not is_statistic(other.text):
            return f"{line.text} {other.text}"
    return line.text


def _is_scrap(word: Word, page: Picture | Drawing) -> bool:
    """Tell a piece of curve with its marks, taken for letters, from a name."""
    if isinstance(page, Drawing):
        return False
    short = sum(c.isalnum() for c in word.text) <= 2
    return word.certainty < 0.25 or (short and not _stands_free(word, page))


def _is_sure(word: Word, page: Picture | Drawing) -> bool:
    """Tell a name beside a curve from a piece of curve that was taken for letters."""
    name = plain_name(word.text)
    if isinstance(page, Drawing):
        return len(name) > 1
    letters = sum(c.isalnum() and c.isascii() for c in name)
    if letters < 3 and not (letters >= 1 and word.certainty > 0.95 and is_vivid(word.colour)):
        return False
    least = 0.45 if re.fullmatch(r"[A-Za-z][A-Za-z]{3}[\w +/()-]*", name) else 0.6
    if word.certainty < least or not name.isascii():
        return False
    return len(name) > 4 or _stands_free(word, page)


def _stands_free(word: Word, picture: Picture) -> bool:
    """Tell whether there is clear ground left and right of a word."""
    top, bottom = max(0, int(word.top)), int(word.bottom) + 1
    sides = []
    for left in (int(word.left) - 4, int(word.right) + 2):
        strip = picture.pixels[top:bottom, max(0, left) : max(0, left) + 3].astype(np.int16)
        spread = strip.max(axis=(0, 1)) - strip.min(axis=(0, 1)) if strip.size else np.zeros(3)
        sides.append(int(spread.max()) < 60)
    return all(sides)


def _box(word: Word) -> Box:
    return word.left, word.top, word.right, word.bottom
