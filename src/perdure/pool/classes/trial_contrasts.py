"""The primary synthesis: arms against the control of their own trial, pooled across trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from perdure.pool.classes.arm_effects import (
    TrialArms,
    arm_effects,
    checked_trials,
    why_not_pooled,
)
from perdure.pool.classes.zero_arms import pool_with_zeros
from perdure.pool.effects.contrast_effects import CONTRASTS, ContrastMeasure
from perdure.pool.effects.scales import SCALES
from perdure.pool.models.correlated import CorrelatedFit, fit_correlated, shared_heterogeneity
from perdure.pool.models.groups import group_design
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Method, Model, Test
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.records import (
    ContrastGroup,
    ContrastRow,
    ContrastSynthesis,
    Floats,
    JointTest,
    LeftOut,
)

__all__ = ["pool_contrasts"]


FEW = {
    1: "one contrast only: nothing is known of how trials differ",
    2: "two contrasts only: an interval on one degree of freedom says little",
}


@dataclass(frozen=True)
class _Pair:
    """Two arms that are compared, both with a standard error."""

    trial: TrialArms
    arm: str
    group: str

    @property
    def comparator(self) -> str:
        return self.trial.comparators[self.arm]


@dataclass(frozen=True, eq=False)
class _Effects:
    """Contrasts as a model takes them."""

    pairs: tuple[_Pair, ...]
    y: Floats
    covariance: Matrix

    def at(self, rows: Sequence[int]) -> "_Effects":
        """Return some of them."""
        chosen = list(rows)
        return _Effects(
            tuple(self.pairs[at] for at in chosen),
            self.y[chosen],
            self.covariance[np.ix_(chosen, chosen)],
        )

    @property
    def trials(self) -> tuple[str, ...]:
        """The trial of each contrast."""
        return tuple(pair.trial.trial for pair in self.pairs)


@dataclass(frozen=True)
class _Options:
    """How contrasts are pooled."""

    model: Model
    method: Method
    test: Test | None
    level: float


def pool_contrasts(
    trials: Sequence[TrialArms],
    *,
    endpoint: str,
    measure: ContrastMeasure = "log odds ratio",
    classes: Mapping[tuple[str, str], str] | None = None,
    by: str = "",
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    each_left_out: bool = True,
) -> ContrastSynthesis:
    """Pool durable response of arms against their trial's control.

    Randomisation holds inside each trial, where both arms stand at one threshold (references
    ``control``, ``trial`` and ``fixed``). Contrasts of one trial share patients: their errors have
    the covariance of the arms (shared control, shared threshold), and their true effects correlate
    by one half.

    Parameters
    ----------
    trials : sequence of TrialArms
    endpoint : str
    measure : {"log odds ratio", "log ratio", "difference", "arcsine difference"}
    classes : mapping of (trial, arm) to str, optional
        Class of each arm; contrasts are grouped by the pair of classes.
    by : str
        The column that the classes come from.
    model, method, test, level
        As in :func:`perdure.pool.pool`.
    each_left_out : bool
        Whether all together are pooled again without each trial: as many fits as trials.

    Returns
    -------
    ContrastSynthesis

    Raises
    ------
    InputError
        If there is no trial, one comes twice, or k or references are mixed.

    Examples
    --------
    >>> from perdure.records import ArmCovariance, DurableResponse, Proportion
    >>> def response(arm, p):
    ...     found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    ...     return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)
    >>> trials = [
    ...     TrialArms(
    ...         name,
    ...         {"new": response("new", p), "old": response("old", 0.12)},
    ...         ArmCovariance(("new", "old"), ((0.0016, 0.0002), (0.0002, 0.0016))),
    ...         {"new": "old"},
    ...     )
    ...     for name, p in (("A", 0.30), ("B", 0.22), ("C", 0.26))
    ... ]
    >>> found = pool_contrasts(trials, endpoint="PFS", measure="difference")
    >>> round(found.overall.mean.estimate, 2), [round(row.share, 2) for row in found.rows]
    (0.14, [0.33, 0.33, 0.33])
    """
    first = checked_trials(trials)
    pairs, left_out = _pairs(trials, classes or {})
    zeros = pool_with_zeros(
        [
            (trial.responses, arm, comparator)
            for trial in trials
            for arm, comparator in trial.comparators.items()
            if arm in trial.responses and comparator in trial.responses
        ],
        level=level,
    )
    blank = ContrastSynthesis(
        endpoint,
        first.k,
        first.reference,
        measure,
        by,
        (),
        (),
        None,
        (),
        None,
        (),
        (),
        left_out,
        with_zeros=zeros,
    )
    if not pairs:
        reason = "no trial has two arms with a standard error, one the control of the other"
        return replace(blank, reason=reason)
    effects = _effects(pairs, measure)
    options = _Options(model, method, test, level)
    overall = _fitted(effects, options)
    names = tuple(dict.fromkeys(pair.group for pair in pairs))
    labels = [pair.group for pair in pairs]
    groups = tuple(
        _group(name, effects.at([at for at, label in enumerate(labels) if label == name]), options)
        for name in (names if by else ())
    )
    whole = _summary("", effects, overall, options)
    without = tuple(_without(effects, options)) if each_left_out else ()
    return replace(
        blank,
        rows=tuple(_row(effects, at, overall, level) for at in range(len(pairs))),
        covariance=tuple(map(tuple, effects.covariance.tolist())),
        overall=whole,
        groups=groups,
        difference=_difference(effects, labels, options) if len(groups) > 1 else None,
        without=without,
        carried_by=tuple(
            name
            for name, one in without
            # one contrast is judged by another test: it says nothing of the trial left out
            if one.n_contrasts > 1 and _concludes(one) != _concludes(whole)
        ),
    )


def _pairs(
    trials: Sequence[TrialArms], classes: Mapping[tuple[str, str], str]
) -> tuple[list[_Pair], tuple[LeftOut, ...]]:
    """Return the arms that can be compared, and those that cannot with the reason."""
    pairs, left_out = [], []
    for trial in trials:
        for arm, comparator in trial.comparators.items():
            if arm not in trial.responses or comparator not in trial.responses:
                continue
            both = [classes.get((trial.trial, name), "") for name in (arm, comparator)]
            group = " v ".join(dict.fromkeys(one or "no class" for one in both)) if classes else ""
            reasons = [
                f"{name}: {reason}"
                for name in (arm, comparator)
                if (reason := why_not_pooled(trial.responses[name]))
            ]
            if reasons:
                named, status = f"{arm} v {comparator}", _status(trial, arm)
                left_out.append(LeftOut(trial.trial, named, group, status, "; ".join(reasons)))
            else:
                pairs.append(_Pair(trial, arm, group))
    return pairs, tuple(left_out)


def _status(trial: TrialArms, arm: str) -> str:
    """Return the worse status of an arm and its control."""
    order = ("not estimable", "zero", "thin", "estimable")
    both = [trial.responses[name].status for name in (arm, trial.comparators[arm])]
    return min(both, key=order.index)


def _effects(pairs: Sequence[_Pair], measure: ContrastMeasure) -> _Effects:
    """Return the contrasts on the measure's scale: L p with the covariance L S L'."""
    arms = {
        (pair.trial.trial, name): (pair.trial, name)
        for pair in pairs
        for name in (pair.arm, pair.comparator)
    }
    found = arm_effects(list(arms.values()), SCALES[CONTRASTS[measure]])
    place = {arm: at for at, arm in enumerate(arms)}
    rows = np.zeros((len(pairs), len(arms)))
    for at, pair in enumerate(pairs):
        rows[at, place[pair.trial.trial, pair.arm]] = 1
        rows[at, place[pair.trial.trial, pair.comparator]] = -1
    return _Effects(tuple(pairs), rows @ found.y, rows @ found.covariance @ rows.T)


def _fitted(
    effects: _Effects,
    options: _Options,
    moderators: Matrix | None = None,
    terms: Sequence[str] | None = None,
) -> CorrelatedFit:
    return fit_correlated(
        effects.y,
        effects.covariance,
        shared_heterogeneity(effects.trials),
        model=options.model,
        method=options.method,
        test=options.test,
        moderators=moderators,
        terms=terms,
        trial=effects.trials,
        level=options.level,
    )


def _group(name: str, effects: _Effects, options: _Options) -> ContrastGroup:
    return _summary(name, effects, _fitted(effects, options), options)


def _summary(name: str, effects: _Effects, fit: CorrelatedFit, options: _Options) -> ContrastGroup:
    """Return a fitted group as a reader asks for it."""
    alone = effects.y.size == 1
    spread = None if alone or options.model == "common" else heterogeneity(fit.independent)
    mean = fit.mean
    if alone:  # one contrast says nothing of the spread of true effects
        mean = replace(mean, prediction_low=None, prediction_high=None)
    reason = FEW.get(effects.y.size)
    trials = len(set(effects.trials))
    return ContrastGroup(name, trials, effects.y.size, fit.independent.pooled, mean, spread, reason)


def _difference(effects: _Effects, labels: Sequence[str], options: _Options) -> JointTest | None:
    """Return the test that all groups have one mean; None where nothing is left to judge it by."""
    design, terms = group_design(labels)
    if design.shape[0] <= design.shape[1] and options.model == "random":
        return None
    return _fitted(effects, options, design, terms).independent.pooled.moderators


def _without(effects: _Effects, options: _Options) -> list[tuple[str, ContrastGroup]]:
    """Return the synthesis with each trial left out."""
    names = dict.fromkeys(effects.trials)
    if len(names) < 2:
        return []
    others = {name: [at for at, own in enumerate(effects.trials) if own != name] for name in names}
    return [(name, _group("", effects.at(rows), options)) for name, rows in others.items()]


def _concludes(group: ContrastGroup) -> int:
    """Return the direction that the interval shows, 0 where it holds no difference."""
    if group.mean.ci_low > 0:
        return 1
    return -1 if group.mean.ci_high < 0 else 0


def _row(effects: _Effects, at: int, fit: CorrelatedFit, level: float) -> ContrastRow:
    """Return one contrast with its own interval."""
    pair = effects.pairs[at]
    effect, se = float(effects.y[at]), float(np.sqrt(effects.covariance[at, at]))
    half = upper_quantile(None, level) * se
    sizes = [pair.trial.responses[name].n for name in (pair.arm, pair.comparator)]
    return ContrastRow(
        trial=pair.trial.trial,
        arm=pair.arm,
        comparator=pair.comparator,
        group=pair.group,
        effect=effect,
        se=se,
        ci_low=effect - half,
        ci_high=effect + half,
        share=float(fit.shares[at]),
        n_arm=sizes[0],
        n_comparator=sizes[1],
        status=_status(pair.trial, pair.arm),
    )
