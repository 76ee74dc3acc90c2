# SPDX-License-Identifier: BSD-3-Clause
"""The pairs as pages: docs/parity.md, and one HTML file."""

from __future__ import annotations

from html import escape
from string import Template

from .catalogue import ALL
from .idiom import Idiom

LIBRARIES = {"astropy": "astropy.io.fits", "fitsio": "fitsio", "torchfits": "torchfits"}

MARKDOWN = """\
# Beside astropy and fitsio

The forty idioms that programs use most of `astropy.io.fits` and `fitsio`, by how often they are
found in published code, and how torchfits says the same. The tests run every program below and
compare what comes out: values, dtypes (in native byte order), headers, files. `make parity` makes
this page from those programs.

{counts}

- **works**: the same result.
- **differs**: the same result in another way.
- **missing**: not in torchfits yet.

The programs take `path`, a file with the HDUs `PRIMARY`, `SCI` and `COUNTS` (images) and `EVENTS`
(a table); `new`, the path of a file that is to be; and arrays: `image`, `ids`, `mags`.

| | idiom | state | |
|---:|---|---|---|
{lines}

{sections}
"""

HTML = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>torchfits beside astropy and fitsio</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .4rem; }
.sides { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); }
figure { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; margin: 0;
  overflow-x: auto; padding: .5rem .8rem; }
figcaption { font-weight: 600; font-size: .85rem; opacity: .75; }
pre { font: 12.5px/1.5 ui-monospace, monospace; margin: .3rem 0 0; }
.state { border-radius: 9px; color: #fff; font-size: .8rem; font-weight: 600; padding: 1px 9px; }
.works { background: #1a7f37; } .differs { background: #9a6700; } .missing { background: #cf222e; }
.none { opacity: .6; } p { margin: .3rem 0; }
</style>
<h1>torchfits beside astropy and fitsio</h1>
<p>$counts The tests run every program and compare what comes out.</p>
$sections
</html>
""")


def markdown() -> str:
    """docs/parity.md."""
    lines = "\n".join(
        f"| {i.number} | [{i.title}](#{anchor(i)}) | {i.state} | {i.reason} |" for i in ALL
    )
    sections = "\n\n".join(map(markdown_section, ALL))
    return MARKDOWN.format(counts=counts(), lines=lines, sections=sections)


def html() -> str:
    """One file that needs no other."""
    return HTML.substitute(counts=counts(), sections="\n".join(map(html_section, ALL)))


def counts() -> str:
    """How many are in which state."""
    states = [idiom.state for idiom in ALL]
    work, differ, missing = map(states.count, ("works", "differs", "missing"))
    return f"Of {len(states)} idioms, {work} work, {differ} differ, {missing} missing."


def anchor(idiom: Idiom) -> str:
    """What a heading is called in a link."""
    kept = "".join(c for c in idiom.title.lower() if c.isalnum() or c in " -")
    return f"{idiom.number}-{kept.replace(' ', '-')}"


def markdown_section(idiom: Idiom) -> str:
    """Programs stand beside each other in a table of HTML: Markdown has no code in cells."""
    shown = [(name, idiom.source(library)) for library, name in LIBRARIES.items()]
    programs = [(name, source) for name, source in shown if source is not None]
    head = "".join(f"<th>{name}</th>" for name, _ in programs)
    body = "\n".join(
        f'<td valign="top"><pre lang="python">{escape(source, quote=False)}</pre></td>'
        for _, source in programs
    )
    remark = f"\n{idiom.reason}\n" if idiom.reason else ""
    table = f"<table>\n<tr>{head}</tr>\n<tr>\n{body}\n</tr>\n</table>"
    return f"## {idiom.number} {idiom.title}\n{remark}\n{table}"


def html_section(idiom: Idiom) -> str:
    """One idiom: title, state, remark, and the programs side by side."""
    figures = []
    for library, name in LIBRARIES.items():
        source = idiom.source(library)
        code = '<p class="none">no such idiom</p>'
        if source is not None:
            code = f"<pre>{escape(source)}</pre>"
        figures.append(f"<figure><figcaption>{name}</figcaption>{code}</figure>")
    remark = f"<p>{escape(idiom.reason)}</p>" if idiom.reason else ""
    return (
        f'<h2 id="{anchor(idiom)}">{idiom.number} {escape(idiom.title)} '
        f'<span class="state {idiom.state}">{idiom.state}</span></h2>{remark}'
        f'<div class="sides">{"".join(figures)}</div>'
    )
