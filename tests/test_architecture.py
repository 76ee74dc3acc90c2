# SPDX-License-Identifier: BSD-3-Clause
"""The order of the rooms, the size budget and the naming rules, made executable."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Steps from left to right; rooms of one step do not know each other.
ORDER = [
    ["base"], ["platform"], ["io"], ["fits"], ["plan"], ["codec"], ["decode", "encode"], ["query"],
    ["relate"], ["arrow"], ["file"], ["update", "verify"], ["bindings"], ["_core"], ["_errors"],
    ["_keywords", "_dtypes"], ["_runtime"], ["_device"], ["_cards"], ["_header_html"],
    ["_card_list"], ["_header"], ["_rows"], ["_strings"], ["_ragged"], ["_column"],
    ["_column_checks"], ["_fields"], ["_changed_columns"],
    ["_keys"], ["_order"], ["_concat"], ["_join"], ["_groups"], ["_table_text"], ["_summary"],
    ["_relations"], ["_arrow"], ["_numpy_columns"], ["_exchange"],
    ["_expression"], ["_window_memory"], ["_scan"], ["_table_html"], ["_table"],
    ["_table_storage"], ["_table_template"], ["_compression"], ["_storage_form"],
    ["_group_parameters"], ["_write"], ["_access"], ["_real_numbers"], ["sky"], ["wcs"],
    ["_assigned_values"], ["_editing"], ["_hdu"], ["_filling"], ["_updating"], ["_fits"],
    ["_verify"], ["_positions"], ["_cutouts"], ["_api"], ["data", "frames", "compat", "cli"],
]  # fmt: skip
STEP = {room: step for step, rooms in enumerate(ORDER) for room in rooms}
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 80
MAX_POSITIONAL = 6
# Threads, forks and processors are the business of these; everything else asks core/platform.
SYSTEM_FILES = {"core/base/cpu.cpp", "core/base/fork.cpp", "core/base/parallel.cpp"}
OS_HEADERS = re.compile(
    r"(sys/.*|unistd|fcntl|pthread|sched|signal|dlfcn|poll|netinet/.*|[Ww]indows|linux/.*)(\.h)?"
)
FORBIDDEN_STEM = re.compile(r"(^|_)(utils?|helpers?|common|managers?)(_|$)")
FORBIDDEN_FUNCTION = re.compile(r"_(fast|v[2-9]|raw|cached|nocache|fallback)$")
FORBIDDEN_SPELLING = re.compile("Torch" + "Fits|Fits" + "Table|Fits" + r"Dataset")


def files(*patterns):
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    found = [path for path in found if "/.venv" not in str(path.relative_to(ROOT.parent))]
    assert found, f"nothing matches {patterns}"
    return found


CPP = files("core/*/*.h", "core/*/*.cpp", "bindings/*.h", "bindings/*.cpp")
PRODUCT_PYTHON = files("src/torchfits/**/*.py")
PYTHON = PRODUCT_PYTHON + files("tests/**/*.py", "benchmarks/**/*.py")
SOURCES = CPP + PYTHON + files("tests/core/*.cpp", "tests/faults/*.cpp")


def name(path):
    return str(path.relative_to(ROOT))


def every(paths):
    return pytest.mark.parametrize("path", paths, ids=name)


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


class OnlyRuntime(ast.NodeTransformer):
    """Drops `if TYPE_CHECKING:` blocks."""

    def visit_If(self, node):
        types_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if types_only else self.generic_visit(node)


def imports(tree):
    """Yield what a module of the package imports from the package at run time, types left out."""
    for node in ast.walk(OnlyRuntime().visit(tree)):
        if isinstance(node, ast.ImportFrom) and (node.level or node.module == "torchfits"):
            base = (node.module or "").removeprefix("torchfits").lstrip(".")
            yield from [base] if base else [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("torchfits."):
            yield node.module.removeprefix("torchfits.")
        elif isinstance(node, ast.Import):
            yield from (
                a.name.partition(".")[2] for a in node.names if a.name.startswith("torchfits")
            )


def functions(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    return [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


@every(CPP)
def test_an_include_points_to_the_left(path):
    own = path.parent.name
    for include in includes(path):
        room = include.split("/")[0]
        if room in STEP and "/" in include:
            left = STEP[room] < STEP[own] or room == own
            assert left, f"{name(path)} is in {own} and includes {include}"


@every(CPP)
def test_the_core_knows_neither_python_nor_torch_nor_the_system(path):
    in_bindings = path.parent.name == "bindings"
    for include in includes(path):
        foreign = re.match(r"(Python\.h|nanobind/|pybind11/|numpy/|torch/|ATen/|c10/)", include)
        assert in_bindings or not foreign, f"{name(path)} includes {include}"
        assert not re.match(r"torch/|ATen/|c10/|numpy/", include), f"{name(path)}: {include}"
        if path.parent.name != "platform" and name(path) not in SYSTEM_FILES:
            system = OS_HEADERS.fullmatch(include)
            assert not system, f"{name(path)} includes {include}: that belongs to core/platform"


@every(PRODUCT_PYTHON)
def test_an_import_points_to_the_left(path):
    own = path.relative_to(ROOT / "src/torchfits").parts[0].removesuffix(".py")
    for imported in imports(ast.parse(path.read_text())):
        room = imported.split(".")[0]
        if room in STEP and own in STEP:
            left = STEP[room] < STEP[own] or room == own
            assert left, f"{name(path)} imports {imported}"


def test_every_room_has_a_place_in_the_order():
    rooms = {path.parent.name for path in CPP} | {
        path.relative_to(ROOT / "src/torchfits").parts[0].removesuffix(".py")
        for path in PRODUCT_PYTHON
    }
    assert rooms - {"__init__", "__main__"} <= set(STEP)


@every(SOURCES)
def test_a_file_keeps_to_the_budget_and_the_licence(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= MAX_FILE_LINES
    assert any("SPDX-License-Identifier: BSD-3-Clause" in line for line in lines[:3])


@every(PYTHON)
def test_a_function_keeps_to_the_budget(path):
    for function in functions(path):
        length = function.end_lineno - function.lineno + 1
        assert length <= MAX_FUNCTION_LINES, f"{function.name} has {length} lines"
        positional = len(function.args.posonlyargs + function.args.args)
        in_product = path in PRODUCT_PYTHON
        assert not in_product or positional <= MAX_POSITIONAL + 1, f"{function.name}: {positional}"


@every(SOURCES)
def test_names_say_what_a_thing_does(path):
    assert not FORBIDDEN_STEM.search(path.stem)
    assert not FORBIDDEN_SPELLING.search(path.read_text())


@every(CPP + PRODUCT_PYTHON)
def test_no_second_path_beside_the_first(path):
    if path.suffix == ".py":
        names = [function.name for function in functions(path)]
    else:
        names = re.findall(r"\b([a-z]\w+)\s*\(", path.read_text())
    assert not [n for n in names if FORBIDDEN_FUNCTION.search(n)]


@every(SOURCES)
def test_nothing_is_left_for_later(path):
    assert not re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text())


def test_importing_torchfits_imports_neither_torch_nor_numpy():
    code = "import sys, torchfits; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_nothing_of_torch_is_linked_into_the_core():
    import torchfits._core

    binary = torchfits._core.__file__
    dynamic = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True)
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic.stdout)
    allowed = re.compile(r"lib(stdc\+\+|gcc_s|c|m|z|deflate|pthread|atomic)\.so|ld-linux")
    assert needed
    assert not [library for library in needed if not allowed.match(library)]
    symbols = subprocess.run(["nm", "-DC", binary], capture_output=True, text=True, check=True)
    assert "PyInit__core" in symbols.stdout
    assert not re.search(r"\b(c10|at|torch)::|\bff[a-z]{4,6}\b", symbols.stdout)
