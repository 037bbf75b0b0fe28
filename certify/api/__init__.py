"""The JSON edge: the same verbs and the same policy as the pages. `BLUEPRINTS` lists the nouns.

No rule lives here. How an operation is declared: `operation`; who is let in: `gate`; how it refuses: `http_errors`.
"""

from flask import Flask

from certify.api import (
    actions,
    answers,
    applications,
    assignments,
    certificates,
    decisions,
    desk,
    document,
    evidence,
    organisations,
    reports,
    rubrics,
    scores,
    supplements,
    verification,
    webhooks,
)
from certify.extensions import csrf

BLUEPRINTS = (
    rubrics.bp,
    organisations.bp,
    applications.bp,
    answers.bp,
    actions.bp,
    assignments.bp,
    scores.bp,
    supplements.bp,
    reports.bp,
    decisions.bp,
    desk.bp,
    evidence.bp,
    certificates.bp,
    verification.bp,
    webhooks.bp,
)


def init_app(app: Flask) -> None:
    """Register the operations and their document."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        # There is no cookie to abuse: see `gate`.
        csrf.exempt(blueprint)
    document.init_app(app, BLUEPRINTS)
