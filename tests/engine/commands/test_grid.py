from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from engine.commands.cli import main
from engine.commands.grid import read_request
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.runtime.resources import resource


def toml(folder: Path, text: str) -> str:
    path = folder / "grid.toml"
    path.write_text(text + "\n[image]\nprompt = 'castle'\nsteps = 1\nwidth = 64\nheight = 64\n")
    return str(path)


def test_any_axes_are_drawn_and_told_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sketches = tmp_path / "sketches"
    sketches.mkdir()
    for name, color in (("b.png", "red"), ("a.png", "blue"), ("copy.png", "blue")):
        Image.new("RGB", (64, 64), color).save(sketches / name)
    path = toml(tmp_path, "[axes]\nstrength = '0.5, 1'\ninit_image = 'sketches'\n")
    assert main(["grid", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["drawn"], found["cached"], found["failed"]) == (2 * 2, 0, 0)
    at = [cell["at"] for cell in found["cells"]]
    assert len(at) == 2 * 3  # a copy of a sketch is the same picture
    assert at[0] == {"strength": 0.5, "init_image": str(sketches / "a.png")}
    assert all(Path(cell["path"]).is_file() for cell in found["cells"])
    assert Path(found["picture"]).is_file()


def test_a_grid_is_exported_as_the_window_does_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toml(tmp_path, "seeds = '1, 2'")
    endings = ("png", "pdf", "html", "csv", "psd")
    files = [tmp_path / "out" / f"sheet.{ending}" for ending in endings]
    asked = [part for file in files for part in ("--export", str(file))]
    assert main(["grid", path, "--json", "--cell", "32", "--language", "zh_CN", *asked]) == 0
    second = tmp_path / "out" / "sheet-checkpoints.csv"
    exported = [str(file) for file in (*files[:4], second, *files[4:])]
    assert json.loads(capsys.readouterr().out)["exported"] == exported
    assert len(second.read_text("utf-8-sig").splitlines()) == 1 + 1
    with Image.open(files[0]) as image:
        assert 64 < image.width < 200
    assert files[1].read_bytes().startswith(b"%PDF")
    assert "基础模型" in files[2].read_text("utf-8")
    assert len(files[3].read_text("utf-8-sig").splitlines()) == 1 + 2
    assert files[4].read_bytes().startswith(b"8BPS")
    assert main(["grid", path, "--export", str(files[0])]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(files[0])


def test_a_table_has_what_was_measured_against_the_training_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    art = resource("sample", "pixel")
    folders = [SourceFolder(path=str(art))]
    project = Project.create(tmp_path / "project", "Icons", folders)
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
    path = toml(project.root, "seeds = '1, 2'")
    assert main(["grid", path, "--export", str(tmp_path / "table.csv")]) == 0
    first, second = map(Path, capsys.readouterr().out.splitlines()[1:])
    read = list(csv.DictReader(io.StringIO(first.read_text("utf-8-sig"))))
    assert len(read) == 2
    for line in read:
        assert 0.0 < float(line["copying"]) <= 1.0
        assert (art / line["nearest"]).is_file()
    assert second.name == "table-checkpoints.csv"
    (row,) = csv.DictReader(io.StringIO(second.read_text("utf-8-sig")))
    assert float(row["copying"]) == pytest.approx(
        sum(float(line["copying"]) for line in read) / 2, abs=1e-3
    )


def test_an_export_that_cannot_be_written_is_refused_before_the_first_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toml(tmp_path, "seeds = '1, 2'")
    (tmp_path / "there.png").mkdir()
    assert main(["grid", path, "--export", str(tmp_path / "sheet.tiff")]) == 2
    assert "another ending than .png, .pdf, .html, .csv, .psd" in capsys.readouterr().err
    assert main(["grid", path, "--export", str(tmp_path / "there.png")]) != 0
    assert main(["grid", path, "--export", "sheet.png", "--cell", "9000"]) == 2
    assert "cell" in capsys.readouterr().err
    assert not (tmp_path / "grid").exists()


def test_a_dry_run_draws_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = toml(tmp_path, "seeds = '1 … 6'")
    assert main(["grid", path, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "6 cells, 6 pictures, 0 from before" in told
    assert "not known yet" in told
    assert not (tmp_path / "grid").exists()
    assert main(["grid", path, "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cells"], found["cached"], found["problems"]) == (6, 0, [])


def test_a_dry_run_names_everything_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toml(tmp_path, "checkpoints = ['gone.safetensors']\n[axes]\nreplace = 'apple, pear'")
    assert main(["grid", path, "--dry-run", "--json"]) == 2
    out, err = capsys.readouterr()
    settings = [problem["setting"] for problem in json.loads(out)["problems"]]
    assert settings == ["replace", "checkpoint"]
    assert "gone.safetensors" in err


def test_a_million_cells_are_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toml(tmp_path, "seeds = '1 … 1000'\n[axes]\nsteps = '1 … 100'\nclip_skip = '1 … 10'")
    assert main(["grid", path]) == 2
    assert "1,000,000 cells are more than the 50,000" in capsys.readouterr().err


def test_with_anything_wrong_nothing_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"short")
    path = toml(
        tmp_path, "checkpoints = ['', 'broken.safetensors']\n[axes]\nsecond_weight = '0, 1'"
    )
    assert main(["grid", path, "--dry-run"]) == 2
    told = capsys.readouterr().err
    assert main(["grid", path]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", told)
    assert err.index("checkpoint: ") < err.index("second_weight: Second weight: There is no LoRA")
    assert not (tmp_path / "grid").exists()


def test_a_folder_of_sketches_without_any_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sketches").mkdir()
    path = toml(tmp_path, "[axes]\ninit_image = 'sketches'\nstrength = '0.5, 1'\n")
    assert main(["grid", path]) == 2
    told = capsys.readouterr().err.strip()
    assert f"There are no pictures in {tmp_path / 'sketches'}." in told
    assert len(told.splitlines()) == 1


def test_a_folder_left_empty_is_the_one_beside_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, "folder = ''\nseeds = '1'")
    assert read_request(Path(path)).folder == str(tmp_path / "grid")
