# SPDX-License-Identifier: BSD-3-Clause
"""What all commands have in common: exit codes, errors, standard input, progress, signals."""

import json
import subprocess
import sys

import pytest
from command_line import DATA, torchfits_command

import torchfits
from torchfits.cli import console as console_module
from torchfits.cli import info, program

COMMANDS = list(program.COMMANDS)


def run_process(*words, **options):
    command = [sys.executable, "-m", "torchfits", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


def test_the_overview_lists_every_command():
    done = torchfits_command("--help")
    assert done.code == 0
    assert all(f"\n  {name} " in done.out for name in COMMANDS)
    assert torchfits_command().code == 2
    assert torchfits_command("--version").out == f"torchfits {torchfits.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    done = torchfits_command(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"usage: torchfits {name}")
    assert "--json" in done.out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["infoo", "x.fits"], "no command 'infoo'; did you mean 'info'?"),
        (["--verison"], "no option '--verison'"),
        (["info", "--jsn", "x.fits"], "no option --jsn; did you mean --json?"),
        (["info"], "the following arguments are required: FILE"),
        (["table", "-n", "-3", "x.fits"], "'-3' is no number, 0 or more"),
        (["convert", "x.fits"], "to what?"),
        (["convert", "--to", "pgn", "x.fits"], "invalid choice: 'pgn'"),
        (["cutout", "-s", "1:2:3", "x.fits"], "is no range such as 10:20"),
        (["cutout", "-b", "1,2,0,5", "x.fits"], "a box is one pixel wide"),
        (["cutout", "-s", "1:2", "-o", "one.fits", "x.fits", "y.fits"], "give a directory"),
        (["cutout", "-s", "1:2", "-"], "give one with -o"),
        (["compress", "-a", "RISE", "x.fits"], "unknown algorithm 'RISE'; use one of RICE_1"),
        (["compress", "-i", "-"], "standard input is no file"),
        (["diff", "x.fits"], "give two files"),
        (["diff", "-", "-"], "not both"),
        (["diff", "-r", "-1", "x.fits", "y.fits"], "invalid"),
        (["setkey", "x.fits"], "nothing to set"),
        (["setkey", "A=1"], "no files"),
        (["setkey", "A=1", "-"], "standard input cannot be changed"),
        (["header", "-t", "x.fits"], "a table needs keywords"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, hint):
    done = torchfits_command(*words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("torchfits")
    assert done.err.count("\n") == 1
    assert hint in done.err


def test_an_error_is_one_line_and_the_other_files_are_shown(tmp_path):
    text = tmp_path / "text.fits"
    text.write_text("not FITS")
    done = torchfits_command("info", tmp_path / "missing.fits", text, DATA / "m13.fits")
    assert done.code == 3
    missing, no_fits = done.err.splitlines()
    assert missing.startswith(f"torchfits: {tmp_path}/missing.fits: ")
    assert no_fits.startswith(f"torchfits: {text}: not a FITS file")
    assert done.out.startswith(f"{DATA}/m13.fits: 1 HDU\n")


def test_an_error_is_a_record_too():
    done = torchfits_command("info", "--json", "missing.fits", DATA / "m13.fits")
    assert [record["file"] for record in done.records] == ["missing.fits", str(DATA / "m13.fits")]
    assert "No such file" in done.records[0]["error"]


def test_a_dash_is_standard_input():
    data = (DATA / "m13.fits").read_bytes()
    done = torchfits_command("info", "-", stdin=data)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("<stdin>: 1 HDU\n")
    assert torchfits_command("info", "-", stdin=b"no").err.startswith("torchfits: <stdin>: ")
    piped = run_process("header", "-q", "-k", "NAXIS1", "-", input=data)
    assert (piped.returncode, piped.stdout) == (0, b"300\n")


def test_warnings_are_lines(tmp_path):
    path = tmp_path / "f.fits"
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8"]
    cards += ["NAXIS   =                    1", "NAXIS1  =                  3.0", "END"]
    header = "".join(card.ljust(80) for card in cards).ljust(2880)
    path.write_bytes(header.encode() + bytes(2880))
    done = torchfits_command("info", path)
    assert done.code == 0
    assert done.err.startswith(f"torchfits: warning: {path}")
    assert "NAXIS1" in done.err


@pytest.mark.parametrize("command", [["info"], ["header"], ["header", "-k", "OBJECT"]])
def test_headers_need_neither_torch_nor_numpy(command):
    code = (
        "import sys\nfrom torchfits.cli import main\n"
        f"main({[*command, str(DATA / 'tb.fits'), str(DATA / 'm13.fits')]!r})\n"
        "sys.stderr.write(str(sorted({'torch', 'numpy', 'pyarrow'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1].endswith("[]")


def test_setting_a_keyword_needs_neither_torch_nor_numpy(tmp_path):
    path = tmp_path / "f.fits"
    path.write_bytes((DATA / "m13.fits").read_bytes())
    code = (
        "import sys\nfrom torchfits.cli import main\n"
        f"assert main(['setkey', 'A=1', {str(path)!r}]) == 0\n"
        "print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_closed_pipe_is_no_noise():
    files = [DATA / "chandra_test.fits"] * 50
    command = [sys.executable, "-m", "torchfits", "header", *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_an_interrupt_is_130_without_a_traceback(monkeypatch):
    def interrupted(args, console):
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "run", interrupted)
    done = torchfits_command("info", "x.fits")
    assert (done.code, done.err) == (130, "\n")


def test_progress_is_for_terminals_and_long_work(monkeypatch):
    class Terminal:
        def __init__(self):
            self.text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    quick = console_module.Console()
    assert quick.each(["a", "b"], lambda source: 0) == 0
    assert terminal.text == ""
    monkeypatch.setattr(console_module, "_QUIET_FOR", -1.0)
    assert quick.each(["a", "b"], lambda source: 1) == 1
    assert "] 1/2 b" in terminal.text
    assert terminal.text.endswith("\r\x1b[K")
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    terminal.text = ""
    quick.each(["a", "b"], lambda source: 0)
    assert terminal.text == ""


def test_json_holds_what_json_can():
    value = {"a": float("nan"), "b": [float("inf"), 1 + 2j, (1, None, True)], 3: "ü"}
    text = json.dumps(console_module.plain(value), allow_nan=False)
    assert json.loads(text) == {"a": None, "b": ["inf", [1.0, 2.0], [1, None, True]], "3": "ü"}


def test_the_program_is_installed():
    text = (DATA.parents[1] / "pyproject.toml").read_text()
    assert '[project.scripts]\ntorchfits = "torchfits.cli:main"\n' in text
    done = run_process("--version")
    assert done.stdout.decode() == f"torchfits {torchfits.__version__}\n"
