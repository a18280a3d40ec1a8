"""Write the reference pages that follow from the code: every setting, every plug-in.

python docs/generate.py          write them
python docs/generate.py --check  say which are out of step (exit code 1)
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tariffsim.cli.experiment import EXPERIMENTS
from tariffsim.ensemble.variables import VARIABLES
from tariffsim.instruments.base import INSTRUMENTS
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS
from tariffsim.scenario.reading import Uncertain
from tariffsim.scenario.schema import Scenario

REFERENCE = Path(__file__).resolve().parent / "reference"
PLAIN = {float: "number", int: "whole number", bool: "true or false", str: "text", dt.date: "date", Any: "any"}
WORDS = ("name", "title", "setting")

CONFIGURATION = """\
# Configuration

<!-- Written by docs/generate.py from tariffsim.scenario.schema; do not edit. -->

Every setting that a scenario, an override on the command line or `load_scenario(overrides=[...])` may give. The values
in force are printed by `python -m tariffsim --cfg job`; units, dates and sources stand beside them in `conf/`.

- `<name>` stands for a name of your choice or of the model: a region, an input, an event.
- **uncertain**: a number, or `{low, high}` (drawn uniformly), or `{low, central, high}` (drawn from a triangle);
  `logarithmic: true` puts the triangle on the logarithm. Each world draws its own value; those of the economy come as
  a few joint *economy draws*.
- **kind**: *model* may change results; *execution* never changes a result, not one bit; *words* appear in reports only.
"""

PLUGINS = """\
# Plug-ins

<!-- Written by docs/generate.py from the registries; do not edit. -->

What can be chosen by name. Parameters are set for everybody by `strategies.<name>.<parameter>=...` (`escalations`,
`protocols`), and for one government by `+governments.USA.strategy_params.<parameter>=...` (`escalation_params`).
*Sees* lists what the rule may read. Experiments are done with a scenario instead of running it; their settings are set
by `<name>.<parameter>=...` once the experiment is chosen.
"""

RESULTS = """\
# Results

<!-- Written by docs/generate.py from tariffsim.ensemble.variables; do not edit. -->

Variables of `Results.dataset`, in the order they are stored. `world` counts worlds, `time` is the date at the close of
each tick, the opening first. How to use them: [read results](../how-to/read-results.md).
"""


# ---------------------------------------------------------------------- settings
def settings(cls: type[Any] = Scenario, prefix: str = "") -> Iterator[tuple[str, str, Mapping[str, Any], bool]]:
    """(path, type, metadata, required) of every leaf below a schema class."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        yield from leaves(hints[field.name], prefix + field.name, field.metadata, required)


