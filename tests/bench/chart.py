# SPDX-License-Identifier: MIT
"""A bar for each row: how many times fewer instructions than Linux."""

import math
from xml.sax.saxutils import escape

from report import number, ratio

BAR, GAP, LEFT, WIDTH, RIGHT, TOP = 16, 8, 210, 520, 250, 70
BETTER, WORSE = "#2a7f62", "#b5482f"
STYLE = """text{font:12px sans-serif;fill:#222}
.title{font-size:16px;font-weight:bold}.small{font-size:11px;fill:#666}
.grid{stroke:#ddd}.one{stroke:#222;stroke-width:1.5}"""


def text(x, y, words, anchor="start", kind=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'class="{kind}">{escape(words)}</text>')


def line(x, y, y2, kind):
    return (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y2}" '
            f'class="{kind}"/>')


def svg(rows):
    rows = [row for row in rows if ratio(row)]
    logs = [math.log10(ratio(row)) for row in rows] or [0]
    low, high = min(-0.35, min(logs)), max(1.05, max(logs))
    height = TOP + len(rows) * (BAR + GAP) + 30

    def at(log):
        return LEFT + (log - low) / (high - low) * WIDTH

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="'
             f'{LEFT + WIDTH + RIGHT}" height="{height}"><style>{STYLE}</style>'
             '<rect width="100%" height="100%" fill="#fff"/>',
             text(16, 26, "Mitos and Linux: what an operation takes",
                  "start", "title"),
             text(16, 44, "bar: Linux / Mitos, logarithmic; to the right of 1 "
                  "Mitos needs less.  Figures: instructions, KiB, bytes",
                  "start", "small")]
    for times in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        log = math.log10(times)
        if low <= log <= high:
            parts.append(line(at(log), TOP - 6, height - 24,
                              "one" if times == 1 else "grid"))
            parts.append(text(at(log), height - 10, f"{times:g}x", "middle",
                              "small"))
    for i, row in enumerate(rows):
        y = TOP + i * (BAR + GAP)
        x0, x1 = sorted((at(0), at(logs[i])))
        colour = BETTER if logs[i] >= 0 else WORSE
        parts.append(text(LEFT - 10, y + 13, row.name, "end"))
        parts.append(f'<rect x="{x0:.1f}" y="{y}" height="{BAR}" '
                     f'width="{max(x1 - x0, 1):.1f}" fill="{colour}"/>')
        parts.append(text(LEFT + WIDTH + 10, y + 13,
                          f"{ratio(row):.2f}x   {number(row.mitos)} / "
                          f"{number(row.linux)}"))
    return "\n".join(parts + ["</svg>", ""])
