"""Names in the column of a legend whose samples or letters were not plain by themselves."""

import re
from collections.abc import Sequence

from perdure.digitise.found import LegendEntry
from perdure.digitise.samples import bare_samples, sample_at
from perdure.digitise.uncovered import MARKS
from perdure.figure.page import Picture, Word

__all__ = ["with_their_column"]

ALIGNED = 0.6
"""Heights of the letters by which the names of a legend differ in where they begin."""
PITCH = 5.0
"""Heights of the letters between two names at most."""
SURE = 0.8
"""Certainty of the letters of one whose sample was not plain by itself."""
UNSURE = 0.5
"""Certainty of a name that was spelt as a number."""


def with_their_column(
    picture: Picture, lines: Sequence[Word], entries: Sequence[LegendEntry]
) -> list[LegendEntry]:
    """Return names with those that stand in line with them, and have a sample as these have.

    A sample in their column without a name that could be read is an entry without a name.

    Parameters
    ----------
    picture : Picture
    lines : sequence of Word
        Without those of ``entries``; "Q1", "II" or a year may have been taken for a number.
    entries : sequence of LegendEntry
        Names with their samples.
    """
    found = _names_in_column(picture, lines, entries)
    named = (*entries, *found)
    places = [one.place for one in named if one.place is not None]
    bare = [
        LegendEntry("", one.colour, one.place, one.place, one.dash, 0.0)
        for one in bare_samples(picture, places)
    ]
    return sorted((*named, *bare), key=lambda one: one.box[1]) if found or bare else list(entries)


def _names_in_column(
    picture: Picture, lines: Sequence[Word], entries: Sequence[LegendEntry]
) -> list[LegendEntry]:
    found: list[LegendEntry] = []
    left = list(lines)
    grown = True
    while grown:
        grown = False
        for line in list(left):
            near = next((one for one in (*entries, *found) if _beside(line, one)), None)
            if near is None or near.place is None or not _may_be_one(line, entries):
                continue
            sample = sample_at(picture, line, near.place[0], near.place[2])
            if sample is None:
                continue
            name = _roman(line.text, [one.name for one in entries])
            spelt = name == line.text
            found.append(
                LegendEntry(
                    name,
                    sample.colour,
                    (line.left, line.top, line.right, line.bottom),
                    sample.place,
                    sample.dash,
                    line.certainty if spelt else min(line.certainty, UNSURE),
                )
            )
            left.remove(line)
            grown = True
    return found


def _may_be_one(line: Word, entries: Sequence[LegendEntry]) -> bool:
    """Tell a name, or a Roman number among such, from marks of a curve taken for letters."""
    if _roman(line.text, [one.name for one in entries]) != line.text:
        return True
    letters = sum(c.isalnum() for c in line.text)
    return letters > 1 and line.certainty > SURE and not MARKS.fullmatch(line.text)


def _beside(line: Word, entry: LegendEntry) -> bool:
    """Tell whether a line begins where a name does, one row above or below it."""
    height = entry.box[3] - entry.box[1]
    apart = abs(line.centre[1] - (entry.box[1] + entry.box[3]) / 2)
    return abs(line.left - entry.box[0]) < ALIGNED * height and height < apart < PITCH * height


def _roman(text: str, others: Sequence[str]) -> str:
    """Return strokes as a Roman number where another name is one.

    Examples
    --------
    >>> _roman("111", ["II", "IV"]), _roman("1", ["2", "3"])
    ('III', '1')
    """
    strokes = re.fullmatch(r"[1lI|]{1,3}", text.strip())
    roman = any(re.search(r"\b[IVX]+$", name) for name in others)
    return "I" * len(text.strip()) if strokes and roman else text
