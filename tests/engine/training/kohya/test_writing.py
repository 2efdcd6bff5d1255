from __future__ import annotations

import contextlib
import json
import random
import tomllib
from pathlib import Path

import pytest

from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError
from engine.runtime.schema import settings_of, validated
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.kohya.dataset_file import as_dataset
from engine.training.kohya.defaults import FORM
from engine.training.kohya.exporting import export_kohya
from engine.training.kohya.form_writing import as_form
from engine.training.kohya.reading import read_kohya
from engine.training.kohya.writing import as_toml, outgoing

GOLDEN = Path(__file__).parents[3] / "golden" / "kohya_form.json"
# Settings that kohya does not know or that its LoRA training ignores, and those that say the same
# in another way after a round trip.
NOT_KOHYAS = {"stop_text_encoder_training", "no_token_padding", "num_cpu_threads_per_process"}
ZERO_FOLLOWS = {"min_bucket_reso", "max_bucket_reso"}
OF_ITS_OWN = {"log_with", "logging_dir", "log_prefix", "save_last_n_steps_state",
              "save_last_n_epochs_state", "save_last_n_steps", "sample_sampler",
              "sample_every_n_steps", "attention"}  # fmt: skip


def make(**values):
    return validated(TrainRequest, {"train_data_dir": "img", "output_dir": "out", **values})


def through_script(request, tmp_path):
    out = outgoing(request)
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(out.prompts))
    (tmp_path / "script.toml").write_text(as_toml(out, str(prompts)), encoding="utf-8")
    return read_kohya(tmp_path / "script.toml")


def through_form(request, tmp_path):
    form = as_form(outgoing(request))
    (tmp_path / "form.json").write_text(json.dumps(form), encoding="utf-8")
    return read_kohya(tmp_path / "form.json")


def _changes(usual, item):
    value = getattr(usual, item.name)
    if item.kind == "bool":
        yield {item.name: not value}
    elif item.kind == "choice":
        yield from ({item.name: choice} for choice in item.choices if choice != value)
    elif item.kind in ("int", "float"):
        lowest = item.minimum if item.minimum is not None else 0
        yield from ({item.name: number} for number in {lowest, value + 1, value / 2}
                    if item.kind == "float" or number == int(number)
                    if number or item.name not in ZERO_FOLLOWS)  # fmt: skip


COMPANIONS = {
    "noise_offset_random_strength": {"noise_offset": 0.1},
    "adaptive_noise_scale": {"noise_offset": 0.1},
    "multires_noise_discount": {"multires_noise_iterations": 4},
    "conv_alpha": {"conv_dim": 4},
    "dim_from_weights": {"network_weights": "a.safetensors"},
    "save_last_n_steps": {"save_every_n_steps": 10},
    "lr_scheduler_num_cycles": {"lr_scheduler": "cosine_with_restarts"},
    "lr_scheduler_power": {"lr_scheduler": "polynomial"},
    "lr_scheduler_min_lr_ratio": {"lr_scheduler": "cosine_with_min_lr"},
    "lr_scheduler_timescale": {"lr_scheduler": "inverse_sqrt"},
    "lr_decay_steps": {"lr_scheduler": "warmup_stable_decay"},
    "factor": {"network_type": "lokr"},
    "decompose_both": {"network_type": "lokr"},
    "color_aug": {"cache_latents": False, "cache_latents_to_disk": False},
    "random_crop": {"cache_latents": False, "cache_latents_to_disk": False},
    "cache_text_encoder_outputs": {"text_encoder_lr": 0},
    "cache_text_encoder_outputs_to_disk": {"text_encoder_lr": 0,
                                           "cache_text_encoder_outputs": True},
    "full_fp16": {"mixed_precision": "fp16"},
    "full_bf16": {"mixed_precision": "bf16"},
    "fp8_base": {"mixed_precision": "fp16"},
    "scale_v_pred_loss_like_noise_pred": {"prediction_type": "v_prediction"},
    "sample_every_n_steps": {"sample_prompts": ("x",), "sample_every_n_epochs": 0},
    "max_train_steps": {"max_train_epochs": 0},
    "text_encoder_lr": {"unet_lr": 1e-3},
}  # fmt: skip


