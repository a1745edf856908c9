"""How long the survival stage takes, beside R's survival (by formulas) where R is installed.

Run: ``python benchmarks/kaplan_meier.py``; writes benchmarks/results/kaplan_meier.json.
The machine is shared, so each time is the median of many repeats, with the least beside it.
"""

import csv
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median as middle
from timeit import Timer

import numpy as np
from machine import describe_machine

from perdure.records import Bools, Floats, Ints
from perdure.survival import (
    hazard_ratio,
    influence,
    kaplan_meier,
    log_rank,
    median,
    product_limit,
    thomas_grunkemeier,
)

SEED = 20190519
REPEATS = 50
RESULT = Path(__file__).parent / "results" / "kaplan_meier.json"
R_TIMES = """
suppressMessages(library(survival))
d <- read.csv(commandArgs(TRUE)[1])
us <- function(run) {
  run()
  loop <- function(i) system.time(for (j in 1:100) run())[["elapsed"]]
  min(sapply(1:5, loop)) / 100 * 1e6
}
cat(us(function() survfit(Surv(time, event) ~ 1, data = d)),
    us(function() survdiff(Surv(time, event) ~ group, data = d)),
    us(function() coxph(Surv(time, event) ~ group, data = d)))
"""


@dataclass(frozen=True)
class Case:
    """One call timed; times in microseconds."""

    name: str
    median_us: float
    least_us: float
    target_us: float | None = None
    r_us: float | None = None
    r_over_perdure: float | None = None


def patients(n: int, digits: int | None) -> tuple[Floats, Bools, Ints]:
    """Draw two arms with hazard ratio 0.7 and a third of the patients censored; months."""
    random = np.random.default_rng(SEED)
    group = random.integers(0, 2, n)
    life, follow_up = random.exponential(12 / 0.7**group), random.uniform(6, 48, n)
    time = np.minimum(life, follow_up)
    return time if digits is None else time.round(digits), life <= follow_up, group


def timed(
    name: str, run: Callable[[], object], target_us: float | None = None, r_us: float | None = None
) -> Case:
    run()
    timer = Timer(run)
    number = max(1, int(0.01 / timer.timeit(1)))
    times = [one / number * 1e6 for one in timer.repeat(REPEATS, number)]
    ratio = None if r_us is None else r_us / min(times)
    return Case(name, middle(times), min(times), target_us, r_us, ratio)


def times_in_r(time: Floats, event: Bools, group: Ints) -> list[float | None]:
    """Return the least times of survfit, survdiff and coxph; None where there is no R."""
    if shutil.which("Rscript") is None:
        return [None, None, None]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "patients.csv"
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["time", "event", "group"])
            writer.writerows(zip(time.tolist(), event.astype(int), group, strict=True))
        run = ["Rscript", "-e", R_TIMES, str(table)]
        answer = subprocess.run(run, capture_output=True, text=True, check=True)
    return [float(one) for one in answer.stdout.split()]


def measure() -> list[Case]:
    time, event, group = patients(1000, None)
    tenths, _, _ = patients(1000, 1)
    survfit, survdiff, coxph = times_in_r(time, event, group)
    curve = kaplan_meier(time, event)
    draws = np.broadcast_to(curve.events, (1000, curve.time.size))
    at_risk = np.broadcast_to(curve.n_at_risk, draws.shape)
    return [
        timed("kaplan_meier, 1,000 patients", lambda: kaplan_meier(time, event), 100, survfit),
        timed("kaplan_meier, 1,000 patients, times to 0.1", lambda: kaplan_meier(tenths, event)),
        timed("kaplan_meier, 100 patients", lambda: kaplan_meier(time[:100], event[:100])),
        timed("median with its interval", lambda: median(curve)),
        timed("influence, 1,000 patients, 2 times", lambda: influence(time, event, [8, 24])),
        timed("thomas_grunkemeier, 1 time", lambda: thomas_grunkemeier(time, event, 24)),
        timed("log_rank, 1,000 patients", lambda: log_rank(time, event, group), r_us=survdiff),
        timed("hazard_ratio, 1,000 patients", lambda: hazard_ratio(time, event, group), r_us=coxph),
        timed("product_limit, 1,000 draws of 1,000 times", lambda: product_limit(draws, at_risk)),
    ]


def main() -> None:
    cases = measure()
    found = {"machine": describe_machine(), "seed": SEED, "cases": [asdict(one) for one in cases]}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in cases:
        target = "" if one.target_us is None else f"  target {one.target_us:.0f}"
        ratio = "" if one.r_over_perdure is None else f"  R takes {one.r_over_perdure:.0f} times"
        print(f"{one.name:45} {one.median_us:9.1f} us (least {one.least_us:.1f}){target}{ratio}")


if __name__ == "__main__":
    main()
