"""Sections of the report on pooled answers: networks, models, missing arms, checks."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from perdure.pipeline.contrast_checks import check_contrasts
from perdure.pipeline.likelihood_profiles import profile_contrasts
from perdure.pipeline.missing_arms import synthesise_missing_arms
from perdure.pipeline.synthesise import synthesise_models, synthesise_networks
from perdure.records import classes_of
from perdure.report.blocks import Bullets, FigureBlock, Picture, Prose, TableBlock, blocks_of
from perdure.report.check_sections import check_blocks
from perdure.report.class_model_tables import class_model_table
from perdure.report.contrast_figures import contrast_forest
from perdure.report.findings import Findings
from perdure.report.methods_text import methods_text
from perdure.report.missing_arm_figures import MOST_PICTURES, mixture_figure
from perdure.report.missing_arm_tables import missing_arm_table, missing_pair_table
from perdure.report.network_figures import network_figure, ranking_figure
from perdure.report.network_tables import MOST_NAMED, network_table, rank_table
from perdure.report.sections import report_sections

pytestmark = pytest.mark.slow
SVG = "{http://www.w3.org/2000/svg}"


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
            likelihoods=profile_contrasts(results.contrast_syntheses, settings),
        ),
    )


def words(picture: Picture) -> list[str]:
    """What is written on a picture."""
    return [one.text or "" for one in ET.fromstring(picture.svg).iter(f"{SVG}text")]


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
        for trial, arm in (place.split(": ") for place in one.without_patients):
            label = f"{everything.trial_label(trial)}, {everything.arm_label(trial, arm)}"
            assert label in notes
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


def test_a_network_is_drawn_with_every_class_and_comparison(everything: Findings) -> None:
    for one in everything.results.networks:
        if one.network is None:
            continue
        for part in one.network.components:
            [picture] = network_figure(everything, one, part).pictures
            said = words(picture)
            assert set(part.treatments) <= set(said)
            assert sorted(text for text in said if text.isdigit()) == sorted(
                str(edge.n_trials) for edge in part.edges
            )
            assert all(name in picture.alt for name in part.treatments)
            assert f"Compared: {part.edges[0].treatment} and" in picture.alt


def test_a_node_counts_what_is_in_the_network(everything: Findings) -> None:
    one = next(one for one in everything.results.networks if one.network is not None)
    assert one.network is not None
    part = one.network.components[0]
    [picture] = network_figure(everything, one, part).pictures
    classes = classes_of(everything.trials, one.by)
    gaps = {(gap.trial, gap.arm) for gap in one.left_out}
    inside = [
        row
        for row in everything.estimates(one.endpoint, one.reference)
        if row.primary
        and row.trial in part.trials
        and (row.trial, row.response.arm) not in gaps
        and classes.get((row.trial, row.response.arm), "") in part.treatments
    ]
    sizes = [row.response.n for row in inside]
    known = [size for size in sizes if size is not None]
    total = sum(known) if len(known) == len(sizes) else len(sizes)
    unit = "patients" if len(known) == len(sizes) else "arms"
    counts = [text.removesuffix(f" {unit}") for text in words(picture) if text.endswith(unit)]
    shown = [int(text.replace("\u2009", "")) for text in counts if text[0].isdigit()]
    assert sum(shown) == total


def test_ranks_are_drawn_best_first(everything: Findings) -> None:
    for one in everything.results.networks:
        if one.network is None:
            continue
        for part in one.network.components:
            [picture] = ranking_figure(everything, one, part).pictures
            order = [text for text in words(picture) if text in part.treatments]
            assert order == [rank.treatment for rank in part.ranks]
            assert f"{part.ranks[0].treatment}: P-score {part.ranks[0].p_score:.2f}" in picture.alt


def test_differences_are_drawn_against_what_is_assumed(everything: Findings) -> None:
    drawn = 0
    for one in everything.results.missing_arms:
        if one.found is None:
            continue
        figure = mixture_figure(everything, one, one.found)
        moved = [
            pair
            for pair in one.found.mixture.differences
            if pair.curve[0].value != pair.curve[-1].value
        ]
        if figure is None:
            assert not moved
            continue
        assert len(figure.pictures) == min(len(moved), MOST_PICTURES)
        for pair in moved:
            [picture] = [
                picture
                for picture in figure.pictures
                if f"{pair.first} − {pair.second}" in words(picture)
            ]
            drawn += 1
            said = " ".join(words(picture))
            assert "q: share of the last survival" in said
            for tip in pair.tips:
                assert f"at q = {tip.q:.2f} from {tip.before} to {tip.after}" in picture.alt
            assert ("No q turns the conclusion" in picture.alt) == (not pair.tips)
    assert drawn


def test_many_pairs_are_not_all_drawn_and_that_is_said(everything: Findings) -> None:
    one = next(
        one
        for one in everything.results.missing_arms
        if one.found is not None and mixture_figure(everything, one, one.found) is not None
    )
    assert one.found is not None
    pair = next(
        pair
        for pair in one.found.mixture.differences
        if pair.curve[0].value != pair.curve[-1].value
    )
    quiet = replace(pair, tips=())
    pairs = (*[quiet] * (MOST_PICTURES + 3), replace(pair, first="one that turns"))
    turned = replace(one.found, mixture=replace(one.found.mixture, differences=pairs))
    figure = mixture_figure(everything, one, turned)
    assert figure is not None
    assert len(figure.pictures) == MOST_PICTURES
    assert f"{MOST_PICTURES} of {MOST_PICTURES + 4} pairs" in figure.notes[-1]
    if pair.tips:
        assert figure.pictures[0].alt.startswith("one that turns")
    nothing = replace(one.found, mixture=replace(one.found.mixture, differences=()))
    assert mixture_figure(everything, one, nothing) is None


def test_the_likelihood_of_tau2_is_drawn_where_there_is_one(everything: Findings) -> None:
    results, settings = everything.results, everything.settings
    assert results.likelihoods
    for one in results.likelihoods:
        check = next(
            check
            for check in results.checks
            if (check.endpoint, check.reference) == (one.endpoint, one.reference)
        )
        assert one.profile.estimate == pytest.approx(check.pooled.tau2, abs=1e-9)
        figures = [
            block
            for block in check_blocks(everything, check)
            if isinstance(block, FigureBlock) and "τ²" in block.caption
        ]
        assert len(figures) == 1
        [picture] = figures[0].pictures
        assert f"highest at {one.profile.estimate:.3f}" in picture.alt
    moments = replace(settings, pool=replace(settings.pool, method="DL"))
    assert profile_contrasts(results.contrast_syntheses, moments) == ()
    common = replace(settings, pool=replace(settings.pool, model="common"))
    assert profile_contrasts(results.contrast_syntheses, common) == ()


def test_every_figure_has_its_number_a_caption_and_words_for_its_pictures(
    everything: Findings,
) -> None:
    blocks = list(blocks_of(report_sections(everything)))
    figures = [block for block in blocks if isinstance(block, FigureBlock)]
    assert [figure.number for figure in figures] == list(range(1, len(figures) + 1))
    names = [picture.name for figure in figures for picture in figure.pictures]
    assert len(set(names)) == len(names)
    assert all(figure.caption and figure.notes for figure in figures)
    assert all(picture.alt.strip() for figure in figures for picture in figure.pictures)
    stems = {name.split(".")[0] for name in names}
    assert {"network", "ranking", "pattern-mixture", "likelihood"} <= stems
    tables = [block.table.name for block in blocks if isinstance(block, TableBlock)]
    assert len(set(tables)) == len(tables)


def test_a_contrast_without_a_value_says_why_without_identifiers(everything: Findings) -> None:
    found = next(
        one
        for one in everything.results.contrast_syntheses
        if any(gap.status == "not estimable" for gap in one.left_out)
    )
    said = words(contrast_forest(everything, found).pictures[0])
    for gap in found.left_out:
        for name in gap.arm.split(" v "):
            assert not any(text.startswith(f"{name}: ") for text in said)
    assert any("follow-up ends before" in text or "not reached" in text for text in said)


@pytest.mark.parametrize("times", [1, 24])
def test_trials_that_compare_nothing_are_counted_in_one_sentence(
    everything: Findings, times: int
) -> None:
    one = next(one for one in everything.results.networks if one.network)
    assert one.network is not None
    trial = one.network.components[0].trials[0]
    alone = replace(one, network=replace(one.network, left_out=(trial,) * times))
    said = [
        note
        for note in network_table(everything, alone, one.network.components[0]).notes
        if "nothing" in note
    ]
    assert len(said) == 1
    assert said[0].count(everything.trial_label(trial)) == min(times, 3)
    assert ("24 trials" in said[0] and "21 more" in said[0]) == (times == 24)


@pytest.mark.parametrize("times", [1, MOST_NAMED + 1])
def test_a_few_arms_outside_a_network_are_named_and_many_are_counted(
    everything: Findings, times: int
) -> None:
    one = next(one for one in everything.results.networks if one.network and one.left_out)
    assert one.network is not None
    gap = one.left_out[0]
    whole = replace(one, left_out=(gap,) * times, network=replace(one.network, left_out=()))
    notes = " ".join(network_table(everything, whole, one.network.components[0]).notes)
    assert (everything.trial_label(gap.trial) in notes) == (times == 1)
    assert (f"{times} arms without an estimate" in notes) == (times > 1)
