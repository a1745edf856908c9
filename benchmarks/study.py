"""How long it takes to open a study: many curves, and many patients.

    python benchmarks/study.py

`open` is `Study.open` in this process, `check` is the command as its user meets it, `digests` the
hashing that tells what is stale. The least of several runs is written.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from machine import describe_machine
from run_study import COMMAND, write_fifty_trials

from perdure.study import Study, input_digests, write_table, write_text

HERE = Path(__file__).parent
TRIALS = 304
PATIENTS = 110_000


def least(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the least wall-clock time of some work, in seconds."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return round(min(found), 3)


def check(folder: Path) -> None:
    """Run `perdure check` as a process; it must find nothing wrong."""
    subprocess.run([*COMMAND, "check", str(folder)], check=True, capture_output=True)


def write_many_patients(folder: Path) -> None:
    """Write 304 trials of two arms with 110,000 patients together, as many as kmdata has."""
    rng = np.random.default_rng(304)
    trials = [f"T{number}" for number in range(TRIALS)]
    write_text(
        folder / "study.toml", 'title = "Many"\ntime_unit = "months"\n[endpoints.OS]\nk = 2\n'
    )
    write_table(folder / "trials.csv", ("trial",), [(trial,) for trial in trials])
    arms = [(trial, arm, arm) for trial in trials for arm in ("new", "old")]
    write_table(folder / "arms.csv", ("trial", "arm", "drug_class"), arms)
    sizes = np.diff(np.linspace(0, PATIENTS, TRIALS + 1).astype(int))
    for trial, n in zip(trials, sizes.tolist(), strict=True):
        time_of = rng.exponential(12, n).round(3).tolist()
        event = rng.integers(0, 2, n).tolist()
        arm = np.where(np.arange(n) < n // 2, "new", "old").tolist()
        rows = list(zip(arm, time_of, event, strict=True))
        write_table(folder / "patients" / f"{trial}.OS.csv", ("arm", "time", "event"), rows)


def main() -> None:
    """Measure, check the target and write benchmarks/results/study.json."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for label, write in (
            ("50 trials, 100 curves of 500 points", write_fifty_trials),
            (f"{TRIALS} trials, {PATIENTS:,} patients", write_many_patients),
        ):
            folder = Path(name) / label
            write(folder)
            found[label] = {
                "open": least(partial(Study.open, folder)),
                "check": least(partial(check, folder), repeats=3),
                "digests": least(partial(input_digests, folder)),
            }
    result = {"machine": describe_machine(), "seconds": found}
    text = json.dumps(result, indent=2) + "\n"
    (HERE / "results" / "study.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
