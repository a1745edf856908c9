"""Time of `perdure.pool` on 42 arms and on 1,000 effects, beside metafor where R is at hand.

Run: ``python benchmarks/pool.py``; writes benchmarks/results/pool.json.
"""

import json
import os
import platform
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

from perdure.pool import pool
from perdure.records import Floats

RESULT = Path(__file__).parent / "results" / "pool.json"
SEED = 20190519

PEER = """
if (!requireNamespace("metafor", quietly = TRUE)) quit(status = 3)
suppressMessages(library(metafor))
d <- read.csv(commandArgs(TRUE)[1]); repeats <- as.integer(commandArgs(TRUE)[2])
fit <- function() rma(d$y, d$v, method = "REML", test = "knha")
m <- fit()
ms <- replicate(repeats, { s <- proc.time()[["elapsed"]]; n <- if (nrow(d) < 100) 50 else 1
  for (i in seq_len(n)) fit(); 1000 * (proc.time()[["elapsed"]] - s) / n })
cat(sprintf("%.17g %.17g %.17g", median(ms), m$beta[1], m$se[1]))
"""


@dataclass(frozen=True)
class Case:
    """One model timed; times in milliseconds."""

    name: str
    n_effects: int
    target_ms: float
    perdure_ms: float
    metafor_ms: float | None
    metafor_over_perdure: float | None
    largest_relative_difference: float | None


def machine() -> dict[str, str | int | None]:
    """Return what the times depend on."""
    model = platform.processor()
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text(encoding="utf-8").splitlines() if facts.exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def simulated(k: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(SEED)
    v = random.uniform(0.02, 0.3, k)
    return random.normal(-1, np.sqrt(v + 0.15)), v


def median_ms(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def metafor(y: Floats, v: Floats, repeats: int) -> tuple[float, float, float] | None:
    """Return metafor's time, estimate and standard error; None without R or metafor."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "effects.csv"
        np.savetxt(table, np.column_stack((y, v)), "%.17g", ",", header="y,v", comments="")
        command = [rscript, "-e", PEER, str(table), str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    time_ms, estimate, se = (float(word) for word in done.stdout.split())
    return time_ms, estimate, se


def case(name: str, k: int, target_ms: float, repeats: int, peer_repeats: int) -> Case:
    y, v = simulated(k)
    ours = median_ms(lambda: pool(y, v), repeats)
    mean = pool(y, v).coefficients[0]
    peer = metafor(y, v, peer_repeats)
    if peer is None:
        return Case(name, k, target_ms, ours, None, None, None)
    theirs, estimate, se = peer
    difference = max(abs(mean.estimate / estimate - 1), abs(mean.se / se - 1))
    return Case(name, k, target_ms, ours, theirs, theirs / ours, difference)


def main() -> int:
    cases = (
        case("random effects, REML, Hartung-Knapp", 42, 0.3, 2000, 5),
        case("random effects, REML, Hartung-Knapp", 1000, 20.0, 500, 3),
    )
    RESULT.parent.mkdir(exist_ok=True)
    found = {"machine": machine(), "seed": SEED, "cases": [asdict(one) for one in cases]}
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in cases:
        peer = "" if one.metafor_ms is None else f"; metafor {one.metafor_ms:.1f} ms"
        print(
            f"{one.n_effects} effects: {one.perdure_ms:.3f} ms (target {one.target_ms:g} ms){peer}"
        )
    return int(any(one.perdure_ms > one.target_ms for one in cases))


if __name__ == "__main__":
    sys.exit(main())
