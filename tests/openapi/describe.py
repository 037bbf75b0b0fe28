"""Prints the description of the API for tools that read it as a file."""

import json
import sys
import tempfile
from pathlib import Path

from certify import create_app
from tests.conftest import settings_for


def main() -> None:
    """Make an application that keeps nothing, and ask it."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for("sqlite://", Path(folder)), check_rubrics=False, commands=False)
        json.dump(app.extensions["certify.api"](), sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
