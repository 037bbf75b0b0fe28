"""What is kept: tables, constraints and relationships; no decisions. Importing the package registers every table."""

from certify.models import (
    account,
    application,
    audit,
    certificate,
    decision,
    desk,
    event,
    evidence,
    idempotency,
    organisation,
    outbox,
    rubric,
    supplement,
    token,
    upload,
    webhook,
)

__all__ = [
    "account",
    "application",
    "audit",
    "certificate",
    "decision",
    "desk",
    "event",
    "evidence",
    "idempotency",
    "organisation",
    "outbox",
    "rubric",
    "supplement",
    "token",
    "upload",
    "webhook",
]
