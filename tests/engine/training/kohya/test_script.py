from __future__ import annotations

import json

import pytest
import tomli_w

from engine.training.kohya.reading import read_kohya


def read(tmp_path, **table):
    path = tmp_path / "script.toml"
    path.write_text(tomli_w.dumps({"train_data_dir": "img", "output_dir": "out", **table}))
    return read_kohya(path)


def test_a_script_trains_with_the_defaults_of_the_scripts(tmp_path):
    run = read(tmp_path).request
    assert (run.unet_lr, run.text_encoder_lr) == (2e-6, 2e-6)
    assert (run.lr_scheduler, run.max_train_steps) == ("constant", 1600)
    assert (run.network_dim, run.network_alpha) == (4, 1)
    assert (run.enable_bucket, run.cache_latents) == (False, False)
    assert (run.caption_extension, run.optimizer_type) == (".caption", "AdamW")
    assert run.sample_at_first is False


def test_zeros_of_a_script_are_zeros(tmp_path):
    run = read(tmp_path, max_grad_norm=0.0, prior_loss_weight=0).request
    assert (run.max_grad_norm, run.prior_loss_weight) == (0, 0)


def test_an_alpha_of_zero_is_the_rank(tmp_path):
    alphas = ["conv_dim=3", "conv_alpha=0"]
    imported = read(tmp_path, network_dim=6, network_alpha=0, network_args=alphas)
    assert (imported.request.network_alpha, imported.request.conv_alpha) == (6, 3)
    assert "as much as the rank" in str(imported.report.line("network_alpha").why)


def test_a_power_of_zero_keeps_the_rates(tmp_path):
    zero = {"lr_scheduler": "polynomial", "lr_scheduler_power": 0.0, "lr_warmup_steps": 5}
    imported = read(tmp_path, **zero)
    run = imported.request
    assert (run.lr_scheduler, run.lr_warmup_steps) == ("constant_with_warmup", 5)
    assert "stay where they are" in str(imported.report.line("lr_scheduler_power").why)
    elsewhere = read(tmp_path, lr_scheduler="cosine", lr_scheduler_power=0)
    assert elsewhere.request.lr_scheduler == "cosine"
    assert elsewhere.report.line("lr_scheduler_power").status == "no effect"


def test_a_threshold_of_zero_counts_on_the_schedule_that_adds_to_it(tmp_path):
    assert read(tmp_path, loss_type="huber", huber_c=0.0).request.huber_c == 0
    constant = read(tmp_path, loss_type="huber", huber_c=0.0, huber_schedule="constant")
    assert constant.report.line("huber_c").problem


@pytest.mark.parametrize("value", [-1, 0, 40])
def test_where_the_text_encoder_stops_is_ignored_as_the_scripts_do(tmp_path, value):
    imported = read(tmp_path, stop_text_encoder_training=value)
    assert imported.request.stop_text_encoder_training == 0
    assert imported.report.line("stop_text_encoder_training").status == "no effect"


def test_a_number_of_thousands_of_digits_is_a_line_of_the_report(tmp_path):
    huge = "0x" + "f" * 5000
    imported = read(tmp_path, network_args=[f"conv_dim={huge}"], optimizer_args=[f"eps={huge}"])
    status = {line.key: line for line in imported.report.lines}
    assert status["network_args: conv_dim"].status == "refused"
    assert status["optimizer_args"].problem
    assert json.dumps(imported.report.record())


def test_sections_are_flattened_and_the_later_wins(tmp_path):
    run = read(tmp_path, one={"seed": 3, "clip_skip": 2}, two={"seed": 4}).request
    assert (run.seed, run.clip_skip) == (4, 2)


def test_one_rate_stands_for_both_parts(tmp_path):
    run = read(tmp_path, learning_rate=1e-3, text_encoder_lr=1e-4).request
    assert (run.unet_lr, run.text_encoder_lr) == (1e-3, 1e-4)


def test_a_common_rate_is_one_line_and_comes_through_a_preset(tmp_path):
    path = tmp_path / "preset.toml"
    path.write_text("learning_rate = 1e-3\ntext_encoder_lr = 1e-4\n")
    imported = read_kohya(path, whole=False)
    assert imported.values == {"learning_rate": 1e-3, "unet_lr": 1e-3, "text_encoder_lr": 1e-4}
    line = imported.report.line("learning_rate")
    assert line.settings == {"learning_rate": 1e-3, "unet_lr": 1e-3}


def test_of_several_text_rates_kohya_reads_the_first(tmp_path):
    imported = read(tmp_path, text_encoder_lr=[1e-4, 5e-5])
    assert imported.request.text_encoder_lr == 1e-4
    assert imported.report.line("text_encoder_lr").status == "converted"


@pytest.mark.parametrize(
    ("flag", "rates"),
    [
        ("network_train_unet_only", (1e-3, 0)),
        ("network_train_text_encoder_only", (0, 1e-3)),
    ],
)
def test_one_part_alone(tmp_path, flag, rates):
    run = read(tmp_path, learning_rate=1e-3, **{flag: True}).request
    assert (run.unet_lr, run.text_encoder_lr) == rates


@pytest.mark.parametrize(
    ("value", "share", "steps"), [(0.1, 10, 0), ("15%", 15, 0), (100, 0, 100), (1.0, 100, 0)]
)
def test_warm_up_as_share_and_as_steps(tmp_path, value, share, steps):
    run = read(tmp_path, lr_scheduler="linear", lr_warmup_steps=value).request
    assert (run.lr_warmup, run.lr_warmup_steps) == (share, steps)


