"""Compose a scenario from `conf/` with Hydra, and check it.

Hydra is imported here only when a scenario is loaded, so that `import tariffsim` stays light.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.scenario.checking import check_scenario
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario

PLUGIN_GROUPS = {"strategy": "strategies", "escalation": "escalations", "protocol": "protocols"}


@functools.cache
def conf_directory() -> Path:
    """The folder `conf/`: inside the installed package, or beside `src/` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "conf", package.parents[1] / "conf"):
        if (candidate / "config.yaml").is_file():
            return candidate
    raise ConfigError(
        f"the configuration folder is missing: looked for conf/config.yaml in {package} and {package.parents[1]}."
    )


def names_in(group: str, config_dirs: Sequence[str | Path] = ()) -> list[str]:
    """Names of the YAML files of one group (scenario, strategy, ...); files that begin with '_' are parts."""
    folders = [conf_directory(), *map(Path, config_dirs)]
    return sorted({p.stem for folder in folders for p in (folder / group).glob("*.yaml") if not p.stem.startswith("_")})


def load_scenario(
    name: str = "london_2025", overrides: Sequence[str] = (), config_dir: str | Path | None = None
) -> Scenario:
    """The scenario `name` with Hydra overrides, resolved and validated.

    Parameters: `overrides` as on the command line (``["governments.CHN.strategy=boulware"]``); `config_dir` is a
    folder with further scenarios (``DIR/scenario/mine.yaml``). Raises ConfigError with one line.
    """
    dirs = () if config_dir is None else (config_dir,)
    if name not in names_in("scenario", dirs):
        raise ConfigError(unknown_name("scenario", name, names_in("scenario", dirs)))
    return scenario_from_config(compose([f"scenario={name}", *overrides], config_dir))


def compose(overrides: Sequence[str], config_dir: str | Path | None = None) -> dict[str, Any]:
    """The composed configuration as plain Python containers; raises ConfigError."""
    import yaml
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register_plugin_defaults()
    searchpath = [] if config_dir is None else [f"hydra.searchpath=[{_quoted(existing_directory(config_dir))}]"]
    previous = GlobalHydra.instance().hydra
    try:
        GlobalHydra.instance().clear()
        with initialize_config_dir(str(conf_directory()), version_base="1.3"):
            config = hydra_compose("config", overrides=[*searchpath, *overrides])
        found = dict(plain(OmegaConf.to_container(config, resolve=True)))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{mark.name}, line {mark.line + 1}" if mark is not None else "a configuration file"
        raise ConfigError(f"{place}: {error.problem}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{_not_utf8(config_dir)} is not encoded in UTF-8: save it as UTF-8.") from None
    finally:
        if previous is not None:
            GlobalHydra.instance().initialize(previous)
    _refuse_empty(overrides, found)
    return found


def _refuse_empty(overrides: Sequence[str], config: dict[str, Any]) -> None:
    """An override `key={}` is merged into what is there, and so empties nothing: raise ConfigError."""
    for override in overrides:
        key, _, value = override.partition("=")
        there: Any = config
        for part in key.lstrip("+").split("."):
            there = there.get(part) if isinstance(there, dict) else None
        if value.strip() == "{}" and isinstance(there, dict) and there:
            raise ConfigError(f"{override} empties nothing; take entries out one by one: '~{key}.{next(iter(there))}'.")


def _not_utf8(config_dir: str | Path | None) -> str:
    for path in sorted(Path(config_dir or conf_directory()).rglob("*.yaml")):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return str(path)
    return "a configuration file"


def scenario_from_config(config: Mapping[str, Any]) -> Scenario:
    """Validate a composed configuration; raises ConfigError."""
    scenario = read(Scenario, {k: v for k, v in config.items() if k != "hydra"})
    check_scenario(scenario)
    return scenario


def register_plugin_defaults() -> None:
    """Tell Hydra the parameters of every plug-in, one YAML file each: a new file is enough to add one."""
    from hydra.core.config_store import ConfigStore

    node: dict[str, Any] = {}
    for group, key in PLUGIN_GROUPS.items():
        files = {n: conf_directory() / group / f"{n}.yaml" for n in names_in(group)}
        node[key] = {n: _parameters(path, path.stat().st_mtime_ns) for n, path in files.items()}
    ConfigStore.instance().store(name="plugins", node=node)


@functools.lru_cache(maxsize=128)
def _parameters(path: Path, _time: int) -> dict[str, Any]:
    import yaml

    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def parameters_of(group: str, name: str) -> dict[str, Any]:
    """Parameters of a plug-in as in `conf/`; group: strategy, escalation or protocol. Raises ConfigError."""
    import yaml

    if name not in names_in(group):
        raise ConfigError(unknown_name(group, name, names_in(group)))
    text = (conf_directory() / group / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text) or {})


def existing_directory(path: str | Path) -> Path:
    """An absolute path to a folder that exists; raises ConfigError."""
    folder = Path(os.path.expanduser(path)).resolve()
    if not folder.is_dir():
        raise ConfigError(f"--config-dir {str(path)!r} is not a folder. Give a folder that holds scenario/NAME.yaml.")
    return folder


def explain(error: Exception) -> str:
    """One line for what Hydra says over several."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if text.startswith("Could not override"):
        key = text.split("'")[1]
        close = _nearest_key(key)
        hint = f" Did you mean {close!r}?" if close else ""
        return f"there is no setting {key!r}.{hint} To add a new entry (an event, a letter) write +{key}=... ."
    if text.startswith("Interpolation key 'talks.parties"):  # the add-ons on the table are the parties'
        return "talks.parties must name two different governments."
    if text.startswith("In 'config': Could not find"):
        group, _, name = text.split("'")[3].partition("/")
        return unknown_name(group, name, names_in(group))
    if type(error).__name__ == "OverrideParseException":
        override = getattr(error, "override", "") or text
        return f"the override {override!r} could not be read. Write key=value without spaces, or quote it in the shell."
    return text


def _nearest_key(key: str) -> str | None:
    from tariffsim.errors import nearest

    return nearest(key, flatten(compose([])))


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted path -> leaf, for mappings (lists are leaves)."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        leaves |= flatten(value, f"{path}.") if isinstance(value, Mapping) and value else {path: value}
    return leaves


def plain(value: Any) -> Any:
    """Mappings with text keys all the way down (YAML reads month numbers as integers)."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "\\'") + "'"
