"""Subscriptions of other programs to the steps of cases, and the log of what was sent to them."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User
from certify.models.outbox import Job

NAME_LENGTH = 100
URL_LENGTH = 500
ANSWER_LENGTH = 500


class Webhook(Base):
    """Where to send which events. `scheme` is empty for all of them; the secret is made from `salt` (ADR 17).

    `off_reason` says why it is not active: by_person, gone (the receiver answered 410). A removed one keeps its log.
    """

    __tablename__ = "webhook"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    url: Mapped[str] = mapped_column(String(URL_LENGTH))
    scheme: Mapped[str] = mapped_column(String(40), default="")
    events: Mapped[list[str]] = mapped_column(JSON)
    salt: Mapped[str] = mapped_column(String(64))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    active: Mapped[bool] = mapped_column(default=True)
    off_reason: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    owner: Mapped[User] = relationship()


class WebhookDelivery(Base):
    """One message: `number` and `body` are the same at every attempt. The job of the latest attempt says how it stands.

    `answer_code` is 0 until somebody answered; of an answer at most 500 characters are kept.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("number"), Index(None, "webhook_id"), Index(None, "job_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(36))
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    event: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    answer_code: Mapped[int] = mapped_column(default=0)
    answer_text: Mapped[str] = mapped_column(String(ANSWER_LENGTH), default="")

    webhook: Mapped[Webhook] = relationship()
    job: Mapped[Job] = relationship()
