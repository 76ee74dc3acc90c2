# SPDX-License-Identifier: BSD-3-Clause
"""The pictures of the report, drawn as SVG from the comparisons of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from case import PEAK_LIMIT
from families import GROUPS, group_of
from noise import Interval, best_ratio
from results import OURS
from summary import engines_of, number
from svg import Scale, element, group, line, picture, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results import Comparison

ENGINE_COLOURS = {
    OURS: "#e8590c",
    "astropy": "#1c7ed6",
    "fitsio": "#2f9e44",
    "pypi": "#7048e8",
    "pandas": "#0b7285",
    "polars": "#c2255c",
}
GROUP_COLOURS = dict(
    zip(
        GROUPS,
        (
            "#1971c2",
            "#7048e8",
            "#0c8599",
            "#2f9e44",
            "#66a80f",
            "#f08c00",
            "#a0522d",
            "#495057",
            "#862e9c",
            "#4dabf7",
        ),
        strict=True,
    )
)
BELOW, BELOW_WITHIN_NOISE = "#e03131", "#ffa8a8"
WIDTH, LABELS, RIGHT = 1060, 262, 74
ROW, TOP, BOTTOM = 17, 30, 12
MIB = 2**20


def _times(comparison: Comparison) -> str:
    ratios = comparison.ratios()
    lines = [comparison.call]
    for name in engines_of([comparison]):
        result = comparison.results[name]
        if result.samples_ms:
            ratio = f" ({ratios[name]:.2f} of ours)" if name in ratios else ""
            lines.append(f"{name}: {number(result.milliseconds)} ms{ratio}")
    return "\n".join(lines)


def _axis(scale: Scale, height: float, unit: str, marked: float | None = None) -> list[str]:
    """Draw a vertical grid with its values on top."""
    shapes = []
    for value in scale.ticks():
        x = scale(value)
        strong = marked is not None and abs(value - marked) < 1e-9
        style = "grid one" if strong else "grid"
        shapes.append(line((x, TOP - 6), (x, height - BOTTOM), class_=style))
        shapes.append(text(x, TOP - 11, f"{value:g}{unit}", class_="tick", text_anchor="middle"))
    return shapes


def _label(y: float, words: str, colour: str | None = None) -> list[str]:
    shapes = [text(LABELS - 10, y + 4, words, class_="label", text_anchor="end")]
    if colour:
        shapes.append(element("rect", x=0, y=y - 4, width=8, height=8, rx=2, fill=colour))
    return shapes


def legend(colours: dict[str, str]) -> str:
    """Return the words that go with colours, as HTML."""
    items = (
        f'<span><i style="background:{colour}"></i>{name}</span>'
        for name, colour in colours.items()
    )
    return f'<p class="legend">{"".join(items)}</p>'


def _bar_colour(found: Interval, of_group: str) -> str:
    if found.high < 1:
        return BELOW
    return BELOW_WITHIN_NOISE if found.value < 1 else GROUP_COLOURS[of_group]


def _ratio_row(comparison: Comparison, found: Interval, scale: Scale, y: float) -> str:
    of_group = group_of(comparison.family)
    x, one = scale(found.value), scale(1)
    shapes = [element("rect", x=0, y=y - ROW / 2, width=WIDTH, height=ROW, class_="hover")]
    shapes += _label(y, comparison.case, GROUP_COLOURS[of_group])
    box = {"x": min(x, one), "y": y - 4.5, "width": max(abs(x - one), 1.0), "height": 9, "rx": 1.5}
    shapes.append(element("rect", **box, fill=_bar_colour(found, of_group)))
    for name, ratio in comparison.ratios().items():
        shapes.append(
            element(
                "circle", cx=scale(ratio), cy=y, r=2.6, class_="peer", fill=ENGINE_COLOURS[name]
            )
        )
    shapes.append(line((scale(found.low), y), (scale(found.high), y), class_="whisker"))
    shapes.append(text(WIDTH - RIGHT + 14, y + 4, f"{found.value:.2f}", class_="value"))
    noise = f"best peer / ours {found.value:.2f}, 95 % within {found.low:.2f} to {found.high:.2f}"
    return group(shapes, f"{comparison.case}\n{noise}\n{_times(comparison)}")


def ratios(comparisons: Sequence[Comparison]) -> str:
    """Draw the best peer's time over ours for every case, worst first."""
    found = [(each, interval) for each in comparisons if (interval := best_ratio(each))]
    if not found:
        return ""
    found.sort(key=lambda pair: pair[1].value)
    every = [ratio for comparison, _ in found for ratio in comparison.ratios().values()]
    low, high = min(0.5, *every) * 0.95, max(2.0, *every) * 1.05
    scale = Scale(low, high, LABELS, WIDTH - RIGHT)
    height = TOP + ROW * len(found) + BOTTOM
    shapes = _axis(scale, height, "", marked=1)
    shapes += [
        _ratio_row(comparison, interval, scale, TOP + ROW * (i + 0.5))
        for i, (comparison, interval) in enumerate(found)
    ]
    return picture(WIDTH, height, shapes, "time of the best peer divided by ours, every case")


