"""Every answer of the stage against R's ``survival`` 3.5-3, to 1e-9: real data and edge cases."""

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from perdure.errors import InputError
from perdure.survival import (
    INTERVAL_KINDS,
    IntervalKind,
    KaplanMeier,
    confidence_interval,
    hazard_ratio,
    kaplan_meier,
    log_rank,
    median,
    quantile,
    restricted_mean,
    reverse_kaplan_meier,
)

FOLDER = Path(__file__).parents[1] / "reference" / "survival"
SETS = ("lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney")


def table(name: str) -> dict[str, NDArray[np.str_]]:
    """Read a CSV file by column."""
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


class Curve(NamedTuple):
    """Patients, and what R says of their curve."""

    time: NDArray[np.float64]
    event: NDArray[np.float64]
    r: dict[str, Any]

    @property
    def ours(self) -> KaplanMeier:
        return kaplan_meier(self.time, self.event)


class Pair(NamedTuple):
    """Patients of two or more groups, and what R says of the comparison."""

    time: NDArray[np.float64]
    event: NDArray[np.float64]
    group: NDArray[np.str_]
    r: dict[str, Any]


def read_cases() -> tuple[dict[str, Curve], dict[str, Pair]]:
    curves: dict[str, Curve] = {}
    pairs: dict[str, Pair] = {}
    for name in SETS:
        data, r = table(name), json.loads((FOLDER / f"{name}.json").read_text())
        time, event = data["time"].astype(float), data["status"].astype(float)
        curves[name] = Curve(time, event, r["overall"])
        for column, levels in r["by_group"].items():
            for level, expected in levels.items():
                inside = data[column] == level
                curves[f"{name}-{column}-{level}"] = Curve(time[inside], event[inside], expected)
            tests = {"logrank": r["logrank"][column], "cox": r["cox"].get(column)}
            pairs[f"{name}-{column}"] = Pair(time, event, data[column], tests)
    edge = json.loads((FOLDER / "edge.json").read_text())
    data = table("edge")
    for name, expected in edge["one_curve"].items():
        inside = data["case"] == name
        time, event = (data[column][inside].astype(float) for column in ("time", "status"))
        curves[f"edge-{name}"] = Curve(time, event, expected)
    data = table("edge_two_groups")
    for name, expected in edge["two_groups"].items():
        inside = data["case"] == name
        time, event = (data[column][inside].astype(float) for column in ("time", "status"))
        pairs[f"edge-{name}"] = Pair(time, event, data["group"][inside], expected)
    return curves, pairs


CURVES, PAIRS = read_cases()
each_curve = pytest.mark.parametrize("case", CURVES.values(), ids=CURVES.keys())
each_pair = pytest.mark.parametrize("case", PAIRS.values(), ids=PAIRS.keys())


def agree(ours: object, r: object) -> None:
    """R's null is our None, or nan inside an array."""
    expected = np.array(r, dtype=float)  # "Inf" becomes inf, None becomes nan
    found = np.array(ours, dtype=float)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, equal_nan=True)


def test_no_case_went_missing() -> None:
    assert sum(name.startswith("edge-") for name in CURVES) == 26
    assert sum(name.startswith("edge-") for name in PAIRS) == 6
    assert len(CURVES) == 26 + 29
    assert len(PAIRS) == 6 + 9


@each_curve
def test_curve(case: Curve) -> None:
    ours, r = case.ours, case.r["km"]
    rows = r["rows"]
    assert ours.time.size == r["size"]
    assert ours.n == case.r["n"]
    assert ours.events.sum() == case.r["events"]
    agree(ours.end_time, case.r["max_time"])
    agree(ours.time[rows], r["time"])
    agree(ours.n_at_risk[rows], r["n_risk"])
    agree(ours.events[rows], r["n_event"])
    agree(ours.censored[rows], r["n_censor"])
    agree(ours.survival[rows], r["surv"])
    agree(ours.standard_error[rows], r["greenwood_se"])
    agree(np.sqrt(ours.variance_sum[rows]), r["log_surv_se"])


@pytest.mark.parametrize("kind", INTERVAL_KINDS)
@each_curve
def test_interval(case: Curve, kind: IntervalKind) -> None:
    rows, r = case.r["km"]["rows"], case.r["km"]["ci"][kind]
    ours = confidence_interval(case.ours, kind)
    agree(ours.low[rows], r["lower"])
    agree(ours.high[rows], r["upper"])


@pytest.mark.parametrize("kind", INTERVAL_KINDS)
@each_curve
def test_quartiles(case: Curve, kind: IntervalKind) -> None:
    r = case.r["quantiles"][kind]
    ours = [quantile(case.ours, p, kind=kind) for p in case.r["probs"]]
    agree([found.value for found in ours], r["quantile"])
    agree([found.low for found in ours], r["lower"])
    agree([found.high for found in ours], r["upper"])


