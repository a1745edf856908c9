"""Checks of the contrasts within trials: who carries them, small trials, years, the next trial."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from perdure.pool import TrialEffects, check_trials
from perdure.records import ContrastSynthesis, Trial
from perdure.records.checks import ContrastChecks
from perdure.study import Settings

__all__ = ["check_contrasts"]


def check_contrasts(
    syntheses: Sequence[ContrastSynthesis], trials: Sequence[Trial], settings: Settings
) -> tuple[ContrastChecks, ...]:
    """Return the checks of every endpoint and reference with two trials or more.

    They are made on the study's measure, trial by trial, by the model of the synthesis itself.
    Years are those of the trials, where all are known.
    """
    known = {trial.trial: trial for trial in trials}
    found = []
    for one in syntheses:
        several = Counter(row.trial for row in one.rows)
        if one.measure != settings.pool.pooled_measure or one.overall is None or len(several) < 2:
            continue
        effects = TrialEffects(
            np.array([row.effect for row in one.rows]),
            np.array(one.covariance),
            tuple(row.trial for row in one.rows),
            model=settings.pool.model,
            method=settings.pool.method,
            test=settings.pool.chosen_test,
        )
        names = _names([known[trial] for trial in effects.trials])
        years = [year for trial in effects.trials if (year := known[trial].year) is not None]
        found.append(
            ContrastChecks(
                one.endpoint,
                one.k,
                one.reference,
                one.measure,
                names,
                one.overall.pooled,
                check_trials(
                    effects, names=names, year=years if len(years) == len(names) else None
                ),
                len(one.rows),
                sum(count > 1 for count in several.values()),
            )
        )
    return tuple(found)


def _names(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return what people call trials; two with one label have their identifiers too."""
    labels = [trial.label or trial.trial for trial in trials]
    return tuple(
        label if labels.count(label) == 1 else f"{label} ({trial.trial})"
        for label, trial in zip(labels, trials, strict=True)
    )
