"""Captions by a model from the command line."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from engine.commands import cli
from engine.dataset.captioners import known
from tests.engine.dataset.onnx_file import color_tagger


def run(capsys, *words):
    status = cli.main(["dataset", "caption", *(str(word) for word in words)])
    out, err = capsys.readouterr()
    return status, json.loads(out) if status == 0 else err


@pytest.fixture
def art(tmp_path):
    folder = tmp_path / "art"
    folder.mkdir()
    for name, color in (("a", (255, 0, 0)), ("b", (0, 0, 255))):
        Image.new("RGB", (40, 30), color).save(folder / f"{name}.png")
    (folder / "b.txt").write_text("mine", encoding="utf-8")
    return folder


def test_a_tagger_writes_what_is_missing_and_says_it_as_json(capsys, art, tmp_path):
    tagger = color_tagger(tmp_path / "tagger")
    status, told = run(
        capsys, art, "model", "--captioner", tagger, "--threshold", "0.6", "--prefix", "mystyle"
    )
    assert status == 0
    assert (art / "a.txt").read_text("utf-8") == "mystyle, red rose, ^_^"
    assert (art / "b.txt").read_text("utf-8") == "mine"
    assert [(one["before"], one["after"]) for one in told["changes"]] == [
        ("", "mystyle, red rose, ^_^")
    ]
    assert (told["skipped"], told["problems"]) == (1, [])


def test_the_filter_chooses_the_pictures_and_existing_captions_are_extended(capsys, art, tmp_path):
    tagger = color_tagger(tmp_path / "tagger")
    words = ("model", "--captioner", tagger, "--existing", "append", "--excluded", "long hair")
    status, _ = run(capsys, art, "--where", "tag:mine", *words)
    assert status == 0
    assert (art / "b.txt").read_text("utf-8") == "mine, hatsune miku, blue sky, ^_^"
    assert not (art / "a.txt").exists()


def test_a_downloaded_model_is_known_by_its_id(capsys, art):
    color_tagger(known("wd-vit-tagger-v3").folder)
    status, _ = run(capsys, art, "model", "--captioner", "wd-vit-tagger-v3")
    assert status == 0
    assert (art / "a.txt").read_text("utf-8") == "red rose, ^_^, long hair"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--captioner", "nowhere"), "The folder"),
        ((), "No model is given."),
        (("--captioner", "nowhere", "--download"), "is not a captioner that can be downloaded"),
        (("--captioner", "nowhere", "--download", "--endpoint", "x"), "is not a captioner"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, art, words, told):
    status, err = run(capsys, art, "model", *words)
    assert status != 0
    assert told in err
    assert "Traceback" not in err
