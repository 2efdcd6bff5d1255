"""The ``dataset`` verb: JSON on stdout, one sentence on stderr, and art that stays as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.commands import cli
from engine.project.project import Project
from engine.project.settings import data_dir
from engine.runtime.resources import resource

ROOT = Path(__file__).parents[3]


def run(capsys, *words):
    """The JSON that a command prints."""
    status = cli.main(["dataset", *(str(word) for word in words)])
    out, err = capsys.readouterr()
    assert status == 0, err
    return json.loads(out)


def refused(capsys, *words):
    """Exit status and the one sentence of a command that refuses."""
    status = cli.main(["dataset", *(str(word) for word in words)])
    out, err = capsys.readouterr()
    told = [line for line in err.splitlines() if line.startswith("stylekiln: ")]
    assert (out, len(told)) == ("", 1), err
    assert "Traceback" not in err
    return status, told[0]


@pytest.fixture
def art(tmp_path):
    """Three pictures, two of them with captions."""
    folder = tmp_path / "art"
    folder.mkdir()
    for seed, name in enumerate(("red_apple", "boat", "cup")):
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((64, 48), 0).save(folder / f"{name}.png")
    (folder / "boat.txt").write_text("boat, icon", encoding="utf-8")
    (folder / "cup.txt").write_text("cup, icon", encoding="utf-8")
    return folder


@pytest.fixture
def read_only(art, monkeypatch):
    """``art`` as a folder that cannot be written, for root too; gives what lies in it."""
    access = os.access

    def refuse(path, mode, **options):
        inside = os.path.abspath(path).startswith(str(art))
        return False if inside and mode & os.W_OK else access(path, mode, **options)

    monkeypatch.setattr(os, "access", refuse)
    art.chmod(0o555)
    yield {path.name: path.read_bytes() for path in art.iterdir()}
    art.chmod(0o755)


def test_scan_prints_pictures_problems_and_suggestions(art, read_only, capsys):
    (art.parent / "art" / "boat.png").chmod(0o644)
    found = run(capsys, "scan", art)
    assert found["counts"] == {
        "pictures": 3, "captioned": 2, "rejected": 0, "held_out": 0, "problems": 0
    }  # fmt: skip
    assert found["suggestions"]["no-caption"] == 1
    boat = next(item for item in found["pictures"] if item["file"] == str(art / "boat.png"))
    assert (boat["width"], boat["height"], boat["caption"]) == (64, 48, "boat, icon")
    assert found["project"] == str(data_dir() / "projects" / "art")
    assert {path.name for path in art.iterdir()} == set(read_only)


def test_scan_prints_only_what_a_filter_finds(art, capsys):
    found = run(capsys, "scan", art, "--where", "tag:icon AND NOT boat")
    assert [os.path.basename(item["file"]) for item in found["pictures"]] == ["cup.png"]
    assert run(capsys, "scan", art, "--where", "stars:>=1")["suggestions"] == {}
    bare = run(capsys, "scan", art, "--where", "untagged")
    assert (bare["counts"]["pictures"], bare["suggestions"]) == (1, {"no-caption": 1})
    Image.new("RGB", (192, 96), "red").save(art / "wide.png")
    wide = run(capsys, "scan", art, "--where", "bucket:160x96")["pictures"]
    assert "wide.png" in [os.path.basename(item["file"]) for item in wide]
    assert run(capsys, "scan", art, "--where", "bucket:512x512")["pictures"] == []
    assert refused(capsys, "scan", art, "--where", "stars:>=x")[0] == 2


def test_scan_tells_about_damaged_pictures(art, capsys):
    (art / "cup.png").write_bytes(b"oops")
    found = run(capsys, "scan", art)
    assert found["counts"]["problems"] == 1
    assert found["suggestions"]["unreadable"] == 1
    assert any("cup.png is not a picture" in item.get("problem", "") for item in found["pictures"])


def test_cull_finds_what_is_planted_and_marks_it_only_when_asked(tmp_path, capsys):
    art = tmp_path / "pixel"
    shutil.copytree(resource("sample/pixel"), art)
    before = {path.name: path.read_bytes() for path in art.iterdir()}
    found = run(capsys, "cull", art)
    assert found["rejected"] == []
    assert run(capsys, "scan", art)["counts"]["rejected"] == 0
    assert [len(group["pictures"]) for group in found["groups"]] == [2] * 5
    assert all(isinstance(item["value"], float) for item in found["suggestions"])
    marked = run(capsys, "cull", art, "--reject")["rejected"]
    assert {os.path.basename(name) for name in marked} == {
        "bell_pepper_copy.webp", "crown_thumb.png", "donkey_soft.png", "lotus_soft.png",
        "rocket_copy.webp",
    }  # fmt: skip
    assert run(capsys, "scan", art)["counts"]["rejected"] == 5
    assert {path.name: path.read_bytes() for path in art.iterdir()} == before


def test_cull_takes_thresholds_and_kinds(art, capsys):
    found = run(capsys, "cull", art, "--short-side", "50", "--kind", "too-small", "--reject")
    assert found["thresholds"]["short_side"] == 50
    assert {item["kind"] for item in found["suggestions"]} == {"too-small"}
    assert len(found["rejected"]) == 3


def test_captions_from_names_and_batch_changes(art, capsys):
    shown = run(capsys, "caption", art, "--dry-run", "names")
    assert [item["after"] for item in shown["changes"]] == ["red apple"]
    assert not (art / "red_apple.txt").exists()
    assert run(capsys, "caption", art, "names")["written"] is True
    assert (art / "red_apple.txt").read_text(encoding="utf-8") == "red apple"
    renamed = run(
        capsys, "caption", art, "--where", "cup", "rename", "--old", "icon", "--new", "sticker"
    )
    assert [item["after"] for item in renamed["changes"]] == ["cup, sticker"]
    assert (art / "boat.txt").read_text(encoding="utf-8") == "boat, icon"
    status, told = refused(
        capsys, "caption", art, "replace", "--find", "(", "--replacement", "x", "--regex"
    )
    assert status == 2, told


def test_captions_are_not_written_into_a_read_only_folder(art, read_only, capsys):
    assert run(capsys, "caption", art, "--dry-run", "names")["changes"]
    status, told = refused(capsys, "caption", art, "names")
    assert (status, "read-only" in told) == (6, True)
    assert {path.name: path.read_bytes() for path in art.iterdir()} == read_only


@pytest.mark.parametrize("kind", ["kohya", "kohya-toml", "metadata-json", "jsonl", "imagefolder"])
def test_every_format_is_exported_from_a_read_only_folder(art, read_only, tmp_path, capsys, kind):
    done = run(capsys, "export", art, "--format", kind, "--out", tmp_path / "out")
    assert (done["count"], done["folder"]) == (3, str(tmp_path / "out"))
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert {path.name: path.read_bytes() for path in art.iterdir()} == read_only


def test_a_zip_goes_out_and_comes_in(art, tmp_path, capsys):
    run(capsys, "cull", art, "--short-side", "50", "--kind", "too-small", "--reject")
    run(capsys, "export", art, "--format", "zip", "--out", tmp_path / "set.zip")
    done = run(capsys, "import", tmp_path / "new", tmp_path / "set.zip")
    assert (done["pictures"], done["project"]) == (3, str(tmp_path / "new"))
    assert run(capsys, "scan", tmp_path / "new")["counts"]["rejected"] == 3


def test_captions_of_another_tool_are_imported(art, tmp_path, capsys):
    (tmp_path / "m.json").write_text('{"red_apple": {"tags": "red"}, "gone": {"tags": "x"}}')
    done = run(capsys, "import", art, tmp_path / "m.json")
    assert (done["captions"], done["unmatched"]) == (1, ["gone is no picture of this project."])
    assert (art / "red_apple.txt").read_text() == "red"


def test_the_marks_of_the_window_count(art, tmp_path, capsys):
    project = Project.open(run(capsys, "scan", art)["project"])
    project.save(project.file.model_copy(update={"trigger_word": "hvisl"}))
    run(capsys, "export", art, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "1_art" / "boat.txt").read_text() == "hvisl, boat, icon"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["scan", "{tmp}/gone"], 3),
        (["scan", "{tmp}/empty"], 3),
        (["cull", "{tmp}/gone"], 3),
        (["caption", "{tmp}/gone", "names"], 3),
        (["export", "{tmp}/gone", "--out", "{tmp}/o"], 3),
        (["export", "{tmp}/art", "--out", "{tmp}/art/o"], 2),
        (["import", "{tmp}/x", "{tmp}/gone.zip"], 3),
        (["import", "{tmp}/art", "{tmp}/art/boat.txt"], 2),
        (["cull", "{tmp}/art", "--kind", "blurred", "--kind", "bogus"], 2),
        (["caption", "{tmp}/art", "rename"], 2),
        (["caption", "{tmp}/art", "rename", "--old", "icon"], 2),
        (["caption", "{tmp}/art", "replace", "--replacement", "x"], 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence(art, tmp_path, capsys, words, status):
    (tmp_path / "empty").mkdir()
    assert refused(capsys, *(word.format(tmp=tmp_path) for word in words))[0] == status


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full")
@pytest.mark.parametrize(("closed", "status"), [(True, 141), (False, 6)])
def test_output_that_nobody_takes_is_no_traceback(art, closed, status):
    if closed:
        ours, theirs = os.pipe()
        os.close(ours)
    else:
        theirs = os.open("/dev/full", os.O_WRONLY)
    told = [sys.executable, "main.py", "dataset", "caption", str(art), "names"]
    done = subprocess.run(told, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("stylekiln: ")]
    assert (done.returncode, len(said)) == (status, 0 if closed else 1)
    assert b"Traceback" not in done.stderr
    assert b"ignored" not in done.stderr


def test_the_help_of_every_action_names_its_options(capsys):
    for action, word in (("scan", "--where"), ("cull", "--sharpness"), ("caption", "rename"),
                         ("export", "--format"), ("import", "--captions")):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            cli.main(["dataset", action, "--help"])
        assert ended.value.code == 0
        assert word in capsys.readouterr().out
