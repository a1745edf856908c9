"""The door of the stage: a curve and what is known beside it in, a reconstruction out."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from perdure.errors import InputError, Problem
from perdure.reconstruct.choice import most_typical
from perdure.reconstruct.evidence import evidence, with_ensemble
from perdure.reconstruct.facts import REPORTED, Facts, gather
from perdure.reconstruct.guyot import guyot
from perdure.reconstruct.reported import Rounded, limits_of, rounded
from perdure.records import Curve, Evidence, NumbersAtRisk, Patients, Reconstruction
from perdure.survival import kaplan_meier
from perdure.survival import median as median_of

if TYPE_CHECKING:
    from perdure.reconstruct.posterior import Posterior

__all__ = ["DRAWS", "METHODS", "TIME_LIMIT", "reconstruct"]

MOST_DRAWS = 10_000
"""More are a slip of the pen, and would fill the memory."""

METHODS = ("chain", "guyot")
"""The methods by name, the default first."""

DRAWS = 50
"""Histories of the ensemble, unless told otherwise."""

TIME_LIMIT = 60.0
"""Seconds that a reconstruction may take, unless told otherwise."""

_MANY_PARTICLES = 300
"""So many histories are drawn of 600 patients or more, of which the ensemble is an even part: the
more patients, the more draws the grid's rounding leads astray."""

_FAR = 0.05
"""A rebuilt curve this far from the published one is worth a sentence."""

_NOTHING_FITS = (
    "no history agrees with the curve and all the numbers beside it, even within a tenth of"
    " survival: the curve was followed by the method of Guyot et al. 2012, and how sure this is"
    " cannot be said; check the numbers"
)

_TOO_LONG = (
    "these histories cannot be sampled within {seconds:g} seconds: the curve was followed by the"
    " method of Guyot et al. 2012, and how sure this is cannot be said; give more time or, where"
    " there are many patients, more numbers at risk"
)


