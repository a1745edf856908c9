"""Build the study of kmdata, run it, and write docs/examples/kmdata.md with its figures and tables.

    python examples/kmdata/make_kmdata.py work/kmdata --from ../shared/data/kmdata --jobs 2
    python examples/kmdata/make_kmdata.py work/kmdata --jobs 2     from its public repository
    python examples/kmdata/make_kmdata.py --check                  is the page of these inputs?
    python examples/kmdata/make_kmdata.py work/kmdata --check      and of these results?

What is not stale in the study is not run again. The page holds its date, the version of perdure
and the digest of the example's tables; --check says what is stale and exits with 1. R data files,
as the repository has them, need `pip install rdata` (MIT).
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

from build_kmdata import build, identifier
from csv_rows import rows
from example_page import digest_of, percent, stale, table, with_head
from figure_kmdata import by_groups
from numbers_kmdata import (
    ICI,
    REFERENCES,
    Arm,
    Group,
    arms_of,
    groups_of,
    others_pooled,
    slope,
)

from perdure.pipeline import run
from perdure.study import write_table, write_text

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "examples"
PAGE = DOCS / "kmdata.md"
INPUTS = ("data_sets.csv", "arms.csv", "build_kmdata.py", "fetch_kmdata.py")

MULTIPLE = {"PFS": 3.0, "OS": 2.0}
BEYOND = {"PFS": "PFS beyond 3 medians", "OS": "OS beyond 2 medians"}
HEADINGS = {"Drug class": "drug_class", "Tumour": "tumour", "Year of publication": "year"}
LABELS = {
    ICI: "checkpoint inhibitor",
    "chemo+targeted": "chemo + targeted",
    "hormonal+targeted": "hormonal + targeted",
    "placebo/observation": "placebo, observation",
    "other": "radioembolisation",
    **{name: name.lower() for name in ("Breast", "Colorectal", "Lung", "Prostate", "Other")},
}
ORDER = (
    *("chemotherapy", "chemo+targeted", "targeted", "hormonal", "hormonal+targeted", ICI, "other"),
    *("placebo/observation", "Breast", "Colorectal", "Lung", "Prostate", "Other"),
)
FEWEST = 5
"""Pairs of classes with fewer trials at both thresholds are left to the study's own report."""


def label(name: str) -> str:
    """Return what a group is called on the page."""
    return LABELS.get(name, name)


def place(name: str) -> tuple[int, str]:
    """Return where a group stands: classes and tumours as ORDER has them, years by number."""
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def limits(value: float | None, low: float | None, high: float | None) -> str:
    """Return a proportion with its interval, in per cent."""
    return "–" if value is None else f"{percent(value)} ({percent(low)}–{percent(high)})"


def counts(folder: Path, arms: Sequence[Arm]) -> Iterator[str]:
    """Yield what there is of trials, arms and patients, and what is left of it."""
    every = rows(HERE / "arms.csv")
    sets = {row["data_set"]: row for row in rows(HERE / "data_sets.csv")}
    used = {row["trial"] for row in rows(folder / "trials.csv")}
    taken = [name for name in sets if identifier(name) in used]
    own = [arm for arm in arms if arm.reference == "own"]
    told: list[tuple[object, ...]] = [
        ("publications", *(len({sets[one]["pmid"] for one in some}) for some in (sets, taken))),
        ("data sets", len(sets), len(used)),
        ("arms", len(every), len(own)),
        ("of them repeats of another", sum(bool(row["repeat_of"]) for row in every), 0),
    ]
    for endpoint in ("PFS", "OS"):
        kept = [arm for arm in own if arm.endpoint == endpoint]
        there = [row for row in every if sets[row["data_set"]]["endpoint"] == endpoint]
        trials = len({arm.registered for arm in kept})
        patients = f"{sum(arm.n for arm in kept):,}"
        told.append((f"arms, {endpoint}", len(there), f"{len(kept)}, of {trials} trials"))
        told.append((f"patients, {endpoint}", f"{sum(int(row['n']) for row in there):,}", patients))
    yield from table(("", "in kmdata", "here"), told)


