"""Start a bundle as a user would: window offscreen, one training step, one picture."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_WINDOW = """
import os
import app.main as m
from app import running
from PySide6.QtWidgets import QApplication
qt = QApplication([]); loop = running.make_loop(qt)
window = m.open_window(); running.begin(window); qt.processEvents()
assert window.grab().width() >= 1024
os._exit(0)
"""
_JOB = """
output_name = "smoke"
train_data_dir = "{data}"
output_dir = "{out}"
resolution = "64"
min_bucket_reso = 64
max_bucket_reso = 64
max_train_steps = 1
train_batch_size = 1
"""


def main() -> None:
    """Exit with status 0 when the bundle in the first argument works."""
    bundle = Path(sys.argv[1]).resolve()
    body = next(iter(bundle.glob("*.app/Contents/Resources")), bundle)
    binary = "python.exe" if sys.platform == "win32" else "bin/python3"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {
            **os.environ,
            "PYTHONHOME": str(body / "python"),
            "PYTHONPATH": str(body / "packages"),
            "PYTHONNOUSERSITE": "1",
            "QT_QPA_PLATFORM": "offscreen",
            "STYLEKILN_HOME": str(home / "home"),
        }
        python = str(body / "python" / binary)
        program = str(body / "packages" / "main.py")
        art = body / "packages" / "resources" / "sample" / "pixel"
        steps = [
            ("window", [python, "-c", _WINDOW]),
            ("export", [python, program, "export", str(art), "--out", str(home / "data")]),
            ("train", [python, program, "train", str(home / "job.toml")]),
            (
                "picture",
                [
                    python,
                    program,
                    "generate",
                    "--prompt",
                    "castle, flat icon",
                    "--steps",
                    "2",
                    "--output-dir",
                    str(home / "pictures"),
                ],
            ),
        ]
        job = _JOB.format(data=(home / "data").as_posix(), out=(home / "run").as_posix())
        (home / "job.toml").write_text(job, encoding="utf-8")
        for name, command in steps:
            done = subprocess.run(command, env=environment, cwd=folder, timeout=600, check=False)
            if done.returncode:
                raise SystemExit(f"{name} failed with status {done.returncode}")
            print(f"{name} ok", flush=True)
        assert list((home / "run").rglob("*.safetensors"))
        assert list((home / "pictures").iterdir())


if __name__ == "__main__":
    main()
