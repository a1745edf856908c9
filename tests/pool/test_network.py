"""Network meta-analysis against metafor's rma.mv, published values and Bucher's triangle."""

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool import Method
from perdure.pool.effects.contrast_effects import contrast_effects
from perdure.pool.networks.network import pool_network
from perdure.pool.networks.network_data import (
    NetworkData,
    network_of_arms,
    network_of_contrasts,
    network_of_proportions,
)
from perdure.pool.networks.network_evidence import split_evidence
from perdure.pool.networks.network_fit import comparisons, fit_network, stacked
from perdure.records.network import NetworkComponent

HERE = Path(__file__).parents[1] / "reference" / "pool"
EXPECTED: dict[str, Any] = json.loads((HERE / "network.json").read_text(encoding="utf-8"))
SETS = ["senn2013", "hasselblad1998"]


def arms_of(name: str) -> NetworkData:
    arms = EXPECTED[name]["arms"]
    return network_of_arms(arms["trial"], arms["treatment"], arms["y"], v=arms["v"])


def analysed(name: str, **options: Any) -> NetworkComponent:
    network = pool_network(
        arms_of(name), reference=EXPECTED[name]["reference"], test="z", draws=2000, **options
    )
    assert len(network.components) == 1
    return network.components[0]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", ["REML", "ML", "common"])
def test_consistency_is_metafors(name: str, method: str) -> None:
    expected = EXPECTED[name][method]
    found = analysed(
        name, **({"model": "common"} if method == "common" else {"method": method})
    ).pooled
    terms = [f"{one} - {EXPECTED[name]['reference']}" for one in EXPECTED[name]["names"]]
    own = {c.term: c for c in found.coefficients}
    assert found.tau2 == pytest.approx(expected["tau2"][0], rel=1e-8)
    assert [own[term].estimate for term in terms] == pytest.approx(expected["beta"], rel=1e-8)
    assert [own[term].se for term in terms] == pytest.approx(expected["se"], rel=1e-8)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"][0], rel=1e-10)
    assert found.q == pytest.approx(expected["QE"][0], rel=1e-10)
    assert found.q_df == expected["QEdf"]


@pytest.mark.parametrize("name", SETS)
def test_design_by_treatment_interaction_is_metafors(name: str) -> None:
    found = analysed(name).inconsistency
    common, random = EXPECTED[name]["interaction_common"], EXPECTED[name]["interaction_REML"]
    assert found.total is not None
    assert found.within is not None
    assert found.between is not None
    assert found.interaction is not None
    assert found.within.statistic == pytest.approx(common["QE"][0], rel=1e-10)
    assert found.within.df == common["QEdf"]
    assert found.between.statistic == pytest.approx(common["extra"][0], rel=1e-10)
    assert found.between.df == found.total.df - found.within.df == found.interaction.df
    assert found.interaction.statistic == pytest.approx(random["extra"][0], rel=1e-7)
    assert found.interaction_tau2 == pytest.approx(random["tau2"][0], rel=1e-8)
    assert sum(d.within.statistic for d in found.designs if d.within) == pytest.approx(
        found.within.statistic, rel=1e-9
    )


