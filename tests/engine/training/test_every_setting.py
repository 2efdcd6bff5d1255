"""No setting stands in the schema alone: something in the engine that trains must read it."""

from __future__ import annotations

import ast
from pathlib import Path

from engine import training
from engine.training.config import TrainRequest

FOLDER = Path(training.__path__[0])
# What says, checks, keeps or translates settings, and does not train by them.
FACES = {"config", "jobfile", "presets", "idle", "advice", "cost", "checks", "network_checks",
         "objective_checks"}  # fmt: skip


def read_names(path):
    """Names that a module reads off something, and texts that it may look names up by."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.Constant) and path.stem == "metadata":
            yield node.value


def test_every_setting_is_read_where_a_run_is_made():
    modules = [path for path in FOLDER.glob("*.py") if path.stem not in FACES]
    modules += (FOLDER / "settings").glob("*.py")
    modules.append(FOLDER.parent / "validation" / "while_training.py")  # found by its name
    read = {name for path in modules for name in read_names(path)}
    assert TrainRequest.model_fields.keys() - read == set()


def test_a_setting_that_nobody_reads_would_be_found(tmp_path):
    (tmp_path / "a.py").write_text("x = request.seed\nrequest.clip_skip = 1\n'flip_aug'\n")
    assert set(read_names(tmp_path / "a.py")) == {"seed"}
