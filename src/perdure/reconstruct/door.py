"""The door of the stage: a curve and what is known beside it in, a reconstruction out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from perdure.errors import InputError, Problem
from perdure.reconstruct.evidence import evidence
from perdure.reconstruct.facts import Facts, gather
from perdure.reconstruct.guyot import guyot
from perdure.records import Curve, Evidence, NumbersAtRisk, Patients, Reconstruction

__all__ = ["METHODS", "reconstruct"]

METHODS: Mapping[str, Callable[[Facts], Patients]] = MappingProxyType({"guyot": guyot})
"""The methods by name."""

_FAR = 0.05
"""A rebuilt curve this far from the published one is worth a sentence."""

_MEDIANS_AGREE = 0.05
"""Relative difference of rebuilt and published median that is worth a sentence."""


def reconstruct(
    curve: Curve,
    numbers_at_risk: NumbersAtRisk | None = None,
    *,
    n: int | None = None,
    events: int | None = None,
    median: float | None = None,
    method: str = "guyot",
    seed: int | None = None,
) -> Reconstruction:
    """Rebuild the patients behind a published Kaplan-Meier curve.

    Parameters
    ----------
    curve : Curve
        From `curve_from_points`, which reads and repairs digitised points.
    numbers_at_risk : NumbersAtRisk, optional
        In any time unit. Without it, when patients were censored is a guess.
    n : int, optional
        Patients of the arm; needed where no number at risk at time 0 is known.
    events : int, optional
        Total events of the curve's own population and cut-off: met where curve and table allow.
    median : float, optional
        Published median, in the curve's unit: a check, never a constraint.
    method : {"guyot"}
        "guyot" is the method of Guyot et al. 2012, doi 10.1186/1471-2288-12-9.
    seed : int, optional
        For methods that draw at random; "guyot" does not.

    Returns
    -------
    Reconstruction
        Patients in the curve's time unit, with their evidence; what is not met is in ``warnings``.

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
    """
    if method not in METHODS:
        raise InputError(
            Problem(
                "unknown method of reconstruction",
                f"use one of {', '.join(METHODS)}",
                column="method",
                value=method,
            )
        )
    table = None if numbers_at_risk is None else numbers_at_risk.in_unit(curve.time_unit)
    facts = gather(curve, table, n=n, events=events)
    patients = METHODS[method](facts)
    found = evidence(
        patients,
        curve,
        table,
        n=n,
        events=events,
        reported_median=median,
        used=facts.used,
    )
    warnings = (*facts.warnings, *_not_met(facts, found))
    return Reconstruction(patients, (), found, method, None, warnings)


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
    return (*said, *_medians(found, unit))


def _medians(found: Evidence, unit: str) -> tuple[str, ...]:
    """Return a sentence where the published median is not the rebuilt one."""
    published, rebuilt = found.median_reported, found.median
    if published is None:
        return ()
    if rebuilt is None:
        return (f"the published median is {published:g} {unit}; the rebuilt one is not reached",)
    if abs(rebuilt - published) <= _MEDIANS_AGREE * published:
        return ()
    return (f"the published median is {published:g} {unit}; the rebuilt one is {rebuilt:.2f}",)


def _signed(difference: int) -> str:
    """Return a difference in words: "3 more" or "3 fewer"."""
    return f"{abs(difference)} {'more' if difference > 0 else 'fewer'}"