def runs(skipped):
    """Few runs in which every setting of kohya's has another value than the default in turn, as
    far as the schema lets them stand together; each with the settings that count in it.
    """
    usual = make(base_model="nowhere.safetensors")
    changes = {item.name: list(_changes(usual, item)) for item in settings_of(TrainRequest)
               if item.kohya and item.name not in skipped}  # fmt: skip
    for turn in range(max(map(len, changes.values()))):
        values = {"base_model": "nowhere.safetensors", "prediction_type": "epsilon",
                  "mixed_precision": "bf16", "resolution": "512,512", "min_bucket_reso": 256,
                  "max_bucket_reso": 1024}  # fmt: skip
        for name, options in changes.items():
            if turn < len(options):
                wanted = {**COMPANIONS.get(name, {}), **options[turn]}
                with contextlib.suppress(BadInputError):
                    make(**{**wanted, **values, **options[turn]})
                    values = {**wanted, **values, **options[turn]}
        run = make(**values)
        idle = {item.name for item in without_effect(run)}
        untold = {note.facts.get("name") for note in outgoing(run).notes}
        yield run, values.keys() & changes.keys() - idle - untold


@pytest.mark.parametrize("way", [through_script, through_form], ids=["script", "form"])
def test_every_setting_of_kohyas_survives_export_and_import(way, tmp_path):
    seen = set()
    for run, names in runs(NOT_KOHYAS | OF_ITS_OWN):
        back = way(run, tmp_path)
        assert back.report.is_ready, back.report.record()["problems"]
        wrong = {name: (getattr(run, name), getattr(back.request, name)) for name in names
                 if getattr(run, name) != getattr(back.request, name)}  # fmt: skip
        assert wrong == {}
        seen |= names
    assert len(seen) > 80


def test_all_settings_together_survive(tmp_path):
    chance = random.Random(0)
    values = {"sample_prompts": ("castle, icon --d 4", "key"), "text_encoder_lr": 0,
              "base_model": "m.safetensors", "conv_dim": 8, "max_train_steps": 77,
              "network_dim": chance.randint(1, 64), "seed": 0, "max_grad_norm": 0,
              "prior_loss_weight": 0, "optimizer_args": "betas=0.9,0.95 eps=1e-6",
              "lr_warmup": 12.5, "resolution": "512,768", "prediction_type": "epsilon",
              "mixed_precision": "bf16", "min_bucket_reso": 256,
              "max_bucket_reso": 1024}  # fmt: skip
    run = make(**values)
    for way in (through_script, through_form):
        back = way(run, tmp_path)
        assert {name: getattr(back.request, name) for name in values} == {
            name: getattr(run, name) for name in values
        }


@pytest.mark.parametrize("way", [through_script, through_form], ids=["script", "form"])
@pytest.mark.parametrize(
    "values",
    [
        {"trigger_word": "kiln"},
        {"trigger_word": "kiln", "keep_tokens": 2},
        {"caption_prefix": "kiln,", "keep_tokens": 1},
        {"rs_lora": True, "network_type": "lokr", "factor": 4, "conv_dim": 2, "conv_alpha": 0.5},
        {"conv_block_dims": ",".join(["4"] * 25), "conv_alpha": 3},
    ],
)
def test_what_has_no_field_of_its_own_survives_too(way, values, tmp_path):
    run = make(base_model="m.safetensors", **values)
    back = way(run, tmp_path).request
    names = {"trigger_word", "caption_prefix", "keep_tokens", *values}
    assert {n: getattr(back, n) for n in names} == {n: getattr(run, n) for n in names}


