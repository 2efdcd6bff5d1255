from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.models.at_hand import BaseChoice, LoraChoice, ModelsAtHand
from app.validation.choices import FILES
from app.validation.setup import GridSetup
from engine.models.inspect import ModelInfo
from engine.runtime.errors import BadInputError, ModelFileError


def picture(caption, *, held_out=False, name=""):
    return SimpleNamespace(caption=caption, usable=not held_out, held_out=held_out, name=name)


@pytest.fixture
def setup(run):
    made = GridSetup()
    made.set_runs([run])
    made.prompts.add(["castle"])
    return made


def test_a_run_offers_all_its_epochs(setup):
    draft = setup.axes.get("checkpoint")
    assert draft.text == "2, 4, 6"
    assert draft.values == tuple(item.path for item in setup.available)


def test_the_request_holds_every_axis_and_the_base_row(setup, tmp_path):
    setup.type("checkpoint", "2, 6")
    setup.type("weight", "0.5, 0.75 … 1")
    setup.type("seed", "7, 9")
    request = setup.request(None, tmp_path)
    assert request.checkpoints[0] == ""
    assert [Path(path).stem[-1] for path in request.checkpoints[1:]] == ["2", "6"]
    assert request.weights == (0.5, 0.75, 1.0)
    assert request.seeds == (7, 9)
    assert request.prompts == ("castle",)
    setup.set_base_row(False)
    assert "" not in setup.request(None, tmp_path).checkpoints


def test_an_epoch_that_is_not_there_is_named(setup):
    setup.type("checkpoint", "2, 5")
    assert "epoch 5" in str(setup.problem())
    assert "2, 4, 6" in str(setup.problem())


@pytest.mark.parametrize("field", ["weight", "seed", "checkpoint"])
def test_what_cannot_be_read_is_a_problem_not_a_crash(setup, tmp_path, field):
    setup.type(field, "0.5, oops")
    assert setup.problem() is not None
    with pytest.raises(BadInputError):
        setup.request(None, tmp_path)


def test_without_a_ticked_prompt_there_is_no_grid(setup):
    setup.prompts.tick("castle", chosen=False)
    assert "prompt" in str(setup.problem())


def test_captions_become_prompts_tagged_seen_and_unseen():
    setup = GridSetup()
    setup.prompts.suggest(
        [
            picture("bucket, pixel icon"),
            picture("whale, pixel icon"),
            picture("tent, pixel icon", held_out=True),
        ]
    )
    tags = {row.text: row.tag for row in setup.prompts}
    assert tags["tent, pixel icon"] == "unseen"
    assert tags["bucket, pixel icon"] == "seen"
    assert setup.prompts.tag("red apple, pixel icon") == "unseen"
    assert setup.prompts.tag("Whale, glossy") == "seen"


def test_prompts_the_user_added_stay_when_pictures_change():
    setup = GridSetup()
    setup.prompts.add(["castle"])
    setup.prompts.suggest([picture("bucket")])
    assert [row.text for row in setup.prompts] == ["bucket", "castle"]


def test_lora_files_can_be_compared_without_a_run(setup, tmp_path):
    setup.choose_files(["/loras/one.safetensors", "/loras/two.safetensors"])
    assert setup.source == FILES
    request = setup.request(None, tmp_path)
    assert request.checkpoints == ("", "/loras/one.safetensors", "/loras/two.safetensors")


def test_an_edited_caption_takes_the_place_of_the_old_one():
    setup = GridSetup()
    setup.prompts.suggest([picture("bucket, pixel icon")])
    setup.prompts.suggest([picture("red bucket, pixel icon")])
    assert [row.text for row in setup.prompts] == ["red bucket, pixel icon"]


def test_a_prompt_that_is_typed_and_offered_stands_there_once():
    setup = GridSetup()
    setup.prompts.add(["castle"])
    setup.prompts.suggest([picture(" castle ")])
    assert [row.text for row in setup.prompts] == ["castle"]
    setup.prompts.suggest([picture("tower")])
    assert sorted(row.text for row in setup.prompts) == ["castle", "tower"]


def test_file_names_are_offered_where_nothing_has_a_caption():
    setup = GridSetup()
    names = ["bell_pepper", "IMG_2041", "DSC_0001"]
    setup.prompts.suggest([picture("", name=name) for name in names])
    assert [row.text for row in setup.prompts] == ["bell pepper"]
    assert setup.prompts.rows[0].tag == "seen"


def test_an_empty_list_says_how_to_add_a_prompt(run):
    setup = GridSetup()
    setup.set_runs([run])
    setup.prompts.suggest([picture("", name="0001")])
    assert "Add a prompt" in str(setup.problem())


def base(ref, *, sdxl=False, error=None):
    family, width = ("sdxl", 2048) if sdxl else ("sd1", 768)
    info = ModelInfo(
        Path(ref), "base", "diffusers", 0, family, context_width=width, problem=str(error or "")
    )
    return BaseChoice(replace(info, error=error))


def lora(path, *, sdxl=False):
    family, width = ("sdxl", 2048) if sdxl else ("sd1", 768)
    info = ModelInfo(Path(path), "lora", "single-file", 0, family, context_width=width)
    return LoraChoice(path, Path(path).stem, info=info)


def test_the_grid_of_a_run_is_drawn_with_the_base_model_of_the_run(run, tmp_path):
    made = GridSetup()
    made.set_runs([replace(run, base_model="/models/plain")])
    made.prompts.add(["castle"])
    made.set_models(ModelsAtHand((base("/models/grand", sdxl=True), base("/models/plain"))))
    assert made.request(None, tmp_path).image.model == "/models/plain"


def test_lora_files_are_tried_on_a_base_model_that_takes_them(tmp_path):
    made = GridSetup()
    made.prompts.add(["castle"])
    file = "/loras/gloss.safetensors"
    made.choose_files([file])
    torn = base("/models/torn", sdxl=True, error=ModelFileError("{name} ends early.", name="torn"))
    grand = base("/models/grand", sdxl=True)
    made.set_models(ModelsAtHand((base("/models/plain"), torn, grand), (lora(file, sdxl=True),)))
    assert made.problem() is None
    assert made.request(None, tmp_path).image.model == "/models/grand"
    made.choose_model("/models/plain")
    assert "gloss.safetensors is a LoRA for SDXL" in str(made.problem())
    made.choose_model("/models/torn")
    assert "ends early" in str(made.problem())
    with pytest.raises(ModelFileError):
        made.request(None, tmp_path)


def test_another_source_follows_its_own_base_model_again(run):
    made = GridSetup()
    made.set_runs([run, replace(run, folder="other", base_model="/models/plain")])
    made.choose_model("/models/grand")
    made.choose("other")
    assert made.base_model == "/models/plain"


def test_a_grid_that_is_opened_again_keeps_its_base_model(setup, tmp_path):
    setup.choose_model("/models/grand")
    request = setup.request(None, tmp_path)
    setup.choose_model("")
    setup.adopt(request)
    assert setup.base_model == "/models/grand"
