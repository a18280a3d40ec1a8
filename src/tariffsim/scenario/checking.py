"""Checks that span several settings: names that must agree, dates that must be in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.scenario.issues import check_issues
from tariffsim.scenario.schema import TRAITS, GovernmentSpec, Scenario

FIRST_DAY, LAST_DAY = "2022-07-01", "2025-06-09"


def check_scenario(scenario: Scenario) -> None:
    """Raise ConfigError for the first inconsistency found."""
    _check_talks(scenario)
    _check_dates(scenario)
    _check_policy(scenario)
    _check_partners(scenario)
    if not scenario.output.directory.strip():
        raise ConfigError("output.directory is empty: name a folder, for instance output.directory=results.")
    for name, event in scenario.events.items():
        _in_run(f"events.{name}.date", event.date, scenario)
        if event.kind == "licence":
            _known(f"events.{name}.input", event.input, scenario.inputs)
    if scenario.output.name and not _safe(scenario.output.name):
        raise ConfigError(
            f"output.name {scenario.output.name!r} must be a plain name without / or \\ and not begin with a dot."
        )


def _safe(name: str) -> bool:
    return not (set(name) & set('/\\:*?"<>|\0')) and not name.startswith(".")


def _check_dates(scenario: Scenario) -> None:
    start = scenario.start
    if not FIRST_DAY <= start.isoformat() <= LAST_DAY:
        raise ConfigError(f"start {start} is outside the dated tariff record: {FIRST_DAY} to {LAST_DAY}.")
    if not FIRST_DAY <= scenario.reference_date.isoformat() <= LAST_DAY:
        raise ConfigError(
            f"reference_date {scenario.reference_date} is outside the dated tariff record: {FIRST_DAY} to {LAST_DAY}."
        )
    for k, day in enumerate(scenario.talks.rounds):
        _in_run(f"talks.rounds[{k}]", day, scenario)
    truce = scenario.truce
    if truce.status == "cold":
        return
    if truce.expires is None or truce.expires <= start:
        raise ConfigError(
            f"truce.expires must be a day after start {start}, got {truce.expires}; or set truce.status=cold."
        )
    for party in scenario.talks.parties:
        _known("truce.snapback", party, truce.snapback)


def _check_talks(scenario: Scenario) -> None:
    talks = scenario.talks
    if len(talks.parties) != 2 or len(set(talks.parties)) != 2:
        raise ConfigError(f"talks.parties must name two different governments, got {list(talks.parties)}.")
    for party in talks.parties:
        _known("talks.parties", party, scenario.governments)
    _known("talks.first_mover", talks.first_mover, [*talks.parties, "drawn"])
    _known("talks.protocol", talks.protocol, scenario.protocols)
    for key in ("outside", "inside"):
        for party in getattr(talks, key):
            _known(f"talks.{key}", party, talks.parties)
    check_issues(talks.issues, talks.parties)
    licences = list(talks.of_kind("licence"))
    if len(licences) > 1:
        raise ConfigError(f"talks.issues has licences {licences}: one promise is watched, keep one licence issue.")
    if not licences and scenario.truce.status == "probation":
        raise ConfigError("truce.status=probation needs a licence issue in talks.issues: nothing else can be cured.")
    for name, government in scenario.governments.items():
        _check_government(name, government, name in talks.parties, scenario)


def _check_government(name: str, government: GovernmentSpec, party: bool, scenario: Scenario) -> None:
    _known(f"governments.{name}.escalation", government.escalation, scenario.escalations)
    if government.floor > government.ceiling:
        raise ConfigError(
            f"governments.{name}.floor must not lie above its ceiling of {government.ceiling:g}, "
            f"got {government.floor:g}."
        )
    for key in ("strategy", "control_value", "audience_cost", "pain", "ratification"):
        given = getattr(government, key) is not None
        if given != party:
            rule = "is needed: it is" if party else "would change nothing: it is not"
            raise ConfigError(
                f"governments.{name}.{key} {rule} a party to the talks ({', '.join(scenario.talks.parties)})."
            )
    ratification = government.ratification
    if ratification and ratification.form != "executive" and not government.groups:
        raise ConfigError(f"governments.{name}.ratification.form={ratification.form} needs governments.{name}.groups.")
    if len(set(government.private)) > 3:
        raise ConfigError(
            f"governments.{name}.private names {len(set(government.private))} traits: at most 3 (8 types)."
        )
    if government.threat is not None and not party:
        raise ConfigError(f"governments.{name}.threat would change nothing: it is not a party to the talks.")
    if government.threat is not None and government.threat > government.ceiling:
        raise ConfigError(
            f"governments.{name}.threat must not lie above its ceiling of {government.ceiling:g}, "
            f"got {government.threat:g}."
        )
    if government.threatens == "chosen" and government.threat is None:
        raise ConfigError(
            f"governments.{name}.threatens=chosen would change nothing: set governments.{name}.threat to an add-on."
        )
    if government.private and not party:
        raise ConfigError(f"governments.{name}.private would change nothing: it is not a party to the talks.")
    for trait in government.private:
        _known(f"governments.{name}.private", trait, TRAITS)
    if party:
        _known(f"governments.{name}.strategy", government.strategy, scenario.strategies)


def _check_policy(scenario: Scenario) -> None:
    first, second = scenario.talks.parties
    for importer, exporter in ((first, second), (second, first)):
        if exporter not in scenario.policy.addons.get(importer, {}):
            raise ConfigError(
                f"policy.addons.{importer}.{exporter} is missing: the parties' add-ons on each other must be given."
            )
    for name, critical in scenario.inputs.items():
        if critical.rationing == "quota" and critical.rent != "user":
            raise ConfigError(
                f"inputs.{name}.rent={critical.rent} would change nothing: quotas have no price, what they are worth "
                f"stays with users. Set inputs.{name}.rationing=market as well."
            )
    owners = {spec.owner for spec in scenario.inputs.values() if spec.owner}
    for owner, licences in scenario.policy.licences.items():
        _known("policy.licences", owner, owners)
        for name in licences:
            _known(f"policy.licences.{owner}", name, scenario.inputs)


def _check_partners(scenario: Scenario) -> None:
    partners = scenario.partners
    _known("partners.sender", partners.sender, scenario.governments)
    for name in partners.letters:
        _known("partners.letters", name, scenario.governments)
        if name not in scenario.policy.addons.get(partners.sender, {}):
            raise ConfigError(
                f"policy.addons.{partners.sender}.{name} is missing: {name} has a letter in partners.letters."
            )


def _in_run(path: str, day: dt.date, scenario: Scenario) -> None:
    last = scenario.start + dt.timedelta(days=scenario.ticks * scenario.tick_days - 1)
    if not scenario.start <= day <= last:
        raise ConfigError(
            f"{path} is {day}, outside the run of {scenario.start} to {last}: move it, or change start or ticks."
        )


def _known(kind: str, got: object, allowed: Iterable[str]) -> None:
    names = list(allowed)
    if got not in names:
        raise ConfigError(unknown_name(kind, got, names))
