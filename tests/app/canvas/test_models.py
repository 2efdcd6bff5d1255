"""Which base model and LoRAs the canvas paints with."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from safetensors.numpy import save_file

from app.canvas.view import View
from app.i18n import tr_error
from engine.models.approvals import Approval, write_approval
from engine.models.family import STARTER_FOLDER
from engine.models.hashes import file_sha256
from engine.project.project import Project
from engine.project.settings import data_dir
from tests.app.canvas.fakes import FakeSession


def write_lora(path, *, width=128, sdxl=False):
    """A LoRA file of one module whose text input has ``width`` channels."""
    name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    if sdxl:
        name = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {
        f"{name}.lora_down.weight": np.zeros((4, width), np.float32),
        f"{name}.lora_up.weight": np.zeros((64, 4), np.float32),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, {"ss_base_model_version": "sdxl_base_v1-0" if sdxl else "sd_v1"})
    return path


def write_base(folder, *, sdxl=False):
    """A diffusers folder without weights: what it is stands in its configs."""
    unet = json.loads((STARTER_FOLDER / "unet" / "config.json").read_text())
    if sdxl:
        unet |= {"addition_embed_type": "text_time", "cross_attention_dim": 2048}
    unet["sample_size"] = 64
    vae = json.loads((STARTER_FOLDER / "vae" / "config.json").read_text())
    for part, values in (("unet", unet), ("vae", vae), ("scheduler", {})):
        (folder / part).mkdir(parents=True)
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        (folder / part / name).write_text(json.dumps(values))
    (folder / "model_index.json").write_text("{}")
    return folder


@pytest.fixture
def shelf():
    """The user's model folder: an SDXL base, a LoRA for it, one for the starter, a bad file."""
    models = data_dir() / "models"
    write_base(models / "grand", sdxl=True)
    write_lora(models / "grand-style.safetensors", width=2048, sdxl=True)
    write_lora(models / "icons.safetensors")
    (models / "torn.safetensors").write_bytes(b"\x00\x01")
    return models


def enabled(choice, ref):
    values = [value for value, _ in choice._options]
    return choice.model().item(values.index(ref)).isEnabled()


@pytest.fixture
def ready(qtbot, view, state, shelf, session):
    session.start(view.repainting.load_models())
    state.select(QRect(20, 20, 40, 40))
    return view


def test_every_base_model_is_offered_and_a_bad_file_says_why(ready, shelf):
    choice = ready.panel.model
    assert choice.value == "starter"
    assert enabled(choice, str(shelf / "grand"))
    torn = str(shelf / "torn.safetensors")
    assert not enabled(choice, torn)
    reason = ready.repainting.models.base(torn).info.error
    index = [value for value, _ in choice._options].index(torn)
    assert choice.itemData(index, Qt.ItemDataRole.ToolTipRole) == tr_error(reason)
    assert str(shelf / "icons.safetensors") not in [value for value, _ in choice._options]


def test_the_request_and_the_frame_follow_the_chosen_model(qtbot, ready, shelf, state, session):
    assert state.rules.native_size == 128
    choice = ready.panel.model
    choice.setCurrentIndex([value for value, _ in choice._options].index(str(shelf / "grand")))
    choice.activated.emit(choice.currentIndex())
    assert state.rules.native_size > 128
    qtbot.mouseClick(ready.panel.start, Qt.MouseButton.LeftButton)
    assert session.bridge.submitted[-1].request.image.model == str(shelf / "grand")


def test_the_menu_of_loras_keeps_those_of_another_family_out(qtbot, ready, shelf):
    qtbot.mouseClick(ready.panel.add_lora, Qt.MouseButton.LeftButton)
    offered = {action.text(): action for action in ready.panel.menu.actions()}
    ready.panel.menu.close()
    assert offered["icons"].isEnabled()
    assert not offered["grand-style"].isEnabled()
    assert "SDXL" in offered["grand-style"].toolTip()


