from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.runtime.errors import BadInputError
from engine.training.kohya.reading import read_kohya

GOLDEN = Path(__file__).parents[3] / "golden" / "kohya_form.json"


def read(tmp_path, **form):
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"train_data_dir": "img", "output_dir": "out", **form}))
    return read_kohya(path)


@pytest.fixture(scope="module")
def golden():
    return read_kohya(GOLDEN)


def test_every_key_of_a_full_form_is_reported_once(golden):
    keys = [line.key for line in golden.report.lines if line.present]
    flags = {"--keep_tokens_separator", "--soft_mask"}
    assert sorted(keys) == sorted({*json.loads(GOLDEN.read_text()), *flags})


def test_a_full_form_of_an_artist_makes_a_run(golden):
    run = golden.request
    assert golden.report.is_ready
    assert (run.network_dim, run.network_alpha, run.conv_dim, run.conv_alpha) == (32, 16, 16, 8)
    assert (run.unet_lr, run.text_encoder_lr) == (1e-4, 5e-5)
    assert (run.lr_scheduler, run.lr_warmup) == ("cosine", 5)
    assert (run.resolution, run.bucket_no_upscale) == ("1024,1024", True)
    assert (run.min_snr_gamma, run.noise_offset, run.rank_dropout) == (5, 0.05, 0.1)
    assert (run.shuffle_caption, run.keep_tokens, run.flip_aug) == (True, 1, True)
    assert run.keep_tokens_separator == "|||"
    assert run.seed == 1234
    assert run.sample_prompts[1] == "hvisl, a basket of pears --d 8 --n blurry"
    assert run.optimizer_args == "weight_decay=0.1 betas=0.9,0.99"


def test_what_kohya_would_have_dropped_has_the_value_it_trained_with(golden):
    run, report = golden.request, golden.report
    assert (run.max_grad_norm, run.prior_loss_weight) == (1.0, 1.0)
    line = report.line("max_grad_norm")
    assert (line.status, line.value) == ("converted", 0)
    assert str(line.why) == "kohya drops a 0 here and trains with 1.0."


def test_the_usual_1600_steps_win_over_the_epochs_as_they_do_in_kohya(golden):
    assert (golden.request.max_train_steps, golden.request.max_train_epochs) == (1600, 0)
    line = golden.report.line("epoch")
    assert (line.status, line.settings) == ("no effect", {})
    assert "1,600 steps" in str(line.why)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("clip_skip", "SDXL always"),
        ("lr_scheduler_num_cycles", "Schedule"),
        ("multires_noise_iterations", "Original"),
        ("min_bucket_reso", "never enlarged"),
        ("stop_text_encoder_training", "ignores it"),
        ("num_processes", "accelerate"),
        ("t5xxl_max_token_length", "not trained here"),
        ("vae", "Left empty"),
    ],
)
def test_what_has_no_effect_says_why(golden, key, words):
    line = golden.report.line(key)
    assert line.status == "no effect"
    assert words in str(line.why)


def test_what_nobody_knows_is_unknown(golden):
    assert golden.report.line("lr_note").status == "unknown"
    assert golden.report.line("--soft_mask").status == "unknown"
    assert golden.report.counts["unknown"] == 2


def test_kept_checkpoints_are_counted_in_files(golden):
    assert golden.request.save_last_n_steps == 4
    assert golden.report.line("save_last_n_steps").status == "converted"


def test_slips_of_the_scripts_that_change_numbers_are_repeated(golden):
    assert golden.request.sdxl_kohya_crop
    assert golden.request.kohya_accumulation
    assert not golden.report.line("sdxl_kohya_crop").present


def test_a_key_that_is_left_out_has_the_value_of_the_window(tmp_path):
    imported = read(tmp_path, network_dim=4)
    assert imported.request.max_train_steps == 1600
    assert imported.request.optimizer_type == "AdamW8bit"
    assert imported.request.lr_warmup == 10
    assert not imported.report.line("max_train_steps").present
    assert imported.report.line("network_dim").status == "used"
    assert imported.request.base_model == "starter"
    assert imported.request.save_state


