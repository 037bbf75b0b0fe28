"""Addresses whose builder is compiled when somebody first needs it: at the start that is a tenth of a second."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Built = tuple[str, str]


class LateRule(Rule):
    """Werkzeug's rule; matching is ready at once, building an address (`url_for`) from its first use on.

    Should Werkzeug one day name the method differently, it is not called, and everything is compiled at the start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Built]:
        compiled: list[Callable[..., Built]] = []

        def build(rule: Rule, /, **values: Any) -> Built:
            # Two threads may both compile; they get the same.
            if not compiled:
                compiled.append(super(LateRule, self)._compile_builder(append_unknown))
            return compiled[0](rule, **values)

        return build
