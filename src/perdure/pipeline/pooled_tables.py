"""The tables of pooled contrasts: the answers, the contrasts that they rest on, trials left out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from perdure.records import Coefficient, ContrastGroup, ContrastSynthesis, Results
from perdure.records.checks import ContrastChecks
from perdure.records.class_models import ClassModels
from perdure.records.missing_arms import ClassMissingArms
from perdure.records.network import ClassNetwork
from perdure.records.sensitivity_analysis import SensitivityAnalysis
from perdure.study.tail_tables import write_rows

__all__ = ["write_pooled_tables"]

Row = dict[str, object]


def write_pooled_tables(results: Path, everything: Results) -> None:
    """Write all that was pooled of contrasts and of classes; what has no row has no file."""
    _write_contrasts(results, everything.contrast_syntheses)
    _write_networks(results, everything.networks)
    _write_class_models(results, everything.class_models)
    _write_missing_arms(results, everything.missing_arms)
    _write_checks(results, everything.checks)
    write_rows(
        results / "sensitivity.csv",
        [row for one in everything.sensitivity for row in _sensitivity(one)],
    )


def _write_contrasts(results: Path, found: Sequence[ContrastSynthesis]) -> None:
    """Write pooled contrasts, their rows and the trials left out one by one; none, no file."""
    write_rows(results / "pooled_contrasts.csv", [row for one in found for row in _pooled(one)])
    write_rows(
        results / "pooled_contrast_rows.csv", [row for one in found for row in _contrasts(one)]
    )
    write_rows(results / "leave_one_out.csv", [row for one in found for row in _without(one)])


def _write_networks(results: Path, found: Sequence[ClassNetwork]) -> None:
    """Write every pair of classes, with direct and indirect evidence, and the ranks."""
    write_rows(results / "network.csv", [row for one in found for row in _comparisons(one)])
    write_rows(results / "network_ranks.csv", [row for one in found for row in _ranks(one)])


def _write_class_models(results: Path, found: Sequence[ClassModels]) -> None:
    """Write every pair of classes under every model."""
    write_rows(results / "class_models.csv", [row for one in found for row in _models(one)])


def _models(one: ClassModels) -> Iterator[Row]:
    for model in one.models:
        place = {
            "endpoint": one.endpoint,
            "k": one.k,
            "reference": one.reference,
            "by": one.by,
            "model": model.model,
            "error": model.error,
            "n_arms": model.n_arms,
            "n_trials": model.n_trials,
        }
        blank = dict.fromkeys(field.name for field in fields(Coefficient))
        for found in model.differences:
            notes = "; ".join(model.notes)
            yield place | asdict(found) | {"notes": notes, "reason": None}
        if model.reason is not None:
            yield place | blank | {"notes": "", "reason": model.reason}


def _write_missing_arms(results: Path, found: Sequence[ClassMissingArms]) -> None:
    """Write the classes with arms left out, by the model of vectors, and by the pattern mixture."""
    write_rows(results / "missing_arms.csv", [row for one in found for row in _missing(one)])
    write_rows(results / "pattern_mixture.csv", [row for one in found for row in _mixture(one)])


def _missing_place(one: ClassMissingArms) -> Row:
    return {"endpoint": one.endpoint, "k": one.k, "reference": one.reference, "by": one.by}


def _missing(one: ClassMissingArms) -> Iterator[Row]:
    """Yield each class and each pair of classes under both models."""
    blank = dict.fromkeys(("proportion", "estimate", "se", "df", "ci_low", "ci_high", "p"))
    if one.found is None:
        yield (
            _missing_place(one)
            | {"way": "", "term": "", "n_arms": 0}
            | blank
            | {"reason": one.reason}
        )
        return
    for way, answer in (("left out", one.found.without), ("vectors", one.found.vectors)):
        place = _missing_place(one) | {"way": way}
        for mean in answer.classes:
            yield (
                place
                | {"term": mean.name, "n_arms": answer.n_arms}
                | blank
                | {"proportion": mean.proportion, "ci_low": mean.ci_low, "ci_high": mean.ci_high}
                | {"reason": mean.reason or answer.reason}
            )
        for pair in answer.differences:
            row = {name: value for name, value in asdict(pair).items() if name in blank}
            yield (
                place
                | {"term": pair.term, "n_arms": answer.n_arms}
                | blank
                | row
                | {"reason": None}
            )


def _mixture(one: ClassMissingArms) -> Iterator[Row]:
    """Yield the pattern mixture's curves, of classes as proportions and of pairs on the scale."""
    if one.found is None:
        return
    for name, curve in one.found.mixture.classes:
        for point in curve:
            yield _missing_place(one) | {"term": name} | asdict(point)
    for pair in one.found.mixture.differences:
        for point in pair.curve:
            yield _missing_place(one) | {"term": f"{pair.first} - {pair.second}"} | asdict(point)


def _network_place(one: ClassNetwork) -> Row:
    return {
        "endpoint": one.endpoint,
        "k": one.k,
        "reference": one.reference,
        "by": one.by,
        "measure": "log odds ratio",
    }


