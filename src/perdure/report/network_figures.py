"""The pictures of a network of classes: what was compared with what, and where each stands."""

from perdure.plots import NetworkEdge, NetworkNode, RankRow, network_plot, ranking_plot
from perdure.plots.wording import decimals, percent
from perdure.records import ArmEstimate, Proportion, classes_of
from perdure.records.network import ClassNetwork, NetworkComponent
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings, column_in_words
from perdure.report.network_tables import component_number, component_words
from perdure.report.sentences import some
from perdure.report.tables import file_name

__all__ = ["network_figure", "ranking_figure"]


def network_figure(findings: Findings, one: ClassNetwork, part: NetworkComponent) -> FigureBlock:
    """Return the classes of a component, joined where trials compare them."""
    sizes = _sizes(findings, one, part)
    counted = "patients" if all(patients is not None for _, patients in sizes.values()) else "arms"
    nodes = [
        NetworkNode(name, arms if counted == "arms" or patients is None else patients)
        for name, (arms, patients) in sizes.items()
    ]
    edges = [NetworkEdge(edge.treatment, edge.comparator, edge.n_trials) for edge in part.edges]
    where = f"{one.endpoint} beyond {findings.rule(one.endpoint, one.reference)}"
    title = f"Network by {column_in_words(one.by)}"
    svg = network_plot(nodes, edges, size=counted, title=title).decode()
    compared = "; ".join(
        f"{edge.treatment} and {edge.comparator} in {some(edge.n_trials, 'trial')}"
        for edge in part.edges
    )
    has = ", ".join(f"{node.name} {node.size}" for node in nodes)
    alt = f"Network of {some(len(nodes), 'class', 'classes')}. Compared: {compared}. {counted}"
    note = (
        "A line joins two classes that trials compare directly, with the number of these trials."
        " Classes without a line between them are compared through others."
    )
    return FigureBlock(
        f"Which classes were compared with which: {where}{component_words(one, part)}",
        (note,),
        (Picture(_name("network", one, part), svg, f"{alt}: {has}."),),
    )


def ranking_figure(findings: Findings, one: ClassNetwork, part: NetworkComponent) -> FigureBlock:
    """Return the probability of every rank of each class."""
    rows = [RankRow(rank.treatment, rank.p_score, rank.probabilities) for rank in part.ranks]
    where = f"{one.endpoint} beyond {findings.rule(one.endpoint, one.reference)}"
    title = f"Ranking by {column_in_words(one.by)}"
    svg = ranking_plot(rows, title=title).decode()
    alt = "; ".join(
        f"{row.name}: P-score {decimals(row.p_score, 2)}, first with probability"
        f" {percent(row.probabilities[0], 0)}%"
        for row in rows
    )
    note = (
        "Rank 1 is the most durable. Bars say how sure an order is, and not how far apart classes"
        " are."
    )
    return FigureBlock(
        f"Probability of every rank: {where}{component_words(one, part)}",
        (note,),
        (Picture(_name("ranking", one, part), svg, f"Stacked bars of ranks. {alt}."),),
    )


def _name(what: str, one: ClassNetwork, part: NetworkComponent) -> str:
    return file_name(what, one.endpoint, one.reference, one.by, component_number(one, part))


def _sizes(
    findings: Findings, one: ClassNetwork, part: NetworkComponent
) -> dict[str, tuple[int, int | None]]:
    """Return arms and patients of each class in the network; no patients where some are unknown."""
    classes = classes_of(findings.trials, one.by)
    found: dict[str, tuple[int, int | None]] = dict.fromkeys(part.treatments, (0, 0))
    for row in findings.estimates(one.endpoint, one.reference):
        name = classes.get((row.trial, row.response.arm), "")
        if not row.primary or name not in found or row.trial not in part.trials:
            continue
        if _is_modelled(row):
            arms, patients = found[name]
            known = patients is not None and row.response.n is not None
            total = (patients or 0) + (row.response.n or 0)
            found[name] = (arms + 1, total if known else None)
    return found


def _is_modelled(row: ArmEstimate) -> bool:
    """Say whether an arm has a log odds with an error."""
    found = row.response.estimate
    return isinstance(found, Proportion) and bool(found.se) and 0 < found.value < 1
