# SPDX-License-Identifier: BSD-3-Clause
"""What is made of a run: intervals of noise, the verdict, the page, the table of README.md."""

import copy
import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from statistics import median

import noise
import numpy as np
import pytest
import readme_table
import report
from case import PEAK_LIMIT, TARGETS
from cases import CASES
from charts import ENGINE_COLOURS, GROUP_COLOURS
from exceptions import EXCEPTIONS, Excused
from families import GROUPS, group_of
from gate import checks, exemptions
from page import html
from results import OURS, Comparison, Result, Run, load
from svg import Scale

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "benchmarks"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VOID = {"meta", "br"}


@pytest.fixture
def run():
    return load([DATA / "run.jsonl"])


@pytest.fixture
def baseline():
    return load([DATA / "baseline.jsonl"])


def comparison(case="read/made_up", family="small image", cached_by=(), **times):
    results = {name: Result(name, list(samples), bytes=1) for name, samples in times.items()}
    return Comparison(case, family, 1.5, None, 2, "warm", "read_image()", cached_by, results)


# Noise


def test_samples_that_never_vary_have_no_noise():
    found = noise.best_ratio(comparison(torchfits=[2.0] * 5, astropy=[6.0] * 5, fitsio=[5.0] * 5))
    assert found == noise.Interval(2.5, 2.5, 2.5)


def test_what_disturbs_a_round_cancels():
    ours = [1.0, 3.0, 9.0, 2.0, 7.0]
    found = noise.best_ratio(comparison(torchfits=ours, fitsio=[2 * time for time in ours]))
    assert found == noise.Interval(2.0, 2.0, 2.0)


def test_an_interval_is_that_of_all_draws():
    peer, ours = [1.0, 2.0, 4.0], [1.0, 1.0, 1.0]
    draws = sorted(median(draw) for draw in product(peer, repeat=3))
    # 7 of 27 draws give 1, 13 give 2, 7 give 4: the outer 2.5 % are 1 and 4.
    assert [draws.count(value) for value in peer] == [7, 13, 7]
    assert noise.best_ratio(comparison(torchfits=ours, fitsio=peer)) == noise.Interval(1, 2, 4)


def test_draws_come_as_often_as_they_should():
    drawn = Counter(noise.medians([[1.0, 2.0, 4.0]])[0, 1:])
    assert sum(drawn.values()) == noise.DRAWS
    for value, share in {1.0: 7 / 27, 2.0: 13 / 27, 4.0: 7 / 27}.items():
        assert drawn[value] / noise.DRAWS == pytest.approx(share, abs=0.04)


def test_the_interval_holds_the_true_ratio_most_of_the_time():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        ours = np.exp(rng.normal(0, 0.1, 15))
        peer = 1.5 * np.exp(rng.normal(0, 0.1, 15))
        found = noise.best_ratio(comparison(torchfits=ours, fitsio=peer))
        held += found.low <= 1.5 <= found.high
    assert 0.9 <= held / 200 <= 0.995


def test_two_rounds_say_nothing_about_noise():
    found = noise.best_ratio(comparison(torchfits=[1.0, 1.0], fitsio=[0.5, 0.5]))
    assert (found.low, found.value, found.high) == (0, 0.5, float("inf"))


def test_the_best_peer_may_be_another_one_in_each_draw():
    peers = {"astropy": [2.0, 2.0, 2.0], "fitsio": [1.0, 3.0, 3.0]}
    found = noise.best_ratio(comparison(torchfits=[1.0] * 3, **peers))
    assert (found.low, found.value, found.high) == (1, 2, 2)


def test_only_peers_that_read_and_are_right_are_compared():
    made = comparison(
        cached_by=("pypi",),
        torchfits=[2.0] * 3,
        astropy=[4.0] * 3,
        fitsio=[1.0] * 3,
        pypi=[0.1] * 3,
    )
    made.results["fitsio"].problem = "differs"
    assert made.ratios() == {"astropy": 2.0}
    made.results[OURS].problem = "differs"
    assert made.ratios() == {}
    assert noise.best_ratio(made) is None


