"""The text of `--help`, made from the configuration folder and the schema."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Sequence
from pathlib import Path

from tariffsim.scenario.loading import conf_directory, existing_directory, names_in
from tariffsim.scenario.schema import Execution, Output, Scenario

USAGE = """\
usage: python -m tariffsim [options] [key=value ...]

Simulates tariff negotiations in many worlds and says how likely each outcome is.

options
  -h, --help            this text
  --version             the version
  --cfg job             print the resolved configuration and stop
  --config-dir DIR      a folder with scenarios of your own: DIR/scenario/NAME.yaml
  -m, --multirun        run every combination of values: key=a,b other=1,2"""

EXAMPLES = """\
examples
  python -m tariffsim
  python -m tariffsim scenario=geneva_2025 ensemble.worlds=1000 seed=1
  python -m tariffsim what_if=halve_magnet_licences
  python -m tariffsim +experiment=tournament tournament.strategies=[boulware,linear,micro]
  python -m tariffsim -m governments.CHN.strategy=boulware,linear,conceder
  python -m tariffsim --config-dir ./mine scenario=my_scenario

Keys and values are Hydra's: key=value sets, +key=value adds, ~key removes. Strategies, escalation rules and
protocols are set by name (governments.CHN.strategy=linear), their parameters in strategies.NAME,
escalations.NAME and protocols.NAME."""

LABELS = ("name", "title", "setting")


def guide(config_dir: str | None) -> str:
    """The help text; raises ConfigError if `config_dir` is no folder."""
    dirs = [] if config_dir is None else [existing_directory(config_dir)]
    parts = [USAGE, _scenarios(dirs)]
    parts += [_group(title, group, dirs) for title, group in GROUPS.items()]
    parts += [_model_options(), _execution_options(), EXAMPLES]
    return "\n\n".join(parts)


GROUPS = {
    "what_if=NAME, changes on top of a scenario": "what_if",
    "+experiment=NAME, something else than a run of the scenario": "experiment",
    "governments.NAME.strategy, how a party makes offers": "strategy",
    "governments.NAME.escalation, how a government answers tariffs": "escalation",
    "talks.protocol, how parties meet": "protocol",
}


def _scenarios(dirs: Sequence[Path]) -> str:
    lines = []
    for name in names_in("scenario", dirs):
        head = _head(_file("scenario", name, dirs))
        mark = ", default" if name == "london_2025" else ""
        lines.append(f"  {name:<21} {head.get('title', '')} (from {head.get('start', 'the date of its parent')}{mark})")
    return "\n".join(["scenario=NAME", *lines])


def _group(title: str, group: str, dirs: Sequence[Path]) -> str:
    lines = [f"  {name:<21} {_description(_file(group, name, dirs))}" for name in names_in(group, dirs)]
    return "\n".join([title, *lines])


def _file(group: str, name: str, dirs: Sequence[Path]) -> Path:
    """The user's file, if there is one of that name, as Hydra takes it."""
    places = [folder / group / f"{name}.yaml" for folder in (*dirs, conf_directory())]
    return next(place for place in places if place.is_file())


def _head(path: Path) -> dict[str, str]:
    """Top-level 'key: text' lines; enough for a title, and much faster than parsing YAML."""
    lines = (
        line.partition("#")[0].strip("\n") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    )
    pairs = (line.partition(":") for line in lines if line[:1].isalpha())
    return {key: value.strip().strip("\"'") for key, _, value in pairs if value.strip()}


def _description(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    comments = (line.lstrip("# ") for line in lines if line.startswith("#") and "@package" not in line)
    return next(comments, "")


def _model_options() -> str:
    kept = [name for name in typing.get_type_hints(Scenario) if name not in (*LABELS, "execution", "output")]
    return "\n".join(
        [
            "model options (each can change results; --cfg job shows every key)",
            *(_line(Scenario, name) for name in kept),
            "",
            "labels (words in reports; they change no number)",
            *(_line(Scenario, name) for name in LABELS),
        ]
    )


def _execution_options() -> str:
    lines = []
    for section, spec in (("execution", Execution), ("output", Output)):
        lines += [_line(spec, name, f"{section}.") for name in typing.get_type_hints(spec)]
    return "\n".join(["execution options (none changes a result)", *lines])


def _line(owner: type, name: str, prefix: str = "") -> str:
    return f"  {prefix + name:<21} {_meaning(owner, name)}"


def _meaning(owner: type, name: str) -> str:
    """Unit or choices of a field, else what its class says about itself."""
    meta = owner.__dataclass_fields__[name].metadata  # type: ignore[attr-defined]
    if meta["choices"]:
        return ", ".join(meta["choices"])
    hint = typing.get_type_hints(owner)[name]
    nested = [part for part in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(part)]
    if nested:
        return " ".join(str(nested[0].__doc__).split("\n\n")[0].split()).rstrip(".")
    return str(meta["unit"])
