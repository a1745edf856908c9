"""Agreement with metafor's rma.mv, and clubSandwich, on real and synthetic effects."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from perdure.pool.clusters.robust import robust, with_robust_errors
from perdure.pool.clusters.sandwich import Robust, RobustKind
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import fit_multilevel, fit_multivariate

HERE = Path(__file__).parents[1] / "reference" / "pool"
MULTILEVEL: dict[str, Any] = json.loads((HERE / "multilevel.json").read_text(encoding="utf-8"))
NESTED: dict[str, Any] = json.loads((HERE / "nested.json").read_text(encoding="utf-8"))
Array = NDArray[np.float64]

close = pytest.approx


@dataclass(frozen=True)
class Case:
    """One fit of R, by where it stands in the files."""

    path: tuple[str, ...]
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        return "/".join(self.path)


def _cases(found: dict[str, Any], path: tuple[str, ...]) -> Iterator[Case]:
    if "beta" in found and "QE" in found:
        yield Case(path, found)
        return
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _cases(value, (*path, key))


THREE_LEVEL = [*_cases(MULTILEVEL["three_level"], ("multilevel",))]
NESTED_ARMS = [*_cases(NESTED["three_level"], ("arms",))]
CONTRASTS = [
    Case(("contrasts", name), NESTED["contrasts"][name])
    for name in ("shared_control", "shared_control_class")
]
BERKEY = [*_cases(MULTILEVEL["berkey"], ("berkey",))]
CASES = [*THREE_LEVEL, *NESTED_ARMS, *CONTRASTS, *BERKEY]


@cache
def table(name: str) -> dict[str, list[str]]:
    with (HERE / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [row[key] for row in rows] for key in rows[0]}


def numbers(name: str, column: str) -> Array:
    return np.array(table(name)[column], dtype=float)


def indicators(values: list[str], levels: tuple[str, ...]) -> Array:
    return np.array([[float(value == level) for level in levels] for value in values])


def _design(*columns: Array) -> Array:
    return np.column_stack(columns)


def _konstantopoulos(name: str) -> tuple[Any, ...]:
    data = "dat.konstantopoulos2011"
    y, v = numbers(data, "yi"), numbers(data, "vi")
    levels = {"district": table(data)["district"], "school": table(data)["school"]}
    if name == "konstantopoulos_district_only":
        del levels["school"]
    x = np.ones((y.size, 1))
    if name == "konstantopoulos_year":
        x = _design(x, numbers(data, "year") - 1990)
    return y, v, levels, x


def _assink(name: str) -> tuple[Any, ...]:
    data = "dat.assink2016"
    y, v, study = numbers(data, "yi"), numbers(data, "vi"), np.array(table(data)["study"])
    x = np.ones((y.size, 1))
    if name.endswith("deltype"):
        x = _design(x, indicators(table(data)["deltype"], ("general", "overt")))
    if "pubstatus" in name:
        x = _design(x, numbers(data, "pubstatus"), numbers(data, "year"))
    if "V_rho" in name:
        correlation = np.where(study[:, None] == study, 0.6, 0.0)
        np.fill_diagonal(correlation, 1)
        v = correlation * np.sqrt(np.outer(v, v))
    return y, v, {"study": study.tolist(), "esid": table(data)["esid"]}, x


def _arms(name: str) -> tuple[Any, ...]:
    data = "design_42_arms"
    arms = table(data)
    y, v = numbers(data, "yi"), numbers(data, "se") ** 2
    one = np.ones((y.size, 1))
    drug = indicators(arms["class"], ("anti_ctla4", "anti_pd1"))
    later = indicators(arms["line"], ("later",))
    tumour = indicators(arms["tumour"], ("nsclc", "other"))
    ici = drug.sum(axis=1, keepdims=True)
    trials = tuple(sorted(set(arms["trial"])))[1:]
    designs = {
        "intercept": one,
        "class": _design(one, drug),
        "class_no_intercept": indicators(arms["class"], ("control", "anti_ctla4", "anti_pd1")),
        "class_by_line": _design(one, drug, later, drug * later),
        "ici_by_line": _design(one, ici, later, ici * later),
        "class_fixed_trials": _design(one, drug, indicators(arms["trial"], trials)),
    }
    x = designs.get(name, _design(one, drug, later, tumour))
    levels = {"trial": arms["trial"], "arm_id": arms["arm_id"]}
    if name == "class_fixed_trials":
        del levels["trial"]
    return y, v, levels, x


def _contrasts(name: str) -> tuple[Any, ...]:
    data = "design_contrasts"
    y = numbers(data, "yi")
    x = np.ones((y.size, 1))
    if name == "shared_control_class":
        x = _design(x, indicators(table(data)["class"], ("anti_pd1",)))
    levels = {"trial": table(data)["trial"], "arm_id": table(data)["arm_id"]}
    return y, np.array(NESTED["contrasts"]["V"]), levels, x


def _berkey(case: Case) -> MixedFit:
    data = "dat.berkey1998"
    _, structure, method, means = case.path
    outcome = indicators(table(data)["outcome"], ("AL", "PD"))
    x = outcome
    if means == "year":
        x = _design(x, outcome * (numbers(data, "year") - 1983)[:, None])
    return fit_multivariate(
        numbers(data, "yi"),
        MULTILEVEL["berkey_V"],
        table(data)["outcome"],
        table(data)["trial"],
        structure=structure,  # type: ignore[arg-type]
        method=method,  # type: ignore[arg-type]
        moderators=x,
        terms=case.expected["terms"],
    )


@cache
def _by_name(name: str) -> MixedFit:
    case = next(case for case in CASES if case.name == name)
    if case.path[0] == "berkey":
        return _berkey(case)
    key = case.path[1]
    if case.path[0] == "multilevel":
        y, v, levels, x = _assink(key) if key.startswith("assink") else _konstantopoulos(key)
    else:
        y, v, levels, x = _arms(key) if case.path[0] == "arms" else _contrasts(key)
    contain = key.endswith("_t_contain") or key == "assink_pubstatus_year_t"
    return fit_multilevel(
        y,
        v,
        levels,
        method=case.expected["method"],
        test=case.expected["test"],
        df="contain" if contain else "residual",
        moderators=x,
        terms=case.expected["terms"],
    )


def fitted(case: Case) -> MixedFit:
    return _by_name(case.name)


every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def precision(case: Case) -> float:
    """How close R came to its own optimum: the size of its last Newton step, and 1e-8 at least."""
    return max(1e-8, 10 * float(case.expected["last_relative_newton_step"] or 0))


def in_rs_order(fit: MixedFit, values: Any) -> list[float]:
    """Outcomes stand in order of appearance here and in that of the alphabet in R."""
    found = list(values)
    if fit.outcomes is None or len(found) == 1:
        return found
    return [found[fit.outcomes.groups.index(name)] for name in sorted(fit.outcomes.groups)]


def test_every_case_of_the_reference_is_here() -> None:
    assert (len(THREE_LEVEL), len(NESTED_ARMS), len(CONTRASTS), len(BERKEY)) == (14, 13, 2, 20)
    assert len({case.name for case in CASES}) == len(CASES)


@every_case
def test_components_are_metafors_and_the_likelihood_is_not_lower(case: Case) -> None:
    fit, expected = fitted(case), case.expected
    sigma2 = in_rs_order(fit, fit.pooled.sigma2)
    # a variance that R puts on 0 is 0 here, not nearly
    assert sigma2 == close(expected["sigma2"] or expected["tau2"], rel=precision(case), abs=0)
    assert list(fit.pooled.rho) == close(expected["rho"] or [], rel=precision(case))
    assert fit.pooled.log_likelihood == close(expected["logLik"], rel=1e-11)
    assert fit.pooled.log_likelihood >= expected["logLik"] - 1e-12


@every_case
def test_coefficients_are_metafors(case: Case) -> None:
    fit, expected = fitted(case), case.expected
    found, tolerance = fit.pooled.coefficients, precision(case)
    assert [c.term for c in found] == expected["terms"]
    assert [c.estimate for c in found] == close(expected["beta"], rel=tolerance)
    assert [c.se for c in found] == close(expected["se"], rel=tolerance)
    assert [c.ci_low for c in found] == close(expected["ci_lower"], rel=tolerance, abs=tolerance)
    assert [c.ci_high for c in found] == close(expected["ci_upper"], rel=tolerance, abs=tolerance)
    assert [c.p for c in found] == close(expected["p"], rel=100 * tolerance, abs=0)
    assert [c.df for c in found] == expected["df"]
    assert fit.covariance == close(np.array(expected["vcov"]), rel=10 * tolerance, abs=1e-11)


@every_case
def test_residual_heterogeneity_is_metafors(case: Case) -> None:
    fit, expected = fitted(case), case.expected
    assert fit.pooled.q == close(expected["QE"], rel=1e-12)
    assert fit.pooled.q_p == close(expected["QE_p"], rel=1e-10, abs=0)
    assert fit.pooled.n_effects == expected["k"]


@every_case
def test_moderators_together_are_metafors(case: Case) -> None:
    fit, expected = fitted(case), case.expected
    found = fit.pooled.moderators
    if expected["terms"] == ["intrcpt"]:
        assert found is None
        found = fit.joint_test(["intrcpt"], [[1]])
    assert found is not None
    assert found.statistic == close(expected["QM"], rel=10 * precision(case))
    assert [found.df, found.df2] == expected["QM_df"]
    assert found.p == close(expected["QM_p"], rel=1e-6, abs=0)


@every_case
def test_information_criteria_are_metafors(case: Case) -> None:
    found, expected = fitted(case).information_criteria(), case.expected
    values = expected["fit"][expected["method"]]
    keys = [expected["fit"]["statistic"].index(name) for name in ("ll", "AIC", "BIC", "AICc")]
    assert [found.log_likelihood, found.aic, found.bic, found.aicc] == close(
        [values[key] for key in keys], rel=1e-10
    )


WITH_PREDICTION = [case for case in CASES if case.expected.get("prediction")]


@pytest.mark.parametrize("case", WITH_PREDICTION, ids=lambda case: case.name)
def test_prediction_interval_is_metafors(case: Case) -> None:
    fit, expected = fitted(case), case.expected["prediction"]
    limits = [fit.pooled.prediction_low, fit.pooled.prediction_high]
    assert limits == close([expected["pi_lower"][0], expected["pi_upper"][0]], rel=1e-8)
    row = fit.predicted(["mean"], [[1]])[0]
    assert [row.prediction_low, row.prediction_high] == limits
    assert [row.ci_low, row.ci_high] == close([expected["ci_lower"][0], expected["ci_upper"][0]])


def test_prediction_intervals_are_of_models_with_one_mean_only() -> None:
    for case in CASES:
        if case not in WITH_PREDICTION:
            assert fitted(case).pooled.prediction_low is None


WITH_I2 = [case for case in CASES if case.expected.get("I2")]


@pytest.mark.parametrize("case", WITH_I2, ids=lambda case: case.name)
def test_i2_by_level_is_metafors(case: Case) -> None:
    fit, expected = fitted(case), case.expected["I2"]
    assert fit.pooled.i2 == close(expected["I2_total"], rel=1e-8)
    assert [row.i2 for row in fit.components] == close(expected["I2_by_level"], rel=1e-8)


WITH_RANDOM_EFFECTS = [case for case in CASES if case.expected.get("ranef")]


@pytest.mark.parametrize("case", WITH_RANDOM_EFFECTS, ids=lambda case: case.name)
def test_random_effects_are_metafors(case: Case) -> None:
    fit = fitted(case)
    found = fit.random_effects()
    for level, path in zip(fit.groupings, case.expected["ranef"], strict=True):
        expected = case.expected["ranef"][path]
        inside = {row.group: row for row in found if row.level == level.name}
        assert sorted(inside) == sorted(expected["level"])
        rows = [inside[group] for group in expected["level"]]
        assert [row.estimate for row in rows] == close(expected["intercept"], rel=1e-7)
        assert [row.se for row in rows] == close(expected["se"], rel=1e-7)


def test_predicted_classes_are_metafors() -> None:
    expected = NESTED["predicted_by_class"]
    fit = fitted(next(case for case in NESTED_ARMS if case.path == ("arms", "class", "REML")))
    found = fit.predicted(expected["class"], [[1, 0, 0], [1, 1, 0], [1, 0, 1]])
    assert [row.estimate for row in found] == close(expected["logit"], rel=1e-9)
    assert [row.se for row in found] == close(expected["se"], rel=1e-8)
    for ours, theirs in (
        ("estimate", "proportion"),
        ("ci_low", "ci_lower"),
        ("ci_high", "ci_upper"),
        ("prediction_low", "pi_lower"),
        ("prediction_high", "pi_upper"),
    ):
        # R's own optimiser: 1e-5 by the reference's README, 1e-8 as measured
        values = [1 / (1 + np.exp(-getattr(row, ours))) for row in found]
        assert values == close(expected[theirs], rel=1e-7)


WITH_FACTORS = [case for case in CASES if case.expected.get("by_factor")]


def rows_of(case: Case, terms: list[str]) -> Array:
    """The combinations that pick these terms out of the coefficients."""
    return np.array([[float(term == own) for own in case.expected["terms"]] for term in terms])


@pytest.mark.parametrize("case", WITH_FACTORS, ids=lambda case: case.name)
def test_factors_and_contrasts_are_metafors(case: Case) -> None:
    fit = fitted(case)
    for expected in case.expected["by_factor"].values():
        found = fit.joint_test(expected["terms"], rows_of(case, expected["terms"]))
        assert found.statistic == close(expected["QM"], rel=1e-7)
        assert [found.df, found.df2] == expected["df"]
        assert found.p == close(expected["p"], rel=1e-6, abs=0)
    expected = case.expected["pd1_minus_ctla4"]
    first, second = rows_of(case, ["classanti_pd1", "classanti_ctla4"])
    contrast = fit.combination("pd1 - ctla4", first - second)
    assert contrast.estimate == close(expected["estimate"], rel=1e-7)
    assert contrast.se == close(expected["se"], rel=1e-7)
    assert contrast.p == close(expected["p"], rel=1e-6, abs=0)


@every_case
def test_marginal_covariance_is_what_the_coefficients_rest_on(case: Case) -> None:
    fit = fitted(case)
    identity = np.eye(fit.y.size)
    assert fit.precision @ fit.marginal == close(identity, abs=1e-9)
    inverse = np.linalg.inv(fit.x.T @ fit.precision @ fit.x)
    assert inverse == close(fit.covariance, rel=1e-8, abs=1e-12)
    assert inverse @ fit.x.T @ fit.precision @ fit.y == close(fit.beta, rel=1e-8)


WITH_ROBUST = [case for case in CASES if case.expected.get("robust")]
KINDS: list[tuple[RobustKind, str]] = [
    ("CR0", "CR0"),
    ("CR1p", "CR1"),
    ("CR1", "CR1_clubSandwich"),
    ("CR2", "CR2_robust"),
    ("CR2", "CR2"),
]


def clustered(case: Case, kind: RobustKind) -> Robust:
    """Clustered by the outermost level, as R was told to."""
    fit = fitted(case)
    return robust(fit, fit.groupings[0].codes.tolist(), kind=kind)


@pytest.mark.parametrize(("kind", "key"), KINDS, ids=[key for _, key in KINDS])
@pytest.mark.parametrize("case", WITH_ROBUST, ids=lambda case: case.name)
def test_robust_errors_are_metafors_and_clubsandwichs(
    case: Case, kind: RobustKind, key: str
) -> None:
    expected, tolerance = case.expected["robust"][key], precision(case)
    found = clustered(case, kind).coefficients
    assert [row.se for row in found] == close(expected["se"], rel=tolerance)
    assert [row.p for row in found] == close(expected["p"], rel=100 * tolerance, abs=0)
    if "vcov" in expected:
        covariance = clustered(case, kind).covariance
        assert covariance == close(np.array(expected["vcov"]), rel=1e-6, abs=1e-12)
    if "df" in expected:
        df = expected["df"] * (len(found) if kind != "CR2" else 1)
        assert [row.df for row in found] == close(df, rel=10 * tolerance)
        assert [row.ci_low for row in found] == close(expected["ci_lower"], rel=1e-7, abs=1e-9)
        assert [row.ci_high for row in found] == close(expected["ci_upper"], rel=1e-7, abs=1e-9)


# clubSandwich's own tables have no joint test
@pytest.mark.parametrize(("kind", "key"), [("CR0", "CR0"), ("CR1p", "CR1"), ("CR2", "CR2_robust")])
@pytest.mark.parametrize("case", WITH_ROBUST, ids=lambda case: case.name)
def test_robust_tests_of_moderators_are_metafors(case: Case, kind: RobustKind, key: str) -> None:
    expected = case.expected["robust"][key]
    pooled, _ = with_robust_errors(fitted(case), clustered(case, kind))
    found = pooled.moderators
    if case.expected["terms"] == ["intrcpt"]:
        assert found is None
        found = clustered(case, kind).joint_test(["intrcpt"], [[1]])
    assert found is not None
    assert found.statistic == close(expected["QM"], rel=1e-7)
    assert [found.df, found.df2] == close(expected["QM_df"], rel=1e-8)
    assert found.p == close(expected["QM_p"], rel=1e-6, abs=0)
    assert pooled.robust == kind


WITH_WALD = [
    case for case in WITH_ROBUST if case.expected["robust"]["CR2"]["wald_HTZ_all_but_intercept"]
]


@pytest.mark.parametrize("case", WITH_WALD, ids=lambda case: case.name)
def test_htz_is_clubsandwichs(case: Case) -> None:
    expected = case.expected["robust"]["CR2"]["wald_HTZ_all_but_intercept"]
    found = clustered(case, "CR2").joint_test(["all"], np.eye(len(case.expected["terms"]))[1:])
    assert found.statistic == close(expected["Fstat"], rel=1e-7)
    assert (found.df, found.df2) == close((expected["df_num"], expected["df_denom"]), rel=1e-8)
    assert found.p == close(expected["p"], rel=1e-6, abs=0)


@pytest.mark.parametrize("case", WITH_FACTORS, ids=lambda case: case.name)
def test_robust_factors_and_contrasts_are_clubsandwichs(case: Case) -> None:
    sandwich = clustered(case, "CR2")
    for expected in case.expected["by_factor"].values():
        found = sandwich.joint_test(expected["terms"], rows_of(case, expected["terms"]))
        htz = expected["CR2_HTZ"]
        assert found.statistic == close(htz["Fstat"], rel=1e-7)
        assert (found.df, found.df2) == close((htz["df_num"], htz["df_denom"]), rel=1e-8)
        assert found.p == close(htz["p"], rel=1e-6, abs=0)
    expected = case.expected["pd1_minus_ctla4"]
    first, second = rows_of(case, ["classanti_pd1", "classanti_ctla4"])
    contrast = sandwich.combination("pd1 - ctla4", first - second)
    assert contrast.estimate == close(expected["estimate"], rel=1e-7)
    assert contrast.se == close(expected["CR2_se"], rel=1e-7)
    assert contrast.df == close(expected["CR2_df"], rel=1e-7)
    assert contrast.p == close(expected["CR2_p"], rel=1e-6, abs=0)