@pytest.mark.parametrize(
    ("ours", "peer", "expected", "word"),
    [
        (2.0, 4.0, 1.0, "same"),  # the machine is half as fast as it was
        (1.5, 2.0, 1.5, "slower"),
        (0.5, 2.0, 0.5, "faster"),
        (1.05, 2.0, 1.05, "same"),  # within the margin
    ],
)
def test_a_change_is_one_against_the_peers(ours, peer, expected, word):
    before = comparison(torchfits=[1.0] * 5, fitsio=[2.0] * 5)
    found = noise.change(comparison(torchfits=[ours] * 5, fitsio=[peer] * 5), before)
    assert found.value == pytest.approx(expected)
    assert noise.verdict(found) == word


def test_a_change_that_noise_explains_is_none():
    before = comparison(torchfits=[1.0, 2.0, 1.0, 2.0, 1.0], fitsio=[2.0] * 5)
    now = comparison(torchfits=[2.0, 1.0, 2.0, 1.0, 2.0], fitsio=[2.0] * 5)
    found = noise.change(now, before)
    assert found.value == pytest.approx(2)
    assert noise.verdict(found) == "same"


def test_without_a_shared_peer_times_are_compared_as_they_are():
    before = comparison(torchfits=[1.0] * 3, astropy=[9.0] * 3)
    now = comparison(torchfits=[3.0] * 3, fitsio=[1.0] * 3)
    assert noise.change(now, before).value == pytest.approx(3)
    assert noise.change(comparison(fitsio=[1.0] * 3), before) is None


# Records


def test_records_come_back_as_they_were(run):
    lines = [json.loads(line) for line in (DATA / "run.jsonl").read_text().splitlines()]
    assert [line for each in run.comparisons for line in each.lines()] == lines


def test_the_last_of_several_runs_counts(tmp_path):
    later = tmp_path / "later.jsonl"
    changed = comparison("table/mixed_1000", torchfits=[9.0], astropy=[9.0])
    later.write_text("\n".join(map(json.dumps, changed.lines())) + "\n")
    run = load([DATA / "run.jsonl", later])
    assert run.by_case()["table/mixed_1000"] == changed
    assert len(run.comparisons) == len(load([DATA / "run.jsonl"]).comparisons)
    assert run.machine["cpu"] == "A processor"


def test_cases_of_one_call_are_paired(run):
    threads = [(one.case, more.case) for one, more in run.thread_pairs()]
    assert threads == [
        ("read/large_float32_2d/1_thread", "read/large_float32_2d"),
        ("read/comp_i2_RICE_1/1_thread", "read/comp_i2_RICE_1"),
    ]
    caches = [(warm.case, cold.case) for warm, cold in run.cache_pairs()]
    assert caches == [("read/large_float32_2d", "cold/large_float32_2d")]


def test_every_cold_and_one_thread_case_has_its_twin():
    for case in CASES:
        if case.cold or case.threads == 1:
            twins = [
                other
                for other in CASES
                if other.call == case.call and other.benchmark != "memory" and not other.cold
            ]
            assert [other for other in twins if other.threads is None], case.name


# The gate


def verdicts(run, exceptions=EXCEPTIONS):
    return {check.name: check for check in checks(run, exceptions)}


def failing(run, exceptions=EXCEPTIONS):
    return [name for name, check in verdicts(run, exceptions).items() if not check.passed]


def slowed(run, case, factor):
    """Return the run with our time of one case made longer."""
    changed = copy.deepcopy(run)
    ours = changed.by_case()[case].results[OURS]
    ours.samples_ms = [factor * time for time in ours.samples_ms]
    return changed


def test_a_good_run_passes(run):
    found = verdicts(slowed(run, "read/large_float32_2d/1_thread", 0.5))
    assert [check.name for check in found.values() if not check.passed] == []
    assert found["median against astropy"].figure.startswith("5.44 over 14")  # (49 / 12.6 + 7) / 2
    assert found["peak memory beyond the tensors"].figure == "10 MiB at most"


def test_a_case_below_its_best_peer_fails(run):
    (name,) = failing(run)
    assert name.startswith("no case slower")
    (case,) = verdicts(run)[name].failing
    assert case.startswith("read/large_float32_2d/1_thread: 0.92 (")
    excused = EXCEPTIONS | {"read/large_float32_2d/1_thread": Excused(0.9, "made up for a test")}
    assert failing(run, excused) == []
    too_high = EXCEPTIONS | {"read/large_float32_2d/1_thread": Excused(0.97, "made up for a test")}
    assert failing(run, too_high) == [name]


