"""Contrasts, profiles and stratified contrasts against formulas written out and simulation."""

from collections.abc import Callable
from math import erfc, exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable import (
    Stratum,
    durability_profile,
    durable_response,
    durable_trial,
    stratified,
)
from perdure.errors import InputError
from perdure.records import Contrast, NotEstimable, Patients, Proportion
from perdure.survival import thomas_grunkemeier


def arm(seed: int, n: int = 200, scale: float = 10.0, shape: float = 1.0) -> Patients:
    random = np.random.default_rng(seed)
    time, end = scale * random.weibull(shape, n), random.uniform(60, 100, n)
    return Patients(np.minimum(time, end), time <= end)


ARMS = {"t": arm(1, scale=16), "c": arm(2)}
PAIR = {"t": "c"}


def test_limits_of_a_difference_recover_the_arms_own() -> None:
    """Zou and Donner 2008, equations for a difference of correlated estimates, by hand."""
    found = durable_trial(ARMS, k=2, reference="control", comparators=PAIR)
    a, b = (one.estimate for one in found.responses)
    pair = found.contrasts[0]
    assert isinstance(a, Proportion)
    assert isinstance(b, Proportion)
    assert a.se is not None
    assert b.se is not None
    assert pair.se is not None
    assert pair.difference is not None
    rho = (a.se**2 + b.se**2 - pair.se**2) / (2 * a.se * b.se)
    down, up = a.value - a.ci_low, b.ci_high - b.value
    low = pair.difference - sqrt(down**2 + up**2 - 2 * rho * down * up)
    assert pair.ci_low == pytest.approx(low, rel=1e-9)
    down, up = log(a.ci_high / a.value), log(b.value / b.ci_low)
    high = log(a.value / b.value) + sqrt(down**2 + up**2 - 2 * rho * down * up)
    assert pair.ratio_high == pytest.approx(exp(high), rel=1e-9)
    odds = a.value / (1 - a.value) * (1 - b.value) / b.value
    assert pair.odds_ratio == pytest.approx(odds, rel=1e-12)
    assert pair.nnt == pytest.approx(1 / pair.difference)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from(["own", "control", "trial"]))
def test_p_value_and_interval_agree(seed: int, reference: str) -> None:
    arms = {"t": arm(seed, 60, 14), "c": arm(seed + 1, 60)}
    pair = durable_trial(
        arms,
        k=2,
        reference=reference,  # type: ignore[arg-type]
        comparators=PAIR,
    ).contrasts[0]
    if pair.p_value is None or pair.ci_low is None or pair.ci_high is None:
        return
    assert (pair.p_value < 0.05) == (pair.ci_low > 0 or pair.ci_high < 0)
    level = 1 - pair.p_value
    if 1e-9 < level < 1 - 1e-9:
        touching = durable_trial(
            arms,
            k=2,
            reference=reference,  # type: ignore[arg-type]
            comparators=PAIR,
            level=level,
        ).contrasts[0]
        assert touching.ci_low is not None
        assert touching.ci_high is not None
        assert min(abs(touching.ci_low), abs(touching.ci_high)) < 1e-6


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 100_000), st.integers(8, 40), st.sampled_from([1.0, 1.5, 2.0, 3.0]))
def test_intervals_of_a_difference_nest(seed: int, n: int, k: float) -> None:
    """Small correlated arms: a wider level holds a narrower one, and p says which hold 0."""
    arms = {"t": arm(seed, 3 * n, 16), "c": arm(seed + 1, n)}
    low = high = 0.0
    for level in (0.5, 0.8, 0.95, 0.999):
        pair = durable_trial(
            arms, k=k, reference="control", comparators=PAIR, level=level
        ).contrasts[0]
        if pair.ci_low is None or pair.ci_high is None or pair.difference is None:
            return
        if level == 0.5:
            low, high = pair.ci_low, pair.ci_high
        assert pair.ci_low <= min(low, pair.difference) + 1e-3  # widths are tried every 0.1
        assert pair.ci_high >= max(high, pair.difference) - 1e-3
        if pair.p_value is not None:
            assert (pair.p_value < 1 - level) == (pair.ci_low > 0 or pair.ci_high < 0)
        low, high = pair.ci_low, pair.ci_high


