"""The kinds of figures: which looks journals have that the simulated figures have not."""

from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from figure_kinds import GREYS, PALE, Arm, Kind, Look

PLAIN = Look()
DARK = replace(PLAIN, ground="#10151c", ink="white", colours=PALE)
TABLE = replace(PLAIN, table="below", box=(0.18, 0.36, 0.76, 0.58))
THIRDS = tuple((0.075 + 0.325 * at, 0.2, 0.24, 0.66) for at in range(3))
HALVES = ((0.09, 0.17, 0.38, 0.7), (0.58, 0.17, 0.38, 0.7))
SIX = ("-", "--", ":", "-.", "-", "--")


def _facts(plot: Any, arms: list[Arm]) -> None:
    text = "Hazard ratio 0.67 (95% CI, 0.52-0.85)\nP = 0.007 by log-rank test"
    plot.text(0.03, 0.06, text, transform=plot.transAxes, size=8)


def _printed_table(plot: Any, arms: list[Arm]) -> None:
    rows = [
        "              Events/N   Median (mo)   95% CI",
        "Nivolumab   101/180      18.4      15.1-22.0",
    ]
    rows += ["Docetaxel   133/180      11.9      9.8-13.7"]
    for at, row in enumerate(rows):
        plot.text(0.38, 0.97 - 0.055 * at, row, transform=plot.transAxes, size=7)


def _arrows(plot: Any, arms: list[Arm]) -> None:
    for at, arm in enumerate(arms):
        x = (8.0, 14.0)[at]
        y = float(arm.at(x))  # type: ignore[arg-type]
        text = (x + 6, y + 0.12) if at == 0 else (x - 11, y - 0.14)
        plot.annotate(arm.label, (x, y), text, arrowprops={"arrowstyle": "->"}, size=9)


def _medians(plot: Any, arms: list[Arm]) -> None:
    for arm in arms:
        below = arm.steps[arm.survival <= 0.5]
        if len(below):
            plot.plot([0, below[0], below[0]], [0.5, 0.5, 0], "k:", lw=1)


def _landmark(plot: Any, arms: list[Arm]) -> None:
    for x in (12, 24):
        plot.axvline(x, color="grey", ls="--", lw=0.8)
        for arm in arms:
            y = float(arm.at(x))  # type: ignore[arg-type]
            plot.text(x + 0.5, y + 0.03, f"{100 * y:.1f}%", size=7)


def _inset(plot: Any, arms: list[Arm]) -> None:
    small = plot.inset_axes((0.62, 0.55, 0.36, 0.36))
    for arm, colour in zip(arms, ("#0072B5", "#BC3C29"), strict=True):
        small.step(arm.steps, arm.survival, where="post", color=colour, lw=1)
    small.set_xlim(0, 12)
    small.set_ylim(0.6, 1)
    small.tick_params(labelsize=6)


def _log_axis(plot: Any, arms: list[Arm]) -> None:
    plot.set_xscale("log")
    plot.set_xlim(1, 100)
    plot.set_xticks([1, 3, 10, 30, 100], labels=["1", "3", "10", "30", "100"])
    plot.minorticks_off()


def _log_survival(plot: Any, arms: list[Arm]) -> None:
    plot.set_yscale("log")
    plot.set_ylim(0.1, 1)
    plot.set_yticks([0.1, 0.2, 0.5, 1.0], labels=["0.1", "0.2", "0.5", "1.0"])
    plot.minorticks_off()


def _broken(plot: Any, arms: list[Arm]) -> None:
    plot.set_yticks([0.4, 0.6, 0.8, 1.0], labels=["0", "0.6", "0.8", "1.0"])
    plot.text(-0.015, 0.16, "//", transform=plot.transAxes, rotation=60)


def _title(figure: Figure) -> None:
    figure.text(
        0.02, 0.95, "A  Kaplan-Meier Estimates of Overall Survival in 360 Patients", weight="bold"
    )
    note = (
        "CI denotes confidence interval, HR hazard ratio. Tick marks show 12 censored patients;\n"
    )
    figure.text(
        0.02,
        0.01,
        note + "the data cutoff date was 30 June 2021, 36 months after 1 June 2018.",
        size=6.5,
    )


