"""Which one history to write where one is asked for: the medoid, the most probable, or any draw.

    python validation/which_history.py [--trials 200] [--jobs 2]

writes validation/which_history.md. The trials and figures are those of reconstruct_coverage.py;
each rule chooses from the same draws. The ensemble's mean of the log hazard ratio is beside them.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from in_short import with_summary
from reconstruct_coverage import log_hazard_ratio, survival_at_multiple, trial_shown

from perdure.reconstruct import curve_from_points, gather, numbers_at_risk_from_table
from perdure.reconstruct.budget import Budget
from perdure.reconstruct.choice import most_probable, most_typical
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.posterior import sample
from perdure.records import Patients
from perdure.survival import kaplan_meier
from perdure.workers import in_workers

RULES: dict[str, Callable[[Histories], int]] = {
    "medoid (written)": most_typical,
    "most probable": most_probable,
    "any draw": lambda _: 0,
}
MEASURES = ("mean distance", "S(3m)", "events", "log HR")
MEAN = "mean of the ensemble"
DRAWS = 150
SEED = 7


def distance(rebuilt: Patients, truth: Patients) -> float:
    """Return the mean distance of two Kaplan-Meier curves over the true one's time."""
    end = float(truth.time.max())
    grid = np.linspace(0, end, 4000)
    curves = [kaplan_meier(arm.time, arm.event) for arm in (rebuilt, truth)]
    values = [curve.at(np.minimum(grid, curve.end_time)) for curve in curves]
    return float(np.abs(values[0] - values[1]).mean())


def one_trial(number: int, kind: str) -> list[tuple[str, str, float]]:
    """Return rule, measure and error of one trial's histories."""
    shown = trial_shown(number, kind, "numbers at risk")
    histories = []
    for arm in shown.arms:
        curve, _ = curve_from_points(arm.time, arm.survival)
        table, _ = numbers_at_risk_from_table(arm.ticks, arm.numbers)
        found = sample(gather(curve, table), draws=DRAWS, seed=SEED, budget=Budget.of(60))
        histories.append(found.histories)
    truth = [arm.patients for arm in shown.arms]
    ratio = log_hazard_ratio(*truth)
    scores = []
    for rule, choose in RULES.items():
        chosen = [one.patients(choose(one), "months") for one in histories]
        for one, true in zip(chosen, truth, strict=True):
            tail = survival_at_multiple(kaplan_meier(true.time, true.event), 3)
            rebuilt = survival_at_multiple(kaplan_meier(one.time, one.event), 3)
            scores += [
                (rule, "mean distance", distance(one, true)),
                (rule, "S(3m)", abs(rebuilt - tail)),
                (rule, "events", float(abs(one.events - true.events))),
            ]
        scores.append((rule, "log HR", abs(log_hazard_ratio(*chosen) - ratio)))
    draws = [[one.patients(at, "months") for one in histories] for at in range(0, DRAWS, 3)]
    mean = float(np.mean([log_hazard_ratio(*pair) for pair in draws]))
    return [*scores, (MEAN, "log HR", abs(mean - ratio))]


def study(kind: str, trials: int, jobs: int) -> list[str]:
    """Return the table of one kind of figure."""
    scores: list[tuple[str, str, float]] = []
    for _, found in in_workers(one_trial, [(number, kind) for number in range(trials)], jobs):
        scores += found
    lines = [
        f"\n## {kind} ({2 * trials} arms)\n",
        "| history | " + " | ".join(MEASURES) + " |",
        "| --- " * (len(MEASURES) + 1) + "|",
    ]
    for rule in (*RULES, MEAN):
        cells = []
        for measure in MEASURES:
            of = [error for one, what, error in scores if (one, what) == (rule, measure)]
            values = np.array(of)[np.isfinite(of)]
            digits = 0 if measure == "events" else 4
            cells.append(
                f"{np.median(values):.{digits}f} / {np.quantile(values, 0.9):.{digits}f}"
                if values.size
                else ""
            )
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    print("\n".join(lines), flush=True)
    return lines


def main() -> None:
    """Fill the tables and write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    lines = [
        "# Which one history to write",
        "",
        (
            f"Made by `python validation/which_history.py --trials {options.trials}`. Errors"
            " against the true patients, median / 90th percentile; every rule chooses from the same"
            f" {DRAWS} draws."
        ),
    ]
    for kind in ("columns", "jitter"):
        lines += study(kind, options.trials, options.jobs)
    text = with_summary("which_history", "\n".join(lines))
    options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
