"""Mantel-Haenszel and Peto agree with metafor's rma.mh and rma.peto.

All of ``mh`` and ``peto`` of ``tests/reference/pool/binomial.json`` is used here.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool.binomial.mantel_haenszel import mantel_haenszel, peto
from perdure.pool.effects.counts import effective_counts
from perdure.records.counts import MantelHaenszel, StratumTest

HERE = Path(__file__).parents[1] / "reference" / "pool"
REFERENCE: dict[str, Any] = json.loads((HERE / "binomial.json").read_text(encoding="utf-8"))

Counts = list[list[float]]

close = pytest.approx


def table(name: str, *columns: str) -> Counts:
    with (HERE / name).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [[float(row[header]) for row in rows] for header in columns]


def data(name: str) -> Counts:
    if name == "bcg":
        a, b, c, d = (np.array(x) for x in table("dat.bcg.csv", "tpos", "tneg", "cpos", "cneg"))
        return [a.tolist(), (a + b).tolist(), c.tolist(), (c + d).tolist()]
    if name == "nielweise2007":
        return table("dat.nielweise2007.csv", "ai", "n1i", "ci", "n2i")
    return table("dat.collins1985b.csv", "pre.xti", "pre.nti", "pre.xci", "pre.nci")


def check(found: MantelHaenszel, expected: dict[str, Any]) -> None:
    coefficient = found.coefficient
    assert coefficient.estimate == close(expected["beta"], rel=1e-12)
    assert coefficient.se == close(expected["se"], rel=1e-12)
    assert coefficient.estimate / coefficient.se == close(expected["z"], rel=1e-12)
    assert coefficient.p == close(expected["p"], rel=1e-11, abs=0)
    assert coefficient.ci_low == close(expected["ci_lower"], rel=1e-12)
    assert coefficient.ci_high == close(expected["ci_upper"], rel=1e-12)
    assert found.q == close(expected["QE"], rel=1e-12)
    assert found.q_p == close(expected["QE_p"], rel=1e-11, abs=0)
    assert found.i2 == close(expected["I2"], rel=1e-11)
    assert found.h2 == close(expected["H2"], rel=1e-12)
    for ours, name in (
        (found.association, "MH"),
        (found.association_binomial, "CO"),
        (found.breslow_day, "BD"),
        (found.tarone, "TA"),
    ):
        if expected[name] is None:
            assert ours is None
        else:
            assert isinstance(ours, StratumTest)
            assert ours.statistic == close(expected[name], rel=1e-12)
            assert ours.p == close(expected[f"{name}_p"], rel=1e-10, abs=0)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@pytest.mark.parametrize("name", sorted(REFERENCE["mh"].keys() - {"bcg_OR_correct_FALSE"}))
def test_mantel_haenszel_is_metafors(name: str, measure: Literal["OR", "RR", "RD"]) -> None:
    check(mantel_haenszel(*data(name), measure=measure), REFERENCE["mh"][name][measure])


def test_without_the_continuity_correction() -> None:
    found = mantel_haenszel(*data("bcg"), correct=False)
    check(found, REFERENCE["mh"]["bcg_OR_correct_FALSE"])


@pytest.mark.parametrize("name", REFERENCE["peto"])
def test_peto_is_metafors(name: str) -> None:
    check(peto(*data(name)), REFERENCE["peto"][name])


def test_one_table_by_hand() -> None:
    # odds ratio 10 x 40 / (20 x 30); Woolf's variance
    found = mantel_haenszel([10], [30], [30], [70])
    assert found.coefficient.estimate == close(math.log(400 / 600), rel=1e-12)
    assert found.coefficient.se == close(math.sqrt(1 / 10 + 1 / 20 + 1 / 30 + 1 / 40), rel=1e-12)
    assert (found.q, found.q_df, found.breslow_day) == (None, 0, None)
    assert found.reason == "fewer than two tables have an effect with a variance"
    expected = 30 * 40 / 100
    variance = 30 * 70 * 40 * 60 / (100**2 * 99)
    assert found.association is not None
    assert found.association.statistic == close((abs(10 - expected) - 0.5) ** 2 / variance)


def test_tables_without_events_are_named() -> None:
    tables = ([5, 0, 10], [20, 15, 10], [9, 0, 12], [21, 15, 12])
    found = mantel_haenszel(*tables, names=["A", "B", "C"])
    assert found.uninformative == ("B", "C")
    rest = mantel_haenszel([5], [20], [9], [21])
    assert found.coefficient == rest.coefficient
    assert peto(*tables).uninformative == ("table 2", "table 3")
    assert peto(*tables).coefficient == peto([5], [20], [9], [21]).coefficient


counts = st.tuples(
    st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(8, 200), st.floats(8, 200)
)


@given(st.lists(counts, min_size=2, max_size=6))
def test_exchanging_arms_turns_the_sign(rows: list[tuple[float, float, float, float]]) -> None:
    p1, p2, n1, n2 = (np.array(x) for x in zip(*rows, strict=True))
    one = mantel_haenszel(p1 * n1, n1, p2 * n2, n2)
    other = mantel_haenszel(p2 * n2, n2, p1 * n1, n1)
    assert one.coefficient.estimate == close(-other.coefficient.estimate, abs=1e-9)
    assert one.coefficient.se == close(other.coefficient.se, rel=1e-9)
    assert one.breslow_day is not None
    assert other.breslow_day is not None
    assert one.breslow_day.statistic == close(other.breslow_day.statistic, rel=1e-6, abs=1e-8)


@given(st.floats(-2, 2), st.lists(st.floats(0.1, 0.9), min_size=2, max_size=6))
def test_tables_with_one_odds_ratio_give_it_back(log_odds_ratio: float, p: list[float]) -> None:
    control = np.array(p)
    odds = control / (1 - control) * math.exp(log_odds_ratio)
    found = mantel_haenszel(80 * odds / (1 + odds), [80] * len(p), 60 * control, [60] * len(p))
    assert found.coefficient.estimate == close(log_odds_ratio, abs=1e-9)
    assert found.q == close(0, abs=1e-8)
    assert found.breslow_day is not None
    assert found.breslow_day.statistic == close(0, abs=1e-8)


def test_risk_ratio_and_difference_give_back_what_tables_share() -> None:
    control, n = np.array([0.1, 0.2, 0.4]), [50, 60, 70]
    ratio = mantel_haenszel(2 * control * n, n, control * 90, [90] * 3, measure="RR")
    assert ratio.coefficient.estimate == close(math.log(2), rel=1e-12)
    difference = mantel_haenszel((control + 0.15) * n, n, control * 90, [90] * 3, measure="RD")
    assert difference.coefficient.estimate == close(0.15, rel=1e-12)


def test_effective_counts_that_are_not_whole() -> None:
    arm, control = effective_counts(0.3, 0.041), effective_counts(0.15, 0.033)
    found = mantel_haenszel([arm.events], [arm.n], [control.events], [control.n])
    assert found.coefficient.estimate == close(math.log(0.3 / 0.7 * 0.85 / 0.15), rel=1e-12)
    se = math.hypot(0.041 / 0.21, 0.033 / 0.1275)
    assert found.coefficient.se == close(se, rel=1e-12)


def test_standard_error_is_what_simulated_tables_show() -> None:
    random = np.random.default_rng(11)
    p, q = np.array([0.2, 0.4, 0.3]), np.array([0.3, 0.5, 0.45])
    drawn = [
        mantel_haenszel(random.binomial(90, p), [90] * 3, random.binomial(80, q), [80] * 3)
        for _ in range(600)
    ]
    spread = float(np.std([found.coefficient.estimate for found in drawn]))
    mean = float(np.mean([found.coefficient.se for found in drawn]))
    assert mean == close(spread, rel=0.1)


@pytest.mark.parametrize(
    ("tables", "options", "said"),
    [
        (([0, 0], [9, 9], [3, 4], [9, 9]), {}, "odds ratio is 0 or infinite"),
        (([0, 0], [9, 9], [0, 0], [9, 9]), {}, "no table has events"),
        (([0, 0], [9, 9], [3, 4], [9, 9]), {"measure": "RR"}, "risk ratio is 0 or infinite"),
        (([9], [9], [8], [8]), {"measure": "RR"}, "risk ratio has no variance"),
        (([0], [9], [0], [8]), {"measure": "RD"}, "risk difference has no variance"),
        (([1], [9], [2], [8]), {"measure": "PETO"}, "unknown measure"),
        (([1], [9], [2], [8]), {"level": 95}, "confidence level"),
        (([1], [9], [2], [8]), {"names": ["A", "B"]}, "lengths differ"),
        (([10], [9], [2], [8]), {}, "outside 0 to n"),
    ],
)
def test_what_cannot_be_pooled_is_said(
    tables: tuple[list[float], ...], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        mantel_haenszel(*tables, **options)


ABSURD = [
    (([-1], [9], [2], [8]), "table 1 has events outside 0 to n in the arm"),
    (([1, 1], [9, 9], [2, 9], [8, 8]), "table 2 has events outside 0 to n in the control"),
    (([0], [0], [2], [8]), "table 1 has no number of patients in the arm"),
    (([1], [-9], [2], [8]), "table 1 has no number of patients in the arm"),
    (([math.nan], [9], [2], [8]), "table 1 has events outside 0 to n in the arm"),
    (([1], [9], [2], [math.nan]), "table 1 has no number of patients in the control"),
    (([1], [math.inf], [2], [8]), "table 1 has no number of patients in the arm"),
    (([1e300], [1e308], [2], [8]), r"table 1 has more than 1e\+10 patients in the arm"),
    (([1e-300], [9], [2], [8]), "table 1 has less than 1e-06 of a patient, and not none, in the"),
    (([], [], [], []), "there are no counts"),
    (([0, 0], [9, 8], [0, 0], [7, 9]), "no table has events"),
    (([9, 8], [9, 8], [7, 9], [7, 9]), "no table has events"),
]


@pytest.mark.parametrize(("tables", "said"), ABSURD)
@pytest.mark.parametrize("pooling", [mantel_haenszel, peto])
def test_absurd_counts_are_refused_in_one_sentence(
    pooling: Any, tables: tuple[list[float], ...], said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}") as caught:
        pooling(*tables)
    assert len(caught.value.problems) == 1


def test_equal_tables_are_homogeneous() -> None:
    found = mantel_haenszel([7] * 3, [14] * 3, [7] * 3, [7.5] * 3)
    for test in (found.breslow_day, found.tarone):
        assert test is not None
        assert test.statistic == close(0, abs=1e-12)
        assert test.p == close(1)


EXTREME = st.sampled_from([0, 1e-6, 1e-3, 0.5, 1, 7, 1e3, 1e6, 9.9e9])


@given(st.lists(st.tuples(EXTREME, EXTREME, EXTREME, EXTREME), min_size=1, max_size=3))
@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "PETO"])
def test_the_largest_and_smallest_counts_give_numbers_or_a_sentence(
    measure: Any, rows: list[tuple[float, float, float, float]]
) -> None:
    a, b, c, d = (np.array(cells, dtype=float) for cells in zip(*rows, strict=True))
    try:
        found = (
            peto(a, a + b, c, c + d)
            if measure == "PETO"
            else mantel_haenszel(a, a + b, c, c + d, measure=measure)
        )
    except InputError:
        return
    mean = found.coefficient
    tests = (found.association, found.association_binomial, found.breslow_day, found.tarone)
    numbers = [mean.estimate, mean.se, mean.p, mean.ci_low, mean.ci_high, found.q, found.q_p]
    numbers += [value for test in tests if test is not None for value in (test.statistic, test.p)]
    assert mean.se > 0
    assert all(math.isfinite(value) for value in numbers if value is not None)


def test_peto_without_information() -> None:
    with pytest.raises(InputError, match=r"(?i)no table has events"):
        peto([0], [9], [0], [8])
