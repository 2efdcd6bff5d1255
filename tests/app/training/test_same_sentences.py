"""What the form says beside a field is what the command line refuses with, in both languages."""

from __future__ import annotations

import pytest

from app import i18n
from app.training.problems import LABELS
from engine.commands.cli import main
from engine.runtime.errors import BadInputError
from engine.runtime.refusals import RefusedError
from engine.training.jobfile import dump_values, load_toml

# The field that says it, values that make no sense together, and a word of the sentence.
NONSENSE = [
    ("text_encoder_lr", {"unet_lr": 0.0, "text_encoder_lr": 0.0}, "nothing would be learned"),
    ("max_train_steps", {"max_train_epochs": 0, "max_train_steps": 0}, "no length"),
    ("lr_warmup", {"lr_scheduler": "constant", "lr_warmup": 5.0}, "constant_with_warmup"),
    ("cache_latents", {"color_aug": True, "cache_latents": True}, "Colors that change"),
    ("cache_latents", {"random_crop": True, "cache_latents": True}, "Crops that change"),
    ("min_bucket_reso", {"resolution": "512", "min_bucket_reso": 640}, "shorter side, 512"),
    ("max_bucket_reso", {"resolution": "512,768", "max_bucket_reso": 640}, "longer side, 768"),
    ("full_fp16", {"mixed_precision": "bf16", "full_fp16": True}, "mixed precision fp16"),
    ("fp8_base", {"mixed_precision": "no", "fp8_base": True}, "fp16 or bf16"),
    ("adaptive_noise_scale", {"noise_offset": 0.0, "adaptive_noise_scale": 0.1}, "noise offset"),
    ("max_timestep", {"min_timestep": 500, "max_timestep": 400}, "Must be above"),
    ("v_pred_like_loss", {"prediction_type": "v_prediction", "v_pred_like_loss": 1.0}, "not v"),
    ("scale_v_pred_loss_like_noise_pred",
     {"prediction_type": "epsilon", "scale_v_pred_loss_like_noise_pred": True}, "predict v"),
    ("cache_text_encoder_outputs",
     {"text_encoder_lr": 0.0, "cache_text_encoder_outputs": True, "shuffle_caption": True},
     "Captions that change"),
    ("cache_text_encoder_outputs",
     {"text_encoder_lr": 1e-4, "cache_text_encoder_outputs": True}, "encoder that learns"),
    ("lr_scheduler", {"lr_scheduler": "adafactor", "optimizer_type": "AdamW"}, "Adafactor"),
    ("unet_lr", {"optimizer_type": "Prodigy", "unet_lr": -1.0}, "0 or more"),
]  # fmt: skip


@pytest.fixture
def advanced(column):
    """Every setting, as the user sees them after a click on Advanced."""
    column.level._choose(1)
    return column.advanced


def by_label(refusal) -> str:
    """The sentence of the command line, with the labels that the form has for settings."""
    facts = {key: i18n.tr(LABELS.get(fact, fact)) for key, fact in refusal.facts.items()}
    return i18n.tr(refusal.sentence, **facts)


@pytest.mark.parametrize(("field", "values", "words"), NONSENSE)
def test_both_refuse_with_the_same_sentence(
    column, advanced, tmp_path, capsys, field, values, words
):
    row = advanced.row(field)
    column.state.change(**values)
    assert words in row.error
    dump_values(column.state.values, tmp_path / "job.toml")
    assert main(["train", str(tmp_path / "job.toml")]) == BadInputError.exit_code
    said = capsys.readouterr().err
    with pytest.raises(RefusedError) as caught:
        load_toml(tmp_path / "job.toml")
    refusal = next(one for one in caught.value.refusals if one.setting == field)
    assert said.startswith(f"stylekiln: job.toml: {refusal.line}")
    assert row.error == by_label(refusal)
    i18n.set_language("zh_CN")
    assert row.error == by_label(refusal)
    assert not row.error.isascii()
