"""Rows and columns of numbers that climb evenly: the labels of axes, found among all words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from perdure.digitise.numbers import Label
from perdure.records import Floats

__all__ = ["Scale", "columns_of_labels", "fit_line", "rows_of_labels"]


@dataclass(frozen=True, eq=False)
class Scale:
    """Labels on one line whose values climb evenly: value = ``start`` + ``step`` x pixel.

    Attributes
    ----------
    labels : tuple of Label
        Those that agree, in order of place.
    values, places : array of float, shape (labels,)
    start, step : float
    doubtful : int
        Numbers between the labels that do not agree.
    """

    labels: tuple[Label, ...]
    values: Floats
    places: Floats
    start: float
    step: float
    doubtful: int

    @property
    def residual(self) -> float:
        """Largest distance in pixels between a label and its place."""
        return float(np.abs((self.values - self.start) / self.step - self.places).max())

    @property
    def span(self) -> tuple[float, float]:
        """First and last place in pixels."""
        return float(self.places.min()), float(self.places.max())


def fit_line(places: Floats, values: Floats) -> tuple[float, float]:
    """Return start and step of the least-squares line of values on places.

    Examples
    --------
    >>> start, step = fit_line(np.array([10.0, 20.0, 30.0]), np.array([0.0, 6.0, 12.0]))
    >>> round(start, 9), round(step, 9)
    (-6.0, 0.6)
    """
    middle = places.mean()
    away = places - middle
    step = float((away * (values - values.mean())).sum() / (away**2).sum())
    return float(values.mean() - step * middle), step


def rows_of_labels(labels: Sequence[Label]) -> tuple[Scale, ...]:
    """Return the rows of numbers that climb evenly from left to right, the longest first."""
    scales = []
    for group in _lines(labels, lambda a: a.y, _height):
        scales += _all_even(group, lambda a: a.x, rising=True)
    return _longest(scales)


def columns_of_labels(labels: Sequence[Label]) -> tuple[Scale, ...]:
    """Return the columns of numbers that climb evenly from bottom to top, the longest first.

    Labels of an axis end, start or are centred on one vertical line.
    """
    scales: list[Scale] = []
    for edge in (_right, _centre, _left):
        for group in _lines(labels, edge, _height):
            scales += _all_even(group, lambda a: a.y, rising=False)
    return _longest(scales)


def _right(label: Label) -> float:
    return label.word.right


def _left(label: Label) -> float:
    return label.word.left


def _centre(label: Label) -> float:
    return label.x


def _height(label: Label) -> float:
    word = label.word
    return word.right - word.left if word.turned else word.bottom - word.top


def _all_even(
    group: Sequence[Label], place: Callable[[Label], float], *, rising: bool
) -> list[Scale]:
    """Return the scales of a line, the largest first: panels side by side share their line."""
    found: list[Scale] = []
    while len(group) >= 2 and len(found) < 4:
        scale = _even(group, place, rising=rising)
        if scale is None or (found and len(scale.labels) < 3):
            break
        found.append(scale)
        used = {id(a) for a in scale.labels}
        group = [a for a in group if id(a) not in used]
    return found


def _longest(scales: Sequence[Scale]) -> tuple[Scale, ...]:
    found: list[Scale] = []
    for scale in sorted(scales, key=lambda s: (-len(s.labels), s.residual)):
        words = {id(a.word) for a in scale.labels}
        if not any(len(words & {id(a.word) for a in other.labels}) > 1 for other in found):
            found.append(scale)
    return tuple(found)


def _lines(
    labels: Sequence[Label], place: Callable[[Label], float], size: Callable[[Label], float]
) -> list[list[Label]]:
    """Group labels that lie on a line; a label may lie on two lines that are close."""
    groups: list[list[Label]] = []
    seen: set[frozenset[int]] = set()
    for seed in labels:
        near = [a for a in labels if abs(place(a) - place(seed)) <= 0.5 * max(size(seed), size(a))]
        key = frozenset(id(a) for a in near)
        if len(near) >= 2 and key not in seen:
            seen.add(key)
            groups.append(near)
    return groups


def _even(group: Sequence[Label], place: Callable[[Label], float], *, rising: bool) -> Scale | None:
    """Return the largest even scale in a line of labels, or None."""
    ordered = sorted(group, key=place)
    sites = np.array([place(a) for a in ordered])
    slack = max(2.5, 0.45 * float(np.median([_height(a) for a in ordered])))
    best: tuple[int, float, float, float] | None = None
    for i, j in combinations(range(len(ordered)), 2):
        if sites[j] - sites[i] < 4 * slack:
            continue
        for a in ordered[i].values:
            for b in ordered[j].values:
                if (b > a) != rising or a == b:
                    continue
                step = (b - a) / (sites[j] - sites[i])
                agree, off = _agreement(ordered, sites, a - step * sites[i], step, slack)
                # Of equal counts take likelier readings, then the pair with less error.
                if best is None or (agree, -off) > (best[0], -best[1]):
                    best = (agree, off, a - step * sites[i], step)
    if best is None or best[0] < 2:
        return None
    return _scale(ordered, sites, best[2], best[3], slack)


def _agreement(
    ordered: Sequence[Label], sites: Floats, start: float, step: float, slack: float
) -> tuple[int, float]:
    offs = []
    for label, site in zip(ordered, sites, strict=True):
        off, rank = min((abs((v - start) / step - site), r) for r, v in enumerate(label.values))
        if off <= slack:
            offs.append(off + rank * slack)
    return len(offs), float(np.sum(offs))


def _scale(
    ordered: Sequence[Label], sites: Floats, start: float, step: float, slack: float
) -> Scale | None:
    chosen: list[tuple[Label, float, float]] = []
    for label, site in zip(ordered, sites, strict=True):
        off, value = min((abs((v - start) / step - site), v) for v in label.values)
        if off <= slack and all(value != v for _, v, _ in chosen):
            chosen.append((label, value, float(site)))
    chosen = _on_the_grid(chosen)
    if len(chosen) < 2:
        return None
    values = np.array([v for _, v, _ in chosen])
    places = np.array([s for _, _, s in chosen])
    low, high = places.min(), places.max()
    between = int(((sites >= low) & (sites <= high)).sum()) - len(chosen)
    return Scale(tuple(a for a, _, _ in chosen), values, places, *fit_line(places, values), between)


def _on_the_grid(chosen: list[tuple[Label, float, float]]) -> list[tuple[Label, float, float]]:
    """Drop a value that is no multiple of the others' step: 1.01 above 0.8, 0.6, 0.4."""
    if len(chosen) < 4:
        return chosen
    values = np.array([v for _, v, _ in chosen])
    unit = float(np.median(np.abs(np.diff(values))))
    phase = (values - np.median(values)) / unit
    kept = np.abs(phase * 2 - np.round(phase * 2)) < 0.02
    return [c for c, k in zip(chosen, kept, strict=True) if k] if kept.sum() >= 3 else chosen