def throughput(comparisons: Sequence[Comparison], title: str) -> str:
    """Draw GB/s against the bytes of one call, one line per engine."""
    points: dict[str, list[tuple[int, float, str]]] = {}
    for comparison in comparisons:
        for name, result in comparison.results.items():
            if result.samples_ms and not result.problem and result.bytes:
                rate = result.bytes / result.milliseconds / 1e6
                points.setdefault(name, []).append((result.bytes, rate, comparison.case))
    every = [point for found in points.values() for point in found]
    if not every:
        return ""
    width, height, left, bottom = 520, 330, 52, 40
    sizes, rates = [size for size, *_ in every], [rate for _, rate, _ in every]
    across = Scale(min(sizes) * 0.8, max(sizes) * 1.25, left, width - 12)
    up = Scale(min(rates) * 0.8, max(rates) * 1.25, height - bottom, 28)
    shapes = [text(left, 16, title, class_="title")]
    for value in up.ticks():
        shapes.append(line((left, up(value)), (width - 12, up(value)), class_="grid"))
        shapes.append(text(left - 7, up(value) + 4, f"{value:g}", class_="tick", text_anchor="end"))
    for value in (4**i * 1024 for i in range(12)):
        if across.low <= value <= across.high:
            x = across(value)
            shapes.append(line((x, 28), (x, height - bottom), class_="grid"))
            size = f"{value // MIB} MiB" if value >= MIB else f"{value // 1024} KiB"
            if value in {4096, 65536, MIB, 16 * MIB, 256 * MIB}:
                shapes.append(
                    text(x, height - bottom + 16, size, class_="tick", text_anchor="middle")
                )
    shapes.append(text(left, height - 6, "bytes of the tensors; GB/s upwards", class_="tick"))
    for name in sorted(points, key=lambda name: name == OURS):
        shapes += _track(sorted(points[name]), (across, up), name)
    return picture(width, height, shapes, f"throughput against size: {title}")


def _track(
    found: list[tuple[int, float, str]], scales: tuple[Scale, Scale], name: str
) -> list[str]:
    """Draw the points of one engine, and a line through the best of each size."""
    across, up = scales
    best: dict[int, float] = {}
    for size, rate, _ in found:
        best[size] = max(rate, best.get(size, 0.0))
    path = " ".join(f"{across(size):.1f},{up(rate):.1f}" for size, rate in best.items())
    colour, heavy = ENGINE_COLOURS[name], 2.4 if name == OURS else 1.4
    style = {"fill": "none", "stroke": colour, "stroke_width": heavy, "opacity": 0.85}
    shapes = [element("polyline", points=path, **style)]
    for size, rate, case in found:
        said = f"{name}, {case}\n{size / MIB:.3g} MiB, {rate:.3g} GB/s"
        shapes.append(
            element("circle", said, cx=across(size), cy=up(rate), r=heavy + 1.2, fill=colour)
        )
    return shapes


def _rows(
    labels: Sequence[str], shapes: list[str], draw: Callable[[int, float], list[str]], row: float
) -> list[str]:
    """Draw labelled rows one below the other."""
    for i, label in enumerate(labels):
        y = TOP + row * (i + 0.5)
        if i % 2:
            band = {"x": 0, "y": y - row / 2, "width": WIDTH, "height": row}
            shapes.append(element("rect", **band, class_="band"))
        shapes += [*_label(y, label), *draw(i, y)]
    return shapes


