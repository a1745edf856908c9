"""The headline says the record's numbers in words, whatever was pooled."""

from dataclasses import replace
from math import exp

from perdure.records import Results, Synthesis
from perdure.report import headline
from perdure.report.findings import Findings


def alone(findings: Findings, synthesis: Synthesis) -> tuple[str, ...]:
    """The headline of one synthesis of arms and nothing else."""
    results = replace(findings.results, syntheses=(synthesis,), contrast_syntheses=())
    return headline(results, findings.settings)


def test_one_sentence_for_each_endpoint_and_reference(findings: Findings) -> None:
    said = headline(findings.results, findings.settings)
    assert [sentence.split(";")[0] for sentence in said[:4]] == [
        "Arms against the control of their trial (PFS beyond 3 times the own median",
        "Arms against the control of their trial (PFS beyond 3 times the control arm’s median",
        "Arms against the control of their trial (OS beyond 2 times the own median",
        "Arms against the control of their trial (OS beyond 2 times the control arm’s median",
    ]
    assert ["not randomised" in sentence for sentence in said[:4]] == [True, False, True, False]
    assert [sentence.split(":")[0] for sentence in said[4:]] == [
        "Durable response (PFS beyond 3 times the own median)",
        "Durable response (PFS beyond 3 times the control arm’s median)",
        "Durable response (OS beyond 2 times the own median)",
        "Durable response (OS beyond 2 times the control arm’s median)",
    ]


def test_numbers_are_those_of_the_first_grouping(findings: Findings) -> None:
    said = headline(findings.results, findings.settings)[4]
    synthesis = findings.syntheses("PFS", "own")[0]
    for row in synthesis.rows:
        assert row.proportion is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.mean_of_proportions is not None
        limits = f"95% CI {100 * row.ci_low:.0f} to {100 * row.ci_high:.0f}"
        assert f"{row.name} {100 * row.proportion:.0f}% ({limits};" in said
        assert f"plain mean {100 * row.mean_of_proportions:.0f}%; {row.n_estimable} arms" in said
    assert said.endswith("Not estimable: 1 of 8 anti-PD-1/PD-L1 arms.")


def test_two_classes_have_an_odds_ratio(findings: Findings) -> None:
    synthesis = findings.syntheses("PFS", "own")[0]
    pair = synthesis.differences[0]
    two = replace(synthesis, rows=synthesis.rows[:2], differences=(pair,))
    [said] = headline(
        replace(findings.results, syntheses=(two,), contrast_syntheses=()), findings.settings
    )
    assert f"; odds ratio {pair.odds_ratio:.2f} (95% CI {pair.ci_low:.2f} to" in said


def test_many_classes_are_cut_to_the_largest(findings: Findings) -> None:
    synthesis = findings.syntheses("PFS", "own")[0]
    rows = tuple(
        replace(synthesis.rows[0], name=f"class {place}", n_arms=9, n_estimable=place)
        for place in range(1, 8)
    )
    many = replace(synthesis, rows=rows)
    [said] = headline(
        replace(findings.results, syntheses=(many,), contrast_syntheses=()), findings.settings
    )
    assert said.index("class 7") < said.index("class 6") < said.index("class 4")
    assert "class 3 " not in said
    assert "3 smaller classes in the report" in said
    assert "Not estimable: 35 of 63 arms, in 7 classes." in said


def test_a_class_without_numbers_is_named_all_the_same(findings: Findings) -> None:
    synthesis = findings.syntheses("PFS", "own")[0]
    first = replace(
        synthesis.rows[0], n_arms=2, n_estimable=0, mean_of_proportions=None, pooled=None,
        proportion=None, ci_low=None, ci_high=None,
    )  # fmt: skip
    changed = replace(synthesis, rows=(first, synthesis.rows[1]), differences=())
    [said] = headline(
        replace(findings.results, syntheses=(changed,), contrast_syntheses=()), findings.settings
    )
    assert "anti-PD-1/PD-L1 not estimable (2 arms) v chemotherapy" in said


def test_nothing_pooled_and_nothing_at_all(findings: Findings) -> None:
    none = replace(findings.results, syntheses=(), contrast_syntheses=())
    [said] = headline(none, findings.settings)
    assert said.endswith("nothing was pooled.")
    [said] = headline(Results((), (), {}), findings.settings)
    assert "no analysis" in said


def test_contrasts_are_the_records_own(findings: Findings) -> None:
    said = headline(findings.results, findings.settings)[1]
    found = findings.contrast_syntheses("PFS", "control")[0]
    for group in found.groups:
        low, high = (f"{exp(value):.2f}" for value in (group.mean.ci_low, group.mean.ci_high))
        assert f"odds ratio {exp(group.mean.estimate):.2f} (95% CI {low} to {high};" in said
    settings = replace(
        findings.settings, pool=replace(findings.settings.pool, measure="difference")
    )
    assert "difference, points" in headline(findings.results, settings)[1]
