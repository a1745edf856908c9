"""A network of treatments: what was compared, what follows, whether evidence agrees, ranks."""

from dataclasses import dataclass

from perdure.records.estimate import Reference
from perdure.records.pooled import Coefficient, Heterogeneity, JointTest, LeftOut, Pooled

__all__ = [
    "ClassNetwork",
    "Comparison",
    "DesignHeterogeneity",
    "Edge",
    "EvidenceSplit",
    "Inconsistency",
    "Network",
    "NetworkComponent",
    "Rank",
]


@dataclass(frozen=True)
class Edge:
    """Two treatments that trials compared directly.

    Attributes
    ----------
    treatment, comparator : str
    n_trials : int
    """

    treatment: str
    comparator: str
    n_trials: int


@dataclass(frozen=True)
class Comparison:
    """One treatment against another, by all evidence of the network.

    Attributes
    ----------
    treatment, comparator : str
    estimate, se : float
        ``treatment`` minus ``comparator`` on the scale of the effects.
    df : float or None
        None for a normal reference distribution.
    ci_low, ci_high, p : float
    prediction_low, prediction_high : float or None
        Of the true effect in a further trial; None for a common effect.
    n_trials : int
        Trials that compared the two directly.
    evidence : tuple of float
        One for each edge of the component: by how much the estimate moves with the direct estimate
        of the edge. A row of the hat matrix: its absolute values are shares of a flow from the
        treatment to the comparator.
    """

    treatment: str
    comparator: str
    estimate: float
    se: float
    df: float | None
    ci_low: float
    ci_high: float
    p: float
    prediction_low: float | None
    prediction_high: float | None
    n_trials: int
    evidence: tuple[float, ...]

    @property
    def contributions(self) -> tuple[float, ...]:
        """Per cent of the sum of absolute evidence that each edge brings."""
        whole = sum(abs(value) for value in self.evidence)
        return tuple(100 * abs(value) / whole for value in self.evidence)


@dataclass(frozen=True)
class EvidenceSplit:
    """A comparison split into what trials saw directly and what follows from the others.

    Attributes
    ----------
    treatment, comparator : str
    n_trials : int
        Trials with direct evidence.
    direct, indirect, difference : Coefficient or None
        ``difference`` is direct minus indirect; its p tests that they agree.
    direct_share : float
        Share of the network's estimate that is direct, 0 to 1.
    reason : str or None
        Why direct or indirect evidence is missing.
    """

    treatment: str
    comparator: str
    n_trials: int
    direct: Coefficient | None
    indirect: Coefficient | None
    difference: Coefficient | None
    direct_share: float
    reason: str | None


@dataclass(frozen=True)
class DesignHeterogeneity:
    """The trials that compared one set of treatments.

    Attributes
    ----------
    treatments : tuple of str
    n_trials : int
    within : JointTest or None
        Of differences between these trials; None with no more contrasts than comparisons.
    detached : JointTest or None
        Of inconsistency between designs once this design has effects of its own; None where that
        frees nothing or leaves nothing to test.
    """

    treatments: tuple[str, ...]
    n_trials: int
    within: JointTest | None
    detached: JointTest | None


@dataclass(frozen=True)
class Inconsistency:
    """Whether trials of one design agree, and designs with each other.

    Attributes
    ----------
    total, within, between : JointTest or None
        Q with common-effect weights, split; None without degrees of freedom.
    designs : tuple of DesignHeterogeneity
    interaction : JointTest or None
        Of all inconsistency parameters of the design-by-treatment interaction model, with a tau2
        of differences within designs.
    interaction_tau2 : float or None
        That tau2.
    reason : str or None
        Why there is no test between designs, or no random-effects one.
    """

    total: JointTest | None
    within: JointTest | None
    between: JointTest | None
    designs: tuple[DesignHeterogeneity, ...]
    interaction: JointTest | None
    interaction_tau2: float | None
    reason: str | None


@dataclass(frozen=True)
class Rank:
    """Where a treatment stands.

    Attributes
    ----------
    treatment : str
    p_score : float
        Mean certainty that it is better than another treatment of the component, 0 to 1.
    probabilities : tuple of float
        Of rank 1 (best), 2, ..., simulated.
    mean_rank : float
        From ``probabilities``.
    sucra : float
        Surface under the cumulative ranking curve, from ``probabilities``.
    """

    treatment: str
    p_score: float
    probabilities: tuple[float, ...]
    mean_rank: float
    sucra: float


@dataclass(frozen=True)
class NetworkComponent:
    """Treatments that trials connect, with all that follows for them.

    Attributes
    ----------
    treatments : tuple of str
        In order of first appearance.
    reference : str
        Against which the coefficients of ``pooled`` stand.
    trials : tuple of str
    edges : tuple of Edge
    pooled : Pooled
    heterogeneity : Heterogeneity or None
        With limits; None for a common effect.
    comparisons : tuple of Comparison
        Every pair once, in the order of ``treatments``: the later one minus the earlier one.
    splits : tuple of EvidenceSplit
        One for each pair, in the same order.
    inconsistency : Inconsistency
    ranks : tuple of Rank
        By P-score, the best first.
    notes : tuple of str
    """

    treatments: tuple[str, ...]
    reference: str
    trials: tuple[str, ...]
    edges: tuple[Edge, ...]
    pooled: Pooled
    heterogeneity: Heterogeneity | None
    comparisons: tuple[Comparison, ...]
    splits: tuple[EvidenceSplit, ...]
    inconsistency: Inconsistency
    ranks: tuple[Rank, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """A network meta-analysis.

    Attributes
    ----------
    components : tuple of NetworkComponent
        One where trials connect all treatments.
    larger_is_better : bool
    left_out : tuple of str
        Trials that compare nothing: all their arms are of one treatment.
    notes : tuple of str
        What a reader should know, as that the network falls apart.
    """

    components: tuple[NetworkComponent, ...]
    larger_is_better: bool
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClassNetwork:
    """Classes of arms compared through their common controls, of one endpoint at one threshold.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    by : str
        The column that names the classes.
    network : Network or None
        On the log odds ratio; None with a ``reason``.
    left_out : tuple of LeftOut
        Arms that are not in it.
    reason : str or None
    """

    endpoint: str
    k: float | None
    reference: Reference
    by: str
    network: Network | None
    left_out: tuple[LeftOut, ...]
    reason: str | None = None
