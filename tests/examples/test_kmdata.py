"""The example on kmdata: its tables are kmdata's, and its page says what its results say."""

import csv
from collections import Counter
from pathlib import Path

import build_kmdata
import make_kmdata
import pytest
from build_kmdata import build, chosen
from example_page import digest_of, stale
from numbers_kmdata import ICI, Arm, arms_of, groups_of, others_pooled, slope

from perdure.pipeline import run
from perdure.study import Study

ROOT = Path(__file__).parents[2]
HERE, DOCS = ROOT / "examples" / "kmdata", ROOT / "docs" / "examples"

Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def an_arm(**what: object) -> Arm:
    known: dict[str, object] = {
        "data_set": "T-1",
        "arm": "a",
        "endpoint": "PFS",
        "reference": "own",
        "label": "T: a",
        "comparator": "",
        "registered": "T",
        "drug_class": "a",
        "tumour": "lung",
        "year": "2015",
        "n": 100,
        "events": 80,
        "median": 5.0,
        "threshold": 15.0,
        "follow_up": 20.0,
        "value": 0.1,
        "se": 0.03,
        "low": 0.05,
        "high": 0.17,
        "bound": None,
        "status": "estimable",
        "why": "",
    }
    return Arm(**{**known, **what})  # type: ignore[arg-type]


def test_there_are_kmdatas_sets_and_arms_and_the_issues_checkpoint_inhibitors() -> None:
    sets, arms = rows(HERE / "data_sets.csv"), rows(HERE / "arms.csv")
    assert len(sets) == 304
    assert len(arms) == 608
    assert {row["data_set"] for row in arms} == {row["data_set"] for row in sets}
    taken = chosen(everything=False)
    inhibitors = Counter(
        fact["endpoint"] for fact, found in taken for row in found if row["drug_class"] == ICI
    )
    assert inhibitors == {"PFS": 5, "OS": 5}
    names = [(fact["data_set"], row["arm"]) for fact, found in taken for row in found]
    assert len(names) == len(set(names)) == 363


def test_the_tables_are_kmdatas(shared: Path) -> None:
    source = shared / "data" / "kmdata"
    index = {row["id"]: row for row in rows(source / "index.csv")}
    for row in rows(HERE / "data_sets.csv"):
        theirs = index[row["data_set"]]
        for mine, name in (("tumour_in_kmdata", "tumour"), ("endpoint_in_kmdata", "endpoint")):
            assert row[mine] == theirs[name]
        assert (row["time_unit"], row["year"], row["trial"]) == (
            theirs["units"],
            theirs["year"],
            theirs["trial"],
        )
    arms = {(row["data_set"], row["arm"]): row for row in rows(HERE / "arms.csv")}
    for row in rows(source / "arms.csv"):
        arm = arms.pop((row["id"], row["arm"]))
        assert (arm["drug_class"], arm["repeat_of"]) == (row["arm_class"], row["repeat_of"])
        assert (arm["eligible"] == "yes") == (row["eligible"] == "TRUE")
        theirs = index[row["id"]]
        place = theirs["arms"].split(";").index(row["arm"])
        assert arm["n"] == theirs["n_per_arm"].split(";")[place]
        assert arm["events"] == theirs["events_per_arm"].split(";")[place]
        assert (arm["control"] == "yes") == (place == 0)
    assert not arms


def test_a_tumour_is_another_than_kmdatas_only_where_the_page_says_so() -> None:
    changed = {
        row["trial"]
        for row in rows(HERE / "data_sets.csv")
        if row["tumour"] != row["tumour_in_kmdata"]
    }
    words = (HERE / "kmdata.md.in").read_text(encoding="utf-8")
    told = words.split("**Tumours are named", 1)[1].split("\n- ", 1)[0]
    said = {one for one in changed if one in told.replace("VANTAGE ", "VANTAGE").replace("-4", "4")}
    assert said == changed
    assert len(changed) == 6


def test_without_the_folder_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"--from names the folder that holds ipd/"):
        build(tmp_path / "study", tmp_path)


