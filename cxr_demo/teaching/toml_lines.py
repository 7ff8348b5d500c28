"""On which line of a TOML file each value stands, which `tomllib` does not tell.

Only for a text that `tomllib` has read: this looks for where keys stand, and never says that a text is wrong. Its keys
are read by `tomllib` too, so that quoted and dotted ones mean the same. No package of the registry was found that tells
lines and is kept up: tomlkit keeps the layout, but no positions.
"""

from __future__ import annotations

import re
import tomllib

KeyPath = tuple[str | int, ...]  # ("films", 2, "regions", 0, "box"): as `tomllib` nests them
WHOLE: KeyPath = ()
# What may hold a bracket, a # or a line break that is none: strings and comments, the long strings first.
TOKEN = re.compile(
    r'"""(?:\\.|(?!""").)*"{3,5}'
    r"|'''(?:(?!''').)*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|.",
    re.DOTALL,
)


def find_lines(text: str) -> dict[KeyPath, int]:
    """Path -> line, from 1 on, of its key or of the head of its table; `WHOLE` is on line 1. What stands inside a value
    has no line of its own."""
    lines: dict[KeyPath, int] = {WHOLE: 1}
    counts: dict[KeyPath, int] = {}
    table = WHOLE
    for line, statement in _split_statements(text):
        if statement.startswith("["):
            is_list = statement.startswith("[[")
            keys = _read_keys(statement.strip("[] \t\r\n"))
            table = _enter(keys[:-1], counts, WHOLE) + keys[-1:]
            if is_list:
                lines.setdefault(table, line)
                counts[table] = counts.get(table, 0) + 1
                table += (counts[table] - 1,)
            lines.setdefault(table, line)
        else:
            path = _enter(_read_keys(_cut_key(statement)), {}, table)
            for length in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:length], line)
    return lines


def find_line(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """That of the path, or of what it stands in."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _enter(keys: KeyPath, counts: dict[KeyPath, int], table: KeyPath) -> KeyPath:
    """A key that names a list of tables means its last one."""
    for key in keys:
        table += (key,)
        if table in counts:
            table += (counts[table] - 1,)
    return table


def _read_keys(written: str) -> KeyPath:
    """'a."b.c"' -> ("a", "b.c")"""
    found, keys = tomllib.loads(f"{written} = 0"), []
    while isinstance(found, dict):
        ((key, found),) = found.items()
        keys.append(key)
    return tuple(keys)


def _cut_key(statement: str) -> str:
    length = 0
    for token in TOKEN.findall(statement):
        if token == "=":
            break
        length += len(token)
    return statement[:length]


def _split_statements(text: str) -> list[tuple[int, str]]:
    """Heads of tables, and keys with their values: line and text, without comments."""
    found, parts, line, start, depth = [], [], 1, 0, 0
    for token in [*TOKEN.findall(text), "\n"]:
        if token == "\n" and depth == 0:
            if start:
                found.append((start, "".join(parts).strip()))
            parts, start = [], 0
        elif not token.startswith("#"):
            start = start or (0 if token.isspace() else line)
            parts.append(token)
            depth += (token in "[{") - (token in "]}")
        line += token.count("\n")
    return found
