"""Does the answer hold: what a reader asks of pooled contrasts, in pictures and sentences."""

import re
from collections.abc import Iterator
from dataclasses import replace

from perdure.plots.check_pictures import check_pictures
from perdure.plots.wording import decimals, p_in_words
from perdure.records.checks import ContrastChecks, SynthesisChecks
from perdure.report.blocks import Block, Bullets, FigureBlock, Picture, Prose
from perdure.report.contrast_figures import contrast_axis
from perdure.report.findings import Findings
from perdure.report.likelihood_figures import likelihood_figure
from perdure.report.tables import file_name

__all__ = ["check_blocks"]

PICTURES = {
    "leave-one-out": (
        "Each trial left out in turn",
        "The interval of all together is shaded; orange: without it the conclusion is another.",
    ),
    "cumulative": (
        "Trials as they came in, by year",
        "Each interval is at its own 95%: the first that leaves out no difference proves nothing.",
    ),
    "funnel": (
        "Funnel plot",
        "Effects against their standard errors. Small trials may differ for many reasons.",
    ),
    "influence": ("Influence of single trials", "Orange: influential by the usual bounds."),
    "baujat": (
        "Which trials bring heterogeneity, and which move the answer",
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
    yield Prose(
        f"{one.endpoint} beyond {rule}: {one.n_contrasts} contrasts in {len(one.names)} trials,"
        f" {one.measure}s. {_what_is_checked(one)}",
        see=tuple(
            file_name(kind, one.endpoint, one.reference)
            for kind in ("forest-contrasts", "pooled-contrasts", "leave-one-out")
        ),
    )
    yield Bullets(tuple(_as_printed(text) for text in _sentences(one.checks, one.measure)))
    # a line of words for the sides has no room beside the null line of these pictures
    axis = replace(contrast_axis(one.measure), low_side="", high_side="")
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
    for profile in findings.results.likelihoods:
        if (profile.endpoint, profile.reference) == (one.endpoint, one.reference):
            yield likelihood_figure(findings, profile)


def _what_is_checked(one: ContrastChecks) -> str:
    """Return what each check takes, in one sentence."""
    if not one.n_several:
        return "Every trial has one contrast, and all checks are of the primary synthesis."
    several = (
        "1 trial with several contrasts enters as one effect, its"
        if one.n_several == 1
        else f"{one.n_several} trials with several contrasts enter as one effect each, its"
    )
    return (
        "Leaving out, influence and years refit the primary model, which knows that contrasts of a"
        " trial share patients, with whole trials; the funnel, the tests of small-study effects and"
        f" the next trial take independent effects, so there {several} generalised least"
        " squares mean."
    )


def _as_printed(text: str) -> str:
    """Return a sentence with the signs that tables have: a minus, and P for a probability.

    Examples
    --------
    >>> _as_printed("Between -0.50 and 2.22 (p = 0.85), PET-PEESE.")
    'Between −0.50 and 2.22 (P = 0.85), PET-PEESE.'
    """
    return re.sub(r"\bp (?=[=<>])", "P ", re.sub(r"(?<![\w.)])-(?=\d)", "−", text))


def _sentences(checks: SynthesisChecks, measure: str) -> Iterator[str]:
    """Yield what the checks say, in full."""
    if checks.leave_one_out is not None:
        yield checks.leave_one_out.sentence
    if checks.influence is not None:
        yield checks.influence.sentence
    if checks.n_effects < FEW:
        yield (
            f"With {checks.n_effects} trials the tests of small-study effects have next to no"
            " power: they are given for completeness."
        )
    if checks.regression_test is not None:
        yield f"Egger: {checks.regression_test.sentence}"
    if checks.rank_test is not None and checks.rank_test.p is not None:
        yield (
            f"Rank test of Begg and Mazumdar: Kendall’s τ {decimals(checks.rank_test.tau, 2)},"
            f" {p_in_words(checks.rank_test.p)}."
        )
    yield from _pet_peese(checks, measure)
    if checks.trim_fill is not None:
        yield f"Trim and fill: {checks.trim_fill.sentence}"
    if checks.selection is not None:
        yield f"Selection model: {checks.selection.sentence}"
    if checks.next_trial is not None:
        yield f"One more trial of median size: {checks.next_trial.sentence}"
    for name, reason in checks.reasons.items():
        yield f"No {NAMES.get(name, name.replace('_', ' '))}: {reason}."


def _pet_peese(checks: SynthesisChecks, measure: str) -> Iterator[str]:
    pet = checks.pet_peese
    if pet is not None and pet.estimate is not None:
        digits = 3 if measure == "difference" else 2
        estimate, low, high = (
            decimals(value, digits)
            for value in (pet.estimate.estimate, pet.estimate.ci_low, pet.estimate.ci_high)
        )
        limits = f"({low} to {high})"
        yield f"{pet.chosen}, the mean of a trial without error: {measure} {estimate} {limits}."
