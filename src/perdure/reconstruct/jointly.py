"""Arms of one trial together: the published hazard ratio, as a check or as a constraint."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from perdure.errors import InputError, Problem
from perdure.reconstruct.evidence import evidence, with_ensemble
from perdure.reconstruct.reported import Rounded, rounded
from perdure.records import (
    Bools,
    Curve,
    Floats,
    Ints,
    NumbersAtRisk,
    Patients,
    Reconstruction,
)
from perdure.survival import ensemble_interval, hazard_ratio

__all__ = ["jointly"]

_AGREE = 0.05
"""A published hazard ratio this far from the rebuilt one (as a share) is worth a sentence: it may
be stratified or adjusted."""


def jointly(
    arms: Mapping[str, Reconstruction],
    curves: Mapping[str, Curve],
    control: str,
    hazard_ratios: Mapping[str, float | str | Rounded],
    *,
    own: bool = False,
    seed: int = 1,
) -> dict[str, Reconstruction]:
    """Compare rebuilt arms with the published hazard ratios between them, or make them agree.

    Parameters
    ----------
    arms : mapping of str to Reconstruction
        The arms of one trial, one endpoint and one cut-off, in one time unit.
    curves : mapping of str to Curve
        Each arm's own, in the same unit.
    control : str
        The arm that hazard ratios are against.
    hazard_ratios : mapping of str to (float or str)
        Of other arms, as printed: an interval as wide as the last digit.
    own : bool
        Whether they are unadjusted, unstratified estimates of these very patients. If so, draws of
        the arms are paired so that every pair meets them; if not, they are a check.
    seed : int

    Returns
    -------
    dict of str to Reconstruction
        All arms, with the hazard ratio in their evidence. With ``own`` the i-th draws of all arms
        belong together, and patients are from the pair in the middle. What is not met is in
        ``warnings``, with by how much, and that arm is left as it was.

    Raises
    ------
    InputError
        If an arm is not known, or a hazard ratio is not positive.

    Notes
    -----
    Given the curves, draws of two arms are independent; under the condition each draw of the
    control is as probable as it has partners that meet it, and its partners equally so. Hazard
    ratios are Cox's with Efron's ties. Among all pairs those that meet it are found by the main
    effects of both draws; then they are computed, and those that do not are replaced.

    Examples
    --------
    >>> from perdure.reconstruct import reconstruct
    >>> from perdure.records import Curve
    >>> curves = {
    ...     "new": Curve([0, 2, 5, 9], [1.0, 0.8, 0.6, 0.5]),
    ...     "old": Curve([0, 2, 5, 9], [1.0, 0.7, 0.4, 0.3]),
    ... }
    >>> arms = {arm: reconstruct(curve, n=30, draws=10) for arm, curve in curves.items()}
    >>> found = jointly(arms, curves, "old", {"new": "0.9"})
    >>> found["new"].warnings[-1]
    'the published hazard ratio is 0.9; the rebuilt one is 0... (a stratified or adjusted one ...'
    """
    printed = {arm: _positive(arm, value) for arm, value in hazard_ratios.items()}
    for arm in (control, *printed):
        if arm not in arms:
            raise InputError(
                Problem("an arm is not among those rebuilt", f"use {', '.join(arms)}", value=arm)
            )
    for arm in (control, *printed):
        if arms[arm].patients.time_unit != arms[control].patients.time_unit:
            raise InputError(
                Problem(
                    "arms that are compared have two time units",
                    f"rebuild both in {arms[control].patients.time_unit}",
                    value=arm,
                )
            )
    found = dict(arms)
    if own:
        sampled = {arm: value for arm, value in printed.items() if arms[arm].ensemble}
        if sampled and arms[control].ensemble:
            found = _constrained(found, curves, control, sampled, seed)
    for arm, value in printed.items():
        found[arm] = _checked(found[arm], found[control], value)
    return found


def _positive(arm: str, value: float | str | Rounded) -> Rounded:
    found = rounded(value)
    if found.value <= 0:
        raise InputError(
            Problem(f"the hazard ratio of {arm} is not positive", "correct it", value=found.printed)
        )
    return found


def _log_hazard_ratio(arm: Patients, control: Patients) -> float:
    """Return Cox's log hazard ratio of the arm; NaN where there is none."""
    found = hazard_ratio(
        np.concatenate((control.time, arm.time)),
        np.concatenate((control.event, arm.event)),
        np.repeat([0, 1], [control.n, arm.n]),
    )
    return np.nan if found.log_hr is None else found.log_hr


