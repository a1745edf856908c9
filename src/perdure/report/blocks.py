"""What a report is made of: sections of prose, tables and figures; every format shows these."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from perdure.plots.hover import Hover
from perdure.report.citations import Citation
from perdure.report.class_filter import ClassFilter
from perdure.report.methods_text import MethodsParagraph
from perdure.report.tables import Table

__all__ = [
    "Block",
    "Bullets",
    "Document",
    "FigureBlock",
    "Mention",
    "Methods",
    "Picture",
    "Prose",
    "ReferenceList",
    "Section",
    "Shown",
    "TableBlock",
    "blocks_of",
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
    hover : HoverPanel, HoverRows or None
        What stands where, for those who point at it.
    """

    name: str
    svg: str
    alt: str
    hover: Hover | None = None

    @property
    def points(self) -> tuple[float, float]:
        """Width and height in points."""
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', self.svg)
        if found is None:
            raise ValueError(f"{self.name} has no viewBox")
        return float(found[1]), float(found[2])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the page."""
        width, height = (round(size / POINTS_PER_PIXEL) for size in self.points)
        return width, height

    @property
    def uri(self) -> str:
        """The image as a data URI; a sixth longer than the SVG, where base64 takes a third."""
        return f"data:image/svg+xml,{quote(self.svg, safe=_SAFE_IN_URI)}"


@dataclass(frozen=True)
class Mention:
    """A table or a figure that the text refers to.

    Attributes
    ----------
    name : str
        Of its file, without the ending and a page's number; of a figure's first picture.
    kind : str
        "Table" or "Figure".
    number : int

    Examples
    --------
    >>> table = Mention("trials", "Table", 1)
    >>> table.words, table.anchor
    ('Table 1', 'table-1')
    """

    name: str
    kind: str
    number: int

    @property
    def words(self) -> str:
        """What the text says."""
        return f"{self.kind} {self.number}"

    @property
    def anchor(self) -> str:
        """Where it leads."""
        return f"{self.kind.lower()}-{self.number}"


@dataclass(frozen=True)
class Prose:
    """A paragraph, and what shows it.

    Attributes
    ----------
    text : str
    see : tuple of str
        Names of the tables and figures that hold what is said; those that the report does not
        have are not mentioned.
    mentions : tuple of Mention
        The same, once they have numbers.
    """

    kind: ClassVar[str] = "prose"
    text: str
    see: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What a section shows: each subject with its tables and figures."""

    kind: ClassVar[str] = "shown"
    subjects: tuple[tuple[str, tuple[Mention, ...]], ...]


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


Block = Prose | Shown | Bullets | TableBlock | FigureBlock | Methods | ReferenceList


@dataclass(frozen=True)
class Section:
    """A section with its blocks and the sections inside it."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple["Section", ...] = field(default=())
    number: str = ""


@dataclass(frozen=True)
class Document:
    """A whole report, before it has a format.

    Attributes
    ----------
    title, question : str
    summary : tuple of Prose
    sections : tuple of Section
        Numbered.
    version : str
        Of perdure.
    filter : ClassFilter
        What rows and pictures are of which class.
    """

    title: str
    question: str
    summary: tuple[Prose, ...]
    sections: tuple[Section, ...]
    version: str
    filter: ClassFilter = field(default_factory=ClassFilter)

    @property
    def tables(self) -> tuple[TableBlock, ...]:
        """Every table, in reading order."""
        return tuple(one for one in blocks_of(self.sections) if isinstance(one, TableBlock))

    @property
    def figures(self) -> tuple[FigureBlock, ...]:
        """Every figure, in reading order."""
        return tuple(one for one in blocks_of(self.sections) if isinstance(one, FigureBlock))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The papers of the list of references."""
        blocks = blocks_of(self.sections)
        return tuple(
            citation
            for block in blocks
            if isinstance(block, ReferenceList)
            for citation in block.citations
        )


def blocks_of(sections: Iterable[Section]) -> Iterator[Block]:
    """Yield every block, in reading order."""
    for section in sections:
        yield from section.blocks
        yield from blocks_of(section.sections)