def scaling(pairs: Sequence[tuple[Comparison, Comparison]]) -> str:
    """Draw how much faster each engine is with all threads than with one: (one, all) pairs."""
    row = 24.0
    if not pairs:
        return ""
    speedups = []
    for alone, together in pairs:
        both = set(alone.results) & set(together.results)
        timed = [n for n in both if alone.results[n].samples_ms and together.results[n].samples_ms]
        speedups.append(
            {n: alone.results[n].milliseconds / together.results[n].milliseconds for n in timed}
        )
    every = [value for found in speedups for value in found.values()]
    threads = max(together.threads for _, together in pairs)
    scale = Scale(min(0.5, *every), max(threads * 1.1, *every), LABELS, WIDTH - RIGHT, is_log=False)
    height = TOP + row * len(pairs) + BOTTOM

    def draw(i: int, y: float) -> list[str]:
        shapes = []
        for name, value in sorted(speedups[i].items(), key=lambda item: item[0] == OURS):
            said = f"{name}, {pairs[i][1].case}\n{value:.2f} times as fast with {threads} threads"
            radius = 6.5 if name == OURS else 4.5
            spot = {"cx": scale(value), "cy": y, "r": radius, "fill": ENGINE_COLOURS[name]}
            shapes.append(element("circle", said, **spot, class_="peer"))
        return shapes

    labels = [together.case for _, together in pairs]
    shapes = _rows(labels, _axis(scale, height, "x", marked=1), draw, row)
    return picture(WIDTH, height, shapes, "speed-up from one thread to all")


def memory(comparisons: Sequence[Comparison]) -> str:
    """Draw the peak over idle of each engine, and what the tensors plus the allowance make."""
    results = [
        (comparison, comparison.results[name])
        for comparison in comparisons
        for name in engines_of([comparison])
        if comparison.results[name].memory
    ]
    if not results:
        return ""
    row = 20.0
    most = max(max(result.over_idle, result.bytes or 0) for _, result in results)
    scale = Scale(0, (most + PEAK_LIMIT) * 1.02 / MIB, LABELS, WIDTH - RIGHT, is_log=False)
    height = TOP + row * len(results) + BOTTOM

    def draw(i: int, y: float) -> list[str]:
        comparison, result = results[i]
        tensors = result.bytes or 0
        x, limit = scale(result.over_idle / MIB), scale((tensors + PEAK_LIMIT) / MIB)
        beyond = (result.over_idle - tensors) / MIB
        said = (
            f"{comparison.case}, {result.engine}\npeak over idle {result.over_idle / MIB:.0f} MiB, "
            f"tensors {tensors / MIB:.0f} MiB: {beyond:+.0f} MiB"
        )
        bar = {"x": LABELS, "y": y - 6, "height": 12, "fill": ENGINE_COLOURS[result.engine]}
        inner = min(scale(tensors / MIB), x) - LABELS
        return [
            element("rect", said, **bar, width=max(x - LABELS, 1.0), opacity=0.4),
            element("rect", said, **bar, width=max(inner, 0.0)),
            line((limit, y - 8), (limit, y + 8), class_="limit"),
            text(max(x, limit) + 8, y + 4, f"{beyond:+.0f} MiB", class_="value"),
        ]

    labels = [f"{comparison.case}  {result.engine}" for comparison, result in results]
    shapes = _rows(labels, _axis(scale, height, " MiB"), draw, row)
    return picture(WIDTH, height, shapes, "peak resident memory of one read over the idle process")


def cold(pairs: Sequence[tuple[Comparison, Comparison]]) -> str:
    """Draw the times of (warm, cold) pairs: from a hollow point, warm, to a full one, cold."""
    found = [
        (cold.case, name, warm.results[name].milliseconds, cold.results[name].milliseconds)
        for warm, cold in pairs
        for name in engines_of([cold])
        if name in warm.results and warm.results[name].samples_ms and cold.results[name].samples_ms
    ]
    if not found:
        return ""
    every = [value for *_, warm, cold in found for value in (warm, cold)]
    scale = Scale(min(every) * 0.8, max(every) * 1.25, LABELS, WIDTH - RIGHT)
    cases = list(dict.fromkeys(case for case, *_ in found))
    row = 44.0
    height = TOP + row * len(cases) + BOTTOM

    def draw(i: int, y: float) -> list[str]:
        shapes = []
        ours = [entry for entry in found if entry[0] == cases[i]]
        for k, (case, name, warm, cold) in enumerate(ours):
            level = y + 9 * (k - (len(ours) - 1) / 2)
            colour = ENGINE_COLOURS[name]
            said = f"{case}, {name}\nwarm {number(warm)} ms, cold {number(cold)} ms"
            ends = (scale(warm), level), (scale(cold), level)
            spot = {"cy": level, "r": 3.2, "stroke": colour, "stroke_width": 1.6}
            link = line(*ends, stroke=colour, stroke_width=2, opacity=0.5)
            hollow = element("circle", cx=ends[0][0], **spot, fill="#fff")
            full = element("circle", cx=ends[1][0], **spot, fill=colour)
            shapes.append(group([link, hollow, full], said))
        return shapes

    shapes = _rows(cases, _axis(scale, height, " ms"), draw, row)
    return picture(WIDTH, height, shapes, "times with a cold and a warm page cache")
