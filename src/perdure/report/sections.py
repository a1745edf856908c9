"""The sections of a report, from the trials to the provenance."""

from collections.abc import Iterator

from perdure.plots.wording import percent
from perdure.records import Reference, Synthesis
from perdure.report.appraisal import certainty_blocks, flow_blocks, risk_of_bias_blocks
from perdure.report.arm_tables import response_table, trial_table
from perdure.report.award_tables import award_table
from perdure.report.blocks import (
    Block,
    Bullets,
    Methods,
    Prose,
    ReferenceList,
    Section,
    TableBlock,
)
from perdure.report.characteristics import characteristics_table
from perdure.report.check_sections import check_blocks
from perdure.report.class_model_tables import class_model_table
from perdure.report.contrast_figures import contrast_forest
from perdure.report.contrast_tables import contrast_table
from perdure.report.evidence_tables import evidence_table, provenance_table
from perdure.report.fact_tables import fact_table
from perdure.report.figures import (
    curve_figure,
    evidence_figure,
    forest_figure,
    reconstruction_figure,
)
from perdure.report.findings import Findings, column_in_words
from perdure.report.gap_tables import gap_table, left_out_table
from perdure.report.methods_text import methods_text, references_of
from perdure.report.missing_arm_figures import mixture_figure
from perdure.report.missing_arm_tables import missing_arm_table, missing_pair_table
from perdure.report.model_tables import model_table
from perdure.report.network_figures import network_figure, ranking_figure
from perdure.report.network_tables import network_table, rank_table
from perdure.report.numbering import numbered
from perdure.report.origin_tables import origin_blocks
from perdure.report.pool_tables import difference_table, pooled_table
from perdure.report.pooled_contrast_tables import pooled_contrast_table, without_table
from perdure.report.profile_tables import profile_contrast_table, profile_table
from perdure.report.sensitivity_tables import sensitivity_blocks
from perdure.report.tables import Table, file_name
from perdure.report.tail_figures import ladder_figure, profile_figure
from perdure.report.tail_tables import follow_up_table, tail_contrast_table, tail_table

__all__ = ["report_sections"]


def report_sections(findings: Findings, *, jobs: int = 1) -> tuple[Section, ...]:
    """Return all sections of the report, numbered; those without a subject are left out."""
    paragraphs = methods_text(findings.results, findings.settings, findings.trials)
    citations = references_of(paragraphs)
    numbers = {citation.key: place for place, citation in enumerate(citations, start=1)}
    sections = [
        Section("flow", "How the trials were found", tuple(flow_blocks(findings))),
        Section(
            "trials",
            "Trials and arms",
            (TableBlock(trial_table(findings)), *_tables(characteristics_table(findings))),
        ),
        Section("risk-of-bias", "Risk of bias", tuple(risk_of_bias_blocks(findings))),
        *(_endpoint(findings, endpoint, jobs) for endpoint in findings.endpoints),
        _gaps(findings),
        _checks(findings),
        Section("certainty", "Certainty of the evidence", tuple(certainty_blocks(findings))),
        Section("figures", "Curves read in figures", tuple(origin_blocks(findings))),
        Section("published-facts", "Arms known by published facts", tuple(_facts(findings))),
        _evidence(findings),
        Section("methods", "Methods", (Methods(paragraphs, numbers),)),
        Section("references", "References", (ReferenceList(citations),)),
        _repairs(findings),
        Section("provenance", "Provenance", (TableBlock(provenance_table(findings)),)),
    ]
    return numbered(section for section in sections if section.blocks or section.sections)


