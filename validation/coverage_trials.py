"""The designs of the coverage study, and what one simulated trial counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import erfc, sqrt

import numpy as np
from scipy.optimize import brentq

from perdure.durable.response import of_samples
from perdure.durable.sample import TrialSamples
from perdure.records import Contrast, Floats, NotEstimable, Patients, Proportion, Reference
from perdure.simulate import DelayedSeparation, EventTimes, MixtureCure, Weibull

SEED = 20190519
MEDIAN = 7.0
REFERENCES: tuple[Reference, ...] = ("own", "control", "trial", "fixed")
MULTIPLES = (2.0, 3.0, 4.0)
SIZES = (60, 150, 300, 600)
LOST = (0.0, 0.2, 0.4)
FAMILIES: dict[str, tuple[EventTimes, EventTimes]] = {
    "exponential": (Weibull(MEDIAN), Weibull(MEDIAN)),
    "Weibull 0.63": (Weibull(MEDIAN, 0.63), Weibull(MEDIAN, 0.63)),
    "Weibull 1.3": (Weibull(MEDIAN, 1.3), Weibull(MEDIAN, 1.3)),
    "cure 25%": (MixtureCure(MEDIAN, 0.25), MixtureCure(MEDIAN, 0.25)),
    "delayed separation": (
        Weibull(MEDIAN),
        DelayedSeparation(Weibull(MEDIAN), until=3.0, hazard_ratio=0.5),
    ),
}
COUNTS = (
    "repeats",
    "covered",
    "estimable",
    "estimable_covered",
    "zero",
    "thin",
    "likelihood_covered",
    "value",
    "unused",
    "contrasts",
    "difference_covered",
    "ratio_covered",
    "odds_covered",
    "rejected",
    "two_by_two",
    "two_by_two_rejected",
)


@dataclass(frozen=True)
class Cell:
    """One design: a family, a size, a share of events lost to dropout."""

    family: str
    n: int
    lost: float

    @property
    def arms(self) -> tuple[EventTimes, EventTimes]:
        """The control arm's times, and the test arm's."""
        return FAMILIES[self.family]


@cache
def medians(family: str) -> tuple[float, float, float]:
    """Return the median of the control arm, of the test arm, and of both together."""
    control, test = FAMILIES[family]
    both = brentq(
        lambda time: float(control.survival(time) + test.survival(time)) - 1, 0.01, 1000.0
    )
    return control.median, test.median, float(both)


def horizon(family: str) -> float:
    """Return the least follow-up: one quarter past the last threshold of all."""
    return 1.25 * max(MULTIPLES) * max(medians(family))


@cache
def dropout(family: str, lost: float) -> float:
    """Return the hazard of dropout by which a share of patients leaves before event and end."""
    if lost == 0:
        return 0.0
    end = horizon(family)
    grid = np.linspace(0, end, 4001)
    middle = (grid[1:] + grid[:-1]) / 2
    alive = sum(times.survival(middle) for times in FAMILIES[family]) / 2
    step = grid[1] - grid[0]

    def share(rate: float) -> float:
        return float(np.sum(rate * np.exp(-rate * middle) * alive) * step)

    return float(brentq(lambda rate: share(rate) - lost, 1e-6, 5.0))


def simulated(cell: Cell, arm: int, random: np.random.Generator) -> Patients:
    """Draw one arm: uniform entry, one end of follow-up, exponential dropout."""
    event = cell.arms[arm].time_at(1 - random.random(cell.n))
    end = horizon(cell.family) * random.uniform(1.0, 1.25, cell.n)
    rate = dropout(cell.family, cell.lost)
    if rate > 0:
        end = np.minimum(end, random.exponential(1 / rate, cell.n))
    return Patients(np.minimum(event, end), event <= end)


def threshold(family: str, reference: Reference, k: float, arm: int) -> float:
    """Return the true threshold of an arm."""
    control, test, both = medians(family)
    own = control if arm == 0 else test
    return k * {"own": own, "control": control, "trial": both, "fixed": MEDIAN}[reference]


def truth(family: str, reference: Reference, k: float) -> tuple[float, float]:
    """Return the true proportion of the control arm and of the test arm."""
    first, second = (
        float(times.survival(threshold(family, reference, k, arm)))
        for arm, times in enumerate(FAMILIES[family])
    )
    return first, second


def at_risk(cell: Cell, reference: Reference, k: float, arm: int) -> float:
    """Return the expected number at risk at the true threshold."""
    time = threshold(cell.family, reference, k, arm)
    left = np.exp(-dropout(cell.family, cell.lost) * time)
    return float(cell.n * truth(cell.family, reference, k)[arm] * left)


def chunk(cell: Cell, place: int, repeats: int, *, twin: bool = False) -> Floats:
    """Return the counts of some trials: shape (references, k, arms, counts)."""
    key = [SEED, list(FAMILIES).index(cell.family), cell.n, round(100 * cell.lost), place]
    random = np.random.default_rng(key)
    found = np.zeros((len(REFERENCES), len(MULTIPLES), 2, len(COUNTS)))
    for _ in range(repeats):
        arms = {"control": simulated(cell, 0, random), "test": simulated(cell, 1, random)}
        if twin:
            twin_tally(found, cell, arms)
            continue
        trial = TrialSamples(arms)
        for i, reference in enumerate(REFERENCES):
            for j, k in enumerate(MULTIPLES):
                tally(found[i, j], trial, truth(cell.family, reference, k), reference, k)
    return found


def twin_tally(counts: Floats, cell: Cell, arms: dict[str, Patients]) -> None:
    """Add what one trial shows by the twin."""
    from coverage_twin import count

    control, test = arms["control"], arms["test"]
    multiples = np.array(MULTIPLES)
    true = np.array([[truth(cell.family, one, k) for k in MULTIPLES] for one in REFERENCES])
    count(
        counts,
        control.time,
        control.event,
        test.time,
        test.event,
        multiples,
        multiples * MEDIAN,
        true,
    )


def tally(
    counts: Floats,
    trial: TrialSamples,
    true: tuple[float, float],
    reference: Reference,
    k: float,
) -> None:
    """Add what one trial shows under one reference and k."""
    found = of_samples(
        trial, k=k, reference=reference, comparators={"test": "control"}, time=k * MEDIAN
    )
    for arm, response in enumerate(found.responses):
        row, estimate = dict.fromkeys(COUNTS, 0.0), response.estimate
        row["repeats"] = 1
        if isinstance(estimate, NotEstimable):
            row["covered"] = estimate.low <= true[arm] <= estimate.limit
        else:
            row["covered"] = estimate.ci_low <= true[arm] <= estimate.ci_high
            row["estimable"], row["estimable_covered"] = 1, row["covered"]
            row["zero"], row["value"] = estimate.status == "zero", estimate.value
            low, high = estimate.likelihood_low, estimate.likelihood_high
            if low is not None and high is not None:
                row["thin"], row["likelihood_covered"] = 1, low <= true[arm] <= high
        if arm == 1:
            row |= contrast_row(found.contrasts[0], true)
            row |= plain_test(trial, found.responses[0].estimate, estimate)
        counts[arm] += [float(row[name]) for name in COUNTS]


def contrast_row(contrast: Contrast, true: tuple[float, float]) -> dict[str, float]:
    """Return what a contrast shows: covered or not, and whether its test rejects."""
    low, high = contrast.ci_low, contrast.ci_high
    if low is None or high is None or contrast.ratio is None:
        return {}
    ratio = true[1] / true[0]
    odds = ratio * (1 - true[0]) / (1 - true[1])
    return {
        "contrasts": 1,
        "difference_covered": low <= true[1] - true[0] <= high,
        "ratio_covered": (contrast.ratio_low or 0) <= ratio <= (contrast.ratio_high or np.inf),
        "odds_covered": (contrast.odds_ratio_low or 0)
        <= odds
        <= (contrast.odds_ratio_high or np.inf),
        "rejected": contrast.p_value is not None and contrast.p_value < 0.05,
    }


def plain_test(
    trial: TrialSamples, first: Proportion | NotEstimable, second: Proportion | NotEstimable
) -> dict[str, float]:
    """Return whether a two-proportion test of what is read off the curves rejects.

    As a reader of the figure would do it: proportions of all patients, thresholds as if known.
    """
    if isinstance(first, NotEstimable) or isinstance(second, NotEstimable):
        return {}
    sizes = [sample.patients.n for sample in trial.arms.values()]
    pooled = (first.value * sizes[0] + second.value * sizes[1]) / sum(sizes)
    if pooled in (0.0, 1.0):
        return {"two_by_two": 1}
    se = sqrt(pooled * (1 - pooled) * sum(1 / size for size in sizes))
    p = erfc(abs(second.value - first.value) / se / sqrt(2))
    return {"two_by_two": 1, "two_by_two_rejected": p < 0.05}


def cells() -> Iterator[Cell]:
    """Yield every design."""
    for family in FAMILIES:
        for n in SIZES:
            for lost in LOST:
                yield Cell(family, n, lost)
