from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.runtime.errors import BadInputError, MissingFileError
from engine.training.config import TrainRequest
from engine.training.run_pictures import note_pictures
from engine.training.runs import Run
from engine.validation.learned import TrainedRun, learned_by
from engine.validation.manifest import write_manifest
from engine.validation.plans import (
    check_prompts,
    combine_styles,
    on_sketches,
    over_fit_check,
    weight_sweep,
)

NAMES = ("castle", "apple", "tower", "key", "chest", "boat", "tree", "lamp")


def trained(folder: Path, *, checkpoints: int = 3, **settings: object) -> Path:
    """A run folder as training leaves it, without having trained."""
    art = folder / "art" / "2_icon"
    art.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        Image.new("RGBA", (32, 32), (30 * number, 90, 9, 255)).save(art / f"{name}.png")
        (art / f"{name}.txt").write_text(f"{name}, flat icon")
    request = TrainRequest.model_validate(
        {"train_data_dir": str(art.parent), "output_name": "style", "trigger_word": "pxl",
         "output_dir": str(folder / "run"), "validation_split": 0.25, **settings}
    )  # fmt: skip
    run = Run.create(folder / "run", request)
    for epoch in range(checkpoints, 0, -1):  # in no order
        path = run.folder / "checkpoints" / f"style-{epoch:06}.safetensors"
        path.write_bytes(bytes([epoch]))
        row = {"epoch": epoch, "step": 4 * epoch, "path": str(path), "loss": 0.5}
        run.log_event("train.checkpoint", row | {"held_out_loss": 0.1 * epoch})
    run.end("finished")
    return run.folder


@pytest.fixture
def run(tmp_path: Path) -> TrainedRun:
    return learned_by(trained(tmp_path))


def test_a_run_tells_what_it_learned_and_what_it_left(run: TrainedRun, tmp_path: Path) -> None:
    assert (run.name, run.base_model, run.trigger, run.problem) == ("style", "starter", "pxl", None)
    assert [one.epoch for one in run.checkpoints] == [1, 2, 3]
    assert list(run.losses.values()) == pytest.approx([0.1, 0.2, 0.3])
    assert (len(run.training), len(run.held_out)) == (6, 2)
    assert not set(run.training) & set(run.held_out)
    assert {text.split(", ")[1] for text in (*run.seen, *run.unseen)} == set(NAMES)
    assert all(text.startswith("pxl, ") for text in (*run.seen, *run.unseen))
    picture = run.read(run.training[0])
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)


def test_what_a_run_noted_counts_more_than_what_lies_there_now(tmp_path: Path) -> None:
    folder = trained(tmp_path, validation_split=0)
    art = tmp_path / "art" / "2_icon"
    learned = [art / f"{name}.png" for name in NAMES[:5]]
    note_pictures(Run(folder), learned)
    learned[0].write_bytes(learned[0].read_bytes() + b" ")  # another picture took its name
    assert set(learned_by(folder).training) == set(learned[1:])


def test_pictures_that_were_moved_away_are_told_and_the_rest_is_there(tmp_path: Path) -> None:
    folder = trained(tmp_path)
    (tmp_path / "art").rename(tmp_path / "away")
    run = learned_by(folder)
    assert isinstance(run.problem, MissingFileError)
    assert (run.training, len(run.checkpoints), run.trigger) == ((), 3, "pxl")
    assert over_fit_check(run, "g").checkpoints == ("", *run.files)
    with pytest.raises(MissingFileError):
        learned_by(tmp_path / "none")


def test_of_a_run_whose_pictures_are_gone_an_earlier_grid_tells_the_prompts(tmp_path: Path) -> None:
    folder = trained(tmp_path)
    before = learned_by(folder)
    drawn = over_fit_check(before, str(folder / "check"))
    write_manifest(drawn, [], {})
    other = drawn.with_values("prompt", ("pxl, sword",)).with_values("checkpoint", ("b",))
    write_manifest(other.model_copy(update={"folder": str(tmp_path / "other")}), [], {})
    (tmp_path / "art").rename(tmp_path / "away")
    run = learned_by(folder)
    known, kinds = check_prompts(before), check_prompts(run)
    assert list(kinds) == list(known)
    for text, kind in kinds.items():
        assert kind == (known[text] if known[text] in ("trigger", "off") else None)
    assert over_fit_check(run, "g").prompts == drawn.prompts
    # Not those of another run's grid.
    assert learned_by(folder, tmp_path / "other").asked == drawn.prompts
    (folder / "check" / "grid.json").write_text("{")
    assert learned_by(folder, tmp_path / "other").asked == ()
    assert list(check_prompts(learned_by(folder))) == ["pxl"]


