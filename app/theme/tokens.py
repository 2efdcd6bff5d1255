"""The color tokens of both themes. Every grey has equal red, green and blue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Colors as ``#RRGGBB``, by what they are used for."""

    name: str
    g0: str  # chrome: project bar, rail, status line
    g1: str  # panels, tool bars
    g2: str  # stage: what surrounds pictures, charts and tables
    g3: str  # button, combo, chip
    g4: str  # hover of g3, current segment
    well: str  # a quiet area inside a panel: drop zone, start page's side
    row_hover: str  # a list row under the pointer
    tile: str
    tile_hover: str
    tile_selected: str
    field: str
    line: str  # hairline inside a panel
    line_panel: str  # hairline between panels
    line_chrome: str  # hairline between chrome and the rest
    line_stage: str
    line_field: str
    line_hover: str
    line_button: str
    line_control: str
    t1: str
    t2: str
    t3: str
    t4: str  # disabled only
    acc: str
    acc_fill: str
    acc_hover: str
    acc_pressed: str
    acc_wash: str
    acc_text: str  # text of a trigger chip, on the wash
    on_fill: str
    button_pressed: str
    button_disabled: str
    ok: str
    warn: str
    err: str
    flag_err: str
    flag_warn: str
    badge: str
    badge_text: str
    badge_warn: str
    float: str  # toast
    float_line: str
    chart2: str
    chart3: str
    chart4: str
    chart_raw: str
    chart_grid: str
    chart_future: str
    chart_band: str
    track: str
    track_done: str
    knob: str
    scroll: str
    checker_a: str
    checker_b: str
    focus_alt: str  # second ring of the keyboard's current tile


DARK = Tokens(
    name="dark",
    g0="#1A1A1A",
    g1="#232323",
    g2="#2E2E2E",
    g3="#373737",
    g4="#414141",
    well="#1F1F1F",
    row_hover="#2C2C2C",
    tile="#383838",
    tile_hover="#444444",
    tile_selected="#474747",
    field="#171717",
    line="#333333",
    line_panel="#141414",
    line_chrome="#0F0F0F",
    line_stage="#3C3C3C",
    line_field="#3D3D3D",
    line_hover="#5A5A5A",
    line_button="#464646",
    line_control="#808080",
    t1="#EBEBEB",
    t2="#BDBDBD",
    t3="#A3A3A3",
    t4="#6E6E6E",
    acc="#62B0BE",
    acc_fill="#2B6C78",
    acc_hover="#337C89",
    acc_pressed="#245C66",
    acc_wash="#2A3D41",
    acc_text="#A9D5DD",
    on_fill="#FFFFFF",
    button_pressed="#2C2C2C",
    button_disabled="#2A2A2A",
    ok="#85B56C",
    warn="#DBA94C",
    err="#EC8075",
    flag_err="#8F3A33",
    flag_warn="#6F5420",
    badge="#1D1D1D",
    badge_text="#DCDCDC",
    badge_warn="#E5B75F",
    float="#3A3A3A",
    float_line="#4C4C4C",
    chart2="#CDA75F",
    chart3="#EC8075",
    chart4="#B98FBD",
    chart_raw="#8A8A8A",
    chart_grid="#393939",
    chart_future="#2A2A2A",
    chart_band="#2F4246",
    track="#4A4A4A",
    track_done="#B0B0B0",
    knob="#D6D6D6",
    scroll="#555555",
    checker_a="#363636",
    checker_b="#404040",
    focus_alt="#E8E8E8",
)

LIGHT = Tokens(
    name="light",
    g0="#D4D4D4",
    g1="#EBEBEB",
    g2="#C4C4C4",
    g3="#DEDEDE",
    g4="#CFCFCF",
    well="#F1F1F1",
    row_hover="#E2E2E2",
    tile="#D0D0D0",
    tile_hover="#DADADA",
    tile_selected="#E2E2E2",
    field="#FAFAFA",
    line="#CDCDCD",
    line_panel="#B4B4B4",
    line_chrome="#B0B0B0",
    line_stage="#B6B6B6",
    line_field="#BCBCBC",
    line_hover="#8E8E8E",
    line_button="#B8B8B8",
    line_control="#6F6F6F",
    t1="#1C1C1C",
    t2="#404040",
    t3="#525252",
    t4="#8C8C8C",
    acc="#1D5F6B",
    acc_fill="#24666F",
    acc_hover="#1D5760",
    acc_pressed="#18494F",
    acc_wash="#C9DDE1",
    acc_text="#17505A",
    on_fill="#FFFFFF",
    button_pressed="#C6C6C6",
    button_disabled="#E4E4E4",
    ok="#2C611D",
    warn="#6B4700",
    err="#97261D",
    flag_err="#8F3A33",
    flag_warn="#6F5420",
    badge="#1D1D1D",
    badge_text="#DCDCDC",
    badge_warn="#E5B75F",
    float="#F6F6F6",
    float_line="#B0B0B0",
    chart2="#7A5410",
    chart3="#97261D",
    chart4="#6B3F70",
    chart_raw="#707070",
    chart_grid="#B4B4B4",
    chart_future="#BDBDBD",
    chart_band="#B3CDD2",
    track="#A8A8A8",
    track_done="#555555",
    knob="#3A3A3A",
    scroll="#9A9A9A",
    checker_a="#C8C8C8",
    checker_b="#D6D6D6",
    focus_alt="#1C1C1C",
)

THEMES = {"dark": DARK, "light": LIGHT}
