# SPDX-License-Identifier: BSD-3-Clause
"""The parts of the benchmark harness: cases, recipes, outputs, rounds, the live process."""

import argparse
import ast
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cases
import numpy as np
import operations
import outputs
import page_cache
import pytest
import recipes
import run as runner
from case import FILE_ENGINES, TARGETS, Case
from cases import CASES
from live_engine import ENGINES, EngineError, LiveEngine
from recipes import Folder, Image
from results import OURS, Result
from summary import markdown

ROOT = Path(__file__).resolve().parents[2]
ENGINE_FILES = ROOT / "benchmarks" / "engines"
TINY = Case("read/made_up", "small image", Image("made_up", (8, 8), "float32"), "read_image")


def offered(engine):
    """Return the parameters of each function of an engine, without importing its library."""
    found = {}
    tree = ast.parse((ENGINE_FILES / f"{engine}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = {arg.arg for arg in node.args.args + node.args.kwonlyargs}
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("engines."):
            given = offered(node.module.removeprefix("engines."))
            found |= {alias.name: given[alias.name] for alias in node.names if alias.name in given}
    return found


# Cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_has_a_recipe_and_engines_that_offer_its_operation(case):
    assert isinstance(case.recipe, recipes.Recipe)
    assert type(case.recipe).write is not recipes.Recipe.write
    assert case.target == TARGETS[case.family]
    able = [name for name in case.engines if case.operation in offered(name)]
    assert OURS in able
    assert len(able) >= 2
    for name in able:
        assert set(case.arguments) <= offered(name)[case.operation], name


def test_names_of_cases_and_recipes_are_unique():
    assert len({case.name for case in CASES}) == len(CASES)
    made = {case.recipe.name: case.recipe for case in CASES}
    assert all(made[case.recipe.name] == case.recipe for case in CASES)
    for engine in ENGINES:
        assert {"versions", "set_threads"} <= set(offered(engine))


def test_cases_are_chosen_by_pattern():
    def chosen(pattern, **options):
        return [case.name for case in cases.select(pattern, **{"smoke": False} | options)]

    assert chosen("*") == [case.name for case in CASES]
    assert chosen("read/big*") == [
        "read/big_float32",
        "read/big_float32/1_thread",
        "read/big_int16",
    ]
    assert chosen("header/tiny,hdus/count") == ["header/tiny", "hdus/count_300"]
    assert all(case.smoke for case in cases.select("*", smoke=True))
    assert chosen("no such case") == []


def test_a_call_is_named_for_readers():
    by_name = {case.name: case.call for case in CASES}
    assert (
        by_name["cutout/50_comp_f4_RICE_1"]
        == "cutouts(comp_f4_RICE_1.fits, boxes=50 of them, hdu=1)"
    )
    assert by_name["cutout/comp_f4_RICE_1"] != by_name["cutout/50_comp_f4_RICE_1"]


# Recipes


def test_files_are_made_once_and_again_when_their_recipe_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "DATA", tmp_path)
    announced = []
    wanted = [Image("a", (4, 5), "int16"), Folder("b", 2, (3,), keywords=1)]
    recipes.make_files(wanted, announced.append)
    first = (tmp_path / "a.fits").read_bytes()
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["00000.fits", "00001.fits"]
    recipes.make_files(wanted, announced.append)
    assert announced == ["making a.fits", "making b"]
    (tmp_path / "a.fits").unlink()
    recipes.make_files(wanted, announced.append)
    assert (tmp_path / "a.fits").read_bytes() == first
    recipes.make_files([Image("a", (4, 6), "int16")], announced.append)
    assert announced[2:] == ["making a.fits"] * 2
    assert b"NAXIS1  =                    6" in (tmp_path / "a.fits").read_bytes()


# Outputs


class Column:
    """A column of a data frame, which is what an array has to come from."""

    def __init__(self, array):
        self.array = array

    def to_numpy(self):
        return self.array


def in_parts(value, text_columns=()):
    wrapped = {
        name: Column(item) if isinstance(item, np.ndarray) else item for name, item in value.items()
    }
    return outputs.parts(wrapped, text_columns, Column.to_numpy)


def apart(one, other, ulp=0):
    """Return how the second output differs from the first."""
    left, right = ({f"part_{k}": v for k, v in side.items()} for side in (one, other))
    marks = (outputs.fingerprint(one), outputs.fingerprint(other))
    return outputs.difference(*marks, lambda: (left, right), ulp)


def test_equal_outputs_have_no_difference():
    one = {"x": np.arange(3, dtype=np.int16), "name": np.array([b"ab", b"c"], "S4"), "n": 5}
    other = {"x": np.arange(3, dtype=np.int16), "name": np.array([b"ab ", b"c\0"], "S7"), "n": 5}
    assert apart(in_parts(one, ("name",)), in_parts(other, ("name",))) is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"y": np.zeros(3, np.int16)}, "names ['y'] instead of ['x']"),
        ({"x": np.zeros(3, np.int32)}, "x is ['int32', [3]] instead of ['int16', [3]]"),
        ({"x": np.zeros((3, 1), np.int16)}, "x is ['int16', [3, 1]] instead"),
        ({"x": np.ones(3, np.int16)}, "values of x differ"),
        ({"x": 5}, "x is ['scalar', []]"),
    ],
)
def test_a_difference_is_said(other, said):
    assert said in apart(in_parts({"x": np.zeros(3, np.int16)}), in_parts(other))


