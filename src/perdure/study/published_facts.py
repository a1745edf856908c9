"""published_facts.csv: entering by what was printed of an arm whose curve is not at hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from perdure.errors import InputError, Problem
from perdure.published import arms_without_survival
from perdure.reconstruct import rounded
from perdure.records import PublishedFact, Trial, months_per
from perdure.study.faults import rows_of
from perdure.study.roster import table_of, unknown
from perdure.study.schema import FactRow
from perdure.study.settings import Settings

__all__ = ["FACTS_ANALYSIS", "PublishedFacts", "read_facts"]

FILE = "published_facts.csv"

FACTS_ANALYSIS = "published-facts"
"""Name of the analysis that holds arms known by facts; no file of the study may have it."""

_NOT_REACHED = ("nr", "ne", "not reached")


class _Report(Protocol):
    """Takes a problem with one column of a row."""

    def __call__(self, column: str, message: str, remedy: str, value: object = None) -> None: ...


@dataclass(frozen=True)
class PublishedFacts:
    """What was published of one endpoint of a trial, times in months.

    Attributes
    ----------
    trial, endpoint : str
    facts : tuple of PublishedFact
        n of arms.csv is among them, where the file has none.
    """

    trial: str
    endpoint: str
    facts: tuple[PublishedFact, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, in the order of the facts."""
        return tuple(dict.fromkeys(one.arm for one in self.facts))


def read_facts(
    folder: Path,
    settings: Settings,
    trials: Sequence[Trial],
    problems: list[Problem],
    notices: list[str],
) -> tuple[PublishedFacts, ...]:
    """Return the published facts by trial and endpoint; without the file there are none."""
    if not (folder / FILE).exists():
        return ()
    table = table_of(folder, FILE, problems, notices)
    if table is None:
        return ()
    known = {trial.trial: trial for trial in trials}
    found: dict[tuple[str, str], list[PublishedFact]] = {}
    first: dict[tuple[object, ...], int] = {}
    before, recalled = len(problems), 0
    required = ("trial", "arm", "endpoint", "fact", "value", "certainty", "source")
    for line, row in rows_of(table, FactRow, required, problems):
        wrong = [*_misplaced(row, line, known, settings), *_twice(row, line, first)]
        fact = None if wrong else _fact(row, line, settings, wrong)
        problems += wrong
        if fact is None:
            continue
        if fact.certainty != "verified" and not settings.published_facts.from_memory:
            recalled += 1
            continue
        found.setdefault((row.trial, row.endpoint), []).append(fact)
    if recalled:
        notices.append(
            f"{FILE}: {recalled} fact{'' if recalled == 1 else 's'} from memory left out, as"
            " from_memory = false asks"
        )
    sets = [
        PublishedFacts(*place, tuple(_completed(facts, known[place[0]], place[1])))
        for place, facts in found.items()
    ]
    if len(problems) > before:
        return ()
    for one in sets:
        problems += _impossible(one)
        notices += _otherwise_counted(one, known[one.trial])
    if len(problems) > before:
        return ()
    return tuple(_usable(sets, problems, notices, strict=not recalled))


def _misplaced(
    row: FactRow, line: int, known: Mapping[str, Trial], settings: Settings
) -> list[Problem]:
    """Return what is wrong with whose fact it is."""
    if row.trial not in known:
        return [unknown("trial", row.trial, known, FILE, line, "trials.csv")]
    arms = [arm.arm for arm in known[row.trial].arms]
    problems = []
    if row.arm not in arms:
        problems.append(unknown("arm", row.arm, arms, FILE, line, "arms.csv"))
    if row.endpoint not in settings.endpoints:
        choices = settings.endpoints
        problems.append(unknown("endpoint", row.endpoint, choices, FILE, line, "study.toml"))
    if row.fact != "hazard ratio" and row.against is not None:
        message = "only a hazard ratio is against another arm"
        problems.append(Problem(message, "leave against empty", FILE, line, "against", row.against))
    elif row.fact == "hazard ratio" and row.against not in {*arms} - {row.arm}:
        message = "a hazard ratio needs the arm in its denominator"
        remedy = f"write another arm of {row.trial}: {', '.join(sorted({*arms} - {row.arm}))}"
        problems.append(Problem(message, remedy, FILE, line, "against", row.against))
    return problems


def _twice(row: FactRow, line: int, first: dict[tuple[object, ...], int]) -> list[Problem]:
    """Return a problem with a fact that is there already."""
    key = (row.trial, row.arm, row.endpoint, row.fact, row.time, row.against)
    if key in first:
        message = f"this fact is there twice (first in row {first[key]})"
        return [Problem(message, "keep one row", FILE, line, "fact", row.fact)]
    first[key] = line
    return []


def _fact(
    row: FactRow, line: int, settings: Settings, wrong: list[Problem]
) -> PublishedFact | None:
    """Return a row as a fact in months; what is wrong with it goes into ``wrong``."""

    def problem(column: str, message: str, remedy: str, value: object = None) -> None:
        said = None if value is None else str(value)
        wrong.append(Problem(message, remedy, FILE, line, column, said))

    if row.value.lower() in _NOT_REACHED:
        if row.fact != "median":
            problem("value", "only a median may be not reached", "write a number", row.value)
        elif row.time is None:
            message = "a median that was not reached says something of a time only"
            problem("time", message, "write until when patients were followed, or drop the row")
        value, rounding = None, 0.0
    else:
        try:
            printed = rounded(row.value, row.fact)
        except InputError as error:
            wrong += [replace(one, file=FILE, row=line, column="value") for one in error.problems]
            return None
        value, rounding = printed.value, printed.half_width
        _check_value(row, value, problem)
    if row.fact in ("survival", "at risk") and not row.time:
        problem("time", f"{row.fact} needs its time", "write the time, above 0")
    if wrong:
        return None
    months = months_per(settings.time_unit)
    scale = months if row.fact == "median" else 1.0
    return PublishedFact(
        arm=row.arm,
        kind=row.fact,
        value=None if value is None else value * scale,
        certainty=row.certainty,
        source=row.source,
        time=None if row.time is None else row.time * months,
        low=None if row.low is None else row.low * scale,
        high=None if row.high is None else row.high * scale,
        level=row.level,
        against=row.against,
        rounding=0.0 if row.fact in ("n", "events", "at risk") else rounding * scale,
    )


