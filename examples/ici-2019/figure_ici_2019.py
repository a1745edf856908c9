"""The figure of the comparison: own against trial reference, arm by arm."""

from collections.abc import Sequence

from numbers_ici_2019 import Arm

from perdure.plots.style import (
    GREY,
    INK,
    SMALL,
    TITLE,
    drawing,
    new_axes,
    new_figure,
    svg_text,
    write,
)

__all__ = ["own_and_trial"]

WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 620.0, 260.0, 14.0, 40.0, 12.0, 34.0
BLUE, ORANGE = "#2166ac", "#b35806"


def own_and_trial(pairs: Sequence[tuple[Arm, Arm]], title: str) -> str:
    """Draw one row an arm: a dot under its own median, an arrow to that under the trial's.

    ``pairs`` holds each arm under both references, in the order of the rows.
    """
    height = TOP + ROW * len(pairs) + FOOT
    with drawing():
        figure = new_figure(WIDTH, height)
        axes = new_axes(figure, LEFT, TOP, WIDTH - LEFT - RIGHT, ROW * len(pairs))
        end = max(one.value or 0 for pair in pairs for one in pair) * 1.08
        axes.set_xlim(0, end)
        axes.set_ylim(len(pairs) - 0.5, -0.5)
        axes.set_yticks([])
        ticks = [tick / 100 for tick in range(0, int(100 * end) + 1, 10)]
        axes.set_xticks(ticks, [f"{100 * tick:.0f}" for tick in ticks])
        for order, (own, trial) in enumerate(pairs):
            color = BLUE if own.therapy == "checkpoint inhibitor" else ORANGE
            facts = own.source == "facts"
            axes.annotate(
                "",
                (trial.value or 0.0, order),
                (own.value or 0.0, order),
                arrowprops={"arrowstyle": "-|>", "color": color, "lw": 0.9, "mutation_scale": 6},
            )
            axes.plot(
                [own.value or 0.0],
                [order],
                "o",
                markersize=4.2,
                color=color,
                markerfacecolor="white" if facts else color,
            )
            words = f"{own.label}{' *' if facts else ''}"
            words = words if len(words) < 58 else f"{words[:56]}…"
            at = TOP + ROW * (order + 0.5) + 2.5
            write(figure, LEFT - 8, at, words, size=SMALL, color=color, align="right")
        write(figure, 4, 14, title, size=TITLE, weight="bold")
        key = (
            "● own median → trial’s median; blue: checkpoint inhibitor, brown: other drugs;"
            " ○ *: published facts"
        )
        write(figure, 4, 28, key, size=SMALL, color=GREY)
        write(
            figure,
            LEFT + (WIDTH - LEFT - RIGHT) / 2,
            height - 8,
            "Durable response, %",
            color=INK,
            align="center",
        )
        return svg_text(figure, title)
