"""Repeats of designs with arms that are not estimable, and the ways to pool them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_ndtr, ndtr, ndtri

from perdure.durable.arm_vector import arm_vectors
from perdure.errors import InputError
from perdure.pool import fit_effects
from perdure.pool.missing.arm_vectors import VectorFit, VectorMethod, fit_vectors
from perdure.pool.missing.not_estimable import pool_missing_arms
from perdure.pool.missing.vector_data import VectorData, vector_data
from perdure.pool.missing.vector_structure import Structure, line, unstructured
from perdure.records import Coefficient, Patients
from perdure.records.arm_vector import ArmVector
from perdure.records.missing_arms import VectorAnswer, WithoutThem

__all__ = [
    "DEFAULT",
    "DESIGNS",
    "DRAWN",
    "PATIENT_DESIGNS",
    "SEED",
    "Answer",
    "Design",
    "repeats",
    "truth",
]

SEED = 20190519
MULTIPLES = (1.5, 2.0, 2.5, 3.0)
TARGET = 3.0
SD_MEDIAN, SD_RESPONSE, SD_BEND, SD_END = 0.6, 0.5, 0.3, 0.25
TRUTH, CLASS_EFFECT, CLASS_SHIFT = -1.0, 0.4, 0.6
DEFAULT = "vector with log m, default"
"""REML; ML with bounds where an arm's median is not reached."""
DRAWN = "arms drawn"
"""The target in the arms of the repeat itself, if each were known without error."""
FEWEST = 3
"""Repeats in which fewer arms of a class reach the target are drawn again."""
MOST = -0.1
"""No arm of patients shows more than this: under its own median it is below one half."""
CENSORING = 1.2
"""Sampling variances as a multiple of those without censoring."""

Array = NDArray[np.float64]
Answer = tuple[float, float, float, float]
"""Estimate, standard error, lower and upper limit; nan where a way has no error."""


@dataclass(frozen=True)
class Design:
    """Arms of one or two classes.

    ``correlation`` is that of log median and durable response of the arms of a class; ``reach`` the
    share of arms that reach three times their median. Class b has medians longer by 0.6 on the log
    scale and a durable response higher by 0.4 on the logit scale.
    """

    correlation: float
    reach: float = 0.63
    arms: int = 26
    two_classes: bool = False
    patients: bool = False

    @property
    def target(self) -> str:
        """What is estimated."""
        return "b - a" if self.two_classes else "mean"


DESIGNS = (
    *(Design(correlation) for correlation in (0.0, 0.3, 0.6)),
    Design(0.6, arms=12),
    *(Design(correlation, two_classes=True) for correlation in (0.0, 0.6)),
    Design(0.6, reach=0.4),
    Design(0.6, reach=0.4, arms=40, two_classes=True),
)
PATIENT_DESIGNS = (
    Design(0.6, patients=True),
    Design(0.6, two_classes=True, patients=True),
)


def truth(design: Design) -> float:
    """Return what a design's target is."""
    half = CLASS_EFFECT / 2 if design.two_classes else 0.0
    ends = [TRUTH - half, TRUTH + half]
    if design.patients:
        ends = [mean - _cut(mean) for mean in ends]
    return ends[1] - ends[0] if design.two_classes else ends[0]


def _cut(mean: float) -> float:
    """Return what the mean falls by if no durable response is above MOST."""
    z = (MOST - mean) / SD_RESPONSE
    density = float(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))
    return SD_RESPONSE * (density - z * float(ndtr(-z)))


def repeats(design: Design, number: int, stream: int) -> list[dict[str, Answer]]:
    """Return the answers of so many repeats; ``stream`` makes them different from other calls'."""
    place = (DESIGNS + PATIENT_DESIGNS).index(design)
    random = np.random.default_rng([SEED, place, stream])
    once = _patients if design.patients else _summaries
    return [once(design, random) for _ in range(number)]


