"""The selection models of small_study beside metafor's selmodel."""

from collections.abc import Iterator
from typing import Any, cast

from metafor_compare import Comparison, given
from metafor_sensitivity import fit_of

from perdure.pool.checks.selection import selection_model
from perdure.records.small_study import SelectionFamily, SelectionModel

__all__ = ["compare_selection", "selection_models"]

SELMODEL_1E4 = 1e-4
STEPS = {"step_025": (0.025,), "step_025_5": (0.025, 0.5)}


def selection_models() -> Iterator[tuple[tuple[str, str, str], SelectionModel, dict[str, Any]]]:
    """Return each model of R with its place and perdure's, but for the one that R refused."""
    for key, own in given("small_study").items():
        if not key.startswith("selmodel_") or not isinstance(own, dict):
            continue
        fit = fit_of(key.removeprefix("selmodel_"), "ML", "z")
        for case, expected in own.items():
            family = cast("SelectionFamily", "stepfun" if case in STEPS else case)
            steps = STEPS.get(case, (0.025,))
            if "error" not in expected:
                found = selection_model(fit, family=family, alternative="greater", steps=steps)
                yield ("small_study", key, case), found, expected


def compare_selection(compare: Comparison) -> None:
    """Compare every selection model that R fitted."""
    for where, found, expected in selection_models():
        mean = found.mean
        if mean is None:
            raise ValueError(f"{'/'.join(where)}: {found.reason}")
        errors: list[float | None] = [row.se for row in found.selection]
        ours = {
            "tau2": found.tau2,
            "beta": mean.estimate,
            "se": mean.se,
            "ci_lower": mean.ci_low,
            "ci_upper": mean.ci_high,
            "delta": [row.estimate for row in found.selection],
            "se_delta": errors,
            "LRT": found.ratio,
            "LRT_p": found.p,
            "logLik": found.log_likelihood,
        }
        if len(expected["delta"]) == len(found.selection) + 1:
            ours["delta"] = [1.0] + [row.estimate for row in found.selection]
            ours["se_delta"] = [None, *errors]
        compare.put(where, ours, bound=dict.fromkeys(ours, SELMODEL_1E4))
