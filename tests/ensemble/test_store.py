"""Results on disk come back bit for bit, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.ensemble.shared import differing, quick, with_talks

import tariffsim
from tariffsim.ensemble import store
from tariffsim.ensemble.folders import free_folder, staged, write_atomically
from tariffsim.errors import ResultsError


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_talks().save(tmp_path_factory.mktemp("results") / "näme with spaces")


def test_results_come_back_bit_for_bit(saved: Path) -> None:
    again = tariffsim.load_results(saved)
    assert differing(with_talks(), again) == []
    assert [again.arrays[k].dtype for k in again.arrays] == [with_talks().arrays[k].dtype for k in again.arrays]
    assert again.scenario == with_talks().scenario
    assert again.labels == with_talks().labels
    assert again.provenance == with_talks().provenance


def test_a_loaded_result_gives_the_same_summary(saved: Path) -> None:
    assert tariffsim.load_results(saved).summary().equals(with_talks().summary())


def test_a_table_has_one_row_a_world_date_and_pair_with_readable_ids(saved: Path) -> None:
    table = pq.read_table(saved / "addons.parquet").to_pandas()
    assert list(table.columns) == ["world", "time", "addon_pair", "addon"]
    first = table[(table["world"] == 0) & (table["addon_pair"] == "USA>CHN")]
    assert first["addon"].tolist() == with_talks().arrays["addon"][0, :, 0].tolist()
    assert str(first["time"].iloc[0]) == "2025-06-09"


def test_outcomes_have_one_row_a_world_and_a_column_for_each_term(saved: Path) -> None:
    table = pq.read_table(saved / "outcomes.parquet").to_pandas()
    assert len(table) == 12
    assert {"deal_date", "deal_terms.licence", "deal_gain.USA", "executed.KOR", "discount.CHN"} <= set(table.columns)
    assert table["deal_date"].isna().sum() == np.isnat(with_talks().arrays["deal_date"]).sum()


def test_only_names_are_dictionary_encoded_and_files_are_compressed(saved: Path) -> None:
    meta = pq.read_metadata(saved / "countries.parquet").row_group(0)
    columns = {meta.column(k).path_in_schema: meta.column(k) for k in range(meta.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    encoded = {name for name, column in columns.items() if "RLE_DICTIONARY" in column.encodings}
    assert encoded == {"time", "horizon", "country"}


def test_the_manifest_holds_configuration_seed_versions_data_and_files(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["config"]["talks"]["rounds"] == ["2025-06-09"]
    assert manifest["seed"] == 7
    assert manifest["provenance"]["versions"]["tariffsim"] == tariffsim.__version__
    assert manifest["provenance"]["command"] == "python -m tariffsim"
    assert len(manifest["provenance"]["data"]["baseline/flows.csv"]) == 64
    assert set(manifest["files"]) == {path.name for path in saved.glob("*.parquet")}
    assert manifest["variables"]["addon"]["units"] == "percentage points"


def test_saving_never_overwrites(saved: Path) -> None:
    before = (saved / "manifest.json").read_bytes()
    with pytest.raises(ResultsError, match=r"exists already\. Choose another folder"):
        quick().save(saved)
    assert (saved / "manifest.json").read_bytes() == before


def test_a_save_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_manifest", full_disk)  # after the tables, before the manifest
    with pytest.raises(ResultsError, match=r"cannot write .*run: No space left on device"):
        quick().save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with staged(tmp_path / "run", counter=True) as staging:
            (staging.path / "half.txt").write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_of_one_name_gets_a_number(tmp_path: Path) -> None:
    places = []
    for _ in range(3):
        with staged(tmp_path / "run", counter=True) as staging:
            (staging.path / "file.txt").write_text("whole", encoding="utf-8")
        places.append(staging.published)
    assert places == [tmp_path / "run", tmp_path / "run-2", tmp_path / "run-3"]
    assert free_folder(tmp_path / "run") == tmp_path / "run-4"


def test_a_place_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path / "run", counter=True) as staging:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "theirs.txt").write_text("theirs", encoding="utf-8")
    assert staging.published == tmp_path / "run-2"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["theirs.txt"]


def test_a_place_under_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for attempt in (lambda p: staged(p, counter=True).__enter__(), free_folder, quick().save):
        with pytest.raises(ResultsError, match=r"cannot write .*output\.directory"):
            attempt(tmp_path / "file" / "run")


def test_a_file_is_replaced_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"

    def succeed(place: Path) -> None:
        place.write_text("first", encoding="utf-8")

    write_atomically(path, succeed)

    def fail(place: Path) -> None:
        place.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(ResultsError, match="No space left on device"):
        write_atomically(path, fail)
    assert path.read_text(encoding="utf-8") == "first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def copy_of(saved: Path, tmp_path: Path) -> Path:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_folder_without_a_manifest_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"no result in .*manifest\.json is missing"):
        tariffsim.load_results(tmp_path)


def test_a_damaged_table_is_named(copy_of: Path) -> None:
    path = copy_of / "pairs.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ResultsError, match=r"pairs\.parquet is not the file its manifest describes"):
        tariffsim.load_results(copy_of)


def test_a_missing_table_is_named(copy_of: Path) -> None:
    (copy_of / "flows.parquet").unlink()
    with pytest.raises(ResultsError, match=r"cannot read .*flows\.parquet"):
        tariffsim.load_results(copy_of)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot read"),
        ("[]", "is not of format 1"),
        ('{"format": 99}', "is not of format 1"),
        ('{"format": 1}', "is damaged or from another version"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_line(copy_of: Path, text: str, message: str) -> None:
    (copy_of / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=message) as caught:
        tariffsim.load_results(copy_of)
    assert "\n" not in str(caught.value)


def test_every_variable_is_in_exactly_one_table() -> None:
    names = [v.name for axes in store.TABLES for v, _, _ in store._members(axes, quick().labels)]
    assert set(names) == set(quick().arrays)
    plain = [v.name for axes in store.TABLES for v, name, _ in store._members(axes, quick().labels) if name == v.name]
    assert len(plain) == len(set(plain))


def test_provenance_is_no_part_of_what_is_compared() -> None:
    other = dataclasses.replace(quick().provenance, seconds=1e6)
    again = tariffsim.Results(quick().scenario, quick().labels, quick().arrays, other)
    assert differing(quick(), again) == []