@pytest.mark.slow
def test_a_few_trials_go_the_whole_way(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = (
        *("Checkmate017_2B", "Checkmate057_1C", "CA184043_4", "CALGB40502_2A", "CALGB40502_2B"),
        "Checkmate017_1",
    )
    taken = [one for one in chosen(everything=False) if one[0]["data_set"] in few]
    monkeypatch.setattr(build_kmdata, "chosen", lambda everything: taken)
    build(tmp_path, shared / "data" / "kmdata")
    study = Study.open(tmp_path)
    assert len(study.trials) == 6
    run(tmp_path)
    arms = arms_of(tmp_path)
    groups = groups_of(tmp_path, arms)
    by = {(one.by, one.name, one.reference): one for one in groups if one.endpoint == "PFS"}
    inhibitors = by["drug_class", ICI, "own"]
    assert (inhibitors.arms, inhibitors.estimable) == (3, 3)
    values = [
        arm.value
        for arm in arms
        if (arm.drug_class, arm.reference, arm.endpoint) == (ICI, "own", "PFS")
    ]
    assert inhibitors.mean == pytest.approx(sum(value or 0 for value in values) / 3)
    (alone,) = (arm for arm in arms if arm.arm == "nab-paclitaxel" and arm.reference == "control")
    assert alone.why == "no control"
    assert by["drug_class", "chemo+targeted", "control"].no_control == 1
    drawn = make_kmdata.figure(groups, arms, "PFS")
    assert drawn.count("checkpoint inhibitor") == 1
    told = "\n".join(make_kmdata.inhibitors(arms))
    assert "PFS beyond 3 medians, own: 3 arms" in told
    assert "Checkmate017 (figure 1): nivolumab" in told


def test_the_slope_over_years_is_metafors_with_clubsandwichs_errors(reference: Path) -> None:
    folder = reference / "examples"
    arms = [
        an_arm(
            registered=row["registered"],
            drug_class=row["drug_class"],
            tumour=row["tumour"],
            year=row["year"],
            value=float(row["value"]),
            se=float(row["se"]),
        )
        for row in rows(folder / "slope_arms.csv")
    ]
    for row in rows(folder / "slope.csv"):
        found = slope(arms, "PFS", "own", row["formula"])
        assert found.arms == 36
        assert found.trials == 14
        for what in ("ratio", "low", "high"):
            assert getattr(found, what) == pytest.approx(float(row[what]), rel=1e-6)


def test_arms_that_are_alike_pool_to_what_they_are() -> None:
    value, low, high = others_pooled([an_arm(), an_arm(arm="b"), an_arm(arm="c")])
    assert value == pytest.approx(0.1)
    assert low < 0.1 < high


def test_a_median_that_is_not_reached_is_longer_than_any() -> None:
    arms = [an_arm(median=None), an_arm(median=4.0), an_arm(median=9.0)]
    assert make_kmdata.median_words(arms) == "9.0"
    assert make_kmdata.median_words(arms[:1]) == "not reached"
    assert make_kmdata.median_words([]) == "–"


def test_the_page_is_of_these_inputs() -> None:
    assert stale(DOCS / "kmdata.md", digest_of(HERE, make_kmdata.INPUTS)) == []


def test_what_the_page_says_in_words_is_in_its_tables() -> None:
    arms = rows(DOCS / "kmdata-arms.csv")
    inhibitors = [row for row in arms if (row["drug_class"], row["reference"]) == (ICI, "own")]
    known = Counter((row["endpoint"], bool(row["value"])) for row in inhibitors)
    assert known == {("PFS", True): 4, ("PFS", False): 1, ("OS", True): 3, ("OS", False): 2}
    control = [row for row in arms if row["reference"] == "control"]
    assert sum(row["why"] == "no control" for row in control) == 7
    kinds = Counter(
        fact["endpoint_in_kmdata"]
        for fact, found in chosen(everything=False)
        for _ in found
        if fact["endpoint"] == "PFS"
    )
    assert kinds == {"PFS": 188, "TTF": 4, "RPFS": 2}
    own = [row for row in arms if row["reference"] == "own" and row["endpoint"] == "OS"]
    for tumour in ("Breast", "Prostate"):
        mine = [row for row in own if row["tumour"] == tumour]
        assert sum(not row["value"] for row in mine) > len(mine) / 2


def test_groups_hold_every_arm_once() -> None:
    arms = Counter((row["endpoint"], row["reference"]) for row in rows(DOCS / "kmdata-arms.csv"))
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in rows(DOCS / "kmdata-groups.csv"):
        key = (row["by"], row["endpoint"], row["reference"])
        counted[key] += int(row["arms"])
        parts = ("estimable", "median_not_reached", "follow_up_too_short", "no_control")
        assert sum(int(row[part]) for part in parts) == int(row["arms"])
    assert len(counted) == 18
    for (_, endpoint, of), number in counted.items():
        assert number == arms[endpoint, of]
