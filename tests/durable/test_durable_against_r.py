"""Medians, thresholds and proportions against R's survival package."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from perdure.durable import durable_trial
from perdure.records import Patients, Proportion, Reference


@pytest.fixture(scope="module")
def trials(reference: Path) -> dict[int, dict[str, Patients]]:
    with (reference / "durable" / "design_patients.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    found: dict[int, dict[str, Patients]] = {}
    for trial in sorted({int(row["trial"]) for row in rows}):
        for arm in ("0", "1"):
            mine = [row for row in rows if int(row["trial"]) == trial and row["arm"] == arm]
            found.setdefault(trial, {})[arm] = Patients(
                [float(row["time"]) for row in mine], [float(row["status"]) for row in mine]
            )
    return found


@pytest.fixture(scope="module")
def values(reference: Path) -> Any:
    return json.loads((reference / "durable" / "design_patients.json").read_text())


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("chosen", ["own", "control"])
def test_median_threshold_and_proportion(
    trials: dict[int, dict[str, Patients]], values: Any, k: int, chosen: Reference
) -> None:
    expected = values[str(k)][chosen]
    found = [
        response
        for trial in trials.values()
        for response in durable_trial(
            trial, k=k, reference=chosen, comparators={"1": "0"}
        ).responses
    ]
    assert len(found) == len(expected["arm"]) == 12
    for i, response in enumerate(found):
        assert response.n == expected["n"][i]
        assert response.median == pytest.approx(expected["median"][i], rel=1e-12)
        assert response.threshold == pytest.approx(expected["threshold"][i], rel=1e-12)
        if expected["threshold"][i] > expected["max_time"][i]:
            assert response.status == "not estimable"
            continue
        assert isinstance(response.estimate, Proportion)
        assert response.estimate.value == pytest.approx(expected["surv"][i], rel=1e-9)
        assert response.estimate.n_at_risk == expected["n_risk"][i]


@pytest.mark.parametrize("k", [2, 3])
def test_fixed_reference_has_greenwoods_standard_error(
    trials: dict[int, dict[str, Patients]], values: Any, k: int
) -> None:
    expected = values[str(k)]["own"]
    arms = [(trial, arm) for trial in trials for arm in ("0", "1")]
    compared = 0
    for i, (trial, arm) in enumerate(arms):
        if expected["threshold"][i] > expected["max_time"][i]:
            continue
        found = durable_trial(
            {arm: trials[trial][arm]}, reference="fixed", time=expected["threshold"][i]
        ).responses[0]
        assert isinstance(found.estimate, Proportion)
        assert found.estimate.se == pytest.approx(expected["greenwood_se"][i], rel=1e-9)
        compared += 1
    assert compared >= 10
