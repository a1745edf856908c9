"""Durable response by parametric models: against R, what models fix, what is refused and said."""

import csv
from collections import defaultdict
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from perdure.durable.extrapolate import MODELS, ReferenceMedian, durable_models
from perdure.errors import InputError
from perdure.records import ModelEstimate, Patients
from perdure.survival import normal_quantile

FOLDER = Path(__file__).parents[1] / "reference" / "survival"
TIGHT = 1e-6
Z = normal_quantile(0.95)
Floats = NDArray[np.float64]


def arm(name: str) -> Patients:
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Patients(
        [float(row["time"]) for row in rows], [int(row["status"]) for row in rows], "days"
    )


def read_r() -> dict[tuple[str, str], dict[str, float]]:
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    with (FOLDER / "parametric.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["set"], row["model"]].setdefault(row["quantity"], float(row["value"]))
    return dict(found)


R = read_r()
OWN = [case for case, r in R.items() if "loglog_se" in r and case[1] != "exponential"]
FIXED = [case for case, r in R.items() if "loglog_at_twice_the_end" in r]
CURED = [case for case, r in R.items() if "logit_cured" in r]


def one(name: str, model: str, **asked: float | None) -> ModelEstimate:
    (found,) = durable_models(arm(name), models=[model], **asked)  # type: ignore[arg-type]
    return found


def loglog(found: ModelEstimate) -> tuple[float, float]:
    """Return log(-log p), and the standard error that the interval was made of."""
    assert found.proportion is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    width = log(-log(found.ci_low)) - log(-log(found.ci_high))
    return log(-log(found.proportion)), width / (2 * Z)


@pytest.mark.parametrize(("name", "model"), OWN)
def test_own_median_moves_as_r_says(name: str, model: str) -> None:
    """R refits nothing: it moves theta, finds the median anew by uniroot, and reads S(3 m)."""
    r, found = R[name, model], one(name, model, k=3)
    assert found.median == pytest.approx(r["median"], rel=TIGHT)
    assert found.threshold == pytest.approx(3 * r["median"], rel=TIGHT)
    value, spread = loglog(found)
    assert value == pytest.approx(r["loglog_at_3_medians"], abs=TIGHT)
    assert spread == pytest.approx(r["loglog_se"], rel=TIGHT)
    assert found.excess == pytest.approx((found.proportion or 0) - 1 / 8, abs=1e-15)


@pytest.mark.parametrize(("name", "model"), FIXED)
def test_a_fixed_threshold_beyond_follow_up(name: str, model: str) -> None:
    patients, r = arm(name), R[name, model]
    end = float(patients.time.max())
    found = one(name, model, k=None, threshold=2 * end)
    value, spread = loglog(found)
    assert value == pytest.approx(r["loglog_at_twice_the_end"], abs=TIGHT)
    assert spread == pytest.approx(r["loglog_se_at_twice_the_end"], rel=TIGHT)
    assert found.proportion is not None
    assert found.se == pytest.approx(spread * -found.proportion * log(found.proportion), rel=TIGHT)
    assert (found.extrapolated, found.beyond, found.end_of_follow_up) == (True, end, end)
    assert found.share_at_risk == pytest.approx(np.mean(patients.time >= end))
    assert "days beyond the end of follow-up" in found.notes[0]
    assert found.excess is None


@pytest.mark.parametrize(("name", "model"), CURED)
def test_the_cured_fraction_and_its_interval(name: str, model: str) -> None:
    r, found = R[name, model], one(name, model)

    def logit(value: float | None) -> float:
        assert value is not None
        return log(value / (1 - value))

    assert logit(found.cured) == pytest.approx(r["logit_cured"], abs=TIGHT)
    spread = (logit(found.cured_high) - logit(found.cured_low)) / (2 * Z)
    assert spread == pytest.approx(r["logit_cured_se"], rel=TIGHT)


def test_an_exponential_is_fixed_at_its_own_median_and_says_so() -> None:
    found = one("lung", "exponential", k=3)
    assert found.proportion == pytest.approx(1 / 8, rel=1e-14)
    assert (found.se, found.ci_low, found.ci_high) == (0.0, None, None)
    assert "the model fixes it" in found.notes[-1]
    known = one("lung", "exponential", k=None, threshold=900.0)
    assert known.se is not None
    assert known.se > 0
    assert known.ci_low is not None


def test_the_threshold_of_other_patients_brings_its_own_variance() -> None:
    """An exponential by hand: p = exp(-r k m), so log(-log p) has variance 1 / d + (se / m)^2."""
    patients = arm("lung")
    for se in (0.0, 25.0):
        (found,) = durable_models(
            patients, k=2, models=["exponential"], reference=ReferenceMedian(300.0, se)
        )
        value, spread = loglog(found)
        rate = patients.events / patients.time.sum()
        assert value == pytest.approx(log(600 * rate), rel=1e-10)
        assert spread**2 == pytest.approx(1 / patients.events + (se / 300) ** 2, rel=1e-7)
        assert found.threshold == 600.0
        assert found.excess is None
        assert found.extrapolated is False
        assert found.beyond == 0.0
        assert "inside follow-up" in found.notes[0]


def test_order_weights_and_what_could_not_be_fitted() -> None:
    found = durable_models(arm("lung"), k=2)
    fitted = [each for each in found if each.aic is not None]
    without = found[len(fitted) :]
    assert sorted(each.model for each in found) == sorted(MODELS)
    aics = [each.aic or 0.0 for each in fitted]
    assert aics == sorted(aics)
    weights = np.array([each.weight or 0.0 for each in fitted])
    assert weights.sum() == pytest.approx(1)
    assert weights[3] / weights[0] == pytest.approx(np.exp((aics[0] - aics[3]) / 2))
    assert {each.model for each in without} >= {"mixture-lognormal", "non-mixture-weibull"}
    for each in without:
        assert each.reason is not None
        assert each.reason.startswith("not fitted: ")
        assert each.weight is each.proportion is each.cured is each.log_likelihood is None
        assert (each.n, each.events, each.parameters) == (228, 165, ())


def test_nothing_could_be_fitted() -> None:
    found = durable_models(Patients([1, 2, 3], [0, 0, 0]))
    assert {each.reason for each in found} == {"not fitted: there is no event"}


def test_a_model_whose_median_is_never_reached_says_so() -> None:
    rng = np.random.default_rng(5)
    time = np.where(rng.random(300) < 0.7, np.inf, 4 * rng.weibull(1.5, 300))
    patients = Patients(np.minimum(time, 24), time <= 24)
    (found,) = durable_models(patients, models=["mixture-weibull"])
    assert found.median is found.proportion is found.threshold is None
    assert found.reason is not None
    assert "median is never reached" in found.reason
    assert found.cured == pytest.approx(0.7, abs=0.08)
    (fixed,) = durable_models(patients, models=["mixture-weibull"], threshold=36.0)
    assert fixed.proportion == pytest.approx(0.7, abs=0.08)


def test_a_falling_gompertz_hazard_reports_what_it_implies() -> None:
    found = one("colon", "gompertz")
    assert found.cured is not None
    assert found.cured_low is not None
    assert 0 < found.cured_low < found.cured
    assert "nobody was seen to be" in found.notes[1]
    assert one("lung", "gompertz").cured is None


def test_a_cured_fraction_that_may_be_0_says_so() -> None:
    """Lung has a maximum inside by 0.002 of log-likelihood: the interval is all of 0 to 1."""
    found = one("lung", "mixture-weibull")
    assert found.cured == pytest.approx(0.0025, abs=1e-4)
    assert found.cured_low == pytest.approx(0, abs=1e-9)
    assert found.notes[-1] == "the patients do not tell this cured fraction from 0"
    assert "do not tell" not in " ".join(one("gbsg", "mixture-weibull").notes)


def test_what_no_published_example_confirms_is_experimental() -> None:
    found = {each.model for each in durable_models(arm("gbsg")) if each.experimental}
    splines = {f"spline-{scale}-{inner}" for scale in ("odds", "normal") for inner in (1, 2)}
    latencies = {f"{kind}-loglogistic" for kind in ("mixture", "non-mixture")}
    assert found == {*splines, *latencies, "non-mixture-lognormal"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 0.5}, "must be 1 or more"),
        ({"k": None}, "must be 1 or more"),
        ({"threshold": 0.0}, "time above 0"),
        ({"threshold": 5.0, "reference": ReferenceMedian(3.0)}, "no reference median"),
        ({"reference": ReferenceMedian(-3.0)}, "time above 0"),
        ({"models": ["normal"]}, "such models"),
        ({"models": []}, "such models"),
        ({"models": ["weibull", "weibull"]}, "such models"),
        ({"level": 1.0}, "between 0 and 1"),
    ],
)
def test_input_that_is_wrong(asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        durable_models(Patients([1, 2, 3], [1, 1, 0]), **asked)  # type: ignore[arg-type]


ROWS = st.lists(st.tuples(st.integers(1, 50), st.sampled_from([0, 1, 1])), min_size=4, max_size=40)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(ROWS, st.sampled_from([1.0, 1.5, 3.0]))
def test_no_interval_leaves_0_and_1(rows: list[tuple[int, int]], k: float) -> None:
    time, event = zip(*rows, strict=True)
    for found in durable_models(Patients(time, event), k=k):
        assert (found.proportion is None) == (found.reason is not None)
        for low, value, high in (
            (found.ci_low, found.proportion, found.ci_high),
            (found.cured_low, found.cured, found.cured_high),
        ):
            if value is not None:
                assert 0 <= value <= 1
            if low is not None and value is not None and high is not None:
                assert 0 <= low <= value <= high <= 1
        if k == 1 and found.proportion is not None:
            assert found.proportion == pytest.approx(0.5)
            assert found.se == 0.0


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.floats(0.05, 20))
def test_durable_response_has_no_unit(factor: float) -> None:
    patients = arm("ovarian")
    scaled = durable_models(Patients(patients.time * factor, patients.event), k=2)
    other = {each.model: each for each in scaled}
    for each in durable_models(patients, k=2):
        same = other[each.model]
        assert same.aic is not None
        assert same.proportion == pytest.approx(each.proportion or 0, rel=1e-6, abs=1e-9)
        assert same.weight == pytest.approx(each.weight or 0, rel=1e-6)
        assert (same.ci_high is None) == (each.ci_high is None)
        if same.ci_high is not None:
            assert same.ci_high == pytest.approx(each.ci_high or 0, rel=1e-5)


