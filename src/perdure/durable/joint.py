"""Several durable responses of one trial with their covariance: arms, multiples, endpoints.

Estimates share patients in many ways: a control's median makes the threshold of every arm, one arm
is judged at several k, and the same patients have progression and death. One influence value for
each patient gives every covariance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal, get_args

import numpy as np

from perdure.durable.proportion import estimate_proportion
from perdure.durable.response import THIN, check_arms, thresholds_of
from perdure.durable.sample import Influence, TrialSamples, covariance
from perdure.errors import InputError, Problem
from perdure.records import Floats, NotEstimable, Patients, Reference

__all__ = ["Ask", "Joint", "joint_estimates"]

Quantity = Literal["durable response", "log median"]


@dataclass(frozen=True)
class Ask:
    """One quantity of one arm.

    Attributes
    ----------
    arm, endpoint : str
    k : float or None
        Multiple of the reference median; None for ``fixed``.
    reference : {"own", "control", "trial", "fixed"}
    time : float or None
        Threshold of ``fixed``.
    quantity : {"durable response", "log median"}
        The proportion beyond the threshold; or the logarithm of the reference median (k is not
        used).
    """

    arm: str
    endpoint: str
    k: float | None = 3.0
    reference: Reference = "own"
    time: float | None = None
    quantity: Quantity = "durable response"


@dataclass(frozen=True, eq=False)
class Joint:
    """Quantities that could be estimated, and their covariance matrix.

    Attributes
    ----------
    asks : tuple of Ask
        Of the estimates, in the order asked.
    value : array of float, shape (estimates,)
    covariance : array of float, shape (estimates, estimates)
        A proportion of 0 or 1 has no variance: such a one is in ``missing``.
    missing : tuple of (Ask, str)
        What has no estimate, or none with a variance, and why.
    """

    asks: tuple[Ask, ...]
    value: Floats
    covariance: Floats
    missing: tuple[tuple[Ask, str], ...]


def joint_estimates(
    endpoints: Mapping[str, Mapping[str, Patients]],
    asks: Sequence[Ask],
    *,
    comparators: Mapping[str, str | None] | None = None,
) -> Joint:
    """Estimate several durable responses of one trial together.

    Parameters
    ----------
    endpoints : mapping of str to mapping of str to Patients
        By endpoint, the patients of each arm: the same patients in the same order in every
        endpoint, in one time unit.
    asks : sequence of Ask
    comparators : mapping of str to str or None, optional
        The control of each arm that has one.

    Returns
    -------
    Joint

    Raises
    ------
    InputError
        If nothing is asked, an ask names no endpoint or arm, an arm has other numbers of patients
        in two endpoints, or as for :func:`perdure.durable.durable_trial`.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> arms = {name: Patients(random.exponential(10, 200), [1] * 200) for name in "ab"}
    >>> asks = [Ask(name, "OS", 2.0, "control") for name in "ab"]
    >>> found = joint_estimates({"OS": arms}, asks, comparators={"a": "b"})
    >>> found.value.shape, bool(found.covariance[0, 1] != 0)
    ((2,), True)
    """
    controls = comparators or {}
    _check(endpoints, asks)
    trials = {endpoint: TrialSamples(arms) for endpoint, arms in endpoints.items()}
    found: list[tuple[Ask, float, Influence]] = []
    missing: list[tuple[Ask, str]] = []
    for ask in asks:
        check_arms(endpoints[ask.endpoint], ask.reference, controls, ask.time)
        value, influence, reason = _estimate(trials[ask.endpoint], ask, controls)
        if value is None:
            missing.append((ask, reason))
        else:
            found.append((ask, value, influence))
    matrix = np.array([[covariance(a, b) for _, _, b in found] for _, _, a in found])
    return Joint(
        tuple(ask for ask, _, _ in found),
        np.array([value for _, value, _ in found]),
        matrix.reshape(len(found), len(found)),
        tuple(missing),
    )


def _check(endpoints: Mapping[str, Mapping[str, Patients]], asks: Sequence[Ask]) -> None:
    """Refuse what names nothing, and endpoints that are not of the same patients."""
    if not asks:
        raise InputError(Problem("nothing is asked for", "give at least one Ask"))
    for ask in asks:
        if ask.quantity not in get_args(Quantity):
            remedy = f"choose one of {', '.join(get_args(Quantity))}"
            raise InputError(Problem("unknown quantity", remedy, value=str(ask.quantity)))
        if ask.arm not in endpoints.get(ask.endpoint, {}):
            known = "; ".join(f"{name}: {', '.join(arms)}" for name, arms in endpoints.items())
            asked = f"{ask.endpoint}, {ask.arm}"
            raise InputError(Problem("there is no such endpoint or arm", f"use {known}", asked))
    sizes: dict[str, int] = {}
    for endpoint, arms in endpoints.items():
        for arm, patients in arms.items():
            if sizes.setdefault(arm, patients.n) != patients.n:
                raise InputError(
                    Problem(
                        f"the arm '{arm}' has {sizes[arm]} patients in one endpoint and"
                        f" {patients.n} in {endpoint}",
                        "give the same patients, in the same order, for every endpoint",
                    )
                )


def _estimate(
    trial: TrialSamples, ask: Ask, comparators: Mapping[str, str | None]
) -> tuple[float | None, Influence, str]:
    """Return the value, what each patient adds to it, and why there is none."""
    k = 1.0 if ask.quantity == "log median" else ask.k
    threshold = thresholds_of(trial, ask.reference, k, comparators, ask.time)[ask.arm]
    if ask.quantity == "log median":
        if threshold.median is None:
            return None, {}, threshold.reason or "the reference fixed has no median"
        each = {arm: part / threshold.median for arm, part in threshold.influence.items()}
        return log(threshold.median), each, ""
    found = estimate_proportion(trial.arms[ask.arm], threshold, thin=THIN)
    if isinstance(found.value, NotEstimable):
        return None, {}, found.value.reason
    if found.value.se is None:
        return None, {}, f"{found.value.value:.0%} durable response, which has no variance"
    return found.value.value, found.influence, ""
