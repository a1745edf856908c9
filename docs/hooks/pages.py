"""Pages that are made when the documentation is built, from what they describe.

The command line comes from typer, the files of a study from the template that `perdure new`
writes, the validation pages and the changelog from their own files: none of them is kept twice.

Links lead somewhere in the repository too, where these pages are not: in docs/reference each has a
page in its place that says so, and a link to a validation page is one to its own file.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.main import get_command

from perdure.cli.app import app
from perdure.study import new

__all__ = ["on_config", "on_files", "on_page_content", "on_page_markdown", "on_post_build"]

ROOT = Path(__file__).parents[2]
LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["']?(?:https?:)?//[^>]*>""")
FIGURE = re.compile(r'<p>(<img\b[^>]*\bsrc="([^":]+)"[^>]*>)</p>')
SVG_WIDTH = re.compile(rb'<svg\b[^>]*?\bwidth="([\d.]+)pt"')
PHONE = 400.0
"""Points: a drawing that is wider cannot be read at the width of a phone."""

ROLES = re.compile(r":(?:func|class|meth|mod|attr|data):<code>~?(?:perdure\.)?")


COMMANDS = """\
# The command line

Exit status: 0 done, 1 the input is wrong, 2 wrong usage, 130 stopped by Ctrl-C. With `--json`, one
JSON object on standard output and nothing else; words go to standard error.
"""


VALIDATION = (
    "digitising",
    "coverage",
    "reconstruct_coverage",
    "which_history",
    "scans",
    "tail",
    "pooling",
    "pooling_missing",
    "published",
    "metafor",
    "real_trials",
)
"""In the order of reading; a page that is not named here comes after them."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every validation page into the navigation."""
    there = sorted(page.stem for page in (ROOT / "validation").glob("*.md"))
    order = [name for name in VALIDATION if name in there]
    order += [name for name in there if name not in VALIDATION]
    for part in cast("list[Any]", config.nav):
        if isinstance(part, dict) and "Validation" in part:
            part["Validation"] += [f"validation/{name}.md" for name in order]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are written from other files."""
    for name, text in _made().items():
        in_its_place = files.get_file_from_path(name)
        if in_its_place is not None:
            files.remove(in_its_place)
        files.append(File.generated(config, name, content=text))
    for table in sorted((ROOT / "validation").glob("*.csv")):
        where = f"validation/{table.name}"
        files.append(File.generated(config, where, abs_src_path=str(table)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to the files of the validation pages, outside of docs/, to their pages."""
    up = "../" * page.file.src_uri.count("/")
    return markdown.replace(f"](../{up}validation/", f"]({up}validation/")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let figures open alone; show roles of docstrings, for readers of the source, as code."""
    if page.file.src_uri.startswith("reference/api/"):
        return ROLES.sub("<code>", html)
    folder = (Path(config.docs_dir) / page.file.src_uri).parent
    return FIGURE.sub(lambda found: _figure(found, folder), html)


def _figure(found: re.Match[str], folder: Path) -> str:
    """Return a figure as a link to itself, marked where it is too wide for a phone."""
    image, source = found.groups()
    width = SVG_WIDTH.search((folder / source).read_bytes()[:2000])
    kind = "figure wide" if width and float(width[1]) > PHONE else "figure"
    return f'<p class="{kind}"><a href="{source}" title="Open the figure alone">{image}</a></p>'


def on_post_build(config: MkDocsConfig) -> None:
    """Stop where a page would fetch anything: the pages are to be read without a network."""
    for page in sorted(Path(config.site_dir).rglob("*.html")):
        for tag in LOADED.findall(page.read_text(encoding="utf-8")):
            raise PluginError(
                f"{page.relative_to(config.site_dir)} fetches from the network: {tag}"
            )


def _made() -> dict[str, str]:
    pages = {
        f"validation/{page.name}": _with_table(page)
        for page in sorted((ROOT / "validation").glob("*.md"))
    }
    pages["changelog.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pages["reference/commands.md"] = _commands()
    pages["reference/study.md"] = _study()
    return pages


def _with_table(page: Path) -> str:
    """Return a validation page, with a link to the table of its numbers where there is one."""
    text = page.read_text(encoding="utf-8")
    if not page.with_suffix(".csv").exists():
        return text
    head, what_it_means, rest = text.partition("\n**What it means.**")
    says, _, rest = rest.partition("\n\n")
    link = f"[Every number as a table]({page.stem}.csv)"
    return f"{head}{what_it_means}{says}\n\n{link}\n\n{rest}"


def _commands() -> str:
    parts = [COMMANDS]
    for name, command in cast("Any", get_command(app)).commands.items():
        parts.append(f"## perdure {name}\n\n{_paragraphs(command.help)}\n")
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
        words = [_metavar(a) if a.required else f"[{_metavar(a)}]" for a in arguments]
        usage = " ".join(["perdure", name, *words])
        parts.append(f"```text\n{usage}{' [OPTIONS]' if options else ''}\n```\n")
        rows = [(_metavar(argument), argument) for argument in arguments]
        rows += [(_words(option), option) for option in options]
        parts.append("| | | default |\n| --- | --- | --- |")
        kinds = get_type_hints(command.callback)
        parts += [
            f"| {label} | {_meaning(item, kinds.get(item.name))} | {_default(item)} |"
            for label, item in rows
        ]
        parts.append("")
    return "\n".join(parts)


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("[]")


def _words(option: Any) -> str:
    """Return the option as it is written, with what turns it off where there is such a word."""
    on, off = (", ".join(f"`{word}`" for word in o) for o in (option.opts, option.secondary_opts))
    return f"{on} / {off}" if off else on


def _meaning(item: Any, kind: object) -> str:
    """Return what an option says of itself, and the words that it takes where they are given."""
    inner = [kind, *get_args(kind)]
    words = [word for one in inner if get_origin(one) is Literal for word in get_args(one)]
    values = ", ".join(f"`{word}`" for word in words)
    return f"{_cell(item.help)} One of {values}." if values else _cell(item.help)


def _paragraphs(text: str | None) -> str:
    return (text or "").replace("\f", "").replace("*", "\\*").strip()


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|").replace("*", "\\*")


def _default(item: Any) -> str:
    if item.required:
        return "needed"
    value = item.default
    if value in (None, False, (), []) or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"


def _study() -> str:
    """Show the files that `perdure new` writes: they explain themselves."""
    with TemporaryDirectory() as folder:
        study = Path(folder) / "my-study"
        new(study)
        readme = (study / "README.txt").read_text(encoding="utf-8").replace(str(study), "my-study")
        settings = (study / "study.toml").read_text(encoding="utf-8")
    return (
        "---\nhide:\n  - toc\n---\n"
        "# Files of a study\n\n`perdure new my-study` writes this explanation into the folder, as"
        " `README.txt`, and the settings with what each means, as `study.toml`.\n\n"
        f"## README.txt\n\n~~~~ {{ .text .as-written }}\n{readme}\n~~~~\n\n"
        f"## study.toml\n\n~~~~toml\n{settings}\n~~~~\n"
    )