def groups_table(groups: Sequence[Group], endpoint: str) -> Iterator[str]:
    """Yield the main table: every group under every reference."""
    by = {(one.by, one.name, one.reference): one for one in groups if one.endpoint == endpoint}
    lines: list[tuple[object, ...]] = []
    for heading, column in HEADINGS.items():
        lines.append((f"**{heading}**", *[""] * 8))
        names = sorted({name for found, name, _ in by if found == column}, key=place)
        for name in names:
            own, control, trial = (by[column, name, reference] for reference in REFERENCES)
            missing = f"{own.median_not_reached} + {own.follow_up_too_short}"
            lines.append(
                (
                    label(name),
                    own.arms,
                    f"{own.patients:,}",
                    missing if own.estimable < own.arms else "0",
                    limits(own.value, own.low, own.high),
                    percent(own.mean),
                    percent(own.modelled),
                    limits(control.value, control.low, control.high),
                    limits(trial.value, trial.low, trial.high),
                )
            )
    heads = ("", "arms", "patients", "not estimable", "own", "plain mean", "all arms")
    yield from table((*heads, "control", "trial"), lines)


def not_estimable(arms: Sequence[Arm]) -> Iterator[str]:
    """Yield which arms have no number, and what their medians are."""
    lines = []
    for endpoint in ("PFS", "OS"):
        for reference in REFERENCES:
            mine = [arm for arm in arms if (arm.endpoint, arm.reference) == (endpoint, reference)]
            gaps = [arm for arm in mine if arm.why]
            why = [arm.why for arm in gaps]
            lines.append(
                (
                    endpoint,
                    reference,
                    f"{len(gaps)} of {len(mine)}",
                    why.count("median not reached"),
                    why.count("follow-up too short"),
                    why.count("no control"),
                    median_words(gaps),
                    median_words([arm for arm in mine if not arm.why]),
                    sum(arm.status == "thin" for arm in mine),
                )
            )
    yield from table(
        (
            *("", "reference", "not estimable", "median not reached", "follow-up too short"),
            *("no control here", "their median, months", "of the others", "few at risk"),
        ),
        lines,
    )


def median_words(arms: Sequence[Arm]) -> str:
    """Return the middle of arms' medians; a median that is not reached is longer than any."""
    if not arms:
        return "–"
    middle = median(inf if arm.median is None else arm.median for arm in arms)
    return "not reached" if middle == inf else f"{middle:.1f}"


def inhibitors(arms: Sequence[Arm]) -> Iterator[str]:
    """Yield the arms on a checkpoint inhibitor, each beside its control."""
    by = {(arm.data_set, arm.arm, arm.reference): arm for arm in arms}
    lines = []
    for arm in by.values():
        if arm.drug_class != ICI or arm.reference != "own":
            continue
        control = by[arm.data_set, arm.comparator, "own"]
        shared = by[arm.data_set, arm.arm, "control"]
        lines.append(
            (
                arm.endpoint,
                arm.label,
                median_words([arm]),
                arm_words(arm),
                arm_words(shared),
                arm_words(control),
            )
        )
    lines.sort(key=lambda line: (line[0] == "OS", line[1]))
    heads = ("", "arm", "median, months", "own", "at its control’s threshold", "its control")
    yield from table(heads, lines)
    for endpoint in ("PFS", "OS"):
        mine = [
            arm
            for arm in arms
            if (arm.endpoint, arm.reference) == (endpoint, "own") and arm.value is not None
        ]
        inside = [arm.value or 0.0 for arm in mine if arm.drug_class == ICI]
        outside = [arm for arm in mine if arm.drug_class != ICI]
        middle = others_pooled(outside)
        above = sum((arm.value or 0.0) > min(inside) for arm in outside)
        yield (
            f"{BEYOND[endpoint]}, own: {len(inside)} arms of {percent(min(inside))} to"
            f" {percent(max(inside))}%; the {len(outside)} other arms pooled {limits(*middle)};"
            f" {above} of them lie above the lowest of the {len(inside)}."
        )
        yield ""


def arm_words(arm: Arm) -> str:
    """Return an arm's number with its interval, or what it is at most."""
    if arm.value is not None:
        return limits(arm.value, arm.low, arm.high)
    return "–" if arm.bound is None else f"at most {percent(arm.bound)}"


def years(arms: Sequence[Arm]) -> Iterator[str]:
    """Yield the slopes over the year of publication."""
    lines = []
    for endpoint in ("PFS", "OS"):
        for reference in REFERENCES:
            found = [
                slope(arms, endpoint, reference, formula)
                for formula in ("year", "drug_class + tumour + year")
            ]
            told = [f"{one.ratio:.2f} ({one.low:.2f} to {one.high:.2f})" for one in found]
            lines.append((endpoint, reference, found[0].arms, found[0].trials, *told))
    heads = ("", "reference", "arms", "trials", "year alone", "beside class and tumour")
    yield from table(heads, lines)


