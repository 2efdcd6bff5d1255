"""The canvas under the hand: processor times of the window's thread, without a screen.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_canvas.py [stroke march ...]

All but "beside" are processor times, so that other work on the computer does not count. Targets
of a frame are 16 ms, of undo 50 ms. ``README.md`` says what each line is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import app  # noqa: F401  before Qt, as in the application: it makes imports plain

# isort: split
import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.canvas.candidate import Batch
from app.canvas.model import CanvasState
from app.canvas.surface import Surface
from app.canvas.transforming import MOST_SHOWN, Transform
from app.widgets.images import image_of
from engine.canvas import selection, storage
from engine.canvas.document import Document
from engine.canvas.layer import layer_of, shared_copy
from engine.canvas.peeling import peeled
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.canvas.transforming import transformed
from engine.canvas.warping import RESAMPLINGS

FRAME, UNDO = 16.0, 50.0
LEFT = Qt.MouseButton.LeftButton


def painted_document(side: int, layers: int) -> Document:
    """Soft blobs of color on every layer, each over about a quarter of the document."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0 : side // 2, 0 : side // 2].astype(np.float32) / (side / 4) - 1
    alpha = np.clip(1.5 - 1.5 * np.hypot(x, y), 0, 1)
    made = []
    for number in range(layers):
        pixels = random.integers(0, 256, (side // 2, side // 2, 4), np.uint8)
        pixels[..., :3] = (pixels[..., :3] >> 4) + random.integers(0, 240, 3, np.uint8)
        pixels[..., 3] = alpha * 255
        layer = layer_of(f"layer {number}", pixels)
        layer.x, layer.y = (int(v) for v in random.integers(0, side // 2, 2))
        made.append(layer)
    return Document(side, side, made)


class Stage:
    """A surface with a document on it."""

    def __init__(self, document: Document) -> None:
        self.state = CanvasState()
        self.surface = Surface(self.state)
        self.surface.resize(1200, 800)
        self.surface.show()
        self.state.open(document, None)
        self.settle()

    def settle(self) -> None:
        """Let what is pending be painted."""
        for _ in range(40):
            QApplication.processEvents()

    def send(self, kind: QEvent.Type, at: QPointF) -> None:
        """A mouse event at a point of the widget, and the painting that it causes."""
        there = QPointF(self.surface.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(self.surface, QMouseEvent(kind, at, there, LEFT, LEFT, NONE))
        QApplication.processEvents()


NONE = Qt.KeyboardModifier.NoModifier


def taken(work: Callable[[], object]) -> float:
    """Processor milliseconds of this thread."""
    before = time.thread_time()
    work()
    return (time.thread_time() - before) * 1000


def say(what: str, times: list[float], target: float) -> None:
    """Median, 99th percentile and the share of the target that this is."""
    median, worst = np.percentile(times, [50, 99])
    star = "*" if worst > target else " "
    share = f"{worst / target:5.2f} of target{star}"
    print(f"{what:52} median {median:7.2f} ms  p99 {worst:7.2f} ms  {share}", flush=True)


def spiral(count: int, middle: QPointF, reach: float) -> Iterator[QPointF]:
    """Points of a hand that draws quickly."""
    for step in range(count):
        angle, radius = step / 9, reach * step / count
        yield middle + QPointF(radius * np.cos(angle), radius * np.sin(angle))


def strokes() -> None:
    """From the input event to the painted pixel, on 4096 x 4096 with 20 layers."""
    stage = Stage(painted_document(4096, 20))
    stage.state.set_active(stage.state.document.layers[10].id)
    for zoom in (0.2, 1.0):
        stage.surface.view.zoom_at(QPointF(600, 400), zoom)
        stage.settle()
        for size in (24.0, 120.0):
            stage.state.set_brush(size=size)
            points = list(spiral(240, QPointF(600, 400), 300))
            stage.send(QEvent.Type.MouseButtonPress, points[0])
            times = [taken(lambda p=p: stage.send(QEvent.Type.MouseMove, p)) for p in points[1:]]
            stage.send(QEvent.Type.MouseButtonRelease, points[-1])
            say(f"stroke, 4096², 20 layers, {size:.0f} px at {zoom:.0%}", times, FRAME)


def beside() -> None:
    """The same strokes by the clock, alone and while the engine's thread draws pictures."""
    stage = Stage(painted_document(4096, 20))
    stage.state.set_active(stage.state.document.layers[10].id)
    stage.surface.view.zoom_at(QPointF(600, 400), 0.5)
    stage.settle()
    stage.state.set_brush(size=60.0)
    alone = clocked(stage)
    say("stroke by the clock, alone", alone, FRAME)
    drawing = Drawing()
    drawing.start()
    drawing.begun.wait()
    stage.settle()
    times = clocked(stage)
    drawing.ends = True
    drawing.join()
    say("stroke by the clock, while a picture is drawn", times, FRAME)
    shares = [np.percentile(times, at) / np.percentile(alone, at) for at in (50, 99)]
    print(f"beside a picture: median {shares[0]:.2f}, p99 {shares[1]:.2f} of alone;"
          f" {drawing.steps} steps were drawn meanwhile")  # fmt: skip


def clocked(stage: Stage) -> list[float]:
    """Milliseconds from event to painted pixel, of a hand that moves 125 times a second."""
    points = list(spiral(400, QPointF(600, 400), 300))
    stage.send(QEvent.Type.MouseButtonPress, points[0])
    times = []
    for point in points[1:]:
        began = time.perf_counter()
        stage.send(QEvent.Type.MouseMove, point)
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, 0.008 - times[-1] / 1000))
    stage.send(QEvent.Type.MouseButtonRelease, points[-1])
    return times


class Drawing(threading.Thread):
    """Draws one picture after the other with the starter model, as the engine's thread does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.begun = threading.Event()
        self.ends = False
        self.steps = 0

    def run(self) -> None:
        """Until it is told to end."""
        import torch

        from engine.models.loading import load_model
        from engine.runtime.device import default_threads
        from engine.runtime.job import Job
        from engine.sampling.pipeline import sample
        from engine.sampling.request import ImageRequest

        torch.set_num_threads(default_threads())
        model = load_model("starter", device=torch.device("cpu"), dtype=torch.float32)
        recipe = ImageRequest(prompt="a red apple", width=256, height=256, steps=20, seed=1)
        while not self.ends:
            sample(model, recipe, job=Job.detached(), on_preview=self._count)

    def _count(self, *_: object) -> None:
        self.steps += 1
        self.begun.set()


def march() -> None:
    """A step of the outline's march, and finding the outline anew."""
    stage = Stage(painted_document(4096, 6))
    state, size = stage.state, (4096, 4096)
    noise = np.random.default_rng(3).integers(0, 2, (4096, 4096), np.uint8) * np.uint8(255)
    for name, made in (
        ("a circle", selection.ellipse(size, Rect(300, 300, 3400, 3400))),
        ("noise", Tiles.from_array(noise)),
    ):
        say(
            f"select {name}: outline found and drawn",
            [taken(lambda m=made: (state.join(m), stage.settle()))],
            100,
        )
        step = [
            taken(lambda: (stage.surface._march(), QApplication.processEvents())) for _ in range(30)
        ]
        say(f"march of {name}", step, FRAME)


def pans() -> None:
    """Panning and zooming a document of 8192 x 8192."""
    stage = Stage(painted_document(8192, 4))
    view = stage.surface.view
    stage.surface.fit()
    stage.settle()
    for zoom in (0.3, 1.0):
        view.zoom_at(QPointF(600, 400), zoom)
        stage.settle()
        moves = [
            taken(lambda: (view.pan(QPointF(-13, -9)), QApplication.processEvents()))
            for _ in range(60)
        ]
        say(f"pan, 8192², {zoom:.0%}", moves, FRAME)
    view.zoom_at(QPointF(600, 400), 0.1)
    stage.settle()
    zooms = [
        taken(lambda: (view.wheel(QPointF(600, 400), 0.25), QApplication.processEvents()))
        for _ in range(60)
    ]
    say("zoom, 8192², 10 % and up", zooms, FRAME)


def collage() -> None:
    """Painting candidates in over and under each other, with the patterns of their masks."""
    stage = Stage(painted_document(4096, 20))
    state = stage.state
    for number, tint in enumerate((60, 130, 200)):
        pixels = np.full((1024, 1024, 4), (tint, 90, 40, 255), np.uint8)
        batch = Batch(frame=QRect(1400, 1400, 1024, 1024))
        item = state.candidates.begin([number], batch)[0]
        rect = QRect(1400 + 60 * number, 1400, 1024, 1024)
        image = image_of(pixels)
        state.candidates.ready(item, image, image, pixels, rect, {"image": {}})
    state.collage.start()
    stage.surface.view.show_rect(QRectF(1400, 1400, 1100, 900))
    stage.settle()
    for size in (24.0, 120.0):
        state.set_brush(size=size, hardness=0.3)
        for number in (1, 2, 3, 1):
            state.collage.choose_number(number)
            points = list(spiral(120, QPointF(600, 400), 280))
            stage.send(QEvent.Type.MouseButtonPress, points[0])
            times = [taken(lambda p=p: stage.send(QEvent.Type.MouseMove, p)) for p in points[1:]]
            stage.send(QEvent.Type.MouseButtonRelease, points[-1])
            say(f"collage, candidate {number}, {size:.0f} px", times, FRAME)


def undo() -> None:
    """Taking back a fill of everything and a stroke, with the painting of the screen."""
    stage = Stage(painted_document(4096, 20))
    state = stage.state
    state.fill_selection()
    state.begin_stroke((100.0, 100.0, 1.0), erase=False)
    for step in range(100):
        state.stroke_to((100.0 + 39 * step, 100.0 + 30 * step, 1.0))
    state.end_stroke()
    stage.settle()
    works = (state.undo, state.undo, state.redo, state.redo)
    times = [
        taken(lambda w=work: (w(), QApplication.processEvents()))
        for _ in range(10)
        for work in works
    ]
    say("undo and redo, 4096², 20 layers", times, UNDO)


def transforms() -> None:
    """A layer of 4096 x 4096 under the hand: each drag of a handle, and keeping it."""
    document = painted_document(4096, 20)
    noise = np.random.default_rng(3).integers(0, 256, (4096, 4096, 4), np.uint8)
    document.add_layer("all of it", noise, above=document.layers[9].id)
    stage = Stage(document)
    state, chosen = stage.state, [document.layers[10].id]
    lifted = document.lift(chosen)
    state.tool = "transform"
    copies = [shared_copy(node) for node in document.gathered(chosen)]
    parts = peeled(lifted, copies, MOST_SHOWN)
    state.set_transform(Transform(document, lifted, chosen, parts))
    stage.settle()
    box = state.transform.box
    corner = np.array((4096.0, 4096.0))
    drags = {
        "scale": lambda step: box.scaled("se", corner - step, free=True, centered=False),
        "turn": lambda step: box.turned(step / 400),
        "perspective": lambda step: box.in_perspective("ne", np.array((-step * 3.0, 0.0))),
    }
    for name, drag in drags.items():
        times = [
            taken(lambda s=step, d=drag: (state.set_box(d(s)), QApplication.processEvents()))
            for step in range(20, 140, 2)
        ]
        say(f"transform of 4096², {name}", times, FRAME)
    for how in RESAMPLINGS:
        spent = cpu(lambda h=how: transformed(lifted, box.turned(0.3).matrix, h))
        print(f"transform of 4096² kept, {how}: {spent:.1f} s, off the window's thread")


def files() -> None:
    """Saving and opening about 200 MB, against numpy's own writing of the same pixels; memory."""
    document = painted_document(5120, 17)
    held = sum(layer.tiles.bytes for layer in document.layers)
    bounds = sum(layer.bounds.width * layer.bounds.height * 4 for layer in document.layers)
    print(f"memory: {held / 2**20:.0f} MiB of tiles, {held / bounds:.2f} of the layers' bounds")
    with tempfile.TemporaryDirectory() as folder:
        path, bare = Path(folder) / f"a{storage.SUFFIX}", Path(folder) / "bare.npz"
        pixels = [
            layer.tiles.read(layer.bounds.moved(-layer.x, -layer.y)) for layer in document.layers
        ]
        plain = cpu(lambda: np.savez_compressed(bare, *pixels))
        save = cpu(lambda: storage.save(document, path))
        again = cpu(lambda: storage.save(document, path))
        read = cpu(lambda: storage.load(path))
        size = path.stat().st_size / 2**20
        print(f"save {size:.0f} MiB: {save:.1f} s, {save / plain:.2f} of a compressed npz;"
              f" again {again / plain:.3f}; open {read / plain:.2f}")  # fmt: skip


def cpu(work: Callable[[], object]) -> float:
    """Processor seconds of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


SCENES = {
    "stroke": strokes,
    "beside": beside,
    "collage": collage,
    "march": march,
    "pan": pans,
    "undo": undo,
    "transform": transforms,
    "files": files,
}

if __name__ == "__main__":
    application = QApplication([])
    for scene in sys.argv[1:] or SCENES:
        SCENES[scene]()