def test_where_nothing_is_known_to_ask_for_a_check_is_refused(tmp_path: Path) -> None:
    folder = trained(tmp_path, trigger_word="")
    (tmp_path / "art").rename(tmp_path / "away")
    run = learned_by(folder)
    for asked in (check_prompts, partial(over_fit_check, folder="g")):
        with pytest.raises(BadInputError, match="nobody knows what to ask it for"):
            asked(run)
    assert over_fit_check(run, "g", prompts=("castle",)).prompts == ("castle",)


def test_a_run_of_pictures_without_words_is_asked_for_what_it_saw(run: TrainedRun) -> None:
    assert check_prompts(replace(run, seen=(), unseen=(), trigger="")) == {"": "seen"}


def test_a_run_without_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="has no checkpoints"):
        learned_by(trained(tmp_path, checkpoints=0))


def test_six_prompts_show_the_seen_the_unseen_the_trigger_and_its_absence(run: TrainedRun) -> None:
    kinds = check_prompts(run)
    assert sorted(kinds.values()) == ["off", "seen", "seen", "trigger", "unseen", "unseen"]
    for text, kind in kinds.items():
        assert ("pxl" in text) is (kind != "off")
        assert (text in run.seen) is (kind == "seen")
        assert (text in run.unseen) is (kind == "unseen")
    assert check_prompts(run) == kinds


def test_without_a_trigger_word_there_are_more_captions(tmp_path: Path) -> None:
    plain = learned_by(trained(tmp_path / "a", trigger_word=""))
    kinds = list(check_prompts(plain).values())
    assert (kinds.count("seen"), kinds.count("unseen"), len(kinds)) == (4, 2, 6)
    alone = learned_by(trained(tmp_path / "b", trigger_word="", validation_split=0))
    assert list(check_prompts(alone).values()) == ["seen"] * 6


def test_the_over_fit_check_is_all_checkpoints_weights_seeds_and_prompts(run: TrainedRun) -> None:
    asked = over_fit_check(run, "g", first_seed=5)
    assert asked.checkpoints == ("", *run.files)
    assert asked.weights == (0.6, 0.8, 1)
    assert asked.seeds == (5, 6, 7, 8)
    assert asked.prompts == tuple(check_prompts(run))
    assert asked.count == 4 * 3 * 4 * 6
    assert asked.distinct() == (1 + 3 * 3) * 4 * 6
    assert (asked.trigger, asked.image.model) == ("pxl", "starter")


def test_the_other_plans_lie_on_their_sides(tmp_path: Path) -> None:
    sweep = weight_sweep(("a",), ("castle",), "g")
    assert sweep.weights == (0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
    two = combine_styles("a", "b", ("castle",), "g")
    assert (two.sides().x, two.sides().y) == ("weight", "second_weight")
    both = two.image_at(two.positions()[-1]).loras
    assert [(use.path, use.weight) for use in both] == [("a", 1.0), ("b", 1.0)]
    assert sum(not position.uses_lora for position in two.positions()) == len(two.seeds)
    for name in ("b.png", "a.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    sketched = on_sketches(tmp_path, "a", ("castle", "apple"), "g")
    assert sketched.values("init_image") == (str(tmp_path / "a.png"), str(tmp_path / "b.png"))
    sides = sketched.sides()
    assert (sides.x, sides.y, sides.pages) == ("strength", "init_image", ("prompt",))
    image = sketched.image_at(sketched.positions()[0])
    assert (image.init_image, image.strength, image.loras) == (str(tmp_path / "a.png"), 0.3, ())