def _true_arms(design: Design, random: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return class (0 or 1), log median, durable response and log end of follow-up of each arm."""
    heavy = np.arange(design.arms) % 2 if design.two_classes else np.full(design.arms, 0.5)
    covariance = design.correlation * SD_MEDIAN * SD_RESPONSE
    both = random.multivariate_normal(
        [0.0, 0.0], [[SD_MEDIAN**2, covariance], [covariance, SD_RESPONSE**2]], design.arms
    )
    median = CLASS_SHIFT * (heavy - 0.5) + both[:, 0]
    response = TRUTH + CLASS_EFFECT * (heavy - 0.5) + both[:, 1]
    shift = (CLASS_SHIFT / 2) ** 2 if design.two_classes else 0.0
    spread = float(np.sqrt(SD_MEDIAN**2 + shift + SD_END**2 + 0.02))
    end = (
        np.log(TARGET) + ndtri(design.reach) * spread + SD_END * random.standard_normal(design.arms)
    )
    return heavy.astype(float), median, response, end


def _sampling() -> Array:
    """Return the covariance of one patient's vector: log-logistic survival, at the mean response.

    Methods, section 2, with survival known: Cov(S(s), S(t)) = S(t) (1 - S(s)) for s before t.
    """
    along = np.log(np.array((1.0, *MULTIPLES))) / np.log(TARGET)
    survival = expit(TRUTH * along)
    curve = np.minimum.outer(survival, survival) * (1 - np.maximum.outer(survival, survival))
    weight = survival * (1 - survival)
    fall = weight * -TRUTH / np.log(TARGET)  # density times time
    rows = np.zeros((5, 5))
    rows[0, 0] = 1 / fall[0]
    for at in range(1, 5):
        rows[at, at], rows[at, 0] = 1 / weight[at], -fall[at] / fall[0] / weight[at]
    return np.asarray(CENSORING * rows @ curve @ rows.T)


def _summaries(design: Design, random: np.random.Generator) -> dict[str, Answer]:
    """Return the answers of one repeat in which vectors are drawn with known covariances."""
    heavy, median, response, end = _true_arms(design, random)
    along = np.log(np.array(MULTIPLES)) / np.log(TARGET)
    bend = SD_BEND * random.standard_normal(design.arms)
    value = np.column_stack(
        (median, response[:, None] * along + bend[:, None] * along * (1 - along))
    )
    size = random.integers(60, 301, design.arms)
    sampling = _sampling() / size[:, None, None]
    root = np.linalg.cholesky(sampling)
    value = value + np.einsum("nce,ne->nc", root, random.standard_normal(value.shape))
    last = value[:, 4] * (end - value[:, 0]) / np.log(TARGET)
    beyond = np.where(value[:, 0] > end, end, np.nan)
    value[:, 1:][value[:, :1] + np.log(MULTIPLES) > end[:, None]] = np.nan
    value[np.isfinite(beyond)] = np.nan
    x = np.column_stack((1 - heavy, heavy)) if design.two_classes else np.ones((design.arms, 1))
    if float((np.isfinite(value[:, 4]) @ x).min()) < FEWEST:
        return _summaries(design, random)
    found = _answers(value, sampling, x, beyond, last)
    return found | {DRAWN: _drawn(x, response)}


def _drawn(x: Array, response: Array) -> Answer:
    """Return the target in the arms drawn: their mean, or the difference of the classes' means."""
    means = (x.T @ response) / x.sum(axis=0)
    return float(means[1] - means[0] if len(means) == 2 else means[0]), np.nan, np.nan, np.nan


def _answers(
    value: Array, sampling: Array, x: Array, beyond: Array, last: Array
) -> dict[str, Answer]:
    """Return every way's answer."""
    reached = np.isfinite(value[:, 4])
    y, v = value[reached, 4], sampling[reached, 4, 4]
    ask = np.array([-1.0, 1.0]) if x.shape[1] == 2 else np.ones(1)
    alone = fit_effects(y, v, moderators=x[reached])
    found = {"left out": _told(alone.combination("target", ask))}
    found["bound term"] = _bound_term(y, v, x, reached, last, sampling[:, 4, 4], ask)
    seen = np.isfinite(value).any(axis=1)
    shown = np.isfinite(value[:, 1])
    whole = line(np.array(MULTIPLES), TARGET, np.array([0.6, 0.5]))
    flat = Structure("line", whole.loadings[1:, 1:], np.ones(4), np.array([0.5, 0.5]), 0.5)
    data = vector_data(value[shown, 1:], sampling[shown, 1:, 1:], x[shown])
    found["vector without log m"] = _asked(data, flat, 3, ask)
    pair = np.ix_([0, 4], [0, 4])
    data = vector_data(value[seen][:, [0, 4]], [one[pair] for one in sampling[seen]], x[seen])
    found["log m and k = 3 only"] = _asked(data, unstructured(np.array([0.6, 0.5])), 1, ask)
    data = vector_data(value[seen], sampling[seen], x[seen])
    found["vector with log m, REML"] = _asked(data, whole, 4, ask)
    found["vector with log m, ML"] = _asked(data, whole, 4, ask, "ML")
    found[DEFAULT] = found["vector with log m, REML"]
    if np.isfinite(beyond).any():
        data = vector_data(value, sampling, x, beyond, sampling[:, 0, 0])
        found[DEFAULT] = _asked(data, whole, 4, ask, "ML")
    return found


def _asked(
    data: VectorData, structure: Structure, at: int, ask: Array, method: VectorMethod = "REML"
) -> Answer:
    """Return the answer of a model of vectors."""
    fit: VectorFit = fit_vectors(data, structure, method=method)
    rows = [fit.weights(at, row) for row in np.eye(len(ask))]
    weights = np.asarray(sum(part * row for part, row in zip(ask, rows, strict=True)))
    return _told(fit.combination("target", weights))


def _told(found: Coefficient) -> Answer:
    return found.estimate, found.se, found.ci_low, found.ci_high


def _bound_term(
    y: Array, v: Array, x: Array, reached: Array, last: Array, variance: Array, ask: Array
) -> Answer:
    """Return the estimate where arms that do not reach enter as below their last survival."""
    inside, outside = x[reached.astype(bool)], x[~reached.astype(bool)]
    limit, rest = last[~reached.astype(bool)], variance[~reached.astype(bool)]

    def lost(parameters: Array) -> float:
        beta, tau2 = parameters[:-1], float(np.exp(2 * parameters[-1]))
        left = y - inside @ beta
        density = -0.5 * float((np.log(v + tau2) + left**2 / (v + tau2)).sum())
        below = log_ndtr((limit - outside @ beta) / np.sqrt(rest + tau2))
        return -density - float(below.sum())

    start = np.append(np.full(x.shape[1], float(y.mean())), np.log(0.4))
    best = minimize(lost, start, method="BFGS", options={"gtol": 1e-4})
    return float(ask @ best.x[:-1]), np.nan, np.nan, np.nan


def _patients(design: Design, random: np.random.Generator) -> dict[str, Answer]:
    """Return the answers of one repeat in which patients are drawn, with all that this brings."""
    heavy, median, response, end = _true_arms(design, random)
    arms: list[ArmVector] = []
    for at in range(design.arms):
        slope = max(-response[at], -MOST) / np.log(TARGET)  # log-logistic: the median is its own
        size = int(random.integers(60, 301))
        chance = random.random(size)
        time = 10 * np.exp(median[at] + np.log(chance / (1 - chance)) / slope)
        stop = 10 * np.exp(end[at]) * random.uniform(0.6, 1.0, size)
        seen = Patients(np.minimum(time, stop), (time <= stop).astype(int))
        arms += arm_vectors({"arm": seen}, trial=f"T{at}", multiples=MULTIPLES)
    names = ["b" if one else "a" for one in heavy == 1] if design.two_classes else None
    x = np.column_stack((1 - heavy, heavy)) if design.two_classes else np.ones((design.arms, 1))
    return _of_arms(arms, names) | {DRAWN: _drawn(x, np.minimum(response, MOST))}


def _of_arms(arms: list[ArmVector], names: list[str] | None) -> dict[str, Answer]:
    """Return the ways' answers on vectors of patients."""
    usual = pool_missing_arms(arms, names)
    return {
        "left out": _answer(usual.without),
        "log m and k = 3 only": _answer(
            pool_missing_arms([_target_only(arm) for arm in arms], names).vectors
        ),
        "vector, each arm's own": _own(arms, names),
        "vector, averaged": _answer(usual.vectors),
    }


def _own(arms: list[ArmVector], names: list[str] | None) -> Answer:
    """Return the answer with each arm's own errors; nan where they are singular."""
    try:
        return _answer(pool_missing_arms(arms, names, sampling="own").vectors)
    except InputError:
        return np.nan, np.nan, np.nan, np.nan


def _answer(way: VectorAnswer | WithoutThem) -> Answer:
    """Return the mean, or the second class minus the first."""
    if way.differences:
        one = way.differences[0]
        return -one.estimate, one.se, -one.ci_high, -one.ci_low
    mean = way.classes[0].mean
    if mean is None:
        raise AssertionError("some arms reach the target in every repeat")
    return mean.estimate, mean.se, mean.ci_low, mean.ci_high


def _target_only(arm: ArmVector) -> ArmVector:
    """Return an arm that shows its median and the target multiple at most."""
    if arm.log_median is None:
        return arm
    use = [0, *(at for at, k in enumerate(arm.multiples, start=1) if k == TARGET)]
    return replace(
        arm,
        multiples=tuple(arm.multiples[at - 1] for at in use[1:]),
        proportions=tuple(arm.proportions[at - 1] for at in use[1:]),
        covariance=tuple(tuple(arm.covariance[a][b] for b in use) for a in use),
    )
