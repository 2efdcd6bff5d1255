from __future__ import annotations

from pathlib import Path

import pytest

from app.dataset.outlook import look_ahead
from app.training import draft
from engine.dataset.edits import Recipe
from engine.dataset.picture import Picture
from engine.models.inspect import ModelInfo
from engine.runtime.errors import BadInputError
from engine.training.pictures import bucket_spec


def picture(key: int, **changes) -> Picture:
    values = {
        "id": key, "path": Path(f"/art/p{key}.png"), "folder": "/art", "name": f"p{key}",
        "width": 256, "height": 256, "bytes": 1, "modified": 0.0, "has_alpha": False,
        "caption": f"thing {key}", "repeats": 1, "category": "", "stars": 0, "flag": "",
        "held_out": False, "sharpness": 0.5, "dhash": 1, "recipe": Recipe(), "problem": "",
        "caption_problem": "", "mean_color": 0, "is_reg": False,
    }  # fmt: skip
    return Picture(**(values | changes))


def values(**changes):
    return draft.first_values(Path("/project"), "run", "", draft.starter) | changes


def planned(settings, pictures) -> draft.Plan:
    request = draft.request_of(settings)
    spec = bucket_spec(request, draft.starter.size)
    return draft.plan(request, look_ahead(pictures, spec, request.train_batch_size))


def test_the_first_values_are_a_request_that_can_be_trained() -> None:
    request = draft.request_of(values())
    assert request.resolution == "128"
    assert request.unet_lr == 1e-3
    assert request.text_encoder_lr == 0
    assert request.conv_dim == request.network_dim == 16


@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_a_quality_is_recognized_from_its_settings(quality) -> None:
    changed = values(**draft.quality_values(draft.starter, quality))
    assert draft.quality_of(draft.starter, changed) == quality


def test_settings_of_no_quality_are_not_called_one() -> None:
    assert draft.quality_of(draft.starter, values(text_encoder_lr=1.0)) is None


@pytest.mark.parametrize("detail", [step / 10 for step in range(21)])
def test_a_detail_is_recognized_from_its_settings(detail) -> None:
    assert draft.detail_of(values(**draft.detail_values(detail))) == detail


def test_more_detail_weighs_little_noise_more_and_light_less() -> None:
    settings = [draft.detail_values(step / 10) for step in range(20)]
    gammas = [item["min_snr_gamma"] for item in settings]
    offsets = [item["noise_offset"] for item in settings]
    assert gammas == sorted(set(gammas))
    assert offsets == sorted(set(offsets), reverse=True)
    assert draft.detail_values(1.0) == {"noise_offset": 0.04, "min_snr_gamma": 5.0}
    assert draft.detail_values(2.0) == {"noise_offset": 0.0, "min_snr_gamma": 0.0}


def test_full_size_models_get_the_values_of_their_family() -> None:
    info = ModelInfo(
        Path("xl.safetensors"), "base", "single-file", 1, family="sdxl", prediction_type="epsilon"
    )
    base = draft.base_model(info)
    assert (base.size, base.rate, base.step) == (1024, 1e-4, 64)
    assert draft.resolution(base, "draft") == 768


def test_names_count_on() -> None:
    assert draft.next_name([], "Harvest Isles") == "harvest-isles-v1"
    assert draft.next_name(["harvest-isles-v1"], "Harvest Isles") == "harvest-isles-v2"
    assert draft.next_name([], 'a/b: "c"?') == "ab-c-v1"


@pytest.mark.parametrize(
    ("names", "counted"),
    [
        (["cozyprops_v4", "sample-v1"], "cozyprops_v5"),
        (["pixel first"], "pixel first-v2"),
        (["pixel first-2", "Pixel First-3"], "pixel first-4"),
        (["try09"], "try10"),
        (["props-20241123"], "props-20241123-v2"),
        (["a" * 120], f"{'a' * 114}-v2"),
    ],
)
def test_the_name_that_was_chosen_counts_on(names: list[str], counted: str) -> None:
    assert draft.next_name(names, "Sample") == counted


def test_sample_prompts_prefer_held_out_pictures_and_start_with_the_trigger_word() -> None:
    pictures = [
        picture(1), picture(2, held_out=True), picture(3, flag="rejected"),
        picture(4, caption=""), picture(5, caption="thing 1"),
    ]  # fmt: skip
    captions = draft.told(pictures)
    assert draft.sample_prompts(captions, "hvisl") == ["hvisl, thing 2", "hvisl, thing 1"]
    assert draft.sample_prompts(["a", "hvisl, a", "b"], "hvisl") == ["hvisl, a", "hvisl, b"]


def test_the_plan_counts_what_training_will_do() -> None:
    pictures = [picture(key) for key in range(10)]
    pictures += [picture(20, flag="rejected"), picture(21, held_out=True)]
    pictures += [picture(30, width=200, height=100, repeats=3)]
    plan = planned(values(max_train_epochs=5), pictures)
    assert plan.outlook.train == 11
    assert plan.outlook.held_out == 1
    assert dict(plan.outlook.buckets) == {(128, 128): 10, (160, 96): 1}
    # Ten pictures in batches of eight are two steps, three repeats of one are a third.
    assert (plan.steps_per_epoch, plan.epochs, plan.steps) == (3, 5, 15)
    assert plan.draws == pytest.approx(5 * 13 / 11)


def test_nothing_to_train_on_is_a_plan_without_steps() -> None:
    plan = planned(values(), [])
    assert plan.steps == 0


def test_a_wrong_setting_is_one_sentence_that_names_it() -> None:
    with pytest.raises(BadInputError, match="network_dim"):
        draft.request_of(values(network_dim=0))
