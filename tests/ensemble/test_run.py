"""Ensembles: the same bits whatever the chunks, engine and order; clear errors; a quiet progress line."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from tests.ensemble.shared import QUICK, differing, nobody, quick, with_talks
from tests.world.shared import arrays, shared_book, small

from tariffsim.ensemble import engines, run_ensemble
from tariffsim.ensemble.chunks import Chunk, Part, plan, run_chunk
from tariffsim.ensemble.progress import Progress
from tariffsim.errors import ConfigError, ResultsError
from tariffsim.world.model import TariffModel, open_book


@pytest.mark.parametrize("chunk", [pytest.param(1, marks=pytest.mark.slow), 5, pytest.param(7, marks=pytest.mark.slow)])
def test_any_chunking_gives_the_same_bits(chunk: int) -> None:
    again = run_ensemble(small("ticks=8"), worlds=12, chunk=chunk, progress=False)
    assert differing(with_talks(), again) == []


@pytest.mark.parametrize("k", [0, 7, 11])
def test_world_k_alone_equals_world_k_of_an_ensemble(k: int) -> None:
    alone = run_chunk(small("ticks=8"), Chunk(k, 1), open_book(small("ticks=8")), nobody)
    batch = with_talks().arrays
    assert [name for name in batch if batch[name][k : k + 1].tobytes() != alone.arrays[name].tobytes()] == []


def test_fresh_processes_give_the_same_bits_and_leave_the_start_method_alone() -> None:
    before = multiprocessing.get_start_method(allow_none=True)
    again = run_ensemble(small(*QUICK), worlds=4, engine="processes", workers=2, progress=False)
    assert differing(quick(), again) == []
    assert again.provenance.workers == 2
    assert multiprocessing.get_start_method(allow_none=True) == before


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_worlds() -> None:
    assert differing(quick(), run_ensemble(small(*QUICK), worlds=4, progress=False)) == []
    assert "stock" in differing(quick(), run_ensemble(small(*QUICK), worlds=4, seed=8, progress=False))


def test_more_worlds_leave_the_first_ones_as_they_were() -> None:
    more = run_ensemble(small(*QUICK), worlds=6, progress=False).arrays
    few = quick().arrays
    assert [name for name in few if few[name].tobytes() != more[name][:4].tobytes()] == []


def test_the_order_of_governments_cannot_matter() -> None:
    scenario = small("ticks=8", "governments.KOR.escalation=match", "partners.execution=1.0")
    found = []
    for order in (1, -1):
        model = TariffModel(scenario, worlds=6, book=shared_book())
        model.governments = dict(list(model.governments.items())[::order])
        found.append(arrays(model.run()))
    assert [name for name in found[0] if found[0][name].tobytes() != found[1][name].tobytes()] == []


@pytest.mark.parametrize(
    ("worlds", "chunk", "sizes"), [(10, 4, [3, 3, 4]), (4, 4, [4]), (1, 500, [1]), (5, 1, [1] * 5)]
)
def test_a_plan_covers_every_world_once_in_even_chunks(worlds: int, chunk: int, sizes: list[int]) -> None:
    chunks = plan(worlds, chunk)
    assert [c.worlds for c in chunks] == sizes
    assert [c.first + k for c in chunks for k in range(c.worlds)] == list(range(worlds))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"worlds": 0}, "worlds must be a whole number of at least 1, got 0."),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1."),
        ({"chunk": 0}, "chunk must be a whole number of at least 1, got 0."),
        ({"workers": -2}, "workers must be a whole number of at least 0, got -2."),
        ({"engine": "proceses"}, "unknown engine 'proceses'. Did you mean 'processes'? Allowed: inline, processes."),
    ],
)
def test_bad_arguments_get_one_clear_line(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_ensemble(small(*QUICK), **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_month_without_a_norm_is_named_before_anything_is_run() -> None:
    scenario = small("talks.protocol=no_talks", "ticks=4")
    flow = replace(scenario.trade.flows["CHN_USA"], monthly_norm={"6": 45.5})
    short = replace(scenario, trade=replace(scenario.trade, flows={"CHN_USA": flow}))
    message = r"flows\.CHN_USA\.monthly_norm has no month 7, which the run reaches on 2025-07-07\. Given: 6\."
    with pytest.raises(ConfigError, match=message):
        run_ensemble(short, progress=False)


def die(chunk: Chunk) -> Part:
    """A worker that is killed, as by the system when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_killed_worker_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_work", die)
    with pytest.raises(ResultsError, match=r"a worker process ended before its work was done .* execution.workers"):
        run_ensemble(small(*QUICK), worlds=2, engine="processes", workers=1, progress=False)


def test_a_mistake_inside_a_worker_is_the_same_error_as_inline() -> None:
    scenario = small(*QUICK, "economy.data=nowhere")
    messages = []
    for engine in ("inline", "processes"):
        with pytest.raises(Exception, match="nowhere") as caught:
            run_ensemble(scenario, worlds=2, engine=engine, workers=1, progress=False)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def line(stream: io.StringIO, shown: bool | None, wanted: bool = True) -> str:
    """What a progress line leaves on a stream after a while."""
    progress = Progress(200, 26, shown, wanted, stream)
    progress._began -= 60
    progress._last -= 60
    progress.update(1300, 4321)
    return stream.getvalue()


def test_a_terminal_sees_how_far_the_run_is() -> None:
    assert line(Terminal(), None) == "\r 25 % of 200 worlds x 26 ticks, 4,321 equilibria, 60 s"


def test_no_line_is_shown_where_nobody_watches_unless_asked() -> None:
    assert line(io.StringIO(), None) == ""
    assert line(Terminal(), None, wanted=False) == ""
    assert line(Terminal(), False) == ""
    assert line(io.StringIO(), True).endswith("60 s\n")


def test_a_short_run_shows_no_line_and_a_long_one_clears_it() -> None:
    stream = Terminal()
    progress = Progress(200, 26, True, True, stream)
    progress.update(10, 1)
    assert stream.getvalue() == ""
    progress._began -= 60
    progress._last -= 60
    progress.update(10, 1)
    progress.close()
    assert stream.getvalue().endswith(" \r")


def test_provenance_counts_equilibria_and_times_compilation_apart() -> None:
    made = with_talks().provenance
    book = open_book(small("ticks=8"))
    run_chunk(small("ticks=8"), Chunk(0, 12), book, nobody)
    assert (made.solved, made.looked_up) == (book.solved, book.looked_up)
    assert made.seconds > 0
    assert made.compile_seconds > 0
    assert {"tariffsim", "python", "numpy", "numba", "mesa"} <= made.versions.keys()
    assert all(len(value) == 64 for value in made.data.values())
    assert "baseline/flows.csv" in made.data


def test_arrays_of_a_result_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        quick().arrays["addon"][0] = np.int16(1)
