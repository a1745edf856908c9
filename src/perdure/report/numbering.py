"""Numbers for sections, tables and figures, in reading order, and the text that refers to them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count, groupby

from perdure.report.blocks import (
    Block,
    FigureBlock,
    Mention,
    Prose,
    Section,
    Shown,
    TableBlock,
    blocks_of,
)

__all__ = ["mentions_of", "numbered", "with_mentions"]


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return the sections with numbers for themselves, their tables and their figures.

    Prose that names what shows it refers to it by number, and every section with tables or figures
    begins with what it shows: the text refers to each of them, as journals want.
    """
    counted = _counted(sections)
    return tuple(_referring(section, mentions_of(counted)) for section in counted)


def mentions_of(sections: Iterable[Section]) -> dict[str, Mention]:
    """Return how the text refers to each table and figure, by the kind and name of its file.

    Names are those of files: a table and a picture may share one; both are then mentioned.
    """
    found = (_mention(block) for block in blocks_of(sections))
    return {f"{one.kind} {one.name}": one for one in found if one is not None}


def with_mentions(prose: Prose, known: Mapping[str, Mention]) -> Prose:
    """Return a paragraph that refers by number to what shows it."""
    names = (f"{kind} {name}" for name in prose.see for kind in ("Figure", "Table"))
    return replace(prose, mentions=tuple(known[name] for name in names if name in known))


def _mention(block: Block) -> Mention | None:
    if isinstance(block, TableBlock):
        return Mention(block.table.name, "Table", block.number)
    if isinstance(block, FigureBlock):
        pages = len(block.pictures) > 1
        name = block.pictures[0].name
        return Mention(name.removesuffix(".1") if pages else name, "Figure", block.number)
    return None


def _counted(sections: Iterable[Section]) -> tuple[Section, ...]:
    tables, figures = count(1), count(1)

    def number_block(block: Block) -> Block:
        if isinstance(block, TableBlock):
            return replace(block, number=next(tables))
        if isinstance(block, FigureBlock):
            return replace(block, number=next(figures))
        return block

    def number_section(section: Section, number: str) -> Section:
        return replace(
            section,
            number=number,
            blocks=tuple(number_block(block) for block in section.blocks),
            sections=tuple(
                number_section(inner, f"{number}.{place}")
                for place, inner in enumerate(section.sections, start=1)
            ),
        )

    return tuple(number_section(section, str(place)) for place, section in enumerate(sections, 1))


def _referring(section: Section, known: Mapping[str, Mention]) -> Section:
    """Return a section whose text refers to tables and figures."""
    blocks = tuple(
        with_mentions(block, known) if isinstance(block, Prose) else block
        for block in section.blocks
    )
    shown = _shown(section.blocks)
    return replace(
        section,
        blocks=((shown,) if shown.subjects else ()) + blocks,
        sections=tuple(_referring(inner, known) for inner in section.sections),
    )


def _shown(blocks: Iterable[Block]) -> Shown:
    """Return what blocks show; neighbours on one subject stand together."""
    found = [
        (_subject(block.caption if isinstance(block, FigureBlock) else block.table.caption), one)
        for block in blocks
        if isinstance(block, TableBlock | FigureBlock) and (one := _mention(block)) is not None
    ]
    return Shown(
        tuple(
            (subject, tuple(one for _, one in together))
            for subject, together in groupby(found, key=lambda pair: pair[0])
        )
    )


def _subject(caption: str) -> str:
    """Return a caption without the endpoint and the threshold, which the section's title says."""
    return caption.partition(": ")[0]
