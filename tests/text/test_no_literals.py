"""No text that a person reads stands outside the catalogue: neither in Python nor in the scripts of the page.

A string of two words is taken for such a text, and in the markup of `ui` every word, unless it stands where only a
program reads it, or below, with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = sorted((ROOT / "cxr_demo").rglob("*.py"))
SCRIPTS = sorted((ROOT / "cxr_demo").rglob("*.js"))
WORDS = re.compile(r"[A-Za-z]{2,}[ ,;:]+(?:[a-z]{1,2} )*[A-Za-z]{2,}")
LETTERS = re.compile(r"[A-Za-z]{2}")
READ_OUT = {"aria_label", "title", "placeholder", "alt", "aria_valuetext", "aria_description", "aria_roledescription"}
CODED = re.compile(r"(class_|style|d|viewBox|role|name_|data_\w+|id|for_|[a-z]+_settings)$")  # of a tag: no text
FAULTS = {"CxrError", "ImageError", "CheckpointError", "ExplanationError"}  # their words are messages: another test
FUNCTIONS = {"einsum", "compile", "search", "fullmatch", "match", "startswith", "Mount"}  # patterns, not texts
FILES = {
    "cxr_demo/explain/methods.py": "names of methods as their papers have them, papers, units as JSON holds them",
    "cxr_demo/evaluation/checks.py": "papers",
    "cxr_demo/importing/published.py": "names and terms of data sets, which a card quotes",
    "cxr_demo/film/dicom.py": "values that DICOM prescribes",
    "cxr_demo/explain/lrp/propagate.py": "names of rules",
    "cxr_demo/explain/lrp/rules.py": "names of rules",
    "cxr_demo/explain/lrp/zennit_reference.py": "names of rules",
    "cxr_demo/ui/app/bounded_requests.py": "answers to who sends what no page sends",
    "cxr_demo/export/static/libraries.py": "JavaScript, and names of npm",
    "cxr_demo/export/static/page_files.py": "a line of a script",
    "cxr_demo/export/static/single_file.py": "markup without words, and a policy for the browser",
    "cxr_demo/export/segmentation.py": "values of DICOM, which prescribes them in English",
    "cxr_demo/explain/notebook_html.py": "markup, in which every word is a message",
    "cxr_demo/ui/app/guard.py": "headers, and the answer to who asks for what no page asks for",
}
TABLES = {"ARGPARSE"}  # what is looked up there, in a module of any name
CODES = {  # texts by which the code knows something; what a person reads instead is a message
    "most probable", "less probable", "cannot tell", "no threshold",  # verdicts, as result.json has them
    "outside the lungs", "drawn region",  # regions, likewise
    "planted cardiomegaly", "planted nodule", "planted mass", "planted consolidation", "planted effusion",
    "too many classes", "no tensors", "nested too deeply",  # refusals between two processes
    "map of the label - sum over all labels of w * map; w: their probabilities, divided by their sum",  # a formula
    "own choice",  # instead of a paper
    "size exceeded", "Too many files",  # by which gradio's parser tells its reasons apart
    "IBM Plex Sans", "IBM Plex Mono",
    "tags: [chest-x-ray, image-classification]",  # of a README that a model hub reads
    "Lung Lesion", "Lung Opacity", "Enlarged Cardiomediastinum",  # as a published network calls them
    " and its members", " with film ", " with ",  # of keys
    " --out again.zip --weights ", " explain --out maps --weights ",  # of commands
}  # fmt: skip
MARKUP = re.compile(
    r"<svg |<!doctype |'use strict'|<script>|preserveAspectRatio|#set |attachment; |base64|dict\[|tuple\[|nkij|kl,"
    r"|url\("
)


def find_literals(source: str, is_page: bool) -> Iterator[tuple[int, str]]:
    """Line and text of what stands in Python and may be read by a person."""
    tree = ast.parse(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and getattr(_target(node), "id", "") in TABLES:
            skipped |= _list_ids(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if _name(node.exc) not in FAULTS:  # a mistake of the code, which the page tells by a reference alone
                skipped |= _list_ids(node.exc)
        elif isinstance(node, (ast.Compare, ast.Subscript)):
            skipped |= _list_ids(node)
        elif isinstance(node, ast.Call):
            if _name(node) in FUNCTIONS:
                skipped |= _list_ids(node)
            skipped |= {at for each in node.keywords if each.arg and CODED.match(each.arg) for at in _list_ids(each)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if WORDS.search(node.value) and node.value not in CODES and not MARKUP.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.Call) and is_page and _name(node) in ("tag", "print", "render_message"):
            told = [*node.args[_name(node) == "tag" :], *(each.value for each in node.keywords if each.arg in READ_OUT)]
            for each in told:
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and LETTERS.search(each.value):
                    yield each.lineno, each.value


def _target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _list_ids(node: ast.AST) -> set[int]:
    return {id(inside) for inside in ast.walk(node)}


STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
SINK = re.compile(
    rf"""(?:\.(?:textContent|innerText|innerHTML|title|placeholder|ariaLabel|alt)\s*=(?!=)[^;]*?"""
    rf"""|setAttribute\(\s*"(?:aria-label|title|placeholder|alt)"\s*,[^;]*?|\b(?:alert|confirm|prompt)\(){STRING}"""
)
SENTENCE = re.compile(r"^[A-Z][a-z]+ [a-z]|^[a-z]+(?: [a-z]+){2,}[.!?…]?$")


def find_script_literals(source: str) -> Iterator[tuple[int, str]]:
    """The same of a script: what goes into the document, and every string that is a sentence."""
    code = re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), source, flags=re.S)
    code = re.sub(r'\bformatText\(\s*"[^"\n]*"', lambda found: " " * len(found[0]), code)  # a message's name
    thrown = {found.start(1) for found in re.finditer(rf"new Error\({STRING}", code)}  # told to nobody
    for pattern, test in ((SINK, LETTERS), (re.compile(STRING), SENTENCE)):
        for found in pattern.finditer(code):
            text = re.sub(r"\$\{.*?\}", "", found[1][1:-1])
            if found.start(1) not in thrown and test.search(text):
                yield code.count("\n", 0, found.start(1)) + 1, text


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_stands_in_python(path):
    place = path.relative_to(ROOT).as_posix()
    found = [] if place in FILES else list(find_literals(path.read_text(encoding="utf-8"), "/ui/" in place))
    assert found == [], f"{place}: make these messages of text/en.ftl and text/de.ftl, or say above why not"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_stands_in_a_script(path):
    assert list(find_script_literals(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        'tag("p", "Choose a film")', 'tag("b", "Film")', 'tag("i", aria_label="Close")', 'tag("a", text, title="More")',
        'print("Nothing was found")', 'text = f"about {n} films left over"', 'return "no film" if x else "two films"',
        'raise CxrError("This file is too large.")', 'tag("input", placeholder="Name")', 'x = ["first film", name]',
    ],
)  # fmt: skip
def test_a_planted_text_is_found(planted):
    assert list(find_literals(f"def f():\n    {planted}\n", is_page=True))


@pytest.mark.parametrize(
    "planted",
    [
        'button.textContent = "Close";', 'button.title = isOn ? "Hide" : `Show ${name}`;', 'alert("No film");',
        'button.setAttribute("aria-label", "Close");', 'const told = "Something went wrong";',
        "const told = 'choose another film';",
    ],
)  # fmt: skip
def test_a_planted_text_of_a_script_is_found(planted):
    assert list(find_script_literals(planted))


def test_what_a_program_reads_is_left_alone():
    quiet = """
def f():
    "Not a text."
    tag("p", format_text("film"), class_="told big")
    raise ValueError("some mistake of the code")
"""
    assert not list(find_literals(quiet, is_page=True))
    script = 'on("click", "#panels button[data-view], .row"); x.textContent = `${left} %`; // Close the film\n'
    assert not list(find_script_literals(script))


def test_no_exception_stands_for_nothing():
    assert [place for place in FILES if not (ROOT / place).exists()] == []
    code = "\n".join(path.read_text(encoding="utf-8") for path in PYTHON)
    assert [text for text in CODES if text not in code] == []
