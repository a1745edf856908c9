"""multilevel and nested: rma.mv with levels and outcomes, and clubSandwich's errors beside it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from metafor_compare import REFERENCE, Comparison, given
from metafor_effects import bcg_design, fits_of, indicators

from perdure.pool import fit_effects
from perdure.pool.clusters.robust import robust
from perdure.pool.clusters.sandwich import Robust, RobustKind
from perdure.pool.mixed.component_profile import component_intervals
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import fit_multilevel, fit_multivariate
from perdure.pool.models.random_effects import Fit
from perdure.records import Coefficient, Floats, JointTest

__all__ = ["compare_nested", "numbers", "table"]

LEVELS_1E4 = 1e-4
CLASSES_1E5 = 1e-5
KINDS: dict[str, RobustKind] = {
    "CR0": "CR0",
    "CR1": "CR1p",
    "CR1_clubSandwich": "CR1",
    "CR2_robust": "CR2",
    "CR2": "CR2",
}
TRIAL_TERMS = ("classanti_pd1", "classanti_ctla4")


@cache
def table(name: str) -> dict[str, list[str]]:
    """Return the columns of one of the reference's tables."""
    with (REFERENCE / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [row[key] for row in rows] for key in rows[0]}


def numbers(name: str, column: str) -> Floats:
    """Return a column of one of the reference's tables as numbers."""
    return np.array(table(name)[column], dtype=np.float64)


def _at(where: Sequence[str]) -> dict[str, Any]:
    found = given(where[0])
    for key in where[1:]:
        found = found[key]
    return found


