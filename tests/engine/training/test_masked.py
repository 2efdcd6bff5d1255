"""What a training mask leaves out is not learned."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from safetensors.torch import load_file

from engine.dataset.edits import Recipe
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.steps import Mask
from engine.project.project import Project, SourceFolder

from .conftest import paint


@pytest.fixture
def trained(train, tmp_path):
    """Train on three pictures whose masks have this brightness; the final tensors and losses."""

    def go(name, brightness):
        source = SourceFolder(path=str(paint(tmp_path / "art", 3)))
        project = Project.create(tmp_path / name, "Icons", [source])
        with closing(Library(project.database)) as library:
            library.scan(project.file.folders)
            if brightness is not None:
                key = MaskStore(project.masks).add(np.full((32, 32), brightness, np.uint8))
                masked = Recipe().with_step(Mask(mask=key))
                library.set_recipe([picture.id for picture in library.pictures()], masked)
        result, events = train(project=str(project.root), train_data_dir="", output_dir="")
        losses = [event.data["loss"] for event in events if event.kind == "train.step"]
        return load_file(result.checkpoints[-1].path), losses

    return go


def test_nothing_is_learned_where_nothing_is_inside_the_mask(trained):
    tensors, losses = trained("outside", 0)
    assert set(losses) == {0.0}
    assert all(not t.any() for name, t in tensors.items() if "lora_up" in name)


def test_a_mask_over_everything_is_as_none_and_half_a_mask_is_half_the_loss(trained):
    plain, losses = trained("plain", None)
    full, same = trained("full", 255)
    assert losses == same
    assert all((plain[name] == full[name]).all() for name in plain)
    assert any(t.any() for name, t in plain.items() if "lora_up" in name)
    assert trained("half", 51)[1][0] == pytest.approx(losses[0] / 5)
