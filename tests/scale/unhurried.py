"""The service without limits on how often it may be asked: for measuring the API, whose limits would come first."""

from flask import Flask

from certify import create_app


def served() -> Flask:
    """For gunicorn; all else as `wsgi` makes it."""
    return create_app({"API_RATE_PUBLIC": "1000000 per second"}, commands=False)
