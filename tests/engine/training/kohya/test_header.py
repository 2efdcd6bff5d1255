"""What the header of a LoRA tells of the training that made it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.commands.cli import main
from engine.runtime.errors import BadInputError, ModelFileError
from engine.training.kohya.kinds import kind_of
from engine.training.kohya.reading import read_kohya
from engine.training.kohya.script import flat
from engine.training.runs import Run

UNET = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
TEXT = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
# As kohya's scripts write them, every value a text.
HEADER = {
    "ss_session_id": "2563219042", "ss_training_started_at": "1760000000.0",
    "ss_output_name": "0042", "ss_learning_rate": "0.0001", "ss_text_encoder_lr": "5e-05",
    "ss_unet_lr": "0.0001", "ss_num_train_images": "250", "ss_num_epochs": "10",
    "ss_max_train_steps": "1600", "ss_gradient_checkpointing": "True",
    "ss_gradient_accumulation_steps": "2", "ss_lr_warmup_steps": "160",
    "ss_lr_scheduler": "cosine", "ss_network_module": "networks.lora", "ss_network_dim": "8",
    "ss_network_alpha": "4.0", "ss_network_dropout": "None",
    "ss_network_args": json.dumps({"conv_dim": "6", "conv_alpha": "3", "rank_dropout": "0.1"}),
    "ss_mixed_precision": "bf16", "ss_full_fp16": "False", "ss_v2": "False",
    "ss_base_model_version": "sd_v1", "ss_clip_skip": "2", "ss_max_token_length": "225",
    "ss_cache_latents": "True", "ss_seed": "1234", "ss_noise_offset": "None",
    "ss_multires_noise_iterations": "6", "ss_multires_noise_discount": "0.4",
    "ss_adaptive_noise_scale": "None", "ss_zero_terminal_snr": "False",
    "ss_training_comment": "None", "ss_max_grad_norm": "0.0",
    "ss_optimizer": "bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1,betas=(0.9, 0.99))",
    "ss_caption_dropout_rate": "0.05", "ss_face_crop_aug_range": "None",
    "ss_prior_loss_weight": "0.5", "ss_min_snr_gamma": "5.0", "ss_scale_weight_norms": "None",
    "ss_debiased_estimation": "True", "ss_loss_type": "huber", "ss_huber_schedule": "snr",
    "ss_huber_scale": "1.0", "ss_huber_c": "0.2", "ss_sd_model_name": "anylora.safetensors",
    "ss_new_sd_model_hash": "ab" * 32, "ss_vae_name": "kl-f8.vae.pt",
    "ss_batch_size_per_device": "3", "ss_total_batch_size": "6", "ss_resolution": "(512, 640)",
    "ss_color_aug": "False", "ss_flip_aug": "True", "ss_shuffle_caption": "True",
    "ss_enable_bucket": "True", "ss_bucket_no_upscale": "False", "ss_min_bucket_reso": "256",
    "ss_max_bucket_reso": "1024", "ss_keep_tokens": "1",
    "ss_tag_frequency": json.dumps({"10_hero": {"hero": 25}}),
    "ss_new_thing": "7", "sshs_model_hash": "cd" * 32, "modelspec.title": "Hero",
    "modelspec.prediction_type": "epsilon", "modelspec.timestep_range": "50,900",
    "modelspec.implementation_version": "sd-scripts/abc",
}  # fmt: skip
WANTED = {
    "output_name": "0042", "learning_rate": 1e-4, "text_encoder_lr": 5e-5, "unet_lr": 1e-4,
    "max_train_steps": 1600, "max_train_epochs": 0, "gradient_checkpointing": True,
    "gradient_accumulation_steps": 2, "lr_warmup_steps": 160, "lr_scheduler": "cosine",
    "network_type": "lora", "network_dim": 8, "network_alpha": 4.0, "network_dropout": 0.0,
    "conv_dim": 6, "conv_alpha": 3.0, "rank_dropout": 0.1, "mixed_precision": "bf16",
    "clip_skip": 2, "max_token_length": "225", "cache_latents": True, "seed": 1234,
    "noise_offset": 0.0, "multires_noise_iterations": 6, "multires_noise_discount": 0.4,
    "max_grad_norm": 0.0, "optimizer_type": "AdamW8bit",
    "optimizer_args": "weight_decay=0.1 betas=(0.9, 0.99)", "caption_dropout_rate": 0.05,
    "prior_loss_weight": 0.5, "min_snr_gamma": 5.0, "debiased_estimation_loss": True,
    "loss_type": "huber", "huber_c": 0.2, "train_batch_size": 3, "resolution": "512,640",
    "flip_aug": True, "shuffle_caption": True, "enable_bucket": True, "min_bucket_reso": 256,
    "max_bucket_reso": 1024, "keep_tokens": 1, "metadata_title": "Hero", "min_timestep": 50,
    "max_timestep": 900, "prediction_type": "epsilon", "base_model": "anylora.safetensors",
    "save_precision": "fp16", "kohya_accumulation": True,
}  # fmt: skip


def write_lora(path, header, *parts, rank=8):
    """A LoRA of one layer for each of ``parts``."""
    tensors = {}
    for part in parts:
        tensors |= {
            f"{part}.lora_down.weight": np.zeros((rank, 768), np.float16),
            f"{part}.lora_up.weight": np.zeros((320, rank), np.float16),
            f"{part}.alpha": np.array(rank / 2, np.float16),
        }
    save_file(tensors, path, metadata=header)
    return path


@pytest.fixture
def read(tmp_path):
    """Read a LoRA whose header says these keys otherwise; None leaves one out."""

    def go(parts=(UNET, TEXT), rank=8, project="p", **changes):
        told = {key: text for key, text in (HEADER | changes).items() if text is not None}
        return read_kohya(write_lora(tmp_path / "hero.safetensors", told, *parts, rank=rank),
                          project=project)  # fmt: skip

    return go


def test_the_settings_of_a_training_are_read_from_its_file(read):
    found = read().request.model_dump()
    assert {name: found[name] for name in WANTED} == WANTED


def test_every_key_is_reported(read):
    report = read().report
    assert {line.key.partition(":")[0] for line in report.lines} >= HEADER.keys()
    status = {line.key: line.status for line in report.lines}
    assert status["ss_seed"] == "used"
    assert status["ss_noise_offset"] == "converted"
    assert status["ss_tag_frequency"] == status["ss_session_id"] == "no effect"
    assert status["ss_new_thing"] == status["ss_vae_name"] == "unknown"
    assert "Not a setting" in str(report.line("ss_new_thing").why)
    assert "None" in str(report.line("ss_noise_offset").why)
    assert "1,600 steps" in str(report.line("ss_num_epochs").why)


def test_what_no_header_tells_is_said(read):
    def silent(imported):
        return {line.key for line in imported.report.lines if "does not tell" in str(line.why)}

    always = {
        "bucket_reso_steps", "weighted_captions", "masked_loss", "alpha_mask", "lr_scheduler_args",
        "caption_prefix", "caption_suffix", "caption_separator", "keep_tokens_separator",
        "secondary_separator", "enable_wildcard", "token_warmup_min", "token_warmup_step",
        "v_pred_like_loss", "scale_v_pred_loss_like_noise_pred", "full_bf16", "network_weights",
        "base_weights",
    }  # fmt: skip
    assert silent(read()) == always
    assert silent(read(ss_lr_scheduler="polynomial")) == always | {"lr_scheduler_power"}
    restarts = silent(read(ss_lr_scheduler="cosine_with_restarts"))
    assert restarts == always | {"lr_scheduler_num_cycles"}
    alone = read(project="")
    assert silent(alone) >= {"train_data_dir", "caption_extension"}
    assert alone.request is None


@pytest.mark.parametrize(
    ("part", "rates"), [((UNET,), (1e-4, 0)), ((TEXT,), (0, 5e-5)), ((UNET, TEXT), (1e-4, 5e-5))]
)
def test_a_part_without_tensors_was_not_trained(read, part, rates):
    run = read(parts=part).request
    assert (run.unet_lr, run.text_encoder_lr) == rates


def test_a_rate_that_is_none_is_the_common_one(read):
    run = read(ss_unet_lr="None", ss_text_encoder_lr="[0.0002, 0.0003]").request
    assert (run.unet_lr, run.text_encoder_lr) == (1e-4, 2e-4)


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("torch.optim.adamw.AdamW", "AdamW", ""),
        ("prodigyopt.prodigy.Prodigy(d_coef=2.0,decouple=True)", "Prodigy",
         "d_coef=2.0 decouple=True"),
        ("torch.optim.sgd.SGD(momentum=0.9)", "SGDNesterov", "momentum=0.9"),
        ("some.package.Odd(x=1)", "other", "x=1"),
    ],
)  # fmt: skip
def test_the_class_of_the_optimizer_is_the_one_that_is_offered(read, text, kind, arguments):
    rates = dict.fromkeys(("ss_learning_rate", "ss_unet_lr", "ss_text_encoder_lr"), "1.0")
    values = read(ss_optimizer=text, **rates).values
    assert values["optimizer_args"] == arguments if arguments else "optimizer_args" not in values
    run = read(ss_optimizer=text, **rates).request
    assert run.optimizer_type == kind
    assert run.optimizer_class == ("some.package.Odd" if kind == "other" else "")


def test_a_resized_file_has_the_rank_of_its_layers(read):
    run = read(rank=3, ss_network_dim="Dynamic", ss_network_alpha="Dynamic").request
    assert (run.network_dim, run.network_alpha) == (3, 1.5)


def test_what_is_predicted_follows_the_file(read):
    assert read(**{"modelspec.prediction_type": "v"}).request.prediction_type == "v_prediction"
    said = {"modelspec.prediction_type": None, "ss_base_model_version": "sd_v2_v"}
    assert read(**said).request.prediction_type == "v_prediction"
    said["ss_base_model_version"] = "sd_v1"
    assert read(**said).request.prediction_type == "epsilon"


def test_datasets_of_a_file_speak_for_themselves(read):
    folder = {"is_reg": False, "flip_aug": True, "keep_tokens": 2, "caption_prefix": "x, "}
    datasets = [
        {"batch_size_per_device": 4, "resolution": [768, 512], "enable_bucket": True,
         "subsets": [folder, {**folder, "is_reg": True, "keep_tokens": 9}]},
        {"batch_size_per_device": 2, "resolution": [768, 512], "subsets": [folder]},
    ]  # fmt: skip
    gone = dict.fromkeys(("ss_batch_size_per_device", "ss_resolution", "ss_keep_tokens"))
    imported = read(ss_datasets=json.dumps(datasets), **gone)
    run = imported.request
    assert (run.train_batch_size, run.resolution) == (4, "768,512")
    assert (run.keep_tokens, run.caption_prefix) == (2, "x, ")
    assert "differ" in str(imported.report.line("ss_datasets: batch_size_per_device").why)
    assert imported.report.line("ss_datasets: resolution").status != "unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"ss_datasets": "[" * 5000},
        {"ss_datasets": '[{"subsets": 3}, 4]'},
        {"ss_network_args": "not json"},
        {"ss_optimizer": "(("},
        {"modelspec.timestep_range": ","},
        {"ss_resolution": "(" * 900},
        {"ss_keep_tokens": "None", "modelspec.trigger_phrase": "None"},
    ],
)
def test_strange_words_are_a_report_and_no_crash(read, changes):
    assert read(**changes).report.lines


def test_a_file_that_tells_nothing_is_refused(tmp_path):
    plain = write_lora(tmp_path / "plain.safetensors", {"ss_v2": "False"}, UNET)
    with pytest.raises(BadInputError, match="does not tell how it was trained"):
        read_kohya(plain)
    (tmp_path / "half.safetensors").write_bytes(b"\x00" * 30)
    with pytest.raises(ModelFileError):
        read_kohya(tmp_path / "half.safetensors")
    assert kind_of(plain) == "settings"


def test_a_run_of_this_app_comes_back_from_its_file(train):
    wanted = {
        "gradient_accumulation_steps": 2, "trigger_word": "myst", "noise_offset": 0.05,
        "network_dim": 3, "optimizer_type": "Lion", "min_snr_gamma": 4.0, "flip_aug": True,
        "max_train_epochs": 2, "save_every_n_epochs": 2, "sample_every_n_epochs": 0,
        "bucket_reso_steps": 16, "lr_scheduler": "cosine",
    }  # fmt: skip
    result, _ = train(**wanted)
    run = read_kohya(Path(result.checkpoints[-1].path), project="p").request
    assert {name: getattr(run, name) for name in wanted} == wanted
    before = Run.open(Path(result.run)).request().model_dump()
    of_place = {"project", "base_model", "output_dir", "train_data_dir"}
    assert {n: v for n, v in run.model_dump().items() if v != before[n]}.keys() <= of_place
    assert run.text_encoder_lr == 0
    assert not run.kohya_accumulation


def test_the_command_line_makes_a_job_of_it(tmp_path, capsys):
    file = write_lora(tmp_path / "hero.safetensors", HEADER, UNET)
    job, told = tmp_path / "job.toml", tmp_path / "told.json"
    argv = ["kohya", "import", str(file), "--out", str(job), "--report", str(told)]
    assert main([*argv, "--project", str(tmp_path)]) == 0
    assert flat(tomllib.loads(job.read_text()))["network_dim"] == 8
    rows = {row["key"]: row for row in json.loads(told.read_text())["keys"]}
    assert rows["ss_seed"] == {"key": "ss_seed", "status": "used", "from": "1234",
                               "to": {"seed": 1234}}  # fmt: skip
    assert rows["weighted_captions"]["status"] == "unknown"
    assert "weighted_captions: The header of a LoRA does not tell it" in capsys.readouterr().err
