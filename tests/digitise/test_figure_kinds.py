"""Kinds of journal figures with their truth: what is read is right, or said to be doubted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figure_kind_list import KINDS
from figure_kinds import make
from perdure.digitise.door import digitise
from perdure.digitise.found import Digitised, DigitisedArm
from perdure.errors import InputError

VECTORS = ["right_axis", "area", "shared_legend", "three", "inset", "limits_dashes", "table_events"]
PICTURES = [
    "right_axis_percent",
    "dark_table",
    "table_above",
    "table_swatches",
    "arms6",
    "arms6_dashes",
    "from_forty",
    "weeks",
    "ticks_none",
    "before_zero",
    "printed_table",
    "limits_thin",
    "inset",
    "three",
    "shared_legend",
    "forest",
    "zero",
    "screenshot",
    "photograph",
    "jpeg30",
    "fax",
]
REFUSED = ["broken", "log_time", "log_survival", "incidence", "rising_untitled", "turned"]


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("suffix", ["pdf", "svg"])
def test_a_kind_of_figure_in_paths(name: str, suffix: str, tmp_path: Path) -> None:
    truths = [json.loads(p.read_text()) for p in make(name, KINDS[name], tmp_path)]
    found = digitise(tmp_path / f"{name}.{suffix}")
    for truth, one in zip(truths, found, strict=True):
        assert one.vector
        assert len(one.arms) == len(truth["arms"])
        for arm, true in zip(_in_order(one), truth["arms"], strict=True):
            assert (arm.label, arm.doubts) == (true["label"], ())
            assert _apart(arm, true, truth) < 0.001


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_kind_of_picture_is_read_or_doubted(name: str, tmp_path: Path) -> None:
    truths = [json.loads(p.read_text()) for p in make(name, KINDS[name], tmp_path)]
    found = digitise(tmp_path / truths[0]["image"]["file"])
    for truth, one in zip(truths, found, strict=True):
        assert one.time_unit == truth["time_unit"]
        doubted = bool(one.warnings) or any(arm.flagged for arm in one.arms)
        assert len(one.arms) == len(truth["arms"]) or doubted
        for arm in one.arms:
            true = min(truth["arms"], key=lambda t: _apart(arm, t, truth))
            assert _apart(arm, true, truth) < 0.01 or arm.flagged
            assert arm.label in {true["label"], ""} or arm.flagged
            _check_row(arm, true, truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_a_kind_of_figure_that_is_no_survival_is_refused(name: str, tmp_path: Path) -> None:
    (truth,) = (json.loads(p.read_text()) for p in make(name, KINDS[name], tmp_path))
    with pytest.raises(InputError):
        digitise(tmp_path / truth["image"]["file"])


def _in_order(found: Digitised) -> list[DigitisedArm]:
    """Return the arms as the truth has them: the best first."""
    return sorted(found.arms, key=lambda arm: -float(arm.survival[arm.time <= 20][-1]))


def _apart(arm: DigitisedArm, true: dict[str, Any], truth: dict[str, Any]) -> float:
    """Return the mean distance of a curve from the truth, to the end of follow-up or axis."""
    end = min(true["follow_up_end"], truth["axes"]["x"]["max"])
    times = np.linspace(0, end, 200)
    read = arm.survival[np.searchsorted(arm.time, times, side="right") - 1]
    steps, survival = np.array(true["km"]["time"]), np.array(true["km"]["survival"])
    return float(np.abs(read - survival[np.searchsorted(steps, times, side="right") - 1]).mean())


def _check_row(arm: DigitisedArm, true: dict[str, Any], truth: dict[str, Any]) -> None:
    """Check the numbers at risk of an arm: each right or flagged."""
    if "risk_table" not in truth:
        assert arm.risk == ()
        return
    (row,) = (r for r in truth["risk_table"]["rows"] if r["label"] == true["label"])
    printed = dict(zip(truth["risk_table"]["times"], row["n"], strict=True))
    assert len(arm.risk) == len(printed)
    for cell in arm.risk:
        assert cell.n == printed[cell.time] or cell.flagged
