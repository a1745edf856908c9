"""What was asked, what was found and what it means, at the head of every page.

    python validation/in_short.py

puts it into the pages as they stand; the commands that write a page call `with_summary`. Every
number is taken from the page itself, so that a page and its head cannot disagree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from page_tables import Table, WrittenPage, read

HERE = Path(__file__).parent
ASKED, FOUND, MEANS = "**Asked.** ", "**Found.** ", "**What it means.** "


@dataclass(frozen=True)
class Summary:
    """The head of a page: the question, the answer, what a user does with it."""

    asked: str
    found: str
    means: str


def with_summary(name: str, text: str) -> str:
    """Return a page with its summary beneath its title, in the place of one that is there."""
    title, _, rest = text.partition("\n")
    paragraphs = rest.strip("\n").split("\n\n")
    while paragraphs and paragraphs[0].startswith((ASKED, FOUND, MEANS)):
        paragraphs.pop(0)
    body = "\n\n".join(paragraphs)
    head = SUMMARIES[name](read(f"{title}\n\n{body}\n"))
    parts = [title, ASKED + head.asked, FOUND + head.found, MEANS + head.means]
    return "\n\n".join([*parts, body]) + "\n"


def span(values: list[float], digits: int = 1) -> str:
    """Return the least and the largest, in words."""
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def whole(percent: str) -> str:
    """Return a printed number without its decimals, a half rounded up as readers do."""
    return str(Decimal(percent).quantize(Decimal(1), ROUND_HALF_UP))


def coverage(page: WrittenPage) -> Summary:
    """Intervals of durable response."""
    table = page.table("expected at risk", "cells", "failing")
    many = table.of(c0="all repeats", c1="10 or more")
    few = table.of(c0="all repeats", c1="5 to 10")
    fewest = table.of(c0="all repeats", c1="under 5")
    gap = table.of(c0="difference", c1="10 or more")
    (repeats,) = page.said(r"--repeats (\d+)")
    return Summary(
        asked=(
            "Does a 95% interval of durable response hold the truth in 95 of 100 trials, and one"
            " of a difference between two arms?"
        ),
        found=(
            "Yes, where 10 or more patients are expected at risk at the threshold: in"
            f" {many.one(3)} to {many.one(5)}% of {int(repeats):,} trials, {many.one(4)}% on"
            f" average over {many.one(2)} cells (an arm of a design, a reference and a k); of"
            f" differences in {gap.one(3)} to {gap.one(5)}%. Cells outside the limits that were"
            f" set: {many.one(6)}. With 5 to 10 at risk it is {few.one(3)} to {few.one(5)}%, with"
            f" fewer {fewest.one(3)} to {fewest.one(5)}%."
        ),
        means=(
            "Take the interval at its word from 10 patients at risk on, which is where perdure"
            " stops calling an arm thin. Down to 5 it still holds; below that no interval here"
            " is to be relied on, the likelihood interval beside it included."
        ),
    )


def digitising(page: WrittenPage) -> Summary:
    """Figures that are read."""
    table = page.table("arms right", "off or missed and silent")
    arms = [_of(table, 2, which) for which in ("", "never seen")]
    names = page.table("names right", "wrong and flagged", under="Axes")
    vain = _of(page.table("curve and name right, and flagged"), 5)
    tail = page.table("both estimable", under="k = 3")
    worst = tail.of(c0="raster, 800 px and wider", c1="numbers at risk printed")
    return Summary(
        asked=(
            "How much of a published figure is read right when nothing is given but the file,"
            " and is what is wrong ever silent?"
        ),
        found=(
            f"{arms[0]} curves were read right, of figures never seen before {arms[1]}; off by"
            f" more than 0.02 or missed without a word: {sum(table.numbers(3)):.0f}. Of the"
            f" numbers at risk {_of(table, 5)} were right; wrong without a word:"
            f" {sum(table.numbers(6)):.0f}. Of the names {_of(names, 1)}; wrong without a word:"
            f" {sum(names.numbers(2)):.0f}. Of PDF and SVG {_of(names, 1, ('PDF', 'SVG'))} names"
            f" and {_of(table, 2, file=('PDF', 'SVG'))} curves. Durable response at k = 3 from a"
            f" bitmap of 800 pixels was off by {worst.one(4)} in the middle, and by less than"
            f" {worst.one(5)} in nine of ten arms."
        ),
        means=(
            "Look at every overlay all the same: these figures are simulated, in 15 looks, and"
            f" journals have more. What perdure doubts is listed; of right curves {vain} were"
            " doubted in vain. What was wrong here without a warning are names of curves in"
            " bitmaps, and some censoring marks."
        ),
    )


def _of(
    table: Table, place: int, which: str | tuple[str, ...] = "", file: tuple[str, ...] = ("",)
) -> str:
    """Return the sum of a column of `a of b`, of rows whose first two cells begin so."""
    rows = [row for row in table.rows if row[0].startswith(which) and row[1].startswith(file)]
    found = [re.match(r"(\d+) of (\d+)", row[place]) for row in rows]
    counts = [(int(one[1]), int(one[2])) for one in found if one]
    return f"{sum(n for n, _ in counts):,} of {sum(n for _, n in counts):,}"


def metafor(page: WrittenPage) -> Summary:
    """Agreement with R."""
    table = page.table("groups", "groups not compared").of(c0="all")
    number, groups = int(table.one(3)), int(table.one(2))
    return Summary(
        asked="Does pooling give the numbers that R gives?",
        found=(
            f"{number:,} numbers of R, in {groups:,} groups (a group is one number or one array),"
            f" were compared: all but {table.one(5)} groups are within 1e-6, or 1e-5 or 1e-4"
            f" where R's own optimiser is no better. Each of the {table.one(5)} is listed below"
            f" with its reason; {table.one(6)} groups are not compared, with the reason."
        ),
        means=(
            "A meta-analysis by perdure can stand beside one by metafor, clubSandwich, lme4 or"
            " geepack. Expect other digits where R's search stops earlier (binomial-normal"
            " models, selection models, profile limits of variances), and no prediction interval"
            " from a single effect."
        ),
    )


def pooling(page: WrittenPage) -> Summary:
    """Ways of pooling."""
    within = page.table("candidate", under="Contrasts within trials")
    classes = page.table("candidate", under="Arms by class")
    default = within.of(c0="REML, Hartung-Knapp not below 1")
    alone = classes.of(c0="arms as independent, Hartung-Knapp")
    return Summary(
        asked=(
            "Which way of pooling says `different` in no more than 5% of syntheses where there"
            " is no difference, and with an interval that holds the truth in 95%?"
        ),
        found=(
            "Of contrasts within trials, a study's default (random effects by REML, Hartung and"
            " Knapp's errors, not narrower than the usual ones) came nearest: a type I error of"
            f" {default.one(1)} at most and coverage of {default.one(3)} at least. A normal"
            f" quantile went up to {within.of(c0='REML, z').one(1)}, a common effect to"
            f" {within.of(c0='common effect, z').one(1)}. Of arms by class, arms taken as"
            f" independent stayed at {alone.one(1)} or below, the paper's plain means at"
            f" {classes.of(c0='plain means, Welch (the paper' + chr(39) + 's way)').one(1)};"
            " three levels with a normal quantile went up to"
            f" {classes.of(c0='three-level, z').one(1)}."
        ),
        means=(
            "Keep the defaults. With five arms their intervals are very wide, and that is what"
            " five arms know: a narrower one by `z` or `common` is wrong more often than it"
            " says."
        ),
    )


def pooling_missing(page: WrittenPage) -> Summary:
    """Arms that are not estimable."""
    low, high, out = page.said(r"bias was (\S+) to (\S+) over the designs \(leaving out (\S+) to")
    held = page.said(r"intervals covered (\S+)% to (\S+)% \(leaving out (\S+)% to (\S+)%\)")
    (bound,) = page.said(r"the bound term was off by (-[\d.]+)")
    return Summary(
        asked=(
            "When some arms are not estimable, what does leaving them out do to the pooled"
            " answer, and does any other way do better?"
        ),
        found=(
            f"Leaving out was biased by up to {out} (logit), and its 95% intervals held the truth"
            f" in {held[2]} to {held[3]}%. A model in which every arm enters with its log median"
            f" and the multiples that it reaches was off by {low} to {high}, and held in"
            f" {held[0]} to {held[1]}%. Entering an arm at its upper bound was off by as much as"
            f" {bound}."
        ),
        means=(
            "Where arms are missing, take the headline as of the arms that can be seen, and read"
            " the model beside it (report, `What is not estimable, and why`). It matters where"
            " arms with long medians differ in durable response from the others, and nothing in"
            " the headline shows whether they do."
        ),
    )


def published(page: WrittenPage) -> Summary:
    """Arms known by published facts."""
    table = page.table("own: held", "control: held")
    alone = table.of(c2="median")
    most = table.of(c2="median, two landmarks, hazard ratio")
    facts = Table("", table.names, tuple(r for r in table.rows if r[2] != "patients themselves"))
    real = page.table("endpoint", "arms", "held")
    one, mark = real.of(c2="median"), real.of(c2="median, one landmark")
    (repeats,) = page.said(r"--repeats (\d+)")
    return Summary(
        asked=(
            "Where no curve is at hand, does the 95% interval from a median, survival at a time"
            " and a hazard ratio hold the truth, and how wide is it?"
        ),
        found=(
            f"In simulated trials it held in {span(facts.numbers(3))}% under `own` and in"
            f" {span(facts.numbers(5))}% under `control`; in real arms, against their own curve,"
            f" in {span(real.numbers(4))}%. It is wide: under `own` {span(alone.numbers(4), 0)}"
            f" points from a median alone, {span(most.numbers(4), 0)} with two landmarks and a"
            f" hazard ratio; in real arms {span(one.numbers(5), 0)} from a median,"
            f" {span(mark.numbers(5), 0)} with survival at one time near the threshold."
        ),
        means=(
            "Such an interval is too wide rather than too narrow. A median alone says next to"
            " nothing about durable response; look for survival at a time near the threshold,"
            f" and for the curve. With {repeats} repeats a row, coverage is known to a few points"
            " only."
        ),
    )


def real_trials(page: WrittenPage) -> Summary:
    """Choices, on real trials."""
    (own,) = page.said(r"from `own` to `control` (\d+ of \d+ \(\d+%\)) conclusions change")
    common, fixed = page.said(r"`control` to `trial` (.*?\)), `control` to `fixed` (.*?\))\.")
    lost, thin = page.said(r"Under `own` (.*?\)) arms are not estimable and (.*?\)) are thin")
    return Summary(
        asked=(
            "On real trials, which choices change a conclusion: whose median, which k, which"
            " interval?"
        ),
        found=(
            f"Whose median. From each arm's own to the control's {own} conclusions change;"
            f" between common thresholds hardly any ({common}; {fixed}). Another k makes some"
            f" conclusions clear and others unclear, and reversed none. Under `own` {lost} arms"
            f" are not estimable and {thin} thin."
        ),
        means=(
            "Choose the reference before you look, and say which; `own` and a common threshold"
            " answer different questions. Of k, look at the whole profile. Where scans fall on"
            " fixed dates, look at the bootstrap beside the first-order interval."
        ),
    )


def reconstruct_coverage(page: WrittenPage) -> Summary:
    """Ensembles."""
    tables = [
        page.table("quantity", "held, %", under=f"{kind}, numbers at risk")
        for kind in ("columns", "jitter", "clicks")
    ]

    def held(quantity: str) -> str:
        cells = [whole(table.of(c0=quantity).one(2)) for table in tables]
        return f"{cells[0]}, {cells[1]} and {cells[2]}%"

    off = [f"{t.of(c0='events').numbers(4)[0]:.0f}" for t in tables]
    none = page.table("read by", under="What is lost").of(c0="clicks", c1="no numbers")
    rebuilt = tables[2].of(c0="durable response, k = 3, rebuilt").one(3)
    own = tables[2].of(c0="durable response, k = 3, patients' own").one(3)
    return Summary(
        asked=(
            "How well are the patients behind a curve rebuilt, and do the ensemble's 90%"
            " intervals hold what those patients show?"
        ),
        found=(
            "With numbers at risk, traced (`columns`), traced with a row's jitter and clicked,"
            f" the number of events was off by {off[0]}, {off[1]} and {off[2]} in the middle; the"
            f" intervals held the hazard ratio in {held('log HR')}, survival at three medians in"
            f" {held('S(3m)')}. Without numbers at risk, clicked, events were off by"
            f" {none.numbers(2)[0]:.0f}, and the hazard ratio was held in {whole(none.one(7))}%."
        ),
        means=(
            "Type the numbers at risk, and the number of events where it is printed."
            " Reconstruction then adds little: the 95% interval of durable response at k = 3 is"
            f" {rebuilt} wide from clicks and {own} from the patients themselves. Without them do"
            " not believe the ensemble on events and hazard ratios; in large arms it is somewhat"
            " too sure of hazard ratios even with them."
        ),
    )


def scans(page: WrittenPage) -> Summary:
    """Progression found at visits."""
    table = page.table("scans every", "own: coverage")
    exact = Table("", table.names, tuple(r for r in table.rows if r[4] == "0"))
    near = Table("", table.names, tuple(r for r in table.rows if r[4] != "0"))
    (short,) = page.said(r"error under `own` was up to (\d+%) too small")
    return Summary(
        asked=(
            "Progression is found at visits, so that many patients share a date. Do the"
            " intervals hold all the same?"
        ),
        found=(
            "With scans on fixed dates, or none, they held the truth in"
            f" {span(exact.numbers(5))}% under `own` and {span(exact.numbers(8))}% under"
            " `control`. With visits that scatter about their dates it was"
            f" {span(near.numbers(5))}% under `own` (the error was up to {short} too small) and"
            f" {span(near.numbers(8))}% under `control`."
        ),
        means=(
            "Under `control` nothing is to be done. Under `own`, where steps of a curve of"
            " progression-free survival crowd about the dates of scans, take the bootstrap too"
            " (`perdure durable --with bootstrap`): it needs no density. perdure cautions where"
            " the median can be one of few dates only, and not where visits are merely near"
            " them."
        ),
    )


def tail(page: WrittenPage) -> Summary:
    """Tail measures and tests of follow-up."""
    errors = page.table("perdure", "Greenwood")
    tests = page.table("Maller-Zhou", "Shen")
    never = tests.of(c0="nobody cured, 1.2 means")
    late = tests.of(c0="cured 30%, 6 means")
    early = tests.of(c0="cured 30%, 3 means")
    return Summary(
        asked=(
            "Are the standard errors of restricted means, of conditional survival and of time"
            " after the threshold right, and which test of sufficient follow-up can be believed?"
        ),
        found=(
            f"perdure's errors were {span(errors.numbers(4), 2)} times the true spread; with the"
            f" threshold taken as known they went down to {min(errors.numbers(5)):.2f}. Where"
            " nobody is cured and follow-up is short, Maller and Zhou's test calls it sufficient"
            f" in {100 * never.numbers(2)[0]:.0f}% of trials, Shen's in"
            f" {100 * never.numbers(3)[0]:.0f}% and q_n in {100 * never.numbers(4)[0]:.0f}%. With"
            " 30% cured, the test of a cured fraction sees it in"
            f" {100 * early.numbers(6)[0]:.0f}% of trials followed for three means of the others,"
            f" and in {100 * late.numbers(6)[0]:.0f}% for six."
        ),
        means=(
            "Use the errors as they are printed. Do not read a flat end as cure: perdure's"
            " verdict rests on Shen's and the q_n test, and says `not enough` unless follow-up"
            " is long."
        ),
    )


def which_history(page: WrittenPage) -> Summary:
    """One history of many."""
    tables = [page.table("history", under=kind) for kind in ("columns", "jitter")]

    def ratio(history: str) -> str:
        return " and ".join(t.of(c0=history).one(4).split()[0] for t in tables)

    return Summary(
        asked=(
            "Many histories of patients fit a curve as well as each other. Which one should be"
            " written as the patients?"
        ),
        found=(
            "It matters little. The medoid, the history that is nearest to all others, had the"
            f" true log hazard ratio within {ratio('medoid (written)')} (median error, traced and"
            f" with jitter), the most probable within {ratio('most probable')}, any one draw"
            f" within {ratio('any draw')}; the mean over the ensemble within"
            f" {ratio('mean of the ensemble')}."
        ),
        means=(
            "perdure writes the medoid to `patients.csv`. Where a hazard ratio is what you want,"
            " take it from every draw and average, which is nearer than any one history."
        ),
    )


SUMMARIES: dict[str, Callable[[WrittenPage], Summary]] = {
    "coverage": coverage,
    "digitising": digitising,
    "metafor": metafor,
    "pooling": pooling,
    "pooling_missing": pooling_missing,
    "published": published,
    "real_trials": real_trials,
    "reconstruct_coverage": reconstruct_coverage,
    "scans": scans,
    "tail": tail,
    "which_history": which_history,
}


def main() -> None:
    """Put the summaries into the pages."""
    for name in SUMMARIES:
        page = HERE / f"{name}.md"
        page.write_text(with_summary(name, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
