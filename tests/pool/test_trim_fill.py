"""Trim and fill is metafor's; with REML it is metafor's when that converges further."""

import json
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool import Fit, Method, fit_effects
from perdure.pool.checks.trim_fill import trim_fill
from perdure.pool.models.least_squares import log_likelihood, weighted_least_squares
from perdure.records import Floats
from perdure.records.small_study import TrimFill, TrimFillEstimator

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
SMALL: dict[str, Any] = json.loads((HERE / "small_study.json").read_text(encoding="utf-8"))
ESTIMATORS = get_args(TrimFillEstimator)
MODELS = ["hackshaw_REML", "hackshaw_DL", "hackshaw_FE", "bcg_RR_REML"]

close = pytest.approx


def fit_of(name: str) -> Fit:
    data = RMA["bcg_RR" if name.startswith("bcg") else "hackshaw1998"]
    method = name.rsplit("_", maxsplit=1)[1]
    return fit_effects(
        data["yi"],
        data["vi"],
        model="common" if method == "FE" else "random",
        method=cast("Method", "REML" if method == "FE" else method),
        test="z",
    )


def check(found: TrimFill, expected: dict[str, Any], rel: float) -> None:
    assert found.pooled is not None
    assert found.pooled.tau2 is not None
    mean = found.pooled.coefficients[0]
    assert (found.side, found.k0, found.k0_p) == tuple(expected[n] for n in ("side", "k0", "p_k0"))
    assert found.k0_se == close(expected["se_k0"], rel=1e-9)
    assert [mean.estimate, mean.se] == close([expected["beta"], expected["se"]], rel=rel)
    ends = [expected["ci_lower"], expected["ci_upper"]]
    assert [mean.ci_low, mean.ci_high] == close(ends, rel=rel)
    assert found.pooled.tau2 == close(expected["tau2"], rel=rel)
    assert [point.y for point in found.filled] == close(expected["filled_y"], rel=rel)
    assert [point.se**2 for point in found.filled] == close(expected["filled_v"], rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("name", ["hackshaw_DL", "hackshaw_FE"])
def test_trim_and_fill_is_metafors(name: str, estimator: TrimFillEstimator) -> None:
    check(trim_fill(fit_of(name), estimator=estimator), SMALL[name]["trimfill"][estimator], 1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("name", ["hackshaw_REML", "bcg_RR_REML"])
def test_trim_and_fill_by_reml_is_metafors(name: str, estimator: TrimFillEstimator) -> None:
    """metafor's inner fits stop at a step of 1e-5 of tau2: the likelihood is not below theirs."""
    expected = SMALL[name]["trimfill"][estimator]
    found = trim_fill(fit_of(name), estimator=estimator)
    check(found, expected, 1e-5)
    assert found.pooled is not None
    data = fit_of(name)
    y = np.append(data.y, [point.y for point in found.filled])
    v = np.append(data.v, [point.se**2 for point in found.filled])
    ones = np.ones((y.size, 1))
    theirs = weighted_least_squares(y, ones, v + expected["tau2"])
    assert found.pooled.log_likelihood >= log_likelihood(theirs, ones, restricted=True) - 1e-12


# rma() of metafor 3.8-1 on the trimmed and the filled effects, control = list(threshold = 1e-13)
TIGHT = {
    "hackshaw_REML": (
        [
            *(-0.3600969541032, -0.3845480499674, -0.4131214224115, -0.4271076643862),
            *(-0.4767792741834, -0.5071503720597, -0.5930928018605),
        ],
        (0.17447111041238, 0.04843174172026, 0.02445576043816),
    ),
    "bcg_RR_REML": ([0.3104030240291], (-0.6570827834878, 0.1785283801319, 0.3312876334395)),
}


@pytest.mark.parametrize("name", TIGHT)
def test_trim_and_fill_by_reml_is_metafors_when_that_converges(name: str) -> None:
    found = trim_fill(fit_of(name))
    filled, (estimate, se, tau2) = TIGHT[name]
    assert [point.y for point in found.filled] == close(filled, rel=1e-9)
    assert found.pooled is not None
    mean = found.pooled.coefficients[0]
    assert [mean.estimate, mean.se, found.pooled.tau2] == close([estimate, se, tau2], rel=1e-9)


def test_names_of_what_is_mirrored() -> None:
    names = [f"t{at + 1}" for at in range(13)]
    found = trim_fill(fit_of("bcg_RR_REML"), names=names)
    y = fit_of("bcg_RR_REML").y
    assert [point.name for point in found.filled] == [f"mirror image of t{np.argmin(y) + 1}"]
    assert found.sentence == (
        "1 effect seems to be missing on the right; with the mirror image the mean is -0.657 in"
        " place of -0.715."
    )
    none = trim_fill(fit_of("bcg_RR_REML"), estimator="R0")
    assert none.sentence == "No effect seems to be missing on the right."
    assert none.filled == ()


arrays = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.01, 1)),
    min_size=4,
    max_size=12,
    unique_by=lambda t: t[0],
).map(lambda pairs: tuple(np.array(column) for column in zip(*pairs, strict=True)))