def weibull_arm(rng: np.random.Generator) -> Floats:
    return 6 * rng.weibull(0.63, 200)


def lognormal_arm(rng: np.random.Generator) -> Floats:
    return rng.lognormal(1.8, 1.1, 200)


def gamma_arm(rng: np.random.Generator) -> Floats:
    return rng.gamma(0.7, 14.0, 200)


def cured_arm(rng: np.random.Generator) -> Floats:
    return np.where(rng.random(200) < 0.25, np.inf, 6 * rng.weibull(1.2, 200))


def poisson_arm(rng: np.random.Generator) -> Floats:
    count = rng.poisson(-np.log(0.25), 200)
    times = np.array([8 * rng.weibull(1.2, 200) for _ in range(count.max())])
    times[np.arange(count.max())[:, np.newaxis] >= count] = np.inf
    return np.asarray(times.min(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "draw", "truth", "cured"),
    [
        ("weibull", weibull_arm, 0.5 ** (3**0.63), None),
        ("generalised-gamma", weibull_arm, 0.5 ** (3**0.63), None),
        ("lognormal", lognormal_arm, float(stats.norm.sf(np.log(3) / 1.1)), None),
        ("gamma", gamma_arm, float(stats.gamma(0.7).sf(3 * stats.gamma(0.7).ppf(0.5))), None),
        ("mixture-weibull", cured_arm, 0.25 + 0.75 * (1 / 3) ** (3**1.2), 0.25),
        ("non-mixture-weibull", poisson_arm, 0.25 ** (1 - 0.5 ** (3**1.2)), 0.25),
    ],
)
def test_intervals_cover_the_truth(
    model: str,
    draw: Callable[[np.random.Generator], Floats],
    truth: float,
    cured: float | None,
) -> None:
    """95% intervals at 3 own medians and of the cured fraction, 400 arms of 200 patients."""
    covered, cured_covered, fitted = 0, 0, 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        times, end = draw(rng), rng.uniform(24, 60, 200)
        patients = Patients(np.minimum(times, end), times <= end)
        (found,) = durable_models(patients, models=[model])
        if found.ci_low is None or found.ci_high is None:
            continue
        fitted += 1
        covered += found.ci_low <= truth <= found.ci_high
        if found.cured_low is not None and found.cured_high is not None and cured is not None:
            cured_covered += found.cured_low <= cured <= found.cured_high
    assert fitted > 395
    assert 0.92 < covered / fitted < 0.98
    if cured is not None:
        assert 0.92 < cured_covered / fitted < 0.98