def test_a_scalar_of_another_type_differs():
    assert apart(in_parts({"n": 1}), in_parts({"n": 1.0})) == "values of n differ"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_may_differ_by_units_in_the_last_place(dtype):
    one = np.array([1.0, -1.0, 0.0], dtype)
    other = np.array([np.nextafter(dtype(1), dtype(2)), -1.0, -0.0], dtype)
    pair = in_parts({"": one}), in_parts({"": other})
    assert apart(*pair) == "values of output differ"
    assert apart(*pair, ulp=1) is None
    further = in_parts({"": np.nextafter(other, dtype(9))})
    assert apart(pair[0], further, ulp=1) == "values of output are 2 units in the last place apart"


def test_rows_that_come_in_any_order_are_sorted():
    one = in_parts({"k": np.array([2, 1, 2]), "v": np.array([5.0, 7.0, 4.0])})
    other = in_parts({"k": np.array([1, 2, 2]), "v": np.array([7.0, 4.0, 5.0])})
    assert apart(one, other) is not None
    assert apart(outputs.in_order(one), outputs.in_order(other)) is None


def test_bytes_of_another_order_are_refused():
    with pytest.raises(ValueError, match="not in native byte order"):
        in_parts({"x": np.zeros(3, ">i2")})


def test_bytes_are_counted():
    value = [
        np.zeros(3, np.int16),
        {"a": np.zeros(2), "b": SimpleNamespace(bytes=np.zeros(5, np.uint8))},
    ]
    assert outputs.byte_count(value) == 6 + 16 + 5
    assert outputs.byte_count(None) == 0


# The page cache


def test_pages_go_and_come_back(tmp_path):
    file = Path(recipes.DATA.parent / "data" / "page_cache_test")  # beside the data: a disk
    file.parent.mkdir(exist_ok=True)
    try:
        file.write_bytes(bytes(300_000))
        cached = []
        page_cache.fill([file])
        with file.open("rb") as stream:
            cached.append(page_cache._cached_pages(stream.fileno()))
        try:
            page_cache.drop([file])
        except RuntimeError as error:
            pytest.skip(f"this file system keeps its pages: {error}")
        with file.open("rb") as stream:
            cached.append(page_cache._cached_pages(stream.fileno()))
        assert cached[0] >= 300_000 // 65536
        assert cached[1] == 0
    finally:
        file.unlink()


# Cases bound to engines


def test_a_case_of_many_files_gets_their_list(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "DATA", tmp_path)
    folder = Folder("many", 3, (2,))
    recipes.make_files([folder], lambda _: None)
    engine = SimpleNamespace(read_batch=lambda paths, extra: (paths, extra))
    case = Case("many/made_up", "many files", folder, "read_batch", {"extra": 4})
    paths, extra = operations.bind(engine, case).call()
    assert paths == [str(tmp_path / "many" / f"0000{i}.fits") for i in range(3)]
    assert extra == 4


