"""What repainting a region costs beside the model, as a share of the whole job.

    python tests/benchmarks/bench_region.py [starter|MODEL]

Processor times of one thread, so that other work on the computer does not count. The document has
4096 x 4096 pixels and 20 layers; beside the model is all else that the job does: the frame's pixels
composed, written and read, masks, fill, resizing, color match, stitching, and the loop itself. The
starter model is the worst case: its pictures are small and its UNet is small. Target: 5 %.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from engine.canvas import repaint_job, selection
from engine.canvas.cutting import hand_over
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.region import context_frame
from engine.canvas.removal import filled_in
from engine.canvas.repaint import RepaintRequest
from engine.models.host import host
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest

SIDE, LAYERS, TARGET = 4096, 20, 0.05


def painted_document() -> Document:
    """Soft blobs of color on every layer."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0 : SIDE // 2, 0 : SIDE // 2].astype(np.float32) / (SIDE / 4) - 1
    alpha = np.clip(1.5 - 1.5 * np.hypot(x, y), 0, 1) * 255
    layers = []
    for number in range(LAYERS):
        pixels = random.integers(0, 256, (SIDE // 2, SIDE // 2, 4), np.uint8)
        pixels[..., 3] = alpha
        left, top = (int(v) for v in random.integers(0, SIDE // 2, 2))
        layers.append(layer_of(f"layer {number}", pixels, left, top))
    return Document(SIDE, SIDE, layers)


class Clock:
    """Adds up the processor time inside the model."""

    def __init__(self) -> None:
        self.inside = 0.0

    def watched(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work``, counted."""

        def counted(*args: Any, **values: Any) -> Any:
            before = time.process_time()
            try:
                return work(*args, **values)
            finally:
                self.inside += time.process_time() - before

        return counted


@contextmanager
def watching(model: Any, clock: Clock) -> Iterator[None]:
    """Count what UNet, VAE and text encoders take."""
    parts = [model.unet, *model.text_encoders]
    calls = [(part, "forward") for part in parts]
    calls += [(model.vae, "encode"), (model.vae, "decode")]
    for part, name in calls:
        setattr(part, name, clock.watched(getattr(part, name)))
    try:
        yield
    finally:
        for part, name in calls:
            delattr(part, name)


def measure(document: Document, model: str, side: int, count: int, **values: Any) -> None:
    """One whole job: from the click to the last candidate."""
    loaded = host().get(model)
    document.select(selection.ellipse(document.size, Rect(1500, 1400, side, side)))
    around = Rect(1500, 1400, side, side)
    strength = values.pop("strength", 0.6)
    frame = context_frame(document.size, around, strength, loaded.native_size)
    image = ImageRequest(
        model=model, prompt="castle, glossy icon", strength=strength, steps=22, count=count
    )
    place = RepaintRequest(
        picture="", image=image, rect=tuple(around), frame=tuple(frame), **values
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, watching(loaded, clock):
        before = time.process_time()
        asked = hand_over(document.frozen(), place, Path(folder) / "frame.png")
        handed = time.process_time() - before
        result = repaint_job.run(asked, Job.detached())
        total = time.process_time() - before
    share = (total - clock.inside) / total
    mark = "*" if share > TARGET else " "
    size = "x".join(map(str, result.work_size))
    what = ", ".join(f"{key} {value}" for key, value in values.items())
    print(
        f"frame {frame.width:4} x {frame.height:4} at {size:9} {count} candidates {what:14}"
        f" beside the model {share:6.1%}{mark} ({total - clock.inside:.2f} of {total:.2f} s,"
        f" handing over {handed:.2f})",
        flush=True,
    )


def main() -> None:
    """Frames of several sizes, and the filling that needs no model."""
    torch.set_num_threads(1)
    model = sys.argv[1] if len(sys.argv) > 1 else "starter"
    document = painted_document()
    measure(document, model, 60, 1)  # what is prepared once
    for side, count in ((60, 4), (200, 1), (200, 4), (400, 4), (1200, 4)):
        measure(document, model, side, count)
    measure(document, model, 200, 4, fill="patch", strength=0.45)
    for side in (60, 200, 400):
        document.select(selection.ellipse(document.size, Rect(1500, 1400, side, side)))
        copy, before = document.frozen(), time.process_time()
        filled_in(copy)
        print(f"filled from surroundings, {side} x {side}: {time.process_time() - before:.2f} s")


if __name__ == "__main__":
    main()
