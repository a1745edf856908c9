"""Checks of the contrasts within trials: who carries them, small trials, years, the next trial."""

from collections import Counter
from collections.abc import Sequence

from perdure.pool import check_synthesis, fit_effects
from perdure.records import ContrastSynthesis, Trial
from perdure.records.checks import ContrastChecks
from perdure.study import Settings

__all__ = ["check_contrasts"]

MEASURE = "log odds ratio"


def check_contrasts(
    syntheses: Sequence[ContrastSynthesis], trials: Sequence[Trial], settings: Settings
) -> tuple[ContrastChecks, ...]:
    """Return the checks of every endpoint and reference with two contrasts or more.

    They are made on the log odds ratio and take contrasts as independent; those that share a
    control are counted. Years are those of the trials, where all are known.
    """
    known = {trial.trial: trial for trial in trials}
    found = []
    for one in syntheses:
        if one.measure != MEASURE or len(one.rows) < 2:
            continue
        several = Counter((row.trial, row.comparator) for row in one.rows)
        names = [
            known[row.trial].label or row.trial
            if several[row.trial, row.comparator] == 1
            else f"{known[row.trial].label or row.trial}, {row.arm}"
            for row in one.rows
        ]
        years = [known[row.trial].year for row in one.rows]
        fit = fit_effects(
            [row.effect for row in one.rows],
            [row.se**2 for row in one.rows],
            model=settings.pool.model,
            method=settings.pool.method,
            test=settings.pool.chosen_test,
        )
        checks = check_synthesis(
            fit,
            names=names,
            year=[float(year) for year in years if year is not None]
            if all(year is not None for year in years)
            else None,
        )
        shared = sum(count for count in several.values() if count > 1)
        found.append(
            ContrastChecks(
                one.endpoint,
                one.k,
                one.reference,
                one.measure,
                tuple(names),
                fit.pooled,
                checks,
                shared,
            )
        )
    return tuple(found)
