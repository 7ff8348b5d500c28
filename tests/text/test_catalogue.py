"""The catalogue holds what the code asks for and nothing else, and every language the same names and values."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from cxr_demo.explain.methods import METHODS, Unit
from cxr_demo.film.gate import Mend
from cxr_demo.film.phantom import EXAMPLES
from cxr_demo.labels import FINDINGS
from cxr_demo.text import catalogue, gate_text
from cxr_demo.text.catalogue import format_text, load_catalogue, read_catalogue, use_language
from cxr_demo.text.method_text import describe_promise, describe_too_little, name_unit

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted((ROOT / "cxr_demo" / "text").glob("*.ftl"))
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("cxr_demo", "train")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
SCRIPTS = {  # of the page that has words of its own
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "cxr_demo" / "export" / "static" / "page").rglob("*.js"))
}


class Inside(Visitor):
    """What a message refers to."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.messages: set[str] = set()
        self.words = ""  # what is written, without values and other messages

    def visit_TextElement(self, node: ftl.TextElement) -> None:
        self.words += node.value

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:
        self.messages.add(node.id.name)


def read_messages(source: str) -> dict[str, Inside]:
    """Name, or name.attribute -> what it refers to; with the variables of the messages that it brings in."""
    found: dict[str, Inside] = {}
    for entry in FluentParser().parse(source).body:
        assert not isinstance(entry, ftl.Junk), entry.content
        if isinstance(entry, ftl.Message):
            patterns = {entry.id.name: entry.value} | {
                f"{entry.id.name}.{attribute.id.name}": attribute.value for attribute in entry.attributes
            }
            for name, pattern in patterns.items():
                if pattern is not None:
                    assert name not in found, f"{name} stands twice"
                    found[name] = Inside()
                    found[name].visit(pattern)
    for inside in found.values():
        for name in inside.messages:
            inside.variables |= found[name].variables
    return found


ENGLISH = read_messages((ROOT / "cxr_demo" / "text" / "en.ftl").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Use:
    where: str
    names: frozenset[str]
    values: frozenset[str] | None  # None: known only when it runs
    is_error: bool = False  # whose hint has the same values


def find_tables(tree: ast.Module) -> dict[str, list[str]]:
    """Module-level name -> the strings of the dict or tuple that it is."""
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.Dict, ast.Tuple, ast.List)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            of = node.value.values if isinstance(node.value, ast.Dict) else node.value.elts
            if isinstance(target, ast.Name):
                found[target.id] = [
                    each.value
                    for value in of
                    for each in ast.walk(value)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
                ]
    return found


TABLES = {path: find_tables(tree) for path, tree in TREES.items()}


def find_table(name: str, where: str) -> list[str]:
    """Of the file itself, or of the one that has it."""
    own = TABLES[where.partition(":")[0]]
    found = [own] if name in own else [tables for tables in TABLES.values() if name in tables]
    assert len(found) == 1, f"{where}: {name} is no table of names, or of several files"
    return found[0][name]


