"""Time of `perdure.durable`: first order, bootstrap, profile, models; R's survfit beside it.

Run: ``python benchmarks/durable.py``; writes benchmarks/results/durable.json. Where R is at hand
with its package survival, the same arm's curve and its interval at the threshold are timed there
in the same run: what a user has today, without the estimation of the threshold.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from machine import describe_machine

from perdure.durable import (
    durability_profile,
    durable_bootstrap,
    durable_models,
    durable_references,
    tail_awards,
)
from perdure.records import Patients

RESULT = Path(__file__).parent / "results" / "durable.json"
N = 600

PEER = """
if (!requireNamespace("survival", quietly = TRUE)) quit(status = 3)
suppressMessages(library(survival))
d <- read.csv(commandArgs(TRUE)[1])
once <- function() { f <- survfit(Surv(time, event) ~ 1, data = d, conf.type = "log-log")
  m <- quantile(f, 0.5, conf.int = FALSE); summary(f, times = 3 * m)$surv }
invisible(once()); ms <- replicate(9, { s <- proc.time()[["elapsed"]]; for (i in 1:30) once()
  1000 * (proc.time()[["elapsed"]] - s) / 30 })
cat(median(ms))
"""


@dataclass(frozen=True)
class Case:
    """One thing timed; milliseconds, median of the repeats."""

    name: str
    milliseconds: float
    asked_ms: float | None


def arm(seed: int, scale: float, shape: float) -> Patients:
    """Draw one arm."""
    random = np.random.default_rng(seed)
    event, end = scale * random.weibull(shape, N), random.uniform(60, 90, N)
    return Patients(np.minimum(event, end), event <= end)


def median_time(call: Callable[[], object], repeats: int) -> float:
    """Return the median of several calls after one that does not count."""
    call()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def peer(patients: Patients) -> float | None:
    """Return the milliseconds of R, or None without it."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder, "arm.csv"), Path(folder, "peer.R")
        rows = zip(patients.time.tolist(), patients.event.astype(int).tolist(), strict=True)
        lines = [f"{time},{event}" for time, event in rows]
        table.write_text("\n".join(["time,event", *lines]), encoding="utf-8")
        script.write_text(PEER, encoding="utf-8")
        done = subprocess.run(
            ["Rscript", str(script), str(table)], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Time each, print, and write the result with the machine's description."""
    control, test = arm(1, 10.0, 1.0), arm(2, 15.0, 0.7)
    trial, pair = {"control": control, "test": test}, {"test": "control"}
    cases = [
        Case(
            "two arms of 600, four references, contrasts, an arm",
            median_time(lambda: durable_references(trial, comparators=pair, time=20.0), 60) / 2,
            5.0,
        ),
        Case(
            "bootstrap of 2,000, one arm of 600",
            median_time(lambda: durable_bootstrap({"a": control}), 5),
            1000.0,
        ),
        Case(
            "bootstrap of 2,000, two arms, trial reference",
            median_time(lambda: durable_bootstrap(trial, reference="trial"), 3),
            None,
        ),
        Case(
            "profile with band, one arm of 600",
            median_time(lambda: durability_profile({"a": control}), 15),
            100.0,
        ),
        Case(
            "profiles of two arms and their difference",
            median_time(lambda: durability_profile(trial, comparators=pair), 15),
            None,
        ),
        Case(
            "all models, one arm of 600",
            median_time(lambda: durable_models(control, k=3.0), 3),
            None,
        ),
        Case(
            "value frameworks' rules, 2,000 resamples of two arms",
            median_time(lambda: tail_awards(test, control, endpoint="OS"), 3),
            None,
        ),
    ]
    survfit = peer(control)
    for case in cases:
        sys.stdout.write(f"{case.name}: {case.milliseconds:.1f} ms\n")
    sys.stdout.write(f"R, survfit, median and summary at 3 medians, one arm: {survfit} ms\n")
    content = {
        "machine": describe_machine(),
        "cases": [asdict(case) for case in cases],
        "r_survfit_ms": survfit,
    }
    RESULT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