def _endpoint(findings: Findings, endpoint: str, jobs: int) -> Section:
    """Return one endpoint: its curves under the first reference, then each reference."""
    references = findings.settings.reference
    curves = curve_figure(findings, endpoint, references[0], jobs=jobs)
    more = (
        [
            Prose(
                f"The curves are drawn with the study’s first threshold,"
                f" {findings.rule(endpoint, references[0])}; the others are in the tables.",
                see=tuple(file_name("durable-response", endpoint, one) for one in references[1:]),
            )
        ]
        if len(references) > 1 and curves
        else []
    )
    return Section(
        file_name(endpoint),
        f"Durable response: {endpoint}",
        (*more, *([curves] if curves else [])),
        (
            *(
                _reference(findings, endpoint, reference, jobs)
                for reference in references
                if findings.estimates(endpoint, reference)
            ),
            *_sensitivity(findings, endpoint),
            *_tails(findings, endpoint),
        ),
    )


def _sensitivity(findings: Findings, endpoint: str) -> Iterator[Section]:
    """Yield one section on what the headline answers hang on."""
    blocks = tuple(sensitivity_blocks(findings, endpoint))
    if blocks:
        name = file_name(endpoint, "sensitivity")
        yield Section(name, f"{endpoint}: what the answers hang on", blocks)


def _reference(findings: Findings, endpoint: str, reference: Reference, jobs: int) -> Section:
    """Return an endpoint under one reference: pooled answers, arms, contrasts, profiles."""
    syntheses = findings.syntheses(endpoint, reference)
    blocks: list[Block] = list(_contrasts(findings, endpoint, reference))
    for synthesis in syntheses[:1]:
        blocks += _synthesis(findings, synthesis, arms=True)
    blocks += _tables(
        *(
            class_model_table(findings, one)
            for one in findings.results.class_models
            if (one.endpoint, one.reference) == (endpoint, reference)
        )
    )
    if syntheses and reference == findings.settings.reference[0]:
        blocks.append(_why_they_differ(syntheses[0]))
    if reference == findings.settings.reference[0]:
        blocks.append(ladder_figure(findings, endpoint, reference))
    blocks.append(TableBlock(response_table(findings, endpoint, reference)))
    blocks += _tables(contrast_table(findings, endpoint, reference))
    for synthesis in syntheses[1:]:
        blocks += _synthesis(findings, synthesis, arms=False)
    blocks += _networks(findings, endpoint, reference)
    profiles = profile_figure(findings, endpoint, reference, jobs=jobs)
    blocks += [profiles] if profiles else []
    blocks += _tables(
        profile_table(findings, endpoint, reference),
        profile_contrast_table(findings, endpoint, reference),
    )
    rule = findings.rule(endpoint, reference)
    return Section(file_name(endpoint, reference), f"{endpoint} beyond {rule}", tuple(blocks))


def _tables(*found: Table | None) -> Iterator[TableBlock]:
    """Yield the tables that there are."""
    return (TableBlock(table) for table in found if table is not None)


def _tails(findings: Findings, endpoint: str) -> Iterator[Section]:
    """Yield one section on follow-up and tails, where an analysis has any."""
    tails = findings.tails(endpoint)
    if not tails:
        return
    rebuilt = any(arm.evidence is not None for analysis, _ in tails for arm in analysis.arms)
    blocks: list[Block] = (
        [
            Prose(
                "Of arms that were rebuilt, profiles, follow-up and tails are those of the most"
                " typical history: their intervals do not carry that other histories fit too."
                " Value frameworks are judged in all of them."
            )
        ]
        if rebuilt
        else []
    )
    blocks += _tables(
        follow_up_table(findings, endpoint),
        tail_table(findings, endpoint),
        tail_contrast_table(findings, endpoint),
        model_table(findings, endpoint),
        award_table(findings, endpoint),
    )
    name = file_name(endpoint, "tails")
    yield Section(name, f"{endpoint}: follow-up and what the tails are made of", tuple(blocks))


def _contrasts(findings: Findings, endpoint: str, reference: Reference) -> Iterator[Block]:
    """Yield the contrasts within trials, pooled: the primary answer where trials are randomised."""
    found = findings.contrast_syntheses(endpoint, reference)
    measure = findings.settings.pool.pooled_measure
    main = next((one for one in found if one.measure == measure), None)
    if main is None:
        return
    if main.overall is None:
        yield Prose(f"Contrasts within trials were not pooled: {main.reason}.")
        return
    yield contrast_forest(findings, main)
    yield TableBlock(pooled_contrast_table(findings, found, measure))
    without = without_table(findings, main)
    if without is not None:
        yield TableBlock(without)


