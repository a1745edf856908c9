"""Two arms under a published hazard ratio: a check, or a constraint when it is their own."""

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, evidence, jointly, reconstruct
from perdure.records import Curve, Patients, Reconstruction
from perdure.survival import hazard_ratio, kaplan_meier


def true_arm(seed: int, scale: float, n: int = 150) -> Patients:
    random = np.random.default_rng(seed)
    life, left = random.exponential(scale, n), random.uniform(5, 30, n)
    return Patients(np.round(np.minimum(life, left), 3), life <= left)


def log_hr(arm: Patients, control: Patients) -> float:
    found = hazard_ratio(
        np.concatenate((control.time, arm.time)),
        np.concatenate((control.event, arm.event)),
        np.repeat([0, 1], [control.n, arm.n]),
    ).log_hr
    assert found is not None
    return found


def clicked(patients: Patients, seed: int) -> Curve:
    """Return an arm's curve by 25 clicks: without numbers at risk it is not known well."""
    random = np.random.default_rng(seed)
    km = kaplan_meier(patients.time, patients.event)
    time = np.sort(np.concatenate(([0.0], random.uniform(0, km.end_time, 25))))
    value = np.clip(km.at(time) + random.normal(0, 0.004, time.size), 0, 1)
    value[0] = 1.0
    order = np.maximum.accumulate(value[::-1])[::-1]
    return curve_from_points(time, np.round(order, 3))[0]


@pytest.fixture(scope="module")
def truth() -> dict[str, Patients]:
    return {"new": true_arm(1, 14.0), "old": true_arm(2, 9.0)}


@pytest.fixture(scope="module")
def curves(truth: dict[str, Patients]) -> dict[str, Curve]:
    return {name: clicked(patients, 3) for name, patients in truth.items()}


@pytest.fixture(scope="module")
def arms(truth: dict[str, Patients], curves: dict[str, Curve]) -> dict[str, Reconstruction]:
    return {
        name: reconstruct(curve, n=truth[name].n, draws=60, median="9")
        for name, curve in curves.items()
    }


def spread(arms: dict[str, Reconstruction]) -> np.ndarray:
    pairs = zip(arms["new"].ensemble, arms["old"].ensemble, strict=True)
    return np.array([log_hr(one, other) for one, other in pairs])


def test_a_hazard_ratio_of_their_own_binds_every_pair(
    truth: dict[str, Patients], arms: dict[str, Reconstruction], curves: dict[str, Curve]
) -> None:
    printed = f"{np.exp(log_hr(truth['new'], truth['old'])):.2f}"
    found = jointly(arms, curves, "old", {"new": printed}, own=True, seed=5)
    before, after = spread(arms), spread(found)
    half = 0.005 + 1e-9
    assert np.all(np.abs(np.exp(after) - float(printed)) <= half)
    assert not np.all(np.abs(np.exp(before) - float(printed)) <= half)
    assert "hazard ratio" in found["new"].evidence.used
    assert "hazard ratio" in found["old"].evidence.used
    assert len(found["new"].ensemble) == 60
    chosen = np.exp(log_hr(found["new"].patients, found["old"].patients))
    assert abs(chosen - float(printed)) <= half
    for name, one in found.items():
        anew = evidence(one.patients, curves[name])
        assert one.evidence.events == one.patients.events
        assert (one.evidence.median, one.evidence.rmse) == (anew.median, anew.rmse)
        assert one.evidence.median_reported == 9
        assert {draw.n for draw in one.ensemble} == {truth[name].n}


def test_by_default_it_is_a_check(
    arms: dict[str, Reconstruction], curves: dict[str, Curve]
) -> None:
    rebuilt = float(np.exp(log_hr(arms["new"].patients, arms["old"].patients)))
    near = jointly(arms, curves, "old", {"new": round(rebuilt, 2)})
    assert near["new"].ensemble is arms["new"].ensemble
    assert not any("hazard ratio" in warning for warning in near["new"].warnings)
    fit = near["new"].evidence
    assert fit.hazard_ratio == pytest.approx(rebuilt)
    assert fit.hazard_ratio_low is not None
    assert fit.hazard_ratio_high is not None
    assert fit.hazard_ratio_low < fit.hazard_ratio_high
    far = jointly(arms, curves, "old", {"new": "1.40"})
    assert "the published hazard ratio is 1.40; the rebuilt one is" in far["new"].warnings[-1]


def test_one_that_no_pair_has_is_named_and_not_imposed(
    arms: dict[str, Reconstruction], curves: dict[str, Curve]
) -> None:
    found = jointly(arms, curves, "old", {"new": "2.50"}, own=True)
    assert any("no history has the published hazard ratio 2.50" in w for w in found["new"].warnings)
    assert found["new"].ensemble is arms["new"].ensemble
    assert "hazard ratio" not in found["new"].evidence.used


def test_what_cannot_be_is_refused(
    arms: dict[str, Reconstruction], curves: dict[str, Curve]
) -> None:
    with pytest.raises(InputError, match="not among those rebuilt"):
        jointly(arms, curves, "placebo", {"new": 0.7})
    with pytest.raises(InputError, match="not positive"):
        jointly(arms, curves, "old", {"new": 0.0})


def test_arms_in_two_time_units_are_refused(
    arms: dict[str, Reconstruction], curves: dict[str, Curve]
) -> None:
    mixed = {"new": arms["new"].in_unit("days"), "old": arms["old"]}
    with pytest.raises(InputError, match="two time units"):
        jointly(mixed, curves, "old", {"new": "0.7"})