@each_curve
def test_median_and_median_follow_up(case: Curve) -> None:
    agree(median(case.ours).value, case.r["median"])
    ours, r = median(reverse_kaplan_meier(case.time, case.event)), case.r["reverse_km"]
    agree(ours.value, r["median_follow_up"])
    agree(ours.low, r["lower_loglog"])
    agree(ours.high, r["upper_loglog"])


@each_curve
def test_restricted_mean(case: Curve) -> None:
    for tau, r in case.r["rmean"].items():
        if "error" in r:  # tau before the first time: R has no answer, survival is 1 all the way
            assert float(tau) < case.ours.time[0]
            assert restricted_mean(case.ours, float(tau)).value == float(tau)
        elif float(tau) > case.ours.end_time and case.ours.survival[-1] > 0:
            with pytest.raises(InputError, match="never extended"):  # R carries the curve forward
                restricted_mean(case.ours, float(tau))
        else:
            ours = restricted_mean(case.ours, float(tau))
            agree(ours.value, r["rmean"])
            agree(ours.se, r["se"])


@each_curve
def test_at_times(case: Curve) -> None:
    r, curve = case.r["at_times"], case.ours
    agree(curve.at_risk(r["time"]), r["n_risk"])
    for time, survival, error in zip(r["time"], r["surv"], r["greenwood_se"], strict=True):
        if time > curve.end_time and curve.survival[-1] > 0:
            with pytest.raises(InputError, match="never extended"):  # R carries the curve forward
                curve.at(time)
        else:
            agree(curve.at(time), survival)
            agree(curve.standard_error_at(time), error)


@pytest.mark.parametrize("rho", [0, 0.5, 1])
@each_pair
def test_log_rank(case: Pair, rho: float) -> None:
    r = case.r["logrank"][f"rho_{rho}"]
    ours = log_rank(case.time, case.event, case.group, rho=rho)
    order = [ours.groups.index(name.split("=")[1]) for name in r["groups"]]  # R's factor levels
    assert ours.df == r["df"]
    agree(ours.n[order], r["n"])
    agree(ours.observed[order], r["observed"])
    agree(ours.expected[order], r["expected"])
    agree(ours.variance[np.ix_(order, order)], r["var"])
    agree(ours.chi2, r["chisq"])
    agree(ours.p, r["p"])


def cox_cases() -> list[tuple[Pair, dict[str, float], str]]:
    """Pair each converged fit with its patients."""
    converged = table("cox_converged")
    rows = {
        case: {name: float(converged[name][i]) for name in converged if name != "case"}
        for i, case in enumerate(converged["case"])
    }
    return [
        (pair, rows[key], name)
        for name, pair in PAIRS.items()
        if (key := name.removeprefix("edge-") if name.startswith("edge-") else name.split("-")[0])
        in rows
        and np.unique(pair.group).size == 2
    ]


COX = cox_cases()


@pytest.mark.parametrize(
    ("case", "converged"), [case[:2] for case in COX], ids=[case[2] for case in COX]
)
def test_hazard_ratio(case: Pair, converged: dict[str, float]) -> None:
    group = np.unique(case.group, return_inverse=True)[1]
    ours = hazard_ratio(case.time, case.event, group)
    assert ours.reason is None
    found = (ours.log_hr, ours.se, ours.low, ours.high, ours.p)
    agree(found, [converged[name] for name in ("coef", "se", "ci_lower", "ci_upper", "p")])
    r = case.r["cox"]  # R's defaults stop 1e-9 of log-likelihood short of the maximum
    defaults = [r[name][0] for name in ("coef", "se", "ci_lower", "ci_upper")]
    np.testing.assert_allclose(np.array(found[:4], dtype=float), defaults, rtol=1e-8, atol=1e-12)


def test_every_two_arm_fit_is_compared() -> None:
    assert len(COX) == 6 + 5


def test_where_r_runs_out_of_iterations_there_is_a_reason() -> None:
    case = PAIRS["edge-one_group_without_events"]
    assert case.r["cox"]["warnings"] == ["Ran out of iterations and did not converge"]
    ours = hazard_ratio(case.time, case.event, case.group.astype(int))
    assert ours.reason == "group 1 has no event"
    assert ours.hr is None
    assert ours.low is None


@pytest.mark.parametrize("name", SETS)
def test_every_row_of_the_whole_reference(shared: Path, name: str) -> None:
    whole = json.loads((shared / "reference" / "values" / f"survival_{name}.json").read_text())
    r, ours = whole["overall"]["km"], CURVES[name].ours
    agree(ours.time, r["time"])
    agree(ours.survival, r["surv"])
    agree(ours.standard_error, r["greenwood_se"])
    for kind in INTERVAL_KINDS:
        interval = confidence_interval(ours, kind)
        agree(interval.low, r["ci"][kind]["lower"])
        agree(interval.high, r["ci"][kind]["upper"])
