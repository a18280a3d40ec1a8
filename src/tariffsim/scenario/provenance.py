"""Unit, date and source of every number in `conf/`, read from the comment beside it.

A number's line ends in ``# unit | date | source``. The comments are read as text, apart from composition: trees of
value, unit and source slowed every start by a second (docs/decisions/0006).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tariffsim.errors import DataError

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")


@dataclass(frozen=True)
class Provenance:
    """Where one number comes from; `date` is "-" where it stands for no day."""

    file: str
    line: int
    path: str
    value: str
    unit: str
    date: str
    source: str


def provenance_of(path: Path) -> list[Provenance]:
    """Every number and date of one YAML file; raises DataError for one without unit, date and source."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    root = yaml.compose(text)
    return [_entry(path, lines, key, node) for key, node in _leaves(root)] if root is not None else []


def _entry(path: Path, lines: list[str], key: str, node: yaml.ScalarNode) -> Provenance:
    line = node.start_mark.line
    _, _, comment = lines[line].rpartition("# ")
    parts = [part.strip() for part in comment.split("|", 2)]
    if len(parts) != 3 or not all(parts):
        raise DataError(f"{path.name} line {line + 1}: {key} has no '# unit | date | source' beside it.")
    return Provenance(path.name, line + 1, key, str(node.value), *parts)


def _leaves(node: yaml.Node, prefix: str = "") -> Iterator[tuple[str, yaml.ScalarNode]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(value, f"{prefix}.{key.value}" if prefix else str(key.value))
    elif isinstance(node, yaml.SequenceNode):
        for k, value in enumerate(node.value):
            yield from _leaves(value, f"{prefix}[{k}]")
    elif isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS:
        yield prefix, node
