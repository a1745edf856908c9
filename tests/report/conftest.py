"""A study with everything that a report must survive, and its results, made by the stages below.

Trials are simulated with numpy; curves are read off them with rounding, as a reader would have
them; durable response and the pooled answers come from the stages, so that the numbers agree.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from perdure.durable import (
    durability_profile,
    durable_trial,
    follow_up,
    tail_awards,
    tail_thresholds,
    trial_tail,
)
from perdure.pipeline.synthesise import synthesise_contrasts
from perdure.pool import pool_by_class
from perdure.records import (
    AnalysisResult,
    Arm,
    ArmAwards,
    ArmCovariance,
    ArmEstimate,
    ArmResult,
    Curve,
    DurableResponse,
    Evidence,
    Patients,
    Proportion,
    Reference,
    Reported,
    Results,
    RiskCheck,
    Source,
    Synthesis,
    TailResult,
    Trial,
    TrialContrast,
    classes_of,
)
from perdure.report.blocks import Block, Document, FigureBlock, Prose, Shown
from perdure.report.document import document_of
from perdure.report.findings import Findings
from perdure.study import EndpointSettings, PoolSettings, Settings
from perdure.survival import kaplan_meier, median

ICI, CHEMO, OTHER = "anti-PD-1/PD-L1", "chemotherapy", "targeted <therapy> & others"
K = {"PFS": 3.0, "OS": 2.0}
LONG = "GOLF, a trial whose name no panel, no table cell and no forest row can hold on one line"
NASTY = '<script>alert("x")</script> & $x_1$'


@dataclass(frozen=True)
class Plan:
    """One arm to simulate: shape and scale of its Weibull times, end of follow-up."""

    arm: str
    label: str
    drug_class: str
    comparator: str | None
    n: int
    shape: float
    scale: float
    follow_up: float
    accrual: float = 12.0


@dataclass(frozen=True)
class TrialPlan:
    trial: str
    label: str
    year: int | None
    tumour: str
    line: str
    arms: tuple[Plan, ...]
    source: Source = "curve"
    endpoints: tuple[str, ...] = ("PFS",)


PLANS = (
    TrialPlan("alpha", "ALPHA-1", 2015, "melanoma", "first", (
        Plan("nivo", "nivolumab", ICI, "dtic", 210, 0.62, 7.0, 40),
        Plan("dtic", "dacarbazine", CHEMO, None, 208, 1.05, 3.2, 40),
    ), endpoints=("PFS", "OS")),
    TrialPlan("bravo", "BRAVO 067", 2016, "melanoma", "first", (
        Plan("combo", "nivolumab + ipilimumab every 3 weeks", ICI, "ipi", 314, 0.6, 16, 50),
        Plan("nivo", "nivolumab", ICI, "ipi", 316, 0.6, 10, 50),
        Plan("ipi", "ipilimumab", OTHER, None, 315, 0.75, 4.2, 50),
    ), source="patients"),
    TrialPlan("charlie", "CHARLIE-010", 2017, "lung, non-small-cell", "second", (
        Plan("pembro", "pembrolizumab 2 mg/kg", ICI, "docetaxel", 120, 0.55, 60, 20, 10),
        Plan("docetaxel", "docetaxel", CHEMO, None, 122, 1.1, 5.0, 20, 10),
    )),
    TrialPlan("delta", "Délta – étude française 试验", 2017, "rein", "first", (
        Plan("atezo", "atézolizumab", ICI, "suni", 40, 0.7, 6.0, 30),
        Plan("suni", "sunitinib", OTHER, None, 38, 1.0, 7.0, 30),
    )),
    TrialPlan("echo", "ECHO", 2018, "urothelial", "second", (
        Plan("durva", "durvalumab", ICI, "vinflunine", 90, 0.65, 3.0, 36),
        Plan("vinflunine", "vinflunine", CHEMO, None, 24, 2.6, 3.0, 60),
    ), source="patients"),
    TrialPlan("foxtrot", NASTY, None, "", "", (
        Plan("x", 'arm "<b>bold</b>" & co', ICI, "y", 150, 0.7, 5.0, 36),
        Plan("y", "", CHEMO, None, 150, 0.95, 4.0, 36),
    )),
    TrialPlan("golf", LONG, 2019, "gastric", "third", (
        Plan("avelumab", "avelumab", ICI, None, 180, 0.8, 2.4, 24),
    )),
)  # fmt: skip


def simulate(plan: Plan, seed: int, slower: float) -> Patients:
    """Return patients with Weibull times, staggered entry and one cut-off."""
    random = np.random.default_rng(seed)
    event = plan.scale * slower * random.weibull(plan.shape, plan.n)
    censoring = plan.follow_up - plan.accrual * random.random(plan.n)
    if plan.arm == "vinflunine":
        censoring[:] = 1e3
    return Patients(np.round(np.minimum(event, censoring), 2), event <= censoring)


def as_read(patients: Patients) -> Curve:
    """Return the curve as a reader digitises it: survival on a grid of pixels."""
    km = kaplan_meier(patients.time, patients.event)
    time = np.concatenate([[0.0], km.time])
    survival = np.concatenate([[1.0], np.asarray(km.survival)])
    return Curve(time, np.round(survival * 400) / 400, resolution=1 / 800)


def evidence(patients: Patients, curve: Curve) -> Evidence:
    """Return evidence as a reconstruction would bring it."""
    km = kaplan_meier(patients.time, patients.event)
    ticks = np.arange(0, patients.time.max(), 6)
    at_risk = [int((patients.time >= tick).sum()) for tick in ticks]
    distance = np.abs(curve.survival[1:] - km.survival)
    return Evidence(
        rmse=float(np.sqrt((distance**2).mean())),
        max_distance=float(distance.max()),
        max_distance_px=float(distance.max() * 400),
        risk=tuple(
            RiskCheck(float(tick), n, n - (order == 2))
            for order, (tick, n) in enumerate(zip(ticks, at_risk, strict=True))
        ),
        n=patients.n,
        events=patients.events,
        n_reported=patients.n,
        events_reported=patients.events + 1,
        median=median(km).value,
        median_reported=None,
        used=("curve", "numbers at risk", "events"),
    )


def trial_of(plan: TrialPlan) -> Trial:
    arms = tuple(
        Arm(
            plan.trial, arm.arm, arm.label, arm.label, arm.drug_class, arm.comparator, arm.n,
            {"PFS": Reported(arm.n)},
        )
        for arm in plan.arms
    )  # fmt: skip
    return Trial(
        plan.trial, plan.label, plan.year, "10.1056/NEJMoa0000000" if plan.year else "", "",
        plan.tumour, plan.line, "III", {}, arms,
    )  # fmt: skip


def analysis_of(
    plan: TrialPlan, endpoint: str, references: tuple[Reference, ...], name: str = ""
) -> AnalysisResult:
    primary = name == ""
    slower = 1.0 if endpoint == "PFS" else 2.5
    seed = sum(map(ord, plan.trial + endpoint + name))
    patients = {arm.arm: simulate(arm, seed + order, slower) for order, arm in enumerate(plan.arms)}
    arms = []
    for arm, found in patients.items():
        if plan.source == "patients":
            arms.append(ArmResult(arm, "patients", found, None, None, None))
            continue
        curve = as_read(found)
        warning = f"curves/{plan.trial}.{endpoint}.{arm}.csv: read as percent"
        warnings = (warning,) if arm == "suni" else ()
        arms.append(
            ArmResult(arm, "curve", found, curve, evidence(found, curve), "guyot", warnings)
        )
    comparators = {arm.arm: arm.comparator for arm in plan.arms}
    estimates: list[ArmEstimate] = []
    contrasts: list[TrialContrast] = []
    covariances: dict[str, ArmCovariance] = {}
    place = (plan.trial, endpoint, name, primary)
    for reference in references:
        done = durable_trial(
            patients, k=K[endpoint], reference=reference, comparators=comparators, time=12.0
        )
        source = arms[0].source
        estimates += [ArmEstimate(*place, source, response) for response in done.responses]
        contrasts += [TrialContrast(*place, contrast) for contrast in done.contrasts]
        covariances[done.responses[0].reference] = done.covariance
    tail = tail_of(patients, endpoint, references, comparators)
    return AnalysisResult(
        *place, tuple(arms), tuple(estimates), tuple(contrasts), tail, covariances
    )


def tail_of(
    patients: dict[str, Patients],
    endpoint: str,
    references: tuple[Reference, ...],
    comparators: dict[str, str | None],
) -> TailResult:
    """Return profiles, follow-up and tails as a run makes them, with fewer resamples."""
    thresholds = tail_thresholds(
        patients, k=K[endpoint], reference=references[0], comparators=comparators, time=12.0
    )
    followed = (
        follow_up(
            arm,
            one,
            threshold=thresholds[arm].time,
            threshold_reason=thresholds[arm].reason,
            replicates=99,
        )
        for arm, one in patients.items()
    )
    awards = (
        ArmAwards(
            arm,
            control,
            tail_awards(patients[arm], patients[control], endpoint=endpoint, replicates=200),
        )
        for arm, control in comparators.items()
        if control is not None
    )
    return TailResult(
        profiles=tuple(
            durability_profile(patients, reference=reference, comparators=comparators)
            for reference in references
            if reference != "fixed"
        ),
        follow_up=tuple(followed),
        tail=trial_tail(patients, thresholds, comparators=comparators, beyond=(6.0, 12.0)),
        awards=tuple(awards),
    )


def published() -> tuple[Trial, AnalysisResult]:
    """Return a trial that is known by its printed durable response only."""
    arms = (
        Arm("hotel", "tremelimumab", "tremelimumab", "tremelimumab", OTHER, "dtic", 328),
        Arm("hotel", "dtic", "dacarbazine", "dacarbazine", CHEMO, None, 327),
    )
    estimates = tuple(
        ArmEstimate(
            "hotel", "PFS", "", primary=True, source="published", response=DurableResponse(
                arm, None, None, None, None, None, None, 3.0, "own", None,
                Proportion(value, se, low, high, None, "estimable"),
            ),
        )
        for arm, value, se, low, high in (
            ("tremelimumab", 0.21, 0.03, 0.157, 0.274), ("dtic", 0.09, 0.02, 0.058, 0.137),
        )
    )  # fmt: skip
    found = tuple(ArmResult(arm.arm, "published", None, None, None, None) for arm in arms)
    trial = Trial("hotel", "HOTEL", 2013, tumour="melanoma", line="first", arms=arms)
    analysis = AnalysisResult(
        "hotel", "PFS", "", primary=True, arms=found, estimates=estimates, contrasts=()
    )
    return trial, analysis


def pooled(
    analyses: Sequence[AnalysisResult],
    trials: Sequence[Trial],
    endpoint: str,
    reference: Reference,
    by: str,
) -> Synthesis:
    estimates = [
        estimate
        for analysis in analyses
        for estimate in analysis.estimates
        if estimate.primary
        and estimate.endpoint == endpoint
        and estimate.response.reference == reference
    ]
    return pool_by_class(estimates, classes_of(trials, by), by=by)


def example_settings(references: tuple[Reference, ...]) -> Settings:
    return Settings(
        title="Durable response to checkpoint inhibitors & <other> drugs",
        question="What proportion of patients is free of progression beyond 3 × the median?",
        time_unit="months",
        reference=references,
        seed=20190519,
        endpoints={name: EndpointSettings(k, 12.0) for name, k in K.items()},
        thin=10,
        interval="log-log",
        models=False,
        method="guyot",
        draws=50,
        own=(),
        keep_ensemble=True,
        pool=PoolSettings(("drug_class", "line"), "random", "REML", "knha"),
    )


def build(references: tuple[Reference, ...] = ("own", "control")) -> Findings:
    """Return a study and its results together."""
    analyses = []
    for plan in PLANS:
        for endpoint in plan.endpoints:
            analyses.append(analysis_of(plan, endpoint, references))
            if plan.trial == "alpha" and endpoint == "PFS":
                analyses.append(analysis_of(plan, endpoint, references, "update-2018"))
    trial, analysis = published()
    trials = (*(trial_of(plan) for plan in PLANS), trial)
    if "own" in references:
        analyses.append(analysis)
    settings = example_settings(references)
    syntheses = tuple(
        pooled(analyses, trials, endpoint, reference, by)
        for endpoint in K
        for reference in references
        for by in settings.pool.by
    )
    provenance = {"perdure": "0.1.0", "python": "3.11.2", "numpy": "2.4.6", "seed": "20190519"}
    notices = (
        "arms.csv: separated by semicolons, read as such",
        "curves/delta.PFS.suni.csv: read as percent <100>",
    )
    contrasts = synthesise_contrasts(analyses, trials, settings)
    results = Results(tuple(analyses), syntheses, provenance, notices, contrasts)
    return Findings(settings, trials, results)


@pytest.fixture(scope="session")
def findings() -> Findings:
    """A study with everything that a report must survive, and its results."""
    return build()


@pytest.fixture(scope="session")
def build_findings() -> Callable[[tuple[Reference, ...]], Findings]:
    """Make the study under other references."""
    return build


@pytest.fixture(scope="session")
def document(findings: Findings) -> Document:
    """The report of that study, before it has a format."""
    return document_of(findings)


@pytest.fixture(scope="session")
def short_document(document: Document) -> Document:
    """A part of it with every kind of block and the same numbers, quick to render."""
    kept = tuple(
        replace(section, sections=(), blocks=tuple(_few(section.blocks)))
        for section in document.sections
    )
    summary = tuple(replace(one, mentions=()) for one in document.summary)
    sections = tuple(one for one in kept if one.blocks)
    return replace(document, summary=summary, sections=sections)


def _few(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, FigureBlock):
            yield replace(block, pictures=block.pictures[:2])
        elif not isinstance(block, Prose | Shown):
            yield block
