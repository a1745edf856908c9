"""Arms that are not estimable: three ways side by side, a published idea at a time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

from perdure.durable.arm_vector import arm_vectors
from perdure.errors import InputError
from perdure.pool import fit_effects
from perdure.pool.missing.arm_vectors import fit_vectors
from perdure.pool.missing.not_estimable import Sampling, pool_missing_arms
from perdure.pool.missing.pattern_mixture import ClassPatterns, pattern_mixture
from perdure.pool.missing.vector_data import vector_data
from perdure.pool.missing.vector_structure import line
from perdure.records import Patients
from perdure.records.arm_vector import ArmVector

KS = (1.5, 2.0, 2.5, 3.0)


def simulated(
    seed: int, n: int = 30, *, end: float = 26.0, shift: float = 0.0
) -> tuple[list[ArmVector], list[str]]:
    """Return arms whose durable response rises with their median; every other of class b."""
    random = np.random.default_rng(seed)
    arms: list[ArmVector] = []
    classes: list[str] = []
    for at in range(n):
        heavy = at % 2
        both = random.multivariate_normal([0.0, 0.0], [[0.2, 0.09], [0.09, 0.1]])
        median = np.exp(1.9 + shift + 0.4 * heavy + both[0])
        tail = min(expit(-1.5 + 0.4 * heavy + both[1]), 0.45)
        shape = np.log(np.log2(1 / tail)) / np.log(3.0)
        late = np.log(-np.log2(random.random(150))) / shape
        time = median * np.exp(np.minimum(late, 20.0))
        stop = random.uniform(0.75 * end, end * random.uniform(0.8, 1.6), 150)
        patients = Patients(np.minimum(time, stop), (time <= stop).astype(int))
        arms += arm_vectors({"arm": patients}, trial=f"T{at}", multiples=KS)
        classes.append("b" if heavy else "a")
    return arms, classes


ARMS, CLASSES = simulated(1)


@pytest.mark.parametrize("sampling", ["average", "own"])
def test_the_vectors_are_those_of_the_model_by_hand(sampling: Sampling) -> None:
    found = pool_missing_arms(ARMS, CLASSES, sampling=sampling).vectors
    n = len(ARMS)
    value, spread = np.full((n, 5), np.nan), np.zeros((n, 5, 5))
    for at, arm in enumerate(ARMS):
        assert arm.log_median is not None
        value[at, 0] = arm.log_median
        slopes = np.ones(5)
        for k, p in zip(arm.multiples, arm.proportions, strict=True):
            value[at, KS.index(k) + 1] = logit(p)
            slopes[KS.index(k) + 1] = 1 / (p * (1 - p))
        reach = len(arm.multiples) + 1
        spread[at, :reach, :reach] = np.array(arm.covariance) * np.outer(
            slopes[:reach], slopes[:reach]
        )
    if sampling == "average":
        seen = np.isfinite(value)
        together = seen.T.astype(float) @ seen
        spread[:] = spread.sum(axis=0) / together  # all arms have one size
        assert np.linalg.eigvalsh(spread[0])[0] > 0
    design = np.array([[name == "a", name == "b"] for name in CLASSES], dtype=float)
    fit = fit_vectors(vector_data(value, spread, design), line(np.array(KS), 3.0, np.ones(2) * 0.5))
    assert found.multiples == KS
    assert found.n_arms == n
    assert found.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-8)
    for at, one in enumerate(found.classes):
        expected = fit.combination(one.name, fit.weights(4, np.eye(2)[at]))
        assert one.mean is not None
        assert one.mean.estimate == pytest.approx(expected.estimate, rel=1e-6)
        assert one.mean.se == pytest.approx(expected.se, rel=1e-4)
        assert one.proportion == pytest.approx(expit(expected.estimate), rel=1e-6)
        assert one.ci_low == pytest.approx(expit(expected.ci_low), rel=1e-3)
        assert one.mean.prediction_low is not None
        assert one.mean.prediction_low < expected.ci_low
    difference = found.differences[0]
    assert difference.term == "a - b"
    a, b = (one.mean.estimate for one in found.classes if one.mean is not None)
    assert difference.estimate == pytest.approx(a - b)
    assert found.tau2 == pytest.approx(fit.between[4, 4], rel=1e-4)
    assert found.correlation is not None
    assert -1 <= found.correlation <= 1


def test_without_them_is_the_random_effects_model_of_those_that_reach() -> None:
    found = pool_missing_arms(ARMS, CLASSES)
    use = [(arm, name) for arm, name in zip(ARMS, CLASSES, strict=True) if 3.0 in arm.multiples]
    p = np.array([arm.proportions[-1] for arm, _ in use])
    v = np.array([arm.covariance[-1][-1] for arm, _ in use]) / (p * (1 - p)) ** 2
    design = np.array([[name == "a", name == "b"] for _, name in use], dtype=float)
    pooled = fit_effects(logit(p), v, moderators=design).pooled
    assert found.without.n_arms == len(use) < len(ARMS)
    means = [one.mean.estimate for one in found.without.classes if one.mean is not None]
    assert means == pytest.approx([c.estimate for c in pooled.coefficients], rel=1e-9)
    assert found.without.tau2 == pytest.approx(pooled.tau2, rel=1e-9)
    reach = {one.name: one for one in found.reach}
    assert reach["a"].n_reached + reach["b"].n_reached == len(use)
    assert reach["b"].n_not_reached > reach["a"].n_not_reached
    assert found.left_out == ()


@pytest.mark.slow
def test_long_medians_with_heavy_tails_are_missed_when_they_are_left_out() -> None:
    with_them: list[float] = []
    without: list[float] = []
    own: list[float] = []
    for seed in range(30):
        arms, _ = simulated(100 + seed, 20)
        found = pool_missing_arms(arms, ["all"] * len(arms))
        other = pool_missing_arms(arms, sampling="own").vectors.classes[0].mean
        assert other is not None
        own.append(other.estimate)
        for way, answers in ((found.vectors, with_them), (found.without, without)):
            mean = way.classes[0].mean
            assert mean is not None
            answers.append(mean.estimate)
    truth = -1.3  # of two classes together: -1.5 and -1.1
    assert np.mean(without) < min(truth - 0.04, float(np.mean(with_them)) - 0.02)
    assert abs(np.mean(with_them) - truth) < 0.06
    # weights from each arm's own covariance go with its estimates, and pull
    assert np.mean(own) > truth + 0.06


def test_a_median_that_is_not_reached_makes_it_maximum_likelihood() -> None:
    arms, classes = simulated(2, end=9.0, shift=0.3)
    none = sum(arm.log_median is None for arm in arms)
    assert none > 0
    found = pool_missing_arms(arms, classes, k=1.5)
    assert found.vectors.method == "ML"
    assert found.vectors.n_bound == none
    assert any("enter by that bound" in note for note in found.notes)
    with pytest.raises(InputError, match=r"(?i)no restricted likelihood"):
        pool_missing_arms(arms, classes, k=1.5, method="REML")
    lost = [replace(arm, median_bound=None) if arm.log_median is None else arm for arm in arms]
    without = pool_missing_arms(lost, classes, k=1.5)
    assert without.vectors.method == "REML"
    assert len(without.left_out) == none


def test_errors_by_trial_and_other_choices() -> None:
    paired = [replace(arm, trial=f"T{at // 2}") for at, arm in enumerate(ARMS)]
    found = pool_missing_arms(paired, CLASSES, errors="CR2")
    model = pool_missing_arms(paired, CLASSES)
    assert found.vectors.errors == "CR2"
    assert found.vectors.differences[0].estimate == model.vectors.differences[0].estimate
    assert found.vectors.differences[0].se != model.vectors.differences[0].se
    assert 2 < (found.vectors.differences[0].df or 0) < 14
    assert "robust to that" in found.notes[-1]
    assert model.notes[-1].endswith("independent given class")
    other = pool_missing_arms(ARMS, CLASSES, structure="unstructured", scale="log-log").vectors
    line_ = pool_missing_arms(ARMS, CLASSES, scale="log-log").vectors
    assert other.structure == "unstructured"
    for a, b in zip(other.classes, line_.classes, strict=True):
        assert a.proportion == pytest.approx(b.proportion, abs=0.03)
        assert (a.ci_low or 0) < (a.proportion or 0) < (a.ci_high or 0)
    assert (other.log_likelihood or 0) >= (line_.log_likelihood or 0) - 1e-6


def test_errors_by_trial_need_more_than_one_trial_of_a_class() -> None:
    classes = ["far" if at == 0 else "near" for at in range(len(ARMS))]
    with pytest.raises(InputError, match=r"(?i)trial T0 alone decides log median of far, k = 1.5 "):
        pool_missing_arms(ARMS, classes, errors="CR2")


def test_a_class_without_an_arm_that_reaches_has_a_reason() -> None:
    classes = [*CLASSES]
    for at, arm in enumerate(ARMS):
        if 3.0 not in arm.multiples:
            classes[at] = "far"
    found = pool_missing_arms(ARMS, classes)
    far = next(one for one in found.vectors.classes if one.name == "far")
    assert far.mean is None
    assert "no arm of the class reaches" in (far.reason or "")
    assert len(found.left_out) == classes.count("far")
    assert [d.term for d in found.vectors.differences] == ["a - b"]
    # the mixture still knows how far the class can be
    curve = dict(found.mixture.classes)["far"]
    assert curve[0].value == 0
    last = np.mean([arm.end_survival for arm, c in zip(ARMS, classes, strict=True) if c == "far"])
    assert curve[-1].value == pytest.approx(last)


def test_too_few_arms_are_a_result_with_a_reason() -> None:
    few = [arm for arm in ARMS if 3.0 in arm.multiples][:2]
    found = pool_missing_arms(few, ["a", "b"])
    for reason in (found.vectors.reason, found.without.reason, found.mixture.reason):
        assert "too few" in (reason or "")
    assert found.vectors.classes[0].reason == found.vectors.reason
    one = pool_missing_arms(few)
    assert one.vectors.reason is not None
    assert one.without.classes[0].proportion is not None


def test_a_zero_is_counted_and_told() -> None:
    zero = replace(
        ARMS[0],
        multiples=(1.5,),
        proportions=ARMS[0].proportions[:1],
        covariance=tuple(row[:2] for row in ARMS[0].covariance[:2]),
        zeros=(2.0, 2.5, 3.0),
    )
    found = pool_missing_arms([zero, *ARMS[1:]], CLASSES)
    assert found.reach[0].n_zero == 1
    assert found.notes[0].startswith("0 for ever at 3 times the median: T0, arm")


def test_mixture_by_hand() -> None:
    a = ClassPatterns("a", 6, 1, 0.2, 0.02, (0.4, 0.5, 0.3), (0.05, 0.05, 0.05))
    b = ClassPatterns("b", 10, 0, 0.18, 0.03, (), ())
    found = pattern_mixture([a, b])
    curve = dict(found.classes)
    assert [curve["a"][at].value for at in (0, 50, 100)] == pytest.approx([0.12, 0.18, 0.24])
    assert {point.value for point in curve["b"]} == {0.18}
    # at q = 1: 0.6 x 0.2 + 0.3 x 0.4, errors of both parts and of the shares of ten arms
    shares = (0.6 * 0.2**2 + 0.3 * 0.4**2 - 0.24**2) / 10
    variance = 0.6**2 * 0.02**2 + 0.3**2 * (0.01 / 3) + shares
    assert curve["a"][100].high - 0.24 == pytest.approx(1.959964 * variance**0.5, rel=1e-6)
    difference = found.differences[0]
    assert difference.equal_at == pytest.approx(0.5)
    assert (difference.least, difference.most) == pytest.approx((-0.06, 0.06))
    assert difference.conclusion == "open"
    assert difference.tips == ()


def test_a_conclusion_tips_where_the_interval_leaves_0() -> None:
    a = ClassPatterns("a", 20, 0, 0.5, 0.01, (0.6,) * 20, (0.01,) * 20)
    b = ClassPatterns("b", 40, 0, 0.4, 0.01, (), ())
    difference = pattern_mixture([a, b]).differences[0]
    assert difference.conclusion == "lower"
    assert [(tip.before, tip.after) for tip in difference.tips] == [
        ("lower", "open"),
        ("open", "higher"),
    ]
    assert difference.equal_at == pytest.approx(0.5)
    first, second = difference.tips
    assert first.q < 0.5 < second.q
    at = round(first.q * 100)
    assert difference.curve[at].high < 0 <= difference.curve[at + 1].high
    none = pattern_mixture([b, replace(b, name="c")]).differences[0]
    assert none.equal_at == 0
    apart = pattern_mixture([b, replace(b, name="c", reached=0.1)]).differences[0]
    assert apart.equal_at is None


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        ([], "there is no class"),
        ([ClassPatterns("a", 0, 0, None, 0, (), ())], "has no arm"),
        ([ClassPatterns("a", 2, 0, None, 0, (), ())], "has no pooled proportion"),
    ],
)
def test_mixtures_that_cannot_be_are_refused(patterns: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        pattern_mixture(patterns)


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"(?i)confidence level"):
        pattern_mixture([ClassPatterns("a", 1, 0, 0.1, 0.1, (), ())], level=95)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": ["a"]}, "classes do not fit"),
        ({"k": 1.0}, "k is not above 1"),
        ({"scale": "double arcsine"}, "unknown scale"),
        ({"level": 0.0}, "confidence level"),
        ({"method": "DL"}, "unknown method"),
        ({"structure": "banded"}, "unknown structure"),
        ({"sampling": "none"}, "unknown sampling covariance"),
        ({"errors": "CR9"}, "unknown kind of errors"),
    ],
)
def test_bad_choices_are_refused(options: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        pool_missing_arms(ARMS, **({"classes": CLASSES} | options))


def test_bad_arms_are_refused() -> None:
    with pytest.raises(InputError, match=r"(?i)there is no arm"):
        pool_missing_arms([])
    with pytest.raises(InputError, match=r"(?i)different references"):
        pool_missing_arms([ARMS[0], replace(ARMS[1], reference="control")])
    with pytest.raises(InputError, match=r"(?i)does not fit its vector"):
        pool_missing_arms([replace(ARMS[0], covariance=((0.1,),)), *ARMS[1:]])
