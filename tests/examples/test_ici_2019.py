"""The example's tables are whole, and what is fetched from public repositories is read rightly."""

import csv
from pathlib import Path

import pytest
from build_ici_2019 import data_sets
from fetch_ici_2019 import addresses, fetched, named, patients_of_csv

HERE = Path(__file__).parents[2] / "examples" / "ici-2019"


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_there_are_the_papers_trials_and_arms() -> None:
    arms = rows("arms.csv")
    assert len(rows("trials.csv")) == 19
    assert len(arms) == 42
    assert sum(row["therapy"] == "checkpoint inhibitor" for row in arms) == 26
    named_arms = {(row["trial"], row["arm"]) for row in arms}
    assert {(row["trial"], row["arm"]) for row in rows("published_facts.csv")} <= named_arms
    assert {(row["trial"], row["arm"]) for row in rows("data_sets.csv")} <= named_arms


def test_every_fact_has_a_source_and_memory_is_not_verified() -> None:
    for row in rows("published_facts.csv"):
        assert row["source"]
        if row["certainty"] == "verified":
            assert "memory" not in row["source"]
            assert "http" in row["source"]


@pytest.mark.parametrize(
    ("arm", "fact", "printed"),
    [
        # Table 3 of ipilimumab's prescribing information; a database of analyses has 0.86.
        (("MDX010-20", "ipilimumab"), "hazard ratio", ("0.66", "0.51", "0.87")),
        # Two reviews (PMC6679805, PMC7005982); a third has nivolumab's 17.4 here too.
        (("CheckMate-026", "chemotherapy"), "median", ("13.2", "10.7", "17.1")),
    ],
)
def test_a_slip_of_a_review_is_not_copied(
    arm: tuple[str, str], fact: str, printed: tuple[str, str, str]
) -> None:
    (row,) = (
        one
        for one in rows("published_facts.csv")
        if (one["trial"], one["arm"]) == arm and (one["endpoint"], one["fact"]) == ("OS", fact)
    )
    assert (row["value"], row["low"], row["high"]) == printed


def test_two_files_of_one_trial_have_two_addresses() -> None:
    (row,) = [one for one in data_sets()["KEYNOTE006_OS"] if one["arm"] == "ipilimumab"]
    assert [one.rsplit("/", 1)[1] for one in addresses(row)] == [
        "keynote-006%28q2w%29_schachter2017_fig2a.csv",
        "keynote-006%28q3w%29_schachter2017_fig2a.csv",
    ]
    assert all(one.startswith("https://raw.githubusercontent.com/") for one in addresses(row))


def test_arms_of_one_study_are_told_from_others_and_named_by_size_and_events() -> None:
    text = '"","patid","time","event","arm","study"\n'
    text += "".join(f'"{at}",{at},{at}.5,1,1,"Ribas 2013"\n' for at in range(1, 4))
    text += "".join(f'"{at}",{at},{at}.5,{at % 2},2,"Ribas 2013"\n' for at in range(1, 4))
    text += '"9",9,9.5,1,1,"BRIM-3"\n'
    groups = patients_of_csv(text, "Ribas 2013")
    assert [len(group) for group in groups] == [3, 3]
    described = [
        {"data_set": "x", "name": "chemotherapy", "n": "3", "events": "2"},
        {"data_set": "x", "name": "tremelimumab", "n": "3", "events": "3"},
    ]
    found = named(described, groups)
    assert found["chemotherapy"][1] == (2.5, 0)
    assert found["tremelimumab"][1] == (2.5, 1)
    with pytest.raises(SystemExit, match="another version"):
        named([{**described[0], "n": "4"}], groups)


def test_a_set_without_an_address_is_not_fetched(tmp_path: Path) -> None:
    assert fetched(data_sets()["OAK_PFS_real"], tmp_path) == {}
