"""How long the commands take: help, check, run and run again, on real and simulated studies.

    python benchmarks/run_study.py [--from ../shared/data/kmdata]

Without the folder of kmdata the run of 608 arms is left out, and the result says so. Each command
is its own process, as its user meets it; the least of several runs is written where it is short.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe_machine

from perdure.study import write_table, write_text

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from perdure.cli import main; main()"]


def seconds(*words: object, repeats: int = 1) -> float:
    """Return the least wall-clock time of a command."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([*COMMAND, *map(str, words)], check=True, capture_output=True)
        found.append(time.perf_counter() - start)
    return round(min(found), 3)


def write_fifty_trials(folder: Path) -> None:
    """Write a study of 50 trials of two arms, each a curve of 500 points and 8 numbers at risk."""
    trials = [f"T{number}" for number in range(50)]
    write_text(
        folder / "study.toml", 'title = "Fifty"\ntime_unit = "months"\n[endpoints.PFS]\nk = 3\n'
    )
    write_table(folder / "trials.csv", ("trial",), [(trial,) for trial in trials])
    arms = [(trial, arm, arm) for trial in trials for arm in ("new", "old")]
    write_table(folder / "arms.csv", ("trial", "arm", "drug_class"), arms)
    points = [(round(at * 0.05, 2), round(0.5 ** (at / 100), 4)) for at in range(500)]
    risk = [(3 * tick, round(200 * 0.5 ** (tick * 0.6)), 150 - 20 * tick) for tick in range(8)]
    for trial, arm, _ in arms:
        write_table(folder / "curves" / f"{trial}.PFS.{arm}.csv", ("time", "survival"), points)
    for trial in trials:
        write_table(folder / "risk" / f"{trial}.PFS.csv", ("time", "new", "old"), risk)


def main() -> None:
    """Measure every command and write benchmarks/results/run_study.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path, default=Path("../shared/data/kmdata"))
    source = parser.parse_args().source
    found: dict[str, float | str] = {"--help": seconds("--help", repeats=5)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found["demo, 38 arms by endpoint, the whole way"] = seconds("demo", folder / "demo")
        found["run, demo, nothing stale"] = seconds("run", folder / "demo", repeats=3)
        write_fifty_trials(folder / "fifty")
        found["check, 50 trials of 2 arms"] = seconds("check", folder / "fifty", repeats=3)
        if source.is_dir():
            build = HERE.parent / "examples" / "kmdata" / "build_kmdata.py"
            words = [sys.executable, str(build), str(folder / "km"), "--from", str(source), "--all"]
            subprocess.run(words, check=True, capture_output=True)
            found["check, kmdata, 608 arms"] = seconds("check", folder / "km", repeats=3)
            found["run, kmdata, 608 arms, 2 jobs"] = seconds("run", folder / "km", "--jobs", 2)
            found["run, kmdata, nothing stale"] = seconds("run", folder / "km", repeats=3)
        else:
            found["kmdata"] = f"left out: there is no folder {source.name}"
    result = {"machine": describe_machine(), "seconds": found}
    path = HERE / "results" / "run_study.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
