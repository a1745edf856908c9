"""How well and how fast patients are rebuilt, beside the peers, on curves with known patients.

Run: ``python benchmarks/reconstruct.py``; writes benchmarks/results/reconstruct.json. Needs the
team's folder ../shared: its cases, its scorer, and what it measured of the peers on the same cases.
Each figure is a median and a 90th percentile over arms (over trials for the hazard ratio). Both of
perdure's methods: "chain", of which the one history is scored and, for the hazard ratio, the mean
of its ensemble too; and "guyot". First of all, 1,000 arms of 300 patients in two processes.
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

import numpy as np
from machine import describe_machine

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table, reconstruct
from perdure.records import Patients, Reconstruction
from perdure.survival import hazard_ratio
from perdure.workers import in_workers

SHARED = Path(__file__).parents[2] / "shared"
CASES = SHARED / "data" / "recon_sim"
SCORING = SHARED / "scoring" / "recon"
PEERS = SHARED / "reference" / "baselines" / "reconstruction.md"
RESULT = Path(__file__).parent / "results" / "reconstruct.json"
NAMED = ("guyot", "kmdata_endrow", "ipdfromkm")
MEASURES = (
    "max_abs_px",
    "iae",
    "s3m_abs",
    "s2m_abs",
    "loghr_abs",
    "events_abs",
    "risk_sum",
    "seconds",
)
STRESS_SEED = 7

Row = dict[str, str]


@dataclass(frozen=True)
class Refused:
    """An arm whose points break the rule on rises, and what its user is told."""

    arm: str
    problems: int
    first: str


def columns(path: Path) -> list[list[float]]:
    """Return the columns of a CSV file of numbers."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [[float(row[at]) for row in rows] for at in range(len(rows[0]))]


def rebuild(folder: Path, method: str, *, with_events: bool) -> tuple[Reconstruction, float]:
    """Return one arm rebuilt and the seconds that it took from points to patients."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    points, table = columns(folder / "curve.csv"), columns(folder / "risk.csv")
    start = perf_counter()
    curve, _ = curve_from_points(*points, file="curve.csv", rows=range(2, 2 + len(points[0])))
    numbers, _ = numbers_at_risk_from_table(*table)
    events = meta["events"] if with_events else None
    found = reconstruct(curve, numbers, n=meta["n"], events=events, method=method)
    return found, perf_counter() - start


def log_hazard_ratio(first: Patients, second: Patients) -> float:
    """Return the log hazard ratio of the second arm (Cox, Efron)."""
    found = hazard_ratio(
        np.concatenate((first.time, second.time)),
        np.concatenate((first.event, second.event)),
        np.repeat([0, 1], [first.n, second.n]),
    ).log_hr
    return float("nan") if found is None else found


def ensemble_error(case: Path, found: dict[str, Reconstruction]) -> float:
    """Return how far the mean log hazard ratio of the ensemble is from the truth."""
    truth = {}
    for arm in "ab":
        time, event = columns(case / arm / "truth.csv")
        truth[arm] = Patients(time, event)
    pairs = zip(found["a"].ensemble, found["b"].ensemble, strict=True)
    mean = np.mean([log_hazard_ratio(*pair) for pair in pairs])
    return float(abs(mean - log_hazard_ratio(truth["a"], truth["b"])))


def rebuild_all(
    cases: Path, out: Path, method: str, *, with_events: bool
) -> tuple[list[Refused], list[float]]:
    """Write the patients of every arm, and timings.csv, as the scorer wants them.

    Returns the arms that were refused, and the errors of the ensembles' mean log hazard ratios.
    """
    out.mkdir(parents=True)
    pairs: dict[str, dict[str, Reconstruction]] = {}
    refused: list[Refused] = []
    timings = ["case,arm,seconds,status,message"]
    for folder in sorted(cases.glob("c*/[ab]")):
        case, arm = folder.parent.name, folder.name
        try:
            found, seconds = rebuild(folder, method, with_events=with_events)
        except InputError as error:
            refused.append(Refused(f"{case}_{arm}", len(error.problems), str(error.problems[0])))
            timings.append(f"{case},{arm},0,refused,rises")
            continue
        timings.append(f"{case},{arm},{seconds:.6f},ok,")
        patients = found.patients
        pairs.setdefault(case, {})[arm] = found
        rows = zip(patients.time.tolist(), patients.event.tolist(), strict=True)
        lines = [f"{time!r},{int(event)}" for time, event in rows]
        text = "\n".join(["time,event", *lines])
        (out / f"{case}_{arm}.csv").write_text(text + "\n", encoding="utf-8")
    (out / "timings.csv").write_text("\n".join(timings) + "\n", encoding="utf-8")
    errors = [
        ensemble_error(cases / case, both)
        for case, both in pairs.items()
        if len(both) == 2 and all(one.ensemble for one in both.values())
    ]
    return refused, errors


def score(cases: Path, method: str, with_events: bool, folder: Path) -> dict[str, Any]:
    """Return the scorer's report on one set of cases."""
    name = f"{method}_events" if with_events else method
    refused, errors = rebuild_all(cases, folder / name, method, with_events=with_events)
    answer = folder / f"{name}.json"
    run = [SCORING / "score.py", "--cases", cases, "--rec", folder / name, "--json", answer]
    subprocess.run([sys.executable, *map(str, run)], check=True, capture_output=True)
    report = json.loads(answer.read_text(encoding="utf-8"))["tools"][name]
    arms = report["per_arm"].values()
    return {
        "arms": report["arms"],
        "rebuilt": report["scored"],
        "refused": [vars(one) for one in refused],
        "events_exact": sum(one["events_abs"] == 0 for one in arms),
        "risk_met": sum(one["risk_sum"] == 0 for one in arms),
        "measures": {
            measure: {key: report["measures"][measure].get(key) for key in ("median", "p90", "max")}
            for measure in MEASURES
        }
        | (
            {
                "loghr_mean": {
                    "median": float(np.median(errors)),
                    "p90": float(np.quantile(errors, 0.9)),
                    "max": max(errors),
                }
            }
            if errors
            else {}
        ),
    }


