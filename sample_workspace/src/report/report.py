"""Draw the picture and write the page that a person reads at the end."""

import argparse
import json
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

COLOURS = {"as late as it left": "#9aa0a6", "linear": "#e8a33d", "forest": "#4f9d69", "boosting": "#3b6fb6"}


def main() -> None:
    """Write `flight_delays.png` and `report.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--approved-model", type=Path, required=True)
    parser.add_argument("--counts", type=Path, required=True)
    parser.add_argument("--airlines", type=Path)
    parser.add_argument("--report", type=Path, required=True)
    args = parser.parse_args()

    best = json.loads((args.approved_model / "model.json").read_text())["kind"]
    answers = pd.read_csv(args.evaluation / "predictions.csv")
    errors = answers[list(COLOURS)].sub(answers["arr_delay"], axis="index").abs()
    by_airline = error_by_airline(answers, errors[best], args.airlines)

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 5), layout="constrained")
    draw_errors(left, errors)
    draw_predictions(middle, answers, best)
    draw_airlines(right, by_airline)
    figure.suptitle("How late will the flight land? Asked when it leaves the gate in New York, 2013")
    # Matplotlib notes its version in a picture; without the note the same data give the same file.
    figure.savefig(args.report / "flight_delays.png", dpi=110, metadata={"Software": None})

    page = as_page(best, errors, by_airline, args.counts.read_text())
    (args.report / "report.md").write_text(page, encoding="utf-8")
    print(page)


def error_by_airline(answers: pd.DataFrame, error: pd.Series, names: Path | None) -> pd.Series:
    """Average the best model's error per airline, largest first; airlines with fewer than 100 flights are left out."""
    airline = answers["carrier"]
    if names is not None:
        airline = airline.map(pd.read_csv(names).set_index("carrier")["name"])
    table = error.groupby(airline).agg(["mean", "size"])
    return table[table["size"] >= 100]["mean"].sort_values(ascending=False)


def draw_errors(axes: Axes, errors: pd.DataFrame) -> None:
    """Draw one bar per model."""
    means = errors.mean()
    bars = axes.bar(means.index, means, color=[COLOURS[name] for name in means.index])
    axes.bar_label(bars, fmt="%.1f")
    axes.set(title="Mean error on unseen days", ylabel="minutes")
    axes.tick_params(axis="x", labelrotation=15)


def draw_predictions(axes: Axes, answers: pd.DataFrame, best: str) -> None:
    """Draw what was said against what happened; the line is a perfect answer."""
    near = answers[answers["arr_delay"].between(-60, 240)]
    axes.hexbin(near[best], near["arr_delay"], gridsize=45, bins="log", mincnt=1, cmap="Blues", extent=(-60, 240) * 2)
    axes.plot([-60, 240], [-60, 240], color=COLOURS["linear"], linewidth=1)
    axes.set(title=f"What {best} said, and what happened", xlabel="minutes late, predicted", ylabel="minutes late")


def draw_airlines(axes: Axes, by_airline: pd.Series) -> None:
    """Draw one bar per airline, the hardest to predict at the top."""
    hardest_last = by_airline.iloc[::-1]
    axes.barh(hardest_last.index, hardest_last, color=COLOURS["boosting"])
    axes.set(title="Whose flights are hard to predict", xlabel="mean error in minutes")


def as_page(best: str, errors: pd.DataFrame, by_airline: pd.Series, counts: str) -> str:
    """Write the page in Markdown."""
    model_rows = [f"| {name} | {error:.2f} |" for name, error in errors.mean().items()]
    airline_rows = [f"| {name} | {error:.2f} |" for name, error in by_airline.items()]
    lines = [
        "# How late will the flight land?",
        "",
        f"Asked when a flight leaves its gate in New York. The best answers come from **{best}**: off by "
        f"{errors[best].mean():.1f} minutes on average over {len(errors):,} flights on days that no model had seen.",
        "",
        "![Errors of the models, predictions, errors by airline](flight_delays.png)",
        "",
        "| model | mean error in minutes |",
        "|---|---:|",
        *model_rows,
        "",
        f"| airline | mean error of {best} in minutes |",
        "|---|---:|",
        *airline_rows,
        "",
        "## The records, lines per file",
        "",
        *(f"    {line}" for line in counts.splitlines()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
