"""Fan charts: the median with the bands that hold 50 and 80 percent of the worlds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tariffsim.report.statistics import fan
from tariffsim.report.style import colour, day_number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]


def draw_fan(
    axes: Axes, dates: Sequence[dt.date], samples: Array, hue: str, label: str, *, steps: bool = False
) -> Array:
    """Draw samples (W, T) as a fan labelled `label`; returns its quantiles (5, T)."""
    days = np.array([day_number(d) for d in dates])
    q = fan(samples)
    step: Literal["post"] | None = "post" if steps else None
    axes.fill_between(days, q[0], q[4], color=colour(hue), alpha=0.16, linewidth=0, step=step, label=f"{label} 80 %")
    axes.fill_between(days, q[1], q[3], color=colour(hue), alpha=0.30, linewidth=0, step=step, label=f"{label} 50 %")
    axes.plot(days, q[2], color=colour(hue), drawstyle="steps-post" if steps else "default", label=label)
    return q


def end_label(axes: Axes, date: dt.date, height: float, text: str, hue: str, at: float | None = None) -> None:
    """Write `text` to the right of the point (date, height), at the height `at` if that keeps labels apart."""
    axes.annotate(
        text,
        (day_number(date), height if at is None else at),
        xytext=(5, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        color=colour(hue),
        fontsize=8.5,
        annotation_clip=False,
    )


def fan_table(dates: Sequence[dt.date], quantiles: Array, **labels: str) -> pd.DataFrame:
    """Quantiles (5, T) as tidy rows: the labels, date, q10, q25, median, q75, q90."""
    import pandas as pd

    names = ("q10", "q25", "median", "q75", "q90")
    columns = {**{k: [v] * len(dates) for k, v in labels.items()}, "date": [d.isoformat() for d in dates]}
    return pd.DataFrame({**columns, **dict(zip(names, quantiles, strict=True))})


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another."""
    import pandas as pd

    return pd.concat(tables, ignore_index=True)