def test_a_case_that_changes_a_file_has_a_copy_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "DATA", tmp_path)
    monkeypatch.setattr(operations, "DATA", tmp_path)
    recipe = Image("original", (4, 4), "int16")
    recipes.make_files([recipe], lambda _: None)
    before = recipe.path.read_bytes()
    engine = SimpleNamespace(
        __name__="engines.made_up",
        append_image=lambda path, side: Path(path).write_bytes(before + bytes(side)),
        read_image=lambda path, hdu: Path(path).read_bytes()[len(before) :],
    )
    case = Case("update/made_up", "updating", recipe, "append_image", {"side": 10})
    bound = operations.bind(engine, case)
    assert bound.output(bound.call()) == bytes(10)
    assert recipe.path.read_bytes() == before
    bound.restore()
    assert (tmp_path / "changed_made_up.fits").read_bytes() == before


def test_a_written_file_is_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(operations, "DATA", tmp_path)
    asked = []
    engine = SimpleNamespace(
        __name__="engines.made_up",
        write_image=lambda path, target, compress: asked.append((path, target, compress)),
        read_image=lambda path, hdu: (path, hdu),
    )
    case = Case("write/made_up", "writing", TINY.recipe, "write_image", {"compress": "RICE_1"})
    bound = operations.bind(engine, case)
    target = str(tmp_path / "written_made_up.fits")
    assert bound.output(bound.call()) == (target, 1)
    assert asked == [(str(TINY.path), target, "RICE_1")]


# Rounds


class Scripted:
    """Stands in for a live engine: replies as told and notes who is asked when."""

    def __init__(self, name, asked, **replies):
        self.name, self.asked, self.replies = name, asked, replies

    def ask(self, do, _case, **arguments):
        self.asked.append((self.name, do, arguments))
        return self.replies[do]


def timed(engines, case=TINY, **options):
    results = {engine.name: Result(engine.name, bytes=1) for engine in engines}
    given = argparse.Namespace(**{"rounds": 6, "seconds": 100} | options)
    runner.time_case(case, engines, results, given)
    return results


def test_engines_take_turns_and_nobody_is_always_first():
    asked = []
    engines = [Scripted(name, asked, time={"seconds": 0.01}) for name in "abc"]
    results = timed(engines)
    assert all(result.samples_ms == [10.0] * 6 for result in results.values())
    order = "".join(name for name, *_ in asked)[9:]  # nine calls estimate how long one takes
    assert order == "abcbcacababcbcacab"


def test_short_calls_are_repeated_unless_the_cache_is_cold():
    asked = []
    engine = Scripted("a", asked, time={"seconds": 0.001})
    assert timed([engine])["a"].repetitions == 5
    assert asked[-1][2] == {"repetitions": 5}
    cold = Case("cold/made_up", "cold", TINY.recipe, "read_image", cold=True)
    assert timed([engine], cold)["a"].repetitions == 1


def test_long_cases_have_fewer_rounds():
    engine = Scripted("a", [], time={"seconds": 1.0})
    assert len(timed([engine], rounds=15, seconds=5)["a"].samples_ms) == 5
    assert len(timed([engine], rounds=15, seconds=1)["a"].samples_ms) == runner.FEWEST_ROUNDS


def test_an_engine_that_fails_is_told():
    engines = [
        Scripted("a", [], time={"error": "OSError: gone"}),
        Scripted("b", [], time={"seconds": 0.01}),
    ]
    results = timed(engines)
    assert results["a"].problem == "OSError: gone"
    assert results["a"].samples_ms == []
    assert len(results["b"].samples_ms) == 6


def reply(array):
    return {"fingerprint": outputs.fingerprint(in_parts({"": array})), "bytes": array.nbytes}


def test_outputs_are_checked_against_the_first_peer(tmp_path):
    right, wrong = np.arange(4, dtype=np.int16), np.ones(4, np.int16)
    engines = [
        Scripted(OURS, [], check=reply(wrong)),
        Scripted("astropy", [], check={"unsupported": "no operation read_image"}),
        Scripted("fitsio", [], check=reply(right)),
        Scripted("pypi", [], check=reply(right)),
    ]
    problems = {n: r.problem for n, r in runner.check_outputs(TINY, engines, tmp_path).items()}
    assert problems == {
        OURS: "differs from fitsio: values of output differ",
        "astropy": "no operation read_image",
        "fitsio": None,
        "pypi": None,
    }