def _cases(found: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Return where R's fits stand: what has coefficients and a test of heterogeneity."""
    if "beta" in found and "QE" in found:
        yield where
        return
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _cases(value, (*where, key))


def _konstantopoulos(name: str) -> tuple[Any, ...]:
    data = "dat.konstantopoulos2011"
    levels = {key: table(data)[key] for key in ("district", "school")}
    if name == "konstantopoulos_district_only":
        del levels["school"]
    x = np.ones((len(table(data)["yi"]), 1))
    if name == "konstantopoulos_year":
        x = np.column_stack((x, numbers(data, "year") - 1990))
    return numbers(data, "yi"), numbers(data, "vi"), levels, x


def _assink(name: str) -> tuple[Any, ...]:
    data = "dat.assink2016"
    study, v = np.array(table(data)["study"]), numbers(data, "vi")
    x = np.ones((v.size, 1))
    if name.endswith("deltype"):
        x = np.column_stack((x, indicators(table(data)["deltype"], ("general", "overt"))))
    if "pubstatus" in name:
        x = np.column_stack((x, numbers(data, "pubstatus"), numbers(data, "year")))
    if "V_rho" in name:
        correlation = np.where(study[:, None] == study, 0.6, 0.0)
        np.fill_diagonal(correlation, 1)
        v = correlation * np.sqrt(np.outer(v, v))
    levels = {"study": study.tolist(), "esid": table(data)["esid"]}
    return numbers(data, "yi"), v, levels, x


def _arms(name: str) -> tuple[Any, ...]:
    arms, one = table("design_42_arms"), np.ones((42, 1))
    drug = indicators(arms["class"], ("anti_ctla4", "anti_pd1"))
    later = indicators(arms["line"], ("later",))
    ici = drug.sum(axis=1, keepdims=True)
    trials = sorted(set(arms["trial"]))[1:]
    designs: dict[str, tuple[Floats, ...]] = {
        "intercept": (one,),
        "class": (one, drug),
        "class_no_intercept": (one - ici, drug),
        "class_by_line": (one, drug, later, drug * later),
        "ici_by_line": (one, ici, later, ici * later),
        "class_fixed_trials": (one, drug, indicators(arms["trial"], trials)),
    }
    tumour = indicators(arms["tumour"], ("nsclc", "other"))
    levels = {"trial": arms["trial"], "arm_id": arms["arm_id"]}
    if name == "class_fixed_trials":
        del levels["trial"]
    y, v = numbers("design_42_arms", "yi"), numbers("design_42_arms", "se") ** 2
    return y, v, levels, np.column_stack(designs.get(name, (one, drug, later, tumour)))


def _contrasts(name: str) -> tuple[Any, ...]:
    data = table("design_contrasts")
    x = np.ones((20, 1))
    if name == "shared_control_class":
        x = np.column_stack((x, indicators(data["class"], ("anti_pd1",))))
    v = np.array(given("nested")["contrasts"]["V"])
    levels = {"trial": data["trial"], "arm_id": data["arm_id"]}
    return numbers("design_contrasts", "yi"), v, levels, x


def _berkey(where: Sequence[str]) -> MixedFit:
    data, structure, method = table("dat.berkey1998"), where[2], where[3]
    x = indicators(data["outcome"], ("AL", "PD"))
    if where[4] == "year":
        x = np.column_stack((x, x * (numbers("dat.berkey1998", "year") - 1983)[:, None]))
    options: Any = {"structure": structure, "method": method}
    return fit_multivariate(
        *(numbers("dat.berkey1998", "yi"), given("multilevel")["berkey_V"]),
        *(data["outcome"], data["trial"]),
        moderators=x,
        **options,
    )


def _fitted(where: tuple[str, ...]) -> MixedFit:
    name, expected = where[2], _at(where)
    if where[1] == "berkey":
        return _berkey(where)
    if where[0] == "nested":
        y, v, levels, x = _contrasts(name) if where[1] == "contrasts" else _arms(name)
    else:
        y, v, levels, x = _assink(name) if name.startswith("assink") else _konstantopoulos(name)
    contain = name.endswith("_t_contain") or name == "assink_pubstatus_year_t"
    return fit_multilevel(
        *(y, v, levels),
        method=expected["method"],
        test=expected["test"],
        df="contain" if contain else "residual",
        moderators=x,
    )


def _rows(coefficients: Sequence[Coefficient]) -> dict[str, Any]:
    return {
        "beta": [row.estimate for row in coefficients],
        "se": [row.se for row in coefficients],
        "stat": [row.estimate / row.se for row in coefficients],
        "t": [row.estimate / row.se for row in coefficients],
        "p": [row.p for row in coefficients],
        "ci_lower": [row.ci_low for row in coefficients],
        "ci_upper": [row.ci_high for row in coefficients],
        "df": [row.df for row in coefficients],
    }


def _tested(fit: MixedFit | Robust, expected: Mapping[str, Any]) -> JointTest:
    """Test the coefficients that R tests: all but an intercept that is not alone."""
    terms = expected["terms"]
    rows = np.eye(len(terms))[1 if terms[0] == "intrcpt" and len(terms) > 1 else 0 :]
    return fit.joint_test(["moderators"] * len(rows), rows)


def _in_rs_order(fit: MixedFit, values: Sequence[float]) -> list[float]:
    """Outcomes stand in order of appearance here and in that of the alphabet in R."""
    if fit.outcomes is None or len(values) == 1:
        return list(values)
    return [values[fit.outcomes.groups.index(name)] for name in sorted(fit.outcomes.groups)]


def _model(compare: Comparison, where: tuple[str, ...], fit: MixedFit) -> None:
    expected, pooled = _at(where), fit.pooled
    joint = _tested(fit, expected)
    components = _in_rs_order(fit, pooled.sigma2)
    compare.put(where, _rows(pooled.coefficients))
    compare.put(
        where,
        {
            "k": pooled.n_effects,
            "sigma2" if expected["sigma2"] else "tau2": components,
            "logLik": pooled.log_likelihood,
            "QE": pooled.q,
            "QE_p": pooled.q_p,
            "vcov": fit.covariance,
            "QM": joint.statistic,
            "QM_df": [joint.df, joint.df2],
            "QM_p": joint.p,
        },
    )
    if expected["rho"]:
        compare.add((*where, "rho"), pooled.rho)
    criteria = fit.information_criteria()
    values = (criteria.log_likelihood, criteria.aic, criteria.bic, criteria.aicc)
    compare.add((*where, "fit", expected["method"]), values, at=(0, 2, 3, 4))
    if expected.get("prediction"):
        row = fit.predicted(["mean"], [[1]])[0]
        found = {"pred": row.estimate, "se": row.se}
        found |= {"ci_lower": row.ci_low, "ci_upper": row.ci_high}
        limits = {"pi_lower": pooled.prediction_low, "pi_upper": pooled.prediction_high}
        compare.put((*where, "prediction"), found | limits)


def _levels(compare: Comparison, where: tuple[str, ...], fit: MixedFit) -> None:
    """Compare I2 by level, random effects and profile limits, where R gives them."""
    expected = _at(where)
    if expected.get("I2"):
        typical = sum(fit.pooled.sigma2) * (100 / (fit.pooled.i2 or np.nan) - 1)
        by_level = [row.i2 for row in fit.components]
        found = {"typical_variance": typical, "I2_total": fit.pooled.i2, "I2_by_level": by_level}
        compare.put((*where, "I2"), found)
    if expected.get("sigma2_profile_ci"):
        limits = [(row.estimate, row.low, row.high) for row in component_intervals(fit)]
        compare.add((*where, "sigma2_profile_ci"), limits, bound=LEVELS_1E4)
    for level, path in zip(fit.groupings, expected.get("ranef") or (), strict=False):
        inside = {row.group: row for row in fit.random_effects() if row.level == level.name}
        rows = [inside[group] for group in expected["ranef"][path]["level"]]
        found = {"intercept": [row.estimate for row in rows], "se": [row.se for row in rows]}
        compare.put((*where, "ranef", path), found)


def _robust(
    compare: Comparison, where: tuple[str, ...], fit: Fit | MixedFit, cluster: Sequence[object]
) -> dict[RobustKind, Robust]:
    """Compare every cluster-robust table of one fit."""
    found: dict[RobustKind, Robust] = {}
    for key, expected in _at(where).items():
        kind = KINDS[key]
        sandwich = found.setdefault(kind, robust(fit, cluster, kind=kind))
        rows = _rows(sandwich.coefficients)
        if expected.get("df") and len(expected["df"]) == 1:
            rows["df"] = rows["df"][0]
        here = {**rows, "vcov": sandwich.covariance, "n_clusters": len(set(cluster))}
        if "dfs" in expected:
            here["dfs"] = rows["df"]
        if "QM" in expected:
            joint = _tested(sandwich, expected)
            here |= {"QM": joint.statistic, "QM_df": [joint.df, joint.df2], "QM_p": joint.p}
        compare.put((*where, key), here)
        if expected.get("wald_HTZ_all_but_intercept"):
            size = len(expected["beta"])
            joint = sandwich.joint_test(["all"] * (size - 1), np.eye(size)[1:])
            compare.put((*where, key, "wald_HTZ_all_but_intercept"), _htz(joint))
    return found


def _htz(joint: JointTest) -> dict[str, Any]:
    return {"Fstat": joint.statistic, "df_num": joint.df, "df_denom": joint.df2, "p": joint.p}


def _factors(compare: Comparison, where: tuple[str, ...], fit: MixedFit, sandwich: Robust) -> None:
    """Compare each factor's test and the difference of two classes, with both kinds of errors."""
    expected = _at(where)

    def rows_of(terms: Sequence[str]) -> Floats:
        return np.array([[float(term == own) for own in expected["terms"]] for term in terms])

    for factor, own in expected.get("by_factor", {}).items():
        joint = fit.joint_test(own["terms"], rows_of(own["terms"]))
        found = {"QM": joint.statistic, "df": [joint.df, joint.df2], "p": joint.p}
        compare.put((*where, "by_factor", factor), found)
        htz = sandwich.joint_test(own["terms"], rows_of(own["terms"]))
        compare.put((*where, "by_factor", factor, "CR2_HTZ"), _htz(htz))
    if "pd1_minus_ctla4" in expected:
        first, second = rows_of(TRIAL_TERMS)
        plain = fit.combination("difference", first - second)
        other = sandwich.combination("difference", first - second)
        found = {"estimate": plain.estimate, "se": plain.se, "p": plain.p}
        found |= {"stat": plain.estimate / plain.se}
        found |= {"CR2_se": other.se, "CR2_p": other.p, "CR2_df": other.df or np.nan}
        compare.put((*where, "pd1_minus_ctla4"), found)


def _predicted_classes(compare: Comparison, fit: MixedFit) -> None:
    classes = given("nested")["predicted_by_class"]["class"]
    rows = fit.predicted(classes, [[1, 0, 0], [1, 1, 0], [1, 0, 1]])
    ours = {
        "proportion": [row.estimate for row in rows],
        "ci_lower": [row.ci_low for row in rows],
        "ci_upper": [row.ci_high for row in rows],
        "pi_lower": [row.prediction_low for row in rows],
        "pi_upper": [row.prediction_high for row in rows],
    }
    found = {key: 1 / (1 + np.exp(-np.array(value))) for key, value in ours.items()}
    found |= {"logit": np.array(ours["proportion"]), "se": np.array([row.se for row in rows])}
    bounds = dict.fromkeys(found, CLASSES_1E5)
    compare.put(("nested", "predicted_by_class"), found, bound=bounds)


def _of_independent_effects(compare: Comparison) -> None:
    """Compare cluster-robust errors of rma.uni."""
    for name in given("multilevel")["robust_rma_uni"]:
        if name.startswith("bcg"):
            bcg = given("regression")["bcg"]
            fit = fit_effects(
                bcg["yi"], bcg["vi"], method="REML", test="z", moderators=bcg_design("ablat")
            )
            cluster: list[object] = list(range(13))
        else:
            data = "dat.konstantopoulos2011"
            model: Any = "common" if name.endswith("FE") else "random"
            fit = fit_effects(numbers(data, "yi"), numbers(data, "vi"), model=model, test="z")
            cluster = list(table(data)["district"])
        _robust(compare, ("multilevel", "robust_rma_uni", name), fit, cluster)


def compare_nested(compare: Comparison) -> None:
    """Compare all of multilevel.json and nested.json but the binomial-normal models."""
    places = [*_cases(given("multilevel"), ("multilevel",))]
    places = [where for where in places if where[1] != "robust_rma_uni"]
    nested = given("nested")
    places += _cases(nested["three_level"], ("nested", "three_level"))
    places += [("nested", "contrasts", f"shared_control{end}") for end in ("", "_class")]
    for where in places:
        fit = _fitted(where)
        _model(compare, where, fit)
        _levels(compare, where, fit)
        if _at(where).get("robust"):
            cluster = fit.groupings[0].codes.tolist()
            sandwiches = _robust(compare, (*where, "robust"), fit, cluster)
            _factors(compare, where, fit, sandwiches["CR2"])
        if where == ("nested", "three_level", "class", "REML"):
            _predicted_classes(compare, fit)
    _of_independent_effects(compare)
    columns = {
        "ignoring_shared_control": ("yi", "vi"),
        "risk_difference": ("rd", "rd_vi"),
        "log_risk_ratio": ("rr", "rr_vi"),
    }
    for name, (y, v) in columns.items():
        for method in nested["contrasts"][name]:
            where = ("nested", "contrasts", name, method)
            effects = (numbers("design_contrasts", column) for column in (y, v))
            fits_of(compare, where, *effects)
