"""A zip for a colleague comes back as the same project, and a stranger's zip can do no harm."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections import namedtuple
from contextlib import closing

import numpy as np
import pytest

from engine.dataset.edits import Fill, Recipe
from engine.dataset.formats import archive, archive_in
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.samples import training_samples
from engine.dataset.steps import Crop, Mask
from engine.imaging.decode import load_rgba
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, StorageError
from engine.runtime.job import Job
from tests.engine.dataset.conftest import ids_by_name, paint

from .conftest import bring, export_to, files_in, make_zip, pictures_of, png


@pytest.fixture
def decided(project, open_library, art, tmp_path):
    """A project in which everything that can be decided is decided."""
    paint(tmp_path / "more" / "2_gnome" / "deep" / "skipped.png", 8)
    paint(tmp_path / "more" / "2_gnome" / "gnom 精灵.jpg", 7)
    (art / "crown.txt").write_bytes("crown,\r\n gold \r\n".encode("utf-16"))
    shutil.copy(art / "apple.png", art / "apple.bmp.png")
    more = SourceFolder(path=str(tmp_path / "more"), regularization=True)
    file = project.file.model_copy(
        update={"folders": (*project.file.folders, more), "trigger_word": "hvisl",
                "fill": Fill(color="#102030"), "category_fills": {"props": Fill(kind="edge")},
                "category_repeats": {"gnome": 7}, "filters": {"mine": "stars>=3"}}
    )  # fmt: skip
    project.save(file)
    open_library.scan(project.file.folders)
    ids = ids_by_name(open_library)
    open_library.set_flag([ids["crown"]], "rejected")
    open_library.set_flag([ids["apple"]], "picked")
    open_library.set_stars([ids["bell_pepper"]], 4)
    open_library.set_category([ids["icon_10"]], "icons/all")
    open_library.set_held_out([ids["icon_10"]], True)
    mask = np.zeros((40, 48), np.uint8)
    mask[:, :24] = 255
    steps = (Mask(mask=MaskStore(project.masks).add(mask), feather=2), Crop(box=(4, 0, 40, 30)))
    open_library.set_recipes({ids["apple"]: Recipe(steps=steps)})
    return project


def _facts(picture):
    names = ("width", "height", "caption", "category", "repeats", "stars", "flag", "held_out",
             "recipe", "is_reg")  # fmt: skip
    return [getattr(picture, name) for name in names]


def test_pictures_behind_others_travel_and_a_lost_one_is_told(decided, tmp_path):
    store = MaskStore(decided.masks)
    own = store.add_picture(np.full((20, 30, 3), (9, 80, 200), np.uint8))
    usual = store.add_picture(np.full((8, 8, 3), 77, np.uint8))
    with closing(Library(decided.database)) as library:
        found = {p.name: p.id for p in library.pictures()}
        behind = Recipe().with_fill(Fill(kind="image", image=own))
        library.set_recipes({found["apple"]: behind})
        gone = Recipe().with_fill(Fill(kind="image", image="a" * 32))
        library.set_recipes({found["bell_pepper"]: gone})
    decided.save(decided.file.model_copy(update={"fill": Fill(kind="image", image=usual)}))
    result = export_to(decided, tmp_path / "mine.zip", format="zip")
    assert any("picture behind" in line for line in result.skipped)
    taken = bring(tmp_path / "new", tmp_path / "mine.zip")
    assert any("fill of" in str(line) for line in taken.unmatched)
    there = Project.open(tmp_path / "new")
    assert MaskStore(there.masks).picture(own)[0, 0].tolist() == [9, 80, 200]
    assert MaskStore(there.masks).picture(there.file.fill.image)[0, 0].tolist() == [77] * 3
    theirs = pictures_of(tmp_path / "new")
    assert theirs["apple"].recipe == behind
    assert theirs["bell_pepper"].recipe == Recipe()
    samples = {s.path.stem: s for s in training_samples(there)}
    assert samples["bell_pepper"].bake().rgb.shape[2] == 3


def test_a_zip_comes_back_without_loss(decided, art, tmp_path):
    result = export_to(decided, tmp_path / "mine.zip", format="zip")
    taken = bring(tmp_path / "new", tmp_path / "mine.zip")
    ours, theirs = pictures_of(decided), pictures_of(tmp_path / "new")
    assert (result.count, taken.pictures, taken.unmatched) == (6, 6, ())
    assert {name: _facts(p) for name, p in ours.items()} == {
        name: _facts(p) for name, p in theirs.items()
    }
    assert theirs["crown"].path.read_bytes() == (art / "crown.png").read_bytes()
    assert theirs["crown"].path.with_suffix(".txt").read_bytes() == (art / "crown.txt").read_bytes()
    file = Project.open(tmp_path / "new").file
    left_out = {"folders", "base_model"}
    assert file.model_dump(exclude=left_out) == decided.file.model_dump(exclude=left_out)
    before = {s.path.name: s.bake() for s in training_samples(decided)}
    for sample in training_samples(tmp_path / "new"):
        baked = sample.bake()
        assert (baked.rgb == before[sample.path.name].rgb).all()
        if baked.mask is not None:
            assert (baked.mask == before[sample.path.name].mask).all()


def test_a_project_that_came_from_a_zip_can_be_moved(decided, tmp_path):
    export_to(decided, tmp_path / "mine.zip", format="zip")
    bring(tmp_path / "new", tmp_path / "mine.zip")
    (tmp_path / "new").rename(tmp_path / "moved")
    assert pictures_of(tmp_path / "moved")["bell_pepper"].stars == 4


def test_a_zip_of_baked_pictures_has_the_masks_left_to_do(decided, tmp_path):
    export_to(decided, tmp_path / "mine", format="zip", originals=False)
    bring(tmp_path / "new", tmp_path / "mine.zip")
    found = pictures_of(tmp_path / "new")
    assert (found["apple"].width, found["apple"].height) == (40, 30)
    assert [step.kind for step in found["apple"].recipe.steps] == ["mask"]
    ours = {s.path.stem: s.bake() for s in training_samples(decided)}["apple"]
    theirs = {s.path.stem: s.bake() for s in training_samples(tmp_path / "new")}["apple"]
    assert (ours.rgb == theirs.rgb).all()
    assert (ours.mask == theirs.mask).all()


def test_two_folders_of_one_name_stay_apart(tmp_path):
    for number, place in enumerate(("a", "b")):
        paint(tmp_path / place / "10_hero" / "same.png", number)
        (tmp_path / place / "10_hero" / "same.txt").write_text(place)
    folders = [SourceFolder(path=str(tmp_path / place / "10_hero")) for place in ("a", "b")]
    project = Project.create(tmp_path / "p", "P", folders)
    export_to(project, tmp_path / "x.zip", format="zip")
    bring(tmp_path / "new", tmp_path / "x.zip")
    samples = training_samples(tmp_path / "new")
    assert [(s.caption, s.repeats, s.category) for s in samples] == [
        ("a", 10, "hero"), ("b", 10, "hero")
    ]  # fmt: skip


def test_only_an_own_zip_is_replaced(project, art, tmp_path):
    (tmp_path / "thesis.zip").write_bytes(b"mine")
    for place, told in ((tmp_path / "thesis.zip", "there already"), (art / "x.zip", "inside the")):
        with pytest.raises(BadInputError, match=told):
            export_to(project, place, format="zip")
    assert (tmp_path / "thesis.zip").read_bytes() == b"mine"
    assert export_to(project, "", format="zip").folder == str(project.exports / "P.zip")
    assert export_to(project, "", format="zip").count == 4


def test_a_full_disk_leaves_the_earlier_zip(project, tmp_path, monkeypatch):
    export_to(project, tmp_path / "x.zip", format="zip")
    before = (tmp_path / "x.zip").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        export_to(project, tmp_path / "x.zip", format="zip")
    assert (tmp_path / "x.zip").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"art", "p", "x.zip"}


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"../evil.png": png()}, "outside of its folder"),
        ({"a/../../evil.png": png()}, "outside of its folder"),
        ({"/tmp/evil.png": png()}, "outside of its folder"),
        ({"..\\evil.png": png()}, "outside of its folder"),
        ({"C:\\evil.png": png()}, "outside of its folder"),
        ({"link.png": b"/etc/passwd"}, "a link or a device"),
        ({"bomb.png": bytes(5 << 20)}, "would grow to 5 MB"),
    ],
)
@pytest.mark.parametrize("ours", [False, True])
def test_a_hostile_zip_writes_nothing(tmp_path, monkeypatch, members, told, ours):
    monkeypatch.setattr(archive, "SMALL", 1 << 20)
    extra = {"stylekiln.json": json.dumps({"format": archive.FORMAT, "project": {"name": "x"},
             "folders": [], "pictures": [{"file": name} for name in members]})}  # fmt: skip
    path = make_zip(tmp_path / "x.zip", {**members, **(extra if ours else {})},
                **{"link.png": stat.S_IFLNK | 0o777})  # fmt: skip
    with pytest.raises(BadInputError, match=told):
        bring(tmp_path / "in" / "new", path)
    assert files_in(tmp_path) == {"x.zip"}


def test_members_that_lie_over_each_other_are_refused(tmp_path):
    """Many entries of one local file: small on disk, endless when unpacked."""
    path = make_zip(tmp_path / "x.zip", {"aa.png": bytes(1000) + png()})
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    entry, count = data[start:end], 200
    tail = bytearray(data[end:])
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * count).to_bytes(4, "little")
    bodies = data[:start] + entry * count
    path.write_bytes(bodies + bytes(tail))
    with pytest.raises(BadInputError):
        bring(tmp_path / "new", path)
    assert files_in(tmp_path) == {"x.zip"}


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4 not a zip", b"\0" * 100], ids=["empty", "torn", "zeros"]
)
def test_what_is_no_zip_is_one_sentence(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BadInputError, match=r"x\.zip is damaged"):
        bring(tmp_path / "new", tmp_path / "x.zip")


def test_a_damaged_or_locked_zip_leaves_nothing(project, tmp_path):
    export_to(project, tmp_path / "x.zip", format="zip")
    whole = (tmp_path / "x.zip").read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"IDAT") + 30] ^= 0xFF
    locked = bytearray(whole)
    locked[whole.index(b"PK\1\2") + 8] |= 1
    for data, told in ((flipped, "is damaged"), (locked, "password"), (whole[:-40], "is damaged")):
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(BadInputError, match=told):
            bring(tmp_path / "new", tmp_path / "x.zip")
        assert not (tmp_path / "new").exists()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".new")]


@pytest.mark.parametrize(
    "contents",
    ["[]", "{", '{"format": "stylekiln dataset 9"}', "[" * 100_000,
     '{"format": "stylekiln dataset 1", "project": {"name": 5}, "folders": [], "pictures": []}',
     '{"format": "stylekiln dataset 1", "project": {"name": "x"}, "folders": ["x"],'
     ' "pictures": []}',
     '{"format": "stylekiln dataset 1", "project": {"name": "x"}, "folders": [{"path": "../up"}],'
     ' "pictures": []}',
     '{"format": "stylekiln dataset 1", "project": {"name": "x"}, "folders": [],'
     ' "pictures": [{"file": "../../up.png"}]}'],
)  # fmt: skip
def test_a_strange_list_of_contents_is_one_sentence(tmp_path, contents):
    make_zip(tmp_path / "x.zip", {"stylekiln.json": contents, "pictures/a/b.png": png()})
    with pytest.raises(BadInputError):
        bring(tmp_path / "new", tmp_path / "x.zip")
    assert files_in(tmp_path) == {"x.zip"}


def test_what_a_zip_says_wrongly_costs_only_itself(project, open_library, tmp_path):
    export_to(project, tmp_path / "x.zip", format="zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        members = {name: file.read(name) for name in file.namelist()}
    contents = json.loads(members["stylekiln.json"])
    apple, pepper, crown, icon = contents["pictures"]
    apple["recipe"] = {"steps": [{"kind": "explode"}]}
    apple |= {"stars": 99, "flag": "x", "held_out": "no", "category": 5}
    mask = {"kind": "mask", "mask": "../../../etc/passwd"}
    pepper["recipe"] = {"steps": [mask, {"kind": "crop", "box": [0, 0, 9, 9]}]}
    crown["file"] = "pictures/art/gone.png"
    icon["caption"] = "stylekiln.json"
    members["stylekiln.json"] = json.dumps(contents).encode()
    members[f"masks/{'0' * 32}.png"] = png()
    make_zip(tmp_path / "y.zip", members)
    result = bring(tmp_path / "new", tmp_path / "y.zip")
    assert [text.partition(".")[0].rpartition("/")[2] for text in result.unmatched]
    assert len(result.unmatched) == 5
    found = pictures_of(tmp_path / "new")
    assert set(found) == {"apple", "bell_pepper", "icon_10"}
    assert (found["apple"].stars, found["apple"].flag, found["apple"].held_out) == (0, "", False)
    assert [step.kind for step in found["bell_pepper"].recipe.steps] == ["crop"]


def test_a_foreign_zip_of_kohya_folders_becomes_a_project(tmp_path):
    make_zip(tmp_path / "their set.zip", {
        "set/10_hero/a.png": png(), "set/10_hero/a.txt": "hero",
        "set/reg/3_man/b.png": png((9, 9, 9)), "set/readme.exe": b"no",
        "__MACOSX/set/._a.png": b"no",
    })  # fmt: skip
    result = bring(tmp_path / "new", tmp_path / "their set.zip")
    samples = training_samples(tmp_path / "new")
    assert [(s.path.name, s.caption, s.repeats, s.is_reg) for s in samples] == [
        ("a.png", "hero", 10, False), ("b.png", "man", 3, True)
    ]  # fmt: skip
    assert (result.pictures, result.format) == (2, "kohya")
    assert not [name for name in files_in(tmp_path / "new") if name.endswith((".exe", "._a.png"))]


def test_a_zip_goes_only_into_a_new_or_empty_folder(project, tmp_path):
    export_to(project, tmp_path / "x.zip", format="zip")
    with pytest.raises(BadInputError, match="not empty"):
        bring(project, tmp_path / "x.zip")
    (tmp_path / "new").mkdir()
    assert bring(tmp_path / "new", tmp_path / "x.zip").pictures == 4


def test_a_zip_that_does_not_fit_is_refused_before_it_is_unpacked(project, tmp_path, monkeypatch):
    export_to(project, tmp_path / "x.zip", format="zip")
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: usage(100))
    with pytest.raises(StorageError, match="disk is full"):
        bring(tmp_path / "new", tmp_path / "x.zip")
    assert not (tmp_path / "new").exists()


def test_a_cancelled_import_leaves_nothing(project, tmp_path):
    export_to(project, tmp_path / "x.zip", format="zip")
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        archive_in.unpack(tmp_path / "x.zip", tmp_path / "new", job)
    assert {path.name for path in tmp_path.iterdir()} == {"art", "p", "x.zip"}


def test_the_pictures_of_a_zip_are_read_as_they_were(project, art, tmp_path):
    export_to(project, tmp_path / "x.zip", format="zip")
    bring(tmp_path / "new", tmp_path / "x.zip")
    for name, picture in pictures_of(tmp_path / "new").items():
        assert (load_rgba(picture.path) == load_rgba(art / f"{name}.png")).all()
