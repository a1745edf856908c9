"""How well rebuilt patients fit what was published."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perdure.records import (
    Curve,
    Evidence,
    NumbersAtRisk,
    Patients,
    RiskCheck,
    SurvivalCheck,
)
from perdure.survival import ensemble_interval, kaplan_meier, median

__all__ = ["evidence", "with_ensemble"]


def evidence(
    patients: Patients,
    curve: Curve,
    numbers_at_risk: NumbersAtRisk | None = None,
    *,
    n: int | None = None,
    events: int | None = None,
    reported_median: float | None = None,
    landmarks: Sequence[tuple[float, float]] = (),
    used: tuple[str, ...] = ("curve",),
    beyond: bool = False,
) -> Evidence:
    """Compare rebuilt patients with the curve, the table and the numbers that were printed.

    Distances are between the points of the curve and the Kaplan-Meier curve of the patients at the
    same times; of a vertical step the lower end counts. Where the patients end before the curve,
    their last value is carried on.

    Parameters
    ----------
    patients : Patients
    curve : Curve
        In the patients' time unit, as is everything here.
    numbers_at_risk : NumbersAtRisk, optional
    n, events : int, optional
        As reported.
    reported_median : float, optional
    landmarks : sequence of (float, float)
        Time, and survival there as reported.
    used : tuple of str
        Which facts the method used.
    beyond : bool
        Whether numbers at risk count patients beyond each time (> t) and not up to it (>= t).

    Returns
    -------
    Evidence
        The median by R's convention: the middle of a stretch on which survival is one half.

    Examples
    --------
    >>> curve = Curve([0, 2, 4], [1.0, 0.7, 0.5])
    >>> found = evidence(Patients([2, 2, 3, 4, 4], [1, 0, 0, 1, 0]), curve, events=2)
    >>> round(found.max_distance, 3), found.events, found.median
    (0.1, 2, 4.0)
    """
    rebuilt = kaplan_meier(patients.time, patients.event)
    low_ends = np.append(np.diff(curve.time) > 0, [True])
    times = np.minimum(curve.time[low_ends], rebuilt.end_time)
    distance = np.abs(rebuilt.at(times) - curve.survival[low_ends])
    largest = float(distance.max())
    checks: tuple[RiskCheck, ...] = ()
    if numbers_at_risk is not None:
        found = (
            np.array([(patients.time > time).sum() for time in numbers_at_risk.time])
            if beyond
            else rebuilt.at_risk(numbers_at_risk.time)
        )
        rows = zip(
            numbers_at_risk.time.tolist(), numbers_at_risk.n.tolist(), found.tolist(), strict=True
        )
        checks = tuple(RiskCheck(time, printed, count) for time, printed, count in rows)
    return Evidence(
        rmse=float(np.sqrt(np.mean(distance**2))),
        max_distance=largest,
        max_distance_px=None if curve.resolution is None else largest / (2 * curve.resolution),
        risk=checks,
        n=patients.n,
        events=patients.events,
        n_reported=n,
        events_reported=events,
        median=median(rebuilt).value,
        median_reported=reported_median,
        used=used,
        landmarks=tuple(
            SurvivalCheck(
                time, survival, float(rebuilt.at(time)) if time <= rebuilt.end_time else None
            )
            for time, survival in landmarks
        ),
    )


def with_ensemble(found: Evidence, ensemble: Sequence[Patients]) -> Evidence:
    """Return the evidence with the 90% intervals of an ensemble, and distances in pixels.

    Parameters
    ----------
    found : Evidence
        With the kind and the error of the reading.
    ensemble : sequence of Patients
        As it is where there is none.
    """
    if not ensemble:
        return found
    events = ensemble_interval([patients.events for patients in ensemble])
    medians = [median(kaplan_meier(one.time, one.event)).value for one in ensemble]
    reached = ensemble_interval([np.inf if value is None else value for value in medians])
    width = found.reading_error
    px = None if width is None or found.reading == "clicks" else found.max_distance / (2 * width)
    return replace(
        found,
        max_distance_px=px,
        events_low=int(events[0]),
        events_high=int(events[1]),
        median_low=float(reached[0]) if np.isfinite(reached[0]) else None,
        median_high=float(reached[1]) if np.isfinite(reached[1]) else None,
    )