def _constrained(
    arms: dict[str, Reconstruction],
    curves: Mapping[str, Curve],
    control: str,
    printed: dict[str, Rounded],
    seed: int,
) -> dict[str, Reconstruction]:
    """Return the arms with draws paired so that each pair meets the printed hazard ratio."""
    found = dict(arms)
    allowed: dict[str, Bools] = {}
    for arm, value in printed.items():
        pairs = _pairs(arms[arm].ensemble, arms[control].ensemble)
        meets = _meets(pairs, value)
        if meets.any():
            allowed[arm] = meets
        else:
            found[arm] = _with_warning(found[arm], _not_imposed(value, pairs))
    if not allowed:
        return found
    chosen = _exact(arms, control, printed, _chosen(allowed, len(arms[control].ensemble), seed))
    if chosen is None:
        for arm in allowed:
            pairs = _pairs(arms[arm].ensemble, arms[control].ensemble)
            found[arm] = _with_warning(found[arm], _not_imposed(printed[arm], pairs))
        return found
    middle = _middle(arms, control, chosen)
    for arm, draws in chosen.items():
        at = control if arm == "" else arm
        ensemble = tuple(arms[at].ensemble[draw] for draw in draws)
        found[at] = _of_others(arms[at], curves[at], ensemble, ensemble[middle])
    return found


def _meets(log_hr: Floats, value: Rounded) -> Bools:
    return np.asarray((log_hr >= np.log(max(value.low, 1e-9))) & (log_hr <= np.log(value.high)))


def _not_imposed(value: Rounded, pairs: Floats) -> str:
    said = f"no history has the published hazard ratio {value}"
    off = np.abs(pairs[np.isfinite(pairs)] - np.log(value.value))
    if off.size:
        nearest = pairs[np.isfinite(pairs)][int(off.argmin())]
        said += f": the nearest has {np.exp(nearest):.3f}"
    return f"{said}; it was not imposed"


def _exact(
    arms: Mapping[str, Reconstruction],
    control: str,
    printed: Mapping[str, Rounded],
    chosen: dict[str, Ints],
) -> dict[str, Ints] | None:
    """Return the chosen pairs that meet the hazard ratios when computed, as many as there were.

    None where no pair does.
    """
    meets = np.ones(chosen[""].size, dtype=np.bool_)
    for arm, draws in chosen.items():
        if arm != "":
            exact = [
                _log_hazard_ratio(arms[arm].ensemble[one], arms[control].ensemble[other])
                for one, other in zip(draws, chosen[""], strict=True)
            ]
            meets &= _meets(np.array(exact), printed[arm])
    if not meets.any():
        return None
    kept = np.flatnonzero(meets)
    return {arm: np.resize(draws[kept], draws.size) for arm, draws in chosen.items()}


def _pairs(arm: tuple[Patients, ...], control: tuple[Patients, ...]) -> Floats:
    """Return the log hazard ratio of every pair of draws, from the main effects of both."""
    across = np.array([_log_hazard_ratio(draw, control[0]) for draw in arm])
    down = np.array([_log_hazard_ratio(arm[0], draw) for draw in control])
    return np.asarray(across[:, None] + down[None, :] - across[0])


