"""correlated, network, one_stage, design_patients, multiplicity, power: several effects a trial."""

import csv
from typing import Any

import numpy as np
from metafor_compare import REFERENCE, Comparison, given
from metafor_effects import indicators
from metafor_nested import numbers, table

from perdure.pool import Method
from perdure.pool.checks.power import pooled_power
from perdure.pool.classes.multiplicity import adjusted_p, simultaneous
from perdure.pool.clusters.cluster_scores import Sandwich
from perdure.pool.clusters.one_stage import Link, fit_one_stage
from perdure.pool.models.correlated import fit_correlated, shared_heterogeneity
from perdure.pool.networks.network import pool_network
from perdure.pool.networks.network_data import network_of_arms
from perdure.records.network import Inconsistency

__all__ = ["compare_clusters"]

KINDS: dict[str, Sandwich] = {"CR0": "CR0", "CR2": "CR2", "CR3": "Mancl-DeRouen"}
LINKS: dict[str, Link] = {"identity_S": "plain", "logit_S": "logit", "cloglog_F": "log-log"}


def _correlated(compare: Comparison) -> None:
    """Compare contrasts that share a control, with one tau2."""
    data = table("design_contrasts")
    trial = np.array(data["trial"])
    shared = numbers("design_contrasts", "v_control")
    v = np.where(trial[:, None] == trial, shared, 0.0)
    np.fill_diagonal(v, numbers("design_contrasts", "vi"))
    x = np.column_stack((np.ones(trial.size), indicators(data["class"], ("anti_pd1",))))
    methods: tuple[Method, ...] = ("REML", "ML")
    for model in ("intercept", "class"):
        for method in methods:
            fit = fit_correlated(
                *(numbers("design_contrasts", "yi"), v, shared_heterogeneity(data["trial"])),
                method=method,
                test="z",
                moderators=None if model == "intercept" else x,
            ).independent
            joint = fit.pooled.moderators or fit.joint_test(["mean"], [[1]])
            ours = {
                "tau2": fit.pooled.tau2,
                "beta": fit.beta,
                "se": [row.se for row in fit.pooled.coefficients],
                "log_likelihood": fit.pooled.log_likelihood,
                "QE": fit.pooled.q,
                "QM": joint.statistic,
            }
            compare.put(("correlated", model, method), ours)


def _networks(compare: Comparison) -> None:
    """Compare consistency models of two networks, and what speaks against consistency."""
    for name, own in given("network").items():
        if name == "source":
            continue
        arms = own["arms"]
        data = network_of_arms(arms["trial"], arms["treatment"], arms["y"], v=arms["v"])
        chosen: dict[str, dict[str, Any]] = {
            "common": {"model": "common"},
            "REML": {"method": "REML"},
            "ML": {"method": "ML"},
        }
        for key, options in chosen.items():
            component = pool_network(
                data, reference=own["reference"], test="z", draws=10, **options
            ).components[0]
            pooled = component.pooled
            rows = {row.term: row for row in pooled.coefficients}
            each = [rows[f"{treatment} - {own['reference']}"] for treatment in own["names"]]
            ours = {
                "tau2": pooled.tau2,
                "beta": [row.estimate for row in each],
                "se": [row.se for row in each],
                "log_likelihood": pooled.log_likelihood,
                "QE": pooled.q,
                "QEdf": pooled.q_df,
            }
            compare.put(("network", name, key), ours)
            if key != "ML":
                _interaction(compare, (name, key), component.inconsistency)


def _interaction(compare: Comparison, of: tuple[str, str], found: Inconsistency) -> None:
    """Compare the design-by-treatment interaction, of the common effect or with REML's tau2."""
    name, key = of
    own, test = found.within, found.between if key == "common" else found.interaction
    ours: dict[str, Any] = {"extra": test and test.statistic}
    ours |= {"QE": own and own.statistic, "QEdf": own and own.df}
    if key == "REML":
        ours["tau2"] = found.interaction_tau2
    compare.put(("network", name, f"interaction_{key}"), ours)


def _one_stage(compare: Comparison) -> None:
    """Compare estimating equations of pseudo-values, trials as clusters."""
    path = REFERENCE.parent / "durable" / "design_patients.csv"
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    trial = [row["trial"] for row in rows]
    arm = np.column_stack((np.ones(len(rows)), [float(row["arm"]) for row in rows]))
    heavy = np.column_stack((arm, [float(name in "134") for name in trial]))
    patients = given("design_patients")["k"]
    for k, references in patients.items():
        for reference, own in references.items():
            for key, link in LINKS.items():
                found = fit_one_stage(
                    own["pseudo"], trial, moderators=arm, link=link, sandwich="CR0"
                )
                ours = {
                    "coef": found.beta,
                    "robust_se": [row.se for row in found.one_stage.coefficients],
                    "robust_vcov": found.covariance,
                    "naive_vcov": found.one_stage.scale * found.sandwich.bread,
                    "scale": found.one_stage.scale,
                }
                where = ("design_patients", "k", k, reference, "gee", "independence", key)
                compare.put(where, ours)
    links: dict[str, Link] = {"identity": "plain", "logit": "logit"}
    for key, link in links.items():
        for model, x in (("arm", arm), ("arm_heavy", heavy)):
            for name, kind in KINDS.items():
                found = fit_one_stage(
                    *(patients["2"]["control"]["pseudo"], trial),
                    moderators=x,
                    link=link,
                    sandwich=kind,
                )
                each = found.one_stage.coefficients
                ours = {
                    "se": [row.se for row in each],
                    "df": [row.df for row in each],
                    "p": [row.p for row in each],
                }
                compare.put(("one_stage", key, model, name), ours)
            compare.put(("one_stage", key, model), {"coef": found.beta})


def _multiplicity(compare: Comparison) -> None:
    own = given("multiplicity")
    for method in ("holm", "hochberg", "bonferroni", "BH", "BY"):
        compare.add(("multiplicity", method), adjusted_p(own["p"], method))
    step = own["single_step"]
    for key, df in (("df9", 9.0), ("normal", None)):
        judged = simultaneous(
            list("abcdef"), step["contrasts"], step["beta"], step["covariance"], df
        )
        adjusted = [term.p_adjusted for term in judged.terms]
        compare.add(("multiplicity", "single_step", key), adjusted)


def _power(compare: Comparison) -> None:
    v = 0.04
    for at, case in given("power").items():
        tau2 = case["sd"] ** 2 - v
        found = pooled_power(case["effect"], [v] * int(case["k"]), tau2=tau2, test="knha")
        compare.add(("power", at, "power"), found.power)


def compare_clusters(compare: Comparison) -> None:
    """Compare correlated, network, one_stage, design_patients, multiplicity and power."""
    _correlated(compare)
    _networks(compare)
    _one_stage(compare)
    _multiplicity(compare)
    _power(compare)