def leaves(hint: Any, path: str, meta: Mapping[str, Any], required: bool) -> Iterator[tuple[str, str, Any, bool]]:
    """The leaves of one field."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        yield from leaves(next(a for a in args if a is not type(None)), path, meta, required)
    elif origin is dict:
        yield from leaves(args[1], f"{path}.<name>", meta, required)
    elif origin is tuple:
        yield path, f"list of {type_name(args[0])}s", meta, required
    elif dataclasses.is_dataclass(hint) and hint is not Uncertain:
        yield from settings(typing.cast("type[Any]", hint), f"{path}.")
    else:
        yield path, type_name(hint), meta, required


def type_name(hint: Any) -> str:
    """A type in words."""
    return "uncertain" if hint is Uncertain else PLAIN.get(hint, getattr(hint, "__name__", str(hint)))


def allowed(meta: Mapping[str, Any]) -> str:
    """The range or the choices of a setting."""
    if meta.get("choices"):
        return ", ".join(f"`{choice or '(empty)'}`" for choice in meta["choices"])
    low, high = meta.get("low"), meta.get("high")
    if low is None and high is None:
        return ""
    ends = ["" if end is None else "∞" if end == float("inf") else f"{end:,.6g}" for end in (low, high)]
    return f"{ends[0]} to {ends[1]}" if all(ends) else f"at least {ends[0]}" if ends[0] else f"at most {ends[1]}"


def kind(path: str, meta: Mapping[str, Any]) -> str:
    """Whether a setting belongs to the model, to the execution, or is words only."""
    if path.split(".", maxsplit=1)[0] in WORDS:
        return "words"
    return "execution" if meta.get("execution") else "model"


def configuration_page() -> str:
    """The table of settings, one section for each top-level key."""
    lines, section = [CONFIGURATION], None
    for path, type_, meta, required in settings():
        top = path.split(".")[0] if "." in path else ""
        if top != section:
            lines.append(f"\n## {top or 'The scenario'}\n")
            lines += header("setting", "type", "unit or meaning", "allowed", "kind")
            section = top
        must = "" if required else " (optional)"
        lines.append(row(f"`{path}`", type_ + must, meta.get("unit", ""), allowed(meta), kind(path, meta)))
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------- plug-ins
GROUPS = (
    ("Offer strategies", "governments.<name>.strategy", STRATEGIES),
    ("Escalation rules", "governments.<name>.escalation", ESCALATIONS),
    ("Protocols", "talks.protocol", PROTOCOLS),
    ("Instruments", "", INSTRUMENTS),
    ("Experiments", "+experiment=<name>", EXPERIMENTS),
)


def plugins_page() -> str:
    """Every registered plug-in with what it reads, its source and its parameters."""
    lines = [PLUGINS]
    for title, setting, registry in GROUPS:
        lines.append(f"\n## {title}\n")
        chosen = f"Chosen by `{setting}`." if setting else "All are in use; a scenario decides which levers they have."
        lines.append(chosen + "\n")
        for name in registry:
            lines += plugin(name, registry.get(name))
    return "\n".join(lines) + "\n"


def plugin(name: str, cls: type[Any]) -> list[str]:
    """One plug-in."""
    lines = [f"### `{name}`\n", *paragraphs(cls)]
    facts = []
    if hasattr(cls, "sees"):
        facts.append(("Sees", ", ".join(f"`{name}`" for name in cls.sees) or "nothing"))
    if hasattr(cls, "stochastic"):
        facts.append(("Stochastic", "yes" if cls.stochastic else "no"))
    if hasattr(cls, "source"):
        facts.append(("Source", cls.source))
    lines += [f"- {label}: {text}." for label, text in facts] + ([""] if facts else [])
    if dataclasses.is_dataclass(cls) and dataclasses.fields(cls):
        lines += header("parameter", "unit or meaning", "allowed")
        lines += [row(f"`{f.name}`", f.metadata.get("unit", ""), allowed(f.metadata)) for f in dataclasses.fields(cls)]
        lines.append("")
    return lines


def paragraphs(cls: type[Any]) -> list[str]:
    """The module's docstring, formulas kept as they are."""
    text = (importlib.import_module(cls.__module__).__doc__ or "").strip()
    blocks = [" ".join(block.split()) for block in text.split("\n\n")]
    return [line for block in blocks for line in (escaped(block), "")]


# ---------------------------------------------------------------------- results
def results_page() -> str:
    """The table of result variables."""
    lines = [RESULTS, *header("variable", "axes", "unit", "meaning", "source")]
    for v in VARIABLES:
        codes = ": " + ", ".join(f"{code} {flag}" for code, flag in enumerate(v.flags)) if v.flags else ""
        codes += ": " + ", ".join(f"{1 << bit} {name}" for bit, name in enumerate(v.masks)) if v.masks else ""
        lines.append(row(f"`{v.name}`", ", ".join(v.dims), v.units, v.long_name + codes, v.source))
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------- Markdown
def header(*names: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*names), row(*("---" for _ in names))]


def row(*cells: str) -> str:
    """One line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").strip() for cell in cells) + " |"


def escaped(text: str) -> str:
    """Formulas in docstrings hold stars, underscores and carets that Markdown must leave alone."""
    return "".join("\\" + c if c in "*_^$<>[]" else c for c in text)


PAGES = {"configuration.md": configuration_page, "plugins.md": plugins_page, "results.md": results_page}


def stale() -> list[str]:
    """Names of generated pages that differ from what the code says now."""
    pages = {REFERENCE / name: make() for name, make in PAGES.items()}
    return [p.name for p, text in pages.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]


def main() -> int:
    """Write or check the pages."""
    if "--check" in sys.argv[1:]:
        found = stale()
        print(f"out of step: {', '.join(found)}; run python docs/generate.py" if found else "all pages are in step")
        return 1 if found else 0
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
