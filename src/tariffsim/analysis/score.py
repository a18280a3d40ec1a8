"""Score and pool forecasts: `python -m tariffsim.analysis.score forecast.csv facts.csv [--pool more.csv ...]`."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from tariffsim.analysis.forecasts import Forecast, forecast_text, read_facts, read_forecast
from tariffsim.analysis.pooling import pool
from tariffsim.analysis.quantities import QUANTITIES
from tariffsim.analysis.score_table import Score, score_table
from tariffsim.errors import ConfigError, ResultsError, TariffsimError

MISTAKE, INTERRUPTED, CLOSED = 2, 130, 141
HEADER = ("forecast", "quantity", "score", "value", "rows", "best baseline", "its value", "skill")
WORDS = ("forecast", "quantity", "score", "best baseline")


class _Parser(argparse.ArgumentParser):
    """argparse answers a mistake with its usage; we answer with one line."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}. Try --help.")


def main(argv: Sequence[str] | None = None) -> int:
    """Score, print, write; returns the exit code: 0, 2 for a mistake (one line says which), 130 for Ctrl-C, 141 if
    nobody reads what is printed."""
    try:
        _score(_parsed(argv))
        sys.stdout.flush()
    except TariffsimError as error:
        print(f"score: {' '.join(str(error).split())}", file=sys.stderr)
        return MISTAKE
    except KeyboardInterrupt:
        print("score: interrupted: nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # don't complain at exit either
        return CLOSED
    return 0


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m tariffsim.analysis.score", allow_abbrev=False, description=__doc__)
    parser.add_argument("forecast", type=Path, help="forecast file, dated by a first line '# made: 2025-06-08'")
    parser.add_argument("facts", type=Path, help="what came about: quantity,subject,partner,date,value")
    parser.add_argument(
        "--pool", type=Path, nargs="+", default=[], metavar="FILE", help="score these too, and the pool"
    )
    parser.add_argument("--out", type=Path, default=Path("scores.csv"), help="table of scores (default: %(default)s)")
    parser.add_argument("--pool-out", type=Path, metavar="FILE", help="write the pool as a forecast file")
    return parser.parse_args(argv)


def _score(asked: argparse.Namespace) -> None:
    files = [asked.forecast, *asked.pool]
    _refuse_overwriting(asked, [*files, asked.facts])
    forecasts = [read_forecast(path) for path in files]
    _refuse_odd_company(forecasts)
    if asked.pool_out and not asked.pool:
        raise ConfigError("--pool-out writes a pool, and there is none: add --pool and the files to pool.")
    pooled = [pool(forecasts)] if asked.pool else []
    table = score_table([*forecasts, *pooled], read_facts(asked.facts))
    if asked.pool_out:
        _write(asked.pool_out, lambda file: file.write(forecast_text(pooled[0])))
    _write(asked.out, lambda file: _write_scores(table, file))
    print("\n".join([*map(_stamp, [*forecasts, *pooled]), "", *_lines(table), "", f"scores  {asked.out}"]))


def _refuse_odd_company(forecasts: Sequence[Forecast]) -> None:
    """One name twice can't be told apart in the table, one content twice would count double in the pool, and what has
    happened since a day is another question for another day."""
    for k, forecast in enumerate(forecasts):
        for other in forecasts[:k]:
            if forecast.sha256 == other.sha256:
                raise ConfigError(f"{forecast.name} and {other.name} are the same file (sha256 {other.sha256[:12]}).")
            if forecast.name == other.name:
                raise ConfigError(
                    f"two files are called {forecast.name}; rename one, so that the table tells them apart."
                )
            lasting = [key for key in forecast.keys & other.keys if QUANTITIES[key.quantity].cumulative]
            if lasting and forecast.made != other.made:
                days = f"{forecast.name} was made on {forecast.made}, {other.name} on {other.made}"
                raise ConfigError(f"{days}: {min(lasting).quantity} counts from that day, so score them apart.")


def _refuse_overwriting(asked: argparse.Namespace, read: Sequence[Path]) -> None:
    kept, written = {path.resolve() for path in read}, [path.resolve() for path in (asked.out, asked.pool_out) if path]
    for path in written:
        if path in kept or written.count(path) > 1:
            raise ConfigError(f"{path.name} would be overwritten; choose another file with --out or --pool-out.")


# ---------------------------------------------------------------------- writing and printing
def _write(path: Path, fill: Callable[[TextIO], object]) -> None:
    from tariffsim.ensemble.folders import write_atomically

    def write(place: Path) -> None:
        with place.open("w", encoding="utf-8", newline="") as file:
            fill(file)

    try:
        write_atomically(path, write)
    except ResultsError as error:
        reason = str(error).partition(". Choose")[0]
        raise ResultsError(f"{reason}. Choose another file with --out or --pool-out.") from None


def _write_scores(table: Sequence[Score], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([field.name for field in dataclasses.fields(Score)])
    writer.writerows(["" if cell is None else cell for cell in dataclasses.astuple(row)] for row in table)


def _stamp(forecast: Forecast) -> str:
    return f"{forecast.name}  made {forecast.made}  sha256 {forecast.sha256}"


def _lines(table: Sequence[Score]) -> list[str]:
    """The table in columns; the baselines' own rows, which have no stamp, are in the file only."""
    cells = [HEADER, *(_cells(row) for row in table if row.sha256)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(HEADER))]
    return [
        "  ".join(_aligned(k, *cell) for k, cell in enumerate(zip(row, widths, strict=True))).rstrip() for row in cells
    ]


def _aligned(column: int, cell: str, width: int) -> str:
    """Words to the left, numbers to the right."""
    return cell.ljust(width) if HEADER[column] in WORDS else cell.rjust(width)


def _cells(row: Score) -> tuple[str, ...]:
    reference = "" if row.baseline_value is None else f"{row.baseline_value:.3f}"
    skill = "" if row.skill is None else f"{row.skill:+.2f}"
    count = f"{row.rows} of {row.facts}"
    return (row.forecast, row.quantity, row.score, f"{row.value:.3f}", count, row.baseline or "", reference, skill)


if __name__ == "__main__":
    raise SystemExit(main())