def _networks(findings: Findings, endpoint: str, reference: Reference) -> Iterator[Block]:
    """Yield the classes compared through common controls."""
    for one in findings.results.networks:
        if (one.endpoint, one.reference) != (endpoint, reference):
            continue
        if one.network is None:
            yield Prose(f"Classes were not compared through common controls: {one.reason}.")
            continue
        for note in one.network.notes:
            yield Prose(note)
        for part in one.network.components:
            yield network_figure(findings, one, part)
            yield TableBlock(network_table(findings, one, part))
            yield ranking_figure(findings, one, part)
            yield TableBlock(rank_table(findings, one, part))


def _synthesis(findings: Findings, synthesis: Synthesis, *, arms: bool) -> Iterator[Block]:
    """Yield the pooled answers of one grouping, with its arms or its classes only."""
    by = column_in_words(synthesis.by)
    if not synthesis.rows:
        yield Prose(f"No arm has a {by}: nothing was pooled by it.")
        return
    yield forest_figure(findings, synthesis, arms=arms)
    yield TableBlock(pooled_table(findings, synthesis))
    differences = difference_table(findings, synthesis)
    if differences is not None:
        yield TableBlock(differences)
    elif synthesis.reason:
        yield Prose(f"The classes of {by} were not compared: {synthesis.reason}.")


def _why_they_differ(synthesis: Synthesis) -> Prose:
    """Return why the plain mean is not the model's answer."""
    text = (
        "The plain mean counts every arm alike. The model weighs arms by how precisely they are"
        " known and by how much arms differ among themselves, and works on the logit scale, whose"
        " centre lies nearer to the typical arm than to the mean of skewed proportions."
    )
    if any(arm.status == "zero" for arm in synthesis.left_out):
        text += (
            " Arms whose curve had reached 0 count as 0 in the plain mean and, without a standard"
            " error, are not in the model: leaving them out moves its value up."
        )
    names = (file_name(kind, *_place(synthesis)) for kind in ("forest", "pooled"))
    return Prose(text, see=tuple(names))


def _place(synthesis: Synthesis) -> tuple[str, str, str]:
    return synthesis.endpoint, synthesis.reference, synthesis.by


def _gaps(findings: Findings) -> Section:
    """Return what is not estimable and why, and whether the gaps fall on one class."""
    firsts = [
        found[0]
        for endpoint in findings.endpoints
        for reference in findings.settings.reference
        if (found := findings.syntheses(endpoint, reference))
    ]
    blocks: list[Block] = []
    for synthesis in firsts:
        left_out = left_out_table(findings, synthesis)
        if left_out is None:
            continue
        names = tuple(file_name(kind, *_place(synthesis)) for kind in ("gaps", "left-out"))
        blocks.append(Prose(_where_gaps_fall(findings, synthesis), see=names))
        if synthesis.rows:
            blocks.append(TableBlock(gap_table(findings, synthesis)))
        blocks.append(TableBlock(left_out))
    if blocks:
        blocks.insert(
            0,
            Prose(
                "An arm is not estimable where its follow-up is short for its threshold, or where"
                " it has no reference median. Leaving such arms out can bias a comparison of"
                " classes when they fall on one class more than on another. Their bounds are those"
                " of the sample's own curve; the upper limit beside them adds its sampling error."
            ),
        )
    blocks += _missing(findings)
    return Section("not-estimable", "What is not estimable, and why", tuple(blocks))


def _checks(findings: Findings) -> Section:
    """Return what a reader asks of the pooled contrasts."""
    blocks: list[Block] = []
    for one in findings.results.checks:
        if one.reference == findings.settings.reference[0] or one.reference != "own":
            blocks += check_blocks(findings, one)
    return Section("checks", "Does the answer hold", tuple(blocks))


