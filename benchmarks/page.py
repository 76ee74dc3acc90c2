# SPDX-License-Identifier: BSD-3-Clause
"""The report as one HTML page that needs nothing but itself."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import charts
from case import PEAK_LIMIT
from families import group_of
from gate import FLOOR, checks, exemptions
from noise import best_ratio, change, verdict
from results import OURS
from summary import engines_of, is_busy, number, problems, time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exceptions import Excused
    from noise import Interval
    from results import Comparison, Run

HERE = Path(__file__).resolve().parent
IMAGES = ("small image", "bulk float", "bulk 8/16 bit")
TABLES = ("small table", "table", "huge table", "spectra")
STATE_CLASS = {"needed": "soft", "no longer needed": "good", "exceeded": "bad"}


def _cell(content: str, kind: str = "", key: float | None = None) -> str:
    attributes = f' class="{kind}"' if kind else ""
    if key is not None:
        attributes += f' data-key="{"" if math.isinf(key) else key}"'
    return f"<td{attributes}>{content}</td>"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]], *, sorts: bool = False) -> str:
    mark = ' data-sort="no" title="click to sort"' if sorts else ""
    lines = [list(row) for row in rows]
    words = ['class="words"' in cell for cell in lines[0]] if lines else []
    head = "".join(
        f"<th{mark}{' class=words' if left else ''}>{heading}</th>"
        for heading, left in zip(headings, words, strict=True)
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _section(name: str, title: str, about: str, *content: str) -> str:
    """Return a section, or nothing where the run holds nothing for it."""
    if not any(content):
        return ""
    about = f'<p class="soft">{about}</p>' if about else ""
    return f'<section id="{name}"><h2>{title}</h2>{about}{"".join(content)}</section>'


def _card(figure: str, words: str, kind: str = "") -> str:
    return f'<div class="card"><b class="{kind}">{figure}</b><span>{words}</span></div>'


def _cards(run: Run) -> str:
    found = [ratios for comparison in run.timed() if (ratios := comparison.ratios())]
    cards = []
    if found:
        best = [min(ratios.values()) for ratios in found]
        cards.append(_card(f"{median(best):.2f}x", "median against the best peer of each case"))
        for peer in ("astropy", "fitsio", "pypi"):
            against = [ratios[peer] for ratios in found if peer in ratios]
            if against:
                cards.append(_card(f"{median(against):.2f}x", f"median against {peer}"))
        ahead = sum(ratio >= FLOOR for ratio in best)
        cards.append(_card(f"{ahead}/{len(best)}", "cases no slower than any peer"))
    ours = [each.ours for each in run.memory() if each.ours and each.ours.memory]
    if ours:
        beyond = max(result.over_idle - (result.bytes or 0) for result in ours)
        kind = "" if beyond <= PEAK_LIMIT else "bad"
        cards.append(_card(f"{beyond / 2**20:+.0f} MiB", "peak memory beyond the tensors", kind))
    return f'<div class="cards">{"".join(cards)}</div>'


def _gate(run: Run, exceptions: Mapping[str, Excused]) -> str:
    rows = []
    for check in checks(run, exceptions):
        mark = '<b class="good">passes</b>' if check.passed else '<b class="bad">fails</b>'
        failing = "".join(f"<li>{escape(case)}</li>" for case in check.failing)
        words = escape(check.name) + (f"<ul>{failing}</ul>" if failing else "")
        cells = (_cell(escape(check.limit)), _cell(escape(check.figure)), _cell(mark))
        rows.append([_cell(words, "words"), *cells])
    gate = _table(("condition", "limit", "found", "verdict"), rows)
    rows = [
        [
            _cell(escape(each.case)),
            _cell("-" if each.ratio is None else f"{each.ratio:.2f}"),
            _cell(f"{each.excused.down_to:g}"),
            _cell(each.state, STATE_CLASS.get(each.state, "soft")),
            _cell(escape(each.excused.reason), "words"),
        ]
        for each in exemptions(run, exceptions)
    ]
    headings = ("exception", "best peer / ours", "down to", "state", "reason")
    return gate + (f"<br>{_table(headings, rows)}" if rows else "")


def _time_cell(comparison: Comparison, engine: str) -> str:
    shown = escape(time_of(comparison, engine))
    result = comparison.results.get(engine)
    if result is None or not result.samples_ms:
        return _cell(shown, key=float("inf"))
    return _cell(shown, "ours" if engine == OURS else "", result.milliseconds)


def _case_cell(comparison: Comparison) -> str:
    group = group_of(comparison.family)
    square = f'<i class="group" style="background:{charts.GROUP_COLOURS[group]}"></i>'
    said = escape(f"{group}: {comparison.call}", quote=True)
    return f'<td title="{said}">{square}{escape(comparison.case)}</td>'


def _times(timed: list[Comparison]) -> str:
    engines = engines_of(timed)
    rows = []
    for comparison in timed:
        found = best_ratio(comparison)
        ratio, noise = _cell("-", key=float("inf")), ""
        if found is not None:
            kind = "low" if found.high < FLOOR else ""
            ratio = _cell(f"{found.value:.2f}", kind, found.value)
            noise = f"{found.low:.2f} to {found.high:.2f}"
        times = (_time_cell(comparison, name) for name in engines)
        target = _cell(f"{comparison.target:g}")
        rows.append([_case_cell(comparison), *times, ratio, _cell(noise, "soft"), target])
    named = (f"{name} ms" for name in engines)
    headings = ("case", *named, "best / ours", "95 %", "target")
    return _table(headings, rows, sorts=True) if rows else ""


def _changes(run: Run, baseline: Run | None) -> str:
    if baseline is None:
        return ""
    before = baseline.by_case()
    found: dict[str, list[tuple[Comparison, Interval]]] = {"slower": [], "faster": [], "same": []}
    for comparison in run.timed():
        if comparison.case in before:
            interval = change(comparison, before[comparison.case])
            if interval is not None:
                found[verdict(interval)].append((comparison, interval))
    counts = ", ".join(f"{len(pairs)} {kind}" for kind, pairs in found.items())
    content = [f"<p>Cases: {counts}.</p>"]
    for kind, pairs in found.items():
        pairs.sort(key=lambda pair: -pair[1].value)
        rows = []
        for comparison, interval in pairs:
            result, earlier = comparison.ours, before[comparison.case].ours
            if result is None or earlier is None:
                continue
            cells = (
                f"{number(earlier.milliseconds)}",
                f"{number(result.milliseconds)}",
                f"{interval.value:.2f}",
                f"{interval.low:.2f} to {interval.high:.2f}",
            )
            rows.append([_cell(escape(comparison.case)), *map(_cell, cells), _cell(kind, kind)])
        headings = ("case", "baseline ms", "now ms", "change of time", "95 %", "verdict")
        if not rows:
            continue
        listed = _table(headings, rows)
        closed = f"<details><summary>{len(rows)} unchanged</summary>{listed}</details>"
        content.append(closed if kind == "same" else listed + "<br>")
    return "".join(content)


def _machine(run: Run) -> str:
    facts = {key: value for key, value in run.machine.items() if key != "versions"}
    pairs = [(key.replace("_", " "), str(value)) for key, value in facts.items()]
    for engine, versions in run.machine.get("versions", {}).items():
        pairs.append((engine, ", ".join(f"{name} {version}" for name, version in versions.items())))
    return f"<dl>{''.join(f'<dt>{escape(k)}</dt><dd>{escape(v)}</dd>' for k, v in pairs)}</dl>"


def _problems(run: Run) -> str:
    rows = [
        [
            _cell(escape(each.case)),
            _cell(result.engine, "words"),
            _cell(escape(result.problem or ""), "words"),
        ]
        for each, result in problems(run.comparisons)
    ]
    return _table(("case", "engine", "why"), rows) if rows else ""


def _throughput(run: Run) -> str:
    def whole(benchmark: str, families: tuple[str, ...]) -> list[Comparison]:
        most = max((each.threads for each in run.comparisons), default=1)
        return [
            each
            for each in run.timed()
            if (each.benchmark, each.threads) == (benchmark, most) and each.family in families
        ]

    pictures = (
        charts.throughput(whole("read", IMAGES), "images, whole"),
        charts.throughput(whole("table", TABLES), "tables, whole"),
    )
    return f'<div class="pair">{"".join(pictures)}</div>' if any(pictures) else ""


def _sections(run: Run, exceptions: Mapping[str, Excused], baseline: Run | None) -> list[str]:
    engines = {name: charts.ENGINE_COLOURS[name] for name in engines_of(run.comparisons)}
    peers = {name: colour for name, colour in engines.items() if name != OURS}
    readers = {name: colour for name, colour in engines.items() if name not in {"pandas", "polars"}}
    below = {"slower than a peer": charts.BELOW, "within noise": charts.BELOW_WITHIN_NOISE}
    by_engine = charts.legend(readers)
    return [
        _section(
            "gate",
            "Conditions",
            "What a run must show. Exceptions are written down.",
            _gate(run, exceptions),
        ),
        _section(
            "ratios",
            "Time of the best peer divided by ours",
            "Worst first, on a logarithmic scale: right of the line at 1, torchfits is faster. "
            "Bars go to the best peer, points are all peers, the black whisker holds 95 % of a "
            "bootstrap over rounds.",
            charts.legend(charts.GROUP_COLOURS | below) + charts.legend(peers)
            if (drawn := charts.ratios(run.timed()))
            else "",
            drawn,
        ),
        _section(
            "baseline",
            "Against the baseline",
            "Our time relative to the peers' times of the same run, now divided by then. Marked "
            "where the whole interval lies on one side of 1 and the change is more than a tenth.",
            _changes(run, baseline),
        ),
        _section("throughput", "Throughput against size", by_engine, _throughput(run)),
        _section(
            "threads",
            "One thread and several",
            "How many times as fast each engine is with all threads as on one core with one."
            + by_engine,
            charts.scaling(run.thread_pairs()),
        ),
        _section(
            "memory",
            "Peak memory",
            "Resident memory of one read in a fresh process, over the idle process. Dark: the "
            "tensors that are returned. The mark is at the tensors plus "
            f"{PEAK_LIMIT // 2**20} MiB, the figure what came on top." + by_engine,
            charts.memory(run.memory()),
        ),
        _section(
            "cold",
            "Cold and warm page cache",
            "Hollow: the file is in memory already; full: every byte comes from the disk."
            + by_engine,
            charts.cold(run.cache_pairs()),
        ),
        _section(
            "times",
            "All cases",
            "Medians in milliseconds; a click on a heading sorts. (cached): answered from memory, "
            "not compared.",
            _times([each for each in run.timed() if not each.in_memory]),
            _times([each for each in run.timed() if each.in_memory]),
        ),
        _section("problems", "Not compared", "", _problems(run)),
        _section("machine", "Machine and versions", "", _machine(run)),
    ]


def _range(counts: list[int]) -> str:
    ends = sorted({min(counts), max(counts)})
    return " to ".join(str(end) for end in ends)


def html(run: Run, exceptions: Mapping[str, Excused], baseline: Run | None = None) -> str:
    """Return the whole page."""
    sections = [section for section in _sections(run, exceptions, baseline) if section]
    names = [section.partition('id="')[2].partition('"')[0] for section in sections]
    links = "".join(f'<a href="#{name}">{name}</a>' for name in names)
    machine = run.machine
    rounds = [
        len(each.ours.samples_ms) for each in run.timed() if each.ours and each.ours.samples_ms
    ]
    facts = [
        str(machine.get("date", "")),
        f"{machine.get('cpu', 'unknown processor')}, {machine.get('cores', '?')} cores",
        f"{len(run.comparisons)} cases",
        f"{_range(rounds)} rounds" if rounds else "",
    ]
    busy = '<p class="bad">The machine was busy when the run began: figures are noisy.</p>'
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>torchfits benchmarks</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{(HERE / "page.css").read_text()}</style></head>
<body><main><h1>torchfits benchmarks</h1>
<p class="soft">{escape(" · ".join(fact for fact in facts if fact))}</p>
{busy if machine and is_busy(machine) else ""}
{_cards(run)}<nav>{links}</nav>
{"".join(sections)}
</main><script>{(HERE / "page.js").read_text()}</script></body></html>
"""
