"""`python -m tests.commands.in_turn JSON`: several commands, one after the other, in the processes of one start."""

import json
import sys

from cxr_demo.__main__ import main

sys.exit(max([main(asked) for asked in json.loads(sys.argv[1])]))
