import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool.effects.contrast_effects import (
    CONTRASTS,
    ContrastMeasure,
    contrast_effect,
    contrast_effects,
)
from perdure.pool.effects.effect import logit_effect
from perdure.pool.effects.scales import SCALES, effective_size, harmonic_mean

HERE = Path(__file__).parents[1] / "reference" / "pool"
BACK = json.loads((HERE / "escalc.json").read_text(encoding="utf-8"))["back_transforms"]
N = 60.0

names = st.sampled_from(sorted(SCALES))
inside = st.floats(1e-6, 1 - 1e-6)
close = pytest.approx


def test_the_registry() -> None:
    assert list(SCALES) == ["logit", "log-log", "arcsine", "double arcsine", "plain", "log"]
    assert all(SCALES[name].name == name for name in SCALES)
    assert [name for name in SCALES if SCALES[name].needs_size] == ["double arcsine"]
    assert [name for name in SCALES if not SCALES[name].increasing] == ["log-log"]


@given(names, inside)
def test_back_undoes_the_scale(name: str, p: float) -> None:
    scale = SCALES[name]
    assert scale.back(scale.value(p, N), N) == close(p, rel=1e-7, abs=1e-9)


@given(names, st.floats(0.001, 0.999))
def test_slope_is_the_derivative(name: str, p: float) -> None:
    scale, h = SCALES[name], 1e-6 * min(p, 1 - p)
    numeric = (scale.value(p + h, N) - scale.value(p - h, N)) / (2 * h)
    assert scale.slope(p, N) == close(numeric, rel=1e-5)
    assert (scale.slope(p, N) > 0) == scale.increasing


@given(names, inside, inside)
def test_scales_are_monotone(name: str, one: float, other: float) -> None:
    scale, (low, high) = SCALES[name], sorted((one, other))
    first, second = scale.value(low, N), scale.value(high, N)
    assert (first <= second) if scale.increasing else (first >= second)


@given(names, st.floats(-5, 5), st.floats(0, 5))
def test_limits_are_in_order_and_proportions(name: str, low: float, width: float) -> None:
    back = SCALES[name].limits(low, low + width, N)
    assert 0 <= back[0] <= back[1] <= 1


@pytest.mark.parametrize("name", ["logit", "log-log", "arcsine", "plain", "log"])
def test_variance_is_what_simulated_proportions_show(name: str) -> None:
    draws = np.random.default_rng(5).normal(0.3, 0.005, 40_000).tolist()
    values = [SCALES[name].value(p) for p in draws]
    assert SCALES[name].effect(0.3, 0.005).se == close(float(np.std(values)), rel=0.02)


def test_variance_of_double_arcsine_is_what_simulated_counts_show() -> None:
    counts = np.random.default_rng(6).binomial(100, 0.3, 40_000)
    values = [SCALES["double arcsine"].value(x / 100, 100.0) for x in counts.tolist()]
    effect = SCALES["double arcsine"].effect(0.3, math.sqrt(0.3 * 0.7 / 100))
    assert effect.v == close(1 / 402, rel=1e-12)
    assert effect.v == close(float(np.var(values)), rel=0.03)


def test_back_transforms_are_metafors() -> None:
    logit = [SCALES["logit"].back(y) for y in BACK["logit_x"]]
    assert logit == close(BACK["ilogit"], rel=1e-12)
    double = SCALES["double arcsine"]
    back = [double.back(y, n) for y, n in zip(BACK["pft_x"], BACK["pft_n"], strict=True)]
    assert back == close(BACK["ipft"], rel=1e-12)
    mean = harmonic_mean(BACK["pft_n"])
    assert [double.back(y, mean) for y in BACK["pft_x"]] == close(BACK["ipft_hm"], rel=1e-12)
    arcsine = [SCALES["arcsine"].back(y) for y in BACK["pft_x"]]
    assert arcsine == close(BACK["iarcsin"], rel=1e-12)


def test_the_known_trouble_of_the_double_arcsine() -> None:
    # Schwarzer 2019: sizes that differ much put the pooled proportion where no arm is; all are 0
    sizes, scale = [16, 20_000], SCALES["double arcsine"]
    values = [scale.value(0.0, n) for n in sizes]
    pooled = float(np.mean(values))
    assert scale.back(pooled, sizes[1]) > 0.003
    assert scale.back(pooled, harmonic_mean(sizes)) == 0


def test_logit_is_that_of_logit_effect() -> None:
    ours, before = SCALES["logit"].effect(0.17, 0.03), logit_effect(0.17, 0.03)
    assert (ours.y, ours.v) == close((before.y, before.v), rel=1e-14)


def test_log_log_by_hand() -> None:
    effect = SCALES["log-log"].effect(math.exp(-1), 0.1)
    assert effect.y == close(0, abs=1e-15)
    assert effect.se == close(0.1 * math.e, rel=1e-14)


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_ends_have_a_value_where_the_scale_says_so(name: str, p: float) -> None:
    scale = SCALES[name]
    if scale.allows_one if p else scale.allows_zero:
        assert math.isfinite(scale.effect(p, 0.1, N).y)
        assert scale.back(scale.value(p, N), N) == close(p, abs=1e-15)
    else:
        with pytest.raises(InputError, match=f"on the {name} scale must lie between"):
            scale.effect(p, 0.1, N)


@pytest.mark.parametrize("name", ["arcsine", "double arcsine"])
def test_a_zero_without_a_size_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="effective number of patients"):
        SCALES[name].effect(0.0, None)


@pytest.mark.parametrize("se", [0.0, -1.0, math.nan, math.inf, None])
@pytest.mark.parametrize("name", SCALES)
def test_an_error_that_is_none_is_refused(name: str, se: float | None) -> None:
    with pytest.raises(InputError, match="not a positive number"):
        SCALES[name].effect(0.4, se)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
