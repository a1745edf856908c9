"""The files on which users of other tools failed, from the file to the patients.

Public issue threads of the R package survHE (24, 30, 31, 43, 58) and of RESOLVE-IPD (4), as issue 4
tells them: an error on monotone points, no return at all, points that outlast the table, deaths
that nobody died. The points are made here, but for the thirteen that the issue gives.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from perdure.reconstruct import reconstruct
from perdure.records import Curve, NumbersAtRisk, Patients, Reconstruction
from perdure.study import read_curve, read_numbers_at_risk
from perdure.survival import kaplan_meier

Points = list[tuple[float, float]]
Table = list[tuple[int, int]]

THIRTEEN: Points = [
    (0.546, 1.00), (1.05, 1.00), (2.05, 0.906), (2.98, 0.815), (4.05, 0.766), (5.03, 0.67),
    (8.01, 0.574), (11, 0.383), (12, 0.286), (15, 0.191), (17, 0.144), (22, 0.096), (23, 0.05),
]  # fmt: skip
ITS_TABLE: Table = [(0, 21), (4, 16), (8, 11), (12, 6), (16, 3), (20, 2)]


def written(folder: Path, points: Points, table: Table) -> tuple[Path, Path]:
    """Write both files as survHE takes them, with the row numbers of points that it wants."""
    curve = [f"{at}\t{time}\t{survival}" for at, (time, survival) in enumerate(points, start=1)]
    times = [time for time, _ in points]
    rows = []
    for place, (time, n) in enumerate(table):
        end = table[place + 1][0] if place + 1 < len(table) else np.inf
        mine = [at for at, one in enumerate(times, start=1) if time <= one < end]
        lower, upper = (mine[0], mine[-1]) if mine else ("NA", "NA")
        rows.append(f"{place + 1}\t{time}\t{lower}\t{upper}\t{n}")
    found = folder / "survival.txt", folder / "nrisk.txt"
    found[0].write_text("\n".join(["ID\ttime\tsurvival", *curve, ""]))
    found[1].write_text("\n".join(["Interval\ttime\tlower\tupper\tnrisk \t", *rows, ""]))
    return found


def rebuilt(
    folder: Path, points: Points, table: Table, method: str = "chain"
) -> tuple[Reconstruction, Curve, NumbersAtRisk]:
    survival, nrisk = written(folder, points, table)
    curve, _ = read_curve(survival, time_unit="months")
    numbers, _ = read_numbers_at_risk(nrisk, time_unit="months")
    start = perf_counter()
    found = reconstruct(curve, numbers, draws=20, method=method)
    assert perf_counter() - start < 20
    return found, curve, numbers


def whole(patients: Patients, n: int) -> None:
    assert patients.n == n
    assert np.isfinite(patients.time).all()
    assert (patients.time >= 0).all()


@pytest.mark.parametrize("method", ["chain", "guyot"])
def test_thirteen_points_on_which_a_function_never_returned(tmp_path: Path, method: str) -> None:
    found, curve, numbers = rebuilt(tmp_path, THIRTEEN, ITS_TABLE, method)
    assert curve.time.size == 14  # with the start at (0, 1)
    assert numbers.n.tolist() == [21, 16, 11, 6, 3, 2]
    assert found.method == method
    for patients in (found.patients, *found.ensemble):
        whole(patients, 21)
    assert found.evidence.risk_mismatch == 0
    assert found.evidence.max_distance < 0.1


MONOTONE: dict[str, tuple[Points, Table]] = {
    "down to 0": ([(0, 1), (2, 0.8), (5, 0.5), (9, 0.2), (14, 0)], [(0, 40), (6, 19), (12, 4)]),
    "an interval without points": (
        [(0, 1), (1, 0.9), (2, 0.8), (13, 0.5), (17, 0.45)],
        [(0, 40), (4, 31), (8, 30), (12, 29), (16, 15)],
    ),
    "level from the first point on": (
        [(0, 1), (6, 1), (12, 1), (18, 0.97)],
        [(0, 60), (6, 50), (12, 41), (18, 30)],
    ),
    "a time twice": (
        [(0, 1), (3, 1), (3, 0.9), (6, 0.9), (6, 0.7), (10, 0.7)],
        [(0, 40), (5, 33), (10, 20)],
    ),
    "no one left at the last time of the table": (
        [(0, 1), (3, 0.8), (6, 0.6), (9, 0.4)],
        [(0, 40), (4, 28), (8, 14), (12, 0)],
    ),
    "points that outlast the table": (
        [(0, 1), (3, 0.8), (6, 0.6), (12, 0.4), (20, 0.3), (30, 0.2)],
        [(0, 40), (4, 30), (8, 18)],
    ),
    "a table of one row": ([(0, 1), (3, 0.8), (6, 0.6), (12, 0.4)], [(0, 40)]),
}


@pytest.mark.parametrize("method", ["chain", "guyot"])
@pytest.mark.parametrize(("points", "table"), MONOTONE.values(), ids=MONOTONE)
def test_monotone_points_that_ended_in_an_error(
    tmp_path: Path, points: Points, table: Table, method: str
) -> None:
    found, curve, numbers = rebuilt(tmp_path, points, table, method)
    for patients in (found.patients, *found.ensemble):
        whole(patients, table[0][1])
        km = kaplan_meier(patients.time, patients.event)
        assert ((km.survival >= 0) & (km.survival <= 1)).all()
    assert found.patients.time.max() <= max(curve.end_time, float(numbers.time[-1])) + 1e-9
    assert found.evidence.risk_mismatch == 0 or found.warnings
    assert np.isfinite(found.evidence.rmse)


@pytest.mark.parametrize("method", ["chain", "guyot"])
def test_nobody_dies_on_a_level_tail(tmp_path: Path, method: str) -> None:
    # 83 patients; survival is level from month 36 on, while 29 leave by censoring.
    points: Points = [(0, 1), (6, 0.9), (12, 0.78), (18, 0.68), (24, 0.6), (30, 0.54), (33, 0.54)]
    points += [(33.1, 0.5277), (36, 0.5277), (42, 0.5277), (48, 0.5277)]
    table: Table = [(0, 83), (6, 74), (12, 64), (18, 55), (24, 49), (30, 44), (36, 29), (42, 12)]
    found, _, _ = rebuilt(tmp_path, points, table, method)
    assert found.evidence.risk_mismatch == 0
    between = []
    for patients in (found.patients, *found.ensemble):
        died = patients.time[patients.event]
        between.append(int(((died > 30) & (died < 36)).sum()))
        assert not (died >= 36).any()
    assert between[0] == 1
    assert max(between) == 1  # invented by nobody; a click may miss a drop of 0.012
    assert np.mean(between) >= 0.9