def rounded_senn() -> NetworkData:
    """Return the contrasts as netmeta's table of them gives them, errors to 4 decimals."""
    arms = EXPECTED["senn2013"]["arms"]
    rows: dict[str, list[tuple[str, float, float]]] = {}
    for trial, name, y, v in zip(
        *(arms[key] for key in ("trial", "treatment", "y", "v")), strict=True
    ):
        rows.setdefault(trial, []).append((name, y, v))
    labels, first, second, effects, blocks = [], [], [], [], []
    for trial, own in rows.items():
        v = {
            pair: round(math.sqrt(own[pair[0]][2] + own[pair[1]][2]), 4) ** 2
            for pair in combinations(range(len(own)), 2)
        }
        m = len(own) - 1
        block = np.diag([v[0, at] for at in range(1, m + 1)])
        if m == 2:
            block[0, 1] = block[1, 0] = (v[0, 1] + v[0, 2] - v[1, 2]) / 2
        blocks.append(block)
        labels += [trial] * m
        first += [name for name, _, _ in own[1:]]
        second += [own[0][0]] * m
        effects += [round(y - own[0][1], 2) for _, y, _ in own[1:]]
    spread = np.zeros((len(labels), len(labels)))
    at = 0
    for block in blocks:
        spread[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return network_of_contrasts(labels, first, second, effects, covariance=spread)


def test_published_decomposition_of_the_diabetes_network() -> None:
    """As printed by netmeta's decomp.design for Senn 2013 (a course's page, see SOURCES.md)."""
    found = pool_network(rounded_senn(), model="common", larger_is_better=False, draws=10)
    agreement = found.components[0].inconsistency

    def printed(test: Any) -> tuple[float, int, float]:
        return round(test.statistic, 2), int(test.df), round(test.p, 4)

    assert printed(agreement.total) == (96.99, 18, 0.0)
    assert printed(agreement.within) == (74.46, 11, 0.0)
    assert printed(agreement.between) == (22.53, 7, 0.0021)
    own = {frozenset(design.treatments): design for design in agreement.designs}
    for treatments, expected in {
        ("placebo", "metformin"): (42.16, 2, 0.0),
        ("placebo", "rosiglitazone"): (21.27, 5, 0.0007),
        ("placebo", "benfluorex"): (4.38, 1, 0.0363),
        ("placebo", "miglitol"): (6.45, 2, 0.0398),
        ("metformin", "rosiglitazone"): (0.19, 1, 0.6655),
    }.items():
        assert printed(own[frozenset(treatments)].within) == expected
    for treatments, expected in {
        ("rosiglitazone", "sulfonylurea"): (6.77, 6, 0.3425),
        ("metformin", "sulfonylurea"): (7.51, 6, 0.2760),
        ("placebo", "rosiglitazone"): (16.29, 6, 0.0123),
    }.items():
        assert printed(own[frozenset(treatments)].detached) == expected


def test_dersimonian_laird_of_the_diabetes_network_as_other_software_prints_it() -> None:
    """tau2 and the ranking as remembered of netmeta's help page: printed digits only."""
    found = pool_network(
        rounded_senn(), method="DL", test="z", reference="placebo", larger_is_better=False
    ).components[0]
    assert found.pooled.tau2 == pytest.approx(0.1087, abs=5.1e-5)
    own = {c.term: c for c in found.pooled.coefficients}
    assert own["rosiglitazone - placebo"].estimate == pytest.approx(-1.2335, abs=5.1e-5)
    scores = {rank.treatment: rank.p_score for rank in found.ranks}
    assert scores["rosiglitazone"] == pytest.approx(0.8934, abs=5.1e-5)
    assert scores["metformin"] == pytest.approx(0.7818, abs=5.1e-5)
    assert scores["placebo"] == pytest.approx(0.0139, abs=5.1e-5)
    agreement = found.inconsistency
    assert agreement.interaction is not None
    assert agreement.interaction.statistic == pytest.approx(2.19, abs=5.1e-3)
    assert agreement.interaction.p == pytest.approx(0.9483, abs=5.1e-5)
    assert agreement.interaction_tau2 == pytest.approx(0.1442, abs=5.1e-5)


def test_triangle_is_buchers() -> None:
    data = network_of_contrasts(
        ["A", "B", "C"], ["y", "z", "z"], ["x", "x", "y"], [1.0, 3.0, 1.4], v=[0.1, 0.2, 0.3]
    )
    found = pool_network(data, model="common").components[0]
    split = next(s for s in found.splits if (s.treatment, s.comparator) == ("z", "y"))
    assert split.direct is not None
    assert split.indirect is not None
    assert split.difference is not None
    assert (split.direct.estimate, split.direct.se**2) == pytest.approx((1.4, 0.3))
    assert (split.indirect.estimate, split.indirect.se**2) == pytest.approx((2.0, 0.1 + 0.2))
    assert split.difference.se**2 == pytest.approx(0.6)
    assert split.difference.p == pytest.approx(math.erfc(0.6 / math.sqrt(0.6) / math.sqrt(2)))
    assert split.direct_share == pytest.approx(0.5)
    pair = next(c for c in found.comparisons if (c.treatment, c.comparator) == ("z", "y"))
    assert (pair.estimate, pair.se**2) == pytest.approx((1.7, 0.15))
    # edges (y, x), (z, x), (z, y): half of the flow from z to y runs through x
    assert pair.evidence == pytest.approx((-0.5, 0.5, 0.5))
    assert pair.contributions == pytest.approx((100 / 3, 100 / 3, 100 / 3))
    between = found.inconsistency.between
    assert between is not None
    assert between.statistic == pytest.approx(0.36 / 0.6)
    assert found.inconsistency.within is None
    assert "no two trials share a design" in str(found.inconsistency.reason)


@pytest.mark.parametrize("test", ["z", "knha"])
def test_split_is_the_side_splitting_model_where_trials_have_two_arms(test: Any) -> None:
    """An own parameter for one comparison, at the network's tau2, is direct minus indirect."""
    data = NetworkData(tuple(t for t in rounded_senn().trials if len(t.arms) == 2), ())
    network = fit_network(data, method="DL", test=test)
    component = pool_network(data, method="DL", test=test, draws=10).components[0]
    y, v, similar, x, _ = stacked(data, data.treatments[1:])
    weight = np.linalg.inv(v + network.between * similar)
    seen = 0
    for split in component.splits:
        if split.difference is None or split.direct is None or split.indirect is None:
            continue
        pair = {split.treatment, split.comparator}
        own = [float(set(t.treatments) == pair) for t in data.trials]
        sign = [1.0 if t.arms[-1] == split.treatment else -1.0 for t in data.trials]
        wide = np.column_stack((x, np.multiply(own, sign)))
        covariance = np.linalg.inv(wide.T @ weight @ wide)
        beta = covariance @ wide.T @ weight @ y
        assert split.difference.estimate == pytest.approx(beta[-1], rel=1e-9)
        left = y - wide @ beta
        df = y.size - wide.shape[1]
        factor = 1.0 if test == "z" else left @ weight @ left / df
        assert split.difference.se**2 == pytest.approx(covariance[-1, -1] * factor, rel=1e-8)
        assert split.difference.df == (None if test == "z" else df)
        # each alone has the network's own factor, never below 1, and its degrees of freedom
        parts = split.direct.se**2 + split.indirect.se**2
        assert parts == pytest.approx(covariance[-1, -1] * max(network.inflation, 1))
        assert split.direct.df == split.indirect.df == network.df
        seen += 1
    assert seen == 10  # the edges of the loops: all but those to four treatments of the fringe
    assert (network.inflation == 1) == (test == "z")


@pytest.mark.parametrize("test", ["z", "knha", "adhoc"])
def test_direct_evidence_of_few_trials_rests_on_the_networks_tau2(test: Any) -> None:
    """By hand from Senn's table and the tau2 that netmeta prints for it."""
    data = rounded_senn()
    network = fit_network(data, method="DL", test=test, reference="placebo")
    assert network.between == pytest.approx(0.1087, abs=5.1e-5)
    splits = {
        frozenset((one.treatment, one.comparator)): one
        for one in split_evidence(network, comparisons(network))
    }
    factor = max(network.inflation, 1.0)
    seen = set()
    for pair, split in splits.items():
        own = [one for one in data.trials if pair <= set(one.treatments)]
        if not own or any(len(one.arms) > 2 for one in own):
            continue
        assert split.direct is not None
        sign = [1 if one.arms[-1] == split.treatment else -1 for one in own]
        effects = [s * float(one.y[0]) for s, one in zip(sign, own, strict=True)]
        weights = [1 / (float(one.v[0, 0]) + network.between) for one in own]
        mean = float(np.average(effects, weights=weights))
        assert split.direct.estimate == pytest.approx(mean, rel=1e-9)
        assert split.direct.se**2 == pytest.approx(factor / sum(weights), rel=1e-9)
        assert split.direct.df == network.df
        seen.add(len(own))
    assert seen >= {1, 2, 3, 6}


@pytest.mark.parametrize("test", ["knha", "adhoc"])
def test_agreement_by_chance_makes_no_evidence_certain(test: Any) -> None:
    """Trials that agree far better than their errors: Hartung-Knapp alone leaves next to none."""
    data = network_of_contrasts(
        "ABCDE", "yzzyz", "xxyxx", [1, 2.01, 1, 1.01, 2], v=[0.1, 0.2, 0.3, 0.1, 0.2]
    )
    network = fit_network(data, test=test)
    for split in split_evidence(network, comparisons(network)):
        assert split.direct is not None
        assert split.indirect is not None
        pair = (split.treatment, split.comparator)
        variance = {("y", "x"): 0.05, ("z", "x"): 0.1, ("z", "y"): 0.3}[pair]
        assert split.direct.se**2 == pytest.approx(variance)
        assert split.direct.df == split.indirect.df == 3
    assert network.inflation == (1 if test == "adhoc" else pytest.approx(0, abs=1e-3))


def test_direct_and_indirect_evidence_combine_to_the_network() -> None:
    found = analysed("hasselblad1998")
    for split, pair in zip(found.splits, found.comparisons, strict=True):
        assert pair.n_trials > 0
        assert split.direct is not None
        assert split.indirect is not None
        one, other = 1 / split.direct.se**2, 1 / split.indirect.se**2
        assert one + other == pytest.approx(1 / pair.se**2, rel=1e-9)
        both = (one * split.direct.estimate + other * split.indirect.estimate) / (one + other)
        assert both == pytest.approx(pair.estimate, rel=1e-9)
        assert split.direct_share == pytest.approx(one / (one + other), rel=1e-9)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("test", ["z", "knha"])
def test_evidence_is_a_flow_from_treatment_to_comparator(name: str, test: Any) -> None:
    fit = fit_network(arms_of(name), test=test)
    edges = fit.data.edges
    for pair in comparisons(fit):
        for treatment in fit.data.treatments:
            out = sum(
                (edge.treatment == treatment) * flow - (edge.comparator == treatment) * flow
                for edge, flow in zip(edges, pair.evidence, strict=True)
            )
            expected = (treatment == pair.treatment) - (treatment == pair.comparator)
            assert out == pytest.approx(expected, abs=1e-9)


def test_evidence_times_direct_estimates_is_the_network() -> None:
    data = NetworkData(tuple(t for t in rounded_senn().trials if len(t.arms) == 2), ())
    component = pool_network(data, draws=10).components[0]
    direct = {(s.treatment, s.comparator): s.direct for s in component.splits if s.direct}
    for pair in component.comparisons:
        total = sum(
            flow * direct[edge.treatment, edge.comparator].estimate
            for edge, flow in zip(component.edges, pair.evidence, strict=True)
        )
        assert total == pytest.approx(pair.estimate, rel=1e-9)


def test_arms_and_contrasts_with_any_baseline_are_one_network() -> None:
    arms = network_of_arms(
        ["A", "A", "A", "B", "B"], ["x", "y", "z", "x", "z"], [0, 1, 3, 1, 2], v=[1, 2, 3, 1, 1]
    )
    other = network_of_contrasts(
        ["A", "A", "B"],
        ["x", "y", "z"],
        ["z", "z", "x"],
        [-3, -2, 1],
        covariance=[[4, 3, 0], [3, 5, 0], [0, 0, 2]],
    )
    found = [
        pool_network(data, method="DL", test="knha", reference="x").components[0]
        for data in (arms, other)
    ]
    first, second = ({(c.treatment, c.comparator): c for c in part.comparisons} for part in found)
    assert found[0].pooled.tau2 == pytest.approx(found[1].pooled.tau2)
    for (one, comparator), pair in first.items():
        same = second.get((one, comparator))
        value = same.estimate if same else -second[comparator, one].estimate
        se = same.se if same else second[comparator, one].se
        assert (value, se) == pytest.approx((pair.estimate, pair.se))


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10_000), st.sampled_from(["DL", "REML"]))
def test_the_reference_does_not_matter(seed: int, method: Method) -> None:
    random = np.random.default_rng(seed)
    trial = [name for name in "ABCDEF" for _ in range(3 if name == "A" else 2)]
    names = ["x", "y", "z", "x", "y", "y", "z", "x", "z", "z", "x", "y", "x"]
    data = network_of_arms(trial, names, random.normal(0, 1, 13), v=random.uniform(0.05, 0.5, 13))
    first, second = (
        pool_network(data, method=method, test="z", reference=name, draws=10).components[0]
        for name in ("x", "z")
    )
    for one, other in zip(first.comparisons, second.comparisons, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=1e-6, abs=1e-9)
        assert one.se == pytest.approx(other.se, rel=1e-6)
    assert sum(rank.p_score for rank in first.ranks) == pytest.approx(1.5)
    assert {r.treatment: r.p_score for r in first.ranks} == pytest.approx(
        {r.treatment: r.p_score for r in second.ranks}, abs=1e-6
    )


