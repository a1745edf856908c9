"""The methods section names what was run and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from perdure.pool import pool_by_class
from perdure.records import (
    AnalysisResult,
    ArmEstimate,
    ArmResult,
    CurveBand,
    FactCheck,
    NotEstimable,
    Proportion,
    PublishedFact,
    Reference,
    Results,
    classes_of,
)
from perdure.report import methods_text, references_of
from perdure.report.findings import Findings

TESTS = {
    "10-1093-biomet-79-4-731", "10-1080-01621459-1994-10476889", "10-1016-s0167-7152-00-00063-8",
    "maller-and-zhou-1996-survival-analysis-with-long-term-survivors-wiley", "10-1002-cjs-11771",
    "10-48550-arxiv-2309-00868",
}  # fmt: skip
FRAMEWORKS = {
    "10-1200-jco-2016-68-2518", "10-1093-annonc-mdx310", "10-1016-j-annonc-2025-04-006",
}  # fmt: skip
Build = Callable[[tuple[Reference, ...]], Findings]


def cited(findings: Findings) -> set[str]:
    paragraphs = methods_text(findings.results, findings.settings)
    return {citation.key for citation in references_of(paragraphs)}


def words(findings: Findings) -> str:
    return " ".join(one.words for one in methods_text(findings.results, findings.settings))


def with_results(findings: Findings, results: Results) -> Findings:
    return replace(findings, results=results)


def test_the_whole_example_cites_what_it_used(findings: Findings) -> None:
    assert cited(findings) == {
        "guyot", "pons-tostivint", "kaplan-meier", "greenwood", "brookmeyer-crowley",
        "thomas-grunkemeier", "schemper-smith", "viechtbauer", "hartung-knapp", "higgins-thompson",
        "zou-donner", "altman", "montiel-plagborg", "uno", "higgins-whitehead",
        "holm", "viechtbauer-2007", *TESTS, *FRAMEWORKS,
    }  # fmt: skip


def test_references_come_once_in_order_of_mention(findings: Findings) -> None:
    found = references_of(methods_text(findings.results, findings.settings))
    assert len({citation.key for citation in found}) == len(found)
    assert found[0].key == "guyot"


def test_patient_data_alone_is_not_reconstructed(findings: Findings) -> None:
    own = tuple(
        replace(
            analysis,
            arms=tuple(
                replace(arm, source="patients", curve=None, evidence=None, method=None)
                for arm in analysis.arms
            ),
        )
        for analysis in findings.results.analyses
        if analysis.trial != "hotel"
    )
    changed = with_results(findings, replace(findings.results, analyses=own))
    assert "guyot" not in cited(changed)
    titles = [one.title for one in methods_text(changed.results, changed.settings)]
    assert "Reconstruction" not in titles
    assert "18 arms by endpoint" not in words(changed)


def test_counts_are_those_of_the_record(findings: Findings) -> None:
    said = words(findings)
    assert "8 trials with 16 arms" in said
    assert (
        "5 entered as patient data (observed, or rebuilt before), 11 entered as digitised" in said
    )
    assert "2 entered as published estimates" in said
    assert "1 further analysis is shown as a sensitivity analysis" in said
    states = [
        one.response.status for analysis in findings.results.analyses for one in analysis.estimates
    ]
    assert f"({states.count('thin')} estimates)" in said
    assert f"({states.count('not estimable')} estimates)" in said


def test_without_arms_at_zero_or_thin_there_is_no_likelihood_interval(findings: Findings) -> None:
    kept = tuple(
        replace(
            analysis,
            estimates=tuple(
                one for one in analysis.estimates if one.response.status not in ("zero", "thin")
            ),
        )
        for analysis in findings.results.analyses
    )
    changed = with_results(findings, replace(findings.results, analyses=kept))
    assert "thomas-grunkemeier" not in cited(changed)
    assert "reached 0 before the threshold" not in words(changed)


@pytest.mark.parametrize(
    ("model", "method", "test", "present", "absent"),
    [
        ("random", "REML", "knha", {"viechtbauer", "hartung-knapp"}, {"dersimonian-laird"}),
        ("random", "REML", "z", {"viechtbauer"}, {"dersimonian-laird", "hartung-knapp"}),
        ("random", "DL", "z", {"dersimonian-laird"}, {"viechtbauer", "hartung-knapp"}),
        ("common", "REML", "z", set(), {"dersimonian-laird", "viechtbauer", "hartung-knapp"}),
    ],
)
def test_the_model_that_was_fitted_is_cited(
    findings: Findings, model: str, method: str, test: str, present: set[str], absent: set[str]
) -> None:
    estimates = [one for one in findings.estimates("PFS", "own") if one.primary]
    belongs = classes_of(findings.trials, "drug_class")
    synthesis = pool_by_class(
        estimates,
        belongs,
        by="drug_class",
        model="common" if model == "common" else "random",
        method="DL" if method == "DL" else "REML",
        test="knha" if test == "knha" else "z",
    )
    results = replace(findings.results, syntheses=(synthesis,), contrast_syntheses=())
    changed = with_results(findings, results)
    found = cited(changed)
    assert present <= found
    assert not absent & found
    assert ("common effect" in words(changed)) == (model == "common")
    assert ("prediction interval" in words(changed)) == (model == "random")


def test_nothing_pooled_is_not_described_as_pooled(findings: Findings) -> None:
    results = replace(findings.results, syntheses=(), contrast_syntheses=())
    changed = with_results(findings, results)
    titles = [one.title for one in methods_text(changed.results, changed.settings)]
    assert not [title for title in titles if title.startswith("Synthesis")]
    assert not {"viechtbauer", "hartung-knapp", "higgins-thompson"} & cited(changed)


def test_a_fixed_time_speaks_of_no_median(build_findings: Build) -> None:
    fixed = build_findings(("fixed",))
    said = words(fixed)
    assert "12.0 months for PFS" in said
    assert "times a reference median" not in said
    assert "median behind the threshold" not in said
    assert "constant hazard" not in said
    assert "randomisation holds" in said


def test_references_of_the_settings_that_were_not_run_are_not_described(
    findings: Findings, build_findings: Build
) -> None:
    control = build_findings(("control",))
    assert "the arm’s own median" not in words(control)
    assert "not a randomised comparison" not in words(control)
    assert "the arm’s own median" in words(findings)


def test_words_hold_no_broken_number(findings: Findings) -> None:
    for word in ("None", "nan", "  ", " .", " ,"):
        assert word not in words(findings)


def test_the_example_has_numbers_and_gaps(findings: Findings) -> None:
    kinds = {
        type(one.response.estimate)
        for analysis in findings.results.analyses
        for one in analysis.estimates
    }
    assert kinds == {Proportion, NotEstimable}


def without_tails(findings: Findings) -> Findings:
    bare = tuple(replace(one, tail=None) for one in findings.results.analyses)
    return with_results(findings, replace(findings.results, analyses=bare))


def test_without_tails_nothing_is_said_of_them(findings: Findings) -> None:
    bare = without_tails(findings)
    titles = [one.title for one in methods_text(bare.results, bare.settings)]
    assert not {"Durable response against k", "Follow-up and tails", "Value frameworks"} & {*titles}
    assert not {"montiel-plagborg", "uno", *TESTS, *FRAMEWORKS} & cited(bare)
    assert "unverified" not in words(bare)


def test_a_framework_that_was_not_checked_is_called_unverified(findings: Findings) -> None:
    said = words(findings)
    awards = {
        award.label: award
        for analysis in findings.results.analyses
        if analysis.tail
        for arms in analysis.tail.awards
        for award in arms.awards
    }
    assert awards
    for label, award in awards.items():
        assert label in said
        assert ("unverified" in label) == (not award.verified)
    assert "must not be cited as the framework" in said


def test_contrasts_are_described_as_they_are_made(
    findings: Findings, build_findings: Build
) -> None:
    assert "zou-donner" in cited(findings)
    assert "interval symmetric on the log scale" not in words(findings)
    assert "altman" not in cited(build_findings(("own",)))


def test_a_fixed_time_has_no_profile(build_findings: Build) -> None:
    fixed = build_findings(("fixed",))
    assert "montiel-plagborg" not in cited(fixed)
    assert "uno" in cited(fixed)


def test_the_scale_of_the_intervals_is_that_of_the_record(findings: Findings) -> None:
    def on_logit(one: ArmEstimate) -> ArmEstimate:
        found = one.response.estimate
        if not isinstance(found, Proportion) or found.se is None:
            return one
        return replace(
            one, response=replace(one.response, estimate=replace(found, interval="logit"))
        )

    changed = tuple(
        replace(analysis, estimates=tuple(on_logit(one) for one in analysis.estimates))
        for analysis in findings.results.analyses
    )
    said = words(with_results(findings, replace(findings.results, analyses=changed)))
    assert "symmetric on the logit scale" in said
    assert "scale of log(" not in said


@pytest.mark.parametrize("alike", [None, 1.25])
def test_what_alike_means_is_said_where_a_margin_was_set(
    findings: Findings, alike: float | None
) -> None:
    pool = replace(findings.settings.pool, alike=alike)
    found = replace(findings, settings=replace(findings.settings, pool=pool))
    assert ("odds ratio lies between 0.80 and 1.25" in words(found)) == (alike is not None)
    assert ("schuirmann" in cited(found)) == (alike is not None)


def test_arms_known_by_facts_are_said_with_the_kinds_of_facts_that_there_are(
    findings: Findings,
) -> None:
    n = PublishedFact("a", "n", 135.0, "verified", "an abstract")
    median = PublishedFact("a", "median", 9.2, "verified", "an abstract")
    checks = tuple(FactCheck(fact, None, None, None) for fact in (n, median))
    line = np.zeros(2)
    band = CurveBand(line, line, line, line, 9.2, checks)
    arm = ArmResult("a", "facts", None, None, None, None, (), band=band)
    by_facts = AnalysisResult("T", "OS", "published-facts", False, (arm,), (), ())  # noqa: FBT003
    results = findings.results
    said = words(with_results(findings, replace(results, analyses=(*results.analyses, by_facts))))
    assert "2 published facts: medians and numbers of patients. Survival" in said
    assert "1 more analysis rests on published facts alone and is not pooled" in said
    before = words(findings)
    assert said.count("further analys") == before.count("further analys")
