"""The HTML edge: forms in, one verb called, a redirect or a page out. `BLUEPRINTS` lists the nouns."""

from certify.web import (
    account,
    answers,
    carry_over,
    certificates,
    consensus,
    decisions,
    evidence,
    exchange,
    health,
    organisations,
    printing,
    public,
    replies,
    reports,
    scoring,
    teams,
    users,
    verification,
)

BLUEPRINTS = (
    account.bp,
    answers.bp,
    # One desk of the auditors in several modules: `audits` makes the blueprint, these add to it.
    *{consensus.bp, scoring.bp, verification.bp},
    carry_over.bp,
    certificates.bp,
    decisions.bp,
    evidence.bp,
    exchange.bp,
    health.bp,
    organisations.bp,
    printing.bp,
    public.bp,
    replies.bp,  # the centre's desk: `applications` begins it, `replies` adds to it
    reports.bp,
    teams.bp,  # the pages of a case: `cases` begins them, `teams` adds to them
    users.bp,
)
