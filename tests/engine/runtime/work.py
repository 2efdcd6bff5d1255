"""Requests for the tests of the engine thread. They live in a module so that names resolve."""

from __future__ import annotations

import threading
import time
from typing import ClassVar

from engine.runtime import device
from engine.runtime.job import Request

started = threading.Event()
ran: list[str] = []


class Count(Request):
    handler: ClassVar[str] = "tests.engine.runtime.work:count"
    steps: int = 3
    name: str = "count"


class Endless(Request):
    handler: ClassVar[str] = "tests.engine.runtime.work:endless"


class Hungry(Request):
    """Runs out of memory until its batch is small enough."""

    handler: ClassVar[str] = "tests.engine.runtime.work:hungry"
    batch: int = 8

    def smaller(self):
        return self.model_copy(update={"batch": self.batch // 2}) if self.batch > 1 else None


class Failing(Request):
    handler: ClassVar[str] = "tests.engine.runtime.work:fail"
    kind: str = "value"


def count(request, job):
    for step in range(request.steps):
        job.breathe()
        job.progress(step + 1, request.steps, "counting")
        job.emit("counted", step=step)
    ran.append(request.name)
    return request.steps


def endless(request, job):
    started.set()
    while True:
        job.breathe()
        time.sleep(0.001)


def hungry(request, job):
    ran.append(f"batch {request.batch}")
    if request.batch > 2:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
    return request.batch


def fail(request, job):
    if request.kind == "disk":
        raise OSError(28, "No space left on device")
    if request.kind == "missing":
        raise FileNotFoundError(2, "No such file", "weights.safetensors")
    raise ValueError("a library said no")


class Asking(Request):
    """A short request that looks whether another one gets in while it breathes."""

    handler: ClassVar[str] = "tests.engine.runtime.work:asking"


def asking(request, job):
    ran.append("asking")
    asked.wait(60)
    for _ in range(3):
        job.breathe()
    ran.append("asked")


asked = threading.Event()


class Narrow(Request):
    """Lets torch use seven threads, and looks whether it still may after another request."""

    handler: ClassVar[str] = "tests.engine.runtime.work:narrow"


def narrow(request, job):
    device.limit_threads(7)
    started.set()
    asked.wait(60)
    while "count" not in ran:
        job.breathe()
    return device.engine_threads()