def within_trials(folder: Path) -> Iterator[str]:
    """Yield the pooled differences between arms and controls of one trial, by pair of classes."""
    found = [
        row
        for row in rows(folder / "results" / "pooled_contrasts.csv")
        if row["measure"] == "difference"
        and row["reference"] != "own"
        and row["estimate"]
        and " v " in row["group"]
    ]
    lines = []
    for endpoint in ("PFS", "OS"):
        mine = [row for row in found if row["endpoint"] == endpoint]
        for group in dict.fromkeys(row["group"] for row in mine):
            cells = {row["reference"]: row for row in mine if row["group"] == group}
            if max(int(row["n_trials"]) for row in cells.values()) < FEWEST:
                continue
            told = [_points(cells.get(reference)) for reference in ("control", "trial")]
            names = " v ".join(label(name) for name in group.split(" v "))
            lines.append((endpoint, names, *told))
    yield from table(("", "arms v control", "control’s median", "whole trial’s median"), lines)


def _points(row: dict[str, str] | None) -> str:
    """Return a difference in points of per cent, its interval, and how many trials it is of."""
    if row is None:
        return "–"
    value, low, high = (100 * float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f}); {row['n_trials']}"


def figure(groups: Sequence[Group], arms: Sequence[Arm], endpoint: str) -> str:
    """Return the figure of an endpoint."""
    mine = [one for one in groups if one.endpoint == endpoint]
    parts = {
        heading: sorted(
            (one for one in mine if (one.by, one.reference) == (column, "own")),
            key=lambda one: place(one.name),
        )
        for heading, column in HEADINGS.items()
    }
    others = {(one.by, one.name): one for one in mine if one.reference == "trial"}
    own = [arm for arm in arms if (arm.endpoint, arm.reference) == (endpoint, "own")]
    return by_groups(parts, others, own, MULTIPLE[endpoint], BEYOND[endpoint], LABELS)


def page(folder: Path) -> tuple[str, list[Group], list[Arm]]:
    """Return the page without its head, and the groups and arms of its tables."""
    arms = arms_of(folder)
    groups = groups_of(folder, arms)
    parts = {
        "counts": counts(folder, arms),
        "pfs": groups_table(groups, "PFS"),
        "os": groups_table(groups, "OS"),
        "not_estimable": not_estimable(arms),
        "inhibitors": inhibitors(arms),
        "years": years(arms),
        "within_trials": within_trials(folder),
    }
    words = (HERE / "kmdata.md.in").read_text(encoding="utf-8")
    for name, lines in parts.items():
        words = words.replace(f"{{{{{name}}}}}", "\n".join(lines).strip())
    return words, groups, arms


def write(folder: Path) -> None:
    """Write the page, its figures and its tables."""
    words, groups, arms = page(folder)
    write_text(PAGE, with_head(words, digest_of(HERE, INPUTS)))
    for endpoint in ("PFS", "OS"):
        drawn = figure(groups, arms, endpoint)
        write_text(DOCS / f"kmdata-{endpoint.lower()}.svg", drawn)
    for name, found in (("groups", groups), ("arms", arms)):
        heads = tuple(found[0].__dataclass_fields__)
        lines = [tuple(_cell(getattr(one, head)) for head in heads) for one in found]
        write_table(DOCS / f"kmdata-{name}.csv", heads, lines)


def _cell(value: object) -> object:
    """Return a number at six digits, all else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main() -> int:
    """Build, run and write, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="the study")
    parser.add_argument("--from", dest="source", type=Path, help="folder kmdata; else fetched")
    parser.add_argument("--jobs", type=int, default=1, help="processes that analyses run in")
    parser.add_argument("--check", action="store_true", help="say whether the page is stale")
    given = parser.parse_args()
    if given.check:
        words = page(given.folder)[0] if given.folder else None
        reasons = stale(PAGE, digest_of(HERE, INPUTS), words)
        for reason in reasons:
            print(f"{PAGE.name} is stale: {reason}", file=sys.stderr)
        return 1 if reasons else 0
    if given.folder is None:
        parser.error("name the study, or ask for --check")
    build(given.folder, given.source)
    for sentence in run(given.folder, jobs=given.jobs).headline:
        print(sentence)
    write(given.folder)
    print(f"{PAGE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
