"""Does the answer hold: what a reader asks of pooled contrasts, in tables, pictures, sentences."""

from collections.abc import Iterator

from perdure.plots import EffectAxis
from perdure.plots.check_pictures import check_pictures
from perdure.plots.wording import decimals, p_in_words
from perdure.records.checks import ContrastChecks, SynthesisChecks
from perdure.report.blocks import Block, Bullets, FigureBlock, Picture, Prose
from perdure.report.findings import Findings
from perdure.report.tables import file_name

__all__ = ["check_blocks"]

PICTURES = {
    "leave-one-out": (
        "Each contrast left out in turn",
        "The interval of all together is shaded; orange: without it the conclusion is another.",
    ),
    "cumulative": (
        "Contrasts as they came in, by year",
        "Each interval is at its own 95%: the first that leaves out no difference proves nothing.",
    ),
    "funnel": (
        "Funnel plot",
        "Effects against their standard errors. Small trials may differ for many reasons.",
    ),
    "influence": ("Influence of single contrasts", "Orange: influential by the usual bounds."),
    "baujat": (
        "Which contrasts bring heterogeneity, and which move the answer",
        "To the right: part of Q; up: squared change of the mean without it.",
    ),
}
NAMES = {
    "cumulative": "synthesis by year",
    "regression_test": "test of Egger",
    "rank_test": "rank test",
    "pet_peese": "PET-PEESE",
    "selection": "selection model",
}
FEW = 10


def check_blocks(findings: Findings, one: ContrastChecks) -> Iterator[Block]:
    """Yield the checks of one endpoint at one threshold."""
    rule = findings.rule(one.endpoint, one.reference)
    shared = (
        f" {one.shared} of them share a control and are taken as independent here."
        if one.shared
        else ""
    )
    yield Prose(
        f"{one.endpoint} beyond {rule}: {one.checks.n_effects} contrasts, log odds ratios.{shared}"
    )
    yield Bullets(tuple(_sentences(one.checks)))
    axis = EffectAxis("Odds ratio of durable response", "ratio", reference=0.0)
    drawn = check_pictures(one.checks, one.pooled, axis)
    for name, pages in drawn.items():
        caption, note = PICTURES[name]
        caption = f"{caption}: {one.endpoint} beyond {rule}"
        stem = file_name(name, one.endpoint, one.reference)
        pictures = tuple(
            Picture(
                stem if len(pages) == 1 else f"{stem}.{place}",
                page.decode(),
                f"{caption}. The sentences above and the tables give the same numbers.",
            )
            for place, page in enumerate(pages, start=1)
        )
        yield FigureBlock(caption, (note,), pictures)


def _sentences(checks: SynthesisChecks) -> Iterator[str]:
    """Yield what the checks say, in full."""
    if checks.leave_one_out is not None:
        yield checks.leave_one_out.sentence
    if checks.influence is not None:
        yield checks.influence.sentence
    if checks.n_effects < FEW:
        yield (
            f"With {checks.n_effects} contrasts the tests of small-study effects have next to no"
            " power: they are given for completeness."
        )
    if checks.regression_test is not None:
        yield f"Egger: {checks.regression_test.sentence}"
    if checks.rank_test is not None and checks.rank_test.p is not None:
        yield (
            f"Rank test of Begg and Mazumdar: Kendall’s τ {decimals(checks.rank_test.tau, 2)},"
            f" {p_in_words(checks.rank_test.p)}."
        )
    yield from _pet_peese(checks)
    if checks.trim_fill is not None:
        yield f"Trim and fill: {checks.trim_fill.sentence}"
    if checks.selection is not None:
        yield f"Selection model: {checks.selection.sentence}"
    if checks.next_trial is not None:
        yield f"One more trial of median size: {checks.next_trial.sentence}"
    for name, reason in checks.reasons.items():
        yield f"No {NAMES.get(name, name.replace('_', ' '))}: {reason}."


def _pet_peese(checks: SynthesisChecks) -> Iterator[str]:
    pet = checks.pet_peese
    if pet is not None and pet.estimate is not None:
        one = pet.estimate
        yield (
            f"{pet.chosen}, the mean of a trial without error: log odds ratio"
            f" {decimals(one.estimate, 2)} ({decimals(one.ci_low, 2)} to"
            f" {decimals(one.ci_high, 2)})."
        )
