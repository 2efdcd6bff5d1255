from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.job import request_from_record
from engine.runtime.schema import settings_of, validated
from engine.training.config import TrainRequest
from engine.training.jobfile import dump_toml, load_toml


def make(**values):
    return validated(TrainRequest, {"project": "p", **values})


def test_every_field_of_the_request_is_a_setting_with_label_help_and_group():
    settings = {item.name: item for item in settings_of(TrainRequest)}
    assert set(settings) == set(TrainRequest.model_fields)
    assert all(item.label and item.help and item.group for item in settings.values())
    assert all(item.help.endswith(".") for item in settings.values())


def test_the_simple_level_stays_small():
    simple = [item.name for item in settings_of(TrainRequest) if item.level == "simple"]
    assert 5 <= len(simple) <= 8


def test_conditions_name_settings_that_exist():
    names = set(TrainRequest.model_fields)
    conditions = [item.when.partition("=")[0] for item in settings_of(TrainRequest) if item.when]
    assert conditions
    assert set(conditions) <= names


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"unet_lr": 0, "text_encoder_lr": 0}, "both learning rates are 0"),
        ({"max_train_epochs": 0}, "no length"),
        ({"lr_scheduler": "constant", "lr_warmup": 5}, "no warm-up"),
        ({"lr_scheduler": "constant", "lr_warmup_steps": 5}, "no warm-up"),
        ({"resolution": "512,512,512"}, "one side such as 512"),
        ({"resolution": "big"}, "one side such as 512"),
        ({"resolution": "512", "min_bucket_reso": 640}, "shorter side, 512"),
        ({"resolution": "512,768", "max_bucket_reso": 640}, "longer side, 768"),
        ({"min_bucket_reso": 512, "max_bucket_reso": 256}, "smallest bucket side"),
        ({"output_name": "a/b"}, "file name"),
        ({"output_name": "a\0b"}, "zero byte"),
        ({"output_name": "a\nb"}, "line breaks"),
        ({"output_name": "last."}, "end with a dot"),
        ({"output_name": "nul"}, "output_name: the name nul belongs to a device on Windows"),
        ({"output_name": "Com1.x"}, "the name Com1 belongs to a device"),
        ({"output_name": "字" * 67}, "120 letters fit, or 66 Chinese characters"),
        ({"output_name": "a" * 121}, "120 letters fit"),
        ({"vae": "a\0b"}, "vae: it holds a zero byte"),
        ({"sample_prompts": ["a", "b\0"]}, "sample_prompts: it holds a zero byte"),
        ({"sample_prompts": ["a"] * 1001}, "sample_prompts: must have 1000 entries at most."),
        ({"optimizer_args": "a" * 999}, f"not {'a' * 200}…."),
        ({"optimizer_args": "a" * 100_001}, "optimizer_args: must have 100000 characters at most."),
        ({"train_data_dir": "d"}, "either a project or an image folder"),
        ({"project": ""}, "either a project or an image folder"),
        ({"project": "", "train_data_dir": "d"}, "output folder"),
        ({"train_batch_size": 0}, "train_batch_size: must be 1 or more."),
        ({"no_such_setting": 1}, "no_such_setting"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(values, words):
    with pytest.raises(BadInputError) as caught:
        make(**values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_longest_name_leaves_room_for_all_that_is_put_behind_it():
    longest = make(output_name="字" * 66).output_name
    sample = f"{longest}_{10**7:08d}_99_20260101120000_{2**63}.png"
    for name in (sample, f"{longest}-step{10**7:08d}-ema.safetensors"):
        assert len(name.encode()) <= 255
    assert [make(output_name=name).output_name for name in ("con-v1", "a" * 120, " a ")] == [
        "con-v1", "a" * 120, "a",
    ]  # fmt: skip


def test_bucket_limits_do_not_matter_without_buckets():
    assert make(resolution="512", max_bucket_reso=256, enable_bucket=False).size == (512, 512)


def test_resolution_reads_numbers_pairs_and_crosses():
    assert make(resolution=512).size == (512, 512)
    assert make(resolution="512, 768").size == (512, 768)
    assert make(resolution="512x768").size == (512, 768)
    assert make(resolution=[512, 768]).size == (512, 768)
    assert make().size is None


def test_zero_rates_stay_zero():
    assert make(text_encoder_lr=0).text_encoder_lr == 0
    assert make(max_grad_norm=0).max_grad_norm == 0
    assert make(prior_loss_weight=0).prior_loss_weight == 0


def test_steps_alone_switch_the_epochs_off_and_epochs_win_over_steps():
    assert make(max_train_steps=100).max_train_epochs == 0
    assert make(max_train_steps=100, max_train_epochs=3).max_train_epochs == 3


def test_a_smaller_attempt_keeps_the_pictures_per_update():
    request = make(train_batch_size=8, gradient_accumulation_steps=2)
    smaller = request.smaller()
    assert (smaller.train_batch_size, smaller.gradient_accumulation_steps) == (4, 4)
    assert (
        smaller.model_copy(update={"train_batch_size": 8, "gradient_accumulation_steps": 2})
        == request
    )


def test_the_smallest_attempt_is_one_picture_with_checkpointing():
    request = make(train_batch_size=1)
    assert request.smaller().gradient_checkpointing
    assert request.smaller().smaller() is None


def test_a_request_survives_the_queue():
    request = make(sample_prompts=("castle --d 4",), unet_lr=1e-3)
    assert request_from_record(request.to_record()) == request


def test_a_request_survives_its_own_toml(tmp_path):
    request = make(sample_prompts=("château, “icon” --d 4",), unet_lr=1e-3, trigger_word="kiln")
    dump_toml(request, tmp_path / "job.toml")
    assert load_toml(tmp_path / "job.toml") == request


def write(tmp_path, text):
    path = tmp_path / "job.toml"
    path.write_text('project = "p"\n' + text, encoding="utf-8")
    return path


def test_toml_reads_sections_and_kohya_names(tmp_path):
    path = write(tmp_path, '[any]\npretrained_model_name_or_path = "x.safetensors"\nseed = 3\n')
    request = load_toml(path)
    assert (request.base_model, request.seed) == ("x.safetensors", 3)


def test_one_learning_rate_fills_the_parts_without_their_own(tmp_path):
    request = load_toml(write(tmp_path, "learning_rate = 0.001\ntext_encoder_lr = 0\n"))
    assert (request.unet_lr, request.text_encoder_lr) == (0.001, 0)


@pytest.mark.parametrize("value", ["0.1", '"10%"'])
def test_warmup_as_a_share_of_the_run(tmp_path, value):
    assert load_toml(write(tmp_path, f"lr_warmup_steps = {value}\n")).warmup_steps(200) == 20


def test_absolute_warmup_wins_over_the_share():
    assert make(lr_warmup=10, lr_warmup_steps=7).warmup_steps(200) == 7


def test_prompts_from_a_file_skip_comments(tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("# a note\n\ncastle --d 1\nkey\n", encoding="utf-8")
    request = load_toml(write(tmp_path, f"sample_prompts = '{prompts}'\n"))
    assert request.sample_prompts == ("castle --d 1", "key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = = 3\n", "not valid TOML"),
        ("seed = " + "9" * 5000, "not valid TOML"),
        ("seed = " + "[" * 100_000, "nested too deep"),
        ("sed = 3\n", "Did you mean seed?"),
        ("network_module = 'networks.lora'\n", "not a setting"),
        ("seed = 'many'\n", "seed:"),
    ],
)
def test_a_wrong_job_file_gives_one_sentence(tmp_path, text, words):
    with pytest.raises(BadInputError) as caught:
        load_toml(write(tmp_path, text))
    assert words in str(caught.value)
    assert "job.toml" in str(caught.value)


def test_a_missing_job_file_says_so(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        load_toml(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["conv_dim", "network_alpha", "seed"])
def test_a_yes_is_no_number(name):
    with pytest.raises(BadInputError, match=name):
        validated(TrainRequest, {"project": "p", name: True})
    assert validated(TrainRequest, {"project": "p", "shuffle_caption": True}).shuffle_caption
