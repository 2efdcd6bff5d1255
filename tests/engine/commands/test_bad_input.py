"""Every command answers bad input with one sentence and a status that is not zero."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from engine.commands import cli
from engine.models.adapter_file import read_adapter
from engine.runtime.resources import resource
from engine.training.runs import Run
from main import opens_window

ROOT = Path(__file__).resolve().parents[3]
TINY = ["--resolution", "64", "--min-bucket-reso", "64", "--max-bucket-reso", "64"]


def run(capsys, *words):
    """The exit status, stdout, and what was said on stderr without progress and logs."""
    status = cli.main([str(word) for word in words])
    out, err = capsys.readouterr()
    told = [line for line in err.splitlines() if line.startswith("stylekiln: ")]
    return status, out, told


def refused(capsys, *words):
    """The one sentence with which a command refuses."""
    status, _, told = run(capsys, *words)
    assert status != 0
    assert len(told) == 1, told
    assert "Traceback" not in told[0]
    return told[0]


@pytest.fixture
def art(tmp_path):
    """A kohya folder with three good pictures."""
    folder = tmp_path / "art" / "1_icon"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(3)
    for name in ("boat", "cup", "hat"):
        pixels = generator.integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{name}, icon", encoding="utf-8")
    return folder.parent


@pytest.fixture
def truncated(tmp_path):
    """A model file that ends early."""
    whole = resource("starter", "unet", "diffusion_pytorch_model.safetensors").read_bytes()
    path = tmp_path / "short.safetensors"
    path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.fixture
def stranger(tmp_path):
    """A readable file of no family that is known."""
    path = tmp_path / "stranger.safetensors"
    save_file({"encoder.weight": torch.zeros(4, 4)}, str(path))
    return path


@pytest.fixture
def sdxl_lora(tmp_path):
    """A LoRA of another family than the starter's."""
    name = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {
        f"{name}.lora_down.weight": torch.zeros(4, 2048),
        f"{name}.lora_up.weight": torch.zeros(640, 4),
        f"{name}.alpha": torch.tensor(4.0),
    }
    path = tmp_path / "other.safetensors"
    save_file(tensors, str(path))
    return path


def train_words(art, tmp_path, *more):
    return ["train", "--train-data-dir", art, "--output-dir", tmp_path / "run", *TINY,
            "--max-train-steps", "1", "--train-batch-size", "1", *more]  # fmt: skip


@pytest.mark.parametrize("size", ["1000", "0x12", "axb", "-3x4"])
def test_buckets_refuses_what_is_no_size(capsys, size):
    assert "is not a size" in refused(capsys, "buckets", "--", size)


@pytest.mark.parametrize("verb", ["export", "train"])
def test_a_missing_folder_is_named(capsys, tmp_path, verb):
    words = {
        "export": ["export", tmp_path / "nowhere", "--out", tmp_path / "out"],
        "train": train_words(tmp_path / "nowhere", tmp_path),
    }[verb]
    assert "nowhere" in refused(capsys, *words)


@pytest.mark.parametrize("verb", ["export", "train"])
def test_an_empty_folder_says_what_to_add(capsys, tmp_path, verb):
    (tmp_path / "empty").mkdir()
    words = {
        "export": ["export", tmp_path / "empty", "--out", tmp_path / "out"],
        "train": train_words(tmp_path / "empty", tmp_path),
    }[verb]
    assert "Add pictures" in refused(capsys, *words)