@pytest.mark.parametrize("interval", ["plain", "log", "log-log", "logit", "arcsin", "likelihood"])
@pytest.mark.parametrize("seed", [335, 3773, 186, 10])
def test_at_the_median_nothing_is_left_to_vary(interval: str, seed: int) -> None:
    arms = {"t": arm(seed, 60), "c": arm(seed + 1, 20)}
    found = durable_trial(
        arms,
        k=1,
        reference="control",
        comparators=PAIR,
        interval=interval,  # type: ignore[arg-type]
    )
    control = found.responses[1].estimate
    assert isinstance(control, Proportion)
    assert control.se == 0.0
    assert control.ci_low == pytest.approx(control.value, abs=1e-15)
    own = durable_trial(arms, k=1, comparators=PAIR, interval=interval).contrasts[0]  # type: ignore[arg-type]
    assert own.ci_low is not None
    assert own.ci_high is not None
    assert own.ci_low <= (own.difference or 0) <= own.ci_high


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.1, 50))
def test_exchange_and_unit(seed: int, factor: float) -> None:
    """Arms exchanged turn the difference round; the unit of time changes nothing."""
    arms = {"t": arm(seed, 80, 14), "c": arm(seed + 1, 80)}
    there = durable_trial(arms, k=2, reference="trial", comparators={"t": "c"}).contrasts[0]
    back = durable_trial(arms, k=2, reference="trial", comparators={"c": "t"}).contrasts[0]
    if there.difference is None or back.difference is None or there.ci_low is None:
        return
    assert back.difference == pytest.approx(-there.difference, abs=1e-12)
    assert back.ci_high == pytest.approx(-there.ci_low, abs=1e-12)
    longer = {name: Patients(one.time * factor, one.event) for name, one in arms.items()}
    again = durable_trial(longer, k=2, reference="trial", comparators=PAIR).contrasts[0]
    assert again.se == pytest.approx(there.se, rel=1e-6)


def test_an_arm_at_zero_has_a_difference_with_an_interval_and_no_ratio() -> None:
    low = Patients(range(1, 41), [1] * 40)
    found = durable_trial({"t": arm(3), "c": low}, reference="fixed", time=45.0, comparators=PAIR)
    pair = found.contrasts[0]
    assert found.responses[1].status == "zero"
    assert pair.difference is not None
    assert pair.ci_low is not None
    assert pair.se is None
    assert pair.ratio is None
    assert pair.reason is not None
    assert pair.p_value is not None
    assert (pair.p_value < 0.05) == (pair.ci_low > 0)


@pytest.mark.parametrize("kind", ["plain", "log", "log-log", "logit", "arcsin"])
def test_intervals_by_hand(kind: str) -> None:
    found = durable_response(ARMS["c"], k=2, interval=kind).estimate  # type: ignore[arg-type]
    assert isinstance(found, Proportion)
    assert found.se is not None
    p, z = found.value, NormalDist().inv_cdf(0.975)
    scales = {
        "plain": (p, 1.0),
        "log": (log(p), 1 / p),
        "log-log": (log(-log(p)), 1 / (p * log(p))),
        "logit": (log(p / (1 - p)), 1 / (p * (1 - p))),
        "arcsin": (np.arcsin(sqrt(p)), 1 / (2 * sqrt(p * (1 - p)))),
    }
    backs: dict[str, Callable[[float], float]] = {
        "plain": lambda x: x,
        "log": exp,
        "log-log": lambda x: exp(-exp(x)),
        "logit": lambda x: 1 / (1 + exp(-x)),
        "arcsin": lambda x: float(np.sin(x) ** 2),
    }
    centre, slope = scales[kind]
    ends = sorted(backs[kind](centre + sign * z * found.se * slope) for sign in (-1, 1))
    assert (found.ci_low, found.ci_high) == pytest.approx(ends, rel=1e-9)


def test_likelihood_interval_of_a_fixed_time_is_thomas_and_grunkemeier_s() -> None:
    patients = ARMS["c"]
    found = durable_response(patients, reference="fixed", time=12.0, interval="likelihood")
    expected = thomas_grunkemeier(patients.time, patients.event, 12.0)
    assert isinstance(found.estimate, Proportion)
    assert found.estimate.ci_low == pytest.approx(float(expected.low), rel=1e-9)
    assert found.estimate.ci_high == pytest.approx(float(expected.high), rel=1e-9)


