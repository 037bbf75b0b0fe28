"""The living copy of a self-assessment as it goes into a file."""

from certify import exchange
from certify.domain.rubric import Criterion
from certify.exchange import Content, Copy, Reply
from certify.models.application import Answer, Application
from certify.queries import self_assessment
from certify.queries.rubrics import rubric_of
from certify.timing import now


def content_of(answer: Answer | None, criterion: Criterion) -> Content:
    """What the answer says, with a place for each indicator; an answer that was never given says nothing."""
    texts = answer.narratives if answer is not None else {}
    narratives = {one.id: exchange.canonical(texts.get(one.id, "")) for one in criterion.indicators}
    if answer is None:
        return Content(narratives=narratives)
    # A reason without "not applicable" counts nowhere, so it is no part of the answer.
    reason = exchange.canonical(answer.reason).strip() if answer.not_applicable else ""
    return Content(answer.points, answer.not_applicable, reason, narratives)


def copy_of(application: Application, lang: str) -> Copy:
    """Everything that the centre wrote up to this moment; `lang` is the language of the titles."""
    rubric = rubric_of(application)
    answers = self_assessment.answers_of(application)
    links = self_assessment.links_of(application)
    replies = []
    for criterion in rubric.criteria_for(application.centre_type):
        answer = answers.get(criterion.id)
        content = content_of(answer, criterion)
        replies.append(
            Reply(
                criterion=criterion.id,
                content=content,
                version=answer.version if answer else 0,
                digest=content.digest,
                title=criterion.title.get(lang),
                evidence=tuple(one.evidence.current.filename for one in links.get(criterion.id, ())),
            )
        )
    return Copy(
        scheme=rubric.scheme,
        rubric_version=rubric.version,
        structure=application.rubric_version.structure_hash,
        application=application.number,
        exported_at=now(),
        replies=tuple(replies),
    )
