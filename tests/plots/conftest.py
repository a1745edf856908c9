"""One trial of two arms whose every number can be worked out by hand, and its record."""

import numpy as np
import pytest

from perdure.records import (
    AnalysisResult,
    Arm,
    ArmEstimate,
    ArmResult,
    Curve,
    DurableResponse,
    NotEstimable,
    Patients,
    Proportion,
    Trial,
)


def response(arm: str, threshold: float | None, value: float | None, n: int) -> DurableResponse:
    """A durable response under the own median; without a value it is not estimable."""
    estimate = (
        NotEstimable("median not reached: survival is 0.60 at the end (8.0 months)", 0.0, 0.6)
        if value is None
        else Proportion(value, 0.1, max(value - 0.1, 0.0), value + 0.2, 12, "estimable")
    )
    median = None if threshold is None else threshold / 3
    return DurableResponse(
        arm, n, n // 2, median, median, median, 9.0, 3.0, "own", threshold, estimate
    )


@pytest.fixture
def trial() -> Trial:
    """A treated arm and its control."""
    arms = (
        Arm("T1", "treated", "treated <b>& co", comparator="control"),
        Arm("T1", "control", "control arm"),
    )
    return Trial("T1", "Trial “one” & $x_1$", 2019, arms=arms)


@pytest.fixture
def analysis() -> AnalysisResult:
    """Ten patients in each arm: in the treated one events at 1 to 4 of ten, the rest censored at 8.

    In the control arm one patient has an event at each of 1, 2, ..., 10.
    """
    treated = Patients([1, 2, 3, 4, 8, 8, 8, 8, 8, 8], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    control = Patients(np.arange(1, 11), np.ones(10))
    curve = Curve([0, 1, 2, 3, 4, 8], [1, 0.9, 0.8, 0.7, 0.6, 0.6])
    responses = (response("treated", None, None, 10), response("control", 6.0, 0.4, 10))
    return AnalysisResult(
        "T1",
        "PFS",
        "",
        primary=True,
        arms=(
            ArmResult("treated", "curve", treated, curve, None, "guyot"),
            ArmResult("control", "patients", control, None, None, None),
        ),
        estimates=tuple(
            ArmEstimate("T1", "PFS", "", primary=True, source="patients", response=one)
            for one in responses
        ),
        contrasts=(),
    )