def test_the_items_of_the_network_are_settings(tmp_path):
    arguments = ["conv_dim=8", "conv_alpha=4", "rank_dropout=0.2", "strange=1"]
    imported = read(tmp_path, network_module="networks.lora", network_args=arguments)
    run = imported.request
    assert (run.conv_dim, run.conv_alpha, run.rank_dropout) == (8, 4, 0.2)
    assert imported.report.line("network_args: strange").status == "unknown"


@pytest.mark.parametrize(("algo", "kind"), [("loha", "loha"), ("lokr", "lokr"), ("lora", "lora")])
def test_networks_of_lycoris(tmp_path, algo, kind):
    arguments = [f"algo={algo}", "conv_dim=4"]
    run = read(tmp_path, network_module="lycoris.kohya", network_args=arguments).request
    assert (run.network_type, run.conv_dim) == (kind, 4)


def test_presets_of_lycoris_choose_layers(tmp_path):
    arguments = ["algo=loha", "preset=attn-only", "conv_dim=4"]
    run = read(tmp_path, network_module="lycoris.kohya", network_args=arguments).request
    assert (run.conv_dim, run.layers_include) == (0, "attn1, attn2, self_attn")


def test_a_preset_of_layers_is_one_line(tmp_path):
    arguments = ["algo=loha", "preset=attn-only"]
    imported = read(tmp_path, network_module="lycoris.kohya", network_args=arguments)
    lines = [line for line in imported.report.lines if line.key == "network_args: preset"]
    assert [set(line.settings) for line in lines] == [{"conv_dim", "layers_include"}]


@pytest.mark.parametrize(
    ("flags", "attention"),
    [
        ({"sdpa": True}, "sdpa"),
        ({"mem_eff_attn": True, "sdpa": True}, "sliced"),
        ({"xformers": True}, "sdpa"),
    ],
)
def test_kinds_of_attention(tmp_path, monkeypatch, flags, attention):
    monkeypatch.setattr("engine.training.kohya.convert.find_spec", lambda name: None)
    assert read(tmp_path, **flags).request.attention == attention


def test_xformers_is_kept_where_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.training.kohya.convert.find_spec", lambda name: name)
    assert read(tmp_path, xformers=True).request.attention == "xformers"


def test_what_a_model_predicts_is_told_and_never_guessed(tmp_path):
    assert read(tmp_path).request.prediction_type == "epsilon"
    assert read(tmp_path, v_parameterization=True).request.prediction_type == "v_prediction"


def test_a_cache_on_disk_is_a_cache(tmp_path):
    assert read(tmp_path, cache_latents_to_disk=True).request.cache_latents


def test_decay_is_the_one_of_the_optimizer(tmp_path):
    assert read(tmp_path, optimizer_type="Lion").request.weight_decay == 0
    assert read(tmp_path, optimizer_type="adamw").request.weight_decay == 0.01


def test_epochs_of_samples_win_over_steps(tmp_path):
    imported = read(tmp_path, sample_every_n_epochs=2, sample_every_n_steps=100)
    assert imported.request.sample_every_n_steps == 0
    assert imported.report.line("sample_every_n_steps").status == "no effect"


@pytest.mark.parametrize(
    ("every", "steps", "files"), [(10, 30, 4), (10, 9, 1), (10, 10, 2), (500, 1500, 4), (1, 2, 3)]
)
def test_kept_steps_as_files(tmp_path, every, steps, files):
    run = read(tmp_path, save_every_n_steps=every, save_last_n_steps=steps).request
    assert run.save_last_n_steps == files


def test_loss_weights_of_kohya_are_asked_for_only_where_they_differ(tmp_path):
    assert not read(tmp_path, min_snr_gamma=5).request.kohya_loss_weights
    zero = {"zero_terminal_snr": True, "v_parameterization": True}
    assert read(tmp_path, min_snr_gamma=5, **zero).request.kohya_loss_weights
    assert not read(tmp_path, **zero).request.kohya_loss_weights


def test_prompts_are_read_from_their_file(tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("castle --d 1\n")
    assert read(tmp_path, sample_prompts=str(prompts)).request.sample_prompts == ("castle --d 1",)
    gone = read(tmp_path, sample_prompts=str(tmp_path / "gone.txt"))
    assert gone.request.sample_prompts == ()
    assert gone.report.line("sample_prompts").status == "no effect"


def test_logs_without_a_folder_are_not_asked_for(tmp_path):
    run = read(tmp_path, logging_dir="logs").request
    assert (run.log_with, run.logging_dir) == ("tensorboard", "logs")
    assert read(tmp_path, log_with="wandb").report.line("log_with").status == "no effect"


def test_one_number_is_a_text_where_a_text_is_set(tmp_path):
    items = ["down_lr_weight=1", "mid_lr_weight=0.50", "up_lr_weight=0.1,2"]
    imported = read(tmp_path, network_args=items, output_name=2024)
    run = imported.request
    assert (run.down_lr_weight, run.mid_lr_weight, run.up_lr_weight) == ("1", "0.50", "0.1,2")
    assert run.output_name == "2024"
    assert imported.report.line("network_args: mid_lr_weight").status == "used"


def test_yes_is_no_rank(tmp_path):
    for items in ({"network_args": ["conv_dim=True"]}, {"conv_dim": True}):
        line = next(line for line in read(tmp_path, **items).report.lines
                    if line.key.endswith("conv_dim"))  # fmt: skip
        assert (line.status, str(line.problem)) == ("refused", "Write a whole number.")
