"""Compare a run of the study with Pons-Tostivint et al. 2019, and write docs/examples/ici-2019.md.

    python examples/ici-2019/compare.py work/ici-2019             after perdure run work/ici-2019
    python examples/ici-2019/compare.py --check                   is the page of these inputs?
    python examples/ici-2019/compare.py work/ici-2019 --check     and of these results?

The page holds its date, the version of perdure and the digest of the example's tables; --check
says what is stale and exits with 1.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from math import exp
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

from csv_rows import rows
from example_page import digest_of, percent, stale, table, with_head
from figure_ici_2019 import own_and_trial
from numbers_ici_2019 import Arm, Compared, arms_of, facts_against_curves, pooled

from perdure.study import write_table, write_text

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "examples"
PAGE = DOCS / "ici-2019.md"
INPUTS = ("trials.csv", "arms.csv", "published_facts.csv", "data_sets.csv", "build_ici_2019.py")

ICI, OTHER = "checkpoint inhibitor", "other drugs"
PD1, CTLA4 = "anti-PD-1/PD-L1", "anti-CTLA-4"


def months(value: float | None) -> str:
    """Return a time in months."""
    return "not reached" if value is None else f"{value:.1f}"


def counts(arms: Sequence[Arm]) -> Iterator[str]:
    """Yield how many trials, arms and patients the paper had, and how many there are here."""
    trials, every = rows(HERE / "trials.csv"), rows(HERE / "arms.csv")
    inhibitors = sum(row["therapy"] == ICI for row in every)
    patients = sum(int(row["n_randomised"]) for row in every)
    own = [arm for arm in arms if arm.reference == "own"]
    printed = rows(HERE / "published_facts.csv")
    read = sum(row["certainty"] == "verified" for row in printed)
    facts_words = f"{len(printed)}, of which {read} were read in a source"

    def entered(endpoint: str) -> str:
        mine = [arm for arm in own if arm.endpoint == endpoint]
        facts = [arm for arm in mine if arm.source == "facts"]
        sure = sum(arm.certainty == "verified" for arm in facts)
        return (
            f"{len(mine) - len(facts)} by patients, {len(facts)} by published facts"
            f" ({sure} with every fact verified), {len(every) - len(mine)} not at all"
        )

    yield from table(
        ("", "paper", "here", "why they differ"),
        (
            ("trials", 19, len(trials), "believed to be the same: Table 1 was not at hand"),
            ("arms", 42, len(every), ""),
            ("of them on a checkpoint inhibitor", 26, inhibitors, ""),
            ("of them on other drugs", 16, len(every) - inhibitors, ""),
            ("patients", "11,640", f"{patients:,}", "patients randomised; some trials by PD-L1"),
            ("arms with progression-free survival", "–", entered("PFS"), "few curves are public"),
            ("arms with overall survival", "–", entered("OS"), "several are later cut-offs"),
            ("published facts", "–", facts_words, "the others are from memory"),
        ),
    )


def numbers(arms: Sequence[Arm]) -> Iterator[str]:
    """Yield the paper's numbers beside ours, by what they rest on."""
    own = [arm for arm in arms if arm.reference == "own"]
    groups = [
        ("PFS > 3 medians", "PFS", ICI, "therapy", "25"),
        ("PFS > 3 medians", "PFS", OTHER, "therapy", "11"),
        ("PFS > 3 medians", "PFS", PD1, "drug_class", "28"),
        ("PFS > 3 medians", "PFS", CTLA4, "drug_class", "18"),
        ("OS > 2 medians", "OS", ICI, "therapy", "30"),
        ("OS > 2 medians", "OS", OTHER, "therapy", "23"),
    ]
    lines = []
    for what, endpoint, name, column, paper in groups:
        mine = [arm for arm in own if arm.endpoint == endpoint and getattr(arm, column) == name]
        seen = pooled(mine, lambda arm: arm.source != "facts")
        near = pooled(mine, lambda arm: arm.within)
        everything = pooled(mine, lambda arm: arm.value is not None)
        lines.append((f"{what}, {name}", paper, seen.words, near.words, everything.words))
    for line in ("first", "pretreated"):
        mine = [
            arm for arm in own if arm.endpoint == "PFS" and arm.line == line and arm.therapy == ICI
        ]
        seen = pooled(mine, lambda arm: arm.source != "facts")
        near = pooled(mine, lambda arm: arm.within)
        everything = pooled(mine, lambda arm: arm.value is not None)
        said = "higher" if line == "first" else "lower"
        lines.append(
            (f"PFS > 3 medians, {ICI}, {line} line", said, seen.words, near.words, everything.words)
        )
    yield from table(
        ("durable response, %", "paper", "patients", "+ facts that reach", "+ all facts"), lines
    )


