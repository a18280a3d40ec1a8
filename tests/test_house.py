"""The house rules that a machine can hold: floors, sizes, what start-up loads, nothing from one machine only."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
from pathlib import Path

import pytest

import tariffsim

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "tariffsim").rglob("*.py"))
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60

# Written in pieces, so that this file doesn't contain what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me)/\w|\.\./sha" + r"red")
PACKAGE_HOSTS = re.compile(r"index-u" + r"rl|https?://[^ ]+\.(?:whl|tar\.gz|tgz|deb)\b|pythonho" + r"sted")


def tracked_files() -> list[Path]:
    """Text files under version control (all files where there is no git, as in an unpacked archive)."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listing.stdout.splitlines() or [str(p.relative_to(ROOT)) for p in SOURCES]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Lines of the body that hold code: no docstring, blank lines or comments."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    inside = lines[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(1 for line in inside if line.strip() and not line.strip().startswith("#"))


def long_functions(path: Path) -> list[str]:
    """Functions over the fence that don't say why in a `# long:` comment just above or inside."""
    lines = text_of(path).splitlines()
    found = []
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        excused = any("# long:" in line for line in lines[max(0, node.lineno - 2) : node.end_lineno])
        if code_lines(node, lines) > MOST_FUNCTION_LINES and not excused:
            found.append(f"{relative(path)}:{node.lineno} {node.name} ({code_lines(node, lines)} lines)")
    return found


def imports_of_the_root(path: Path) -> list[str]:
    """`import tariffsim` or `from tariffsim import name` (other than the version) inside the package."""
    found = []
    for node in ast.walk(ast.parse(text_of(path))):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = {alias.name for alias in node.names}
        bare = isinstance(node, ast.Import) and "tariffsim" in names
        taken = isinstance(node, ast.ImportFrom) and node.module == "tariffsim" and names != {"__version__"}
        if bare or taken:
            found.append(f"{relative(path)}:{node.lineno}")
    return found


def test_imports_point_down_only() -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    before = Path.cwd()
    os.chdir(ROOT)
    try:
        status = lint_imports(config_filename=str(ROOT / ".importlinter"), cache_dir=None)
    finally:
        os.chdir(before)
    assert status == EXIT_STATUS_SUCCESS


def test_nobody_inside_imports_the_public_face() -> None:
    assert [place for path in SOURCES for place in imports_of_the_root(path)] == []


def test_no_file_is_over_400_lines() -> None:
    sizes = {relative(path): len(text_of(path).splitlines()) for path in SOURCES}
    assert {name: size for name, size in sizes.items() if size > MOST_FILE_LINES} == {}


def test_no_function_is_over_60_lines_without_saying_why() -> None:
    assert [entry for path in SOURCES for entry in long_functions(path)] == []


def test_no_tracked_file_names_this_machine_or_a_package_host() -> None:
    found = []
    for path in tracked_files():
        in_ci = relative(path).startswith(".ci/")
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if PACKAGE_HOSTS.search(line) or (MACHINE_PATHS.search(line) and not in_ci):
                found.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert found == []


@pytest.mark.parametrize("name", sorted(tariffsim._HOME))
def test_every_public_name_has_its_home(name: str) -> None:
    assert getattr(tariffsim, name) is getattr(importlib.import_module(tariffsim._HOME[name]), name)


def test_an_unknown_public_name_is_an_attribute_error_that_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'load_senario'.*load_scenario"):
        _ = tariffsim.load_senario


def test_the_version_is_the_one_that_is_installed() -> None:
    from importlib.metadata import version

    assert tariffsim.__version__ == version("tariffsim")


def test_importing_tariffsim_brings_no_heavy_library(python: str) -> None:
    heavy_ones = {"mesa", "pandas", "xarray", "numba", "hydra", "matplotlib", "scipy", "pyarrow"}
    code = f"import sys, tariffsim; print(sorted({heavy_ones} & set(sys.modules)))"
    heavy = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    assert heavy.strip() == "[]"


def test_help_brings_no_library_that_takes_long_to_load(python: str) -> None:
    heavy_ones = {"mesa", "pandas", "xarray", "numba", "matplotlib", "scipy", "pyarrow"}
    code = (
        "import sys; from tariffsim.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print(sorted({heavy_ones} & set(sys.modules)))"
    )
    printed = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip().splitlines()[-1] == "[]"
