"""Sections of the report on pooled answers: networks, models, missing arms, checks."""

from dataclasses import replace
from typing import Any

import pytest

from perdure.pipeline.contrast_checks import check_contrasts
from perdure.pipeline.missing_arms import synthesise_missing_arms
from perdure.pipeline.synthesise import synthesise_models, synthesise_networks
from perdure.records import classes_of
from perdure.report.blocks import Bullets, FigureBlock, Prose
from perdure.report.check_sections import check_blocks
from perdure.report.class_model_tables import class_model_table
from perdure.report.contrast_figures import contrast_forest
from perdure.report.findings import Findings
from perdure.report.methods_text import methods_text
from perdure.report.missing_arm_tables import missing_arm_table, missing_pair_table
from perdure.report.network_tables import network_table, rank_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def everything(findings: Findings) -> Findings:
    """The example with all that is pooled of it."""
    results, trials, settings = findings.results, findings.trials, findings.settings
    question = (results.analyses, trials, settings)
    return replace(
        findings,
        results=replace(
            results,
            networks=synthesise_networks(*question),
            class_models=synthesise_models(*question),
            missing_arms=synthesise_missing_arms(*question),
            checks=check_contrasts(results.contrast_syntheses, trials, settings),
        ),
    )


def test_every_pair_of_a_network_is_a_row(everything: Findings) -> None:
    found = [one for one in everything.results.networks if one.network is not None]
    assert found
    for one in found:
        assert one.network is not None
        for part in one.network.components:
            k = len(part.treatments)
            assert len(network_table(everything, one, part).records) == k * (k - 1) // 2
            assert len(rank_table(everything, one, part).records) == k


def test_models_stand_side_by_side_and_say_why_one_is_missing(everything: Findings) -> None:
    tables = [class_model_table(everything, one) for one in everything.results.class_models]
    known = [table for table in tables if table is not None]
    assert known
    for table in known:
        models = [record[table.columns.index("model")] for record in table.records]
        assert models[0] == "arms as independent"
        assert len(models) == 6


def test_missing_arms_are_set_beside_each_other(everything: Findings) -> None:
    found = [one for one in everything.results.missing_arms if one.found is not None]
    assert found
    for one in found:
        assert one.found is not None
        table = missing_arm_table(everything, one, one.found)
        reached = table.columns.index("n_reached")
        arms = table.columns.index("n_arms")
        assert any(record[reached] != record[arms] for record in table.records)
        missing_pair_table(everything, one, one.found)


def test_every_arm_with_a_class_is_counted_or_named(everything: Findings) -> None:
    for one in everything.results.missing_arms:
        if one.found is None:
            continue
        classes = classes_of(everything.trials, one.by)
        mine = {
            f"{analysis.trial}: {row.response.arm}"
            for analysis in everything.results.analyses
            if analysis.primary and analysis.endpoint == one.endpoint
            for row in analysis.estimates
            if row.response.reference == one.reference
            and classes.get((analysis.trial, row.response.arm))
        }
        counted = sum(reach.n_arms for reach in one.found.reach)
        assert counted + len(set(one.without_patients) & mine) == len(mine)
        notes = " ".join(missing_arm_table(everything, one, one.found).notes)
        assert all(name in notes for name in one.without_patients)
    assert any(one.without_patients for one in everything.results.missing_arms)


def test_checks_are_sentences_and_pictures(everything: Findings) -> None:
    assert everything.results.checks
    blocks = list(check_blocks(everything, everything.results.checks[0]))
    assert isinstance(blocks[0], Prose)
    assert isinstance(blocks[1], Bullets)
    pictures = [block for block in blocks if isinstance(block, FigureBlock)]
    assert {block.pictures[0].name.split(".")[0] for block in pictures} >= {
        "leave-one-out", "funnel", "influence",
    }  # fmt: skip


def test_all_together_is_the_primary_answer(everything: Findings) -> None:
    for one in everything.results.checks:
        primary = next(
            found
            for found in everything.results.contrast_syntheses
            if (found.endpoint, found.k, found.reference, found.measure)
            == (one.endpoint, one.k, one.reference, one.measure)
        )
        out = one.checks.leave_one_out
        assert primary.overall is not None
        assert out is not None
        mean = primary.overall.mean
        whole = (out.whole.estimate, out.whole.ci_low, out.whole.ci_high)
        assert whole == (mean.estimate, mean.ci_low, mean.ci_high)
        for row, (_, without) in zip(out.rows, primary.without, strict=True):
            assert (row.estimate, row.ci_low) == (without.mean.estimate, without.mean.ci_low)
        assert len(out.rows) == primary.overall.n_trials == len(one.names)


@pytest.mark.parametrize(
    ("asked", "pooled", "axis"),
    [
        ("difference", "difference", "Difference of durable response, points"),
        ("ratio", "log ratio", "Ratio of durable response"),
        ("odds ratio", "log odds ratio", "Odds ratio of durable response"),
    ],
)
def test_checks_are_on_the_measure_of_the_study(
    findings: Findings, asked: Any, pooled: str, axis: str
) -> None:
    settings = replace(findings.settings, pool=replace(findings.settings.pool, measure=asked))
    checks = check_contrasts(findings.results.contrast_syntheses, findings.trials, settings)
    assert checks
    assert {one.measure for one in checks} == {pooled}
    blocks = list(check_blocks(findings, checks[0]))
    assert isinstance(blocks[0], Prose)
    assert f" trials, {pooled}s. " in blocks[0].text
    funnel = next(
        block
        for block in blocks
        if isinstance(block, FigureBlock) and block.pictures[0].name.startswith("funnel")
    )
    assert axis in funnel.pictures[0].svg
    methods = methods_text(replace(findings.results, checks=checks), settings)
    assert f"checked on the {pooled}, trial by trial" in str(methods)


def test_the_report_says_which_effects_the_checks_take(everything: Findings) -> None:
    one = everything.results.checks[0]
    said = {}
    for several in (0, 1, 2):
        blocks = list(check_blocks(everything, replace(one, n_several=several)))
        assert isinstance(blocks[0], Prose)
        said[several] = blocks[0].text
    assert "Every trial has one contrast" in said[0]
    assert "1 trial with several contrasts enters as one effect, its" in said[1]
    assert "2 trials with several contrasts enter as one effect each" in said[2]


def test_the_forest_shows_each_contrast_and_each_gap(everything: Findings) -> None:
    for one in everything.results.contrast_syntheses:
        block = contrast_forest(everything, one)
        text = "".join(picture.svg for picture in block.pictures)
        assert text.count("<text") > len(one.rows)
        assert block.pictures[0].alt.startswith("Forest plot.")