def test_an_approved_lora_is_offered_first_and_taken_with_its_weight(qtbot, ready, shelf, session):
    lora = shelf / "icons.safetensors"
    verdict = Approval(
        name="epoch 6",
        weight=0.75,
        sha256=file_sha256(lora),
        bytes=lora.stat().st_size,
        when=0.0,
    )
    write_approval(lora, verdict)
    qtbot.mouseClick(ready.panel.add_lora, Qt.MouseButton.LeftButton)
    first = ready.panel.menu.actions()[0]
    assert first.text() == "icons, approved at weight 0.75"
    first.trigger()
    ready.panel.menu.close()
    assert ready.repainting.settings.loras == ((str(lora), 0.75),)


def test_a_lora_that_does_not_fit_stops_the_repaint_with_its_reason(qtbot, ready, shelf, session):
    lora = str(shelf / "icons.safetensors")
    ready.repainting.add_lora(lora, 0.7)
    assert ready.panel.start.isEnabled()
    ready.repainting.choose_model(str(shelf / "grand"))
    assert not ready.panel.start.isEnabled()
    assert "icons.safetensors is a LoRA for SD 1.x" in ready.panel.problem.text()
    assert ready.panel._shown_loras[lora].name.property("tone") == "error"
    ready.repainting.start()  # by its key
    assert not session.bridge.submitted
    assert "icons.safetensors" in str(session.errors[-1])
    ready.repainting.choose_model("starter")
    assert ready.panel.start.isEnabled()
    assert not ready.panel.problem.isVisibleTo(ready.panel)


def test_a_model_that_is_gone_is_named_and_another_can_be_chosen(ready, session):
    ready.repainting.choose_model("/gone/model.safetensors")
    session.start(ready.repainting.load_models())
    assert ready.panel.model.value == "/gone/model.safetensors"
    assert "model.safetensors" in ready.panel.problem.text()
    assert not ready.panel.start.isEnabled()
    ready.repainting.choose_model("starter")
    assert ready.panel.start.isEnabled()


def test_a_new_canvas_starts_from_the_base_model_of_its_project(qtbot, qapp, tmp_path, shelf):
    session = FakeSession()
    session.project = Project.create(tmp_path / "p", "P", base_model=str(shelf / "grand"))
    view = View(session)
    qtbot.addWidget(view)
    session.start(view.keeper.create(64, 64, None, "Layer 1"))
    assert view.repainting.settings.model == str(shelf / "grand")
    view.repainting.choose_model("starter")
    session.start(view.keeper.save())
    path = view.state.path
    session.start(view.keeper.create(32, 32, None, "Layer 1"))
    assert view.repainting.settings.model == "starter"
    view.repainting.choose_model(str(shelf / "grand"))
    session.start(view.keeper.open(path))
    assert view.repainting.settings.model == "starter"
    qapp.processEvents()
    assert view.panel.model.value == "starter"
    session.close()


def test_what_another_workspace_hands_over_names_the_model_too(ready, shelf):
    lora = str(shelf / "grand-style.safetensors")
    ready.receive(loras=((lora, 0.8),), prompt="castle", model=str(shelf / "grand"))
    settings = ready.repainting.settings
    assert (settings.model, settings.loras) == (str(shelf / "grand"), ((lora, 0.8),))
    assert ready.repainting.problem is None


def test_another_checkpoint_of_a_run_takes_the_place_of_the_one_before(ready, tmp_path):
    run, other = tmp_path / "run", "/loras/other.safetensors"
    run.mkdir()
    (run / "run.json").write_text("{}")
    early, late = (str(run / f"style-{epoch}.safetensors") for epoch in (12, 24))
    ready.receive(loras=((early, 1.0), (other, 0.4)))
    ready.receive(loras=((late, 0.8),))
    assert ready.repainting.settings.loras == ((other, 0.4), (late, 0.8))
