"""Headers of LoRA files with what nobody writes, or without what everybody does."""

from __future__ import annotations

import json

import pytest

from engine.training.kohya.reading import read_kohya
from tests.engine.training.kohya.test_header import HEADER, TEXT, UNET, write_lora


@pytest.fixture
def read(tmp_path):
    """Read a LoRA whose header says these keys otherwise; None leaves one out."""

    def go(**changes):
        told = {key: text for key, text in (HEADER | changes).items() if text is not None}
        path = write_lora(tmp_path / "hero.safetensors", told, UNET, TEXT)
        return read_kohya(path, project="p")

    return go


HUGE = "0x" + "f" * 5000


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ss_seed", HUGE),
        ("ss_max_train_steps", HUGE),
        ("ss_resolution", f"({HUGE}, 64)"),
        ("ss_network_args", json.dumps({"conv_dim": HUGE})),
        ("ss_optimizer", f"torch.optim.adamw.AdamW(weight_decay={HUGE})"),
    ],
)
def test_a_number_of_thousands_of_digits_is_a_line_of_the_report(read, key, text):
    report = read(**{key: text}).report
    lines = [line for line in report.lines if line.key.startswith(key)]
    assert lines
    assert any(line.problem or line.status in ("unknown", "no effect") for line in lines)
    assert json.dumps(report.record())


def test_epochs_alone_are_the_length(read):
    run = read(ss_max_train_steps=None, ss_num_epochs="3").request
    assert run.max_train_epochs == 3


def test_a_name_that_no_file_can_have_is_a_line_of_the_report(read):
    imported = read(ss_sd_model_name="a" * 300)
    assert "only its name" in str(imported.report.line("ss_sd_model_name").why)
    assert imported.request.network_dim == 8
