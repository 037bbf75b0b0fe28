"""The application for servers (`gunicorn wsgi:app`) and for the command line (`flask --app wsgi …`)."""

import os
import sys

from certify import create_app, instance
from certify.config import EXIT_CONFIG, StartRefused

# The command line loads this module too; its commands, `rubric lint` first of all, must run beside a broken standard,
# and say themselves what they need (`certify.cli`); Flask's own can't.
CLI = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
COMMAND = CLI and not {"run", "shell"} & set(sys.argv[1:])

try:
    app = create_app(check_rubrics=not COMMAND, commands=CLI)
    if not COMMAND:
        instance.enter(app, patient=True)
except StartRefused as refusal:
    for sentence in refusal.sentences:
        sys.stderr.write(f"{sentence}\n")
    sys.exit(EXIT_CONFIG)