def test_a_preset_says_only_what_is_in_it(tmp_path):
    path = tmp_path / "preset.json"
    path.write_text('{"network_dim": 4, "lr_warmup": 0, "lr_scheduler": "constant"}')
    assert read_kohya(path, whole=False).values == {
        "network_dim": 4,
        "lr_scheduler": "constant",
    }


@pytest.mark.parametrize(
    ("form", "setting", "value"),
    [
        ({"use_8bit_adam": True}, "optimizer_type", "AdamW8bit"),
        ({"use_8bit_adam": False}, "optimizer_type", "AdamW"),
        ({"use_8bit_adam": True, "optimizer": "Lion"}, "optimizer_type", "Lion"),
        ({"xformers": False}, "attention", "none"),
        ({"LoRA_type": "LoCon", "conv_dim": 4}, "conv_dim", 4),
        ({"lora_network_weights": "a.safetensors"}, "network_weights", "a.safetensors"),
        ({"save_model_as": "diffusers"}, "save_model_as", "safetensors"),
        ({"clip_skip": "2"}, "clip_skip", 2),
        ({"seed": "1337"}, "seed", 1337),
        ({"unet_lr": "1e-3"}, "unet_lr", 1e-3),
        ({"lr_scheduler_power": "", "lr_scheduler": "polynomial"}, "lr_scheduler_power", 1.0),
        ({"max_train_epochs": "", "max_train_steps": "20"}, "max_train_steps", 20),
        ({"max_token_length": "225"}, "max_token_length", "225"),
        ({"noise_offset": "0.1"}, "noise_offset", 0.1),
        ({"keep_tokens": "many"}, "keep_tokens", 0),
    ],
)
def test_old_forms_are_read_as_the_window_reads_them(tmp_path, form, setting, value):
    assert read(tmp_path, **form).values[setting] == value


@pytest.mark.parametrize(
    ("key", "used"),
    [
        ("max_grad_norm", 1.0),
        ("prior_loss_weight", 1.0),
        ("multires_noise_discount", 0.3),
        ("lr_scheduler_power", 1.0),
        ("network_alpha", 1),
        ("max_timestep", 1000),
    ],
)
def test_zeros_of_the_window_become_what_the_scripts_use(tmp_path, key, used):
    form = {key: 0, "noise_offset_type": "Multires"}
    assert read(tmp_path, **form).values[key] == used


@pytest.mark.parametrize(
    ("unet", "text", "trained"),
    [(1e-4, 0, (1e-4, 0)), (0, 5e-5, (0, 5e-5)), (0, 0, (3e-4, 3e-4)), (1e-4, 5e-5, (1e-4, 5e-5))],
)
def test_rates_of_zero_leave_a_part_out_unless_both_are_zero(tmp_path, unet, text, trained):
    run = read(tmp_path, unet_lr=unet, text_encoder_lr=text, learning_rate=3e-4).request
    assert (run.unet_lr, run.text_encoder_lr) == trained


def test_no_rate_at_all_is_two_millionths(tmp_path):
    run = read(tmp_path, unet_lr=0, text_encoder_lr=0, learning_rate=0).request
    assert run.unet_lr == 2e-6


def test_epochs_make_steps_from_the_pictures_that_the_window_counts(tmp_path):
    folder = tmp_path / "img" / "10_icon"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.jpg", "c.webp", "d.bmp", "a.txt"):
        (folder / name).touch()
    form = {"train_data_dir": str(tmp_path / "img"), "max_train_steps": 0, "epoch": 3}
    run = read(tmp_path, **form, train_batch_size=4).request
    assert run.max_train_steps == 23  # 3 pictures, 10 times, 3 epochs, by 4
    run = read(tmp_path, **form, train_batch_size=4, reg_data_dir="reg").request
    assert run.max_train_steps == 45


def test_epochs_stay_epochs_where_the_pictures_are_elsewhere(tmp_path):
    run = read(tmp_path, max_train_steps=0, epoch=3).request
    assert (run.max_train_epochs, run.max_train_steps) == (3, 0)


