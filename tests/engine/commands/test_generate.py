from __future__ import annotations

import pytest

from engine.commands.cli import main
from engine.commands.generate import parse_lora
from engine.sampling.picture_text import read_infotext

QUICK = ["--steps", "2", "--width", "32", "--height", "32"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_pictures_land_in_a_folder_and_their_paths_on_stdout(tmp_path, capsys):
    assert main(["generate", "--prompt", "castle", "--count", "2", "--seed", "5", *QUICK]) == 0
    paths = capsys.readouterr().out.split()
    assert len(paths) == 2
    assert [read_infotext(tmp_path / path).settings["Seed"] for path in paths] == ["5", "6"]


def test_a_picture_is_drawn_like_another_one(tmp_path, capsys):
    main(["generate", "--prompt", "castle", "--sampler", "euler", *QUICK])
    first = tmp_path / capsys.readouterr().out.strip()
    assert main(["generate", "--like", str(first), "--seed", "9", "--file-format", "webp"]) == 0
    second = read_infotext(tmp_path / capsys.readouterr().out.strip())
    expected = dict(read_infotext(first).settings) | {"Seed": "9"}
    assert second.settings == expected
    assert second.prompt == "castle"


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--width", "100"], 2, "multiple of 8"),
        (["--steps", "many"], 2, "steps"),
        (["--lora", "gone.safetensors:0.5"], 3, "gone.safetensors does not exist"),
        (["--model", "gone.ckpt"], 3, "gone.ckpt"),
        (["--init-image", "gone.png"], 3, "gone.png"),
        (["--like", "gone.png"], 3, "gone.png"),
        (["--mask", "mask.png"], 2, "stylekiln: A mask needs a start picture"),
        (["--lora", "ink.safetensors:nan"], 2, "nan is no weight"),
        (["--lora", "ink.safetensors:-inf"], 2, "-inf is no weight"),
        (["--file-name", ".."], 2, "file_name"),
        (["--file-name", ".hidden"], 2, "file_name"),
        (["--like", "x" * 5000], 3, "does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_and_a_status(capsys, arguments, status, sentence):
    assert main(["generate", "--prompt", "castle", *arguments]) == status
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_an_unknown_lora_is_a_warning(capsys):
    assert main(["generate", "--prompt", "castle <lora:nowhere:1>", *QUICK]) == 0
    assert "no LoRA called nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "path", "weight"),
    [
        ("ink.safetensors", "ink.safetensors", 1),
        ("ink.safetensors:0.5", "ink.safetensors", 0.5),
        (r"C:\art\ink.safetensors", r"C:\art\ink.safetensors", 1),
        (r"C:\art\ink.safetensors:-1", r"C:\art\ink.safetensors", -1),
    ],
)
def test_a_lora_is_a_file_and_perhaps_a_weight(text, path, weight):
    use = parse_lora(text)
    assert (use.path, use.weight) == (path, weight)
