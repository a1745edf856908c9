"""Samples of line beside the names of a legend: where they are, their colour, solid or dashed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perdure.figure.ocr_models import Box
from perdure.figure.page import Colour, Drawing, Picture, Word
from perdure.records import Bools, Floats

__all__ = ["Sample", "bare_samples", "sample_at", "sample_beside"]

_FARTHEST = 9.0
"""Heights of the letters left of the name within which a sample begins."""
_NEAREST_END = 2.8
"""Heights of the letters within which it ends: the last gap of a dashed one is no ink."""
_SHORTEST = 0.7
_LEAST_INKED = 0.4
"""Of the columns of a sample: a dashed one has gaps."""
_WIDEST_GAPS = (1.1, 0.85, 0.6, 0.4)


@dataclass(frozen=True)
class Sample:
    """A short level line, or a box, left of a name."""

    place: Box
    colour: Colour
    dash: bool


def sample_beside(page: Picture | Drawing, name: Word) -> Sample | None:
    """Return the sample left of a name, or None: a curve that passes there is no sample."""
    if isinstance(page, Drawing):
        return _drawn(page, name)
    return _seen(page, name)


def _drawn(drawing: Drawing, name: Word) -> Sample | None:
    height = name.bottom - name.top
    middle = name.centre[1]
    best: tuple[float, Sample] | None = None
    for stroke in drawing.strokes:
        left, top = (float(v) for v in stroke.points.min(axis=0))
        right, bottom = (float(v) for v in stroke.points.max(axis=0))
        level = bottom - top < 0.15 * height and abs((top + bottom) / 2 - middle) < 0.6 * height
        close = name.left - _FARTHEST * height < left and right < name.left + 0.2 * height
        end = name.left - right < _NEAREST_END * height
        if level and close and end and right - left > _SHORTEST * height:
            sample = Sample((left, top, right, bottom), stroke.colour, bool(stroke.dash))
            if best is None or right > best[0]:
                best = (right, sample)
    for fill in () if best else drawing.fills:
        left, top = (float(v) for v in fill.points.min(axis=0))
        right, bottom = (float(v) for v in fill.points.max(axis=0))
        close = name.left - _NEAREST_END * height < right < name.left + 0.2 * height
        small = 0.3 * height < bottom - top < 1.6 * height and right - left < 6 * height
        vivid = max(fill.colour) - min(fill.colour) > 40
        if close and small and vivid and abs((top + bottom) / 2 - middle) < 0.6 * height:
            best = (right, Sample((left, top, right, bottom), fill.colour, dash=False))
    return None if best is None else best[1]


def _seen(picture: Picture, name: Word) -> Sample | None:
    height = name.bottom - name.top
    middle = name.centre[1]
    left = max(0, int(name.left - _FARTHEST * height))
    right = int(name.left - 0.1 * height)
    top, bottom = max(0, round(middle - 0.6 * height)), round(middle + 0.6 * height) + 1
    if right - left < height or bottom > picture.height:
        return None
    crop = picture.pixels[top:bottom, left:right].astype(np.int16)
    ground = _ground(crop)
    away = np.abs(crop - ground).max(axis=2)
    strongest = float(np.percentile(away, 99.5))
    if strongest < 40:
        return None
    ink = away > 0.4 * strongest
    ink[:, ink.mean(axis=0) > 0.95] = False  # the border of a legend's box, an axis
    # Before the sample there may be the name of another one, no farther than a dash's gap.
    runs = [_run(ink, height, gap * height) for gap in _WIDEST_GAPS]
    lines = [r for r in runs if r is not None and _is_line(ink[:, r[0] : r[1] + 1], height)]
    if not lines:
        return None
    first, last, dash = lines[0]
    core = away[:, first : last + 1] > 0.9 * away[:, first : last + 1].max()
    r, g, b = (int(v) for v in np.median(crop[:, first : last + 1][core], axis=0))
    rows = np.flatnonzero(ink[:, first : last + 1].any(axis=1))
    place = (
        float(left + first),
        float(top + rows.min()),
        float(left + last),
        float(top + rows.max()),
    )
    return Sample(place, (r, g, b), dash)


def sample_at(
    picture: Picture, name: Word, left: float, right: float, *, alone: bool = False
) -> Sample | None:
    """Return the sample of a name between two columns, where those of its neighbours are.

    Where there is nothing else, and from end to end, if it must be ``alone``.
    """
    half = 0.35 * (name.bottom - name.top)
    top, bottom = round(name.centre[1] - half), round(name.centre[1] + half) + 1
    first, last = max(0, round(left)), round(right) + 1
    if top < 0 or bottom > picture.height or last > picture.width or last - first < 4:
        return None
    crop = picture.pixels[top:bottom, first:last].astype(np.int16)
    away = np.abs(crop - _ground(crop)).max(axis=2)
    strongest = float(np.percentile(away, 99))
    ink = away > 0.4 * strongest
    rows = np.flatnonzero(ink.mean(axis=1) >= _LEAST_INKED)
    if strongest < 40 or not rows.size:
        return None
    if alone:
        ends = ink[rows].any(axis=0)
        beyond = np.delete(
            ink, np.arange(max(rows[0] - 1, 0), rows[-1] + 2).clip(max=len(ink) - 1), 0
        )
        if beyond.any() or not (ends[:3].any() and ends[-3:].any()):
            return None
    r, g, b = (int(v) for v in np.median(crop[away > 0.9 * strongest], axis=0))
    place = (float(first), float(top + rows[0]), float(last - 1), float(top + rows[-1]))
    return Sample(place, (r, g, b), bool(ink[rows].any(axis=0).mean() < 0.93))


def bare_samples(picture: Picture, samples: Sequence[Box]) -> tuple[Sample, ...]:
    """Return the samples in the column of others that have no name that could be read.

    Parameters
    ----------
    picture : Picture
    samples : sequence of (left, top, right, bottom)
        Those of the names that were read: two at least, one below the other.
    """
    if len(samples) < 2:
        return ()
    left, right = min(box[0] for box in samples), max(box[2] for box in samples)
    widest = max(box[2] - box[0] for box in samples)
    middles = sorted((box[1] + box[3]) / 2 for box in samples)
    pitches = np.diff(middles)
    if right - left > 1.3 * widest or pitches.min() < 4:
        return ()
    pitch = float(pitches.min())
    for step, beyond in ((pitch, 3), (pitch / 2, 0)):
        found = _bare_at(picture, middles, step, beyond, left, right)
        if found and not beyond:
            return _bare_at(picture, middles, step, 6, left, right)
        if found:
            return found
    return ()


def _bare_at(
    picture: Picture, middles: Sequence[float], step: float, beyond: int, left: float, right: float
) -> tuple[Sample, ...]:
    """Return the samples a step from others, up to so many steps above and below them."""
    places = np.arange(middles[0] - beyond * step, middles[-1] + (beyond + 0.5) * step, step)
    found = []
    for y in places:
        line = Word("", left, y - 0.3 * step, right, y + 0.3 * step, 1.0, (0, 0, 0))
        free = min(abs(y - middle) for middle in middles) > 0.4 * step
        one = sample_at(picture, line, left, right, alone=True) if free else None
        if one is not None and _ends_with(picture, one):
            found.append(one)
    return tuple(found)


def _ends_with(picture: Picture, sample: Sample) -> bool:
    """Tell whether a line is no longer than a sample: a curve and an axis go on."""
    left, top, right, bottom = (round(side) for side in sample.place)
    ends = []
    for first, last in ((left - 6, left - 1), (right + 2, right + 7)):
        beside = picture.pixels[top : bottom + 1, max(first, 0) : max(last, 0)].astype(np.int16)
        alike = np.abs(beside - np.array(sample.colour)).max(axis=2) < 60
        ends.append(not beside.size or not alike.any())
    return all(ends)


def _ground(crop: np.ndarray) -> Floats:
    codes = (crop >> 4).reshape(-1, 3).astype(np.int32)
    keys = codes[:, 0] * 256 + codes[:, 1] * 16 + codes[:, 2]
    values, counts = np.unique(keys, return_counts=True)
    return np.asarray(
        np.median(crop.reshape(-1, 3)[keys == values[counts.argmax()]], axis=0), dtype=np.float64
    )


def _run(ink: Bools, height: float, gap: float) -> tuple[int, int, bool] | None:
    """Return first and last column of the line nearest to the name, and whether it has gaps."""
    rows = ink.shape[0]
    inner = ink[round(rows * 0.25) : rows - round(rows * 0.25)]
    middle = np.asarray(inner.max(axis=0))
    columns = np.flatnonzero(middle)
    if not len(columns) or ink.shape[1] - columns[-1] > _NEAREST_END * height:
        return None
    gaps = np.flatnonzero(np.diff(columns) > gap)
    start = int(columns[gaps[-1] + 1]) if len(gaps) else int(columns[0])
    stop = int(columns[-1])
    if start <= 1 or stop - start < _SHORTEST * height:
        return None
    return start, stop, float(middle[start : stop + 1].mean()) < 0.93


def _is_line(ink: Bools, height: float) -> bool:
    """Tell a level line or a box from letters and from a curve that steps."""
    rows, width = ink.shape
    counts = ink.sum(axis=0)
    inked = np.flatnonzero(counts)
    centres = (ink * np.arange(rows)[:, None]).sum(axis=0)[inked] / counts[inked]
    if float(np.abs(centres - np.median(centres)).mean()) > 0.08 * height:
        return False
    ends = max(1, round(0.15 * width))
    edge = np.concatenate([ink[:, :ends], ink[:, -ends:]], axis=1)
    box = float(np.median(counts[inked])) > 0.6 * rows
    return box or not (edge[0].any() or edge[-1].any())