def test_the_maximum_of_epochs_wins(tmp_path):
    imported = read(tmp_path, max_train_epochs=7, max_train_steps=500, epoch=3)
    assert (imported.request.max_train_epochs, imported.request.max_train_steps) == (7, 0)
    assert imported.report.line("max_train_steps").status == "no effect"


def test_warm_up_in_steps_wins_over_the_percentage(tmp_path):
    run = read(tmp_path, lr_warmup=10, lr_warmup_steps=50).request
    assert (run.lr_warmup, run.lr_warmup_steps) == (0, 50)


def test_the_kind_of_noise_chooses_its_fields(tmp_path):
    noise = {"noise_offset": 0.1, "multires_noise_iterations": 6, "multires_noise_discount": 0.5}
    plain = read(tmp_path, noise_offset_type="Original", **noise).request
    levels = read(tmp_path, noise_offset_type="Multires", **noise).request
    assert (plain.noise_offset, plain.multires_noise_iterations) == (0.1, 0)
    assert (levels.noise_offset, levels.multires_noise_iterations) == (0, 6)


@pytest.mark.parametrize(
    ("kind", "network", "convolutions"),
    [
        ("Standard", "lora", 0),
        ("Kohya LoCon", "lora", 4),
        ("LyCORIS/LoHa", "loha", 4),
        ("LyCORIS/LoKr", "lokr", 4),
    ],
)
def test_types_of_networks(tmp_path, kind, network, convolutions):
    run = read(tmp_path, LoRA_type=kind, conv_dim=4).request
    assert (run.network_type, run.conv_dim) == (network, convolutions)


def test_a_type_that_is_not_trained_here_is_told_and_replaced(tmp_path):
    imported = read(tmp_path, LoRA_type="LyCORIS/iA3")
    line = imported.report.line("LoRA_type")
    assert line.status == "unknown"
    assert "iA3" in str(line.why)
    assert imported.request.network_type == "lora"


def test_additional_parameters_win_over_fields(tmp_path):
    imported = read(
        tmp_path, max_grad_norm=1, additional_parameters="--max_grad_norm 0 --min_snr_gamma=5"
    )
    assert (imported.request.max_grad_norm, imported.request.min_snr_gamma) == (0, 5)
    line = imported.report.line("max_grad_norm")
    assert line.status == "no effect"
    assert "--max_grad_norm" in str(line.why)


def test_flags_alone_are_switches(tmp_path):
    run = read(
        tmp_path, additional_parameters="--network_train_unet_only --zero_terminal_snr"
    ).request
    assert run.text_encoder_lr == 0
    assert run.zero_terminal_snr


@pytest.mark.parametrize(
    "form", [{"flux1_checkbox": True}, {"LoRA_type": "Flux1"}, {"sd3_checkbox": True}]
)
def test_forms_of_other_models_are_refused(tmp_path, form):
    with pytest.raises(BadInputError, match="cannot be trained here"):
        read(tmp_path, **form)


def test_a_value_that_cannot_be_is_marked_and_the_rest_is_kept(tmp_path):
    imported = read(tmp_path, max_resolution="big", network_dim=4)
    assert imported.request is None
    assert "one side such as 512" in str(imported.report.line("max_resolution").problem)
    assert imported.values["network_dim"] == 4
    assert not imported.report.is_ready


def test_values_of_another_kind_are_told_from_those_out_of_range(tmp_path):
    imported = read(tmp_path, loss_type="cauchy", network_dim=-4)
    wrong = {line.key: line.problem.setting for line in imported.report.lines if line.problem}
    assert wrong == {"loss_type": "loss_type", "network_dim": "network_dim"}
    assert imported.unreadable == {"loss_type"}


def test_a_project_takes_the_place_of_the_folders(tmp_path):
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"train_data_dir": "D:/img", "output_dir": "D:/out"}))
    imported = read_kohya(path, project="p")
    assert (imported.request.project, imported.request.train_data_dir) == ("p", "")
    line = imported.report.line("train_data_dir")
    assert (line.status, line.settings) == ("converted", {"project": "p"})


@pytest.mark.parametrize("text", ["[1]", "{", "{}", '{"datasets": []}', "\xff"])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInputError):
        read_kohya(path)