def reconstruct(
    curve: Curve,
    numbers_at_risk: NumbersAtRisk | None = None,
    *,
    n: int | None = None,
    events: int | None = None,
    median: float | str | Rounded | None = None,
    landmarks: Sequence[tuple[float, float | str | Rounded]] = (),
    own: bool | Collection[str] = False,
    marks: Sequence[float] | None = None,
    method: str = "chain",
    draws: int = DRAWS,
    seed: int = 1,
    time_limit: float = TIME_LIMIT,
) -> Reconstruction:
    """Rebuild the patients behind a published Kaplan-Meier curve.

    Parameters
    ----------
    curve : Curve
        From `curve_from_points`, which reads and repairs digitised points.
    numbers_at_risk : NumbersAtRisk, optional
        In any time unit. Without it, when patients were censored is known from the size of the
        curve's drops alone.
    n : int, optional
        Patients of the arm; needed where no number at risk at time 0 is known.
    events : int, optional
        Total events of the curve's own population and cut-off: every draw meets it, where curve
        and table allow.
    median : float or str, optional
        Published median, in the curve's unit, as it was printed: an interval as wide as its last
        digit. A check, unless it is the curve's own.
    landmarks : sequence of (float, float or str)
        Time, and survival there as it was printed: checks, unless they are the curve's own.
    own : bool or collection of {"median", "survival"}
        Which of median and landmarks are estimates from this very curve, so that they constrain
        it; True: both.
    marks : sequence of float, optional
        Times of all censoring marks that the figure shows, in the curve's unit.
    method : {"chain", "guyot"}
        "chain" samples a hidden Markov model and says how sure it is; "guyot" is the method of
        Guyot et al. 2012, doi 10.1186/1471-2288-12-9: one history and no ensemble.
    draws : int
        Histories of the ensemble, 1 or more.
    seed : int
        The same seed, versions and input give the same histories to the bit.
    time_limit : float
        Seconds after which no new search is begun; what it cut short is in ``warnings``. Few calls
        come near it: thousands of patients without numbers at risk.

    Returns
    -------
    Reconstruction
        Patients in the curve's time unit, the ensemble, and the evidence of both; what is
        contradicted or not met is in ``warnings``.

    Raises
    ------
    InputError
        If the method is unknown, the number of patients is not known, or n, events and table
        contradict each other.

    Examples
    --------
    >>> curve = Curve([0, 1, 3, 6, 9], [1.0, 0.9, 0.7, 0.5, 0.4])
    >>> table = NumbersAtRisk([0, 4, 8], [20, 13, 7])
    >>> found = reconstruct(curve, table, events=11)
    >>> found.patients.n, found.patients.events, found.evidence.risk_mismatch
    (20, 11, 0)
    >>> len(found.ensemble), {patients.events for patients in found.ensemble}
    (50, {11})
    """
    _check(method, draws, seed, time_limit)
    draws, seed = int(draws), int(seed)
    table = None if numbers_at_risk is None else numbers_at_risk.in_unit(curve.time_unit)
    printed = None if median is None else _above_0(rounded(median, "the published median"))
    _check_own(own)
    points = tuple((time, rounded(value, "a published survival")) for time, value in landmarks)
    binding = ("median", "survival") if own is True else own or ()
    limits = limits_of(
        printed if "median" in binding else None,
        points if "survival" in binding else (),
        curve.end_time,
    )
    facts = gather(curve, table, n=n, events=events, limits=limits, marks=marks)
    said: tuple[str, ...] = ()
    ensemble: tuple[Patients, ...] = ()
    reading: tuple[str | None, float | None] = (None, curve.resolution)
    found = None if method == "guyot" else _sampled(facts, draws, seed, time_limit)
    if found is None or isinstance(found, str):
        patients = guyot(facts)
        if found is not None:
            method, said, found = "guyot", (found,), None
    else:
        unit = curve.time_unit
        patients = found.histories.patients(most_typical(found.histories), unit)
        kept = found.histories.evenly(draws)
        random = np.random.default_rng([seed, draws])
        ensemble = tuple(kept.patients(draw, unit, random) for draw in range(draws))
        reading = (found.reading.kind, found.reading.half_width)
        said = found.notes
    fit = evidence(
        patients,
        curve,
        table,
        n=n,
        events=events,
        reported_median=None if printed is None else printed.value,
        landmarks=[(time, value.value) for time, value in points],
        used=_guyots(facts) if found is None else found.facts.used,
        beyond=found is not None and found.facts.beyond,
    )
    if found is not None and events is not None and patients.events != events:
        fit = replace(fit, used=tuple(fact for fact in fit.used if fact != "events"))
    fit = with_ensemble(replace(fit, reading=reading[0], reading_error=reading[1]), ensemble)
    warnings = (*facts.warnings, *said, *_not_met(facts, fit), *_checks(patients, printed, points))
    return Reconstruction(
        patients, ensemble, fit, method, None if method == "guyot" else seed, warnings
    )


