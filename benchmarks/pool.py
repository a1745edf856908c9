"""Time of `perdure.pool` beside metafor in one run: 42 arms, 1,000 effects, leave-one-out.

Run: ``python benchmarks/pool.py``; writes benchmarks/results/pool.json. Timed in rounds, one
of perdure and one of metafor in turn, so that a machine that slows down slows both; without R there
is no ratio.
"""

import csv
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

from perdure.pool import design_of, fit_effects, fit_multilevel
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.records import Floats

RESULT = Path(__file__).parent / "results" / "pool.json"
ARMS = Path(__file__).parents[1] / "tests" / "reference" / "pool" / "design_42_arms.csv"
SEED = 20190519
ROUNDS = 3

PEER = """
if (!requireNamespace("metafor", quietly = TRUE)) quit(status = 3)
suppressMessages(library(metafor))
a <- commandArgs(TRUE); d <- read.csv(a[1]); n <- as.integer(a[2])
d$class <- factor(d$class, c("control", "anti_ctla4", "anti_pd1"))
fit <- switch(a[3],
  random = function() rma(d$yi, d$se^2, method = "REML", test = "knha"),
  three = function() rma.mv(yi, se^2, mods = ~ class + line, random = ~ 1 | trial/arm_id, data = d),
  out = {{ m <- rma(d$yi, d$se^2, method = "REML", test = "knha"); function() leave1out(m) }})
r <- fit(); s <- proc.time()[["elapsed"]]; for (i in seq_len(n)) r <- fit()
ms <- 1000 * (proc.time()[["elapsed"]] - s) / n
cat(sprintf("%.17g", c(ms, if (a[3] == "out") c(r$estimate, r$se) else c(r$beta, r$se))))
""".replace("{{", "{").replace("}}", "}")


@dataclass(frozen=True)
class Case:
    """One thing timed; times in milliseconds, medians over the rounds."""

    name: str
    target_ms: float
    perdure_ms: float
    metafor_ms: float | None
    metafor_over_perdure: float | None
    largest_relative_difference: float | None


@dataclass(frozen=True)
class Work:
    """The same question to both: ``run`` returns estimates, then their standard errors."""

    name: str
    peer: str
    target_ms: float
    repeats: int
    peer_repeats: int
    table: dict[str, list[str]]
    run: Callable[[], Floats]


def arms() -> dict[str, list[str]]:
    with ARMS.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


def simulated(k: int) -> dict[str, list[str]]:
    random = np.random.default_rng(SEED)
    v = random.uniform(0.02, 0.3, k)
    y = random.normal(-1, np.sqrt(v + 0.15))
    fill = ["control"] * k
    return {
        "yi": [repr(one) for one in y.tolist()],
        "se": [repr(one) for one in np.sqrt(v).tolist()],
        "class": fill,
    }


def numbers(table: dict[str, list[str]]) -> tuple[Floats, Floats]:
    return np.array(table["yi"], dtype=float), np.square(np.array(table["se"], dtype=float))


def random_effects(table: dict[str, list[str]]) -> Callable[[], Floats]:
    y, v = numbers(table)

    def run() -> Floats:
        mean = fit_effects(y, v).pooled.coefficients[0]
        return np.array([mean.estimate, mean.se])

    return run


def three_level(table: dict[str, list[str]]) -> Callable[[], Floats]:
    y, v = numbers(table)
    columns = {name: table[name] for name in ("class", "line")}
    reference = {"class": "control", "line": "first"}
    design = design_of("class + line", columns, reference=reference)
    order = [design.terms.index(f"class = {name}") for name in ("anti_ctla4", "anti_pd1")]
    levels = {"trial": table["trial"], "arm": table["arm_id"]}

    def run() -> Floats:
        fit = fit_multilevel(y, v, levels, moderators=design.matrix, terms=design.terms)
        found = [fit.pooled.coefficients[at] for at in (0, *order, 3)]
        return np.array([*(one.estimate for one in found), *(one.se for one in found)])

    return run


def without_each(table: dict[str, list[str]]) -> Callable[[], Floats]:
    y, v = numbers(table)
    fit = fit_effects(y, v)

    def run() -> Floats:
        rows = leave_one_out(fit).rows
        return np.array([*(row.estimate for row in rows), *(row.se for row in rows)])

    return run


def works() -> tuple[Work, ...]:
    small, large = arms(), simulated(1000)
    knha = "random effects, REML, Hartung-Knapp"
    return (
        Work(f"{knha}, 42 arms", "random", 0.3, 500, 50, small, random_effects(small)),
        Work(
            "three levels, class and line, 42 arms", "three", 5.0, 50, 5, small, three_level(small)
        ),
        Work(f"{knha}, 1,000 effects", "random", 20.0, 200, 1, large, random_effects(large)),
        Work("leave one out of 42 arms", "out", 15.0, 50, 2, small, without_each(small)),
    )


def milliseconds(run: Callable[[], Floats], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def metafor(work: Work) -> Floats | None:
    """Return metafor's time, then its numbers; None without R or metafor."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "effects.csv"
        with table.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines)
            writer.writerow(work.table)
            writer.writerows(zip(*work.table.values(), strict=True))
        script = Path(folder) / "peer.R"
        script.write_text(PEER.replace('"%.17g"', '"%.17g "'), encoding="utf-8")
        command = [rscript, str(script), str(table), str(work.peer_repeats), work.peer]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return np.array(done.stdout.split(), dtype=float)


def case(work: Work) -> Case:
    ours, theirs, peer = [], [], None
    for _ in range(ROUNDS):
        ours.append(milliseconds(work.run, work.repeats))
        peer = metafor(work)
        if peer is not None:
            theirs.append(float(peer[0]))
    mine = statistics.median(ours)
    if peer is None:
        return Case(work.name, work.target_ms, mine, None, None, None)
    other = statistics.median(theirs)
    difference = float(np.abs(work.run() / peer[1:] - 1).max())
    return Case(work.name, work.target_ms, mine, other, other / mine, difference)


def main() -> int:
    cases = [case(work) for work in works()]
    RESULT.parent.mkdir(exist_ok=True)
    found = {"machine": describe_machine(), "seed": SEED, "cases": [asdict(one) for one in cases]}
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in cases:
        peer = "" if one.metafor_ms is None else f"; metafor {one.metafor_ms:.1f} ms"
        print(f"{one.name}: {one.perdure_ms:.3f} ms (target {one.target_ms:g} ms){peer}")
    return int(any(one.perdure_ms > one.target_ms for one in cases))


if __name__ == "__main__":
    sys.exit(main())
