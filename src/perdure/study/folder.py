"""A study: one folder of plain files, read whole or refused with every problem at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.records import Trial
from perdure.study.analysis import Analysis
from perdure.study.datasets import NOT_READ, read_analyses
from perdure.study.figures import CurveInFigure, read_figures
from perdure.study.published import PublishedEstimate, read_published
from perdure.study.published_facts import FACTS_ANALYSIS, PublishedFacts, read_facts
from perdure.study.readings import ReadCurve
from perdure.study.roster import in_doubt, read_trials
from perdure.study.settings import Settings, read_settings
from perdure.study.template import TITLE

__all__ = ["Study"]

_REASONS = {
    "FileNotFoundError": "there is no such folder",
    "NotADirectoryError": "this is a file and not a folder",
    "PermissionError": "you may not look into this folder",
}

_REMEDY = "name a study's folder, or make one with: perdure new DIR"


@dataclass(frozen=True)
class Study:
    """A question, its trials, and what was published or observed of them.

    Attributes
    ----------
    folder : Path
    settings : Settings
        Of study.toml.
    trials : tuple of Trial
        In the order of trials.csv, each with its arms.
    analyses : tuple of Analysis
        Arms that enter by patients or by a curve.
    published : tuple of PublishedEstimate
        Arms that enter by a published estimate.
    facts : tuple of PublishedFacts
        Arms whose curve is not at hand and of which numbers were published, by trial and endpoint.
    notices : tuple of str
        What was read in an unusual way, repaired or left out, each with its place.
    figures : tuple of CurveInFigure
        The rows of figures.csv.
    """

    folder: Path
    settings: Settings
    trials: tuple[Trial, ...]
    analyses: tuple[Analysis, ...]
    published: tuple[PublishedEstimate, ...]
    notices: tuple[str, ...]
    figures: tuple[CurveInFigure, ...] = ()
    facts: tuple[PublishedFacts, ...] = ()

    @classmethod
    def open(
        cls, folder: str | Path, *, read: Mapping[CurveInFigure, ReadCurve | str] | None = None
    ) -> "Study":
        """Read a study's folder.

        Parameters
        ----------
        folder : str or Path
        read : mapping of CurveInFigure to ReadCurve or str, optional
            The curve of each row of figures.csv, or why there is none. Without it, arms whose
            curves are in figures only are not in the analyses.

        Raises
        ------
        InputError
            With every problem of every file: file, row, column, what was found, what to do.
        """
        root = Path(folder)
        problems: list[Problem] = []
        notices: list[str] = []
        settings: Settings | None = None
        _refuse_other_folders(root)
        try:
            settings = read_settings(root, notices)
        except InputError as error:
            problems += error.problems
        trials = read_trials(root, settings, problems, notices)
        if settings is None or in_doubt(problems) or not any(trial.arms for trial in trials):
            raise InputError(problems)
        figures = read_figures(root, settings, trials, problems, notices)
        analyses = read_analyses(root, settings, trials, problems, notices, figures, read)
        published = read_published(root, settings, trials, problems, notices)
        facts = read_facts(root, settings, trials, problems, notices)
        problems += _entering_twice(analyses, published)
        problems += _named_as_facts(analyses, facts)
        problems += _without_data(trials, analyses, published, facts, problems)
        if problems:
            raise InputError(problems)
        notices += _absent_arms(trials, analyses, published, facts)
        notices += _without_curves(analyses)
        if "control" in settings.reference:
            notices += _without_control(trials)
        if settings.title == TITLE:
            notices.append("study.toml: the title is still the template's")
        return cls(root, settings, trials, analyses, published, tuple(notices), figures, facts)


def _refuse_other_folders(folder: Path) -> None:
    """Refuse a folder that is no study, or cannot be looked into."""
    try:
        names = {path.name for path in folder.iterdir()}
    except (OSError, ValueError) as error:
        message = _REASONS.get(type(error).__name__, "this cannot be a folder")
        raise InputError(Problem(message, _REMEDY, value=str(folder))) from error
    if "study.toml" not in names:
        message = "this is not a study: it has no study.toml"
        raise InputError(Problem(message, _REMEDY, value=str(folder)))


def _without_control(trials: Iterable[Trial]) -> list[str]:
    """Say which trials have several arms and no comparator, which the reference control needs."""
    return [
        f"arms.csv: no arm of trial {trial.trial} has a comparator: the reference control has none"
        for trial in trials
        if len(trial.arms) > 1 and all(arm.comparator is None for arm in trial.arms)
    ]


def _entering_twice(
    analyses: Iterable[Analysis], published: Iterable[PublishedEstimate]
) -> list[Problem]:
    """Refuse an arm that enters an endpoint by its survival and by a published estimate."""
    entered = {
        (analysis.trial, analysis.endpoint, arm.arm): analysis.file_of(arm)
        for analysis in analyses
        for arm in analysis.arms
        if analysis.primary
    } | {
        (analysis.trial, analysis.endpoint, arm): "a figure of figures.csv"
        for analysis in analyses
        for arm in analysis.without_curve
        if analysis.primary
    }
    return [
        Problem(
            f"arm {row.arm} of trial {row.trial} enters {row.endpoint} by"
            f" {entered[row.trial, row.endpoint, row.arm]} too",
            "take one of the two out: an arm enters an endpoint once",
            "published_estimates.csv",
            column="arm",
            value=row.arm,
        )
        for row in published
        if (row.trial, row.endpoint, row.arm) in entered
    ]


def _named_as_facts(analyses: Iterable[Analysis], facts: Iterable[PublishedFacts]) -> list[Problem]:
    """Refuse an analysis of files that has the name of the one that holds published facts."""
    taken = {(one.trial, one.endpoint, FACTS_ANALYSIS) for one in facts}
    return [
        Problem(
            f"the analysis {one.stem} has the name of what published_facts.csv makes",
            "give its files another name",
            one.files[0] if one.files else None,
        )
        for one in analyses
        if (one.trial, one.endpoint, one.analysis) in taken
    ]


def _without_data(
    trials: Iterable[Trial],
    analyses: Iterable[Analysis],
    published: Iterable[PublishedEstimate],
    facts: Iterable[PublishedFacts],
    problems: Iterable[Problem],
) -> list[Problem]:
    """Refuse an arm of which nothing is known, where that is not for another problem's sake."""
    if any(problem.file not in ("study.toml", "trials.csv", "arms.csv") for problem in problems):
        return []
    entered = {(one.trial, arm) for one in analyses for arm in _arms_of(one)}
    entered |= {(row.trial, row.arm) for row in published}
    entered |= {(one.trial, arm) for one in facts for arm in one.arms}
    return [
        Problem(
            f"nothing is known of arm {arm.arm} of trial {trial.trial}",
            f"add curves/{trial.trial}.<endpoint>.{arm.arm}.csv with"
            f" risk/{trial.trial}.<endpoint>.csv, or patients/{trial.trial}.<endpoint>.csv, or a"
            " row of figures.csv, published_facts.csv or published_estimates.csv; or take the arm"
            " out",
            "arms.csv",
            column="arm",
            value=arm.arm,
        )
        for trial in trials
        for arm in trial.arms
        if (trial.trial, arm.arm) not in entered
    ]


