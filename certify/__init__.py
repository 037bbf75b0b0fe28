"""Quality certification of social-service centres by a versioned rubric: the application factory.

The factory imports what it puts together, so that `certify.domain` can be used without Flask.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(
    config: Mapping[str, Any] | None = None, *, check_rubrics: bool = True, commands: bool = True
) -> "Flask":
    """The WSGI application: settings, extensions, blueprints, error table.

    `config` wins over the environment. Without `check_rubrics` a broken standard does not stop the start, so that the
    command line can name its faults. Without `commands` nothing of the command line is loaded (migrations, the demo):
    a web process starts sooner and stays smaller. Raises `config.StartRefused`.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from certify import api, extensions, http_errors, i18n, models
    from certify.api import gate
    from certify.config import ROOT, refuse_broken_rubrics, settings
    from certify.web import BLUEPRINTS, EDGES, access
    from certify.web.once import guard_forms

    app = Flask(__name__, template_folder=str(ROOT / "templates"), instance_path=str(ROOT / "instance"))
    app.config.from_mapping(settings(os.environ, config or {}))
    if not app.config["UNKEPT"]:
        # An installation that has its keys may get another store; where there is none, nothing is made.
        Path(app.config["STORAGE"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    app.extensions["certify.models"] = models
    if check_rubrics:
        refuse_broken_rubrics(Path(app.config["RUBRICS_DIR"]))
    proxies = app.config["PROXIES"]
    if proxies:
        # Only so many steps of the forwarded headers are our own; what stands before them was written by the client.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    http_errors.init_app(app)
    access.init_app(app)
    gate.init_app(app)
    extensions.init_app(app)
    i18n.init_app(app)
    access.init_text_check(app)
    for edge in EDGES:
        edge.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    guard_forms(app)
    api.init_app(app)
    if commands:
        from certify import cli

        cli.init_app(app)
    access.routes(app)
    return app
