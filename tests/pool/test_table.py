import json
import math
from typing import Any

import pytest

from perdure.errors import InputError
from perdure.pool import pool, pool_by_group, pool_table, pooled_json, table_json

KEYS = {
    "model", "method", "n_effects", "n_trials", "coefficients", "tau2", "sigma2", "i2", "q", "q_p",
    "log_likelihood", "prediction_low", "prediction_high",
}  # fmt: skip
Y = [0.1, 0.4, 0.2, 0.9, 1.2]
SE = [0.1, 0.2, 0.15, 0.1, 0.3]
BY = ["a", "a", "b", "b", "b"]


def test_a_table_is_pooled_on_its_own_scale() -> None:
    table = pool_table(Y, SE, trial=["T1", "T1", "T2", "T2", "T3"])
    assert table.pooled == pool(Y, [se**2 for se in SE], trial=["T1", "T1", "T2", "T2", "T3"])
    assert (table.pooled.n_effects, table.pooled.n_trials) == (5, 3)
    assert table.groups is None


def test_groups_of_a_table() -> None:
    table = pool_table(Y, SE, by=BY, method="DL", test="z")
    assert table.groups == pool_by_group(Y, [se**2 for se in SE], BY, method="DL", test="z")


def test_json_has_the_keys_of_the_command_line_and_no_nan() -> None:
    found: dict[str, Any] = json.loads(
        json.dumps(table_json(pool_table(Y, SE, by=BY)), allow_nan=False)
    )
    for part in (found, found["regression"], *found["groups"]):
        assert set(part) >= KEYS
        assert set(part["coefficients"][0]) == {
            "term", "estimate", "se", "df", "ci_low", "ci_high", "p",
        }  # fmt: skip
    assert [group["name"] for group in found["groups"]] == ["a", "b"]
    assert found["differences"][0]["term"] == "a - b"
    assert found["reason"] is None


def test_json_of_one_effect_has_null_where_there_is_no_number() -> None:
    found = pooled_json(pool([0.4], [0.03]))
    text = json.dumps(found, allow_nan=False)
    assert found["prediction_low"] is None
    assert '"df": null' in text


def test_json_of_groups_that_cannot_be_compared_says_why() -> None:
    found = table_json(pool_table([0.1, 0.9], [0.1, 0.2], by=["a", "b"]))
    assert found["regression"] is None
    assert found["differences"] == []
    assert "one estimate only" in str(found["reason"])
    assert json.dumps(found, allow_nan=False)


def test_every_bad_row_is_named() -> None:
    with pytest.raises(InputError) as caught:
        pool_table(
            [0.1, math.nan, 0.3, 0.4],
            [0.1, 0.1, 0.0, math.nan],
            by=["a", "a", "", "b"],
            columns=("yi", "sei"),
            by_column="class",
            rows=[2, 4, 5, 9],
            file="table.csv",
        )
    remedy = " Give it, or leave the row out."
    found = [str(problem).removesuffix(remedy) for problem in caught.value.problems]
    assert found == [
        "table.csv, row 4, column yi: an estimate is missing or not a number.",
        "table.csv, row 5, column sei: a standard error is not a positive number.",
        "table.csv, row 9, column sei: a standard error is not a positive number.",
        "table.csv, row 5, column class: a group is missing.",
    ]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="2 estimates, 1 standard errors, 2 groups"):
        pool_table([0.1, 0.2], [0.1], by=["a", "b"])


@pytest.mark.parametrize(
    ("y", "se", "said"),
    [
        ([0.1, 0.2, 0.3], [0.1, 1e200, 0.1], "row 5, column sei: its square, the variance, is"),
        (
            [0.1, 0.2, 0.3],
            [0.1, 1e-200, 0.1],
            "row 5, column sei: its square, the variance, is",
        ),
        (
            [0.1, 0.2, 0.3],
            [0.1, 1e30, 0.1],
            "row 5, column sei: its square, the variance, is",
        ),
        ([0.1, 0.2, 0.3], [0.1, 0.1, 1e-7], "row 9, column sei: its square, the variance, is less"),
        ([-1e60, 0.2, 0.3], [0.1, 0.1, 0.1], "row 2, column yi: the estimate is beyond 1e+50"),
    ],
)
def test_what_a_model_refuses_is_told_by_file_row_and_column(
    y: list[float], se: list[float], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        pool_table(
            y, se, trial=["A", "B", "C"], columns=("yi", "sei"), rows=[2, 5, 9], file="t.csv"
        )
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(f"t.csv, {said}")


def test_a_row_that_is_left_out_is_no_row_to_refuse() -> None:
    drug = ["a", "a", "", "b", "b"]
    table = pool_table(
        Y,
        [0.1, 0.2, 1e-9, 0.1, 0.3],
        formula="drug",
        moderators={"drug": drug},
        missing="leave out",
    )
    assert table.kept == (0, 1, 3, 4)


def test_a_missing_moderator_is_told_by_file_row_and_column() -> None:
    with pytest.raises(InputError) as caught:
        pool_table(
            Y, SE, formula="drug", moderators={"drug": ["a", "", "b", "b", "b"]}, file="t.csv"
        )
    assert str(caught.value).startswith("t.csv, row 3, column drug: the moderator drug is missing")


def test_what_a_model_says_of_all_effects_names_the_file() -> None:
    with pytest.raises(InputError, match=r"^t\.csv: 2 effects are too few for 2 coefficients"):
        pool_table(
            [0.1, 0.2], [0.1, 0.1], formula="drug", moderators={"drug": ["a", "b"]}, file="t.csv"
        )


@pytest.mark.parametrize("name", ["nivolumab", "eGFR", "Drug"])
def test_names_are_written_as_they_were_given(name: str) -> None:
    with pytest.raises(InputError) as caught:
        pool_table(
            Y, SE, formula=name, moderators={name: ["a", "a", "b", "b", "b"]}, reference={name: "c"}
        )
    assert str(caught.value).startswith(f"The moderator {name} has no level like this (found 'c')")


def test_effects_that_share_a_trial_are_said_to_be_taken_as_independent() -> None:
    trial = ["T1", "T1", "T2", "T2", "T3"]
    (note,) = pool_table(Y, SE, trial=trial).notes
    assert note.startswith("5 effects of 3 trials are pooled as if independent")
    assert "--model three-level" in note
    assert "--robust CR2" in note
    assert table_json(pool_table(Y, SE, trial=trial))["notes"] == [note]
    assert not pool_table(Y, SE).notes
    assert not pool_table(Y, SE, trial=["T1", "T2", "T3", "T4", "T5"]).notes
    assert not pool_table(Y, SE, trial=trial, model="three-level").notes
    robust = pool_table(Y, SE, trial=trial, robust="CR2").notes
    assert not any("independent" in note for note in robust)


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(InputError, match="no effect to pool"):
        pool_table([], [])
