"""Values at the edge: resolutions below a bucket step, names longer than file systems take."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.engine.commands.test_bad_input import refused, run

QUICK = ["--max-train-steps", "1", "--train-batch-size", "1", "--network-dim", "1"]


@pytest.fixture
def art(tmp_path):
    folder = tmp_path / "art" / "1_icon"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((40, 48, 3), 90, np.uint8)).save(folder / "boat.png")
    return folder.parent


def _train(art, tmp_path, *more):
    return ["train", "--train-data-dir", art, "--output-dir", tmp_path / "run", *QUICK, *more]


def test_a_resolution_below_the_usual_bucket_step_trains(capsys, art, tmp_path):
    status, _, told = run(capsys, *_train(art, tmp_path, "--resolution", "40"))
    assert (status, told) == (0, [])
    assert list((tmp_path / "run" / "checkpoints").glob("*.safetensors"))


@pytest.mark.parametrize("side", ["8", "16"])
def test_a_resolution_the_model_cannot_halve_is_refused(capsys, art, tmp_path, side):
    said = refused(capsys, *_train(art, tmp_path, "--resolution", side))
    assert "resolution: must be 32 or more for starter" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["x" * 300, "字" * 90])
def test_a_name_too_long_is_refused_before_anything_is_drawn(capsys, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "generate", "--prompt", "a", "--file-name", name)
    assert "at most 240 bytes" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["x" * 300, "/".join(["y" * 200] * 30), "file"])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_drawn(
    capsys, tmp_path, monkeypatch, folder
):
    drawn = []
    monkeypatch.setattr("engine.sampling.generate.sample", lambda *_, **__: drawn.append(1))
    (tmp_path / "file").write_text("")
    said = refused(capsys, "generate", "--prompt", "a", "--output-dir", tmp_path / folder)
    assert "cannot be written" in said
    assert drawn == []


def test_two_links_that_lead_to_each_other_are_no_folder(capsys, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for words in (
        ["export", tmp_path / "a", "--out", tmp_path / "out"],
        ["export", tmp_path, "--out", tmp_path / "a"],
        ["train", tmp_path / "a"],
        ["grid", tmp_path / "a"],
        ["lora", "info", tmp_path / "a"],
        ["tour", "--out", tmp_path / "a"],
        ["generate", "--prompt", "a", "--init-image", tmp_path / "a"],
        ["generate", "--prompt", "a", "--like", tmp_path / "a"],
        ["generate", "--prompt", "a", "--model", tmp_path / "a"],
        ["generate", "--prompt", "a", "--lora", tmp_path / "a"],
        ["generate", "--prompt", "a", "--output-dir", tmp_path / "a"],
    ):
        refused(capsys, *words)


def test_paths_too_long_for_the_system_are_one_sentence(capsys, tmp_path):
    long = tmp_path / ("x" * 300)
    for words in (
        ["export", long, "--out", tmp_path / "out"],
        ["export", tmp_path, "--out", long],
        ["train", long],
        ["train", "--train-data-dir", long, "--output-dir", tmp_path / "o"],
        ["train", "--project", long],
        ["grid", long],
        ["lora", "info", long],
        ["generate", "--prompt", "a", "--init-image", long],
        ["generate", "--prompt", "a", "--like", long],
        ["generate", "--prompt", "a", "--model", long],
        ["generate", "--prompt", "a", "--lora", long],
    ):
        refused(capsys, *words)
