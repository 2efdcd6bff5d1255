from __future__ import annotations

import pytest

from engine.runtime.errors import fill
from engine.runtime.schema import settings_of, validated
from engine.training.config import TrainRequest
from engine.training.idle import idle_reasons, without_effect

FOLDER = {"project": "", "train_data_dir": "d", "output_dir": "o"}


def make(**values):
    return validated(TrainRequest, {"project": "p", **values})


def idle(**values):
    found = without_effect(make(**values))
    return {name: fill(sentence, facts) for name, sentence, facts in found}


def test_a_run_of_defaults_has_nothing_idle():
    assert idle() == {}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"max_train_steps": 9, "max_train_epochs": 3}, {"max_train_steps"}),
        ({"lr_warmup": 5, "lr_warmup_steps": 9}, {"lr_warmup"}),
        ({"bucket_no_upscale": True, "min_bucket_reso": 64}, {"min_bucket_reso"}),
        ({"enable_bucket": False, "min_bucket_reso": 64}, {"min_bucket_reso"}),
        ({"keep_tokens": 2}, {"keep_tokens"}),
        ({"keep_tokens": 2, "caption_tag_dropout_rate": 0.1}, set()),
        ({"alpha_mask": True, "masked_loss": False}, {"alpha_mask"}),
        ({"stop_text_encoder_training": 50, "text_encoder_lr": 0}, {"stop_text_encoder_training"}),
        ({"prior_loss_weight": 0.5}, set()),
        ({"prior_loss_weight": 0.5, "project": "", "train_data_dir": "d", "output_dir": "o"},
         {"prior_loss_weight"}),
        ({"conv_alpha": 8}, {"conv_alpha"}),
        ({"conv_alpha": 8, "conv_block_dims": "4"}, set()),
        ({"conv_alpha": 8, "conv_block_dims": "4", "conv_block_alphas": "2"}, {"conv_alpha"}),
        ({"lr_scheduler_power": 2}, {"lr_scheduler_power"}),
        ({"kohya_loss_weights": True}, {"kohya_loss_weights"}),
        ({"kohya_loss_weights": True, "min_snr_gamma": 5}, set()),
        ({"kohya_loss_weights": True, "loss_type": "huber", "huber_scale": 2}, {"huber_scale"}),
        ({"loss_type": "huber", "huber_scale": 2}, set()),
        ({"loraplus_lr_ratio": 8, "loraplus_unet_lr_ratio": 4,
          "loraplus_text_encoder_lr_ratio": 4, "text_encoder_lr": 1e-4}, {"loraplus_lr_ratio"}),
        ({"loraplus_lr_ratio": 8, "loraplus_unet_lr_ratio": 4, "text_encoder_lr": 1e-4}, set()),
        ({"masked_loss_area": True, "caption_separator": "#", "max_validation_steps": 2}, set()),
        (FOLDER | {"masked_loss_area": True, "caption_separator": "#", "max_validation_steps": 2},
         {"masked_loss_area", "caption_separator", "max_validation_steps"}),
        (FOLDER | {"masked_loss_area": True, "caption_separator": "#", "max_validation_steps": 2,
                   "alpha_mask": True, "shuffle_caption": True, "validation_split": 0.2}, set()),
        (FOLDER | {"caption_separator": "#", "trigger_word": "style"}, set()),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_named(values, names):
    assert set(idle(**values)) == names


def test_what_only_a_second_text_encoder_asks_for_is_named_where_there_is_one():
    request = make(text_encoder_lr2=1e-4, sdxl_kohya_crop=True, text_encoder_lr=1e-4)
    names = [one.name for one in without_effect(request, two_encoders=False)]
    assert sorted(names) == ["sdxl_kohya_crop", "text_encoder_lr2"]
    assert without_effect(request, two_encoders=True) == []


def test_what_is_used_is_not_named():
    assert idle(conv_alpha=8, conv_dim=4) == {}
    assert idle(min_bucket_reso=64) == {}
    assert idle(lr_scheduler="polynomial", lr_scheduler_power=2) == {}


def test_a_condition_is_told_by_the_label_of_the_other_setting():
    assert idle(conv_block_alphas="1")["conv_block_alphas"] == (
        "It has an effect only together with Block convolution ranks."
    )
    assert "Schedule" in idle(lr_scheduler_power=2)["lr_scheduler_power"]


def test_conditions_name_settings_and_values_that_exist():
    settings = {item.name: item for item in settings_of(TrainRequest)}
    for item in settings.values():
        name, _, wanted = item.when.partition("=")
        assert not item.when or name in settings
        if wanted and settings[name].kind == "choice":
            assert set(wanted.split("|")) <= set(settings[name].choices)


def test_settings_at_their_default_are_given_a_reason_too():
    whys = idle_reasons(make(loss_type="l2", optimizer_type="AdamWScheduleFree"))
    assert str(whys["huber_c"]) == "It has an effect only with Loss: huber, smooth_l1."
    assert "averages" in str(whys["lr_scheduler_power"])
    assert "loss_type" not in whys