def list_names(node: ast.expr, where: str) -> set[str]:
    """The messages that an argument may name: a literal, one of a literal table, or all that fit an f-string."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return list_names(node.body, where) | list_names(node.orelse, where)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w-]+" for part in node.values]
        fitting = {name for name in ENGLISH if re.fullmatch("".join(parts), name)}
        assert fitting, f"{where}: no message fits {ast.unparse(node)}"
        return fitting
    if isinstance(node, ast.Subscript):
        if isinstance(node.value, ast.Subscript):
            node = node.value
        table = node.value.attr if isinstance(node.value, ast.Attribute) else ast.unparse(node.value)
        return set(find_table(table, where))
    raise AssertionError(f"{where}: {ast.unparse(node)} is neither a name nor of a table of names")


# The same in every language: names, terms of the field, and what is made of values alone.
INTERNATIONAL = {
    "auroc", "browser-megabytes", "fact-ensemble", "film-size", "finding-covid19", "finding-pneumothorax",
    "gesture-bare.keys", "gesture-enlarge.keys",
    "gesture-invert.keys", "gesture-reset.keys", "localisation-miou", "member-name", "p-value", "quality-auroc",
    "regions-own.number", "take-home.ready", "term-gradient", "term-auroc", "term-ensemble",
    "term-logit", "term-lrp", "term-score-cam",
}  # fmt: skip
FORMATTING = ("format_text", "say")
ERRORS = ("CxrError", "ImageError", "CheckpointError", "ExplanationError")


def find_uses() -> Iterator[Use]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if called not in (*FORMATTING, *ERRORS) or path in ("cxr_demo/errors.py", "cxr_demo/text/catalogue.py"):
                continue
            where = f"{path}:{node.lineno}"
            assert len(node.args) == 1, f"{where}: {called} takes the name of a message, and its values by name"
            values = [keyword.arg for keyword in node.keywords]
            known = None if None in values else frozenset(value for value in values if value)
            yield Use(where, frozenset(list_names(node.args[0], where)), known, called in ERRORS)


USES = list(find_uses())
LITERAL = re.compile(r"([\"'`])((?:(?!\1)[^\\\n])+)\1")  # in a script; a template has ${...} in it
CALL = re.compile(r"formatText\(\s*\"([\w.-]+)\"(?:,\s*\{([^{}]*)\})?\s*\)")


def list_script_names(text: str) -> set[str]:
    """The messages that a script of the static edition names: each literal that is one, and all that fit a template."""
    names = set(re.findall(r'"([a-z][\w.-]+)"', text)) & set(ENGLISH)  # also within a template
    for mark, literal in LITERAL.findall(text):
        parts = re.split(r"\$\{[^}]*\}", literal) if mark == "`" else [literal]
        pattern = r"[\w-]+".join(map(re.escape, parts))
        if len(parts) == 1 or re.search(r"[a-z]-|\.", parts[0] + parts[-1]):
            names |= {name for name in ENGLISH if re.fullmatch(pattern, name)}
    return names


USED_BY_SCRIPTS = {name for text in SCRIPTS.values() for name in list_script_names(text)}


@pytest.mark.parametrize("use", USES, ids=lambda use: use.where)
def test_every_use_names_a_message_and_gives_what_it_needs(use):
    for name in use.names:
        assert name in ENGLISH, f"{use.where}: en.ftl has no {name}"
        needed = ENGLISH[name].variables
        if use.is_error and f"{name}.hint" in ENGLISH:
            needed = needed | ENGLISH[f"{name}.hint"].variables
        assert use.values is None or use.values == needed or len(use.names) > 1, f"{use.where}: {name} takes {needed}"
        assert use.values is None or needed <= use.values, f"{use.where}: {name} takes {needed}"


def test_scripts_of_the_static_edition_name_messages():
    for path, text in SCRIPTS.items():
        for name in re.findall(r'(?:new Failure|\bsay|formatText)\(\s*"([^"]+)"', text):
            assert name in ENGLISH, f"{path}: en.ftl has no {name}"


@pytest.mark.parametrize("path", SCRIPTS)
def test_every_call_of_a_script_gives_what_its_message_needs(path):
    for name, given in CALL.findall(SCRIPTS[path]):
        while given != (given := re.sub(r"\([^()]*\)", "", given)):
            pass  # what is called with commas of its own
        values = {part.partition(":")[0].strip() for part in given.split(",") if part.strip()}
        assert "..." in given or values == ENGLISH[name].variables, f"{path}: {name}"


def test_every_message_is_used():
    used = {name for use in USES for name in use.names} | USED_BY_SCRIPTS
    used |= {f"{name}.hint" for name in USED_BY_SCRIPTS}  # where one says what went wrong
    used |= {f"{name}.hint" for use in USES if use.is_error for name in use.names} | {
        name for each in ENGLISH.values() for name in each.messages
    }
    assert sorted(set(ENGLISH) - used) == []


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("finding-", [finding.key for finding in FINDINGS.values() if not finding.own_name]),
        ("caption-", [method.key for method in METHODS.values() if not method.caption]),
        ("doubt-", gate_text.DOUBTS),
        ("look-", gate_text.LOOKS),
        ("mend-", list(Mend)),
        ("example-", [*EXAMPLES, "note"]),
    ],
)
def test_a_table_has_its_messages_and_no_others(prefix, keys):
    names = {name.removeprefix(prefix) for name in ENGLISH if name.startswith(prefix) and "." not in name}
    assert names == set(keys)


def test_units_and_families_have_their_messages():
    assert all(name_unit(unit) for unit in Unit) and all(describe_too_little(unit) for unit in Unit if unit.amount)
    assert all(describe_promise(method.family) for method in METHODS.values())


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.name)
def test_every_language_has_the_same_messages_and_values(path):
    found = read_messages(path.read_text(encoding="utf-8"))
    assert {name: inside.variables for name, inside in found.items()} == {
        name: inside.variables for name, inside in ENGLISH.items()
    }


@pytest.mark.parametrize("path", [path for path in LANGUAGES if path.name != "en.ftl"], ids=lambda path: path.name)
def test_what_is_the_same_as_in_english_is_an_international_term(path):
    found = read_messages(path.read_text(encoding="utf-8"))
    same = {name for name, inside in found.items() if inside.words == ENGLISH[name].words}
    assert {name for name in same if re.search(r"[A-Za-z]", ENGLISH[name].words)} == INTERNATIONAL


def test_nothing_is_formatted_while_a_module_is_imported():
    """Whoever reads is known only when a text is made: a call stands within a function."""
    for path, tree in TREES.items():
        inside = {
            id(call)
            for function in ast.walk(tree)
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for body in (function.body if isinstance(function.body, list) else [function.body])
            for call in ast.walk(body)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("format_text", "format_digits"):
                assert id(node) in inside, f"{path}:{node.lineno}"


def test_no_catalogue_is_read_while_the_house_is_imported():
    """Neither by a call that the test before cannot see; each module is imported in one fresh process."""
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in TREES]
    modules.remove("cxr_demo.__main__")
    program = f"import importlib\nfor name in {modules}: importlib.import_module(name)\n"
    program += "from cxr_demo.text.catalogue import read_catalogue\nprint(read_catalogue.cache_info().misses)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "0"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A catalogue of its own, in two languages."""
    (tmp_path / "en.ftl").write_text(
        "films =\n    { $films ->\n        [one] one film\n       *[other] { $films } films\n    } of\n"
        "    { $name }\n    .short = { $name }\n"
    )
    (tmp_path / "de.ftl").write_text("films = { $films ->\n    [one] ein Film\n   *[other] { $films } Filme\n }\n")
    monkeypatch.setattr(catalogue.resources, "files", lambda package: tmp_path)
    read_catalogue.cache_clear()
    yield
    read_catalogue.cache_clear()


