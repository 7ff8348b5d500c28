"""docs/glossary.md: one word per thing, and no retired word among the names of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.explain.methods import METHODS
from cxr_demo.text.catalogue import format_text, has_message
from cxr_demo.ui.terms import TERMS

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("cxr_demo", "train") for path in (ROOT / folder).rglob("*.py"))
# Retired word -> the word to use. A name is split at underscores and capitals; each of its words is looked up here.
RETIRED = {
    "believe": "evaluate",
    "grounds": "regions",
    "believing": "evaluation",
    "dear": "slow",
    "boards": "ensemble_report",
    "lacking": "missing",
    "dealt": "assigned",
    "commuted": "what the rewriting does",
    "unwanted": "Cancelled",
}
# Whole names that are retired, while their words are good ones.
RETIRED_NAMES = {
    "available": "refusals",
    "taken_apart": "break_down",
    "letting_go": "yield_lock",
    "LETTING_GO_S": "a limit in limits.py",
    "no_pause": "ignore_progress",
    "of_chance": "nulls",
    "random_baseline": "nulls",
    "Asked": "EvaluationContext",
    "Reached": "RelevanceAccumulator",
    "Rebuilt": "ZennitReference",
    "Making": "MapJob",
    "Made": "RawMap",
    "Joined": "FeatureFusion",
    "Makeup": "EnsembleSpec",
    "Side": "MapSide",
    "Pair": "MapComparison",
    "Together": "EnsembleBreakdown",
    "Ground": "FilmRegions",
    "Reading": "CheckpointView",
    "Source": "MapSource",
    "Other": "SecondStudy",
    "DEAR_FORWARDS": "SLOW_FORWARDS",
    "MOST_FORWARDS": "BENCHMARK_FORWARDS",
    "WINNERS": "ARGMAX",
    "above_zero": "non_negative",
    "hand_on": "forward_to",
    "keep_scale": "pin_scale",
    "make_ahead": "prefetch",
    "keep_ahead": "prefetch",
    "failed_ahead": "prefetch",
    "ground_of": "the regions of an image",
    "found_on": "the regions of an image",
}
RETIRED_MODULES = {
    "ahead": "prefetch",
    "belief": "evaluate",
    "believing": "evaluation_events",
    "decks": "phantom_sets",
    "pictures": "figures",
    "pointing": "pointing_game",
    "reached": "accumulator",
    "rebuilt": "zennit_reference",
    "scored": "predictions",
    "where": "regions",
    "written": "results",
}


def split_words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def list_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything a file defines: functions, classes, arguments, attributes, variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def find_retired(name: str) -> dict[str, str]:
    """Retired word or name -> the one to use."""
    found = {word: RETIRED[word] for word in split_words(name) if word in RETIRED}
    return found | ({name: RETIRED_NAMES[name]} if name in RETIRED_NAMES else {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_a_retired_word(path):
    place = path.relative_to(ROOT)
    names = [(1, path.stem), *list_names(ast.parse(path.read_text(encoding="utf-8")))]
    complaints = [
        f"{place}:{line} names something {name}: {word!r} is retired, say {instead!r}."
        for line, name in names
        for word, instead in find_retired(name).items()
    ]
    assert complaints == [], "\n".join(complaints)
    instead = RETIRED_MODULES.get(path.stem)
    assert instead is None, f"{place}: the module name {path.stem!r} is retired, say {instead!r}."


def test_each_word_of_the_glossary_stands_once_and_is_not_retired():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([a-z]+) \|", text.partition("\n## ")[0], re.MULTILINE)[1:]
    assert len(words) == len(set(words)) == 20 and not set(words) & set(RETIRED)


def test_the_terms_of_the_page_mean_what_the_glossary_says():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition("## Terms of the page")[2]
    written = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)[1:])
    assert written == {format_text(f"term-{key}"): format_text(f"term-{key}.meaning") for key in TERMS}


def test_each_term_has_a_button_somewhere_and_each_button_a_term():
    sources = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "cxr_demo" / "ui").rglob("*.py"))
    named = set(re.findall(r'render_term\("([^"]+)"\)', sources))
    of_tables = {*CHECKS, *(method.family.key for method in METHODS.values())}
    assert named | {key for key in of_tables if has_message(f"term-{key}")} == set(TERMS)
