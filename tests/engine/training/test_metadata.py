"""Every field that kohya's trainer writes into a LoRA file is there, as the text readers expect."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from safetensors import safe_open

from engine.models.lora_file import write_lora

from .conftest import paint

# What a plain run says, by field: an exact text, or a pattern for what differs from run to run.
PLAIN = {
    "ss_adaptive_noise_scale": "None",
    "ss_base_model_version": "sd_v1",
    "ss_batch_size_per_device": "4",
    "ss_bucket_no_upscale": "False",
    "ss_cache_latents": "True",
    "ss_caption_dropout_every_n_epochs": "0",
    "ss_caption_dropout_rate": "0.0",
    "ss_caption_tag_dropout_rate": "0.0",
    "ss_clip_skip": "1",
    "ss_color_aug": "False",
    "ss_debiased_estimation": "False",
    "ss_enable_bucket": "True",
    "ss_epoch": "2",
    "ss_face_crop_aug_range": "None",
    "ss_flip_aug": "False",
    "ss_fp8_base": "False",
    "ss_fp8_base_unet": "False",
    "ss_full_fp16": "False",
    "ss_gradient_accumulation_steps": "1",
    "ss_gradient_checkpointing": "False",
    "ss_huber_c": "0.1",
    "ss_huber_scale": "1.0",
    "ss_huber_schedule": "snr",
    "ss_ip_noise_gamma": "None",
    "ss_ip_noise_gamma_random_strength": "False",
    "ss_keep_tokens": "0",
    "ss_learning_rate": "0.01",
    "ss_loss_type": "l2",
    "ss_lowram": "False",
    "ss_lr_scheduler": "cosine",
    "ss_lr_warmup_steps": "0",
    "ss_max_bucket_reso": "64",
    "ss_max_grad_norm": "1.0",
    "ss_max_token_length": "None",
    "ss_max_train_steps": "4",
    "ss_max_validation_steps": "None",
    "ss_min_bucket_reso": "16",
    "ss_min_snr_gamma": "None",
    "ss_mixed_precision": "no",
    "ss_multires_noise_discount": "0.3",
    "ss_multires_noise_iterations": "None",
    "ss_network_alpha": "2.0",
    "ss_network_dim": "2",
    "ss_network_dropout": "None",
    "ss_network_module": "networks.lora",
    "ss_noise_offset": "None",
    "ss_noise_offset_random_strength": "False",
    "ss_num_batches_per_epoch": "2",
    "ss_num_epochs": "2",
    "ss_num_reg_images": "0",
    "ss_num_train_images": "8",
    "ss_num_validation_images": "0",
    "ss_optimizer": "torch.optim.adamw.AdamW(weight_decay=0.01)",
    "ss_output_name": "style",
    "ss_prior_loss_weight": "1.0",
    "ss_random_crop": "False",
    "ss_resize_interpolation": "None",
    "ss_resolution": "(32, 32)",
    "ss_scale_weight_norms": "None",
    "ss_sd_model_hash": re.compile(r"[0-9a-f]{8}"),
    "ss_sd_model_name": "epsilon",
    "ss_new_sd_model_hash": re.compile(r"[0-9a-f]{64}"),
    "ss_sd_scripts_commit_hash": "(unknown)",
    "ss_seed": "5",
    "ss_session_id": re.compile(r"\d+"),
    "ss_shuffle_caption": "False",
    "ss_steps": "4",
    "ss_text_encoder_lr": "0.0",
    "ss_total_batch_size": "4",
    "ss_training_comment": "",
    "ss_training_finished_at": re.compile(r"\d{10,}\.\d+"),
    "ss_training_started_at": re.compile(r"\d{10,}\.\d+"),
    "ss_unet_lr": "0.01",
    "ss_v2": "False",
    "ss_validate_every_n_epochs": "1",
    "ss_validate_every_n_steps": "None",
    "ss_validation_seed": "None",
    "ss_validation_split": "0.0",
    "ss_zero_terminal_snr": "False",
    "modelspec.architecture": "stable-diffusion-v1/lora",
    "modelspec.date": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    "modelspec.implementation": "diffusers",
    "modelspec.implementation_version": "stylekiln",
    "modelspec.prediction_type": "epsilon",
    "modelspec.resolution": "32x32",
    "modelspec.sai_model_spec": "1.0.1",
    "modelspec.title": "style",
    "sshs_legacy_hash": "e3b0c442",  # SHA-256 of nothing: the file is shorter than 1 MiB
    "sshs_model_hash": re.compile(r"[0-9a-f]{64}"),
    "format": "pt",
}
OBJECTS = {
    "ss_dataset_dirs": {
        "1_square": {"n_repeats": 1, "img_count": 4},
        "2_wide": {"n_repeats": 2, "img_count": 2},
    },
    "ss_reg_dataset_dirs": {},
    "ss_bucket_info": {
        "buckets": {
            "0": {"resolution": [32, 32], "count": 4},
            "1": {"resolution": [40, 24], "count": 4},
        },
        "mean_img_ar_error": pytest.approx((2 - 40 / 24) * 2 / 6),
    },
    "ss_tag_frequency": {
        "1_square": {f"thing {n}": 1 for n in range(4)} | {"block": 4, "red": 4, "blue": 4},
        "2_wide": {f"thing {n}": 1 for n in range(2)} | {"block": 2, "red": 2, "blue": 2},
    },
}


def header(result):
    with safe_open(result.checkpoints[-1].path, "pt") as file:
        return file.metadata()


def test_a_plain_run_writes_every_field_and_no_other(train):
    facts = header(train()[0])
    assert {key: json.loads(facts.pop(key)) for key in OBJECTS} == OBJECTS
    own = json.loads(facts.pop("stylekiln.settings"))
    assert own["max_train_epochs"] == 2
    assert not {"project", "output_dir", "base_model"} & own.keys()
    assert facts.keys() == PLAIN.keys()
    wrong = {
        key: facts[key]
        for key, wanted in PLAIN.items()
        if not (re.fullmatch(wanted, facts[key]) if isinstance(wanted, re.Pattern)
                else facts[key] == wanted)
    }  # fmt: skip
    assert wrong == {}


def test_settings_that_are_on_are_told(train):
    facts = header(train(
        clip_skip=2, noise_offset=0.05, min_snr_gamma=5.0, enable_bucket=False,
        shuffle_caption=True, keep_tokens=1, conv_dim=3, conv_alpha=1.5,
        gradient_accumulation_steps=2, resolution="24,32", trigger_word="窑",
    )[0])  # fmt: skip
    wanted = {
        "ss_clip_skip": "2", "modelspec.encoder_layer": "2", "ss_noise_offset": "0.05",
        "ss_min_snr_gamma": "5.0", "ss_enable_bucket": "False", "ss_min_bucket_reso": "None",
        "ss_max_bucket_reso": "None", "ss_bucket_info": "null", "ss_shuffle_caption": "True",
        "ss_keep_tokens": "1", "ss_total_batch_size": "8", "ss_resolution": "(24, 32)",
        "modelspec.resolution": "24x32", "modelspec.trigger_phrase": "窑",
        "ss_network_args": '{"conv_dim": "3", "conv_alpha": "1.5"}',
    }  # fmt: skip
    assert {key: facts.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("settings", "module", "args"),
    [
        ({"rs_lora": True}, "lycoris.kohya", {"algo": "lora", "rs_lora": "True"}),
        ({"dora_wd": True}, "lycoris.kohya", {"algo": "lora", "dora_wd": "True"}),
        ({"network_type": "lokr"}, "lycoris.kohya", {"algo": "lokr", "factor": "-1"}),
        (
            {"network_type": "lokr", "factor": 2, "decompose_both": True},
            "lycoris.kohya",
            {"algo": "lokr", "factor": "2", "decompose_both": "True"},
        ),
    ],
)
def test_what_makes_an_adapter_of_its_own_kind_is_told(train, settings, module, args):
    facts = header(train(max_train_epochs=1, **settings)[0])
    assert facts["ss_network_module"] == module
    assert json.loads(facts["ss_network_args"]) == args


def test_without_the_unet_the_rate_is_the_text_encoders(train):
    facts = header(train(unet_lr=0.0, text_encoder_lr=2e-3, max_train_epochs=1)[0])
    assert facts["ss_learning_rate"] == facts["ss_text_encoder_lr"] == "0.002"
    assert facts["ss_unet_lr"] == "0.0"


@pytest.mark.parametrize(
    ("model", "version", "architecture", "code", "v2", "prediction"),
    [
        ("v_prediction", "sd_v1_v", "stable-diffusion-v1", "diffusers", "False", "v"),
        ("sd2", "sd_v2_v", "stable-diffusion-v2-768-v", "diffusers", "True", "v"),
        ("two", "sdxl_base_v1-0", "stable-diffusion-xl-v1-base",
         "https://github.com/Stability-AI/generative-models", "False", "epsilon"),
    ],
)  # fmt: skip
def test_the_base_is_named_as_readers_look_for_it(
    train, models, model, version, architecture, code, v2, prediction
):
    facts = header(train(base_model=str(models[model]), max_train_epochs=1)[0])
    assert facts["ss_base_model_version"] == version
    assert facts["ss_v2"] == v2
    assert facts["modelspec.architecture"] == f"{architecture}/lora"
    assert facts["modelspec.implementation"] == code
    assert facts["modelspec.prediction_type"] == prediction


def test_regularization_is_counted_as_it_lies_in_its_folder(train, tmp_path):
    paint(tmp_path / "reg" / "3_reg", 4)
    facts = header(train(max_train_epochs=1, reg_data_dir=str(tmp_path / "reg"))[0])
    assert (facts["ss_num_train_images"], facts["ss_num_reg_images"]) == ("8", "12")
    assert json.loads(facts["ss_reg_dataset_dirs"]) == {"3_reg": {"n_repeats": 3, "img_count": 4}}
    assert json.loads(facts["ss_dataset_dirs"]).keys() == {"1_square", "2_wide"}
    assert json.loads(facts["ss_tag_frequency"])["3_reg"]["block"] == 4


def test_a_dataset_file_is_told_dataset_by_dataset(train, art, tmp_path):
    path = tmp_path / "data.toml"
    path.write_text(
        f"""
        [general]
        caption_extension = ".txt"
        [[datasets]]
        resolution = 32
        batch_size = 2
        enable_bucket = false
        [[datasets.subsets]]
        image_dir = '{art / "1_square"}'
        num_repeats = 3
        shuffle_caption = true
        [[datasets]]
        resolution = [48, 24]
        enable_bucket = false
        [[datasets.subsets]]
        image_dir = '{art / "2_wide"}'
        flip_aug = true
        """,
        encoding="utf-8",
    )
    result, _ = train(train_data_dir="", dataset_config=str(path), max_train_epochs=1)
    facts = header(result)
    first, second = json.loads(facts["ss_datasets"])
    assert (first["batch_size_per_device"], first["num_train_images"]) == (2, 12)
    assert (first["resolution"], second["resolution"]) == ([32, 32], [48, 24])
    assert first["bucket_info"] is None
    (subset,) = first["subsets"]
    assert (subset["img_count"], subset["num_repeats"], subset["image_dir"]) == (4, 3, "1_square")
    assert (subset["shuffle_caption"], second["subsets"][0]["flip_aug"]) == (True, True)
    assert first["tag_frequency"]["1_square"]["block"] == 4
    assert json.loads(facts["ss_dataset_dirs"])["2_wide"] == {"n_repeats": 1, "img_count": 2}
    assert "ss_resolution" not in facts


def test_the_model_hash_is_that_of_the_tensors_whatever_the_header_says(train, tmp_path):
    result, _ = train(max_train_epochs=1)
    data = Path(result.checkpoints[-1].path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    facts = header(result)
    assert facts["sshs_model_hash"] == hashlib.sha256(data[start:]).hexdigest()
    with safe_open(result.checkpoints[-1].path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    write_lora(tmp_path / "again.safetensors", tensors, {"other": "words"})
    with safe_open(tmp_path / "again.safetensors", "pt") as file:
        assert file.metadata()["sshs_model_hash"] == facts["sshs_model_hash"]