def test_thin_arms_have_a_likelihood_interval_beside() -> None:
    found = durable_response(arm(4, 30), k=3).estimate
    assert isinstance(found, Proportion)
    assert found.status == "thin"
    assert found.likelihood_low is not None
    assert found.likelihood_high is not None
    assert 0 <= found.likelihood_low < found.value < found.likelihood_high <= 1


def test_bounds_have_their_own_sampling_error() -> None:
    patients = Patients([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    found = durable_response(patients, k=2).estimate
    assert isinstance(found, NotEstimable)
    assert found.high < found.limit < 1


def test_profile_agrees_with_single_estimates() -> None:
    for reference in ("own", "control", "trial"):
        found = durability_profile(
            ARMS,
            reference=reference,
            comparators=PAIR,
        )
        for at in (5, 20, 30):
            k = found.profiles[0].k[at]
            single = durable_trial(
                ARMS,
                k=k,
                reference=reference,
                comparators=PAIR,
            )
            one = single.responses[0].estimate
            assert isinstance(one, Proportion)
            assert found.profiles[0].proportion[at] == pytest.approx(one.value, rel=1e-12)
            assert found.profiles[0].se[at] == pytest.approx(one.se, rel=1e-9)
            assert found.profiles[0].ci_low[at] == pytest.approx(one.ci_low, rel=1e-9)
            if k in found.contrasts[0].k:
                where = found.contrasts[0].k.index(k)
                assert found.contrasts[0].se[where] == pytest.approx(
                    single.contrasts[0].se, rel=1e-9
                )


def test_profile_ends_where_too_few_are_left_and_stays_in_its_band() -> None:
    found = durability_profile(ARMS, least=15).profiles[1]
    assert min(found.n_at_risk) >= 15
    assert found.critical > 1.96
    p = np.array(found.proportion)
    assert np.all(np.array(found.band_low) <= np.array(found.ci_low))
    assert np.all(np.array(found.ci_low) < p)
    assert np.all(p < np.array(found.band_high))
    assert np.all(np.diff(p) <= 0)
    assert found.shape is not None
    back = 2.0 ** -(np.array(found.k) ** np.array(found.shape))
    np.testing.assert_allclose(back, p, rtol=1e-9)


def test_adjusted_p_is_never_below_the_single_one() -> None:
    pair = durability_profile(ARMS, reference="control", comparators=PAIR).contrasts[0]
    single, adjusted = np.array(pair.p_value), np.array(pair.p_adjusted)
    assert np.all(adjusted >= single - 0.01)  # 20,000 draws
    assert pair.p_any == pytest.approx(adjusted.min())
    assert pair.p_value[3] == pytest.approx(erfc(abs(pair.difference[3]) / pair.se[3] / sqrt(2)))


@pytest.mark.slow
def test_the_band_holds_the_whole_profile() -> None:
    """Simultaneous coverage over 600 exponential arms, where the truth is 2^-k."""
    held = alone = 0
    for seed in range(600):
        one = durability_profile({"a": arm(seed + 100, 300)}, least=15).profiles[0]
        truth = np.array(one.exponential)
        held += bool(np.all((truth >= one.band_low) & (truth <= one.band_high)))
        alone += bool(np.all((truth >= one.ci_low) & (truth <= one.ci_high)))
    assert 0.92 < held / 600 < 0.98
    assert alone / 600 < 0.88  # pointwise limits are no band


def test_a_very_short_median_makes_no_larger_profile() -> None:
    random = np.random.default_rng(3)
    soon = np.concatenate([random.uniform(0.001, 0.003, 60), random.uniform(1, 60, 40)])
    found = durability_profile({"a": Patients(soon, [1] * 100)}).profiles[0]
    assert found.k[-1] > 1000
    assert len(found.k) < 80


def test_a_band_is_never_narrower_than_a_single_interval() -> None:
    found = durability_profile({"a": ARMS["c"]}, level=0.9999).profiles[0]
    assert found.critical >= NormalDist().inv_cdf(0.99995)


def test_profile_says_which_arm_has_none() -> None:
    short = Patients([1, 2, 3, 4] * 5, [1, 0, 0, 0] * 5)
    found = durability_profile({"a": ARMS["t"], "short": short}, comparators={"short": "a"})
    assert [one.arm for one in found.profiles] == ["a"]
    assert "not reached" in dict(found.missing)["short"]
    assert "short v a" in dict(found.missing)
    with pytest.raises(InputError, match="no k"):
        durability_profile(ARMS, reference="fixed")


@pytest.mark.slow
def test_area_is_the_mean_of_the_profile() -> None:
    """Of an exponential arm, close to the mean of 2^-k; its error near that of many arms."""
    areas = [durability_profile({"a": arm(seed, 400)}).profiles[0].area for seed in range(40)]
    excess = [one.value - (one.exponential or 0) for one in areas]
    assert abs(np.mean(excess)) < 0.006
    assert np.mean([one.se for one in areas]) == pytest.approx(np.std(excess), rel=0.35)


def test_arms_whose_profiles_share_no_k_are_named() -> None:
    """A control that falls late: its profile begins where the other's has ended."""
    random = np.random.default_rng(5)
    early = np.concatenate([random.uniform(1, 2, 60), np.full(45, 2.05)])
    late = np.concatenate([random.uniform(0.9, 1.0, 55), random.uniform(4, 9, 45)])
    arms = {"t": Patients(early, [1] * 105), "c": Patients(late, [1] * 100)}
    found = durability_profile(arms, comparators=PAIR)
    assert not found.contrasts
    assert "t v c" in dict(found.missing)


def test_stratified_difference_is_mantel_and_haenszel_s() -> None:
    """Without censoring and at a fixed time: weights and estimate of a 2 x 2 table."""
    sizes = [(40, 60), (80, 70), (25, 35)]
    strata, numerator, weights = [], 0.0, []
    for at, (n1, n0) in enumerate(sizes):
        random = np.random.default_rng(at)
        arms = {
            "t": Patients(random.exponential(14, n1), [1] * n1),
            "c": Patients(random.exponential(9, n0), [1] * n0),
        }
        pair = durable_trial(arms, reference="fixed", time=10.0, comparators=PAIR).contrasts[0]
        strata.append(Stratum(f"S{at}", pair, n1, n0))
        a, c = ((arms[name].time > 10).sum() for name in ("t", "c"))
        numerator += (a * n0 - c * n1) / (n1 + n0)
        weights.append(n1 * n0 / (n1 + n0))
    found = stratified(strata)
    assert found.estimate == pytest.approx(numerator / sum(weights), rel=1e-12)
    assert found.se is not None
    assert found.q is not None
    assert found.q_df == 2
    with pytest.raises(InputError, match="two contrasts"):
        stratified([strata[0], strata[0]])
    with pytest.raises(InputError, match="Unknown measure"):
        stratified(strata, measure="hazard ratio")  # type: ignore[arg-type]
    later = durable_trial(arms, reference="fixed", time=20.0, comparators=PAIR).contrasts[0]
    with pytest.raises(InputError, match="different questions"):
        stratified([strata[0], Stratum("S9", later, 25, 35)])
    wide = durable_trial(arms, reference="fixed", time=10.0, comparators=PAIR, level=0.8).contrasts[
        0
    ]
    last = Stratum("S2", wide, 25, 35)
    assert stratified([last], measure="ratio").se == pytest.approx(
        stratified([strata[2]], measure="ratio").se, rel=0.1
    )


def test_stratified_names_what_it_leaves_out() -> None:
    none = Contrast("t", "c", 2.0, "own", reason="t: median not reached")
    some = Contrast("t", "c", 2.0, "own", 0.1, 0.05, 0.0, 0.2, 0.05, 1.5, 1.1, 2.0)
    found = stratified([Stratum("A", none, 10, 10), Stratum("B", some, 10, 10)])
    assert found.left_out == (("A", "t: median not reached"),)
    assert found.estimate == pytest.approx(0.1)
    ratio = stratified([Stratum("B", some, 10, 10)], measure="ratio")
    assert ratio.estimate == pytest.approx(1.5)
    assert stratified([Stratum("A", none, 10, 10)]).estimate is None
