"""What of the arms that are not estimable? Three answers side by side.

1. The model of vectors (the default): each arm enters with its log reference median and its
   durable response at every multiple that it reaches. Whether it reaches the target is decided by
   its median and its follow-up; with the median in the vector, what is missing is so at random.
2. Leaving them out, which is right if the log median and the durable response are not related.
3. A pattern mixture over what cannot be known: p = q x S(t_max).

Which of them keeps its level is in ``validation/pooling_missing.md``.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.effects.scales import SCALES, Scale
from perdure.pool.missing.arm_vectors import VectorFit, VectorMethod, fit_vectors
from perdure.pool.missing.pattern_mixture import ClassPatterns, pattern_mixture
from perdure.pool.missing.sampling_covariance import averaged
from perdure.pool.missing.vector_data import vector_data
from perdure.pool.missing.vector_structure import StructureName, line, unstructured
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import fit_effects
from perdure.records import Floats, Predicted
from perdure.records.arm_vector import ArmVector
from perdure.records.missing_arms import (
    ClassMean,
    MissingArms,
    PatternMixture,
    ReachOfClass,
    VectorAnswer,
    WithoutThem,
)

__all__ = ["Errors", "Sampling", "pool_missing_arms"]

Sampling = Literal["average", "own"]

Errors = Literal["model", "CR2"]

_SPARE = 2
"""A multiple other than the target is used if this many more arms than classes reach it."""
_SMALLEST_SD = 1e-3


def pool_missing_arms(
    arms: Sequence[ArmVector],
    classes: Sequence[str] | None = None,
    *,
    k: float = 3.0,
    scale: str = "logit",
    method: VectorMethod | None = None,
    structure: StructureName = "line",
    sampling: Sampling = "average",
    errors: Errors = "model",
    level: float = 0.95,
) -> MissingArms:
    """Pool the durable response at a target multiple where some arms do not reach it.

    Parameters
    ----------
    arms : sequence of ArmVector
        From :func:`perdure.durable.arm_vector.arm_vectors`; of one reference. Arms are taken as
        independent given their class: the model has no effect of the trial (but see ``errors``).
    classes : sequence of str, optional
        One an arm; default one class.
    k : float
        The target: a multiple that some arms reach.
    scale : {"logit", "log-log", "arcsine", "plain", "log"}
    method : {"REML", "ML"}, optional
        Default REML, and ML where an arm's median is not reached: such an arm enters by the normal
        probability that its log median exceeds what it is known to exceed, which has no restricted
        likelihood.
    structure : {"line", "unstructured"}
        Of the covariance between arms: see :mod:`perdure.pool.missing.vector_structure`.
    sampling : {"average", "own"}
        Sampling covariances in the model of vectors: the mean of all arms' by arm size (see
        :mod:`perdure.pool.missing.sampling_covariance`), or each arm's own estimate.
    errors : {"model", "CR2"}
        Of the model of vectors: its own, or cluster-robust by trial.
    level : float

    Returns
    -------
    MissingArms

    Raises
    ------
    InputError
        If there is no arm, lengths differ, references differ, the scale is unknown or needs a size,
        k is not above 1, or REML is asked for with arms whose median is not reached.

    Examples
    --------
    >>> def arm(name, log_median, p):
    ...     ks = (1.5, 2.0, 3.0)[: len(p)]
    ...     v = tuple(tuple(0.001 * (1 + (i == j)) for i in range(len(p) + 1))
    ...               for j in range(len(p) + 1))
    ...     return ArmVector(name, "a", 100, "own", log_median, ks, p, v, 24.0, 0.3, 0.05)
    >>> found = pool_missing_arms([
    ...     arm("T1", 1.2, (0.36, 0.25, 0.12)), arm("T2", 1.5, (0.37, 0.30, 0.17)),
    ...     arm("T3", 1.8, (0.40, 0.33, 0.22)), arm("T4", 2.2, (0.42, 0.35)),
    ...     arm("T5", 2.5, (0.44, 0.38)), arm("T6", 1.4, (0.34, 0.26, 0.14)),
    ... ])
    >>> [round(way.classes[0].proportion, 2) for way in (found.vectors, found.without)]
    [0.19, 0.17]
    """
    names = ["all arms"] * len(arms) if classes is None else list(classes)
    chosen = _settled(arms, names, k, scale, level)
    _check_choices(method, structure, sampling, errors)
    reach = tuple(_reach(name, arms, names, k) for name in dict.fromkeys(names))
    without = _without(arms, names, k, chosen, level)
    vectors, left_out = _vectors(arms, names, k, chosen, method, structure, sampling, errors, level)
    return MissingArms(
        k=k,
        scale=chosen.name,
        level=level,
        reach=reach,
        vectors=vectors,
        without=without,
        mixture=_mixture(arms, names, k, chosen, without, level),
        left_out=left_out,
        notes=_notes(arms, k, vectors),
    )


def _settled(
    arms: Sequence[ArmVector], names: Sequence[str], k: float, scale: str, level: float
) -> Scale:
    """Check what was asked for, and return the scale."""
    problems = []
    if not arms:
        problems.append(Problem("there is no arm", "give at least one"))
    if len(names) != len(arms) or not all(names):
        problems.append(Problem("classes do not fit the arms", f"give {len(arms)} names"))
    references = sorted({arm.reference for arm in arms})
    if len(references) > 1:
        problems.append(
            Problem("arms have different references", "use one", value=", ".join(references))
        )
    usable = [name for name, one in SCALES.items() if not one.needs_size]
    if scale not in usable:
        problems.append(Problem("unknown scale", f"choose one of {', '.join(usable)}", value=scale))
    if not 1 < k < np.inf:
        problems.append(Problem("k is not above 1", "3 is usual for PFS", value=f"{k}"))
    if not 0 < level < 1:
        problems.append(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if problems:
        raise InputError(problems)
    return SCALES[scale]


def _check_choices(method: str | None, structure: str, sampling: str, errors: str) -> None:
    problems = [
        Problem(f"unknown {what}", f"choose one of {', '.join(allowed)}", value=str(chosen))
        for what, chosen, allowed in (
            ("method", method or "REML", get_args(VectorMethod)),
            ("structure", structure, get_args(StructureName)),
            ("sampling covariance", sampling, get_args(Sampling)),
            ("kind of errors", errors, get_args(Errors)),
        )
        if chosen not in allowed
    ]
    if problems:
        raise InputError(problems)


def _reach(name: str, arms: Sequence[ArmVector], names: Sequence[str], k: float) -> ReachOfClass:
    inside = [arm for arm, own in zip(arms, names, strict=True) if own == name]
    reached, zero = sum(k in arm.multiples for arm in inside), sum(k in arm.zeros for arm in inside)
    none = sum(arm.log_median is None for arm in inside)
    return ReachOfClass(name, len(inside), reached, zero, len(inside) - reached - zero, none)


def _with_values(arm: ArmVector, multiples: Sequence[float], scale: Scale) -> tuple[Floats, Matrix]:
    """Return an arm's vector on the scale, nan where it does not reach, and its covariance."""
    d = len(multiples) + 1
    value, spread = np.full(d, np.nan), np.zeros((d, d))
    if arm.log_median is None:
        return value, spread
    places, slopes, rows = [0], [1.0], [0]
    value[0] = arm.log_median
    for row, (k, p) in enumerate(zip(arm.multiples, arm.proportions, strict=True), start=1):
        if k in multiples:
            places.append(multiples.index(k) + 1)
            slopes.append(scale.slope_at(p, np.nan))
            rows.append(row)
            value[places[-1]] = scale.value(p)
    matrix = np.array(arm.covariance, dtype=np.float64)
    if matrix.shape != (len(arm.multiples) + 1,) * 2:
        raise InputError(
            Problem(f"the covariance of {arm.name} does not fit its vector", "give all of it")
        )
    inner = matrix[np.ix_(rows, rows)] * np.outer(slopes, slopes)
    spread[np.ix_(places, places)] = inner
    return value, spread


