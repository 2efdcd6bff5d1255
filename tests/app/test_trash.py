"""The trash of the system, also of an account that has none yet."""

from __future__ import annotations

import sys

import pytest

from app.trash import bring_back, to_trash


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folder is one of Linux")
def test_an_account_without_a_trash_gets_one(tmp_path, monkeypatch) -> None:
    home, file = tmp_path / "new" / "data", tmp_path / "note.txt"
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    file.write_text("kept")
    there = to_trash(file)
    assert not file.exists()
    assert there == home / "Trash" / "files" / "note.txt"
    bring_back(there, file)
    assert file.read_text() == "kept"
    assert not there.exists()
