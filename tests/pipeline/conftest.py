"""A small study on disk: every way of entering, and an arm that is not estimable."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from perdure.pipeline import RunSummary, run

STUDY = """\
title = "A small study"
time_unit = "months"
reference = ["own", "control", "trial", "fixed"]

[endpoints.PFS]
k = 3
fixed_time = 12

[endpoints.OS]
k = 2
fixed_time = 24
"""


def write_rows(path: Path, *rows: tuple[object, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(rows)


def write_small_study(folder: Path) -> None:
    rng = np.random.default_rng(11)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    write_rows(
        folder / "trials.csv",
        ("trial", "label", "year", "tumour"),
        ("A", "Trial A", 2015, "melanoma"),
        ("B", "Trial B", 2017, "lung"),
        ("C", "Trial C", 2018, "lung"),
    )
    write_rows(
        folder / "arms.csv",
        ("trial", "arm", "label", "drug_class", "comparator", "n"),
        ("A", "new", "New drug", "inhibitor", "old", 150),
        ("A", "old", "Old drug", "chemotherapy", "", 140),
        ("B", "new", "New drug", "inhibitor", "old", ""),
        ("B", "old", "Old drug", "chemotherapy", "", ""),
        ("C", "new", "New drug", "inhibitor", "", ""),
    )
    for trial, arm, scale in (("A", "new", 9.0), ("A", "old", 5.0)):
        n = 150 if arm == "new" else 140
        time = np.sort(rng.exponential(scale, n))
        survival = 1 - np.arange(1, n + 1) / n
        points = [
            (0, 1),
            *((round(t, 4), round(s, 6)) for t, s in zip(time, survival, strict=True)),
        ]
        write_rows(folder / "curves" / f"{trial}.PFS.{arm}.csv", ("time", "survival"), *points)
        if arm == "new":
            first = [int((time >= tick).sum()) for tick in (0, 6, 12, 18)]
        else:
            second = [int((time >= tick).sum()) for tick in (0, 6, 12, 18)]
    write_rows(
        folder / "risk" / "A.PFS.csv",
        ("time", "new", "old"),
        *zip((0, 6, 12, 18), first, second, strict=True),
    )
    rows: list[tuple[object, ...]] = []
    for arm, scale in (("new", 60.0), ("old", 12.0)):
        time = rng.exponential(scale, 120)
        limit = rng.uniform(20, 36, 120)
        rows += [(arm, round(min(t, c), 3), int(t <= c)) for t, c in zip(time, limit, strict=True)]
    write_rows(folder / "patients" / "B.OS.csv", ("arm", "time", "event"), *rows)
    write_rows(
        folder / "published_estimates.csv",
        ("trial", "arm", "endpoint", "k", "reference", "proportion", "ci_low", "ci_high"),
        ("C", "new", "PFS", 3, "own", 0.28, 0.2, 0.37),
        ("C", "new", "OS", 3, "own", 0.2, 0.1, 0.3),
    )


@pytest.fixture
def small_study(tmp_path: Path) -> Path:
    folder = tmp_path / "a study"
    write_small_study(folder)
    return folder


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    folder = tmp_path_factory.mktemp("once") / "a study"
    write_small_study(folder)
    return folder, run(folder)


@pytest.fixture
def done_study(run_once: tuple[Path, RunSummary], tmp_path: Path) -> Path:
    """A study that has just been run: a copy of its own."""
    return shutil.copytree(run_once[0], tmp_path / "a study")