def _chosen(allowed: dict[str, Bools], draws: int, seed: int) -> dict[str, Ints]:
    """Return which draws belong together; the control's under the empty name."""
    rng = np.random.default_rng(seed)
    partners = np.prod([meets.sum(axis=0).astype(float) for meets in allowed.values()], axis=0)
    if partners.sum() == 0:
        # No draw of the control suits all arms: the first alone is met, and checks say the rest.
        first = next(iter(allowed))
        allowed = {first: allowed[first]}
        partners = allowed[first].sum(axis=0).astype(float)
    controls = rng.choice(partners.size, size=draws, p=partners / partners.sum())
    chosen = {"": controls}
    for arm, meets in allowed.items():
        chosen[arm] = np.array([rng.choice(np.flatnonzero(meets[:, at])) for at in controls])
    return chosen


def _middle(arms: Mapping[str, Reconstruction], control: str, chosen: Mapping[str, Ints]) -> int:
    """Return the pair whose arms are nearest to their median number of events."""
    off = np.zeros(chosen[""].size)
    for arm, draws in chosen.items():
        ensemble = arms[control if arm == "" else arm].ensemble
        events = np.array([ensemble[draw].events for draw in draws], dtype=float)
        off += np.abs(events - np.median(events))
    return int(np.argmin(off))


def _of_others(
    found: Reconstruction, curve: Curve, ensemble: tuple[Patients, ...], patients: Patients
) -> Reconstruction:
    """Return the reconstruction with other histories, and the evidence of these."""
    old = found.evidence
    table = None
    if old.risk:
        table = NumbersAtRisk(
            [check.time for check in old.risk],
            [check.printed for check in old.risk],
            curve.time_unit,
        )
    counted = [int((found.patients.time >= check.time).sum()) for check in old.risk]
    fit = evidence(
        patients,
        curve,
        table,
        n=old.n_reported,
        events=old.events_reported,
        reported_median=old.median_reported,
        landmarks=[(check.time, check.published) for check in old.landmarks],
        used=(*old.used, "hazard ratio"),
        beyond=counted != [check.rebuilt for check in old.risk],
    )
    fit = replace(fit, reading=old.reading, reading_error=old.reading_error)
    return replace(
        found, patients=patients, ensemble=ensemble, evidence=with_ensemble(fit, ensemble)
    )


def _checked(arm: Reconstruction, control: Reconstruction, printed: Rounded) -> Reconstruction:
    """Return the arm with the hazard ratio in its evidence, and a sentence where it is far."""
    rebuilt = _log_hazard_ratio(arm.patients, control.patients)
    if not np.isfinite(rebuilt):
        fit = replace(arm.evidence, hazard_ratio_reported=printed.value)
        said = f"the published hazard ratio {printed} cannot be checked: the rebuilt arms have none"
        return _with_warning(replace(arm, evidence=fit), said)
    pairs = np.array(
        [
            _log_hazard_ratio(one, other)
            for one, other in zip(arm.ensemble, control.ensemble, strict=False)
        ]
    )
    pairs = pairs[np.isfinite(pairs)] if pairs.size else np.array([rebuilt])
    low, high = (float(limit) for limit in ensemble_interval(pairs))
    sampled = bool(arm.ensemble and control.ensemble)
    fit = replace(
        arm.evidence,
        hazard_ratio=float(np.exp(rebuilt)),
        hazard_ratio_low=float(np.exp(low)) if sampled else None,
        hazard_ratio_high=float(np.exp(high)) if sampled else None,
        hazard_ratio_reported=printed.value,
    )
    arm = replace(arm, evidence=fit)
    least = np.exp(min(rebuilt, low)) * (1 - _AGREE)
    most = np.exp(max(rebuilt, high)) * (1 + _AGREE)
    if printed.low <= most and printed.high >= least:
        return arm
    spread = f" ({np.exp(low):.2f} to {np.exp(high):.2f})" if sampled else ""
    return _with_warning(
        arm,
        f"the published hazard ratio is {printed}; the rebuilt one is {np.exp(rebuilt):.2f}{spread}"
        f" (a stratified or adjusted one may differ)",
    )


def _with_warning(found: Reconstruction, said: str) -> Reconstruction:
    return replace(found, warnings=(*found.warnings, said))
