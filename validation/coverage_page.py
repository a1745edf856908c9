"""The tables of the coverage study: shares of hits by class, what fails, bias, tests."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from coverage_trials import COUNTS, MULTIPLES, REFERENCES, SIZES, Cell, at_risk, truth

from perdure.records import Floats, Reference

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


HEAD = (
    "Two arms a trial, control and test, median 7 months. Follow-up ends between 1.25 and 1.56"
    " times the last threshold; dropout takes none, 20% or 40% of patients before that. Nominal"
    " 95%. A cell fails when the 99.9% Monte Carlo interval of its share lies wholly outside"
    " 93.5 to 96.5% (10 or more expected at risk at the threshold) or below 92% (5 to 10);"
    " under 5 it is only reported. All repeats: where an arm is not estimable its bounds count,"
    " the upper one at its confidence limit. Contrasts: both arms estimable, the class that of"
    " the arm with fewer at risk."
)
