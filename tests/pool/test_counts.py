"""Effects of counts agree with metafor's escalc.

Of ``tests/reference/pool/escalc.json`` all is used here or in test_scales.py (``back_transforms``)
but ``normand1999``: its MD and SMD are differences of means, which durable response never is, and
are outside the field.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool.effects.counts import (
    Policy,
    ProportionMeasure,
    TableMeasure,
    effective_counts,
    proportion_effects,
    two_by_two_effects,
)
from perdure.records.counts import CountEffects

HERE = Path(__file__).parents[1] / "reference" / "pool"
REFERENCE: dict[str, Any] = json.loads((HERE / "escalc.json").read_text(encoding="utf-8"))
OUTSIDE = {"source", "note", "normand1999", "back_transforms"}
USED = {"bcg", "hand_two_by_two", "hand_two_by_two_drop00", "hand_proportions", "pritz1997"}

close = pytest.approx


def column(name: str, *columns: str) -> list[list[float]]:
    with (HERE / name).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [[float(row[header]) for row in rows] for header in columns]


def hand() -> list[list[float]]:
    return column("hand_two_by_two.csv", "ai", "n1i", "ci", "n2i")


def bcg() -> list[list[float]]:
    a, b, c, d = (np.array(x) for x in column("dat.bcg.csv", "tpos", "tneg", "cpos", "cneg"))
    return [a.tolist(), (a + b).tolist(), c.tolist(), (c + d).tolist()]


def check(effects: CountEffects, expected: dict[str, list[float | None]]) -> None:
    for ours, theirs in ((effects.y, expected["yi"]), (effects.v, expected["vi"])):
        assert [x is None for x in ours] == [x is None for x in theirs]
        assert [x for x in ours if x is not None] == close(
            [x for x in theirs if x is not None], rel=1e-11, abs=1e-15
        )
    for y, v, reason in zip(effects.y, effects.v, effects.reasons, strict=True):
        assert (reason is None) == (y is not None and v is not None and v > 0)


def test_every_case_is_used_or_named() -> None:
    assert set(REFERENCE) == USED | OUTSIDE


@pytest.mark.parametrize("measure", REFERENCE["bcg"])
def test_tables_of_bcg(measure: TableMeasure) -> None:
    effects = two_by_two_effects(*bcg(), measure=measure)
    check(effects, REFERENCE["bcg"][measure])
    assert not any(effects.adjusted)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "PETO"])
@pytest.mark.parametrize("to", REFERENCE["hand_two_by_two"])
def test_empty_cells_under_each_policy(measure: TableMeasure, to: Policy) -> None:
    effects = two_by_two_effects(*hand(), measure=measure, to=to)
    check(effects, REFERENCE["hand_two_by_two"][to][measure])
    last = to in {"all", "if0all"}
    assert effects.adjusted == ((True,) * 4 + (last,) if to != "none" else (False,) * 5)


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_tables_without_events_are_dropped(measure: TableMeasure) -> None:
    effects = two_by_two_effects(*hand(), measure=measure, drop00=True)
    check(effects, REFERENCE["hand_two_by_two_drop00"][measure])
    assert effects.reasons == (None, None, "no event in either arm", None, None)


@pytest.mark.parametrize("measure", REFERENCE["hand_proportions"])
def test_proportions(measure: ProportionMeasure) -> None:
    effects = proportion_effects(*column("hand_proportions.csv", "xi", "ni"), measure=measure)
    check(effects, REFERENCE["hand_proportions"][measure])
    pritz = proportion_effects(*column("dat.pritz1997.csv", "xi", "ni"), measure=measure)
    check(pritz, REFERENCE["pritz1997"][measure])


@pytest.mark.parametrize("to", ["only0", "all", "if0all", "none"])
def test_arcsines_take_nothing(to: Policy) -> None:
    # metafor 3.8-1 too gives the same values under every policy
    effects = two_by_two_effects(*hand(), measure="AS", to=to)
    assert effects.y == close((-math.asin(math.sqrt(0.2)), math.pi / 6, 0, 0.5796397403637, 0))
    assert effects.v == close((0.025, 0.0225, 1 / 30, 0.05, 1 / 24))
    assert not any(effects.adjusted)


def test_proportions_without_a_value_say_why() -> None:
    effects = proportion_effects([0, 3, 40], [10, 12, 40], measure="PLN", to="none")
    assert (effects.y[0], effects.v[0]) == (None, None)
    assert effects.y[1:] == close((math.log(0.25), 0.0))
    assert effects.v[1:] == close((0.25, 0.0))
    assert effects.reasons == (
        "a proportion of 0 has no value on the log scale",
        None,
        "its variance is 0",
    )
    full = proportion_effects([40], [40], measure="PLO", to="none")
    assert full.reasons == ("a proportion of 1 has no value on the logit scale",)


def test_nothing_but_events() -> None:
    effects = two_by_two_effects([12], [12], [9], [9], measure="PETO", to="none")
    assert effects.reasons == ("nothing but events in both arms",)


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.2))
def test_effective_counts_carry_proportion_and_error(p: float, se: float) -> None:
    counts = effective_counts(p, se)
    assert counts.events / counts.n == close(p, rel=1e-12)
    assert math.sqrt(p * (1 - p) / counts.n) == close(se, rel=1e-12)


def test_effective_counts_that_are_not_whole_make_effects() -> None:
    arm, control = effective_counts(0.3, 0.041), effective_counts(0.15, 0.033)
    effects = two_by_two_effects([arm.events], [arm.n], [control.events], [control.n], measure="OR")
    v = (0.041 / 0.21) ** 2 + (0.033 / 0.1275) ** 2
    assert effects.y[0] == close(math.log(0.3 / 0.7 * 0.85 / 0.15), rel=1e-12)
    assert effects.v[0] == close(v, rel=1e-12)


def test_effective_counts_of_ends() -> None:
    assert effective_counts(1.0, None, size=12.5).events == 12.5
    with pytest.raises(InputError, match="cannot be had"):
        effective_counts(0.0, None)
    with pytest.raises(InputError, match="not a positive number"):
        effective_counts(0.0, None, size=0.0)
    with pytest.raises(InputError, match="standard error"):
        effective_counts(0.2, None)


@pytest.mark.parametrize(
    ("counts", "options", "said"),
    [
        (([3], [2], [0], [4]), {}, "table 1 has events outside 0 to n in the arm"),
        (([1], [2], [-1], [4]), {}, "in the control"),
        (([math.nan], [2], [1], [4]), {}, "outside 0 to n"),
        (([0], [0], [1], [4]), {}, "no number of patients"),
        (([1], [math.inf], [1], [4]), {}, "no number of patients"),
        (([1, 2], [5], [1], [4]), {}, "lengths differ"),
        (([1, 2], [5, 5], [1], [4]), {}, "lengths differ"),
        (([], [], [], []), {}, "no counts"),
        (([1], [5], [1], [4]), {"measure": "MD"}, "unknown measure"),
        (([1], [5], [1], [4]), {"to": "some"}, "unknown policy"),
        (([1], [5], [1], [4]), {"add": -1.0}, "from 0 up"),
    ],
)
def test_bad_counts_are_refused(
    counts: tuple[list[float], ...], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        two_by_two_effects(*counts, **({"measure": "OR"} | options))