def not_estimable(arms: Sequence[Arm], folder: Path) -> Iterator[str]:
    """Yield the first story: which arms are not estimable, and whether that changes the answer."""
    mine = [
        arm
        for arm in arms
        if arm.reference == "own" and arm.endpoint == "OS" and arm.source != "facts"
    ]
    gaps = [arm for arm in mine if arm.value is None]
    lines = [
        (
            arm.label,
            arm.drug_class,
            months(arm.median),
            months(arm.follow_up),
            f"0 to {percent(arm.bound)}",
        )
        for arm in gaps
    ]
    shares = [(name, [arm for arm in mine if arm.therapy == name]) for name in (ICI, OTHER)]
    told = "; ".join(
        f"{sum(arm.value is None for arm in group)} of {len(group)} on {name}"
        for name, group in shares
    )
    middle = median(arm.median or float("inf") for arm in gaps)
    known = median(arm.median or float("inf") for arm in mine if arm.value is not None)
    yield (
        f"Overall survival beyond twice the own median is not estimable in {len(gaps)} of"
        f" {len(mine)} arms: {told}. The middle of their medians is"
        f" {'not reached' if middle == float('inf') else f'{middle:.1f} months'}, that of the arms"
        f" with a number {known:.1f} months: what is missing are arms with long medians, mostly on"
        " checkpoint inhibitors, followed for less than twice as long."
    )
    yield ""
    yield from table(("arm", "class", "median", "median follow-up", "bounds, %"), lines)
    yield "Does leaving them out bias the comparison? Overall survival, all three references:"
    yield ""
    yield from table(
        ("reference", "way", ICI, OTHER, "odds ratio (95% CI)", "arms"), list(_ways(folder))
    )
    yield from _bounds(folder)


def _ways(folder: Path) -> Iterator[tuple[object, ...]]:
    """Yield leaving out beside the model of vectors, by reference."""
    found = rows(folder / "results" / "missing_arms.csv")
    for reference in ("own", "control", "trial"):
        for way in dict.fromkeys(row["way"] for row in found):
            mine = {
                row["term"]: row
                for row in found
                if (row["reference"], row["way"], row["endpoint"]) == (reference, way, "OS")
            }
            ratio = mine.get(f"{ICI} - {OTHER}")
            if ratio is None or ICI not in mine:
                continue
            shown = _odds_ratio(ratio)
            values = (percent(float(mine[name]["proportion"])) for name in (ICI, OTHER))
            label = "log median and every multiple reached" if way == "vectors" else way
            yield (reference, label, *values, shown, ratio["n_arms"])


def _odds_ratio(row: dict[str, str]) -> str:
    """Return an odds ratio with its interval from a row on the log scale."""
    low, high = exp(float(row["ci_low"])), exp(float(row["ci_high"]))
    return f"{exp(float(row['estimate'])):.2f} ({low:.2f} to {high:.2f})"


def _bounds(folder: Path) -> Iterator[str]:
    """Yield what the comparison becomes when missing arms have 0, or all that they may have."""
    value = {
        (float(row["q"]), row["term"]): float(row["value"])
        for row in rows(folder / "results" / "pattern_mixture.csv")
        if (row["reference"], row["endpoint"]) == ("own", "OS")
    }
    low, high = value[0.0, ICI], value[1.0, ICI]
    other = value[0.0, OTHER], value[1.0, OTHER]
    open_sign = low < other[1] and high > other[0]
    yield (
        f"Bounds under the own median: if nobody in the missing arms had lived so long, {ICI} arms"
        f" would have {percent(low)}%; if everybody still followed had, {percent(high)}% (other"
        f" drugs {percent(other[0])} and {percent(other[1])}%)."
        + (" The bounds alone leave the sign of the comparison open." if open_sign else "")
        + " The model knows more, because an arm that does not reach twice its median still shows"
        " how its curve falls until there. Leaving the arms out moves the log odds ratio by at"
        f" most {_moves(folder):.1f} of its standard errors under any reference."
    )
    yield ""