def _check_value(row: FactRow, value: float, problem: _Report) -> None:
    """Say what is wrong with the number of a fact and its interval."""
    if row.fact == "survival" and not 0 <= value <= 1:
        problem("value", "survival is a proportion", "write 0.25 for 25%", row.value)
    if row.fact in ("n", "events", "at risk") and not value.is_integer():
        problem("value", f"{row.fact} is a count", "write a whole number", row.value)
    if row.fact in ("median", "hazard ratio", "n") and value <= 0:
        problem("value", f"{row.fact} must be above 0", "correct it", row.value)
    low, high = row.low, row.high
    within = (low is None or low <= value) and (high is None or value <= high)
    if not within:
        remedy = "correct value, low or high"
        problem("value", f"the {row.fact} lies outside its interval", remedy, row.value)
    if row.fact == "survival" and high is not None and high > 1:
        problem("high", "the limits of survival are proportions", "write 0.31 for 31%", high)


def _completed(
    facts: Sequence[PublishedFact], trial: Trial, endpoint: str
) -> Iterable[PublishedFact]:
    """Yield the facts, and n and events of arms.csv of arms that have none here."""
    yield from facts
    for arm in dict.fromkeys(one.arm for one in facts):
        reported = trial.arm(arm).reported_for(endpoint)
        for kind, count in (("n", reported.n), ("events", reported.events)):
            if count and not any((one.arm, one.kind) == (arm, kind) for one in facts):
                yield PublishedFact(
                    arm, "n" if kind == "n" else "events", count, "verified", "arms.csv"
                )


def _otherwise_counted(one: PublishedFacts, trial: Trial) -> Iterable[str]:
    """Yield the arms whose number of patients is another in arms.csv."""
    for fact in one.facts:
        reported = trial.arm(fact.arm).reported_for(one.endpoint).n
        if fact.kind == "n" and reported and fact.value != reported:
            yield (
                f"{FILE}: {one.trial}, arm {fact.arm}, {one.endpoint}: n is {fact.value:g} here and"
                f" {reported:g} in arms.csv; {fact.value:g} is taken: look whether it is the same"
                " population"
            )


def _impossible(one: PublishedFacts) -> Iterable[Problem]:
    """Yield what no patients can show: survival that rises, more events than patients."""
    for arm in one.arms:
        mine = [fact for fact in one.facts if fact.arm == arm]
        place = f"{one.trial}, arm {arm}, {one.endpoint}"
        points = sorted(
            (fact.time, fact.value, fact.rounding)
            for fact in mine
            if fact.kind == "survival" and fact.time is not None and fact.value is not None
        )
        for (_, first, off), (_, later, more) in pairwise(points):
            if later - more > first + off:
                what = f"{place}: survival rises from {first:g} to {later:g} as time goes on"
                yield Problem(what, "correct one of the two", FILE)
        n = max((fact.value or 0 for fact in mine if fact.kind == "n"), default=None)
        events = max((fact.value or 0 for fact in mine if fact.kind == "events"), default=0)
        if n is not None and events > n:
            what = f"{place}: {events:g} events are more than its {n:g} patients"
            yield Problem(what, "correct one of the two", FILE)


def _usable(
    sets: Iterable[PublishedFacts], problems: list[Problem], notices: list[str], *, strict: bool
) -> Iterable[PublishedFacts]:
    """Yield what a curve can be drawn from; refused, or left out and named, where none can.

    Facts that only became too few because those from memory are left out are named.
    """
    blind_words = "neither a median nor survival at a time is known of it"
    for one in sets:
        facts = one.facts
        while blind := dict.fromkeys(arms_without_survival(facts), blind_words) | _without_error(
            facts
        ):
            for arm, reason in blind.items():
                what = f"{one.trial}, arm {arm}, {one.endpoint}: {reason}"
                if strict:
                    remedy = "add what was published, or take the arm's rows out"
                    problems.append(Problem(what, remedy, FILE))
                else:
                    notices.append(f"{FILE}: {what}; it is left out")
            facts = tuple(
                fact for fact in facts if fact.arm not in blind and fact.against not in blind
            )
        if facts:
            yield replace(one, facts=facts)


def _without_error(facts: Sequence[PublishedFact]) -> dict[str, str]:
    """Return the arms with a fact whose error nobody knows, and which it is."""
    n = {one.arm for one in facts if one.kind == "n"}
    events = {one.arm for one in facts if one.kind == "events"}
    found: dict[str, str] = {}
    for one in facts:
        whole = one.low is not None and one.high is not None
        if one.kind in ("median", "survival", "at risk") and one.arm not in n and not whole:
            found[one.arm] = f"its {one.kind} has no interval, and n is not known"
        if one.kind == "events" and one.time is not None and one.arm not in n:
            found[one.arm] = "its events are known and n is not"
        if one.kind == "hazard ratio" and not {one.arm, one.against} <= n:
            found[one.arm] = "its hazard ratio needs n of both arms"
        elif one.kind == "hazard ratio" and not whole and not {one.arm, one.against} <= events:
            found[one.arm] = "its hazard ratio has no interval, and events are not known"
    return found
