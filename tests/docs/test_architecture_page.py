"""docs/architecture.md: the tree names every module of the house once, and nothing that is not there."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def list_drawn() -> list[str]:
    """Every file of the tree as a path. A line is `name/` or one or more `name.py`, two spaces deeper in its folder."""
    (tree,) = (block for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if "app.py" in block)
    folders, found = [], []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        del folders[depth:]
        first = line.split()[0]
        if first.endswith("/"):
            folders.append(first.rstrip("/"))
        else:
            found += ["/".join([*folders, name]) for name in re.match(r"(?:\s*[\w.]+\.py\b)+", line)[0].split()]
    return found


def test_every_module_is_in_the_tree_once():
    drawn = list_drawn()
    assert [name for name, count in Counter(drawn).items() if count > 1] == []
    real = {
        path.relative_to(ROOT).as_posix()
        for folder in ("cxr_demo", "train")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py"
    } | {"app.py"}
    missing, gone = sorted(real - set(drawn)), sorted(set(drawn) - real)
    assert not missing, f"Name {', '.join(missing)} in the tree of docs/architecture.md, beside what is of its kind."
    assert not gone, f"docs/architecture.md names {', '.join(gone)}, which is not there."


def test_every_folder_has_its_line():
    drawn = {str(Path(name).parent) for name in list_drawn()} - {"."}
    real = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in ("cxr_demo", "train")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert drawn == real
