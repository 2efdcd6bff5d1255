"""Nothing leaves the machine: loading, drawing and training open no connection and ask no name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import importlib, pkgutil, sys
from pathlib import Path

asked = []


def watch(event, facts):
    # Every way out of Python ends in one of these, whatever library it starts from.
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        asked.append((event, repr(facts)))
        raise PermissionError(f"{event} {facts}")


sys.addaudithook(watch)

import socket

try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except PermissionError:
    asked.clear()
else:
    raise SystemExit("the watch does not work")

import engine

for module in pkgutil.walk_packages(engine.__path__, "engine."):
    importlib.import_module(module.name)

from PIL import Image

from engine.runtime.job import Job
from engine.sampling import generate
from engine.sampling.request import ImageRequest, LoraUse
from engine.training import loop
from engine.training.config import TrainRequest

folder = Path(sys.argv[1])
(folder / "art" / "1_a").mkdir(parents=True)
for name, color in (("one", "red"), ("two", "blue")):
    Image.new("RGB", (64, 64), color).save(folder / "art" / "1_a" / f"{name}.png")
trained = loop.run(
    TrainRequest(
        train_data_dir=str(folder / "art"), output_dir=str(folder / "run"), output_name="style",
        resolution="64", max_train_epochs=0, max_train_steps=2, train_batch_size=1, network_dim=1,
    ),
    Job.detached(),
)
drawn = generate.run(
    ImageRequest(
        prompt="castle", steps=2, width=32, height=32, output_dir=str(folder / "pictures"),
        loras=(LoraUse(path=trained.checkpoints[-1].path),),
    ),
    Job.detached(),
)
print(trained.steps, len(drawn.paths), asked)
"""


def test_importing_training_and_drawing_ask_nothing_of_the_network(tmp_path):
    home = {key: str(tmp_path / "home") for key in ("HOME", "HF_HOME", "STYLEKILN_HOME")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        env=kept | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split("\n")[-2] == "2 1 []"