def test_threads_that_want_a_catalogue_at_once_read_it_once(toy):
    here = threading.Barrier(8)

    def want(_: int) -> None:
        here.wait()
        load_catalogue("en")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(want, range(8)))
    assert read_catalogue.cache_info().misses == 1


def test_a_message_is_formatted_plainly(toy):
    assert format_text("films", films=1, name="A") == "one film of A"
    assert format_text("films", films=12345, name="A") == "12345 films of A"
    assert format_text("films.short", name="{ x }\n") == "{ x }\n"


def test_a_value_of_any_length_is_no_error(toy):
    told = format_text("films", films=1, name="x" * 100_000)
    assert told.startswith("one film of xxx") and told.endswith("x…") and len(told) < 3000


def test_the_language_is_that_of_the_moment_and_of_the_thread(toy):
    with use_language("de"):
        assert format_text("films", films=1) == "ein Film"
        found = []
        thread = threading.Thread(target=lambda: found.append(format_text("films", films=1, name="A")))
        thread.start()
        thread.join()
        assert found == ["one film of A"]
    assert format_text("films", films=1, name="A") == "one film of A"
    with pytest.raises(FileNotFoundError), use_language("xx"):
        pass


@pytest.mark.parametrize("name", ["nothing", "films.nothing", "nothing.short"])
def test_an_unknown_message_is_an_error(toy, name):
    with pytest.raises(KeyError, match=name):
        format_text(name)


def test_a_missing_value_and_a_raw_number_are_errors(toy):
    with pytest.raises(KeyError, match="films"):
        format_text("films", films=1)
    with pytest.raises(TypeError):
        format_text("films", films=1, name=0.5)


def test_a_file_that_is_not_wholly_understood_is_an_error(toy, tmp_path):
    (tmp_path / "fr.ftl").write_text("films = { $films\n")
    with pytest.raises(ValueError, match="fr.ftl"):
        load_catalogue("fr")
