"""Adjusted p values against R's p.adjust, single-step tests against Tukey, Sidak and Dunnett."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import studentized_range

from perdure.errors import InputError
from perdure.pool.classes.multiplicity import PAdjustment, adjusted_p, simultaneous
from perdure.records import Floats

HERE = Path(__file__).parents[1] / "reference" / "pool"
EXPECTED: dict[str, Any] = json.loads((HERE / "multiplicity.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["holm", "hochberg", "bonferroni", "BH", "BY"])
def test_adjusted_is_rs(method: PAdjustment) -> None:
    assert adjusted_p(EXPECTED["p"], method) == pytest.approx(EXPECTED[method], rel=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_is_not_below_and_keeps_the_order(p: list[float]) -> None:
    for method in ("holm", "hochberg", "bonferroni", "BH", "BY", "none"):
        found = adjusted_p(p, method)
        assert (found >= np.array(p)).all()
        assert (found <= 1).all()
        order = np.argsort(p, kind="stable")
        assert (np.diff(found[order]) >= 0).all()
    assert (adjusted_p(p, "hochberg") <= adjusted_p(p, "holm")).all()


def pairs(g: int) -> Floats:
    rows = np.zeros((g * (g - 1) // 2, g))
    for at, (one, other) in enumerate(combinations(range(g), 2)):
        rows[at, one], rows[at, other] = 1, -1
    return rows


@pytest.mark.parametrize(("g", "df"), [(2, 7.0), (3, 5.0), (4, 12.0), (6, 20.0), (4, None)])
def test_all_pairs_of_a_balanced_layout_are_tukeys(g: int, df: float | None) -> None:
    means = np.linspace(0, 1.2, g)
    found = simultaneous(
        [str(at) for at in range(g * (g - 1) // 2)], pairs(g), means, np.eye(g) * 0.1, df
    )
    tukey = studentized_range(g, np.inf if df is None else df)
    close = 1e-6 if g < 4 else 2e-4
    assert found.critical == pytest.approx(tukey.ppf(0.95) / np.sqrt(2), rel=close)
    for term in found.terms:
        expected = tukey.sf(np.sqrt(2) * abs(term.estimate) / term.se)
        assert term.p_adjusted == pytest.approx(expected, rel=5 * close, abs=1e-8)
        assert abs(term.p_adjusted - expected) < 4 * found.error + 1e-8
        assert term.ci_high - term.estimate == pytest.approx(found.critical * term.se)
    assert found.error < 3e-4


def test_the_stated_error_is_the_spread_over_seeds() -> None:
    found = [
        simultaneous([str(at) for at in range(10)], pairs(5), range(5), np.eye(5), 9.0, seed=seed)
        for seed in range(12)
    ]
    at = found[0].terms[1]
    expected = studentized_range.sf(np.sqrt(2) * abs(at.estimate) / at.se, 5, 9)
    wrong = [one.terms[1].p_adjusted - expected for one in found]
    stated = float(np.mean([one.error for one in found]))
    assert 0.4 * stated < float(np.std(wrong)) < 2.5 * stated
    assert stated < 2e-4


@pytest.mark.parametrize(("df", "key"), [(9.0, "df9"), (None, "normal")])
def test_unbalanced_pairs_are_mvtnorms(df: float | None, key: str) -> None:
    given_ = EXPECTED["single_step"]
    found = simultaneous(
        list("abcdef"), given_["contrasts"], given_["beta"], given_["covariance"], df
    )
    # mvtnorm's own error is 1e-6 here; that of our integral, over seeds, is 2.3e-5
    assert [term.p_adjusted for term in found.terms] == pytest.approx(given_[key], abs=7e-5)
    assert found.error < 5e-5


def test_independent_normal_contrasts_are_sidaks() -> None:
    found = simultaneous(["a", "b", "c"], np.eye(3), [1.0, 2.0, 3.5], np.eye(3))
    for term in found.terms:
        assert term.p_adjusted == pytest.approx(1 - (1 - term.p) ** 3, rel=2e-3)


def test_one_contrast_needs_no_adjustment_and_a_repeated_one_neither() -> None:
    found = simultaneous(["a", "a again"], [[1], [-2]], [0.5], [[0.04]], 6.0)
    assert found.critical == pytest.approx(2.446912, rel=1e-6)
    assert found.terms[0].p_adjusted == found.terms[0].p
    assert found.error == 0


def test_dunnett_many_to_one() -> None:
    """Dunnett's table: 3 treatments and a control in equal groups, 20 degrees of freedom: 2.54."""
    rows = [[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]]
    found = simultaneous(["b", "c", "d"], rows, [0.0, 1, 2, 3], np.eye(4), 20.0)
    assert round(found.critical, 2) == 2.54


def test_bounds_hold_for_any_correlation() -> None:
    random = np.random.default_rng(4)
    root = random.normal(size=(6, 6))
    found = simultaneous(list("abcdef"), np.eye(6), random.normal(size=6), root @ root.T / 4, 11.0)
    bonferroni = adjusted_p([term.p for term in found.terms], "bonferroni")
    for term, bound in zip(found.terms, bonferroni.tolist(), strict=True):
        assert term.p <= term.p_adjusted <= bound * 1.001


@pytest.mark.parametrize("p", [[], [0.1, np.nan], [1.2], [-0.1]])
def test_no_p_values(p: list[float]) -> None:
    with pytest.raises(InputError, match="not numbers from 0 to 1"):
        adjusted_p(p)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"terms": ["a"]}, "do not fit the coefficients"),
        ({"covariance": np.zeros((2, 2))}, "no variance"),
        ({"beta": [np.nan, 1]}, "missing"),
        ({"df": 0.0}, "degrees of freedom"),
        ({"level": 1.0}, "level"),
    ],
)
def test_bad_contrasts(change: dict[str, Any], said: str) -> None:
    given_: dict[str, Any] = {
        "terms": ["a", "b"],
        "contrasts": np.eye(2),
        "beta": [0.0, 1.0],
        "covariance": np.eye(2),
        "df": None,
        "level": 0.95,
    } | change
    with pytest.raises(InputError, match=f"(?i){said}"):
        simultaneous(**given_)


def test_an_unknown_adjustment() -> None:
    with pytest.raises(InputError, match="holm, hochberg"):
        adjusted_p([0.1], "sidak")  # type: ignore[arg-type]
