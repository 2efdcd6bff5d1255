from __future__ import annotations

import os
from pathlib import Path

from engine.validation.claims import FOLDER, Claims

CELLS = ("a" * 64, "b" * 64, "c" * 64)


def test_what_one_has_taken_is_left_to_it_until_it_takes_others(tmp_path: Path) -> None:
    with Claims(tmp_path) as first, Claims(tmp_path) as second:
        assert first.take(CELLS[:2]) == set(CELLS[:2])
        assert second.take(CELLS) == {CELLS[2]}
        assert first.take(CELLS) == set(CELLS[:2])
        assert first.take(()) == set()
        assert second.take(CELLS) == set(CELLS)


def test_at_the_end_nothing_is_taken_and_no_file_is_left(tmp_path: Path) -> None:
    with Claims(tmp_path) as second:
        with Claims(tmp_path) as first:
            first.take(CELLS)
            assert second.take(CELLS) == set()
        assert second.take(CELLS) == set(CELLS)
    assert os.listdir(tmp_path / FOLDER) == ["turn"]


def test_files_of_a_process_that_was_killed_take_nothing_and_are_removed(tmp_path: Path) -> None:
    with Claims(tmp_path) as claims:
        (tmp_path / FOLDER / "dead.lock").touch()
        (tmp_path / FOLDER / "dead.cells").write_text("\n".join(CELLS))
        assert claims.take(CELLS) == set(CELLS)
        assert not list((tmp_path / FOLDER).glob("dead.*"))


def test_where_no_claim_can_be_written_everything_is_free(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with Claims(tmp_path) as first, Claims(tmp_path) as second:
        assert first.take(CELLS) == second.take(CELLS) == set(CELLS)
