"""Each promise of docs/THREATS.md names its tests, and they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "THREATS.md").read_text(encoding="utf-8")


def test_each_promise_has_tests_that_exist():
    (promises,) = re.findall(r"^## What is promised\n(.+?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10 and all(re.search(r"`test_\w+`", row) for row in rows)
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)\(", sources, re.MULTILINE))
    assert set(re.findall(r"`(test_\w+)`", promises)) <= known


def test_a_weakness_is_reported_as_security_says():
    assert "](docs/THREATS.md)" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