def test_a_case_below_within_noise_passes():
    ours = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    made = Run([comparison(torchfits=ours, fitsio=[1.9] * 7)], {})
    assert made.comparisons[0].ratios()["fitsio"] < 1
    assert "no case slower than its best peer, beyond noise and exceptions" not in failing(made)


@pytest.mark.parametrize("peer", ["the best peer", "astropy", "fitsio"])
def test_a_median_below_its_limit_fails(peer):
    limit = {"the best peer": 1.5}.get(peer, 3.0)
    name = peer if peer in {"astropy", "fitsio"} else "pypi"

    def made(ratios):
        return Run([comparison(torchfits=[1.0] * 3, **{name: [r] * 3}) for r in ratios], {})

    assert f"median against {peer}" not in failing(made([1.2, limit, 9.0]))
    assert f"median against {peer}" in failing(made([1.2, limit - 0.01, 9.0]))


@pytest.mark.parametrize(
    ("case", "check"),
    [
        ("read/comp_i2_RICE_1", "compressed images against astropy"),
        ("cutout/comp_i2_tiled", "cutouts against astropy"),
    ],
)
def test_a_small_read_has_to_beat_astropy_by_a_third(run, case, check):
    ratio = run.by_case()[case].ratios()["astropy"]
    assert check not in failing(slowed(run, case, ratio / 1.31))
    found = verdicts(slowed(run, case, ratio / 1.29))[check]
    assert not found.passed
    assert found.failing == (f"{case}: 1.29",)


def test_a_check_says_how_many_cases_are_excepted(run):
    case = run.by_case()["cutout/50_large_float32"]
    check = "cutouts against astropy"
    assert verdicts(run)[check].figure == "50.00 at least, 1 excepted"
    assert verdicts(Run([case], {}))[check].figure == "1 excepted"
    assert verdicts(run, {})[check].failing == ("cutout/50_large_float32: 0.70",)


def test_memory_beyond_the_tensors_is_bounded(run):
    ours = run.by_case()["memory/mixed_10000000"].results[OURS]
    check = "peak memory beyond the tensors"
    ours.memory["peak"] = ours.memory["idle"] + ours.bytes + PEAK_LIMIT
    assert check not in failing(run)
    ours.memory["peak"] += 1
    assert check in failing(run)


def test_a_wrong_output_fails(run):
    run.by_case()["header/500_all"].results[OURS].problem = "differs from astropy: names"
    assert verdicts(run)["outputs equal those of the peers"].failing == (
        "header/500_all: differs from astropy: names",
    )


def test_what_was_not_measured_does_not_pass():
    assert all(not check.passed for check in checks(Run([], {}), {}))


def test_the_state_of_an_exception(run):
    made = {
        "cutout/50_large_float32": Excused(0.35, "is at 0.5"),
        "read/tiny_float32_2d": Excused(0.9, "is at 2.5"),
        "read/large_float32_2d/1_thread": Excused(0.97, "is at 0.92"),
        "read/large_int16_2d": Excused(0.9, "was left out"),
    }
    states = {each.case: each.state for each in exemptions(run, made)}
    assert list(states.values()) == ["needed", "no longer needed", "exceeded", "not measured"]


def test_exceptions_name_cases_and_reasons():
    names = {case.name for case in CASES}
    for case, excused in EXCEPTIONS.items():
        assert case in names
        assert 0 < excused.down_to < 1.3
        assert len(excused.reason.split()) >= 8


# The page


class Balanced(HTMLParser):
    """Collects text and words of hover, and fails where a tag does not end."""

    def __init__(self):
        super().__init__()
        self.open, self.said, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def parsed(page):
    reader = Balanced()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_shows_every_case_and_part(run, baseline):
    page = parsed(html(run, EXCEPTIONS, baseline))
    said = "\n".join(page.said)
    assert not [each.case for each in run.comparisons if each.case not in said]
    parts = "gate ratios baseline throughput threads memory cold times problems machine"
    assert page.ids == parts.split()
    assert "RuntimeError: <b>no space</b>" in said  # escaped, so that it is text
    assert "A processor" in said


