"""Make a portable folder: a Python, the packages, a launcher. Runs on the system it bundles for."""

from __future__ import annotations

import argparse
import plistlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "Stylekiln"

# Parts of the standard library and of Qt that the application never loads.
LEFT_OUT = ("__pycache__", "site-packages", "test", "idlelib", "tkinter", "turtledemo", "ensurepip")
QT_LEFT_OUT = (
    "*Qml*",
    "*Quick*",
    "*Designer*",
    "*Test*",
    "qml",
    "assistant*",
    "designer*",
    "linguist*",
    "lupdate*",
    "lrelease*",
    "qmlls*",
    "qmlformat*",
    "qmllint*",
)

_SHELL = """#!/bin/sh
here="$(cd "$(dirname "$0")" && pwd){up}"
export PYTHONHOME="$here/python" PYTHONPATH="$here/packages" PYTHONNOUSERSITE=1
exec "$here/python/bin/python3" "$here/packages/main.py" "$@"
"""
_CMD = """@echo off\r
set "PYTHONHOME=%~dp0python"\r
set "PYTHONPATH=%~dp0packages"\r
set PYTHONNOUSERSITE=1\r
start "" "%~dp0python\\pythonw.exe" "%~dp0packages\\main.py" %*\r
"""


def main() -> None:
    """Bundle into ``--out``/Stylekiln."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    target = parser.parse_args().out.resolve() / NAME
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    body = target
    if sys.platform == "darwin":
        body = target / f"{NAME}.app" / "Contents" / "Resources"
        body.mkdir(parents=True)
    copy_python(body / "python")
    install_packages(body / "packages")
    trim_qt(body / "packages" / "PySide6")
    write_launcher(target, body)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target}  {size / 1e6:.0f} MB")


def copy_python(target: Path) -> None:
    """Copy the interpreter that runs this script, with its standard library."""
    base = Path(sys.base_prefix)
    ignore = shutil.ignore_patterns(*LEFT_OUT)
    if sys.platform == "win32":
        shutil.copytree(base, target, ignore=ignore)
        return
    version = f"python{sysconfig.get_python_version()}"
    (target / "bin").mkdir(parents=True)
    shutil.copy2((base / "bin" / version).resolve(), target / "bin" / "python3")
    shutil.copytree(base / "lib" / version, target / "lib" / version, ignore=ignore, symlinks=True)
    for library in base.glob("lib/libpython3*"):
        shutil.copy2(library, target / "lib" / library.name)


def install_packages(target: Path) -> None:
    """Install the application and what it needs, in the tested versions."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    subprocess.run([*command, "-c", str(ROOT / "constraints.txt"), str(ROOT)], check=True)


def trim_qt(folder: Path) -> None:
    """Drop the parts of Qt that the application does not use."""
    for pattern in QT_LEFT_OUT:
        for path in [*folder.glob(pattern), *folder.glob(f"Qt/lib/{pattern}")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_launcher(target: Path, body: Path) -> None:
    """Write what a user starts."""
    if sys.platform == "win32":
        (target / f"{NAME}.cmd").write_bytes(_CMD.encode())
        return
    if sys.platform == "darwin":
        contents = body.parent
        (contents / "MacOS").mkdir()
        launcher = contents / "MacOS" / "stylekiln"
        launcher.write_text(_SHELL.replace("{up}", "/../Resources"))
        facts = {
            "CFBundleName": NAME,
            "CFBundleExecutable": "stylekiln",
            "CFBundleIdentifier": "app.stylekiln",
            "NSHighResolutionCapable": True,
        }
        (contents / "Info.plist").write_bytes(plistlib.dumps(facts))
    else:
        launcher = target / "stylekiln"
        launcher.write_text(_SHELL.replace("{up}", ""))
    launcher.chmod(0o755)


if __name__ == "__main__":
    main()