def _without(
    arms: Sequence[ArmVector], names: Sequence[str], k: float, scale: Scale, level: float
) -> WithoutThem:
    """Return the arms that reach the target pooled alone: one tau2, Hartung and Knapp's errors."""
    use = [at for at, arm in enumerate(arms) if k in arm.multiples]
    known = list(dict.fromkeys(names[at] for at in use))
    every = list(dict.fromkeys(names))
    if len(use) <= len(known):
        reason = f"{len(use)} arms reach {k:g} times the median, for {len(known)} classes: too few"
        means = tuple(ClassMean(name, None, reason=reason) for name in every)
        return WithoutThem("REML", len(use), means, reason=reason)
    pairs = [_with_values(arms[at], (k,), scale) for at in use]
    design = np.array([[names[at] == name for name in known] for at in use], dtype=np.float64)
    fit = fit_effects(
        [value[1] for value, _ in pairs],
        [spread[1, 1] for _, spread in pairs],
        moderators=design,
        terms=known,
        trial=[arms[at].name for at in use],
        level=level,
    )
    told = dict(zip(known, fit.predicted(known, np.eye(len(known))), strict=True))
    rows = dict(zip(known, np.eye(len(known)), strict=True))
    return WithoutThem(
        method="REML",
        n_arms=len(use),
        classes=tuple(_class_mean(name, told.get(name), scale, k) for name in every),
        differences=tuple(
            fit.combination(f"{a} - {b}", rows[a] - rows[b]) for a, b in combinations(known, 2)
        ),
        tau2=fit.pooled.tau2,
    )


