"""What was pooled, under the names that the command line's JSON uses."""

import math
from dataclasses import asdict

from perdure.pool.table import PooledTable
from perdure.records import MetaRegression, Pooled
from perdure.records.checks import SynthesisChecks

__all__ = ["pooled_json", "table_json"]


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


def table_json(table: PooledTable, checks: SynthesisChecks | None = None) -> dict[str, object]:
    """Return a pooled table: the model, tau2 with its limits, then the formula or the groups.

    A number that is infinite, as a limit that is never reached, is None.
    """
    found = _table(table)
    found["notes"] = [*table.notes, *(table.regression.notes if table.regression else ())]
    if checks is not None:
        found["checks"] = asdict(checks)
    return {key: _finite(value) for key, value in found.items()}


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


def _regression(found: MetaRegression) -> dict[str, object]:
    return {
        "formula": found.formula,
        "tests": [asdict(test) for test in found.tests],
        "factors": [asdict(factor) for factor in found.factors],
        "left_out": dict(found.left_out),
    }