def test_a_trigger_word_before_a_prefix_survives_the_script_and_is_told_of_the_form(tmp_path):
    run = make(base_model="m.safetensors", trigger_word="kiln", caption_prefix="art of")
    back = through_script(run, tmp_path).request
    assert (back.trigger_word, back.caption_prefix) == ("kiln", "art of")
    out = outgoing(run)
    as_form(out)
    assert any("caption_prefix with a space" in str(note) for note in out.notes)


def test_a_trigger_phrase_that_captions_do_not_begin_with_is_none(tmp_path):
    out = outgoing(make(base_model="m.safetensors", trigger_word="kiln"))
    out.values["caption_prefix"] = "other,"
    (tmp_path / "script.toml").write_text(as_toml(out), encoding="utf-8")
    back = read_kohya(tmp_path / "script.toml")
    assert (back.request.trigger_word, back.request.caption_prefix) == ("", "other,")
    assert back.report.line("metadata_trigger_phrase").status == "no effect"


def test_a_form_has_every_field_and_is_sorted(tmp_path):
    form = as_form(outgoing(make()))
    assert list(form) == sorted(FORM)


def test_zeros_that_the_window_drops_go_as_flags():
    form = as_form(outgoing(make(max_grad_norm=0, prior_loss_weight=0, seed=0)))
    flags = form["additional_parameters"]
    assert "--max_grad_norm 0" in flags
    assert "--prior_loss_weight 0" in flags
    assert "--seed 0" in flags


def test_kept_checkpoints_of_steps_survive(tmp_path):
    run = make(save_every_n_steps=10, save_last_n_steps=3)
    assert outgoing(run).values["save_last_n_steps"] == 29
    assert through_script(run, tmp_path).request.save_last_n_steps == 3


def test_zeros_that_follow_the_resolution_are_written_out():
    values = outgoing(make(resolution="512,768")).values
    assert (values["min_bucket_reso"], values["max_bucket_reso"]) == (256, 1536)


@pytest.mark.parametrize(
    ("attention", "flag", "field"),
    [("xformers", "xformers", "xformers"), ("sdpa", "sdpa", "sdpa"), ("none", None, "none"),
     ("sliced", "mem_eff_attn", "none")],
)  # fmt: skip
def test_kinds_of_attention_are_flags(attention, flag, field):
    out = outgoing(make(attention=attention))
    flags = {"xformers", "sdpa", "mem_eff_attn"} & out.values.keys()
    assert flags == ({flag} if flag else set())
    form = as_form(out)
    assert (form["xformers"], form["mem_eff_attn"]) == (field, attention == "sliced")


def test_what_kohya_cannot_say_is_noted():
    notes = [str(note) for note in outgoing(make(stop_text_encoder_training=50)).notes]
    assert any("stop_text_encoder_training" in note for note in notes)
    masked = make(masked_loss=True, alpha_mask=True, masked_loss_area=True)
    notes = [str(note) for note in outgoing(masked).notes]
    assert any("masked_loss_area" in note for note in notes)


@pytest.mark.parametrize(
    "values",
    [{"sdxl_kohya_crop": True}, {"optimizer_fallback": True}, {"huber_scale": 2},
     {"offload": False}, {"gradient_accumulation_steps": 2, "kohya_accumulation": True},
     {"logit_mean": 0.5}],
    ids=str,
)  # fmt: skip
def test_nothing_is_said_of_what_kohya_does_anyway_or_what_changes_nothing(values):
    usual = [str(note) for note in outgoing(make(base_model="m")).notes]
    assert [str(note) for note in outgoing(make(base_model="m", **values)).notes] == usual


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"gradient_accumulation_steps": 2}, "kohya_accumulation"),
        ({"zero_terminal_snr": True, "min_snr_gamma": 5}, "kohya_loss_weights"),
        ({"loss_type": "huber", "huber_scale": 2}, "kohya_loss_weights"),
    ],
)
def test_where_kohya_computes_otherwise_is_noted_of_a_run_that_does_not(values, name, tmp_path):
    run = make(base_model="m", **values)
    assert any(f"({name}), which is off" in str(note) for note in outgoing(run).notes)
    assert getattr(through_script(run, tmp_path).request, name)  # so it would come back
    same = outgoing(make(base_model="m", **values, **{name: True}))
    assert not any(name in str(note) for note in same.notes)