@pytest.mark.parametrize("name", SCALES)
def test_what_is_no_proportion_is_refused(name: str, p: float) -> None:
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        SCALES[name].value(p, N)


def test_sizes_that_are_none() -> None:
    with pytest.raises(InputError, match="needs an effective number"):
        SCALES["double arcsine"].back(0.4)
    with pytest.raises(InputError, match="not a positive number"):
        SCALES["double arcsine"].back(0.4, 0.0)
    with pytest.raises(InputError, match="positive numbers"):
        harmonic_mean([])
    with pytest.raises(InputError, match="positive numbers"):
        harmonic_mean([3, 0])
    with pytest.raises(InputError, match="missing"):
        SCALES["logit"].back(math.nan)
    with pytest.raises(InputError, match="cannot be had"):
        effective_size(0.0, 0.1)


def arms() -> dict[str, dict[str, str]]:
    with (HERE / "design_42_arms.csv").open(encoding="utf-8") as lines:
        return {row["arm_id"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    ("measure", "y", "v"),
    [
        ("log odds ratio", "yi", "vi"),
        ("difference", "rd", "rd_vi"),
        ("log ratio", "rr", "rr_vi"),
    ],
)
def test_contrasts_are_those_of_the_design(measure: ContrastMeasure, y: str, v: str) -> None:
    table = arms()
    controls = {row["trial"]: row for row in table.values() if row["class"] == "control"}
    with (HERE / "design_contrasts.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 20
    for row in rows:
        pair = [table[row["arm_id"]], controls[row["trial"]]]
        p = [float(arm["p"]) for arm in pair]
        n = [float(arm["n_effective"]) for arm in pair]
        se = [math.sqrt(x * (1 - x) / size) for x, size in zip(p, n, strict=True)]
        effect = contrast_effect(p[0], se[0], p[1], se[1], measure=measure)
        assert effect.y == close(float(row[y]), rel=1e-10)
        assert effect.v == close(float(row[v]), rel=1e-10)


def test_a_shared_control_is_the_covariance_of_contrasts() -> None:
    p, se = np.array([0.2, 0.35, 0.5]), np.array([0.05, 0.06, 0.07])
    y, v = contrast_effects(p, np.diag(se**2))
    assert v[0, 1] == v[1, 0] == close((0.05 / 0.16) ** 2, rel=1e-12)
    assert y.tolist() == close([math.log(35 / 65 * 4), math.log(4)], rel=1e-12)


def test_arcsine_difference_by_hand() -> None:
    effect = contrast_effect(0.5, 0.1, 0.25, 0.05, measure="arcsine difference", covariance=0.001)
    slope = 1 / (2 * math.sqrt(0.1875))
    assert effect.y == close(math.pi / 4 - math.pi / 6, rel=1e-12)
    assert effect.v == close(0.01 + slope**2 * 0.0025 - 2 * slope * 0.001, rel=1e-12)


@given(
    st.sampled_from(sorted(CONTRASTS)),
    st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
    st.tuples(st.floats(0.01, 0.2), st.floats(0.01, 0.2)),
    st.floats(-0.99, 0.99),
)
def test_exchanging_the_arms_turns_the_sign(
    measure: ContrastMeasure, p: tuple[float, float], se: tuple[float, float], r: float
) -> None:
    covariance = r * se[0] * se[1]
    one = contrast_effect(p[0], se[0], p[1], se[1], measure=measure, covariance=covariance)
    other = contrast_effect(p[1], se[1], p[0], se[0], measure=measure, covariance=covariance)
    assert one.y == close(-other.y, abs=1e-12)
    assert one.v == close(other.v, rel=1e-9)


def test_variance_with_covariance_is_what_simulated_arms_show() -> None:
    covariance = np.array([[0.0004, -0.0002], [-0.0002, 0.0009]])
    draws = np.random.default_rng(8).multivariate_normal([0.3, 0.5], covariance / 25, 100_000)
    ratios = np.log(draws[:, 1] / draws[:, 0])
    _, v = contrast_effects([0.3, 0.5], covariance / 25, measure="log ratio")
    assert v[0, 0] == close(float(ratios.var()), rel=0.02)


@pytest.mark.parametrize(
    ("p", "covariance", "options", "said"),
    [
        ([0.2, 0.3], [[0.01, 0.02], [0.02, 0.01]], {}, "larger than their standard errors"),
        ([0.2, 0.3], [[0.01, 0.001], [0.0, 0.01]], {}, "larger than their standard errors"),
        ([0.2, 0.3], [[0.0, 0.0], [0.0, 0.01]], {}, "not a positive number"),
        ([0.2, 0.2], [[0.01, 0.01], [0.01, 0.01]], {}, "variance of a contrast is not positive"),
        ([0.2, 0.3], [[0.01]], {}, "do not fit"),
        ([0.2], [[0.01]], {}, "do not fit"),
        ([0.2, 0.0], [[0.01, 0.0], [0.0, 0.01]], {}, "logit scale"),
        (
            [0.2, 0.0],
            [[0.01, 0.0], [0.0, 0.01]],
            {"measure": "arcsine difference"},
            "0 or 1 has no error",
        ),
        ([0.2, 0.3], [[0.01, 0.0], [0.0, 0.01]], {"measure": "hazard"}, "unknown measure"),
        ([0.2, 0.3], [[0.01, 0.0], [0.0, 0.01]], {"control": 2}, "no such control"),
    ],
)
def test_bad_contrasts_are_refused(
    p: list[float], covariance: list[list[float]], options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        contrast_effects(p, covariance, **options)  # type: ignore[arg-type]
