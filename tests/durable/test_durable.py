"""What holds of every durable response, and what is said where there is none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.durable import durable_response, durable_trial
from perdure.errors import InputError
from perdure.records import NotEstimable, Patients, Proportion, Reference


def exponential(n: int, seed: int, *, scale: float = 10.0, censored: float = 0.0) -> Patients:
    rng = np.random.default_rng(seed)
    time = rng.exponential(scale, n)
    limit = rng.exponential(scale / censored, n) if censored else np.full(n, np.inf)
    return Patients(np.minimum(time, limit), time <= limit)


patient = st.tuples(st.integers(0, 40), st.booleans())
arms = st.lists(patient, min_size=1, max_size=40).map(
    lambda found: Patients([t / 2 for t, _ in found], [e for _, e in found])
)


@given(arms, arms, st.floats(1, 4), st.sampled_from(["own", "control", "trial", "fixed"]))
def test_every_arm_has_a_proportion_or_a_reason(
    first: Patients, second: Patients, k: float, reference: Reference
) -> None:
    found = durable_trial(
        {"a": first, "b": second}, k=k, reference=reference, comparators={"b": "a"}, time=7.0
    )
    for patients, response in zip((first, second), found.responses, strict=True):
        estimate = response.estimate
        if isinstance(estimate, NotEstimable):
            assert estimate.reason
            assert 0 <= estimate.low <= estimate.high <= 1
            continue
        assert 0 <= estimate.ci_low <= estimate.value <= estimate.ci_high <= 1
        if estimate.se is None:
            assert estimate.value in (0, 1)
        else:
            assert math.isfinite(estimate.se)
        if estimate.status == "zero":
            assert estimate.value == 0
        else:
            assert response.threshold is not None
            assert response.threshold <= patients.time.max() * (1 + 1e-9)
    for contrast in found.contrasts:
        assert (contrast.se is None) == (contrast.reason is not None)


@given(arms, st.floats(1, 3), st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(patients: Patients, k: float, unit: float) -> None:
    plain = durable_response(patients, k=k)
    scaled = durable_response(Patients(patients.time * unit, patients.event), k=k)
    assert scaled.status == plain.status
    if isinstance(plain.estimate, Proportion) and isinstance(scaled.estimate, Proportion):
        assert scaled.estimate.value == pytest.approx(plain.estimate.value)
        if plain.estimate.se is not None:
            assert scaled.estimate.se == pytest.approx(plain.estimate.se, rel=1e-6, abs=1e-9)


def test_at_the_median_itself_nothing_is_left_to_vary() -> None:
    found = durable_response(exponential(301, 1), k=1).estimate
    assert isinstance(found, Proportion)
    assert found.se == pytest.approx(0, abs=1e-9)


def test_reference_control_of_the_control_is_its_own() -> None:
    arms = {"control": exponential(120, 2), "test": exponential(130, 3, scale=14)}
    under = {
        reference: durable_trial(
            arms, k=2, reference=reference, comparators={"test": "control"}
        ).responses[0]
        for reference in ("own", "control")
    }
    assert under["own"].estimate == under["control"].estimate


def test_standard_error_agrees_with_the_patient_bootstrap() -> None:
    """The bootstrap needs no density: it recomputes the median of each resample."""
    patients = exponential(800, 4, censored=0.2)
    rng = np.random.default_rng(5)
    again = []
    for _ in range(400):
        taken = rng.integers(0, patients.n, patients.n)
        again.append(
            durable_response(Patients(patients.time[taken], patients.event[taken]), k=2).proportion
        )
    values = [value for value in again if value is not None]
    found = durable_response(patients, k=2).estimate
    assert isinstance(found, Proportion)
    assert found.se is not None
    assert len(values) == 400
    assert found.se == pytest.approx(np.std(values, ddof=1), rel=0.15)


def test_shared_threshold_makes_arms_vary_together() -> None:
    """Difference under `control` against the bootstrap of both arms together."""
    control, test = exponential(600, 6), exponential(600, 7, scale=20)
    rng = np.random.default_rng(8)
    differences = []
    for _ in range(400):
        arms = {}
        for name, patients in (("control", control), ("test", test)):
            taken = rng.integers(0, patients.n, patients.n)
            arms[name] = Patients(patients.time[taken], patients.event[taken])
        found = durable_trial(arms, k=2, reference="control", comparators={"test": "control"})
        assert found.contrasts[0].difference is not None
        differences.append(found.contrasts[0].difference)
    contrast = durable_trial(
        {"control": control, "test": test},
        k=2,
        reference="control",
        comparators={"test": "control"},
    ).contrasts[0]
    assert contrast.se == pytest.approx(np.std(differences, ddof=1), rel=0.15)


def test_median_not_reached() -> None:
    patients = Patients([1, 2, 3, 10, 10, 10, 10, 10], [1, 1, 1, 0, 0, 0, 0, 0])
    found = durable_response(patients, k=3)
    assert found.status == "not estimable"
    assert isinstance(found.estimate, NotEstimable)
    assert found.estimate.reason == "median not reached: survival is 0.62 at the end (10.0 months)"
    assert (found.estimate.low, found.estimate.high) == (0, 0.625)
    assert found.threshold is None


def test_threshold_past_the_end() -> None:
    patients = Patients([1, 2, 3, 4, 5, 9, 9, 9], [1, 1, 1, 1, 1, 0, 0, 0])
    found = durable_response(patients, k=3)
    assert isinstance(found.estimate, NotEstimable)
    assert "13.5 months" in found.estimate.reason
    assert "9.0 months" in found.estimate.reason
    assert found.estimate.high == 0.375


def test_a_curve_at_zero_is_known_for_ever() -> None:
    found = durable_response(Patients([1, 2, 3, 4, 5], [1] * 5), k=3)
    assert isinstance(found.estimate, Proportion)
    assert found.status == "zero"
    assert (found.estimate.value, found.estimate.se, found.estimate.ci_low) == (0, None, 0)
    assert 0 < found.estimate.ci_high < 1


def test_zero_even_where_the_control_has_no_median() -> None:
    arms = {"control": Patients([5, 9, 9], [1, 0, 0]), "test": Patients([1, 2, 3], [1, 1, 1])}
    found = durable_trial(arms, k=2, reference="control", comparators={"test": "control"})
    assert [response.status for response in found.responses] == ["not estimable", "zero"]


@pytest.mark.parametrize("event", [[1, 1, 1, 1, 0], [1, 1, 0, 0]])
def test_half_fail_at_time_zero(event: list[int]) -> None:
    time = [0.0, 0.0, *([0.0] if len(event) == 5 else []), 5.0, 9.0]
    assert durable_response(Patients(time, event), k=3).reason == (
        "median is 0: half of the patients have the event at time 0"
    )


def test_more_than_half_fail_at_time_zero() -> None:
    found = durable_response(Patients([0, 0, 0, 5, 9], [1, 1, 1, 1, 0]), k=3)
    assert found.reason == "median is 0: half of the patients have the event at time 0"


def test_thin() -> None:
    patients = Patients([1] * 10 + [4] * 9, [1] * 10 + [0] * 9)
    assert durable_response(patients, k=2).status == "thin"
    assert durable_response(patients, k=2, thin=9).status == "estimable"


def test_threshold_at_an_event_time_is_matched_in_spite_of_rounding() -> None:
    """0.3 x 3 is 0.8999999999999999 in floating point; T > km leaves the event at 0.9 out."""
    patients = Patients([0.1, 0.3, 0.3, 0.9, 2.0], [1, 1, 1, 1, 0])
    assert durable_response(patients, k=3).proportion == pytest.approx(0.2)


def test_arm_without_comparator_says_so() -> None:
    found = durable_trial({"only": exponential(50, 9)}, reference="control")
    assert found.responses[0].reason is not None
    assert "no comparator" in found.responses[0].reason


def test_excess_over_an_exponential_arm() -> None:
    found = durable_response(exponential(20_000, 10), k=3)
    assert found.excess == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0.5}, "K must be 1 or more"),
        ({"k": None}, "No k is given"),
        ({"reference": "fixed"}, "no time"),
        ({"reference": "fixed", "time": -1}, "above 0"),
        ({"reference": "mine"}, "Unknown reference"),
        ({"comparators": {"a": "c"}}, "names no arm"),
        ({"comparators": {"a": "a"}}, "its own comparator"),
    ],
)
def test_what_cannot_be_computed_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        durable_trial({"a": exponential(20, 11)}, **options)  # type: ignore[arg-type]


def test_one_arm_has_no_control() -> None:
    with pytest.raises(InputError, match="durable_trial"):
        durable_response(exponential(20, 12), reference="control")


@pytest.mark.slow
@pytest.mark.parametrize(("k", "n"), [(2, 100), (3, 100), (3, 300)])
def test_own_reference_covers_the_truth(k: int, n: int) -> None:
    """95% intervals of exponential arms cover 2^-k; Greenwood alone covers about 90%.

    The rule of validation/coverage: the 99.9% Monte Carlo interval of the coverage is not wholly
    outside 93.5 to 96.5%.
    """
    rng = np.random.default_rng(20190519 + n + k)
    repeats = 4000
    covered = 0
    for _ in range(repeats):
        time = rng.exponential(10, n)
        limit = rng.uniform(35, 70, n)
        found = durable_response(Patients(np.minimum(time, limit), time <= limit), k=k).estimate
        low, high = (
            (found.ci_low, found.ci_high)
            if isinstance(found, Proportion)
            else (found.low, found.limit)
        )
        covered += low <= 2.0**-k <= high
    share = covered / repeats
    error = 3.29 * np.sqrt(share * (1 - share) / repeats)
    assert share + error > 0.935
    assert share - error < 0.965