def test_a_rate_of_its_own_for_the_second_text_encoder_is_noted():
    out = outgoing(make(base_model="m", text_encoder_lr=1e-4, text_encoder_lr2=5e-5))
    (note,) = (note for note in out.notes if "both text encoders" in str(note))
    assert "0.0001 instead of 5e-05" in str(note)
    same = outgoing(make(base_model="m", text_encoder_lr=1e-4, text_encoder_lr2=1e-4))
    one = outgoing(make(base_model="starter", text_encoder_lr=1e-4, text_encoder_lr2=5e-5))
    for other in (same, one):
        assert other.values["text_encoder_lr"] == 1e-4
        assert not any("both text encoders" in str(note) for note in other.notes)


def test_tags_are_kept_as_many_where_a_trigger_word_cannot_be_sent():
    run = make(base_model="m", trigger_word="kiln fire", keep_tokens=2)
    out = outgoing(run)
    assert out.values["keep_tokens"] == 3
    assert as_form(out)["keep_tokens"] == 2
    assert as_form(outgoing(make(trigger_word="kiln", keep_tokens=2)))["keep_tokens"] == 3


def test_the_dataset_file_of_a_project_says_first_that_it_names_raw_folders(tmp_path):
    (tmp_path / "art").mkdir()
    project = Project.create(tmp_path / "project", "project")
    project.save(project.file.model_copy(
        update={"folders": (SourceFolder(path=str(tmp_path / "art")),)}))  # fmt: skip
    run = validated(TrainRequest, {"project": str(project.root), "output_dir": "out",
                                   "base_model": "m", "style_loss_weight": 0.5})  # fmt: skip
    (note,) = export_kohya(run, tmp_path / "dataset.toml", "dataset")
    assert "rejected and held-out pictures are in them" in str(note)


def test_the_golden_form_comes_back_as_the_same_run(tmp_path):
    run = read_kohya(GOLDEN).request
    back = through_form(run, tmp_path).request
    different = {
        name for name in TrainRequest.model_fields if getattr(run, name) != getattr(back, name)
    }
    # Without the model, an export cannot know that the form is for SDXL.
    assert different <= {"sdxl_kohya_crop"}


def test_a_dataset_file_names_folders_and_rules(tmp_path):
    for name in ("img/10_icon set", "img/3_key", "img/notes", "reg/1_icon"):
        (tmp_path / name).mkdir(parents=True)
    run = make(
        train_data_dir=str(tmp_path / "img"), reg_data_dir=str(tmp_path / "reg"),
        resolution="512,768", shuffle_caption=True, keep_tokens=2, caption_dropout_rate=0.1,
        flip_aug=True, train_batch_size=3,
    )  # fmt: skip
    table = tomllib.loads(as_dataset(outgoing(run)))
    assert table["general"] == {
        "caption_extension": ".txt", "shuffle_caption": True, "keep_tokens": 2,
        "caption_dropout_rate": 0.1, "flip_aug": True, "caption_separator": ",",
        "token_warmup_min": 1,
    }  # fmt: skip
    (dataset,) = table["datasets"]
    assert (dataset["resolution"], dataset["batch_size"]) == ([512, 768], 3)
    assert [
        (Path(s["image_dir"]).name, s["num_repeats"], s.get("class_tokens"), s.get("is_reg", False))
        for s in dataset["subsets"]
    ] == [("3_key", 3, "key", False), ("10_icon set", 10, "icon set", False),
          ("1_icon", 1, "icon", True)]  # fmt: skip
