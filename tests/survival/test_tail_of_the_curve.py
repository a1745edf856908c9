"""Tests of the end of a curve: by hand, against R, and on simulated trials with known truth."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perdure.errors import InputError
from perdure.records import SufficiencyTest
from perdure.survival import (
    cured_fraction,
    cured_fraction_test,
    extremes_test,
    maller_zhou_test,
    q_n_test,
    shen_test,
)

FOLDER = Path(__file__).parents[1] / "reference" / "survival"
SETS = ("lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney")

people = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=30)


def columns(case: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with (FOLDER / f"{case}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(r["time"]) for r in rows]), np.array([float(r["status"]) for r in rows])


def expected(case: str) -> dict[str, float | None]:
    with (FOLDER / "tail.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["case"] == case)
    return {key: None if row[key] == "NA" else float(row[key]) for key in row if key != "case"}


def every_test(time: NDArray[np.float64], event: NDArray[np.bool_]) -> list[SufficiencyTest]:
    return [
        maller_zhou_test(time, event),
        shen_test(time, event),
        q_n_test(time, event, replicates=19),
        extremes_test(time, event, replicates=19),
        cured_fraction_test(time, event, replicates=19),
    ]


@pytest.mark.parametrize("case", SETS)
def test_windows_and_plateau_agree_with_r(case: str) -> None:
    time, event = columns(case)
    r = expected(case)
    plateau = cured_fraction(time, event)
    assert plateau.value == pytest.approx(r["cured"], abs=1e-12)
    mz, shen = maller_zhou_test(time, event), shen_test(time, event)
    if r["end"] == r["last_event"]:
        assert plateau.ci_low == 0
        assert 0 < plateau.ci_high < 0.1
        for found in (mz, shen, q_n_test(time, event), cured_fraction_test(time, event)):
            assert (found.statistic, found.p_value) == (None, None)
            assert found.reason == "the last patient had the event: there is no plateau"
        assert extremes_test(time, event).reason is not None
        return
    assert plateau.ci_low == pytest.approx(r["cured_low"], rel=1e-9)
    assert plateau.ci_high == pytest.approx(r["cured_high"], rel=1e-9)
    assert mz.events == r["mz"]
    assert mz.p_value == pytest.approx((1 - (r["mz"] or 0) / time.size) ** time.size)
    assert shen.events == r["shen"]
    assert shen.window_low == pytest.approx(r["shen_low"])
    extremes = extremes_test(time, event, replicates=9)
    assert extremes.statistic == pytest.approx(r["extremes"], abs=1e-12)


def test_by_hand() -> None:
    # t = 10, t* = 6: the window (2, 6] holds the events at 3 (two), 5 and 6, not the one at 2
    time = np.array([1, 2, 3, 3, 4, 5, 6, 7, 8, 10], dtype=float)
    event = np.array([1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=bool)
    found = maller_zhou_test(time, event)
    assert (found.events, found.statistic, found.window_low, found.window_high) == (4, 0.4, 2, 6)
    assert found.p_value == pytest.approx(0.6**10)
    # Shen: r = 0.6, ((1 - r) 6 + r 10) r = (2.4 + 6) 0.6 = 5.04
    assert shen_test(time, event).window_low == pytest.approx(5.04)
    assert shen_test(time, event).events == 1
    # Xie et al.: e = 9/8 10 - 6/4 = 9.75, F at 0.25, 5.125 and 10
    survival = 0.9 * 8 / 9 * 6 / 8 * 4 / 5
    f1, f2 = 1 - survival, 1 - survival * 3 / 4
    level = min(max(f1**2 / (2 * f1 - f2), f2), 1)
    assert extremes_test(time, event, replicates=9).statistic == pytest.approx(level - f2)


def test_what_cannot_be_computed_says_why() -> None:
    nothing = every_test(np.array([1.0, 2.0]), np.array([False, False]))
    assert all(found.reason and "no event was seen" in found.reason for found in nothing)
    assert all(found.meaning.startswith("not computable: ") for found in nothing)
    assert cured_fraction([1, 2], [0, 0]).value == 1
    assert cured_fraction([1, 2], [1, 1]).ci_low == 0
    at_once = cured_fraction_test([0, 0, 1, 2], [1, 1, 0, 0])
    assert at_once.reason == "no event was seen after time 0"
    with pytest.raises(InputError, match="no replicates"):
        q_n_test([1, 2], [1, 0], replicates=0)
    with pytest.raises(InputError, match="Missing lies"):
        q_n_test([1, 2], [1, 0], missing=1.0)


@given(people)
@settings(max_examples=60, deadline=None)
def test_a_number_or_a_reason_in_any_unit_and_order(some: list[tuple[int, bool]]) -> None:
    time, event = (np.array(column) for column in zip(*some, strict=True))
    order = np.random.default_rng(1).permutation(time.size)
    plain = every_test(time.astype(float), event)
    turned = every_test(time[order] * 30.4375, event[order])
    for found, other in zip(plain, turned, strict=True):
        assert (found.p_value is None) == (found.reason is not None)
        assert found.meaning
        assert found.source
        if found.p_value is None or found.statistic is None:
            assert other.p_value is None
            continue
        assert 0 <= found.p_value <= 1
        assert 0 <= found.statistic <= 1
        assert other.statistic == pytest.approx(found.statistic, abs=1e-9)
        assert other.events == found.events
    plateau = cured_fraction(time, event)
    assert 0 <= plateau.ci_low <= plateau.value <= plateau.ci_high <= 1


def trial(
    random: np.random.Generator, n: int, cured: float, follow_up: float, accrual: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Exponential times of mean 1 among the uncured, entry uniform over the accrual."""
    lifetime = np.where(random.random(n) < cured, np.inf, random.standard_exponential(n))
    limit = random.uniform(follow_up - accrual, follow_up, n)
    return np.minimum(lifetime, limit), lifetime <= limit


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cured", "follow_up", "accrual", "sufficient", "insufficient", "cure"),
    [
        # share of trials: q_n and Shen say sufficient, extremes say insufficient, cured fraction
        (0.3, 1.2, 0.6, (0.0, 0.1), (0.3, 1.0), (0.0, 0.1)),
        (0.0, 1.2, 0.7, (0.0, 0.1), (0.3, 1.0), (0.0, 0.1)),
        (0.3, 3.0, 2.0, (0.0, 0.15), (0.0, 0.15), (0.0, 0.3)),
        (0.3, 6.0, 3.0, (0.2, 1.0), (0.0, 0.05), (0.5, 1.0)),
    ],
)
def test_size_and_power(
    cured: float,
    follow_up: float,
    accrual: float,
    sufficient: tuple[float, float],
    insufficient: tuple[float, float],
    cure: tuple[float, float],
) -> None:
    random = np.random.default_rng(7)
    found: dict[str, list[bool]] = {}
    for seed in range(150):
        time, event = trial(random, 150, cured, follow_up, accrual)
        for test in (
            shen_test(time, event),
            q_n_test(time, event, replicates=199, seed=seed),
            extremes_test(time, event, replicates=199, seed=seed),
            cured_fraction_test(time, event, replicates=199, seed=seed),
        ):
            found.setdefault(test.test, []).append((test.p_value or 1.0) < 0.05)
    share = {test: float(np.mean(rejected)) for test, rejected in found.items()}
    assert sufficient[0] <= share["alpha_n_shen"] <= sufficient[1], share
    assert sufficient[0] <= share["q_n"] <= sufficient[1], share
    assert insufficient[0] <= share["extremes"] <= insufficient[1], share
    assert cure[0] <= share["cured_fraction"] <= cure[1], share