def test_the_page_needs_nothing_but_itself(run, baseline):
    page = html(run, EXCEPTIONS, baseline)
    assert not re.search(r"https?://|\bsrc=|<link|@import|url\(", page)


def test_the_page_lists_the_worst_case_first(run):
    plot = html(run, EXCEPTIONS).partition('id="ratios"')[2].partition("</section>")[0]
    shown = [float(value) for value in re.findall(r'class="value">([\d.]+)<', plot)]
    assert len(shown) == len(run.timed())
    assert shown == sorted(shown)
    assert shown[0] == 0.5
    assert 'class="grid one"' in plot


def test_the_page_marks_regressions(run, baseline):
    part = html(run, EXCEPTIONS, baseline).partition('id="baseline"')[2].partition("</section>")[0]
    assert re.findall(
        r"<td>([^<]+)</td>[^/]*/td>[^/]*/td>[^/]*/td>[^/]*/td><td class=.slower", part
    )
    rows = re.findall(r"<tr>(<td>.*?)</tr>", part)
    states = {re.match(r"<td>([^<]+)", row)[1]: row.rpartition('">')[2][:6] for row in rows}
    assert states["read/tiny_float32_2d"] == "slower"
    assert states["table/mixed_1000"] == "faster"
    assert states["header/500_all"] == "same</"
    assert len(states) == len(run.timed())


def test_a_page_of_nothing_and_of_part_of_a_run(run):
    parsed(html(Run([], {}), {}))
    for each in run.comparisons:
        parsed(html(Run([each], run.machine), EXCEPTIONS, run))


def test_families_have_one_group_and_groups_a_colour():
    families = Counter(family for group in GROUPS.values() for family in group)
    assert families == Counter(dict.fromkeys(TARGETS, 1))
    assert set(GROUP_COLOURS) == set(GROUPS)
    assert group_of("GZIP") == "compressed images"
    assert {engine for case in CASES for engine in case.engines} == set(ENGINE_COLOURS)


def test_scales():
    log = Scale(0.1, 1000, 0, 400)
    assert [log(0.1), log(1), log(1000), log(10**9), log(0)] == pytest.approx([0, 100, 400, 400, 0])
    assert log.ticks()[:4] == pytest.approx([0.1, 0.2, 0.5, 1])
    even = Scale(0, 1100, 100, 210, is_log=False)
    assert [even(0), even(550)] == pytest.approx([100, 155])
    assert even.ticks() == [0, 200, 400, 600, 800, 1000]