@settings(deadline=None, max_examples=40)
@given(arrays, st.sampled_from(ESTIMATORS))
def test_a_funnel_and_its_mirror_image(
    effects: tuple[Floats, Floats], estimator: TrimFillEstimator
) -> None:
    y, v = effects
    left = trim_fill(fit_effects(y, v, method="DL"), estimator=estimator, side="left")
    right = trim_fill(fit_effects(-y, v, method="DL"), estimator=estimator, side="right")
    assert (left.k0, left.reason) == (right.k0, right.reason)
    if left.pooled is None or right.pooled is None:
        assert left.reason
        return
    assert left.k0_se == close(right.k0_se)
    mean, mirrored = (found.pooled.coefficients[0] for found in (left, right) if found.pooled)
    assert mean.estimate == close(-mirrored.estimate, abs=1e-9)
    assert mean.se == close(mirrored.se)
    assert left.pooled.n_effects == y.size + len(left.filled)


def test_trouble_has_reasons() -> None:
    for k in (1, 2):
        found = trim_fill(fit_effects([0.1, 0.4][:k], [0.04, 0.09][:k]))
        assert found.reason == f"{k} effects are too few: 3 are needed"
        assert found.pooled is None
        assert found.k0 is None
    same = trim_fill(fit_effects([0.3] * 5, [0.04, 0.01, 0.09, 0.02, 0.2]))
    assert same.reason == "all effects are equal: no side differs from the other"
    level = fit_effects([-0.1, 0.0, 0.1, 1.0, 1.1], [0.04] * 5)
    found = trim_fill(level)
    assert (found.side, found.k0) == (None, None)
    assert found.sentence == (
        "No trim and fill: all standard errors are equal: the side cannot be told; say which it is."
    )


def test_one_missing_by_hand() -> None:
    """Ranks 4 and 5 lie above the mean: L0 = (4 x 9 - 30) / 9; above the trimmed mean, too."""
    fit = fit_effects([-0.1, 0.0, 0.1, 1.0, 1.1], [0.04] * 5)
    told = trim_fill(fit, side="left")
    assert told.k0 == 1
    assert told.filled[0].y == close(0.5 - 1.1)
    assert told.pooled is not None
    assert told.pooled.coefficients[0].estimate == close(0.25)


def test_options_that_cannot_be() -> None:
    fit = fit_of("hackshaw_DL")
    with pytest.raises(InputError, match="Unknown estimator"):
        trim_fill(fit, estimator=cast("TrimFillEstimator", "S0"))
    with pytest.raises(InputError, match="Unknown side"):
        trim_fill(fit, side=cast("Any", "up"))