def _sampled(facts: Facts, draws: int, seed: int, seconds: float) -> "Posterior | str":
    """Return histories from the posterior, or why there are none."""
    from perdure.reconstruct.budget import Budget, OutOfTimeError
    from perdure.reconstruct.ensemble import InfeasibleError
    from perdure.reconstruct.posterior import sample

    particles = max(5 * draws // 2, min(facts.n // 2, _MANY_PARTICLES))
    try:
        return sample(facts, draws=particles, seed=seed, budget=Budget.of(seconds))
    except InfeasibleError:
        return _NOTHING_FITS
    except OutOfTimeError:
        return _TOO_LONG.format(seconds=seconds)


def _guyots(facts: Facts) -> tuple[str, ...]:
    """Return which facts the method of Guyot et al. 2012 uses: not marks, nor reported values."""
    return tuple(fact for fact in facts.used if fact not in (REPORTED, "marks"))


def _above_0(median: Rounded) -> Rounded:
    if median.value <= 0:
        raise InputError(
            Problem("the published median is not above 0", "correct it", value=median.printed)
        )
    return median


def _check_own(own: bool | Collection[str]) -> None:
    unknown = set() if isinstance(own, bool) else set(own) - {"median", "survival"}
    if isinstance(own, str) or unknown:
        raise InputError(
            Problem(
                "what is the curve's own is not known by this name",
                "give True, or a set of median and survival",
                column="own",
                value=f"{own}",
            )
        )


def _check(method: str, draws: int, seed: int, time_limit: float) -> None:
    if method not in METHODS:
        raise InputError(
            Problem(
                "unknown method of reconstruction",
                f"use one of {', '.join(METHODS)}",
                column="method",
                value=method,
            )
        )
    if draws < 1:
        raise InputError(
            Problem(
                "an ensemble needs a draw", "ask for 1 or more", column="draws", value=f"{draws}"
            )
        )
    if draws > MOST_DRAWS:
        remedy = f"ask for {MOST_DRAWS} at most: 50 to 1000 are usual"
        raise InputError(
            Problem("these are too many draws", remedy, None, None, "draws", f"{draws}")
        )
    if seed < 0:
        raise InputError(
            Problem("a seed is not below 0", "give a whole number", column="seed", value=f"{seed}")
        )
    if not time_limit > 0:
        remedy = "give seconds above 0"
        raise InputError(
            Problem("there is no time", remedy, column="time_limit", value=f"{time_limit:g}")
        )


def _not_met(facts: Facts, found: Evidence) -> tuple[str, ...]:
    """Return a sentence for each published number that the rebuilt patients do not meet."""
    unit = facts.curve.time_unit
    said = []
    ticks = [time for time, _ in facts.ticks]
    for check in found.risk:
        difference = check.rebuilt - check.printed
        if difference and (check.time in ticks or check.time == facts.left_by):
            said.append(
                f"at {check.time:g} {unit} {check.printed} at risk are printed and"
                f" {check.rebuilt} are rebuilt, {_signed(difference)}: curve and table contradict"
                " each other there, and the curve was followed"
            )
    if facts.events is not None and found.events != facts.events:
        said.append(
            f"{facts.events} events were reported and {found.events} are rebuilt,"
            f" {_signed(found.events - facts.events)}: no nearer number was found that agrees with"
            " the curve and the numbers at risk"
        )
    if found.max_distance > _FAR:
        said.append(
            f"the rebuilt curve is up to {found.max_distance:.3f} away from the published one"
        )
    return tuple(said)


def _checks(
    patients: Patients, printed: Rounded | None, landmarks: Sequence[tuple[float, Rounded]]
) -> tuple[str, ...]:
    """Return a sentence for each reported value that the rebuilt curve contradicts."""
    curve = kaplan_meier(patients.time, patients.event)
    unit = patients.time_unit
    said = []
    if printed is not None:
        value = median_of(curve).value
        if value is None:
            said.append(f"the published median is {printed} {unit}; the rebuilt one is not reached")
        elif not printed.holds(value, slack=_MEDIANS_AGREE * printed.value):
            said.append(f"the published median is {printed} {unit}; the rebuilt one is {value:.2f}")
    for time, reported in landmarks:
        if time > curve.end_time:
            said.append(f"survival at {time:g} {unit} was reported, beyond the curve's end")
            continue
        rebuilt = float(curve.at(np.array([time]))[0])
        if not reported.holds(rebuilt, slack=_LANDMARKS_AGREE):
            said.append(
                f"survival at {time:g} {unit} is published as {reported} and rebuilt as"
                f" {rebuilt:.3f}"
            )
    return tuple(said)


_MEDIANS_AGREE = 0.05
"""Relative difference of rebuilt and published median that is worth a sentence."""

_LANDMARKS_AGREE = 0.01


def _signed(difference: int) -> str:
    """Return a difference in words: "3 more" or "3 fewer"."""
    return f"{abs(difference)} {'more' if difference > 0 else 'fewer'}"
