"""What was pooled, under the names that the command line's JSON uses."""

import math
from collections.abc import Sequence
from dataclasses import asdict

from perdure.pool.classes.multiplicity import adjusted_p
from perdure.pool.table import PooledTable
from perdure.pool.table_plan import TablePlan
from perdure.pool.table_profile import TableProfile
from perdure.records import Coefficient, MetaRegression, Pooled
from perdure.records.checks import SynthesisChecks
from perdure.records.counts import MantelHaenszel, StratumTest

__all__ = ["counts_json", "holm", "pooled_json", "table_json"]


def pooled_json(pooled: Pooled) -> dict[str, object]:
    """Return a pooled model; ``sigma2`` is empty where ``tau2`` is the one variance component.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import pool
    >>> found = pooled_json(pool([0.1, 0.6, 0.9], [0.04, 0.05, 0.03], method="DL"))
    >>> found["method"], found["n_effects"], found["sigma2"]
    ('DL', 3, [])
    """
    return {
        "model": pooled.model,
        "method": pooled.method,
        "test": pooled.test,
        "n_effects": pooled.n_effects,
        "n_trials": pooled.n_trials,
        "coefficients": [asdict(coefficient) for coefficient in pooled.coefficients],
        "tau2": pooled.tau2,
        "sigma2": list(pooled.sigma2),
        "rho": list(pooled.rho),
        "i2": pooled.i2,
        "h2": pooled.h2,
        "q": pooled.q,
        "q_df": pooled.q_df,
        "q_p": pooled.q_p,
        "log_likelihood": pooled.log_likelihood,
        "prediction_low": pooled.prediction_low,
        "prediction_high": pooled.prediction_high,
        "moderators": None if pooled.moderators is None else asdict(pooled.moderators),
        "r2": pooled.r2,
        "robust": pooled.robust,
    }


def table_json(
    table: PooledTable,
    checks: SynthesisChecks | None = None,
    profile: TableProfile | None = None,
    plan: TablePlan | None = None,
) -> dict[str, object]:
    """Return a pooled table: the model, tau2 with its limits, then the formula or the groups.

    A number that is infinite, as a limit that is never reached, is None.
    """
    found = _table(table)
    found["notes"] = [*table.notes, *(table.regression.notes if table.regression else ())]
    for name, more in (("checks", checks), ("profile", profile), ("plan", plan)):
        if more is not None:
            found[name] = asdict(more)
    return {key: _finite(value) for key, value in found.items()}


def counts_json(found: MantelHaenszel) -> dict[str, object]:
    """Return pooled counts under the same names; what such a synthesis has not is None.

    Examples
    --------
    >>> from perdure.pool.binomial.mantel_haenszel import peto
    >>> answer = counts_json(peto([4, 6], [30, 40], [9, 12], [31, 41]))
    >>> answer["model"], answer["measure"], answer["n_effects"], answer["tau2"]
    ('peto', 'PETO', 2, None)
    """
    answer: dict[str, object] = {
        "model": "peto" if found.method == "Peto" else "mantel-haenszel",
        "method": found.method,
        "measure": found.measure,
        "test": "z",
        "n_effects": found.n_tables,
        "n_trials": found.n_tables,
        "coefficients": [asdict(found.coefficient)],
        "tau2": None,
        "sigma2": [],
        "i2": found.i2,
        "h2": found.h2,
        "q": found.q,
        "q_df": found.q_df,
        "q_p": found.q_p,
        "log_likelihood": None,
        "prediction_low": None,
        "prediction_high": None,
    }
    for name in ("association", "association_binomial", "breslow_day", "tarone"):
        test: StratumTest | None = getattr(found, name)
        answer[name] = None if test is None else asdict(test)
    return answer | {"uninformative": list(found.uninformative), "reason": found.reason}


def _table(table: PooledTable) -> dict[str, object]:
    found = pooled_json(table.pooled)
    spread = table.heterogeneity
    found["heterogeneity"] = None if spread is None else asdict(spread)
    if table.regression is not None:
        found |= _regression(table.regression)
    groups = table.groups
    if groups is None:
        return found
    return found | {
        "groups": [
            {"name": row.name, **pooled_json(row.pooled), "reason": row.reason}
            for row in groups.rows
        ],
        "differences": [
            {"first": pair.first, "second": pair.second, **asdict(pair.difference)}
            for pair in groups.differences
        ],
        "pairs": None if groups.pairs is None else asdict(groups.pairs),
        "regression": None if groups.regression is None else pooled_json(groups.regression),
        "reason": groups.reason,
    }


def _finite(value: object) -> object:
    """Return JSON that holds no infinity: a test of effects without error has no finite number."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def holm(differences: Sequence[Coefficient]) -> list[float]:
    """Return the p values of differences, adjusted for their number by Holm's method.

    Examples
    --------
    >>> from perdure.pool.models.linear import coefficient
    >>> [round(p, 3) for p in holm([coefficient("a - b", y, 0.04, None, 0.95) for y in (0.4, 0.6)])]
    [0.046, 0.005]
    """
    return adjusted_p([one.p for one in differences]).tolist() if differences else []


def _regression(found: MetaRegression) -> dict[str, object]:
    return {
        "formula": found.formula,
        "tests": [asdict(test) for test in found.tests],
        "factors": [
            {**asdict(factor), "p_adjusted": holm(factor.differences)} for factor in found.factors
        ],
        "left_out": dict(found.left_out),
    }
