"""Follow-up of an arm: by hand, against R, and what is said where something is not known."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable.follow_up import follow_up
from perdure.errors import InputError
from perdure.records import FollowUp, Patients

FOLDER = Path(__file__).parents[1] / "reference" / "survival"

people = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=30)


def arm_of(some: list[tuple[int, bool]], unit: float = 1.0) -> Patients:
    return Patients([t * unit for t, _ in some], [e for _, e in some])


@pytest.mark.parametrize(
    "case", ["lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney"]
)
def test_follow_up_agrees_with_r(case: str) -> None:
    with (FOLDER / f"{case}.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (FOLDER / "tail.csv").open() as file:
        r = next(row for row in csv.DictReader(file) if row["case"] == case)
    patients = Patients([float(row["time"]) for row in rows], [int(row["status"]) for row in rows])
    found = follow_up(case, patients, replicates=9)
    for name, ours in (
        ("follow_up", found.median),
        ("follow_up_low", found.median_low),
        ("follow_up_high", found.median_high),
        ("survivors_median", found.survivors_median),
    ):
        assert ours == (None if r[name] == "NA" else pytest.approx(float(r[name]))), name
    for name in ("median", "median_low", "median_high"):
        assert (getattr(found, name) is None) == (name in found.reasons)


def test_by_hand() -> None:
    patients = Patients([1, 2, 2, 3, 4, 5, 6, 8], [1, 0, 1, 1, 0, 1, 0, 0])
    found = follow_up("a", patients, threshold=4.0, thin=4, replicates=9)
    assert (found.n, found.events, found.maturity) == (8, 4, 0.5)
    assert (found.survivors, found.survivors_min, found.survivors_max) == (4, 2, 8)
    assert found.survivors_median == 5
    assert (found.n_at_risk, found.reach) == (4, "reached")
    assert found.could_reach == pytest.approx(6 / 7)  # the censoring at 4 itself has reached 4
    survival = 7 / 8 * 6 / 7 * 4 / 5
    assert found.survival_low == found.survival_high == pytest.approx(survival)
    greenwood = survival**2 * (1 / 56 + 1 / 42 + 1 / 20)
    assert found.information == pytest.approx(survival * (1 - survival) / 8 / greenwood)
    assert follow_up("a", patients, threshold=4.0, thin=5, replicates=9).reach == "thin"
    assert follow_up("a", patients, threshold=8.0, replicates=9).could_reach == pytest.approx(
        6 / 7 * 3 / 4 * 1 / 2
    )


def test_everybody_followed_has_all_the_information() -> None:
    patients = Patients([1, 2, 3, 4, 9, 9, 9], [1, 1, 1, 1, 0, 0, 0])
    found = follow_up("a", patients, threshold=5, replicates=9)
    assert found.information == pytest.approx(1)
    assert found.could_reach == 1


def test_what_is_not_known_says_why() -> None:
    ended = follow_up("a", Patients([1, 2, 3], [1, 1, 1]), threshold=5, replicates=9)
    assert (ended.reach, ended.survival_low, ended.survival_high) == ("zero", 0, 0)
    assert ended.reasons["median"] == "no patient was censored"
    assert ended.reasons["survivors_min"] == "every patient had the event"
    assert "not known" in ended.reasons["could_reach"]
    assert ended.verdict.startswith("Nothing can be said of a cured fraction: the last patient")
    short = follow_up("a", Patients([1, 2, 3, 4], [1, 1, 0, 0]), threshold=5, replicates=9)
    assert (short.reach, short.survival_low, short.survival_high) == ("not reached", 0, 0.5)
    assert (short.n_at_risk, short.could_reach) == (0, 0)
    none = follow_up("a", Patients([1], [0]), threshold_reason="no median", replicates=9)
    assert none.reach == "no threshold"
    assert none.reasons["n_at_risk"] == "no median"
    assert none.verdict == "Nothing can be said of a cured fraction: no event was seen."
    with pytest.raises(InputError, match="threshold"):
        follow_up("a", Patients([1], [0]), threshold=-1.0)


def test_verdicts() -> None:
    random = np.random.default_rng(3)
    lifetime = np.where(random.random(400) < 0.4, np.inf, random.standard_exponential(400))
    long = Patients(np.minimum(lifetime, 20), lifetime <= 20)
    assert follow_up("a", long).verdict.startswith("Follow-up looks long enough, and the plateau")
    limit = random.uniform(0.5, 0.9, 400)
    short = Patients(np.minimum(lifetime, limit), lifetime <= limit)
    assert follow_up("a", short).verdict.startswith("Follow-up looks too short")


def check(found: FollowUp) -> None:
    assert 0 <= found.maturity <= 1
    assert 0 <= found.survival_low <= found.survival_high <= 1
    for name in ("could_reach", "information"):
        value = getattr(found, name)
        assert (value is None) == (name in found.reasons)
        assert value is None or 0 <= value <= 1 + 1e-9
    for each in dataclasses.fields(found):
        value = getattr(found, each.name)
        assert not isinstance(value, float) or np.isfinite(value), each.name
        if value is None:
            assert found.reasons[each.name]
    assert found.verdict.endswith(".")


@given(people, st.one_of(st.none(), st.integers(0, 40)))
@settings(max_examples=60, deadline=None)
def test_a_value_or_a_reason_in_any_unit_and_order(
    some: list[tuple[int, bool]], threshold: int | None
) -> None:
    found = follow_up("a", arm_of(some), threshold=threshold, replicates=9)
    check(found)
    scaled = None if threshold is None else threshold * 30.4375
    turned = follow_up("a", arm_of(some[::-1], 30.4375), threshold=scaled, replicates=9)
    assert turned.reach == found.reach
    assert turned.n_at_risk == found.n_at_risk
    assert turned.could_reach == pytest.approx(found.could_reach)
    assert turned.information == pytest.approx(found.information)
    assert set(turned.reasons) == set(found.reasons)
