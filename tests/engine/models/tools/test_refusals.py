from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import save_file

from engine.models.family import STARTER_FOLDER
from engine.models.headers import read_header
from engine.models.tools import bake, convert, edit_metadata, extract, merge, resize, verify
from engine.models.tools.requests import (
    BakeRequest,
    ConvertRequest,
    EditRequest,
    ExtractRequest,
    MergeRequest,
    ResizeRequest,
    VerifyRequest,
)
from engine.runtime.errors import BadInputError, ModelFileError, StylekilnError
from engine.runtime.job import Job
from tests.engine.models.tools.conftest import use

NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.fixture
def lora(tmp_path):
    """A LoRA of one layer."""
    path = tmp_path / "one.safetensors"
    save_file({f"{NAME}.lora_down.weight": torch.ones(2, 768),
               f"{NAME}.lora_up.weight": torch.ones(320, 2)}, path)  # fmt: skip
    return path


TOOLS = {
    "merge": (merge.run, lambda lora, out: MergeRequest(files=(lora,), out=out)),
    "resize": (resize.run, lambda lora, out: ResizeRequest(file=lora, rank=1, out=out)),
    "convert": (convert.run, lambda lora, out: ConvertRequest(file=lora, out=out)),
    "edit": (edit_metadata.run, lambda lora, out: EditRequest(file=lora, out=out)),
    "verify": (verify.run, lambda lora, out: VerifyRequest(file=lora, out=out)),
    "extract": (extract.run, lambda _, out: ExtractRequest(base="starter", tuned="starter",
                                                           out=out)),
    "bake": (bake.run, lambda lora, out: BakeRequest(model="starter", files=(lora,), out=out)),
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("{}/a\0b.safetensors", "No file can be called a�b.safetensors. Choose another name."),
        ("{}/\ud800.safetensors", "No file can be called ?.safetensors. Choose another name."),
        ("{}/" + "x" * 300 + ".safetensors", "the name is too long. Choose a shorter name."),
        ("{}/one.safetensors/b.safetensors", "one.safetensors is a file, not a folder."),
    ],
    ids=["zero byte", "half a letter", "long", "below a file"],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    tool, out, said, lora, tmp_path, monkeypatch
):
    monkeypatch.setattr(Job, "progress", lambda *_, **__: pytest.fail("the work began"))
    handler, request = TOOLS[tool]
    with pytest.raises(StylekilnError) as refused:
        use(handler, request(str(lora), out.format(tmp_path)))
    assert said in str(refused.value)


def test_half_a_letter_is_not_written_into_a_file(lora, tmp_path):
    request = EditRequest(file=str(lora), put=(("note", "\ud800"),), in_place=True)
    with pytest.raises(BadInputError, match="The entry note holds half a letter"):
        use(edit_metadata.run, request)
    assert "note" not in read_header(lora).metadata


def test_words_about_itself_are_written_only_into_a_lora(tmp_path):
    save_file({"encoder.weight": torch.zeros(2, 2)}, tmp_path / "vae.safetensors")
    request = EditRequest(file=str(tmp_path / "vae.safetensors"), put=(("a", "b"),), in_place=True)
    with pytest.raises(ModelFileError, match="holds no LoRA"):
        use(edit_metadata.run, request)
    foreign = tmp_path / "flux.safetensors"
    save_file({"lora_unet_double_blocks_0_x.lora_down.weight": torch.ones(1, 2)}, foreign)
    use(edit_metadata.run, EditRequest(file=str(foreign), put=(("a", "b"),), in_place=True))
    assert read_header(foreign).metadata["a"] == "b"


@pytest.mark.parametrize("tool", ["extract", "bake"])
def test_nothing_is_written_into_a_model_that_is_read(tool, lora, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, model)
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    before = weights.read_bytes()
    request = {
        "extract": ExtractRequest(base=str(model), tuned="starter", out=str(weights)),
        "bake": BakeRequest(model=str(model), files=(str(lora),), out=str(model / "made")),
    }[tool]
    with pytest.raises(BadInputError, match="written into a folder that is read"):
        use(TOOLS[tool][0], request)
    assert weights.read_bytes() == before
    assert not (model / "made").exists()