def test_two_arms_of_one_class_inform_heterogeneity_and_the_class() -> None:
    data = network_of_arms(
        ["A", "A", "A"], ["chemo", "ICI", "ICI"], [0.0, 1.0, 2.0], v=[0.1, 0.1, 0.2]
    )
    found = pool_network(data, model="common").components[0]
    assert [edge.n_trials for edge in found.edges] == [1]
    # weights 10 and 5 of the two arms: 4/3, with variance 1/15 + 0.1
    assert found.comparisons[0].estimate == pytest.approx(4 / 3)
    assert found.comparisons[0].se ** 2 == pytest.approx(1 / 15 + 0.1)
    assert found.inconsistency.within is not None
    assert found.inconsistency.within.df == 1
    assert found.splits[0].reason == "all evidence is direct: no other path connects them"


def test_a_network_that_falls_apart_is_said_to_and_analysed_in_parts() -> None:
    data = network_of_contrasts(
        ["A", "B", "C", "D"],
        ["b", "d", "b", "e"],
        ["a", "c", "a", "c"],
        [0.1, 0.4, 0.2, 0.3],
        v=[0.1] * 4,
    )
    found = pool_network(data)
    assert [part.treatments for part in found.components] == [("a", "b"), ("c", "d", "e")]
    assert len(found.notes) == 1
    assert found.notes[0] == (
        "The network falls into 2 parts that no trial connects: (1) a, b; (2) c, d, e. Each is"
        " analysed by itself; treatments of different parts cannot be compared."
    )
    assert found.components[0].pooled.model == "random"
    assert found.components[1].pooled.model == "common"
    assert "heterogeneity cannot be estimated" in found.components[1].notes[0]
    assert found.components[1].comparisons[-1].n_trials == 0
    assert found.components[1].splits[-1].reason == "no trial compared e with d"


