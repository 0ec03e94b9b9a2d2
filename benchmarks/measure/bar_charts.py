"""Bar charts as SVG: one group of bars per contender, with the noise as an error bar."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from benchmarks.measure.statistics import Figure, digits

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
_COLORS = ("#3b6ea8", "#d98032", "#5b9a5b", "#8a6bb0")
_WIDTH, _BAR, _GAP, _TOP = 460, 16, 14, 58
_LETTER = 6.6  # average width of a letter in pixels
_TEXT = 'font-family="sans-serif" font-size="12" fill="#222"'


def save_bars(name: str, title: str, series: Sequence[str], groups: Mapping[str, Sequence[Figure]]) -> str:
    """Write `docs/figures/<name>.svg` with one bar per series in each group; return the Markdown that shows it."""
    FIGURES.mkdir(exist_ok=True)
    (FIGURES / f"{name}.svg").write_text(_bars(title, series, groups))
    return f"![{title}](figures/{name}.svg)"


def _bars(title: str, series: Sequence[str], groups: Mapping[str, Sequence[Figure]]) -> str:
    most = max((bar.median * (1 + bar.noise) for bars in groups.values() for bar in bars), default=1) or 1
    left = 25 + _LETTER * max(map(len, groups), default=0)
    scale, y, parts = _WIDTH / most, _TOP, [_label(10, 20, title, bold=True), *_legend(series, left)]
    for group, bars in groups.items():
        parts.append(_label(10, y + _BAR * len(bars) / 2 + 4, group))
        for number, bar in enumerate(bars):
            parts += _bar(left, y + number * _BAR, bar, scale, _COLORS[number % len(_COLORS)])
        y += _BAR * len(bars) + _GAP
    size = f'width="{left + _WIDTH + 70:.0f}" height="{y}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', _background(), *parts, "</svg>\n"])


def _background() -> str:
    return '<rect width="100%" height="100%" fill="white"/>'


def _legend(series: Sequence[str], x: float) -> list[str]:
    parts = []
    for number, name in enumerate(series):
        parts.append(f'<rect x="{x:.1f}" y="32" width="10" height="10" fill="{_COLORS[number % len(_COLORS)]}"/>')
        parts.append(_label(x + 15, 42, name))
        x += 45 + _LETTER * len(name)
    return parts


def _bar(x: float, y: float, bar: Figure, scale: float, color: str) -> list[str]:
    width, spread, middle = bar.median * scale, bar.median * bar.noise * scale, y + _BAR / 2 - 1
    left, right = x + width - spread, x + width + spread
    return [
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" fill="{color}"/>',
        f'<line x1="{left:.1f}" y1="{middle}" x2="{right:.1f}" y2="{middle}" stroke="#222"/>',
        _label(right + 6, y + _BAR - 4, digits(bar.median)),
    ]


def _label(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" {_TEXT}{weight}>{escape(text)}</text>'
