"""Variances and covariances against written-out formulas, Monte Carlo, and the bootstrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable import Ask, durable_bootstrap, durable_trial, joint_estimates
from perdure.durable.density import density, hazard
from perdure.durable.sample import Sample, covariance
from perdure.records import Patients, Proportion, Reference
from perdure.survival import KaplanMeier, kaplan_meier, median


def arm(seed: int, n: int = 200, scale: float = 10.0, lost: float = 40.0) -> Patients:
    random = np.random.default_rng(seed)
    time, end = random.exponential(scale, n), random.uniform(lost, 2 * lost, n)
    return Patients(np.minimum(time, end), time <= end)


def greenwood(curve: KaplanMeier, first: float, second: float) -> float:
    """Cov(S(s), S(t)) = S(s) S(t) sum over t_j <= min(s, t) of d / (n (n - d))."""
    early = curve.time <= min(first, second) * (1 + 1e-9)
    d, n = curve.events[early], curve.n_at_risk[early]
    return float(curve.at(first) * curve.at(second) * np.sum(d / (n * (n - d))))


@pytest.mark.parametrize("k", [1.0, 1.5, 2.0, 3.0])
def test_own_reference_is_the_formula_of_methods_section_2(k: float) -> None:
    patients = arm(1)
    curve = kaplan_meier(patients.time, patients.event)
    m = median(curve).value
    assert m is not None
    r = k * density(curve, k * m) / density(curve, m)
    expected = (
        greenwood(curve, k * m, k * m)
        + r**2 * greenwood(curve, m, m)
        - 2 * r * greenwood(curve, m, k * m)
    )
    found = durable_trial({"a": patients}, k=k).responses[0].estimate
    assert isinstance(found, Proportion)
    assert found.se is not None
    assert found.se**2 == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_control_reference_is_the_formula_of_methods_section_2() -> None:
    test, control, k = arm(2, scale=15), arm(3), 2.0
    a, c = (kaplan_meier(one.time, one.event) for one in (test, control))
    m = median(c).value
    assert m is not None
    rate = density(c, m)
    r_t, r_c = k * density(a, k * m) / rate, k * density(c, k * m) / rate
    found = durable_trial(
        {"t": test, "c": control}, k=k, reference="control", comparators={"t": "c"}
    )
    one = found.responses[0].estimate
    assert isinstance(one, Proportion)
    assert one.se is not None
    v_m = greenwood(c, m, m)
    assert one.se**2 == pytest.approx(greenwood(a, k * m, k * m) + r_t**2 * v_m, rel=1e-9)
    difference = (
        greenwood(a, k * m, k * m)
        + greenwood(c, k * m, k * m)
        + (r_t - r_c) ** 2 * v_m
        + 2 * (r_t - r_c) * greenwood(c, m, k * m)
    )
    se = found.contrasts[0].se
    assert se is not None
    assert se**2 == pytest.approx(difference, rel=1e-9)


def test_two_test_arms_share_the_control_s_median() -> None:
    arms = {"t1": arm(4, scale=15), "t2": arm(5, scale=12), "c": arm(6)}
    curves = {name: kaplan_meier(one.time, one.event) for name, one in arms.items()}
    k, m = 2.0, median(curves["c"]).value
    assert m is not None
    r = [k * density(curves[name], k * m) / density(curves["c"], m) for name in ("t1", "t2")]
    found = joint_estimates(
        {"PFS": arms},
        [Ask(name, "PFS", k, "control") for name in ("t1", "t2")],
        comparators={"t1": "c", "t2": "c"},
    )
    expected = r[0] * r[1] * greenwood(curves["c"], m, m)
    assert found.covariance[0, 1] == pytest.approx(expected, rel=1e-9)


def test_two_endpoints_and_two_multiples_covary_as_in_simulated_trials() -> None:
    """The mean covariance matrix of 400 trials beside that of the estimates themselves."""
    asks = [
        Ask("a", "PFS", 2.0),
        Ask("a", "PFS", 3.0),
        Ask("a", "OS", 2.0),
        Ask("a", "PFS", quantity="log median"),
    ]
    random = np.random.default_rng(7)
    values, matrices = [], []
    for _ in range(400):
        pfs = random.exponential(6, 300)
        os = pfs + random.exponential(12, 300)
        end = random.uniform(80, 120, 300)
        endpoints = {
            name: {"a": Patients(np.minimum(time, end), time <= end)}
            for name, time in (("PFS", pfs), ("OS", os))
        }
        found = joint_estimates(endpoints, asks)
        assert not found.missing
        values.append(found.value)
        matrices.append(found.covariance)
    seen = np.corrcoef(np.array(values).T)
    said = np.mean(matrices, axis=0)
    deviation = np.sqrt(np.diagonal(said))
    np.testing.assert_allclose(said / np.outer(deviation, deviation), seen, atol=0.17)
    np.testing.assert_allclose(deviation, np.std(values, axis=0), rtol=0.12)


@pytest.mark.parametrize("reference", ["own", "control", "trial", "fixed"])
def test_bootstrap_agrees_with_first_order(reference: Reference) -> None:
    arms = {"t": arm(8, 500, 14), "c": arm(9, 500)}
    options = {"k": 2.0, "reference": reference, "comparators": {"t": "c"}, "time": 15.0}
    first = durable_trial(arms, **options)  # type: ignore[arg-type]
    drawn = durable_bootstrap(arms, **options, replicates=3000)  # type: ignore[arg-type]
    for response, one in zip(first.responses, drawn.arms, strict=True):
        assert isinstance(response.estimate, Proportion)
        assert one.se == pytest.approx(response.estimate.se, rel=0.2)
    assert drawn.contrasts[0].se == pytest.approx(first.contrasts[0].se, rel=0.2)


def test_bootstrap_says_what_it_cannot_identify() -> None:
    short = arm(10, 100, 10, lost=7)  # many replicates end before twice their median
    found = durable_bootstrap({"a": short}, k=2.0, replicates=500).arms[0]
    assert found.not_known > 0.025
    assert found.se is None
    assert found.ci_low is None
    assert found.reason is not None
    assert "not identified" in found.reason
    again = durable_bootstrap({"a": short}, k=2.0, replicates=500).arms[0]
    assert again == found


def test_bootstrap_of_the_trial_s_median_takes_all_arms_together() -> None:
    """One arm in two halves has the bootstrap of the arm, but for the size of each half."""
    arms = {"t": arm(11, 300), "c": arm(12, 300)}
    found = durable_bootstrap(arms, k=2.0, reference="trial", replicates=2000)
    sample = Sample(arms)
    m = median(sample.curve).value
    assert m is not None
    each = sample.influence_on_survival(m)
    error = np.sqrt(covariance(each, each)) / density(sample.curve, m)
    assert 0.1 < error < 2  # the median of both together is known to a few per cent
    assert all(one.se is not None and 0.01 < one.se < 0.04 for one in found.arms)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 2.0]))
def test_hazard_of_an_exponential_is_constant_and_scales_with_the_unit(
    seed: int, smoothing: float
) -> None:
    patients = arm(seed, 400)
    curve = kaplan_meier(patients.time, patients.event)
    at = hazard(curve, 10.0, smoothing=smoothing)
    assert at == pytest.approx(0.1, rel=0.75)
    scaled = kaplan_meier(patients.time * 30, patients.event)
    assert hazard(scaled, 300.0, smoothing=smoothing) == pytest.approx(at / 30, rel=1e-9)


def test_the_answer_does_not_hang_on_the_bandwidth() -> None:
    """Half and twice the bandwidth: nothing on average, a third of one standard error at most."""
    ratios = []
    for seed in range(20, 40):
        patients = arm(seed, 300)
        found = [
            durable_trial({"a": patients}, k=2.0, smoothing=by).responses[0].estimate
            for by in (1.0, 0.5, 2.0)
        ]
        errors = [one.se for one in found if isinstance(one, Proportion) and one.se]
        ratios.append(np.array(errors[1:]) / errors[0])
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=0.06)
    np.testing.assert_allclose(ratios, 1.0, atol=0.34)


def test_a_curve_that_is_flat_around_its_median_is_a_caution() -> None:
    """Half of the patients progress at the first scan, the others at the third."""
    random = np.random.default_rng(12)
    time = np.where(random.random(120) < 0.5, random.normal(2, 0.05, 120), random.normal(9, 3, 120))
    flat = Patients(np.maximum(time, 0.1), np.ones(120))
    found = durable_trial({"a": flat}, k=1.2).responses[0]
    assert found.caution is not None
    assert "bootstrap" in found.caution
    assert durable_trial({"a": arm(3, 300)}, k=2.0).responses[0].caution is None


def test_bootstrap_knows_no_threshold_that_the_estimate_does_not() -> None:
    """Control without a median, an arm without a comparator, a median of 0."""
    control = Patients([1, 2, 3, *[10] * 37], [1, 1, 1, *[0] * 37])
    later = Patients(np.linspace(1, 60, 40), [1] * 40)
    found = durable_bootstrap(
        {"c": control, "b": later, "alone": later},
        k=2,
        reference="control",
        comparators={"b": "c"},
        replicates=200,
    ).arms
    at_once = durable_bootstrap(
        {"h": Patients([0] * 22 + list(range(1, 19)), [1] * 40)}, k=2, replicates=200
    ).arms[0]
    for one in (*found[1:], at_once):
        assert one.se is None
        assert one.not_known > 0.5
        assert one.reason is not None


def test_bootstrap_over_histories_is_wider_than_over_one() -> None:
    draws = [arm(seed, 150) for seed in range(40, 60)]
    one = durable_bootstrap({"a": draws[0]}, k=2.0, replicates=2000).arms[0]
    all_of_them = durable_bootstrap({"a": draws[0]}, {"a": draws}, k=2.0, replicates=2000).arms[0]
    assert one.se is not None
    assert all_of_them.se is not None
    assert all_of_them.se > 1.1 * one.se
    assert all_of_them.replicates == 2000
