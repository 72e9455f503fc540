"""A report as one HTML file: no script, no reference to anything outside, charts as SVG, made to be printed, too."""

from __future__ import annotations

from html import escape

from classifier.products.product import UNSAFE
from classifier.report_document.blocks import Bar, Bars, Block, Content, Heading, Paragraph, Rows

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --quiet: #5b6775; --paper: #fff; --line: #dfe4e9; --bar: #3b7a57; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --quiet: #a3adb8; --paper: #14181c; --line: #333b44; --bar: #4f9d73; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
       margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
header p { color: var(--quiet); margin: .25rem 0 0; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0 1.25rem; font-size: .87rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top;
         overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; } .n { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; font-size: .87rem; } svg { width: 100%; height: auto; }
.l { fill: var(--ink); font-size: 12px; } .v { fill: var(--quiet); } .b { fill: var(--bar); }
.w { stroke: var(--ink); stroke-width: 1.5; fill: none; }
@page { margin: 18mm 15mm; }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10pt; } thead { display: table-header-group; }
  tr, figure { break-inside: avoid; } h2 { break-after: avoid; } }
"""
# the page may run and load nothing, whatever a product is called
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
WIDTH, LABEL, ROOM, LINE = 800, 385, 300, 26
LABEL_LENGTH = 54  # of 12 px letters before the bar


def to_html(report: Content) -> str:
    """Write the report."""
    body = "\n".join(_block(block) for block in report.blocks)
    return (
        f'<!doctype html>\n<html lang="{report.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{text(report.title)}</h1><p>{text(report.subtitle)}</p></header>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def text(value: str) -> str:
    """Give a text for HTML: control and bidirectional characters removed, markup escaped."""
    return escape(UNSAFE.sub(" ", value))


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h2>{text(block.text)}</h2>"
    if isinstance(block, Paragraph):
        return f"<p>{text(block.text)}</p>"
    return _table(block) if isinstance(block, Rows) else _chart(block)


def _table(block: Rows) -> str:
    def cells(row: object, tag: str) -> str:
        marked = (' class="n"' if n in block.numbers else "" for n in range(len(block.header)))
        return "".join(f"<{tag}{mark}>{text(cell)}</{tag}>" for mark, cell in zip(marked, row, strict=True))  # type: ignore[call-overload]

    rows = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in block.rows)
    return f"<table>\n<thead><tr>{cells(block.header, 'th')}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _chart(block: Bars) -> str:
    height = LINE * len(block.bars) + 8
    bars = "\n".join(_bar(bar, n) for n, bar in enumerate(block.bars))
    return (
        f'<figure><figcaption>{text(block.title)}</figcaption>\n<svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{text(block.title)}" font-family="system-ui, sans-serif" font-size="13">\n{bars}\n</svg></figure>'
    )


def _bar(bar: Bar, n: int) -> str:
    top = 4 + n * LINE
    length = max(1.0, min(1.0, bar.share) * ROOM)
    label = bar.label if len(bar.label) <= LABEL_LENGTH else bar.label[: LABEL_LENGTH - 1] + "…"
    parts = [
        f'<text x="{LABEL - 8}" y="{top + 14}" text-anchor="end" class="l">{text(label)}'
        f"<title>{text(bar.label)}</title></text>",
        f'<rect x="{LABEL}" y="{top}" width="{length:.1f}" height="18" rx="2" class="b"/>',
    ]
    end = LABEL + length
    if bar.whisker is not None:
        low, high = (LABEL + bound * ROOM for bound in bar.whisker)
        parts.append(f'<path d="M{low:.1f} {top + 9}H{high:.1f}M{low:.1f} {top + 4}v10M{high:.1f} {top + 4}v10" '
                     'class="w"/>')  # fmt: skip
        end = max(end, high)
    told = bar.text if bar.whisker is None else bar.text.split(" (")[0]
    parts.append(f'<text x="{end + 8:.1f}" y="{top + 14}" class="v">{text(told)}</text>')
    return "".join(parts)
