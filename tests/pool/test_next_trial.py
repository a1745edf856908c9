"""What one more trial changes: by formula, beside R's power, and by simulation of the truth."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from perdure.errors import InputError
from perdure.pool import pool
from perdure.pool.checks.next_trial import next_trial
from perdure.pool.checks.planned_trial import patients_per_arm, planned_variance
from perdure.pool.checks.power import pooled_power
from perdure.pool.checks.trials_needed import trials_for_half_width
from perdure.pool.models.random_effects import Test
from perdure.records.next_trial import NextTrial

HERE = Path(__file__).parents[1] / "reference" / "pool"
R: list[dict[str, float]] = json.loads((HERE / "power.json").read_text(encoding="utf-8"))
close = pytest.approx
Y, V = [0.1, 0.6, 0.9, 0.4, 0.55], [0.04, 0.05, 0.03, 0.02, 0.06]


def test_a_common_effect_by_formula() -> None:
    # the updated effect is (W mu + w y) / (W + w), linear in y: everything has a closed form
    found = next_trial(Y, V, 0.03, model="common", true_effect=0.2)
    weight, new = sum(1 / np.array(V)), 1 / 0.03
    mean = float(np.array(Y) @ (1 / np.array(V)) / weight)
    spread = np.sqrt(1 / weight + 0.03)
    z = ndtri(0.975)
    assert found.now.estimate == close(mean, rel=1e-12)
    assert [found.estimate_low, found.estimate_high] == close(
        [mean - z * spread, mean + z * spread]
    )
    assert [found.true_low, found.true_high] == close([found.now.ci_low, found.now.ci_high])
    after = new / (weight + new) * spread
    assert found.updated_median == close(mean, rel=1e-9)
    assert [found.updated_low, found.updated_high] == close([mean - z * after, mean + z * after])
    assert found.half_width_median == close(z / np.sqrt(weight + new), rel=1e-9)
    # above 0 where y exceeds (z sqrt(W + w) - W mu) / w
    edge = (z * np.sqrt(weight + new) - weight * mean) / new
    assert found.chance_above == close(float(ndtr((mean - edge) / spread)), rel=1e-9)
    assert found.chance_change == close(1 - found.chance_above)
    assert found.chance_sign == close(
        float(ndtr((-weight * mean / new - mean) / spread)), abs=1e-12
    )
    assert found.conditional_power == close(float(ndtr((0.2 - edge) / np.sqrt(0.03))), rel=1e-9)


def test_equal_precision_is_a_one_sample_t_test_by_formula() -> None:
    # Hartung-Knapp with equal variances is the t interval of the plain effects, whatever tau2 is
    y, v = np.array([0.9, -0.2, 0.7, 0.5, -0.1]), 0.05
    found = next_trial(y, [v] * 5, v)
    scale = np.sqrt(found.now.se**2 + found.tau2 + v)
    assert found.now.se == close(y.std(ddof=1) / np.sqrt(5), rel=1e-9)
    u = (np.arange(200_000) + 0.5) / 200_000
    outcome = y.mean() + scale * stdtrit(4, u)
    mean = (y.sum() + outcome) / 6
    square = ((y**2).sum() + outcome**2 - 6 * mean**2) / 5
    half = stdtrit(5, 0.975) * np.sqrt(square / 6)
    assert found.chance_above == close(float((mean > half).mean()), abs=1e-5)
    assert found.chance_below == close(float((mean < -half).mean()), abs=1e-5)
    assert found.chance_sign == close(float((mean < 0).mean()), abs=1e-5)
    assert found.half_width_median == close(float(np.median(half)), rel=1e-3)
    ends = [found.updated_low, found.updated_median, found.updated_high]
    assert ends == close(np.quantile(mean, [0.025, 0.5, 0.975]).tolist(), rel=1e-4)
    supposed = found.true_effect + np.sqrt(found.tau2 + v) * ndtri(u)
    mean = (y.sum() + supposed) / 6
    square = ((y**2).sum() + supposed**2 - 6 * mean**2) / 5
    power = (mean > stdtrit(5, 0.975) * np.sqrt(square / 6)).mean()
    assert found.conditional_power == close(float(power), abs=1e-5)


def simulated(found: NextTrial, test: Test, rng: np.random.Generator) -> dict[str, float]:
    """The same answers from draws of the new trial and refits."""
    n = 1500
    scale = np.sqrt(found.now.se**2 + found.tau2 + found.planned_v)
    draws = rng.standard_normal(n) if found.now.df is None else rng.standard_t(found.now.df, n)
    after = [
        pool([*Y, y], [*V, found.planned_v], test=test).coefficients[0]
        for y in (found.now.estimate + scale * draws).tolist()
    ]
    return {
        "above": float(np.mean([c.ci_low > 0 for c in after])),
        "sign": float(np.mean([c.estimate < 0 for c in after])),
        "median": float(np.median([c.estimate for c in after])),
        "half": float(np.median([c.ci_high - c.ci_low for c in after]) / 2),
    }


@pytest.mark.parametrize("test", ["z", "knha"])
def test_random_effects_by_simulation(test: Test) -> None:
    found = next_trial(Y, V, 0.04, test=test)
    seen = simulated(found, test, np.random.default_rng(3))
    for share, chance in ((seen["above"], found.chance_above), (seen["sign"], found.chance_sign)):
        assert share == close(chance, abs=4 * np.sqrt(max(chance * (1 - chance), 1e-4) / 1500))
    assert seen["median"] == close(found.updated_median, abs=0.02)
    assert seen["half"] == close(found.half_width_median, rel=0.05)


@pytest.mark.parametrize("other", [0.85, 0.96, 0.9625])
def test_a_narrow_window_of_outcomes_is_found(other: float) -> None:
    # three equal variances: t exceeds 4.303 for outcomes in a window about the mean only
    y = np.array([0.40, other])
    found = next_trial(y, [0.001] * 2, 0.001)
    edges = np.linspace(0.3, 1.0, 400_001)
    mean = (y.sum() + edges) / 3
    se = np.sqrt(((y**2).sum() + edges**2 - 3 * mean**2) / 2 / 3)
    inside = edges[mean > stdtrit(2, 0.975) * se]
    scale = np.sqrt(found.now.se**2 + found.tau2 + 0.001)
    ends = stdtr(1, (inside[[0, -1]] - y.mean()) / scale)
    assert 0.001 < ends[1] - ends[0] < 0.4
    assert found.chance_above == close(float(ends[1] - ends[0]), abs=2e-5)


def test_a_mirror_image_has_mirrored_chances() -> None:
    found, mirror = next_trial(Y, V, 0.04), next_trial([-y for y in Y], V, 0.04)
    assert mirror.chance_below == close(found.chance_above, rel=1e-7)
    assert mirror.chance_above == close(found.chance_below, rel=1e-6, abs=1e-9)
    assert mirror.chance_sign == close(found.chance_sign, rel=1e-7)
    assert mirror.conditional_power == close(found.conditional_power, rel=1e-7)
    assert mirror.updated_low == close(-found.updated_high, rel=1e-7)


def test_a_huge_common_trial_decides_and_a_tiny_one_changes_nothing() -> None:
    huge = next_trial(Y, V, 1e-6, model="common", true_effect=0.1)
    assert huge.conditional_power == close(1.0)
    tiny = next_trial(Y, V, 1e6, model="common")
    assert tiny.half_width_median == close(tiny.half_width_now, rel=1e-6)
    assert tiny.chance_change == close(0.0, abs=1e-6)
    assert "excludes 0" in tiny.sentence


@pytest.mark.parametrize("case", R)
def test_power_of_equal_precision_is_rs_one_sample_t(case: dict[str, float]) -> None:
    v = 0.04
    found = pooled_power(
        case["effect"], [v] * int(case["k"]), tau2=case["sd"] ** 2 - v, test="knha"
    )
    assert found.power == close(case["power"], rel=1e-7)


def test_power_by_hand() -> None:
    # Hedges and Pigott's formula: lambda = 0.2 / sqrt(0.0804 / 10) = 2.2305
    found = pooled_power(0.2, [0.0804] * 10)
    expected = ndtr(2.230496 - 1.959964) + ndtr(-2.230496 - 1.959964)
    assert found.power == close(float(expected), rel=1e-5)
    assert pooled_power(-0.2, [0.0804] * 10).power == close(found.power)
    for test in ("z", "knha"):
        assert pooled_power(0.0, V, test=test, level=0.9).power == close(0.1, rel=1e-9)


@pytest.mark.parametrize("test", ["z", "t", "knha", "adhoc"])
def test_power_by_simulation_with_tau2_known(test: Test) -> None:
    tau2, effect, n = 0.06, 0.3, 40_000
    v = np.array([0.02, 0.05, 0.1, 0.03, 0.2, 0.08])
    y = effect + np.sqrt(v + tau2) * np.random.default_rng(5).standard_normal((n, 6))
    weight = 1 / (v + tau2)
    mean = y @ weight / weight.sum()
    factor = ((y - mean[:, None]) ** 2 @ weight) / 5
    scale = {"knha": factor, "adhoc": np.maximum(factor, 1)}.get(test, np.ones(n))
    quantile = ndtri(0.975) if test == "z" else stdtrit(5, 0.975)
    share = float((np.abs(mean) > quantile * np.sqrt(scale / weight.sum())).mean())
    found = pooled_power(effect, v, tau2=tau2, test=test)
    assert found.power == close(share, abs=4 * np.sqrt(0.25 / n))


def test_power_with_tau2_estimated_is_near() -> None:
    rng = np.random.default_rng(11)
    v = np.tile([0.02, 0.05, 0.1, 0.03], 4)
    n, tau2, effect = 600, 0.06, 0.25
    y = effect + np.sqrt(v + tau2) * rng.standard_normal((n, v.size))
    share = np.mean([pool(row, v).coefficients[0].p < 0.05 for row in y])
    assert pooled_power(effect, v, tau2=tau2, test="knha").power == close(share, abs=0.06)


def test_trials_needed_by_formula() -> None:
    found = trials_for_half_width(Y, V, 0.03, 0.15, test="z")
    pooled = pool(Y, V, test="z")
    assert pooled.tau2 is not None
    weight = float((1 / (np.array(V) + pooled.tau2)).sum())
    lacking = (ndtri(0.975) / 0.15) ** 2 - weight
    assert found.n_trials == int(np.ceil(lacking * (0.03 + pooled.tau2)))
    assert found.half_width_reached <= 0.15
    fewer = weight + (found.n_trials - 1) / (0.03 + pooled.tau2)
    assert ndtri(0.975) / np.sqrt(fewer) > 0.15


def test_one_trial_that_is_large_enough() -> None:
    found = trials_for_half_width(Y, V, 0.03, 0.155, model="common")
    assert found.single_v is not None
    # adding it brings the interval to the width wanted
    after = pool([*Y, 0.3], [*V, found.single_v], model="common").coefficients[0]
    assert (after.ci_high - after.ci_low) / 2 == close(0.155, rel=1e-9)
    assert patients_per_arm(found.single_v, 0.3, 0.15) > 1
    assert trials_for_half_width(Y, V, 0.03, 5.0).n_trials == 0
    assert "any size" in str(trials_for_half_width(Y, V, 0.03, 5.0).reason)
    assert "no single trial is large enough" in str(trials_for_half_width(Y, V, 0.03, 0.1).reason)
    t = trials_for_half_width(Y, V, 0.03, 0.1)
    assert t.n_trials > trials_for_half_width(Y, V, 0.03, 0.2).n_trials > 0
    assert stdtr(4 + t.n_trials, 1.96) < 0.975


def test_planned_variance_by_hand() -> None:
    # 1 / (n p (1 - p)) on the log odds; (1 - p) / (n p) on the log; half of them lost doubles it
    odds = planned_variance(0.3, 0.2, 50, 80)
    assert odds == close(1 / (50 * 0.21) + 1 / (80 * 0.16))
    ratio = planned_variance(0.3, 0.2, 50, 80, measure="log ratio")
    assert ratio == close(0.7 / (50 * 0.3) + 0.8 / (80 * 0.2))
    plain = planned_variance(0.3, 0.2, 50, 80, measure="difference", information=0.5)
    assert plain == close(2 * (0.21 / 50 + 0.16 / 80))
    angle = planned_variance(0.3, 0.2, 50, 80, measure="arcsine difference")
    assert angle == close(0.25 / 50 + 0.25 / 80)
    n = patients_per_arm(odds, 0.3, 0.2)
    assert planned_variance(0.3, 0.2, n, n) <= odds < planned_variance(0.3, 0.2, n - 1, n - 1)


def test_effects_that_say_almost_nothing_of_their_spread() -> None:
    equal = next_trial([0.5, 0.5, 0.5], [0.1, 0.2, 0.1], 0.1)
    assert equal.half_width_now == 0
    assert 0 <= equal.chance_change <= 1
    assert equal.true_low == equal.true_high == close(0.5)
    two = next_trial([0.2, 0.9], [0.05, 0.08], 0.05)  # t on one degree of freedom
    assert two.estimate_low < -3 < 4 < two.estimate_high
    # even a third effect between the two leaves mean / (sd / sqrt(3)) near 2.7, below t = 4.3
    assert two.chance_above == two.chance_below == 0
    assert two.updated_low < two.updated_median < two.updated_high


def test_bad_input() -> None:
    with pytest.raises(InputError, match="One effect says nothing"):
        next_trial([0.1], [0.1], 0.1)
    with pytest.raises(InputError, match="planned variance is not a positive"):
        next_trial(Y, V, 0.0)
    with pytest.raises(InputError, match="true effect is not a finite"):
        next_trial(Y, V, 0.1, true_effect=float("nan"))
    with pytest.raises(InputError, match="One effect says nothing"):
        trials_for_half_width([0.1], [0.1], 0.1, 0.1)
    with pytest.raises(InputError, match="half-width is not a positive"):
        trials_for_half_width(Y, V, 0.1, -1)
    with pytest.raises(InputError, match="out of reach"):
        trials_for_half_width(Y, V, 0.1, 1e-8)
    with pytest.raises(InputError, match="strictly between 0 and 1"):
        planned_variance(0.0, 0.5, 10, 10)
    with pytest.raises(InputError, match="no patients"):
        planned_variance(0.5, 0.5, 0, 10)
    with pytest.raises(InputError, match="share of information"):
        patients_per_arm(0.1, 0.5, 0.5, information=2)
    with pytest.raises(InputError, match="variance is not a positive"):
        patients_per_arm(0.0, 0.5, 0.5)
    with pytest.raises(InputError, match="no t distribution"):
        pooled_power(0.1, [0.1], test="knha")
    with pytest.raises(InputError, match="Tau2 is not 0"):
        pooled_power(0.1, [0.1], tau2=-1)
    with pytest.raises(InputError, match="not a positive number"):
        pooled_power(0.1, [0.0])
