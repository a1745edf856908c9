"""What a reader of a published figure has of patients: points, a table, rounded numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints, Patients
from perdure.survival import hazard_ratio, kaplan_meier, median

__all__ = ["Figure", "PublishedArm", "PublishedFigure", "publish", "published_hazard_ratio"]

_STEPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0, 12.0, 18.0, 24.0, 36.0, 48.0)
"""Round distances of ticks, months."""

_TICKS = (5, 9)
"""Fewest and most ticks of a table."""


@dataclass(frozen=True)
class Figure:
    """The plotting area of a figure, in pixels.

    Parameters
    ----------
    width, height : int
    jitter : bool
        Whether readings err by a pixel row now and then: 20% one up, 20% one down.

    Examples
    --------
    >>> Figure().resolution < 0.001
    True
    """

    width: int = 900
    height: int = 600
    jitter: bool = False

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 10:
            found = f"{self.width} x {self.height}"
            raise InputError(
                Problem("a figure is smaller than 10 pixels", "enlarge it", value=found)
            )

    @property
    def resolution(self) -> float:
        """Half a pixel row, as a proportion."""
        return 0.5 / (self.height - 1)


@dataclass(frozen=True, eq=False)
class PublishedArm:
    """One arm of a published figure.

    Attributes
    ----------
    time, survival : array of float, shape (points,)
        One point for each pixel column up to the arm's last observation. With jitter survival is
        not monotone.
    n_at_risk : array of int, shape (ticks,)
        At the figure's ticks: patients with time >= tick.
    n, events : int
    median : float or None
        Rounded to 0.1 months; None where it is not reached.
    """

    time: Floats
    survival: Floats
    n_at_risk: Ints
    n: int
    events: int
    median: float | None


@dataclass(frozen=True, eq=False)
class PublishedFigure:
    """A published figure: arms on one axis, above one table.

    Attributes
    ----------
    ticks : array of float, shape (ticks,)
        Times of the table, months; 5 to 9 of them from 0.
    end : float
        Where the time axis ends: one tick after the table.
    figure : Figure
    arms : tuple of PublishedArm
    """

    ticks: Floats
    end: float
    figure: Figure
    arms: tuple[PublishedArm, ...]


def publish(
    random: np.random.Generator, arms: Sequence[Patients], figure: Figure | None = None
) -> PublishedFigure:
    """Return what a figure shows of the arms of one trial, as a reader digitises it.

    Survival is read at each pixel column and lies on a pixel row. The last column shows the last
    drop.

    Parameters
    ----------
    random : numpy.random.Generator
        Chooses among round distances of ticks, and draws the jitter.
    arms : sequence of Patients
        In months.
    figure : Figure, optional

    Returns
    -------
    PublishedFigure

    Raises
    ------
    InputError
        If there is no arm.

    Examples
    --------
    >>> arm = Patients([2, 3, 5, 8], [1, 1, 0, 0])
    >>> shown = publish(np.random.default_rng(1), [arm])
    >>> shown.arms[0].n, shown.arms[0].events, shown.arms[0].median
    (4, 2, 5.5)
    """
    if not arms:
        raise InputError(Problem("a figure needs an arm", "give the patients of one or more"))
    area = figure or Figure()
    last = max(float(arm.time.max()) for arm in arms)
    fewest, most = _TICKS
    steps = [step for step in _STEPS if fewest <= int(last // step) + 1 <= most]
    step = float(random.choice(steps)) if steps else last / fewest
    ticks: Floats = step * np.arange(int(last // step) + 1, dtype=np.float64)
    ticks.flags.writeable = False
    end = float(ticks[-1] + step)
    shown = tuple(_arm(random, arm, ticks, end, area) for arm in arms)
    return PublishedFigure(ticks, end, area, shown)


def published_hazard_ratio(control: Patients, arm: Patients) -> float | None:
    """Return the hazard ratio of an arm against its control (Cox, Efron), as printed: to 0.01.

    None where one of them has no events.

    Examples
    --------
    >>> arm = Patients([1, 2, 3, 4], [1, 1, 0, 1])
    >>> published_hazard_ratio(arm, arm)
    1.0
    """
    found = hazard_ratio(
        np.concatenate((control.time, arm.time)),
        np.concatenate((control.event, arm.event)),
        np.repeat([0, 1], [control.n, arm.n]),
    )
    return None if found.hr is None else round(found.hr, 2)


def _arm(
    random: np.random.Generator, patients: Patients, ticks: Floats, end: float, area: Figure
) -> PublishedArm:
    """Return one arm as it is read."""
    curve = kaplan_meier(patients.time, patients.event)
    column = end / (area.width - 1)
    columns = round(curve.end_time / column) + 1
    time: Floats = column * np.arange(columns, dtype=np.float64)
    shown = np.minimum(time, curve.end_time)
    shown[-1] = curve.end_time
    rows = np.round(curve.at(shown) * (area.height - 1))
    if area.jitter:
        rows += random.choice([-1, 0, 1], size=columns, p=[0.2, 0.6, 0.2])
    survival = np.clip(rows / (area.height - 1), 0.0, 1.0)
    at_risk = curve.at_risk(ticks)
    for array in (time, survival, at_risk):
        array.flags.writeable = False
    middle = median(curve).value
    return PublishedArm(
        time,
        survival,
        at_risk,
        patients.n,
        patients.events,
        None if middle is None else round(middle, 1),
    )
