from __future__ import annotations

import re
import string
from pathlib import Path

from tests.app.i18n import collector

ROOT = Path(__file__).parents[3]


def test_every_text_has_chinese():
    assert collector.missing() == {}


def test_every_number_of_things_has_a_singular():
    """``{n} captions`` needs ``{n} caption`` beside it, or a sentence that begins alike with 1."""
    found = [
        (path, text)
        for path, texts in collector.collected().items()
        if path.startswith("app/dataset/")
        for text in texts
    ]
    several = [(path, text) for path, text in found if re.search(r"\{n\} [a-z]+s\b", text)]
    assert len(several) > 30
    one = tuple(text for _, text in found if "1 " in text)
    plurals = collector.plurals()
    lacking = [
        (path, text)
        for path, text in several
        if text not in plurals
        and not any(other.startswith(text.split("{n}")[0] + "1 ") for other in one)
        and "of {n}" not in text
    ]
    assert lacking == []


def test_chinese_names_no_fact_that_english_does_not():
    wrong = {
        english: chinese
        for table in collector.tables().values()
        for english, chinese in table.items()
        if not _facts(chinese) <= _facts(english)
    }
    assert wrong == {}


def test_areas_agree_on_the_chinese_of_a_text():
    seen: dict[str, str] = {}
    different = set()
    for table in collector.tables().values():
        for english, chinese in table.items():
            if seen.setdefault(english, chinese) != chinese:
                different.add(english)
    assert different == set()


SYNONYMS = {
    "分类": "类别 类目", "蒙版": "遮罩 掩码", "描述": "标注 字幕 图片说明", "图片": "照片 图象",
    "裁剪": "裁切 剪裁", "撤销": "撤消", "文件夹": "目录", "清晰度": "锐度", "筛选": "过滤 筛选器",
    "词元": "令牌", "星级": "评分", "排除": "剔除", "轮": "世代", "分桶": "分箱", "网格": "栅格",
    "留出": "预留", "画布": "画板", "检查点": "存档点", "权重": "比重", "alpha 通道": "Alpha 通道",
}  # fmt: skip
"""The Chinese of our terms, and words that would be a second name of the same thing."""


def test_one_thing_has_one_chinese_name():
    others = {other: term for term, words in SYNONYMS.items() for other in _words(words)}
    tables = collector.tables().values()
    found = {
        chinese: term
        for table in tables
        for chinese in table.values()
        for other, term in others.items()
        if other in chinese
    }
    assert found == {}
    everything = "".join(chinese for table in tables for chinese in table.values())
    assert [term for term in SYNONYMS if term not in everything] == []


BRITISH = re.compile(
    r"\b\w*(colour|grey|behaviour|favourite|neighbour|centre\b|labelled|licence|artefact|travell"
    r"|(?:regular|normal|initial|optim|organ|recogn|visual|serial|summar|emphas|minim|maxim)is"
    r"(?:e|ed|es|ing|ation|ations)\b)",
    re.IGNORECASE,
)


def test_english_is_american_in_the_window_and_in_the_guide():
    texts = [text for table in collector.tables().values() for text in table]
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts += [page.read_text(encoding="utf-8") for page in pages]
    assert len(pages) > 5
    assert any("Regularization" in text for text in texts)
    assert [found.group() for text in texts if (found := BRITISH.search(text))] == []


def _words(text):
    return text.split() if "通道" not in text else [text]


def test_the_collector_sees_plain_conditional_and_error_texts(tmp_path):
    source = tmp_path / "some.py"
    source.write_text(
        'tr("One")\nbind(x.setText, "Two" if a else "Three")\n'
        'raise PictureError("{name} ends early.", remedy="Copy it again.")\n'
        'Choice([(1, "Four")])\nlogging.info("not this")\n'
    )
    found = set(collector.texts_of(source))
    source.write_text(
        'LABEL = "Five"\n_LABELS = {"a": "Six"}\nOTHER = "not this"\n'
        'self._edit("Seven", "field", {})\nwork.change(recipe, "Eight", live=True)\n'
        'with library.one_step("Nine"):\n    pass\n'
    )
    steps = set(collector.texts_of(source))
    assert steps == {"Five", "Six", "Seven", "Eight", "Nine"}
    assert found == {"One", "Two", "Three", "Four", "{name} ends early.", "Copy it again."}


def _facts(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
