"""Contrasts pooled across trials, as tables of the report."""

from dataclasses import replace
from math import exp

import pytest

from perdure.report import methods_text
from perdure.report.findings import Findings
from perdure.report.pooled_contrast_tables import pooled_contrast_table, without_table
from perdure.report.tables import Table


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for group in table.groups for row in group]


def test_the_table_shows_the_record(findings: Findings) -> None:
    found = findings.contrast_syntheses("PFS", "control")
    assert [one.measure for one in found] == ["log odds ratio", "log ratio", "difference"]
    table = pooled_contrast_table(findings, found, "log odds ratio")
    records = [dict(zip(table.columns, record, strict=True)) for record in table.records]
    overall = records[-1]
    assert overall["group"] == "all contrasts"
    whole = found[0].overall
    assert whole is not None
    assert overall["log_odds_ratio"] == whole.mean.estimate
    assert f"{exp(whole.mean.estimate):.2f} (" in texts(table)[-1][2]
    difference = found[2].overall
    assert difference is not None
    assert overall["difference"] == difference.mean.estimate
    assert overall["n_contrasts"] == len(found[0].rows)


def test_own_medians_are_not_called_randomised(findings: Findings) -> None:
    own = pooled_contrast_table(
        findings, findings.contrast_syntheses("PFS", "own"), "log odds ratio"
    )
    control = pooled_contrast_table(
        findings, findings.contrast_syntheses("PFS", "control"), "log odds ratio"
    )
    assert "not a randomised comparison" in " ".join(own.notes)
    assert "Randomised:" in " ".join(control.notes)


def test_a_trial_that_decides_is_named(findings: Findings) -> None:
    main = findings.contrast_syntheses("PFS", "control")[0]
    table = without_table(findings, main)
    assert table is not None
    assert len(table.records) == len(main.without)
    carried = without_table(findings, replace(main, carried_by=(main.rows[0].trial,)))
    assert carried is not None
    assert findings.trial_label(main.rows[0].trial) in carried.notes[0]


@pytest.mark.parametrize("left_out", [True, False])
def test_methods_say_what_was_done_with_contrasts(findings: Findings, left_out: bool) -> None:
    results = findings.results
    if left_out:
        results = replace(results, contrast_syntheses=())
    written = {one.title: one.words for one in methods_text(results, findings.settings)}
    assert ("Synthesis of contrasts" in written) == (not left_out)
    if not left_out:
        assert "variance between contrasts" in written["Synthesis of contrasts"]
