"""The HTML edge: forms in, one verb called, a redirect or a page out. `BLUEPRINTS` lists the nouns."""

from certify.web import account, health, users

BLUEPRINTS = (
    account.bp,
    health.bp,
    users.bp,
)