def one_of_a_thousand(folder: Path, seed: int) -> int:
    """Rebuild an arm with another seed; return its events."""
    points, table = columns(folder / "curve.csv"), columns(folder / "risk.csv")
    curve, _ = curve_from_points(*points)
    return reconstruct(curve, numbers_at_risk_from_table(*table)[0], seed=seed).patients.events


def a_thousand_arms(jobs: int) -> dict[str, float]:
    """Return seconds and memory of 1,000 arms of 300 patients, with 50 draws each."""
    folders = [
        folder
        for folder in sorted(CASES.glob("c*/[ab]"))
        if json.loads((folder / "meta.json").read_text(encoding="utf-8"))["n"] == 300
    ]
    work = [(folders[at % len(folders)], at) for at in range(1000)]
    start = perf_counter()
    for _ in in_workers(one_of_a_thousand, work, jobs):
        pass
    seconds = perf_counter() - start
    kilobytes = [getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return {
        "jobs": jobs,
        "different_curves": len(folders),
        "seconds": seconds,
        "megabytes_parent": kilobytes[0] / 1024,
        "megabytes_largest_worker": kilobytes[1] / 1024,
    }


def peers_on_development_set() -> dict[str, Row]:
    """Return the peers' rows as the team's page has them."""
    text = PEERS.read_text(encoding="utf-8").split("## Development set")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[1:]]
    header = rows[0]
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows if row[0] in NAMED}


def peers_on_stress() -> dict[str, dict[str, Row]]:
    """Return the peers' figures by kind of stress and measure."""
    text = PEERS.read_text(encoding="utf-8").split("## Stress")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    header, kind = rows[0], ""
    found: dict[str, dict[str, Row]] = {}
    for row in rows[2:]:
        kind = row[0] or kind
        cells = dict(zip(header, row, strict=True))
        found.setdefault(kind, {})[row[1]] = {name: cells[name] for name in NAMED}
    return found


def shown(one: dict[str, float | None], digits: int) -> str:
    """Return a median and a 90th percentile as the team's page writes them."""
    if one["median"] is None:
        return "-"
    return f"{one['median']:.{digits}f} / {one['p90']:.{digits}f}"


def lines(name: str, found: dict[str, Any]) -> Iterator[str]:
    """Return the sentences and figures to print of one set."""
    yield (
        f"{name}: {found['rebuilt']} of {found['arms']} arms, {len(found['refused'])} refused;"
        f" events exact in {found['events_exact']}, numbers at risk in {found['risk_met']}"
    )
    for measure, one in found["measures"].items():
        digits = 0 if measure in ("events_abs", "risk_sum") else 4
        yield f"    {measure:12} {shown(one, digits)}"


def main() -> None:
    if not SHARED.is_dir():
        sys.exit("this benchmark needs the team's folder ../shared beside the clone")
    rebuild(CASES / "c01" / "a", "chain", with_events=True)  # compile
    thousand = a_thousand_arms(2)
    print(thousand)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make = [SCORING / "stress.py", "--from", CASES, "--out", folder / "sets"]
        make += ["--seed", STRESS_SEED]
        subprocess.run([sys.executable, *map(str, make)], check=True)
        sets = [CASES, *sorted((folder / "sets").iterdir())]
        for cases in sets:
            for method in ("chain", "guyot"):
                for with_events in (False, True):
                    name = f"{cases.name}, {method}{', events given' if with_events else ''}"
                    out = folder / "out" / cases.name
                    results[name] = score(cases, method, with_events, out)
                    print(*lines(name, results[name]), sep="\n", flush=True)
    found = {
        "machine": describe_machine(),
        "stress_seed": STRESS_SEED,
        "a_thousand_arms": thousand,
        "perdure": results,
        "peers": {
            "source": "shared/reference/baselines/reconstruction.md",
            "development": peers_on_development_set(),
            "stress": peers_on_stress(),
        },
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