def _class_mean(name: str, mean: Predicted | None, scale: Scale, k: float) -> ClassMean:
    """Return a class's mean with its proportion, or why it has none."""
    if mean is None:
        return ClassMean(name, None, reason=f"no arm of the class reaches {k:g} times the median")
    low, high = scale.limits(mean.ci_low, mean.ci_high)
    return ClassMean(name, mean, scale.back(mean.estimate), low, high)


def _vectors(
    arms: Sequence[ArmVector],
    names: Sequence[str],
    k: float,
    scale: Scale,
    method: VectorMethod | None,
    structure: StructureName,
    sampling: Sampling,
    errors: Errors,
    level: float,
) -> tuple[VectorAnswer, tuple[tuple[str, str], ...]]:
    """Return the answer of the model of vectors, and the arms that are not in it."""
    every = list(dict.fromkeys(names))
    known = [
        name
        for name in every
        if any(k in arm.multiples for arm, own in zip(arms, names, strict=True) if own == name)
    ]
    use, left_out = [], []
    for at, arm in enumerate(arms):
        if names[at] not in known:
            left_out.append((arm.name, f"no arm of its class reaches {k:g} times the median"))
        elif arm.log_median is None and arm.median_bound is None:
            left_out.append((arm.name, "its reference median is not reached, nor has it a bound"))
        else:
            use.append(at)
    bounds = sum(arms[at].log_median is None for at in use)
    settled: VectorMethod = method or ("ML" if bounds else "REML")
    reached = sum(k in arms[at].multiples for at in use)
    if reached < len(known) + _SPARE:
        reason = f"{reached} arms reach {k:g} times the median, for {len(known)} classes: too few"
        means = tuple(ClassMean(name, None, reason=reason) for name in every)
        answer = VectorAnswer(
            settled, structure, errors, (), len(use), bounds, means, reason=reason
        )
        return answer, tuple(left_out)
    multiples = _usable([arms[at] for at in use], k, len(known))
    fit = _fitted(
        [arms[at] for at in use],
        np.array([[names[at] == name for name in known] for at in use], dtype=np.float64),
        multiples,
        k,
        scale,
        settled,
        structure,
        sampling,
        level,
    )
    if errors != "model":
        shown = ("log median", *(f"k = {one:g}" for one in multiples))
        terms = np.array([f"{what} of {name}" for what in shown for name in known])
        trials = [arms[at].trial or arms[at].name for at in use]
        fit = fit.clustered(trials, errors, terms=terms[fit.data.kept].tolist())
    return _told(fit, multiples, k, scale, known, every), tuple(left_out)


def _usable(arms: Sequence[ArmVector], k: float, classes: int) -> tuple[float, ...]:
    """Return the multiples that enough arms reach; always the target."""
    known = sorted({one for arm in arms for one in arm.multiples})
    counts = {one: sum(one in arm.multiples for arm in arms) for one in known}
    return tuple(one for one in known if one == k or counts[one] >= classes + _SPARE)


