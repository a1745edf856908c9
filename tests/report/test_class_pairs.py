"""Pairs of classes in the report: P adjusted for their number, alike by a margin alone."""

from dataclasses import replace
from math import exp, log

import pytest

from perdure.pool import adjusted_p, pool_by_group
from perdure.records import ClassDifference, Synthesis
from perdure.report.class_pairs import about_pairs, judged_classes
from perdure.report.findings import Findings
from perdure.report.pool_tables import difference_table
from perdure.report.pooled_contrast_tables import pooled_contrast_table
from perdure.report.tables import Table

Y = [-1.0, -1.2, -0.9, -1.1, -1.05, -0.98, 0.1, 0.3, 0.2]
GROUPS = ["a", "a", "a", "b", "b", "b", "c", "c", "c"]


def synthesis_of(findings: Findings, variance: float) -> Synthesis:
    """Three classes, of which two hardly differ, in place of the example's own."""
    found = pool_by_group(Y, [variance] * len(Y), GROUPS, test="t")
    differences = tuple(
        ClassDifference(one.first, one.second, exp(d.estimate), exp(d.ci_low), exp(d.ci_high), d.p)
        for one in found.differences
        for d in [one.difference]
    )
    first = findings.syntheses("PFS", "own")[0]
    return replace(first, differences=differences, regression=found.regression)


def with_margin(findings: Findings, alike: float | None) -> Findings:
    pool = replace(findings.settings.pool, alike=alike)
    return replace(findings, settings=replace(findings.settings, pool=pool))


def shown(table: Table) -> list[dict[str, str]]:
    heads = [cell.text for cell in table.heads]
    return [
        dict(zip(heads, [cell.text for cell in row], strict=True))
        for group in table.groups
        for row in group
    ]


@pytest.mark.slow
def test_the_model_s_own_errors_are_found_again(findings: Findings) -> None:
    found = judged_classes(synthesis_of(findings, 0.02), None)
    groups = pool_by_group(Y, [0.02] * len(Y), GROUPS, test="t")
    assert found is not None
    for row, pair in zip(found.rows, groups.differences, strict=True):
        assert (row.first, row.second) == (pair.first, pair.second)
        assert row.estimate == pytest.approx(pair.difference.estimate, abs=1e-12)
        assert row.se == pytest.approx(pair.difference.se, rel=1e-9)
        assert row.p == pytest.approx(pair.difference.p, rel=1e-9)


def test_adjusted_p_stands_beside_p(findings: Findings) -> None:
    one = synthesis_of(findings, 0.02)
    table = difference_table(with_margin(findings, None), one)
    assert table is not None
    rows = shown(table)
    records = [dict(zip(table.columns, record, strict=True)) for record in table.records]
    assert [record["p_adjusted"] for record in records] == pytest.approx(
        adjusted_p([pair.p for pair in one.differences]).tolist(), rel=1e-9
    )
    assert "Verdict" not in rows[0]
    assert "P adjusted" in rows[0]
    notes = " ".join(table.notes)
    assert "by Holm" in notes
    assert "does not show that two classes are alike" in notes


@pytest.mark.parametrize(
    ("variance", "alike", "verdicts"),
    [
        (0.002, 1.5, ["alike", "different", "different"]),
        (0.05, 1.05, ["undecided", "different", "different"]),
        (0.9, 1.05, ["undecided", "undecided", "undecided"]),
    ],
)
def test_alike_is_an_interval_inside_the_margin(
    findings: Findings, variance: float, alike: float, verdicts: list[str]
) -> None:
    found = with_margin(findings, alike)
    one = synthesis_of(findings, variance)
    table = difference_table(found, one)
    assert table is not None
    assert [row["Verdict"] for row in shown(table)] == verdicts
    notes = " ".join(table.notes)
    assert f"inside {1 / alike:.2f} to {alike:.2f}" in notes
    assert "not a P above 0.05" in notes


def test_a_pair_that_is_alike_has_its_whole_90_per_cent_interval_in_the_margin(
    findings: Findings,
) -> None:
    judged = judged_classes(synthesis_of(findings, 0.002), 1.5)
    assert judged is not None
    row = judged.rows[0]
    assert row.verdict == "alike"
    assert -log(1.5) < row.ci_low < row.ci_high < log(1.5)  # the wider 95% interval even


def test_two_classes_have_nothing_to_adjust(findings: Findings) -> None:
    one = findings.syntheses("PFS", "own")[0]
    pair = replace(one, differences=one.differences[:1])
    names = {pair.differences[0].first, pair.differences[0].second}
    judged = judged_classes(pair, 1.25)
    assert judged is not None
    assert {judged.rows[0].first, judged.rows[0].second} == names
    assert not any("adjusted" in note for note in about_pairs(judged))


def test_groups_of_contrasts_have_adjusted_p_and_all_together_has_not(findings: Findings) -> None:
    found = findings.contrast_syntheses("PFS", "control")
    table = pooled_contrast_table(findings, found, "log odds ratio")
    rows = shown(table)
    groups = found[0].groups
    assert len(groups) > 1
    own = [group.pooled.coefficients[0].p for group in groups]
    records = [dict(zip(table.columns, record, strict=True)) for record in table.records]
    assert [one["p_adjusted"] for one in records] == [*adjusted_p(own).tolist(), None]
    assert all("(" in row["P (adjusted)"] for row in rows[:-1])
    assert "(" not in rows[-1]["P (adjusted)"]
