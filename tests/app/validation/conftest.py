from __future__ import annotations

import pytest
from PIL import Image

from app.validation.cell import Checkpoint
from app.validation.choices import RunChoice
from app.validation.view import View
from app.widgets.graph import Graph  # noqa: F401  its library is here before a chart is shown
from engine.project.project import ProjectFile
from tests.app.canvas.fakes import FakeSession
from tests.app.models.conftest import write_lora


class FakeProject:
    """Only the folders of a project, and how it fills pictures."""

    def __init__(self, root):
        self.root = root
        for name in ("runs", "grids", "exports", "masks"):
            setattr(self, name, root / name)
        self.file = ProjectFile(name="style")
        self.cache = root / ".cache"


@pytest.fixture
def session(tmp_path):
    made = FakeSession()
    made.project = FakeProject(tmp_path / "project")
    yield made
    made.close()


@pytest.fixture
def run(tmp_path):
    """A run with three checkpoints whose files exist."""
    checkpoints = []
    for epoch in (2, 4, 6):
        path = tmp_path / f"style-{epoch:06d}.safetensors"
        write_lora(path, seed=epoch)
        checkpoints.append(Checkpoint(str(path), path.stem, epoch, 0.1, 0.2 / epoch))
    return RunChoice(str(tmp_path / "run"), "pixel-style", "starter", tuple(checkpoints))


@pytest.fixture
def view(qtbot, session, run, monkeypatch):
    """The workspace with a run to check and two prompts."""
    monkeypatch.setattr("app.validation.reader.read_runs", lambda runs: [run])
    made = View(session)
    qtbot.addWidget(made)
    made.resize(1500, 900)
    made.show()
    made.setup.set_runs([run])
    made.setup.prompts.add(["castle, pixel icon", "red apple, pixel icon"])
    made.setup.type("weight", "0.5, 1")
    made.setup.type("seed", "1 … 2")
    yield made
    made.thumbnails.close()


@pytest.fixture
def picture(tmp_path):
    """Write a small picture and give its path."""

    def write(name, color):
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (32, 32), color).save(path)
        return str(path)

    return write