def _letters(figure: Figure) -> None:
    for at, left in enumerate((0.01, 0.34, 0.66)):
        figure.text(left, 0.92, "ABC"[at], weight="bold", size=14)


def _two_letters(figure: Figure) -> None:
    for at, left in enumerate((0.01, 0.5)):
        figure.text(left, 0.92, "AB"[at], weight="bold", size=14)


def _shared_legend(figure: Figure) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=2, frameon=False)


def _forest(figure: Figure) -> None:
    plot: Any = figure.add_axes((0.68, 0.17, 0.3, 0.7))
    for at, ratio in enumerate((0.6, 0.8, 1.1, 0.7)):
        plot.plot([ratio * 0.7, ratio * 1.4], [at, at], "k-")
        plot.plot(ratio, at, "ks", ms=5)
    plot.axvline(1, color="k", ls="--")
    plot.set_yticks(range(4), labels=["Age <65", "Age >=65", "Male", "Female"], size=7)
    plot.set_xticks([0.5, 1.0, 1.5, 2.0])
    plot.set_xlabel("Hazard ratio")


def _bars(figure: Figure) -> None:
    plot: Any = figure.add_axes((0.7, 0.17, 0.28, 0.7))
    plot.bar(["Nivo", "Doce"], [42, 17], color=["#0072B5", "#BC3C29"])
    plot.set_ylim(0, 100)
    plot.set_yticks(range(0, 101, 20))
    plot.set_ylabel("Response (%)")


def _swatch_note(figure: Figure) -> None:
    figure.add_artist(Rectangle((0, 0), 1, 1, fill=False, lw=1, transform=figure.transFigure))


WIDE = (13.0, 4.6)
THREE = tuple(
    replace(PLAIN, box=box, seed=at + 1, legend="direct", step=12) for at, box in enumerate(THIRDS)
)
TWO = tuple(replace(PLAIN, box=box, seed=at + 1, legend="") for at, box in enumerate(HALVES))


def _one(look: Look, **more: Any) -> Kind:
    return Kind((look,), **more)


