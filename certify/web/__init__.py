"""The HTML edge: forms in, one verb called, a redirect or a page out. `BLUEPRINTS` are the nouns, `EDGES` checks."""

from certify.web import (
    account,
    answers,
    api_docs,
    carry_over,
    certificates,
    confirmations,
    consensus,
    decisions,
    desk,
    exchange,
    for_machines,
    form_fields,
    formats,
    headers,
    health,
    kept_text,
    library,
    memberships,
    navigation,
    organisations,
    printing,
    public,
    readiness,
    receipts,
    register_files,
    replies,
    reports,
    returns,
    scoring,
    security_lines,
    sessions,
    signed_in,
    supplements,
    teams,
    tokens,
    uploads,
    user_access,
    users,
    verification,
    webhooks,
)

# What stands before and after every request, in this order.
EDGES = (signed_in, security_lines, form_fields, kept_text, headers, formats, navigation)

BLUEPRINTS = (
    account.bp,
    answers.bp,
    api_docs.bp,
    # One desk of the auditors in several modules: `audits` makes the blueprint, these add to it.
    *{consensus.bp, scoring.bp, verification.bp},
    carry_over.bp,
    certificates.bp,
    confirmations.bp,
    decisions.bp,
    desk.bp,
    exchange.bp,
    for_machines.bp,
    memberships.bp,
    library.bp,  # the pages of evidence: `evidence` begins them, `library` adds to them
    health.bp,
    organisations.bp,
    printing.bp,
    public.bp,
    readiness.bp,
    register_files.bp,
    replies.bp,  # the centre's desk: `applications` begins it, `replies` adds to it
    reports.bp,
    sessions.bp,
    supplements.bp,
    tokens.bp,
    *{receipts.bp, returns.bp, teams.bp},  # the pages of a case: `cases` begins them, these add to them
    uploads.bp,
    *{users.bp, user_access.bp},  # the pages of people: `users` begins them, the other adds to them
    webhooks.bp,
)