def test_a_corrupt_picture_among_good_ones_is_left_out_and_told(capsys, art, tmp_path):
    (art / "1_icon" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    status = cli.main(["export", str(art), "--out", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert status == 0
    assert "3 pictures" in out
    assert "bad.png" in err
    assert len(list((tmp_path / "out").rglob("*.png"))) == 3


def test_training_leaves_a_corrupt_picture_out_and_tells(capsys, art, tmp_path):
    (art / "1_icon" / "bad.png").write_bytes((art / "1_icon" / "cup.png").read_bytes()[:200])
    status = cli.main([str(word) for word in train_words(art, tmp_path)])
    out, err = capsys.readouterr()
    assert status == 0
    assert "bad.png" in err
    assert Path(json.loads(out)["checkpoints"][-1]).is_file()


def test_a_caption_in_a_wrong_encoding_is_never_damaged(capsys, art, tmp_path):
    caption = art / "1_icon" / "cup.txt"
    caption.write_bytes(b"\xff\xfe\x00caption \x81\x8d")
    before = caption.read_bytes()
    status = cli.main(["export", str(art), "--out", str(tmp_path / "out")])
    capsys.readouterr()
    assert status == 0
    assert caption.read_bytes() == before


@pytest.mark.parametrize("verb", ["train", "grid"])
def test_malformed_toml_names_the_file(capsys, tmp_path, verb):
    path = tmp_path / "job.toml"
    path.write_text("resolution = [512,\n", encoding="utf-8")
    assert "job.toml" in refused(capsys, verb, path)


@pytest.mark.parametrize("verb", ["train", "grid"])
def test_a_missing_toml_is_named(capsys, tmp_path, verb):
    assert "none.toml" in refused(capsys, verb, tmp_path / "none.toml")


def test_an_unknown_setting_is_named(capsys, tmp_path):
    path = tmp_path / "job.toml"
    path.write_text('output_nam = "x"\n', encoding="utf-8")
    assert "output_nam" in refused(capsys, "train", path)


@pytest.mark.parametrize("verb", ["train", "generate", "grid"])
@pytest.mark.parametrize("kind", ["truncated", "stranger"])
def test_a_bad_base_model_is_refused(capsys, request, art, tmp_path, verb, kind):
    model = request.getfixturevalue(kind)
    grid = tmp_path / "grid.toml"
    grid.write_text(
        f'seeds = [1]\n[image]\nprompt = "cup"\nmodel = "{model.as_posix()}"\n', encoding="utf-8"
    )
    words = {
        "train": train_words(art, tmp_path, "--base-model", model),
        "generate": ["generate", "--model", model, "--output-dir", tmp_path / "pictures"],
        "grid": ["grid", grid],
    }[verb]
    assert model.name in refused(capsys, *words)


def test_a_base_model_that_is_not_there_is_named(capsys, tmp_path):
    told = refused(capsys, "generate", "--model", tmp_path / "gone.safetensors")
    assert "gone.safetensors" in told


def test_a_lora_of_another_family_is_refused(capsys, sdxl_lora, tmp_path):
    words = ["generate", "--prompt", "cup", "--steps", "1", "--output-dir", tmp_path / "p"]
    assert "other" in refused(capsys, *words, "--lora", sdxl_lora)


@pytest.mark.parametrize("kind", ["truncated", "stranger"])
def test_lora_refuses_what_is_no_lora(capsys, request, kind):
    path = request.getfixturevalue(kind)
    assert path.name in refused(capsys, "lora", "info", path)


def test_lora_rewrites_a_file_with_kohyas_names(capsys, sdxl_lora, tmp_path):
    status, out, _ = run(
        capsys, "lora", "convert", sdxl_lora, "--out", tmp_path / "again.safetensors", "--json"
    )
    assert status == 0
    assert json.loads(out)["left_out"] == []
    again = read_adapter(tmp_path / "again.safetensors")
    assert set(again.modules) == set(read_adapter(sdxl_lora).modules)


@pytest.mark.parametrize("verb", ["export", "train", "generate"])
def test_a_full_disk_is_one_sentence(capsys, art, tmp_path, monkeypatch, verb):
    words = {
        "export": ["export", art, "--out", tmp_path / "out"],
        "train": train_words(art, tmp_path),
        "generate": ["generate", "--prompt", "cup", "--steps", "1", "--width", "64", "--height",
                     "64", "--output-dir", tmp_path / "pictures"],
    }[verb]  # fmt: skip

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "disk is full" in refused(capsys, *words)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_killed_training_leaves_checkpoints_that_load_and_a_run_called_interrupted(art, tmp_path):
    words = ["train", "--train-data-dir", art, "--output-dir", tmp_path / "run", *TINY,
             "--max-train-epochs", "500", "--save-every-n-epochs", "1",
             "--train-batch-size", "4"]  # fmt: skip
    command = [sys.executable, "main.py", *map(str, words)]
    environment = {**os.environ, "STYLEKILN_HOME": str(tmp_path / "home")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "run" / "checkpoints"
    try:
        until = time.monotonic() + 300
        while len(list(checkpoints.glob("*.safetensors"))) < 2 and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    found = Run.open(tmp_path / "run")
    assert found.status == "interrupted"
    assert len(found.checkpoints()) >= 1
    for path in checkpoints.glob("*.safetensors"):
        assert read_adapter(path).modules


@pytest.mark.parametrize("step", ["0", "-64"])
def test_buckets_refuses_a_step_that_is_none(capsys, step):
    assert "step" in refused(capsys, "buckets", "--step", step, "100x100")


def test_buckets_refuses_sizes_beyond_reason_at_once(capsys):
    words = ["--max", "999999999", "--resolution", "999999x999999", "--step", "1", "100x100"]
    refused(capsys, "buckets", *words)


def test_a_warm_up_that_is_no_number_names_the_setting(capsys, tmp_path):
    path = tmp_path / "job.toml"
    path.write_text(
        'train_data_dir = "a"\noutput_dir = "b"\nlr_warmup_steps = "abc%"\n', encoding="utf-8"
    )
    assert "lr_warmup" in refused(capsys, "train", path)


def test_a_relative_image_folder_is_found(capsys, art, tmp_path, monkeypatch):
    monkeypatch.chdir(art.parent)
    assert cli.main([str(word) for word in train_words(art.name, tmp_path)]) == 0
    capsys.readouterr()


def test_a_very_long_name_does_not_stop_an_export(capsys, art, tmp_path):
    source = art / "1_icon" / "cup.png"
    shutil.copy(source, source.with_name("汉" * 80 + ".png"))
    assert cli.main(["export", str(art), "--out", str(tmp_path / "out")]) == 0
    assert "4 pictures" in capsys.readouterr().out


def test_weights_of_a_grid_are_numbers(capsys, tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("weights = [nan]\n", encoding="utf-8")
    assert "LoRA weight" in refused(capsys, "grid", path)


def test_a_folder_in_the_place_of_a_file_is_named_so(capsys, tmp_path):
    assert "is a folder" in refused(capsys, "lora", "info", tmp_path)


def test_an_unknown_command_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["trian"])
    assert stopped.value.code == 2
    assert "train" in capsys.readouterr().err


def test_an_output_folder_around_the_art_is_refused(capsys, art):
    assert "holds the source" in refused(capsys, "export", art / "1_icon", "--out", art)
    assert not (art / "manifest.json").exists()


def test_the_tour_says_when_its_folder_cannot_be_made(capsys, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "file" in refused(capsys, "tour", "--out", tmp_path / "file")
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize("verb", ["tour", "export"])
def test_a_place_that_cannot_be_made_is_named_as_it_was_given(capsys, art, tmp_path, verb):
    (tmp_path / "file").write_text("x")
    place = tmp_path / "file" / "inside"
    error = refused(capsys, verb, *([art] if verb == "export" else []), "--out", place)
    assert f"{place} cannot be written" in error


def test_an_export_says_that_the_index_was_damaged(capsys, art, tmp_path):
    assert cli.main(["export", str(art), "--out", str(tmp_path / "o")]) == 0
    (tmp_path / "o" / ".project" / "dataset.sqlite").write_bytes(b"no index" * 900)
    assert cli.main(["export", str(art), "--out", str(tmp_path / "o")]) == 0
    assert "dataset.sqlite.broken-1" in capsys.readouterr().err


def test_a_word_too_long_for_any_file_opens_no_window():
    assert not opens_window(["x" * 5000])


def test_names_in_any_letters_are_printed_where_the_system_knows_few(tmp_path, monkeypatch):
    told = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(told, "cp1252", write_through=True))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert cli.main(["train", str(tmp_path / "画风 🎨.toml")]) == 3
    assert "画风 🎨.toml" in told.getvalue().decode()
