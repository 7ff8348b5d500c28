"""README.md and docs/: their length, their links, their picture, the Space's front matter, and the table of methods."""

import json
import re
import struct
from pathlib import Path

import pytest

from cxr_demo.__main__ import main
from cxr_demo.limits import KEPT_MINUTES, MAX_HELD_BYTES, MAX_SESSIONS
from cxr_demo.networks import memory
from cxr_demo.ui.app.host_settings import VARIABLES
from train.data.datasets import DATASETS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAX_WORDS = 1800
MAX_PICTURE_BYTES = 300_000


def list_anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_read_in_minutes():
    text = README
    assert len(text.split()) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert not anchor or anchor in list_anchors(target), f"{page.name} links to {link}, a heading that is not there"


def test_every_page_is_found_from_the_readme():
    for page in PAGES[1:]:
        assert f"]({page.relative_to(ROOT)})" in README, f"README.md does not link to {page.relative_to(ROOT)}"


def test_the_picture_is_small_and_near_the_top():
    data = (ROOT / "docs" / "page.png").read_bytes()
    assert len(data) < MAX_PICTURE_BYTES and struct.unpack(">II", data[16:24]) == (1440, 900)
    assert README.index("](docs/page.png)") < README.index("\n## ")


def test_the_table_of_methods_is_what_the_command_prints(capsys):
    """Unit and cost of each method in the table; a method without a row is documented by the command alone."""
    text = (ROOT / "docs" / "explanations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \|", text, re.MULTILINE)
    assert main(["methods"]) == 0
    printed = {line.split("\t")[0]: line.split("\t")[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows and len(dict(row[:2] for row in rows)) == len(rows)
    for key, unit, cost in rows:
        assert key in printed, f"docs/explanations.md has a row for {key}, which is no method"
        assert unit == printed[key][1] and f"about {cost} forward passes" in printed[key][2], key


def test_the_dice_of_the_readme_is_the_lung_models():
    dice = json.loads((ROOT / "weights" / "lungs" / "lungs.json").read_text(encoding="utf-8"))["dice"]
    assert f"Dice {dice['value']:.2f} " in README


def test_what_is_kept_is_what_the_limits_say():
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    assert f"{KEPT_MINUTES} minutes" in README and f"{KEPT_MINUTES} minutes" in hosting
    assert f"at most {MAX_SESSIONS} sessions and {MAX_HELD_BYTES // 2**30} GB of images" in hosting


def test_every_variable_of_the_environment_is_documented():
    """Those that the code reads and a host may want to set; the others are set by the Space or by a launcher."""
    read = {
        name
        for path in (ROOT / "app.py", *(ROOT / "cxr_demo").rglob("*.py"), *(ROOT / "train").rglob("*.py"))
        for name in re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", path.read_text(encoding="utf-8"))
    } | {*VARIABLES, memory.TUNABLES, memory.BEGUN}
    read -= {"SYSTEM", "SPACE_ID", "WORLD_SIZE", "NO_PROXY", "GRADIO_TEMP_DIR", "PYTHONPATH"}
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    table = "".join(line for line in hosting.splitlines(keepends=True) if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z_]+)`", table)) - {"TMPDIR"}
    assert read == documented, f"docs/hosting.md and the code differ in {', '.join(sorted(read ^ documented))}"


def test_the_data_sets_of_the_table_are_there():
    """A data set without a row is listed by `python -m train describe --help` alone."""
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert len(named) == len(set(named)) and {"kermany", "nih", "folder", "csv"} <= set(named) <= set(DATASETS)
