"""Classes through common controls: from arms of trials to pairs of classes."""

import math
from dataclasses import replace

import pytest

from perdure.pool.classes.arm_effects import TrialArms
from perdure.pool.classes.trial_contrasts import pool_contrasts
from perdure.pool.networks.class_network import pool_class_network
from perdure.records import ArmCovariance, DurableResponse, NotEstimable, Proportion


def response(arm: str, p: float) -> DurableResponse:
    found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)


def trial(name: str, p: float) -> TrialArms:
    shared = ArmCovariance(("new", "old"), ((0.0016, 0.0002), (0.0002, 0.0016)))
    arms = {"new": response("new", p), "old": response("old", 0.15)}
    return TrialArms(name, arms, shared, {"new": "old"})


TRIALS = [trial(name, p) for name, p in zip("ABCD", (0.35, 0.30, 0.24, 0.2), strict=True)]
CLASSES = {(name, "old"): "chemo" for name in "ABCD"}
CLASSES |= {(name, "new"): "pd1" if name in "AB" else "ctla4" for name in "ABCD"}


def test_indirect_evidence_is_the_difference_of_the_direct() -> None:
    """Bucher: without trials of both, pd1 v ctla4 is the difference of their odds ratios."""
    found = pool_class_network(TRIALS, CLASSES, endpoint="PFS", by="drug_class", test="z")
    assert found.network is not None
    [part] = found.network.components
    pairs = {(one.treatment, one.comparator): one for one in part.comparisons}
    first, second = pairs["chemo", "pd1"], pairs["ctla4", "chemo"]
    last = pairs["ctla4", "pd1"]
    assert last.estimate == pytest.approx(first.estimate + second.estimate)
    assert last.se == pytest.approx(math.hypot(first.se, second.se), rel=1e-6)


def test_two_classes_are_their_contrasts_within_trials() -> None:
    two = {key: "chemo" if key[1] == "old" else "ici" for key in CLASSES}
    network = pool_class_network(TRIALS, two, endpoint="PFS", by="drug_class").network
    assert network is not None
    contrasts = pool_contrasts(TRIALS, endpoint="PFS").overall
    assert contrasts is not None
    [pair] = network.components[0].comparisons
    assert abs(pair.estimate) == pytest.approx(contrasts.mean.estimate)
    assert pair.se == pytest.approx(contrasts.mean.se)


def test_arms_that_cannot_be_in_it_are_named() -> None:
    none = replace(response("new", 0.2), estimate=NotEstimable("median not reached"))
    odd = replace(TRIALS[0], responses={"new": none, "old": response("old", 0.1)})
    found = pool_class_network([odd], CLASSES, endpoint="PFS", by="drug_class")
    assert found.network is None
    assert found.reason is not None
    assert "compares" in found.reason
    assert [(one.arm, one.reason) for one in found.left_out] == [("new", "median not reached")]
    without = pool_class_network([odd], {}, endpoint="PFS", by="drug_class")
    assert without.reason == "no arm with a class has a standard error"


def test_trials_that_fit_exactly_have_no_width_and_no_nan() -> None:
    same = [trial(name, 0.3) for name in "ABC"]
    found = pool_class_network(same, CLASSES, endpoint="PFS", by="drug_class")
    assert found.network is not None
    for pair in found.network.components[0].comparisons:
        assert math.isfinite(pair.estimate)
        assert all(math.isfinite(share) for share in pair.evidence)