KINDS: dict[str, Kind] = {
    "right_axis": _one(replace(PLAIN, right=True, box=(0.06, 0.17, 0.78, 0.74)), vector=True),
    "right_axis_percent": _one(
        replace(PLAIN, right=True, percent="p", frame=True, box=(0.06, 0.17, 0.78, 0.74)),
        damage="jpg",
    ),
    "dark": _one(DARK, vector=True),
    "dark_table": _one(replace(DARK, table="below", box=TABLE.box), damage="jpg"),
    "black_slide": _one(
        replace(DARK, ground="black", arms=3, percent="%", legend="direct", marks="|"), pixels=1600
    ),
    "area": _one(replace(PLAIN, limits="area"), vector=True),
    "table_above": _one(replace(PLAIN, table="above", box=(0.18, 0.15, 0.76, 0.62))),
    "table_events": _one(replace(TABLE, table="events"), inches=(8, 5.4), pixels=1400, vector=True),
    "table_swatches": _one(replace(TABLE, table="swatches")),
    "arms4": _one(replace(TABLE, arms=4), vector=True),
    "arms5": _one(replace(TABLE, arms=5, box=(0.18, 0.42, 0.76, 0.54)), pixels=1400),
    "arms6": _one(replace(PLAIN, arms=6), pixels=1400, vector=True),
    "arms6_dashes": _one(replace(PLAIN, arms=6, colours=("black",) * 6, dashes=SIX), pixels=1600),
    "greys": _one(replace(PLAIN, arms=3, colours=GREYS)),
    "thick": _one(replace(PLAIN, width=5.0)),
    "thin": _one(replace(PLAIN, width=0.5)),
    "quarters": _one(replace(PLAIN, y_step=0.25)),
    "percent_sign": _one(replace(PLAIN, percent="%", y_title="Patients alive")),
    "percent_quarters": _one(replace(PLAIN, percent="p", y_step=0.25, y_title="Survival (%)")),
    "from_forty": _one(replace(PLAIN, percent="%", y_low=0.4, shape="high", y_step=0.1)),
    "broken": _one(replace(PLAIN, y_low=0.4, shape="high", more=(_broken,)), expected="refused"),
    "log_time": _one(replace(PLAIN, more=(_log_axis,)), expected="refused"),
    "log_survival": _one(replace(PLAIN, more=(_log_survival,)), expected="refused"),
    "days": _one(
        replace(PLAIN, end=1000, step=200, x_title="Days since randomization", unit="days")
    ),
    "weeks": _one(replace(TABLE, end=52, step=13, x_title="Weeks", unit="weeks")),
    "years": _one(replace(TABLE, end=5, step=1, x_title="Years from diagnosis", unit="years")),
    "since": _one(replace(PLAIN, end=33, step=3, x_title="Months since randomization")),
    "sevens": _one(replace(PLAIN, end=49, step=7, x_title="Time (days)", unit="days")),
    "ticks_minor": _one(replace(PLAIN, ticks="minor")),
    "ticks_in": _one(replace(PLAIN, ticks="in", frame=True)),
    "ticks_none": _one(replace(PLAIN, ticks="none")),
    "before_zero": _one(replace(PLAIN, start=-6)),
    "incidence": _one(
        replace(PLAIN, events=True, y_title="Cumulative incidence"), expected="refused", vector=True
    ),
    "rising_untitled": _one(
        replace(PLAIN, events=True, y_title="Patients (%)", percent="p"), expected="refused"
    ),
    "words": _one(replace(PLAIN, more=(_facts,), box=(0.14, 0.2, 0.8, 0.68)), around=(_title,)),
    "printed_table": _one(replace(PLAIN, legend="direct", more=(_printed_table,)), pixels=1400),
    "arrows": _one(replace(PLAIN, legend="", more=(_arrows,))),
    "medians": _one(replace(TABLE, more=(_medians,)), vector=True),
    "landmarks": _one(replace(PLAIN, more=(_landmark,))),
    "bands": _one(replace(PLAIN, arms=3, limits="band"), vector=True),
    "limits_thin": _one(replace(PLAIN, limits="thin"), pixels=1400, vector=True),
    "limits_dashes": _one(replace(PLAIN, limits="dashes"), pixels=1400, vector=True),
    "inset": _one(replace(PLAIN, legend="direct", more=(_inset,)), pixels=1400, vector=True),
    "three": Kind(THREE, around=(_letters,), inches=WIDE, pixels=2000, vector=True),
    "three_small": Kind(THREE, around=(_letters,), damage="jpg", inches=WIDE, pixels=1300),
    "shared_legend": Kind(
        TWO, around=(_shared_legend, _two_letters), inches=(10, 4.6), pixels=1600, vector=True
    ),
    "forest": Kind(
        (replace(PLAIN, box=(0.09, 0.17, 0.42, 0.7)),),
        around=(_forest,),
        inches=(10, 4.6),
        pixels=1600,
    ),
    "bars": Kind(
        (replace(PLAIN, box=(0.09, 0.17, 0.46, 0.7)),),
        around=(_bars,),
        inches=(10, 4.6),
        pixels=1600,
    ),
    "late": _one(replace(PLAIN, shape="late"), vector=True),
    "zero": _one(replace(PLAIN, shape="zero"), vector=True),
    "flat": _one(replace(PLAIN, shape="flat"), vector=True),
    "short": _one(replace(PLAIN, shape="short")),
    "dense": _one(replace(PLAIN, shape="dense", marks="+")),
    "circles": _one(replace(PLAIN, marks="o"), vector=True),
    "marks_above": _one(replace(PLAIN, marks="above"), pixels=1400),
    "bordered": _one(replace(TABLE, frame=True), around=(_swatch_note,)),
    "screenshot": _one(TABLE, damage="screenshot"),
    "photograph": _one(PLAIN, damage="photograph", pixels=1400),
    "jpeg30": _one(TABLE, damage="jpg30", pixels=900),
    "fax": _one(replace(TABLE, colours=("black", "black"), dashes=SIX), damage="fax", pixels=1300),
    "cmyk": _one(TABLE, damage="cmyk"),
    "sixteen": _one(replace(TABLE, colours=GREYS), damage="sixteen"),
    "gif": _one(TABLE, damage="gif"),
    "turned": _one(PLAIN, damage="turned", expected="refused"),
    "huge": _one(TABLE, pixels=4000),
    "tiny": _one(PLAIN, pixels=350),
}
