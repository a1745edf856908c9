"""Every table and figure has its number, and the text refers to each."""

from perdure.report.blocks import (
    Document,
    FigureBlock,
    Mention,
    Picture,
    Prose,
    Section,
    Shown,
    TableBlock,
    blocks_of,
)
from perdure.report.numbering import mentions_of, numbered, with_mentions
from perdure.report.tables import Column, build_table


def table(name: str, caption: str) -> TableBlock:
    return TableBlock(build_table(name, caption, [Column("n", str, {"n": int})], [1]))


def figure(*names: str) -> FigureBlock:
    return FigureBlock("A forest: PFS", (), tuple(Picture(name, "<svg/>", "") for name in names))


def test_numbers_run_through_sections_in_reading_order(document: Document) -> None:
    assert [one.number for one in document.tables] == list(range(1, len(document.tables) + 1))
    assert [one.number for one in document.figures] == list(range(1, len(document.figures) + 1))
    assert len(document.tables) > 20


def test_the_text_refers_to_every_table_and_figure_before_it_stands(document: Document) -> None:
    said: set[str] = set()
    for block in blocks_of(document.sections):
        if isinstance(block, Shown):
            said |= {one.words for _, mentions in block.subjects for one in mentions}
        elif isinstance(block, TableBlock):
            assert f"Table {block.number}" in said
        elif isinstance(block, FigureBlock):
            assert f"Figure {block.number}" in said


def test_the_summary_leads_to_what_holds_its_numbers(document: Document) -> None:
    tables = {one.number: one.table for one in document.tables}
    pooled = [one for one in document.summary if "pooled" not in one.text]
    assert pooled
    for prose in pooled:
        figure_first, *rest = prose.mentions
        assert figure_first.kind == "Figure"
        [named] = [one for one in rest if one.kind == "Table"]
        rule = prose.text.partition("(")[2].partition(")")[0].partition(";")[0]
        assert tables[named.number].caption.endswith(rule)


def test_neighbours_on_one_subject_are_named_together() -> None:
    blocks = (figure("a"), table("b", "A forest: PFS"), table("c", "Gaps: PFS"))
    [section] = numbered([Section("s", "S", blocks)])
    assert section.blocks[0] == Shown(
        (
            ("A forest", (Mention("a", "Figure", 1), Mention("b", "Table", 1))),
            ("Gaps", (Mention("c", "Table", 2),)),
        )
    )


def test_a_figure_of_many_pages_is_found_by_its_name_and_what_is_not_there_is_not_named() -> None:
    sections = numbered([Section("s", "S", (figure("forest.1", "forest.2"),))])
    prose = with_mentions(Prose("Said.", see=("forest", "nothing")), mentions_of(sections))
    assert prose.mentions == (Mention("forest", "Figure", 1),)
