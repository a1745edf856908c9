"""Influence, residuals, Baujat's coordinates and random effects are metafor's."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import Fit, Method, Model, Test, fit_effects
from perdure.pool.checks.influence import influence, random_effects

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
DIAGNOSTICS: dict[str, Any] = json.loads((HERE / "diagnostics.json").read_text(encoding="utf-8"))
ABLAT = json.loads((HERE / "regression.json").read_text(encoding="utf-8"))["bcg"]["ablat"]
MODELS = [name for name in DIAGNOSTICS if name != "source"]
SAME = {
    "dffits": "dffits",
    "cook_d": "cook",
    "cov_r": "covariance_ratio",
    "tau2_del": "tau2_deleted",
    "QE_del": "q_deleted",
    "hat": "hat",
    "weight": "weight",
    "influential": "influential",
}

close = pytest.approx


def fit_of(name: str) -> Fit:
    data = RMA["bcg_RR" if name.startswith("bcg") else "hackshaw1998"]
    method, test = (DIAGNOSTICS[name]["model"][key] for key in ("method", "test"))
    model: Model = "common" if method == "FE" else "random"
    moderators = np.column_stack((np.ones(13), ABLAT)) if "ablat" in name else None
    return fit_effects(
        data["yi"],
        data["vi"],
        model=model,
        method=cast("Method", "REML" if method == "FE" else method),
        test=cast("Test", test),
        moderators=moderators,
    )


@pytest.mark.parametrize("name", MODELS)
def test_influence_is_metafors(name: str) -> None:
    expected = DIAGNOSTICS[name]
    found = influence(fit_of(name))
    for theirs, ours in SAME.items():
        values = [getattr(row, ours) for row in found.rows]
        assert values == close(expected["influence"][theirs], rel=1e-8), theirs
    betas = np.array([row.dfbetas for row in found.rows])
    assert betas == close(np.array(expected["influence"]["dfbs"]), rel=1e-8)
    assert [row.rstudent for row in found.rows] == close(expected["influence"]["rstudent"])


@pytest.mark.parametrize("name", MODELS)
def test_residuals_are_metafors(name: str) -> None:
    expected = DIAGNOSTICS[name]
    rows = influence(fit_of(name)).rows
    assert [row.residual for row in rows] == close(expected["residuals"], rel=1e-8)
    for kind, keys in (
        ("rstudent", ("deleted_residual", "rstudent_se", "rstudent")),
        ("rstandard", ("residual", "rstandard_se", "rstandard")),
    ):
        for theirs, ours in zip(("resid", "se", "z"), keys, strict=True):
            values = [getattr(row, ours) for row in rows]
            assert values == close(expected[kind][theirs], rel=1e-8), (kind, theirs)


@pytest.mark.parametrize("name", MODELS)
def test_random_effects_are_metafors(name: str) -> None:
    rows = random_effects(fit_of(name))
    for kind, prefix in (("blup", ""), ("ranef", "deviation_")):
        expected = DIAGNOSTICS[name][kind]
        for theirs, ours in (("pi_lower", "low"), ("pi_upper", "high"), ("se", "se")):
            values = [getattr(row, prefix + ours) for row in rows]
            assert values == close(expected[theirs], rel=1e-8, abs=1e-12), (kind, theirs)
        values = [getattr(row, prefix[:-1] or "estimate") for row in rows]
        assert values == close(expected["pred"], rel=1e-8, abs=1e-12), kind


BAUJAT = {  # metafor 3.8-1, baujat(m), its first three effects
    "bcg_RR_REML": (
        [0.0478183405468, 1.4934114075929, 0.5508753366658],
        [0.00153750091846, 0.11210707341449, 0.02434904689505],
    ),
    "bcg_RR_FE": (
        [0.647158736026, 6.857109627173, 2.027924286394],
        [0.00327659923900, 0.05829078499175, 0.00803933802646],
    ),
    "bcg_RR_REML_knha": (
        [0.0478183405468, 1.4934114075929, 0.5508753366658],
        [0.00147410569542, 0.11124773133334, 0.02358372217077],
    ),
    "bcg_RR_ablat_REML": (
        [0.0485530802472, 0.2060307721733, 0.2894594629091],
        [0.00368326884866, 0.03589733387098, 0.00949907127703],
    ),
}


@pytest.mark.parametrize("name", BAUJAT)
def test_baujats_coordinates_are_metafors(name: str) -> None:
    rows = influence(fit_of(name)).rows[:3]
    # metafor's default stops at 1e-5 of tau2; these were made with a tighter threshold
    assert [row.baujat_heterogeneity for row in rows] == close(BAUJAT[name][0], rel=1e-8)
    assert [row.baujat_influence for row in rows] == close(BAUJAT[name][1], rel=1e-7)


def test_regression_under_hartung_knapp_as_metafor_has_it() -> None:
    """metafor 3.8-1, influence(rma(yi, vi, mods = ~ ablat, test = "knha")), first three effects."""
    data = RMA["bcg_RR"]
    fit = fit_effects(
        data["yi"], data["vi"], test="knha", moderators=np.column_stack((np.ones(13), ABLAT))
    )
    rows = influence(fit).rows[:3]
    for name, expected in {
        "rstudent": (0.193600002907, -0.419472788615, -0.465407366210),
        "dffits": (0.054832222299, -0.185102681652, -0.086146870600),
        "cook": (0.003697835517, 0.037641689611, 0.008001031847),
        "covariance_ratio": (1.365557371268, 1.538460539924, 1.250517352308),
        "rstandard_se": (0.618246441344, 0.480092311064, 0.688793165266),
        "rstudent_se": (0.768503115297, 0.667666894611, 0.839209122721),
    }.items():
        assert [getattr(row, name) for row in rows] == close(expected, rel=1e-7), name
    assert [row.dfbetas[1] for row in rows if row.dfbetas] == close(
        [0.019175224853, -0.168281544837, -0.057943082882], rel=1e-7
    )


def test_the_sentence_names_the_influential() -> None:
    found = influence(fit_of("bcg_RR_FE"), names=[f"trial {at + 1}" for at in range(13)])
    assert found.sentence.startswith("3 of 13 effects are influential: trial 4 (")
    assert (
        influence(fit_of("bcg_RR_DL")).sentence == "No effect is influential by the usual bounds."
    )


def test_two_effects() -> None:
    """By hand: without one, the other is the mean, and tau2 is 0."""
    rows = influence(fit_effects([0.0, 1.0], [0.04, 0.04], model="common")).rows
    assert [row.hat for row in rows] == close([0.5, 0.5])
    assert [row.rstandard for row in rows] == close([-0.5 / np.sqrt(0.02), 0.5 / np.sqrt(0.02)])
    assert [row.rstudent for row in rows] == close([-1 / np.sqrt(0.08), 1 / np.sqrt(0.08)])
    assert [row.cook for row in rows] == close([0.25 / 0.02] * 2)
    assert [row.covariance_ratio for row in rows] == close([2.0, 2.0])
    # dffits is 0.5 over the root of 0.5 x 0.04: 3.5, above 3 (1 / 1)^1/2
    assert [row.flags for row in rows] == [("dffits", "cook", "dfbetas")] * 2


def test_an_effect_that_a_coefficient_rests_on_has_a_reason() -> None:
    design = [[1, 0], [1, 0], [1, 0], [1, 1]]
    found = influence(fit_effects([0.1, 0.3, 0.2, 2.0], [0.1] * 4, moderators=design))
    last = found.rows[3]
    assert last.hat == close(1.0)
    assert last.rstandard is None
    assert last.rstandard_se == 0
    assert last.rstudent is last.dffits is last.cook is None
    assert last.dfbetas is None
    assert last.reason is not None
    assert "rests on this one alone" in last.reason
    assert all(row.reason is None and row.rstudent is not None for row in found.rows[:3])


def test_an_effect_that_is_all_the_weight_has_a_reason() -> None:
    fit = fit_effects(
        [0.1, 0.3, 0.2, 0.4],
        [1.0, 1.0, 1.0, 1e-9],
        model="common",
        moderators=[[1, 0], [1, 1], [1, 2], [1, 1000]],
    )
    rows = influence(fit).rows
    assert rows[3].rstandard is None
    assert rows[3].rstudent is not None
    assert rows[3].reason is not None
    assert "passes through it" in rows[3].reason
    assert all(row.rstandard is not None and row.reason is None for row in rows[:3])


@pytest.mark.parametrize("test", ["z", "knha"])
def test_equal_effects(test: Test) -> None:
    found = influence(fit_effects([0.5] * 4, [0.1, 0.2, 0.3, 0.1], test=test))
    for row in found.rows:
        assert row.residual == close(0, abs=1e-12)
        if test == "knha":
            assert row.rstudent is row.cook is row.covariance_ratio is None
            assert row.reason is not None
            assert "error that is 0" in row.reason
        else:
            assert [row.rstudent, row.cook] == close([0, 0], abs=1e-12)
            assert row.reason is None


def test_one_effect() -> None:
    fit = fit_effects([0.4], [0.04])
    with pytest.raises(InputError, match="one effect only"):
        influence(fit)
    row = random_effects(fit)[0]
    assert (row.estimate, row.deviation) == (0.4, 0.0)
    assert row.se == close(0.2)
