"""What a tail is made of: by hand, against R, and the threshold's share of the variance."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.durable.density import hazard
from perdure.durable.tail import TailThreshold, arm_tail, common_time, trial_tail
from perdure.errors import InputError
from perdure.records import ArmTail, Patients, TailMeasure, TailQuantity, TrialTail
from perdure.survival import influence, kaplan_meier, median

FOLDER = Path(__file__).parents[1] / "reference" / "survival"

PROPORTIONS: tuple[TailQuantity, ...] = ("milestone survival", "conditional survival")
AFTER: tuple[TailQuantity, ...] = ("conditional survival", "restricted mean residual time")

people = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=25)


def measures(tail: ArmTail) -> dict[TailQuantity, TailMeasure]:
    return {one.quantity: one for one in tail.measures}


@pytest.mark.parametrize(
    "case", ["lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney"]
)
def test_it_agrees_with_r_at_a_known_threshold(case: str) -> None:
    with (FOLDER / f"{case}.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (FOLDER / "tail.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["case"] == case)
    r = {key: float(value) for key, value in row.items() if key != "case" and value != "NA"}
    patients = Patients([float(row["time"]) for row in rows], [int(row["status"]) for row in rows])
    found = measures(
        arm_tail(
            case,
            patients,
            threshold_time=r["mark"],
            tau=r["tau"],
            beyond=[r["ahead"] - r["mark"]],
        )
    )
    mean, lost = found["restricted mean survival"], found["restricted mean time lost"]
    assert mean.value == pytest.approx(r["rmst"], rel=1e-10)
    assert mean.se == lost.se == pytest.approx(r["rmst_se"], rel=1e-10)
    assert lost.value == pytest.approx(r["tau"] - r["rmst"], rel=1e-9)
    conditional = found["conditional survival"]
    assert conditional.value == pytest.approx(r["conditional"], rel=1e-10)
    assert conditional.se == pytest.approx(r["conditional_se"], rel=1e-10)
    assert conditional.ci_low == pytest.approx(r["conditional_low"], rel=1e-9)
    assert conditional.ci_high == pytest.approx(r["conditional_high"], rel=1e-9)
    residual = found["restricted mean residual time"]
    assert residual.value == pytest.approx(r["residual"], rel=1e-9)
    assert residual.se == pytest.approx(r["residual_se"], rel=1e-9)


def test_by_hand() -> None:
    arms = {
        "a": Patients([2, 4, 6, 8, 10], [1, 1, 0, 1, 0]),
        "b": Patients([1, 2, 3, 4, 9], [1, 1, 1, 1, 0]),
    }
    found = trial_tail(
        arms,
        dict.fromkeys(arms, TailThreshold(3.0)),
        comparators={"a": "b", "b": None},
        milestones=[4.0],
        beyond=[2.0],
    )
    assert common_time(arms) == found.tails[0].tau == 9
    assert "smaller of the arms' largest" in found.tails[0].tau_rule
    a, b = (measures(tail) for tail in found.tails)
    # a: 1 to 2, 0.8 to 4, 0.6 to 8, 0.3 to 9; b: 1, 0.8, 0.6, 0.4, then 0.2 for 5
    assert a["restricted mean survival"].value == pytest.approx(2 + 1.6 + 2.4 + 0.3)
    assert b["restricted mean survival"].value == pytest.approx(1 + 0.8 + 0.6 + 0.4 + 1)
    assert a["restricted mean time lost"].value == pytest.approx(9 - 6.3)
    assert a["milestone survival"].value == pytest.approx(0.6)
    assert a["conditional survival"].value == pytest.approx(0.6 / 0.8)
    assert (a["conditional survival"].start, a["conditional survival"].stop) == (3, 5)
    assert a["conditional survival"].n_at_risk == 3
    assert a["restricted mean residual time"].value == pytest.approx((0.8 + 2.4 + 0.3) / 0.8)
    contrast = found.contrasts[0]
    assert contrast.difference == pytest.approx(6.3 - 3.8)
    assert contrast.ratio == pytest.approx(6.3 / 3.8)
    se = [m["restricted mean survival"].se or 0.0 for m in (a, b)]
    assert contrast.se == pytest.approx((se[0] ** 2 + se[1] ** 2) ** 0.5)
    assert len(found.contrasts) == 5


def test_what_is_not_known_says_why() -> None:
    patients = Patients([1, 2, 3, 4], [1, 1, 0, 0])
    none = measures(arm_tail("a", patients, threshold_time=None, beyond=[1], tau=9))
    assert none["conditional survival"].reason == "no threshold was given"
    assert none["restricted mean survival"].reason == "follow-up ends at 4 months, before 9"
    late = measures(arm_tail("a", patients, threshold_time=5, beyond=[1]))
    assert "before 5" in str(late["conditional survival"].reason)
    at_end = measures(arm_tail("a", patients, threshold_time=4))
    assert "not before tau" in str(at_end["restricted mean residual time"].reason)
    gone = measures(arm_tail("a", Patients([1, 2], [1, 1]), threshold_time=5, beyond=[1], tau=9))
    assert gone["conditional survival"].reason == "nobody is event-free at the threshold"
    flat = measures(arm_tail("a", patients, threshold_time=2.5, beyond=[1], milestones=[0.5]))
    assert flat["conditional survival"].value == flat["milestone survival"].value == 1
    assert flat["conditional survival"].se is None
    assert 0 < (flat["conditional survival"].ci_low or 0) < 1
    assert flat["restricted mean residual time"].value == 1.5
    assert "no standard error" in str(flat["restricted mean residual time"].reason)
    with pytest.raises(InputError, match="no threshold"):
        trial_tail({"a": patients}, {})
    with pytest.raises(InputError, match="above 0"):
        arm_tail("a", patients, threshold_time=2, milestones=[0.0])
    with pytest.raises(InputError, match="share no time"):
        common_time({"a": Patients([0], [1])})
    with pytest.raises(InputError, match="Not an arm"):
        trial_tail({"a": patients}, {"a": TailThreshold(1.0)}, comparators={"a": "b"})


def of_median(arm: str, patients: Patients, k: float) -> TailThreshold:
    """k times an arm's median, with what each patient adds to it."""
    curve = kaplan_meier(patients.time, patients.event)
    middle = median(curve).value
    if not middle or middle * k > curve.end_time or curve.at(0.0) <= 0.5:  # as threshold_of
        return TailThreshold(None, reason="not reached")
    each = influence(patients.time, patients.event, [middle])[:, 0] / patients.n
    return TailThreshold(
        k * middle, {arm: k * each / ((curve.at(middle) or 0.5) * hazard(curve, middle))}
    )


