"""Coverage of every interval of durable response, type I error of contrasts, and power.

    python validation/coverage_study.py [--repeats 500] [--twin]

It writes validation/coverage.md and validation/coverage.csv.

Trials of two arms: families x patients an arm x censoring, each with all references and k (they
share the data). Without delayed separation both arms have one distribution: contrasts there are
under the null. Everything goes through what ``durable_trial`` calls.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import erfc, sqrt
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.optimize import brentq

from perdure.durable.response import of_samples
from perdure.durable.sample import TrialSamples
from perdure.records import Contrast, Floats, NotEstimable, Patients, Proportion, Reference
from perdure.simulate import DelayedSeparation, EventTimes, MixtureCure, Weibull
from perdure.workers import in_workers

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
CHUNK = 250
"""Trials of one piece of work; its seed is its own, whatever the number of jobs."""

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


WHOLE = {"10 or more": (10.0, np.inf), "5 to 10": (5.0, 10.0), "under 5": (0.0, 5.0)}
LOW, HIGH, LOW_FEW = 0.935, 0.965, 0.92
SURE = 3.2905
"""Standard errors of a 99.9% interval."""


@dataclass(frozen=True)
class Row:
    """One cell's share of hits: which quantity of which design, out of how many."""

    cell: Cell
    reference: Reference
    k: float
    arm: str
    quantity: str
    expected: float
    share: float
    of: float

    @property
    def group(self) -> str:
        """The class of the cell by its expected number at risk."""
        return next(name for name, (low, high) in WHOLE.items() if low <= self.expected < high)

    @property
    def fails(self) -> bool:
        """Whether the Monte Carlo interval of the share lies wholly outside its bounds."""
        if self.of == 0 or self.group == "under 5" or self.quantity == TAIL:
            return False
        error = SURE * sqrt(max(self.share * (1 - self.share), 1e-12) / self.of)
        if self.group == "5 to 10":
            return self.share + error < LOW_FEW
        return self.share + error < LOW or self.share - error > HIGH


TAIL = "likelihood interval of thin arms"
"""Reported only: which repeats are thin is a choice by the data where ten or more are expected."""

QUANTITIES = {
    "all repeats": ("covered", "repeats"),
    "estimable": ("estimable_covered", "estimable"),
    TAIL: ("likelihood_covered", "thin"),
    "difference": ("difference_covered", "contrasts"),
    "ratio": ("ratio_covered", "contrasts"),
    "odds ratio": ("odds_covered", "contrasts"),
    "not rejected under the null": ("rejected", "contrasts"),
}


def rows(cell: Cell, counts: Floats) -> Iterator[Row]:
    """Yield every share of a design."""
    for i, reference in enumerate(REFERENCES):
        for j, k in enumerate(MULTIPLES):
            both = [at_risk(cell, reference, k, arm) for arm in (0, 1)]
            for arm, name in enumerate(("control", "test")):
                have = dict(zip(COUNTS, counts[i, j, arm].tolist(), strict=True))
                for quantity, (hits, of) in QUANTITIES.items():
                    of_two = of == "contrasts"
                    if have[of] == 0 or (of_two and arm == 0):
                        continue
                    share = have[hits] / have[of]
                    if hits == "rejected":
                        if cell.family == "delayed separation":
                            continue
                        share = 1 - share
                    expected = min(both) if of_two else both[arm]
                    yield Row(cell, reference, k, name, quantity, expected, share, have[of])


