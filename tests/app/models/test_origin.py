"""What is told of files that a tool has made of others, from their headers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.models.origin import origin_of
from app.models.words import facts, note_of, second_line, title_of
from engine.models.inspect import ModelInfo
from tests.app.models.conftest import choose, click, write_lora
from tests.app.models.test_tools import open_form, write

TRAINED = {"ss_output_name": "first", "ss_epoch": "5", "ss_num_train_images": "30",
           "ss_steps": "20", "ss_optimizer": "torch.optim.AdamW"}  # fmt: skip


def merged(*files, strengths, **more):
    """The header of a file that several were merged into, with what the first says of itself."""
    told = {"modelspec.merged_from": ", ".join(files), "ss_merged_ratios": json.dumps(strengths)}
    return {**TRAINED, **told, **more}


def lora(name, meta):
    """A LoRA with this header."""
    return ModelInfo(Path(f"{name}.safetensors"), "lora", "single-file", 9, "sd1", metadata=meta)


def test_merged_files_are_told_with_their_strengths_in_the_window(
    shelf, models, at_work, settle, tongue
):
    write_lora(shelf / "first-000005.safetensors", **TRAINED)
    write_lora(shelf / "first-000010.safetensors", seed=4, **{**TRAINED, "ss_epoch": "10"})
    models.refresh()
    settle()
    form = open_form(models, "merge", "first-000005.safetensors", "first-000010.safetensors")
    write(form.subject.loras[1].strength, "0.5")
    click(form.go)
    at_work()
    info = models.inspector.info
    assert info.path.name == "first-000005+first-000010.safetensors"
    assert models.inspector._title.text() == title_of(info) == "first-000005+first-000010"
    lines = models.inspector.about.lines
    assert (
        lines["Origin"]
        == {
            "en": "Merged from first, epoch 5 at 1; first, epoch 10 at 0.5.",
            "zh_CN": "合并自：first，第 5 轮（强度 1）；first，第 10 轮（强度 0.5）。",
        }[tongue]
    )
    # These would be of the first file alone.
    assert {"Trained on", "Optimizer", "Tags", "Note"}.isdisjoint(lines)
    assert second_line(info) == {"en": "Merged, rank 8", "zh_CN": "合并而成，秩 8"}[tongue]
    models.search.setText("epoch 10 at 0.5" if tongue == "en" else "强度 0.5")
    assert [shown.path for shown in models.list.shown] == [info.path]


def test_a_merged_file_is_no_epoch_of_the_first():
    both = merged("a-000005.safetensors", "b.safetensors", strengths=[1.0, -0.25])
    info = lora("first", both)
    assert title_of(info) == "first"
    assert title_of(lora("a-000005+b-000010", both)) == "a-000005+b-000010"
    assert origin_of(info) == "Merged from a, epoch 5 at 1; b at -0.25."
    assert "Trained on" not in dict(facts(info))
    assert dict(facts(lora("first", TRAINED)))["Trained on"] == "30 pictures, 20 steps"


@pytest.mark.parametrize("strengths", ["", "[1]", "[1, 2, 3]", '["a", "b"]', "{", "3", "[" * 9999])
def test_strengths_that_do_not_fit_the_files_are_left_out(strengths):
    meta = merged("a.safetensors", "b.safetensors", strengths=[]) | {"ss_merged_ratios": strengths}
    assert origin_of(lora("x", meta)) == "Merged from a.safetensors, b.safetensors."


def test_a_resized_file_tells_of_what(shelf, models, at_work, settle, tongue):
    write_lora(shelf / "first-000005.safetensors", **TRAINED)
    models.refresh()
    settle()
    form = open_form(models, "resize", "first-000005.safetensors")
    click(form.go)
    at_work()
    info = models.inspector.info
    assert title_of(info) == "first-000005-r2"
    assert (
        models.inspector.about.lines["Origin"]
        == {
            "en": "Resized from first, epoch 5 to rank 2.",
            "zh_CN": "由 first，第 5 轮调整为秩 2。",
        }[tongue]
    )
    assert second_line(info) == {
        "en": "Resized from first, epoch 5, rank 2", "zh_CN": "由 first，第 5 轮调整秩，秩 2"
    }[tongue]  # fmt: skip
    choose(models, "first-000005.safetensors")
    assert "Origin" not in models.inspector.about.lines


def test_a_merged_file_that_was_resized_tells_both_and_its_note_stays_apart():
    comment = "resized to rank 4 (fixed); resized to rank 8 (sv_fro); my best"
    info = lora("x", merged("a.safetensors", "b.safetensors", strengths=[1, 1],
                            ss_training_comment=comment))  # fmt: skip
    assert origin_of(info) == "Merged from a at 1; b at 1. Resized to rank 4."
    assert note_of(info) == "my best"
    bare = lora("x", {"ss_training_comment": "resized to rank 4 (fixed); None"})
    assert (origin_of(bare), note_of(bare)) == ("Resized to rank 4.", "")


def test_a_baked_model_tells_what_is_in_it(shelf, models, at_work, tongue):
    form = open_form(models, "bake", "icons.safetensors", "ink.safetensors")
    assert form.place.name.value == "starter-icons+ink"
    write(form.subject.loras[1].strength, "0.5")
    click(form.go)
    at_work()
    info = models.inspector.info
    assert (info.kind, info.path.name) == ("base", "starter-icons+ink")
    assert (
        models.inspector.about.lines["Origin"]
        == {
            "en": "Starter model with icons at 1; ink at 0.5 baked in.",
            "zh_CN": "在入门模型中烘焙了 icons（强度 1）；ink（强度 0.5）。",
        }[tongue]
    )
    assert models.inspector.about.lines["Family"] == {"en": "Starter", "zh_CN": "入门模型"}[tongue]


def test_what_was_resized_is_told_by_its_name():
    meta = merged("a.safetensors", "b.safetensors", strengths=[1, 1],
                  ss_training_comment="resized to rank 4 (fixed)",
                  ss_resized_from="a+b.safetensors")  # fmt: skip
    info = lora("x", meta)
    assert origin_of(info) == "Merged from a at 1; b at 1. Resized from a+b to rank 4."
    assert second_line(info) == "Resized from a+b"
