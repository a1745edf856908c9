"""Formulas against R's design columns, their refusals, and the questions asked of them."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import fit_effects
from perdure.pool.models.formula import design_of
from perdure.pool.models.regression import meta_regression, split_classes

HERE = Path(__file__).parents[1] / "reference" / "pool"
REGRESSION: dict[str, Any] = json.loads((HERE / "regression.json").read_text(encoding="utf-8"))
BCG = REGRESSION["bcg"]
COLUMNS = {key: BCG[key] for key in ("alloc", "ablat", "year")}
FORMULAS = {
    "ablat": "ablat",
    "ablat_year": "ablat + year",
    "alloc": "alloc",
    "alloc_by_ablat": "alloc * ablat",
    "alloc_no_intercept": "alloc - 1",
    "alloc_plus_ablat": "alloc + ablat",
}


@pytest.mark.parametrize("name", list(FORMULAS))
def test_a_formula_gives_metafors_regression(name: str) -> None:
    expected = REGRESSION["models"][name]["REML"]["knha"]
    design = design_of(FORMULAS[name], COLUMNS, reference={"alloc": "alternate"})
    fit = fit_effects(BCG["yi"], BCG["vi"], moderators=design.matrix, terms=design.terms)
    found = {c.term: (c.estimate, c.se) for c in fit.pooled.coefficients}
    beta = dict(zip(map(r_term, expected["terms"]), expected["beta"], strict=True))
    se = dict(zip(map(r_term, expected["terms"]), expected["se"], strict=True))
    assert found == {term: pytest.approx((beta[term], se[term]), rel=1e-8) for term in beta}


def r_term(term: str) -> str:
    """R's name of a column in perdure's words."""
    term = "intercept" if term == "intrcpt" else term
    return term.replace("alloc", "alloc = ").replace(":", " : ")


def test_terms_are_tested_together() -> None:
    design = design_of("alloc + ablat", COLUMNS, reference={"alloc": "alternate"})
    fit = fit_effects(BCG["yi"], BCG["vi"], moderators=design.matrix, terms=design.terms)
    found = meta_regression(fit, design)
    expected = REGRESSION["alloc_plus_ablat_tests"]["knha_btt_2_3"]
    assert found.tests[0].statistic == pytest.approx(expected["QM"], rel=1e-8)
    assert found.tests[0].p == pytest.approx(expected["p"], rel=1e-8)
    difference = REGRESSION["alloc_plus_ablat_tests"]["knha_contrasts"]
    pair = next(c for c in found.factors[0].differences if c.term == "random - systematic")
    assert pair.estimate == pytest.approx(difference["estimate"][0], rel=1e-8)
    assert pair.se == pytest.approx(difference["se"][0], rel=1e-8)


def test_levels_are_compared_on_one_mix_of_the_others() -> None:
    design = design_of("drug + line", {"drug": list("aabbb"), "line": list("xyxxx")})
    rows = design.at_levels("drug")
    # 1 of 5 arms is of line y, whichever drug is asked for
    assert rows["a"] == pytest.approx([1, 0, 0.2])
    assert rows["b"] == pytest.approx([1, 1, 0.2])


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("drug +", "cannot be read"),
        ("drug ~ line", "cannot be read"),
        ("__import__('os').system('true')", r"calls __import__\(\)"),
        ("drug.__class__", "cannot be read"),
        ("open(drug)", r"calls open\(\)"),
        ("np.log(year)", r"calls np.log\(\)"),
        ("drgu", "no moderator drgu"),
        ("1", "no moderator"),
        ("same", "same in all rows"),
        ("constant", "same in all rows"),
        ("year ** 2", "cannot be read"),
        ("year - drug", "cannot be read"),
        ("-year", "cannot be read"),
        ("exp(year * 1000)", "not a finite number"),
        ("year + twice", "already say twice"),
        ("drug * line", "already say"),
        ("log(year)", "not a finite number after its function"),
    ],
)
def test_formulas_that_cannot_be_used_say_why(formula: str, said: str) -> None:
    columns: dict[str, Any] = {
        "drug": list("aabbb"),
        "line": list("xxyyy"),
        "year": [-1.0, 2.0, 3.0, 4.0, 5.0],
        "twice": [-2.0, 4.0, 6.0, 8.0, 10.0],
        "same": ["x"] * 5,
        "constant": [2.0] * 5,
    }
    with pytest.raises(InputError, match=said):
        design_of(formula, columns)


def test_missing_moderators_are_named_and_left_out_only_when_told() -> None:
    columns: dict[str, Any] = {"drug": ["a", "", "b", "b", "a"], "year": [1, 2, math.nan, 4, 6.0]}
    with pytest.raises(InputError) as caught:
        design_of("drug + year", columns, names=list("PQRST"))
    assert [problem.message for problem in caught.value.problems] == [
        "the moderator drug is missing in Q",
        "the moderator year is missing in R",
    ]
    design = design_of("drug + year", columns, missing="leave out", names=list("PQRST"))
    assert design.kept == (0, 3, 4)
    assert design.left_out == {1: "drug is missing", 2: "year is missing"}
    assert np.isfinite(design.matrix).all()


def test_one_trial_with_several_classes_is_noted() -> None:
    design = design_of("drug", {"drug": list("abab")})
    fit = fit_effects([0.1, 0.5, 0.2, 0.7], [0.1] * 4, moderators=design.matrix)
    found = meta_regression(fit, design, trial=["T1", "T1", "T2", "T3"])
    assert len(found.notes) == 1
    assert found.notes[0].startswith("drug: 1 of 3 trials have arms of several levels")


def test_split_classes_find_a_difference_that_trials_confound() -> None:
    """Within trials b is 1 above a; trials of b alone are 3 lower for reasons of their own."""
    classes = ["a", "b", "a", "b", "b", "b", "a", "a"]
    trials = ["1", "1", "2", "2", "3", "4", "5", "6"]
    y = [0.0, 1.0, 0.2, 1.2, -3.0, -3.1, 0.1, 0.15]
    matrix, terms = split_classes(classes, trials)
    fit = fit_effects(y, [0.01] * 8, moderators=matrix, terms=terms)
    within, between = fit.pooled.coefficients[1:]
    assert within.estimate == pytest.approx(1, abs=1e-6)
    assert between.estimate < -2
    assert (
        fit_effects(
            y, [0.01] * 8, moderators=np.column_stack((np.ones(8), [c == "b" for c in classes]))
        )
        .pooled.coefficients[1]
        .estimate
        < 0
    )