def _absent_arms(
    trials: Iterable[Trial],
    analyses: Iterable[Analysis],
    published: Iterable[PublishedEstimate],
    facts: Iterable[PublishedFacts],
) -> list[str]:
    """Say which arms have no data of an endpoint that another arm of their trial has."""
    entered: dict[tuple[str, str], set[str]] = {}
    for analysis in analyses:
        arms = entered.setdefault((analysis.trial, analysis.endpoint), set())
        arms.update(_arms_of(analysis))
    for row in published:
        entered.setdefault((row.trial, row.endpoint), set()).add(row.arm)
    for one in facts:
        entered.setdefault((one.trial, one.endpoint), set()).update(one.arms)
    by_trial = {trial.trial: [arm.arm for arm in trial.arms] for trial in trials}
    absent = {
        place: [arm for arm in by_trial[place[0]] if arm not in arms]
        for place, arms in entered.items()
    }
    return [
        f"trial {trial} has no {endpoint} of arm {' and '.join(arms)}; it is left out there"
        for (trial, endpoint), arms in absent.items()
        if arms
    ]


def _arms_of(analysis: Analysis) -> set[str]:
    """Return the arms of an analysis, with those whose figure was not read."""
    return {*(arm.arm for arm in analysis.arms), *analysis.without_curve}


def _without_curves(analyses: Iterable[Analysis]) -> list[str]:
    """Say which arms have no curve, and why, once their figures have been looked at."""
    return [
        f"{analysis.stem}, arm {arm}: no curve: {reason}"
        for analysis in analyses
        for arm, reason in analysis.without_curve.items()
        if reason != NOT_READ
    ]