def summary(found: dict[Cell, Floats]) -> list[str]:
    """Return the tables of the page."""
    every = [row for cell, counts in found.items() for row in rows(cell, counts)]
    lines = [
        "| | expected at risk | cells | lowest, % | mean, % | highest, % | failing |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for quantity in QUANTITIES:
        for group in WHOLE:
            mine = [row for row in every if row.quantity == quantity and row.group == group]
            if mine and (quantity, group) != (TAIL, "10 or more"):
                shares = [100 * row.share for row in mine]
                lines.append(
                    f"| {quantity} | {group} | {len(mine)} | {min(shares):.1f} |"
                    f" {np.mean(shares):.1f} | {max(shares):.1f} |"
                    f" {sum(row.fails for row in mine)} |"
                )
    failing = [row for row in every if row.fails]
    lines += ["", "## Cells that fail", ""]
    lines += [
        f"- {row.quantity}: {row.cell.family}, n = {row.cell.n}, {row.cell.lost:.0%} lost,"
        f" {row.reference}, k = {row.k:g}, {row.arm}: {100 * row.share:.1f}% of {row.of:.0f}"
        f" ({row.expected:.1f} expected at risk)"
        for row in failing
    ] or ["None."]
    lines += ["", "## By reference and k (all repeats, 10 or more expected at risk)", ""]
    lines += ["| reference | k | lowest, % | mean, % | highest, % |", f"|{' --- |' * 5}"]
    for reference in REFERENCES:
        for k in MULTIPLES:
            shares = [
                100 * row.share
                for row in every
                if (row.reference, row.k, row.quantity) == (reference, k, "all repeats")
                and row.group == "10 or more"
            ]
            if shares:
                lines.append(
                    f"| {reference} | {k:g} | {min(shares):.1f} | {np.mean(shares):.1f} |"
                    f" {max(shares):.1f} |"
                )
    return [*lines, *bias_table(found), *power_table(found)]


def bias_table(found: dict[Cell, Floats]) -> list[str]:
    """Return the bias of the proportion, where nine in ten repeats are estimable."""
    lines = ["", "## Bias of the proportion, points (nine in ten repeats estimable or more)", ""]
    lines += [
        "| reference | patients | lowest | mean | highest |",
        "| --- | --- | --- | --- | --- |",
    ]
    for i, reference in enumerate(REFERENCES):
        for n in SIZES:
            bias = [
                100 * (have["value"] / have["estimable"] - truth(cell.family, reference, k)[arm])
                for cell, counts in found.items()
                if cell.n == n
                for j, k in enumerate(MULTIPLES)
                for arm in (0, 1)
                if (have := dict(zip(COUNTS, counts[i, j, arm].tolist(), strict=True)))["estimable"]
                > 0.9 * have["repeats"]
            ]
            lines.append(
                f"| {reference} | {n} | {min(bias):+.2f} | {np.mean(bias):+.2f} |"
                f" {max(bias):+.2f} |"
            )
    return lines


def power_table(found: dict[Cell, Floats]) -> list[str]:
    """Return how often tests reject: delayed separation, and the largest share under the null."""
    lines = ["", "## Tests: perdure's, and two proportions read off the curves", ""]
    heads = (
        "reference",
        "k",
        "patients",
        "power under delayed separation, %",
        "two proportions, %",
        "type I error over null families, %",
        "two proportions, %",
    )
    lines += [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for i, reference in enumerate(REFERENCES):
        for j, k in enumerate(MULTIPLES):
            for n in SIZES:
                here = {cell: counts[i, j, 1] for cell, counts in found.items() if cell.n == n}
                late = [
                    one
                    for cell, one in here.items()
                    if cell.family == "delayed separation" and cell.lost == 0.2
                ]
                null = [
                    one
                    for cell, one in here.items()
                    if cell.family != "delayed separation"
                    and min(at_risk(cell, reference, k, arm) for arm in (0, 1)) >= 10
                ]
                if not null:
                    continue
                values = (
                    f"{shares(late, 'rejected', 'contrasts')[0]:.1f}",
                    f"{shares(late, 'two_by_two_rejected', 'two_by_two')[0]:.1f}",
                    spread(shares(null, "rejected", "contrasts")),
                    spread(shares(null, "two_by_two_rejected", "two_by_two")),
                )
                lines.append(f"| {reference} | {k:g} | {n} | {' | '.join(values)} |")
    return lines


def spread(values: list[float]) -> str:
    """Return the least and the largest."""
    return f"{min(values):.1f} to {max(values):.1f}"


def shares(counts: list[Floats], hits: str, of: str) -> list[float]:
    """Return hits in per cent of each."""
    return [100 * float(one[COUNTS.index(hits)] / max(one[COUNTS.index(of)], 1)) for one in counts]


def write_counts(path: Path, found: dict[Cell, Floats]) -> None:
    """Write every count, one row a design, reference, k and arm."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["family", "n", "lost", "reference", "k", "arm", "truth", "at_risk", *COUNTS])
        for cell, counts in found.items():
            for i, reference in enumerate(REFERENCES):
                for j, k in enumerate(MULTIPLES):
                    for arm, name in enumerate(("control", "test")):
                        true = truth(cell.family, reference, k)[arm]
                        expected = at_risk(cell, reference, k, arm)
                        numbers = [f"{one:.10g}" for one in counts[i, j, arm]]
                        design = [cell.family, cell.n, cell.lost, reference, k, name]
                        out.writerow([*design, f"{true:.6f}", f"{expected:.2f}", *numbers])


def kept(folder: Path | None, cell: Cell, place: int, repeats: int, twin: bool) -> Floats:
    """Return the counts of a chunk, from the folder where an earlier run left them."""
    if folder is None:
        return chunk(cell, place, repeats, twin=twin)
    index = list(FAMILIES).index(cell.family)
    kind = "twin.npy" if twin else "npy"
    path = folder / f"{index}.{cell.n}.{round(100 * cell.lost)}.{place}.{repeats}.{kind}"
    if path.is_file():
        return np.asarray(np.load(path), dtype=np.float64)
    found = chunk(cell, place, repeats, twin=twin)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as handle:
        np.save(handle, found)
    unfinished.rename(path)
    return found


HEAD = (
    "Two arms a trial, control and test, median 7 months. Follow-up ends between 1.25 and 1.56"
    " times the last threshold; dropout takes none, 20% or 40% of patients before that. Nominal"
    " 95%. A cell fails when the 99.9% Monte Carlo interval of its share lies wholly outside"
    " 93.5 to 96.5% (10 or more expected at risk at the threshold) or below 92% (5 to 10);"
    " under 5 it is only reported. All repeats: where an arm is not estimable its bounds count,"
    " the upper one at its confidence limit. Contrasts: both arms estimable, the class that of"
    " the arm with fewer at risk."
)


def gathered(
    folder: Path | None, pieces: int, size: int, jobs: int, *, twin: bool
) -> dict[Cell, Floats]:
    """Return the counts of every design, over so many pieces of so many trials."""
    work = [(folder, cell, place, size, twin) for place in range(pieces) for cell in cells()]
    found = {cell: np.zeros((len(REFERENCES), len(MULTIPLES), 2, len(COUNTS))) for cell in cells()}
    start = perf_counter()
    for done, (at, counts) in enumerate(in_workers(kept, work, jobs), start=1):
        found[work[at][1]] += counts
        if done % 20 == 0:
            print(f"{done} of {len(work)}, {perf_counter() - start:.0f} s", flush=True)
    return found


def compare(ours: dict[Cell, Floats], theirs: dict[Cell, Floats]) -> tuple[int, int]:
    """Return how many counts there are, and how many differ (sums of proportions: by 1e-6)."""
    pairs = [(ours[cell], theirs[cell]) for cell in ours]
    differ = sum(int((np.abs(first - second) > 1e-6).sum()) for first, second in pairs)
    return sum(first.size for first, _ in pairs), differ


def main() -> None:
    """Run every design, and write the page and the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("coverage.md"))
    parser.add_argument("--keep", type=Path, help="Folder of finished pieces: a run can go on.")
    parser.add_argument("--twin", action="store_true", help="Count with coverage_twin.py.")
    parser.add_argument("--check", type=int, default=250, help="Of the twin: trials a cell.")
    asked = parser.parse_args()
    size = min(CHUNK, asked.repeats)
    pieces = asked.repeats // size
    start = perf_counter()
    found = gathered(asked.keep, pieces, size, asked.jobs, twin=asked.twin)
    how = "every trial counted by perdure itself"
    if asked.twin:
        first = min(max(asked.check // size, 1), pieces)
        ours = gathered(asked.keep, first, size, asked.jobs, twin=False)
        theirs = gathered(asked.keep, first, size, asked.jobs, twin=True)
        compared, differ = compare(ours, theirs)
        how = (
            f"counted by `coverage_twin.py`, which shares no code with perdure; of its counts over"
            f" {first * size * len(ours)} of the same trials {differ} of {compared} differ from"
            " perdure's own"
        )
    made = (
        f"Made by `python validation/coverage_study.py --repeats {pieces * size}"
        f"{f' --twin --check {asked.check}' if asked.twin else ''} --jobs {asked.jobs}`,"
        f" seed {SEED}, in {perf_counter() - start:.0f} s; {how}. Every count is in"
        " `coverage.csv`."
    )
    page = ["# Coverage of the intervals of durable response", "", made, "", HEAD, ""]
    asked.out.write_text("\n".join([*page, *summary(found)]) + "\n", encoding="utf-8")
    write_counts(asked.out.with_suffix(".csv"), found)


if __name__ == "__main__":
    main()