def test_cold_cases_run_before_a_process_maps_their_files(monkeypatch):
    asked = []

    class Fake(Scripted):
        def __init__(self, name, _threads):
            self.versions = {}
            super().__init__(name, asked, check=reply(np.zeros(3)), time={"seconds": 1.0})

        def ask(self, do, case, **_):
            asked.append(case)
            return self.replies[do]

        def close(self):
            pass

    monkeypatch.setattr(runner, "LiveEngine", Fake)
    monkeypatch.setattr(runner, "make_files", lambda *_: None)
    cold = Case("cold/made_up", "cold", TINY.recipe, "read_image", cold=True)
    options = argparse.Namespace(rounds=3, seconds=1, threads=2)
    done, _ = runner.run_cases([TINY, cold], [OURS, "fitsio"], options)
    assert list(dict.fromkeys(asked)) == ["cold/made_up", "read/made_up"]
    assert [comparison.case for comparison in done] == ["read/made_up", "cold/made_up"]
    assert [comparison.cache for comparison in done] == ["warm", "cold"]


def test_progress_is_a_line_per_case_or_a_bar(capsys, monkeypatch):
    progress = runner.Progress(2)
    progress.show("not shown where nobody looks")
    progress.step("read/one: ours 1")
    assert re.fullmatch(r"\[1/2\] +0 s  read/one: ours 1\n", capsys.readouterr().err)
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = runner.Progress(2)
    progress.step("read/one")
    assert "[############............] 1/2 read/one" in terminal.getvalue()


# Live processes


def test_a_worker_answers_and_starts_anew():
    engine = LiveEngine(OURS, 1)
    try:
        assert set(engine.versions) == {"python", "torch", "torchfits"}
        assert "StopIteration" in engine.ask("check", "no/case", save=None)["error"]
        engine._process.kill()
        assert engine.ask("hello")["error"].startswith("the worker process ended with status")
    finally:
        engine._process.kill()
        engine.close()


def test_an_engine_that_cannot_start_says_why():
    with pytest.raises(EngineError, match="the no_such engine does not start: ModuleNotFoundError"):
        LiveEngine("no_such", 1)


def test_a_run_from_end_to_end(tmp_path, monkeypatch, capsys):
    pytest.importorskip("astropy")
    monkeypatch.setattr(runner, "REPORTS", tmp_path)
    options = ["--engines", "torchfits,astropy", "--rounds", "3", "--seconds", "1"]
    assert runner.main(["--cases", "read/tiny*,many/500_batch*", *options]) == 0
    (lines,) = tmp_path.glob("benchmarks-*.jsonl")
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    named = [(record["case"], record["engine"]) for record in records]
    assert named == [
        (case, engine)
        for case in ("read/tiny_float32_2d", "many/500_batch_128")
        for engine in ("torchfits", "astropy")
    ]
    for record in records:
        assert record["problem"] is None
        assert len(record["samples_ms"]) == 3
        assert record["bytes"] == (16384 if record["benchmark"] == "read" else 500 * 65536)
    assert "| read/tiny_float32_2d |" in capsys.readouterr().out
    machine = json.loads(lines.with_suffix(".machine.json").read_text())
    assert set(machine["versions"]) == {"torchfits", "astropy"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--cases", "no_such"], "nothing to run for no_such"), (["--engines", "x"], "['x']")],
)
def test_a_run_of_nothing_says_so(arguments, said, capsys):
    assert runner.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_the_summary_lists_what_was_not_compared(tmp_path):
    from results import load

    run = load([ROOT / "tests" / "data" / "benchmarks" / "run.jsonl"])
    text = markdown(run)
    assert "- write/large_float32, pypi: RuntimeError: <b>no space</b>" in text
    assert "| cutout/50_large_float32 | 0.7 | 0.49 | 10.5 | 0.35 | pypi | 0.50 |" in text
    assert "| hdus/count_300 | 0.36 | 62 | 4.8 | 0.004 (cached) | fitsio |" in text
    assert "| memory/big_float32 | astropy | 286 | 549 | 1098 | 549 | - |" in text


def test_cases_are_listed_quickly():
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--list", "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [case.name for case in CASES if case.smoke]
    assert set(FILE_ENGINES) <= set(ENGINES)
