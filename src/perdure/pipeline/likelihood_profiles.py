"""The likelihood over tau2 of every synthesis of contrasts that rests on one."""

from collections.abc import Sequence

import numpy as np

from perdure.pool import fit_correlated, likelihood_profile, shared_heterogeneity
from perdure.records import ContrastSynthesis
from perdure.records.likelihood_profile import ContrastProfile
from perdure.study import Settings

__all__ = ["profile_contrasts"]

LEAST = 3
"""With fewer contrasts there is next to nothing to know of how trials differ."""


def profile_contrasts(
    syntheses: Sequence[ContrastSynthesis], settings: Settings
) -> tuple[ContrastProfile, ...]:
    """Return the profile of every endpoint and reference, on the study's measure.

    Nothing for a common effect, and for estimators of tau2 that maximise no likelihood.
    """
    pool = settings.pool
    if pool.model != "random" or pool.method not in ("REML", "ML"):
        return ()
    found = []
    for one in syntheses:
        if one.measure != pool.pooled_measure or one.overall is None or len(one.rows) < LEAST:
            continue
        trials = tuple(row.trial for row in one.rows)
        fit = fit_correlated(
            np.array([row.effect for row in one.rows]),
            np.array(one.covariance),
            shared_heterogeneity(trials),
            model=pool.model,
            method=pool.method,
            test=pool.chosen_test,
            trial=trials,
        )
        found.append(
            ContrastProfile(
                one.endpoint,
                one.k,
                one.reference,
                one.measure,
                pool.method,
                len(one.rows),
                likelihood_profile(fit.independent),
            )
        )
    return tuple(found)
