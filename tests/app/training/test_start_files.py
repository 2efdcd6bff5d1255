"""A LoRA that the next run cannot go on from is told at its field, in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from app import i18n
from app.training.problems import by_setting
from app.training.view import View

LAYER = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
SAID = {
    "en": "other.safetensors is a LoRA for SD 2.x; starter is SD 1.x.",
    "zh_CN": "other.safetensors 是 SD 2.x 的 LoRA，而 starter 属于 SD 1.x。",
}


def lora(path, width: int, rank: int = 4) -> str:
    tensors = {f"{LAYER}.lora_down.weight": np.zeros((rank, width), np.float32),
               f"{LAYER}.lora_up.weight": np.zeros((64, rank), np.float32)}  # fmt: skip
    save_file(tensors, path)
    return str(path)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_lora_of_another_family_is_told_at_its_field(qtbot, opened, settle, tmp_path, language):
    i18n.set_language(language)
    view = View(opened)
    qtbot.addWidget(view)
    view.resize(1280, 800)
    view.show()
    settle(opened)
    view.settings.level._choose(1)
    view.settings.reveal("network_weights")
    qtbot.waitUntil(lambda: "network_weights" in view.settings.advanced.rows)
    row = view.settings.advanced.rows["network_weights"]
    row.control.setText(lora(tmp_path / "other.safetensors", 1024))
    row.control.editingFinished.emit()
    settle(opened)
    assert row.error == SAID[language]
    assert view.state.start() is None
    i18n.set_language("en")


def test_what_was_seen_of_a_file_is_kept_while_it_is_named(column, settle, tmp_path):
    state = column.state
    path = lora(tmp_path / "own.safetensors", 128)
    state.change(network_weights=path, network_dim=8, conv_dim=0)
    settle(state.session)
    assert "of rank 4 in" in by_setting(state.problem)["network_weights"]
    state.change(network_dim=4)
    assert state.problem is None
    state.change(network_weights=str(tmp_path / "none.safetensors"))
    assert state.problem is None
    settle(state.session)
    assert "does not exist" in by_setting(state.problem)["network_weights"]