def check(found: TrialTail) -> None:
    for tail in found.tails:
        for one in tail.measures:
            for each in dataclasses.fields(one):
                value = getattr(one, each.name)
                assert not isinstance(value, float) or np.isfinite(value), one
            assert (one.se is None) == (one.reason is not None)
            if one.value is not None and one.ci_low is not None and one.ci_high is not None:
                assert one.ci_low - 1e-9 <= one.value <= one.ci_high + 1e-9
                proportion = one.quantity in PROPORTIONS
                top = 1 if proportion else one.stop - one.start
                assert 0 <= one.ci_low <= one.ci_high <= top * (1 + 1e-9)
    for contrast in found.contrasts:
        assert (contrast.se is None) == (contrast.reason is not None)
        if contrast.ci_high is not None and contrast.quantity in PROPORTIONS:
            assert -1 <= (contrast.ci_low or 0) <= contrast.ci_high <= 1
        for each in dataclasses.fields(contrast):
            value = getattr(contrast, each.name)
            assert not isinstance(value, float) or not np.isnan(value), contrast


@given(people, people, st.floats(1, 3), st.integers(1, 9))
@settings(max_examples=80, deadline=None)
def test_a_value_or_a_reason_in_any_unit_and_order(
    first: list[tuple[int, bool]], second: list[tuple[int, bool]], k: float, later: int
) -> None:
    def tails(unit: float, step: int) -> TrialTail | None:
        arms = {
            name: Patients([t * unit for t, _ in some[::step]], [e for _, e in some[::step]])
            for name, some in (("a", first), ("b", second))
        }
        if min(p.time.max() for p in arms.values()) == 0:
            return None
        thresholds = {arm: of_median(arm, p, k) for arm, p in arms.items()}
        return trial_tail(
            arms,
            thresholds,
            comparators={"a": "b"},
            milestones=[later * unit],
            beyond=[later * unit],
        )

    plain, turned = tails(1.0, 1), tails(30.4375, -1)
    if plain is None or turned is None:
        return
    check(plain)
    for one, other in zip(plain.tails, turned.tails, strict=True):
        for a, b in zip(one.measures, other.measures, strict=True):
            unit = 1 if a.quantity in ("milestone survival", "conditional survival") else 30.4375
            assert (a.value is None) == (b.value is None)
            if a.value is not None:
                assert b.value == pytest.approx(a.value * unit, rel=1e-6, abs=1e-9)
            if a.se is not None:
                assert b.se == pytest.approx(a.se * unit, rel=1e-5, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["own", "control"])
@pytest.mark.parametrize(("shape", "cured"), [(1.0, 0.0), (0.63, 0.0), (1.0, 0.2)])
def test_the_thresholds_variance_is_carried(reference: str, shape: float, cured: float) -> None:
    random = np.random.default_rng(11)
    n, repeats, tau = 300, 400, 36.0

    def arm(scale: float, shape: float, cured: float) -> Patients:
        lifetime = scale * random.weibull(shape, n)
        lifetime[random.random(n) < cured] = np.inf
        limit = random.uniform(60, 90, n)
        return Patients(np.minimum(lifetime, limit), lifetime <= limit)

    values = np.empty((repeats, 2))
    errors = np.empty((2, repeats, 2))
    for row in range(repeats):
        test, control = arm(12.0, shape, cured), arm(10.0, 1.0, 0.0)
        threshold = of_median("t", test, 2.0) if reference == "own" else of_median("c", control, 3)
        for kept, each in enumerate((TailThreshold(threshold.time), threshold)):
            found = measures(
                trial_tail(
                    {"t": test, "c": control}, {"t": each, "c": each}, beyond=[6.0], tau=tau
                ).tails[0]
            )
            for column, name in enumerate(AFTER):
                values[row, column] = found[name].value
                errors[kept, row, column] = found[name].se
    alone, carried = np.sqrt((errors**2).mean(axis=1)) / values.std(axis=0)
    assert (np.abs(carried - 1) < 0.11).all(), (carried, alone)  # Monte Carlo error 0.035
    assert alone[1] < carried[1] - 0.03, (carried, alone)  # Greenwood leaves the threshold out