def _missing(findings: Findings) -> Iterator[Block]:
    """Yield what arms that do not reach their threshold may change."""
    for one in findings.results.missing_arms:
        if one.found is None:
            rule = findings.rule(one.endpoint, one.reference)
            yield Prose(
                f"{one.endpoint} beyond {rule}: what the missing arms may change was not modelled:"
                f" {one.reason}."
            )
            continue
        yield TableBlock(missing_arm_table(findings, one, one.found))
        yield from _tables(missing_pair_table(findings, one, one.found))
        mixture = mixture_figure(findings, one, one.found)
        if mixture is not None:
            yield mixture


def _where_gaps_fall(findings: Findings, synthesis: Synthesis) -> str:
    """Return a sentence that answers whether the gaps fall on one class."""
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    head = f"{synthesis.endpoint} beyond {rule}:"
    gaps = [(row, row.n_arms - row.n_estimable) for row in synthesis.rows]
    missing = sum(gap for _, gap in gaps)
    arms = sum(row.n_arms for row, _ in gaps)
    if not missing:
        return f"{head} every arm with a class has a durable response."
    holders = [f"{gap} of {row.n_arms} {row.name}" for row, gap in gaps if gap]
    verb = "is" if missing == 1 else "are"
    text = f"{head} {missing} of {arms} arms {verb} not estimable ({'; '.join(holders)})."
    if len(gaps) == 1 or missing == 1:
        return text
    if len(holders) == 1:
        return f"{text} All of them are of one class."
    most, gap = max(gaps, key=lambda pair: pair[1] / pair[0].n_arms)
    others = (missing - gap) / (arms - most.n_arms)
    if gap / most.n_arms <= others:
        return f"{text} The share is the same in every class."
    return (
        f"{text} The share is largest in {most.name}: {percent(gap / most.n_arms, 0)}% of its arms,"
        f" {percent(others, 0)}% of all others."
    )


def _facts(findings: Findings) -> Iterator[Block]:
    """Yield what was published of arms without a curve."""
    table = fact_table(findings)
    if table is None:
        return
    yield Prose(
        "No curve of these arms is at hand, or it stands beside one that is. Their durable response"
        " is that of the curves which agree with what was printed, with an interval that is wide"
        " where nothing was. It is marked as published facts wherever it appears."
    )
    yield TableBlock(table)


def _evidence(findings: Findings) -> Section:
    figure, table = evidence_figure(findings), evidence_table(findings)
    each = reconstruction_figure(findings)
    blocks: list[Block] = [figure] if figure else []
    blocks += [TableBlock(table)] if table else []
    blocks += [each] if each else []
    return Section("evidence", "Evidence of the reconstructions", tuple(blocks))


def _repairs(findings: Findings) -> Section:
    """Return what was repaired or left out on the way in, each once."""
    notices = dict.fromkeys(findings.results.notices)
    misfits: list[str] = []
    for analysis in findings.results.analyses:
        for arm in analysis.arms:
            label = findings.arm_label(analysis.trial, arm.arm)
            place = f"{findings.place_label(analysis)}, {label}"
            misfits += [
                f"{place}, {analysis.endpoint}: {warning}"
                for warning in arm.warnings
                if not any(warning in notice for notice in notices)
            ]
    blocks: list[Block] = []
    if misfits:
        blocks += [
            Prose(
                "What was published of these arms could not all be met, or had to be completed by"
                " an assumption. A large disagreement is most often a wrong unit, a swapped column"
                " or a typing error:"
            ),
            Bullets(tuple(misfits)),
        ]
    if notices:
        blocks += [Prose("Repaired, or read in an unusual way:"), Bullets(tuple(notices))]
    if not blocks:
        blocks = [Prose("Nothing had to be repaired, and nothing disagrees.")]
    return Section("repairs", "What does not fit, and what was repaired", tuple(blocks))
