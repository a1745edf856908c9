"""What a report is made of: sections of prose, tables and figures, numbered in reading order."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import ClassVar
from urllib.parse import quote

from perdure.report.citations import Citation
from perdure.report.methods_text import MethodsParagraph
from perdure.report.tables import Table

__all__ = [
    "Block",
    "Bullets",
    "FigureBlock",
    "Methods",
    "Picture",
    "Prose",
    "ReferenceList",
    "Section",
    "TableBlock",
    "blocks_of",
    "numbered",
]

POINTS_PER_PIXEL = 0.75
_SAFE_IN_URI = " !$&'()*+,-./:;=?@[]^_`{|}~"


@dataclass(frozen=True)
class Picture:
    """One SVG image.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    svg : str
    alt : str
        What it shows, for those who do not see it.
    """

    name: str
    svg: str
    alt: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the page."""
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', self.svg)
        if found is None:
            raise ValueError(f"{self.name} has no viewBox")
        width, height = (round(float(size) / POINTS_PER_PIXEL) for size in found.groups())
        return width, height

    @property
    def uri(self) -> str:
        """The image as a data URI; a sixth longer than the SVG, where base64 takes a third."""
        return f"data:image/svg+xml,{quote(self.svg, safe=_SAFE_IN_URI)}"


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class TableBlock:
    """A table with its number."""

    kind: ClassVar[str] = "table"
    table: Table
    number: int = 0


@dataclass(frozen=True)
class FigureBlock:
    """A figure of one or more images; ``panels`` lays them out as small multiples."""

    kind: ClassVar[str] = "figure"
    caption: str
    notes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    panels: bool = False
    number: int = 0


@dataclass(frozen=True)
class Methods:
    """The methods section; ``numbers`` holds each citation's place in the list of references."""

    kind: ClassVar[str] = "methods"
    paragraphs: tuple[MethodsParagraph, ...]
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class ReferenceList:
    """The papers that the methods cite, in order."""

    kind: ClassVar[str] = "references"
    citations: tuple[Citation, ...]


Block = Prose | Bullets | TableBlock | FigureBlock | Methods | ReferenceList


@dataclass(frozen=True)
class Section:
    """A section with its blocks and the sections inside it."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple["Section", ...] = field(default=())
    number: str = ""


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return the sections with numbers for themselves, their tables and their figures."""
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


def blocks_of(sections: Iterable[Section]) -> Iterator[Block]:
    """Yield every block, in reading order."""
    for section in sections:
        yield from section.blocks
        yield from blocks_of(section.sections)