@pytest.fixture
def browser(tmp_path):
    """Return a function that opens a page in a real browser and returns what it prints."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")

    def show(page, *options):
        command = [found, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={tmp_path / 'profile'}", *options, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        return done.stdout

    return show


def test_a_browser_draws_the_page(browser, tmp_path, run, baseline):
    image = pytest.importorskip("PIL.Image")
    page, shot = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(html(run, EXCEPTIONS, baseline))
    browser(page, "--window-size=1240,4200", f"--screenshot={shot}")
    with image.open(shot) as picture:
        assert picture.size == (1240, 4200)
        colours = {at: n for n, at in picture.convert("RGB").getcolors(2**24)}
    for colour in (*ENGINE_COLOURS.values(), GROUP_COLOURS["compressed images"], "#c92a2a"):
        assert colours.get(tuple(bytes.fromhex(colour[1:])), 0) > 20, colour


def test_a_browser_sorts_the_table(browser, tmp_path, run):
    page = tmp_path / "report.html"
    click = '<script>document.querySelectorAll("#times th")[1].click()</script></body>'
    page.write_text(html(run, EXCEPTIONS).replace("</body>", click))
    times = browser(page, "--dump-dom").partition('id="times"')[2].partition("</table>")[0]
    shown = [float(time) for time in re.findall(r'class="ours" data-key="([^"]+)"', times)]
    assert len(shown) == 15
    assert shown == sorted(shown)
    assert 'data-sort="up"' in times


# The command


def test_the_command_writes_the_page_and_judges(tmp_path, capsys):
    output = tmp_path / "new" / "report.html"
    given = [str(DATA / "run.jsonl"), "--output", str(output)]
    assert report.main(given) == 0
    parsed(output.read_text())
    assert report.main([*given, "--gate"]) == 1
    printed = capsys.readouterr().out
    assert "FAILS  no case slower" in printed
    assert "passes median against fitsio" in printed


def test_the_command_opens_its_gate(tmp_path, run, monkeypatch):
    lines = (
        line
        for each in slowed(run, "read/large_float32_2d/1_thread", 0.5).comparisons
        for line in each.lines()
    )
    good = tmp_path / "good.jsonl"
    good.write_text("\n".join(map(json.dumps, lines)))
    assert report.main([str(good), "--output", str(tmp_path / "r.html"), "--gate"]) == 0


def test_the_command_takes_the_newest_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(report, "RUNS", tmp_path)
    assert report.main([]) == 2
    assert "benchmarks/run.py makes one" in capsys.readouterr().err
    for name in ("smoke-20261123T000000Z", "benchmarks-20261122T000000Z", "made-up"):
        shutil.copy(DATA / "run.jsonl", tmp_path / f"{name}.jsonl")
    assert report.newest(tmp_path).stem == "smoke-20261123T000000Z"
    assert report.main([str(tmp_path / "none.jsonl")]) == 2


def test_a_stored_baseline_shows_no_change(tmp_path, run):
    stored = tmp_path / "baseline.jsonl"
    report.store_baseline(run, stored)
    earlier = load([stored])
    assert [each.case for each in earlier.comparisons] == [each.case for each in run.timed()]
    for each in run.timed():
        assert noise.change(each, earlier.by_case()[each.case]).value == pytest.approx(1)


# README.md


def full_run(run):
    """Return a run of every case that README.md shows."""
    known = run.by_case()
    made = (
        comparison(case, torchfits=[1.0], astropy=[4.0], fitsio=[3.0])
        for case in readme_table.CASES
    )
    return Run([known.get(each.case, each) for each in made] + run.memory(), run.machine)


def test_the_readme_takes_its_figures_from_a_run(run):
    text = f"# A\n{readme_table.BEGIN}\nold\n{readme_table.END}\n\nB\n"
    after = readme_table.replaced(text, full_run(run))
    assert "old" not in after
    assert "| read/tiny_float32_2d | 0.008 | 0.4 | 0.036 | 0.02 | 2.50 |" in after
    assert "big_float32 (torchfits +8, astropy +549, fitsio +0, pypi +1)" in after
    assert "Another reader is faster in: cutout/50_large_float32." in after
    assert "A processor, 2 cores" in after
    assert readme_table.replaced(after, full_run(run)) == after
    check_figures(after)


def test_the_readme_takes_a_full_run_only(run):
    text = f"{readme_table.BEGIN}\n{readme_table.END}"
    with pytest.raises(ValueError, match="takes a full run"):
        readme_table.replaced(text, run)
    with pytest.raises(ValueError, match="has no line"):
        readme_table.replaced("no marks", full_run(run))


def check_figures(text):
    """Each row names a case, and its ratio is that of the figures beside it."""
    part = text.partition(readme_table.BEGIN)[2].partition(readme_table.END)[0]
    header, rule, *rows = re.findall(r"^\| (.+) \|$|^(\|---.+)\|$", part, re.MULTILINE)
    assert header[0].split(" | ") == [
        "case",
        "torchfits",
        "astropy",
        "fitsio",
        "PyPI's",
        "best other / ours",
    ]
    assert "---:" in "".join(rule)
    assert len(rows) >= 20
    for row in rows:
        case, ours, *peers, ratio = row[0].split(" | ")
        assert case in {known.name for known in CASES}
        times = [float(peer) for peer in peers if re.fullmatch(r"[\d.]+", peer)]
        assert float(ratio) == pytest.approx(min(times) / float(ours), rel=0.02)


def test_the_figures_of_the_readme_agree():
    text = (ROOT / "README.md").read_text()
    assert text.count(readme_table.BEGIN) == text.count(readme_table.END) == 1
    check_figures(text)
    assert set(readme_table.CASES) <= {case.name for case in CASES}