def _moves(folder: Path) -> float:
    """Return how far leaving arms out moves the log odds ratio, in its own errors, at most."""
    found = {
        (row["reference"], row["way"]): row
        for row in rows(folder / "results" / "missing_arms.csv")
        if (row["endpoint"], row["term"]) == ("OS", f"{ICI} - {OTHER}")
    }
    return max(
        abs(float(row["estimate"]) - float(found[reference, "vectors"]["estimate"]))
        / float(row["se"])
        for (reference, way), row in found.items()
        if way == "left out" and (reference, "vectors") in found
    )


def shape(arms: Sequence[Arm]) -> tuple[list[str], list[tuple[Arm, Arm]]]:
    """Return the second story, own against trial reference, and the pairs that it is drawn from."""
    by = {(arm.trial, arm.arm, arm.endpoint, arm.reference): arm for arm in arms if arm.within}
    pairs = [
        (own, by[own.trial, own.arm, own.endpoint, "trial"])
        for own in by.values()
        if own.reference == "own" and (own.trial, own.arm, own.endpoint, "trial") in by
    ]
    lines = []
    for endpoint in ("PFS", "OS"):
        for name in (ICI, OTHER):
            mine = [
                (own.value or 0.0, trial.value or 0.0)
                for own, trial in pairs
                if (own.endpoint, own.therapy) == (endpoint, name)
            ]
            by_facts = sum(
                (own.endpoint, own.therapy, own.source) == (endpoint, name, "facts")
                for own, _ in pairs
            )
            up = sum(trial > own for own, trial in mine)
            means = (percent(mean(own for own, _ in mine)), percent(mean(one for _, one in mine)))
            lines.append((endpoint, name, len(mine), by_facts, *means, f"{up} of {len(mine)}"))
    heads = (
        "endpoint",
        "arms on",
        "arms",
        "by facts alone",
        "own median, %",
        "trial’s, %",
        "higher under trial’s",
    )
    return table(heads, lines), pairs


def validation(found: Sequence[Compared]) -> Iterator[str]:
    """Yield what facts alone would have said of arms with curves."""
    near = [one for one in found if one.within]
    held = sum(one.held for one in found)
    yield (
        f"Of {len(found)} arms by endpoint both a curve and facts are at hand. The interval of the"
        f" facts alone held what the curve says in {held}, in {sum(one.held for one in near)} of"
        f" the {len(near)} whose threshold the facts reach. Facts and curve share their patients,"
        " which makes this easier than holding the truth; curves of overall survival are often of a"
        " later cut-off than the facts, which makes it harder. It missed:"
    )
    yield ""
    yield from table(
        ("arm", "endpoint", "by its curve, %", "by facts alone, %"),
        [
            (
                one.arm.label,
                one.arm.endpoint,
                percent(one.arm.value),
                f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})",
            )
            for one in found
            if not one.held
        ],
    )


def page(folder: Path) -> tuple[str, str, list[Arm]]:
    """Return the page without its head, its figure, and the arms of its table."""
    arms = arms_of(folder)
    compared = facts_against_curves(folder, HERE / "published_facts.csv", arms)
    told, pairs = shape(arms)
    ordered = sorted(
        (pair for pair in pairs if pair[0].endpoint == "OS" or pair[0].source != "facts"),
        key=lambda pair: (pair[0].endpoint, pair[0].therapy, -(pair[0].value or 0)),
    )
    drawn = own_and_trial(
        [pair for pair in ordered if pair[0].endpoint == "OS"],
        "Overall survival beyond 2 medians: whose median?",
    )
    words = (HERE / "ici-2019.md.in").read_text(encoding="utf-8")
    parts = {
        "counts": counts(arms),
        "numbers": numbers(arms),
        "not_estimable": not_estimable(arms, folder),
        "shape": told,
        "validation": validation(compared),
    }
    for name, lines in parts.items():
        words = words.replace(f"{{{{{name}}}}}", "\n".join(lines).strip())
    return words, drawn, arms


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="the study, after perdure run")
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
    words, drawn, arms = page(given.folder)
    write_text(PAGE, with_head(words, digest_of(HERE, INPUTS)))
    write_text(DOCS / "ici-2019-own-and-trial.svg", drawn)
    heads = tuple(arms[0].__dataclass_fields__)
    write_table(
        DOCS / "ici-2019-arms.csv",
        heads,
        [tuple(getattr(arm, one) for one in heads) for arm in arms],
    )
    print(f"{PAGE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
