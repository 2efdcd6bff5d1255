from __future__ import annotations

from pathlib import Path

import pytest

from engine.validation.measured_by import NAME, load, save


def test_the_choice_is_kept_and_moves_with_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    model = project / "models" / "sscd.pt"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"model")
    assert load(project) == ("", None)
    save(project, str(model))
    assert load(project) == (str(model), None)
    moved = project.rename(tmp_path / "moved")
    assert load(moved) == (str(moved / "models" / "sscd.pt"), None)
    save(moved, "")
    assert load(moved) == ("", None)


def test_a_model_that_is_gone_is_named_and_the_built_in_one_is_used(tmp_path: Path) -> None:
    save(tmp_path, str(tmp_path / "gone" / "dinov2-small"))
    path, wrong = load(tmp_path)
    assert path == ""
    assert str(wrong).startswith("dinov2-small cannot be found any more, so pictures are compared")
    assert "dinov2-small" in (tmp_path / NAME).read_text()  # back again, it is used again


@pytest.mark.parametrize("data", [b"", b"[]", b'{"extractor": 7}', b"[" * 60_000])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    path, wrong = load(tmp_path)
    assert path == ""
    assert str(wrong).startswith("validation-extractor.json cannot be used")
