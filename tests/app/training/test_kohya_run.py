"""A form of kohya's is imported, trained and exported with clicks alone."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.training.view import View
from engine.models.adapter_file import read_adapter
from tests.app.training.conftest import choose

FORM = {
    "pretrained_model_name_or_path": "D:/models/gone.safetensors", "train_data_dir": "D:/art",
    "output_dir": "D:/out", "output_name": "icons", "max_resolution": "64,64",
    "min_bucket_reso": 32, "max_bucket_reso": 128, "bucket_reso_steps": 48,
    "bucket_no_upscale": False, "mixed_precision": "no", "optimizer": "AdamW",
    "network_dim": 3, "network_alpha": 2, "max_train_steps": 2, "train_batch_size": 2,
    "lr_warmup": 0, "lr_scheduler": "constant", "unet_lr": 1e-3, "text_encoder_lr": 0,
    "max_grad_norm": 0, "sample_prompts": "", "seed": 7,
}  # fmt: skip


def test_an_imported_form_trains_and_goes_out_again(qtbot, opened, settle, tmp_path):
    view = View(opened)
    qtbot.addWidget(view)
    view.resize(1532, 934)
    view.show()
    settle(opened)
    (tmp_path / "form.json").write_text(json.dumps(FORM), encoding="utf-8")
    QTest.mouseClick(view.settings.import_button, Qt.MouseButton.LeftButton)
    view.findChild(QFileDialog).fileSelected.emit(str(tmp_path / "form.json"))
    settle(opened)
    # The report marks what the chosen model refuses, and loses the mark with the mend.
    page = view.report.page
    assert page.note.words.text() == "2 fields need a fix: Base model, Bucket step."
    assert "bucket_reso_steps" in [getattr(row, "key", "") for row in page.table.lines.rows]
    view.state.change(bucket_reso_steps=32)
    assert not view.settings.start_button.isEnabled()
    choose(view.settings.simple.base, view.settings.simple.base.itemText(0))
    assert page.note.line is None
    opened.bridge.engine.start()
    QTest.mouseClick(view.settings.start_button, Qt.MouseButton.LeftButton)
    [handle] = opened.bridge.jobs
    qtbot.waitUntil(handle.done, timeout=90_000)
    result = handle.result()
    settle(opened)
    assert result.steps == 2
    file = read_adapter(result.checkpoints[-1].path)
    assert file.metadata["ss_max_grad_norm"] == "1.0"
    assert file.metadata["ss_network_dim"] == "3"
    assert not any(name.startswith("lora_te") for name in file.modules)
    assert not view.shows_report
    assert view.state.story.name == "icons"
    view.files.ask_export().fileSelected.emit(str(tmp_path / "back.json"))
    settle(opened)
    back = json.loads((tmp_path / "back.json").read_text("utf-8"))
    for name in ("max_resolution", "network_dim", "network_alpha", "max_train_steps", "unet_lr",
                 "text_encoder_lr", "seed", "lr_scheduler"):  # fmt: skip
        assert back[name] == FORM[name], name
