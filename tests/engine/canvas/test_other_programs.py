"""What GIMP and Krita show of our files, and we of theirs, where they are installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.canvas.ora import save_ora
from engine.canvas.ora_reading import load_ora
from engine.canvas.psd_file import save_psd
from engine.canvas.psd_reading import load_psd
from tests.engine.canvas.other_programs import GIMP, farthest, quiet
from tests.engine.canvas.pictures import difference, rich


@pytest.mark.skipif(shutil.which("gimp") is None, reason="GIMP is not installed")
def test_gimp_and_we_show_each_others_psd_as_our_own(tmp_path: Path) -> None:
    document = rich()
    # GIMP's soft light is another formula.
    document.set_mode(next(node.id for node in document.nodes() if node.name == "Shade"), "screen")
    ours, shown, theirs = (tmp_path / name for name in ("a.psd", "a.png", "b.psd"))
    save_psd(document, ours)
    script = GIMP.format(source=ours, target=shown, again=theirs)
    quiet("gimp", "-i", "-d", "-f", "-b", script, "-b", "(gimp-quit 0)")
    assert farthest(shown, document.composite()) <= 2
    back = load_psd(theirs).document
    assert difference(back.composite(), document.composite()) <= 1
    assert [node.name for node in back.nodes() if "GIMP" not in node.name] == [
        node.name for node in document.nodes()
    ]


@pytest.mark.skipif(
    shutil.which("krita") is None or shutil.which("xvfb-run") is None,
    reason="Krita or Xvfb is not installed",
)
def test_krita_and_we_show_each_others_openraster_as_our_own(tmp_path: Path) -> None:
    document = rich()
    ours, shown, theirs = (tmp_path / name for name in ("a.ora", "a.png", "b.ora"))
    save_ora(document, ours)
    for target in (shown, theirs):
        quiet("xvfb-run", "-a", "krita", "--export", "--export-filename", str(target), str(ours))
    assert farthest(shown, document.composite()) <= 2
    assert difference(load_ora(theirs).document.composite(), document.composite()) <= 1
