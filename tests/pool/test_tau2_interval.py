"""Intervals of tau2, I2 and H2 against metafor's confint, and the error of tau2."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import Method, fit_effects, heterogeneity
from perdure.records import Heterogeneity

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))

CASES = [
    (name, method)
    for name, outcome in RMA.items()
    for method, fit in outcome["fits"].items()
    if "tau2_ci_QP" in fit and "error" not in fit["tau2_ci_QP"]
]
PROFILES = [(name, method) for name, method in CASES if method in ("ML", "REML")]


def check(found: Heterogeneity, expected: dict[str, Any], rel: float) -> None:
    rows = ("tau^2", "tau", "I^2(%)", "H^2")
    assert expected["rows"] == list(rows)
    ours = (
        (found.tau2, found.tau2_low, found.tau2_high),
        (np.sqrt(found.tau2), found.tau_low, found.tau_high),
        (found.i2, found.i2_low, found.i2_high),
        (found.h2, found.h2_low, found.h2_high),
    )
    for at, (value, low, high) in enumerate(ours):
        floor = 1e-6 if at == 1 else 1e-9  # a root of metafor's 1e-13 above the boundary
        assert value == pytest.approx(expected["estimate"][at], rel=1e-8, abs=floor)
        assert low == pytest.approx(float(expected["lower"][at]), rel=rel, abs=floor)
        assert high == pytest.approx(float(expected["upper"][at]), rel=rel, abs=floor)


@pytest.mark.parametrize(("name", "method"), CASES)
def test_q_profile_is_metafors(name: str, method: str) -> None:
    outcome = RMA[name]
    fit = fit_effects(outcome["yi"], outcome["vi"], method=cast("Method", method))
    expected = outcome["fits"][method]
    check(heterogeneity(fit), expected["tau2_ci_QP"], 1e-8)
    assert heterogeneity(fit).se == pytest.approx(expected["se_tau2"], rel=1e-8)


@pytest.mark.parametrize(("name", "method"), PROFILES)
def test_profile_likelihood_is_metafors(name: str, method: str) -> None:
    outcome = RMA[name]
    fit = fit_effects(outcome["yi"], outcome["vi"], method=cast("Method", method))
    found = heterogeneity(fit, interval="profile likelihood")
    check(found, outcome["fits"][method]["tau2_ci_PL"], 1e-7)


def test_a_moment_estimator_has_no_likelihood_interval() -> None:
    fit = fit_effects([0.1, 0.6, 0.9], [0.04, 0.05, 0.03], method="DL")
    with pytest.raises(InputError, match="does not maximise a likelihood"):
        heterogeneity(fit, interval="profile likelihood")


@pytest.mark.parametrize("model", ["common", "random"])
def test_one_effect_has_no_heterogeneity(model: Any) -> None:
    with pytest.raises(InputError, match="no variance between true effects"):
        heterogeneity(fit_effects([0.1], [0.04], model=model))


def test_effects_that_are_too_alike_say_so() -> None:
    found = heterogeneity(fit_effects([0.5] * 6, [0.1] * 6))
    assert (found.tau2_low, found.tau2_high) == (0, 0)
    assert found.reason is not None
