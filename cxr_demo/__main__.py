"""`python -m cxr_demo predict|explain|compare|evaluate|report|check|deck|...`: the same as the page, for scripts.

Exit 0 when all went well, 1 when `check` finds that a checkpoint cannot explain, 2 for input that cannot be used, or
looks like no frontal chest film (`--anyway` goes on), 130 after Ctrl-C, 141 when nobody reads on (`| head`). Results
go to stdout; errors, the file's notes and doubts about it go to stderr, a sentence each. Each command imports what it
needs, so that help and lists come at once: torch alone takes seconds.
"""

from __future__ import annotations

import argparse
import signal
import sys

from cxr_demo.commands.arguments import PROGRAM, drop_output, prepare_output, translate_argparse
from cxr_demo.commands.checkpoints import add_check, add_import
from cxr_demo.commands.compare import add_compare
from cxr_demo.commands.deck import add_deck
from cxr_demo.commands.evaluate import add_evaluate
from cxr_demo.commands.explain import add_explain
from cxr_demo.commands.listing import add_listing
from cxr_demo.commands.opening import complain
from cxr_demo.commands.predict import add_predict
from cxr_demo.commands.report import add_report
from cxr_demo.commands.static import add_static
from cxr_demo.errors import CxrError
from cxr_demo.networks.memory import begin_with_large_pages
from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, format_text, use_language

# In the order in which --help lists them.
COMMANDS = (
    add_predict, add_explain, add_compare, add_evaluate, add_report, add_check, add_import, add_deck, add_static,
    add_listing,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """`arguments`: else those of the command line."""
    if arguments is None:
        begin_with_large_pages()
    prepare_output()
    before = argparse.ArgumentParser(PROGRAM, add_help=False, allow_abbrev=False)  # help is in the language too
    before.add_argument("--lang", choices=LANGUAGES, default=LANGUAGE.get())
    with translate_argparse():
        chosen, others = before.parse_known_args(arguments)  # it may stand anywhere
    with use_language(chosen.lang):
        try:
            with translate_argparse():
                options = _parser().parse_args(others)
            code = options.act(options)
            sys.stdout.flush()
            return code
        except CxrError as error:
            complain(str(error))
            return 2
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except BrokenPipeError:
            return drop_output()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM, description=format_text("help"))
    parser.add_argument("--lang", choices=LANGUAGES, help=format_text("help-lang"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_commands in COMMANDS:
        add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