def _comparisons(one: ClassNetwork) -> Iterator[Row]:
    for part in one.network.components if one.network else ():
        for pair, split in zip(part.comparisons, part.splits, strict=True):
            row = {name: value for name, value in asdict(pair).items() if name != "evidence"}
            direct, indirect, gap = split.direct, split.indirect, split.difference
            yield (
                _network_place(one)
                | row
                | {
                    "direct": direct and direct.estimate,
                    "direct_se": direct and direct.se,
                    "indirect": indirect and indirect.estimate,
                    "indirect_se": indirect and indirect.se,
                    "direct_share": split.direct_share,
                    "inconsistency_p": gap and gap.p,
                    "reason": split.reason,
                }
            )


def _ranks(one: ClassNetwork) -> Iterator[Row]:
    for part in one.network.components if one.network else ():
        for rank in part.ranks:
            chances = ";".join(f"{chance:.6g}" for chance in rank.probabilities)
            yield _network_place(one) | asdict(rank) | {"probabilities": chances}


def _place(one: ContrastSynthesis) -> Row:
    return {
        "endpoint": one.endpoint,
        "k": one.k,
        "reference": one.reference,
        "measure": one.measure,
    }


def _pooled(one: ContrastSynthesis) -> Iterator[Row]:
    """Yield all contrasts together, then each group, then the test between them."""
    if one.overall is None:
        yield _place(one) | {"group": "all", "reason": one.reason}
        return
    for group in (one.overall, *one.groups):
        yield _place(one) | {"group": group.name or "all"} | _group(group)
    zeros = one.with_zeros
    if zeros is not None:
        row = _place(one) | {"group": "all, arms at 0 too", "n_contrasts": zeros.n_contrasts}
        row |= {"measure": "log odds ratio", "model": "binomial-normal", "tau2": zeros.tau2}
        found = zeros.log_odds_ratio
        yield (
            row
            | {
                name: found and getattr(found, name)
                for name in ("estimate", "se", "ci_low", "ci_high", "p")
            }
            | {"reason": zeros.reason}
        )
    if one.difference is not None:
        test = one.difference
        yield _place(one) | {"group": "difference between groups", "p": test.p, "q_df": test.df}


def _group(group: ContrastGroup) -> Row:
    pooled, mean, spread = group.pooled, group.mean, group.heterogeneity
    coefficient = pooled.coefficients[0]
    return {
        "n_trials": group.n_trials,
        "n_contrasts": group.n_contrasts,
        "model": pooled.model,
        "method": pooled.method,
        "test": pooled.test,
        "estimate": mean.estimate,
        "se": mean.se,
        "df": mean.df,
        "ci_low": mean.ci_low,
        "ci_high": mean.ci_high,
        "p": coefficient.p,
        "prediction_low": mean.prediction_low,
        "prediction_high": mean.prediction_high,
        "tau2": pooled.tau2,
        "tau2_low": None if spread is None else spread.tau2_low,
        "tau2_high": None if spread is None else spread.tau2_high,
        "i2": pooled.i2,
        "q": pooled.q,
        "q_df": pooled.q_df,
        "q_p": pooled.q_p,
        "reason": group.reason,
    }


def _contrasts(one: ContrastSynthesis) -> Iterator[Row]:
    for row in one.rows:
        yield _place(one) | asdict(row) | {"reason": None}
    for gap in one.left_out:
        arm, _, comparator = gap.arm.partition(" v ")
        blank = dict.fromkeys(("effect", "se", "ci_low", "ci_high", "share"))
        yield (
            _place(one)
            | {"trial": gap.trial, "arm": arm, "comparator": comparator, "group": gap.name}
            | blank
            | {"n_arm": None, "n_comparator": None, "status": gap.status, "reason": gap.reason}
        )


def _without(one: ContrastSynthesis) -> Iterator[Row]:
    for trial, group in one.without:
        yield (
            _place(one)
            | {"left_out": trial, "changes_conclusion": int(trial in one.carried_by)}
            | _group(group)
        )


def _sensitivity(one: SensitivityAnalysis) -> Iterator[Row]:
    """Yield an answer under every change, the primary analysis first."""
    for row in one.rows:
        arms = {
            name: "; ".join(f"{trial}/{arm}" for trial, arm in getattr(row, name))
            for name in ("without", "more")
        }
        yield {
            "endpoint": one.endpoint,
            "k": one.k,
            "reference": one.reference,
            "by": one.by,
            "answer": one.kind,
            "name": one.name,
            "measure": one.measure,
        } | (asdict(row) | arms)


def _write_checks(results: Path, found: Sequence[ContrastChecks]) -> None:
    """Write influence and the synthesis as contrasts came in."""
    write_rows(results / "influence.csv", [row for one in found for row in _influence(one)])
    write_rows(results / "cumulative.csv", [row for one in found for row in _cumulative(one)])


def _check_place(one: ContrastChecks) -> Row:
    return {
        "endpoint": one.endpoint,
        "k": one.k,
        "reference": one.reference,
        "measure": one.measure,
    }


def _influence(one: ContrastChecks) -> Iterator[Row]:
    for row in one.checks.influence.rows if one.checks.influence else ():
        flat = asdict(row)
        flat["flags"] = "; ".join(row.flags)
        flat["dfbetas"] = "; ".join(f"{value:.17g}" for value in row.dfbetas or ())
        yield _check_place(one) | flat


def _cumulative(one: ContrastChecks) -> Iterator[Row]:
    found = one.checks.cumulative
    if found is not None:
        for order, row in zip(found.orders, found.rows, strict=True):
            yield _check_place(one) | {"year": order} | asdict(row)
