"""From patients to the vector of an arm: log median and durable response at several multiples.

Whether an arm reaches k times its reference median is decided by that median and by its follow-up,
both seen. So an arm that is not estimable at the target still says how long its median is, and what
it shows at smaller multiples: see :mod:`perdure.pool.missing.not_estimable`.
"""

from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from perdure.durable.proportion import estimate_proportion
from perdure.durable.response import THIN, check_arms, thresholds_of
from perdure.durable.sample import Influence, Sample, TrialSamples, covariance
from perdure.durable.threshold import Threshold
from perdure.errors import InputError, Problem
from perdure.records import Patients, Proportion, Reference
from perdure.records.arm_vector import ArmVector

__all__ = ["MULTIPLES", "arm_vectors"]

MULTIPLES = (1.5, 2.0, 2.5, 3.0)


def arm_vectors(
    arms: Mapping[str, Patients],
    *,
    trial: str = "",
    multiples: Sequence[float] = MULTIPLES,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
) -> tuple[ArmVector, ...]:
    """Return the vector of each arm of a trial.

    Parameters
    ----------
    arms, comparators
        As in :func:`perdure.durable.durable_trial`.
    trial : str
        Its name.
    multiples : sequence of float
        Above 1, in any order: at 1 the own median's durable response is one half by definition.
    reference : {"own", "control", "trial"}

    Returns
    -------
    tuple of ArmVector
        Their covariances are those of methods, section 2: the same patients decide the median and
        every proportion.

    Raises
    ------
    InputError
        If there is no multiple, one is not above 1 or comes twice, the reference is ``fixed``
        (which has no median), or as for :func:`perdure.durable.durable_trial`.

    Examples
    --------
    >>> time = np.random.default_rng(1).exponential(10, 200)
    >>> arm = Patients(np.minimum(time, 25), (time <= 25).astype(int))
    >>> found = arm_vectors({"a": arm}, trial="T1", multiples=(1.5, 2, 4))[0]
    >>> found.multiples, [round(p, 2) for p in found.proportions]
    ((1.5, 2.0), [0.32, 0.22])
    >>> print(found.reasons[4.0])
    the threshold (30.1 months) lies past the end of follow-up (25.0 months, survival 0.08)
    """
    chosen = _multiples(multiples)
    controls = comparators or {}
    if reference == "fixed":
        raise InputError(
            Problem("the reference fixed has no median", "choose own, control or trial")
        )
    check_arms(arms, reference, controls, None)
    samples = TrialSamples(arms)
    by_k = {k: thresholds_of(samples, reference, k, controls) for k in chosen}
    return tuple(
        _vector(trial, arm, sample, {k: by_k[k][arm] for k in chosen})
        for arm, sample in samples.arms.items()
    )


def _multiples(multiples: Sequence[float]) -> tuple[float, ...]:
    """Return multiples in rising order."""
    chosen = tuple(sorted(float(k) for k in multiples))
    if not chosen or len(set(chosen)) < len(chosen) or not chosen[0] > 1:
        raise InputError(
            Problem(
                "multiples are not different numbers above 1",
                "give for example 1.5, 2, 2.5, 3",
                value=", ".join(f"{k:g}" for k in chosen),
            )
        )
    return chosen


def _vector(
    trial: str, arm: str, sample: Sample, thresholds: Mapping[float, Threshold]
) -> ArmVector:
    """Return the vector of one arm."""
    curve = sample.curve
    end = curve.end_time
    first_k, first = next(iter(thresholds.items()))
    reached: dict[float, tuple[float, Influence]] = {}
    zeros, reasons = [], {}
    for k, threshold in thresholds.items():
        found = estimate_proportion(sample, threshold, thin=THIN)
        if not isinstance(found.value, Proportion):
            reasons[k] = found.value.reason
        elif found.value.se is not None:
            reached[k] = (found.value.value, found.influence)
        elif found.value.value == 0:
            zeros.append(k)
        else:
            reasons[k] = "every patient is beyond the threshold: no variance"
    parts: list[Influence] = []
    if first.median is not None:
        scale = first_k * first.median
        parts.append({name: part / scale for name, part in first.influence.items()})
        parts += [influence for _, influence in reached.values()]
    bound = None
    if first.median is None and first.at_least > 0:
        bound = log(first.at_least / first_k)
    return ArmVector(
        trial=trial,
        arm=arm,
        n=sample.patients.n,
        reference=first.reference,
        log_median=None if first.median is None else log(first.median),
        multiples=tuple(reached),
        proportions=tuple(value for value, _ in reached.values()),
        covariance=tuple(tuple(covariance(a, b) for b in parts) for a in parts),
        end_time=end,
        end_survival=float(np.asarray(curve.at(end))),
        end_se=curve.standard_error_at(end),
        median_bound=bound,
        zeros=tuple(zeros),
        reasons=reasons,
        time_unit=sample.time_unit,
    )
