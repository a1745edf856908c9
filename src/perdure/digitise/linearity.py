"""Axes that are broken or not linear are refused: numbers on their line say otherwise than it."""

from collections.abc import Sequence

import numpy as np

from perdure.digitise.numbers import Label
from perdure.digitise.scales import Scale
from perdure.errors import InputError, Problem

__all__ = ["refuse_bent"]

_CERTAIN = 0.9
"""What is read with less certainty says nothing against an axis."""


def refuse_bent(
    scale: Scale, labels: Sequence[Label], file: str | None, *, time: bool, right: bool = False
) -> None:
    """Refuse an axis whose other labels do not stand where their values say.

    The next label after the last that agrees is enough (a broken axis), or else half as many labels
    as agree (a logarithmic one); a single label that was misread is not.

    Parameters
    ----------
    scale : Scale
    labels : sequence of Label
        All numbers of the figure.
    file : str or None
    time : bool
        The scale is that of time, along x.
    right : bool
        The scale stands at the right of the plot.

    Raises
    ------
    InputError
        That names the label.
    """
    spacing = float(np.median(np.abs(np.diff(np.sort(scale.places)))))
    unit = float(np.median(np.abs(np.diff(np.sort(scale.values)))))
    low, high = scale.span
    against: list[tuple[Label, float]] = []
    for label in _on_its_line(scale, labels, time=time, right=right):
        place = label.x if time else label.y
        beyond = max(low - place, place - high)
        if beyond > 1.6 * spacing:
            continue
        expected = scale.start + scale.step * place
        nearest = min(label.values, key=lambda v: abs(v - expected))
        off = abs(nearest - expected)
        first, last = float(scale.values.min()), float(scale.values.max())
        goes_on = nearest < first if expected < first else nearest > last
        if beyond > 0.4 * spacing and goes_on and off > 0.75 * unit:
            raise _refusal(label, expected, file, time=time)
        if off > 0.3 * unit:
            against.append((label, expected))
    if against and len(against) >= len(scale.labels) / 2:
        raise _refusal(*against[0], file, time=time)


def _on_its_line(scale: Scale, labels: Sequence[Label], *, time: bool, right: bool) -> list[Label]:
    """Return the certain numbers that stand on the line of a scale and are not of it."""

    def level(label: Label) -> float:
        if time:
            return label.y
        return label.word.left if right else label.word.right

    used = {id(a.word) for a in scale.labels}
    height = float(np.median([a.word.bottom - a.word.top for a in scale.labels]))
    line = float(np.median([level(a) for a in scale.labels]))
    return [
        a
        for a in labels
        if id(a.word) not in used
        and a.word.certainty >= _CERTAIN
        and abs(level(a) - line) <= 0.3 * height
    ]


def _refusal(label: Label, expected: float, file: str | None, *, time: bool) -> InputError:
    name = "time axis" if time else "survival axis"
    return InputError(
        Problem(
            f"the {name} is broken or not linear: {label.word.text} stands where "
            f"{expected:.3g} is expected",
            "give a figure with an unbroken axis",
            file=file,
        )
    )
