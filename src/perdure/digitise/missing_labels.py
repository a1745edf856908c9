"""Labels of an axis that were overlooked: looked for again where the others say they must be."""

from dataclasses import replace

import numpy as np

from perdure.digitise.frame import Area
from perdure.digitise.numbers import Label, readings
from perdure.digitise.scales import Scale
from perdure.digitise.tick_marks import Ticks
from perdure.figure.ocr import NUMBERS, ink_box, read_boxes
from perdure.figure.ocr_models import Box
from perdure.figure.page import Picture, Word

__all__ = ["expected_values", "with_missing"]

_FARTHEST = 4
"""Labels beyond the last one that are looked for at each end."""


def expected_values(scale: Scale, low: float, high: float) -> tuple[float, ...]:
    """Return the values between the pixels ``low`` and ``high`` at which a label is missing.

    Examples
    --------
    >>> scale = Scale((), np.array([6.0, 12.0, 24.0]), np.array([10.0, 20.0, 40.0]), 0.0, 0.6, 0)
    >>> expected_values(scale, -5.0, 55.0)
    (0.0, 18.0, 30.0)
    """
    values = np.sort(scale.values)
    unit = float(np.min(np.diff(values)))
    first, last = sorted((scale.start + scale.step * low, scale.start + scale.step * high))
    count = round((values[-1] - values[0]) / unit)
    steps = values[0] + unit * np.arange(-_FARTHEST, count + _FARTHEST + 1)
    missing = [
        float(v)
        for v in np.round(steps, 6)
        if v >= -1e-9 and first <= v <= last and np.abs(values - v).min() > 0.25 * unit
    ]
    return tuple(abs(v) for v in missing)


def with_missing(
    scale: Scale, ticks: Ticks | None, picture: Picture, bounds: Area, *, time: bool
) -> Scale:
    """Return the scale with labels that are found when their place is read again."""
    if ticks is not None:
        scale = replace(scale, start=ticks.start, step=ticks.step)
    far = (bounds.left, picture.width - 1.0) if time else (0.0, bounds.bottom)
    wanted = expected_values(scale, *far)
    if not time:
        top = 1.0 if scale.values.max() <= 1.01 else 100.0
        wanted = tuple(v for v in wanted if v <= top)
    if not wanted:
        return scale
    right = not time and scale.labels[0].x > bounds.right
    boxes = [_box(scale, value, time=time, right=right) for value in wanted]
    turned = not time and sum(a.word.turned for a in scale.labels) > len(scale.labels) / 2
    boxes = [ink_box(picture.pixels, box, dashes=False) for box in boxes]
    grown = [_grown(box) for box in boxes]
    found = []
    for value, box, reading in zip(
        wanted, boxes, read_boxes(picture, grown, NUMBERS, turned=turned), strict=True
    ):
        if reading.certainty > 0.5 and any(abs(v - value) < 1e-6 for v in readings(reading.text)):
            word = Word(reading.text, *box, reading.certainty, turned=turned)
            found.append((value, Label((value,), word, percent=False)))
    if not found:
        return scale
    places = [(value - scale.start) / scale.step for value, _ in found]
    return replace(
        scale,
        labels=scale.labels + tuple(label for _, label in found),
        values=np.concatenate([scale.values, [value for value, _ in found]]),
        places=np.concatenate([scale.places, places]),
    )


def _box(scale: Scale, value: float, *, time: bool, right: bool) -> Box:
    """Return where the label of a value is expected."""
    place = (value - scale.start) / scale.step
    words = [a.word for a in scale.labels]
    wide = max(w.right - w.left for w in words) * 0.5 + 3
    high = max(w.bottom - w.top for w in words) * 0.5 + 3
    if time:
        middle = float(np.median([w.centre[1] for w in words]))
        return place - wide, middle - high, place + wide, middle + high
    off = float(np.median([a.y - p for a, p in zip(scale.labels, scale.places, strict=True)]))
    # The top label is often the longest: 1.0 above .8, 100 above 80.
    longer = 0.6 if value >= scale.values.max() else 0.0
    if right:
        start = float(np.median([w.left for w in words]))
        end = max(w.right for w in words)
        end += longer * (end - start)
        return start - 2, place + off - high, end + 3, place + off + high
    end = float(np.median([w.right for w in words]))
    start = min(w.left for w in words)
    start -= longer * (end - start)
    return start - 3, place + off - high, end + 2, place + off + high


def _grown(box: Box) -> Box:
    margin = 0.2 * min(box[2] - box[0], box[3] - box[1]) + 1
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin
