"""The picture of the README: `python -m tariffsim.report.readme_picture PICTURE.svg --results FOLDER`.

FOLDER is that of a run; without it the default scenario is run first. The picture may also be a .png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tariffsim.ensemble import Results, load_results, run_ensemble
from tariffsim.ensemble.folders import write_atomically
from tariffsim.errors import ResultsError, TariffsimError
from tariffsim.report.charts.cover import cover
from tariffsim.report.figures import Chart, write_png, write_svg
from tariffsim.report.view import View
from tariffsim.scenario.loading import load_scenario

WRITERS = {".svg": write_svg, ".png": write_png}


def write_picture(results: Results, path: Path) -> Path:
    """Draw the cover of `results` into an SVG or PNG file; raises ResultsError for other endings."""
    if path.suffix not in WRITERS:
        raise ResultsError(f"cannot write a picture as {path.suffix or path.name}. Allowed: {', '.join(WRITERS)}.")
    chart: Chart = cover(View(results.dataset, results.scenario))
    write_atomically(path, lambda part: WRITERS[path.suffix](chart, part))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 2 after one clear line if something is amiss."""
    parser = argparse.ArgumentParser(prog="python -m tariffsim.report.readme_picture", description=__doc__)
    parser.add_argument("picture", type=Path, help="file to write, .svg or .png")
    parser.add_argument("--results", type=Path, help="folder of a run; without it the default scenario is run")
    asked = parser.parse_args(arguments)
    try:
        results = load_results(asked.results) if asked.results else run_ensemble(load_scenario())
        print(write_picture(results, asked.picture))
    except TariffsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