def _fitted(
    arms: Sequence[ArmVector],
    design: Matrix,
    multiples: tuple[float, ...],
    k: float,
    scale: Scale,
    method: VectorMethod,
    structure: StructureName,
    sampling: Sampling,
    level: float,
) -> VectorFit:
    """Return the fit of the model of vectors."""
    pairs = [_with_values(arm, multiples, scale) for arm in arms]
    value = np.array([one for one, _ in pairs])
    bound = [
        arm.median_bound if arm.log_median is None and arm.median_bound is not None else np.nan
        for arm in arms
    ]
    each = np.array([spread for _, spread in pairs])
    size = np.array([arm.n for arm in arms], dtype=np.float64)
    mean = averaged(np.isfinite(value), each, size)
    if sampling == "average":
        each = mean / size[:, None, None]
    data = vector_data(value, each, design, bound, mean[0, 0] / size)
    spread = np.array([max(float(np.nanstd(column)), _SMALLEST_SD) for column in value.T])
    shape = (
        unstructured(spread)
        if structure == "unstructured"
        else line(np.array(multiples), k, np.array([spread[0], float(spread[1:].mean())]))
    )
    return fit_vectors(data, shape, method=method, level=level)


def _told(
    fit: VectorFit,
    multiples: tuple[float, ...],
    k: float,
    scale: Scale,
    known: Sequence[str],
    every: Sequence[str],
) -> VectorAnswer:
    """Return what a reader asks of the fit."""
    at = multiples.index(k) + 1
    weights: Mapping[str, Floats] = {
        name: fit.weights(at, row) for name, row in zip(known, np.eye(len(known)), strict=True)
    }
    means = {name: fit.predicted(name, row, at) for name, row in weights.items()}
    first, target = float(fit.between[0, 0]), float(fit.between[at, at])
    product = first * target
    return VectorAnswer(
        method=fit.method,
        structure=fit.structure.name,
        errors="model" if fit.sandwich is None else fit.sandwich.kind,
        multiples=multiples,
        n_arms=len(fit.data.value),
        n_bound=int(fit.data.bounded.sum()),
        classes=tuple(_class_mean(name, means.get(name), scale, k) for name in every),
        differences=tuple(
            fit.combination(f"{a} - {b}", weights[a] - weights[b])
            for a, b in combinations(known, 2)
        ),
        tau2=target,
        correlation=float(fit.between[0, at] / np.sqrt(product)) if product > 0 else None,
        log_likelihood=fit.log_likelihood,
    )


def _mixture(
    arms: Sequence[ArmVector],
    names: Sequence[str],
    k: float,
    scale: Scale,
    without: WithoutThem,
    level: float,
) -> PatternMixture:
    """Return the pattern mixture, with the arms that reach the target pooled as left alone."""
    if without.reason is not None:
        return PatternMixture((), (), without.reason)
    patterns = []
    for one in without.classes:
        inside = [arm for arm, own in zip(arms, names, strict=True) if own == one.name]
        missing = [arm for arm in inside if k not in arm.multiples and k not in arm.zeros]
        error = 0.0
        if one.mean is not None and one.proportion is not None:
            error = one.mean.se / abs(scale.slope_at(one.proportion, np.nan))
        patterns.append(
            ClassPatterns(
                one.name,
                sum(k in arm.multiples for arm in inside),
                sum(k in arm.zeros for arm in inside),
                one.proportion,
                error,
                tuple(arm.end_survival for arm in missing),
                tuple(arm.end_se or 0.0 for arm in missing),
            )
        )
    return pattern_mixture(patterns, level=level)


def _notes(arms: Sequence[ArmVector], k: float, vectors: VectorAnswer) -> tuple[str, ...]:
    """Return what a reader should know of the model of vectors."""
    notes: list[str] = []
    zeros = [arm.name for arm in arms if k in arm.zeros]
    if zeros:
        notes.append(
            f"0 for ever at {k:g} times the median: {'; '.join(zeros)}. These enter the vectors by"
            " what they show before, which leaves their 0 out; the binomial-normal model keeps it"
        )
    if vectors.n_bound:
        notes.append(
            f"arms whose reference median is not reached ({vectors.n_bound}) enter by that bound,"
            " with the usual sampling variance of a log median: by maximum likelihood (ML)"
        )
    trials = [arm.trial for arm in arms if arm.trial]
    if len(set(trials)) < len(trials):
        notes.append(
            "some arms are of one trial: the model of vectors takes them as independent given class"
            + ("" if vectors.errors == "model" else ", and its errors are robust to that")
        )
    return tuple(notes)