def test_parts_that_a_later_trial_joins_are_one() -> None:
    data = network_of_contrasts("ABC", "bdc", "aca", [0.1, 0.4, 0.2], v=[0.1] * 3)
    assert len(data.components) == 1
    assert data.components[0].treatments == ("a", "b", "c", "d")


def test_prediction_intervals_are_wider_by_tau2() -> None:
    found = analysed("senn2013")
    pair = found.comparisons[0]
    assert pair.prediction_high is not None
    assert found.pooled.tau2 is not None
    half = 1.959963984540054 * math.sqrt(pair.se**2 + found.pooled.tau2)
    assert pair.prediction_high - pair.estimate == pytest.approx(half)


def test_trials_that_compare_nothing_are_named() -> None:
    data = network_of_arms("ABB", "xxy", [1, 2, 3], v=[1, 1, 1])
    assert data.left_out == ("A",)
    assert pool_network(data).left_out == data.left_out


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (("AB", "xy", [1, 2]), {"v": [1, 1]}, "no trial compares two treatments"),
        (("AA", "xy", [1, np.nan]), {"v": [1, 1]}, "value of row 2 is not a finite number"),
        (("AA", "xy", [1, 2]), {"v": [1, 0]}, "variance of row 2 is not a positive number"),
        (("AA", "xy", [1, 2]), {"v": [1]}, "lengths differ"),
        (("AA", "xy", [1, 2]), {}, "variances or a covariance are needed"),
        (("AA", "xy", [1, 2]), {"covariance": [[1, 2], [2, 1]]}, "trial A is not positive"),
        (("AA", "xy", [1, 2]), {"covariance": [[1, 0.5], [0, 1]]}, "not symmetric"),
        (
            ("AABB", "xyxy", [1, 2, 3, 4]),
            {"covariance": np.eye(4) + 0.1},
            "rows 1 and 3 have a covariance",
        ),
    ],
)
def test_bad_tables_of_arms(rows: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        network_of_arms(*rows, **options)


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (("A", "x", "x", [1]), {"v": [1]}, r"contrast 1 \(A\) compares x with itself"),
        (("AA", "yz", "xx", [1, 2]), {"v": [1, 1]}, "2 contrasts and no covariance"),
        (
            ("AAA", "yzz", "xxy", [1, 2, 1]),
            {"covariance": np.eye(3)},
            "3 contrasts of 3 arms: some follow",
        ),
        (("AA", "yb", "xa", [1, 2]), {"covariance": np.eye(2)}, "do not connect its arms"),
    ],
)
def test_bad_tables_of_contrasts(rows: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        network_of_contrasts(*rows, **options)


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(InputError, match=r"(?i)no trial has the reference"):
        pool_network(arms_of("senn2013"), reference="water")


@pytest.mark.parametrize("method", ["REML", "DL", "PM", "ML", "HE", "SJ"])
def test_evidence_that_agrees_exactly(method: Method) -> None:
    data = network_of_contrasts("ABCDE", "yzzyz", "xxyxx", [1, 2, 1, 1, 2], v=[1, 2, 3, 1, 2])
    found = pool_network(data, method=method, draws=100).components[0]
    assert [pair.estimate for pair in found.comparisons] == pytest.approx([1, 2, 1])
    assert found.inconsistency.total is not None
    assert found.inconsistency.total.statistic == pytest.approx(0, abs=1e-12)
    for split in found.splits:
        assert split.difference is not None
        assert split.difference.p == 1
    assert [rank.treatment for rank in found.ranks] == ["z", "y", "x"]


def test_simulated_networks_are_covered() -> None:
    """Three-arm and two-arm trials with heterogeneity: intervals and splits keep their level."""
    random = np.random.default_rng(8)
    design = ["xyz", "xy", "xz", "yz", "xy", "xz", "yz", "xyz", "xy", "xz"]
    trial = [str(at) for at, arms in enumerate(design) for _ in arms]
    arms = [arm for names in design for arm in names]
    truth = np.array([{"x": 0.0, "y": 0.5, "z": 1.0}[arm] for arm in arms])
    v = np.full(len(arms), 0.05)
    hits = false = 0
    for _ in range(200):
        y = truth + random.standard_normal(len(arms)) * np.sqrt(v + 0.1 / 2)
        fit = fit_network(network_of_arms(trial, arms, y, v=v), method="DL", reference="x")
        pairs = comparisons(fit)
        hits += pairs[2].ci_low <= 0.5 <= pairs[2].ci_high
        split = split_evidence(fit, pairs)[2].difference
        assert split is not None
        false += split.p < 0.05
    assert 0.91 < hits / 200 < 0.985
    assert 0.01 < false / 200 < 0.09


@pytest.mark.parametrize("measure", ["difference", "log ratio", "log odds ratio"])
def test_proportions_are_the_contrasts_of_their_trials(measure: Any) -> None:
    spread = np.array([[9e-4, 2e-4, -1e-4], [2e-4, 16e-4, 1e-4], [-1e-4, 1e-4, 25e-4]])
    data = network_of_proportions(
        "AAA", ["chemo", "ICI", "ICI"], [0.1, 0.25, 0.4], covariance=spread, measure=measure
    )
    y, v = contrast_effects([0.1, 0.25, 0.4], spread, measure=measure)
    assert data.trials[0].y == pytest.approx(y)
    assert data.trials[0].v == pytest.approx(v)


def test_proportions_without_a_value_are_refused() -> None:
    with pytest.raises(InputError, match=r"(?i)unknown measure"):
        network_of_proportions("AA", "xy", [0.1, 0.2], v=[1e-3] * 2, measure="odds")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"(?i)on the logit scale must lie between 0 and 1"):
        network_of_proportions("AA", "xy", [0.0, 0.2], v=[1e-3] * 2)
    with pytest.raises(InputError, match=r"(?i)no error on the arcsine scale"):
        network_of_proportions("AA", "xy", [0, 0.2], v=[1e-3] * 2, measure="arcsine difference")


def test_one_spare_contrast_is_too_few_to_test_the_split_with_hartung_knapp() -> None:
    data = network_of_contrasts("ABC", "yzz", "xxy", [1, 3, 1], v=[0.1, 0.2, 0.3])
    split = pool_network(data, draws=10).components[0].splits[-1]
    assert split.difference is None
    assert split.direct is not None
    assert split.indirect is not None
    assert split.reason == "too few contrasts to test direct against indirect evidence"


def test_arms_that_share_all_error_are_still_compared() -> None:
    """The covariance of arms may be singular if that of their contrasts is not."""
    data = network_of_arms("AA", "xy", [0.1, 0.4], covariance=[[0.04, -0.04], [-0.04, 0.04]])
    assert data.trials[0].v.item() == pytest.approx(0.16)
    with pytest.raises(InputError, match=r"(?i)trial A is not positive definite"):
        network_of_arms("AA", "xy", [0.1, 0.4], covariance=[[0.04, 0.04], [0.04, 0.04]])
