"""A file comes back: what in it differs from the living copy, and the verb that takes over what a person chose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from certify.db import transaction
from certify.domain.errors import Conflict, Invalid
from certify.domain.policy import Actor
from certify.domain.rubric import Criterion
from certify.exchange import Content, Copy, Fault, Reply, refused
from certify.models.application import Answer, Application
from certify.queries import self_assessment
from certify.queries.exchange import content_of
from certify.queries.rubrics import rubric_of
from certify.workflows.answers import AnswerData, drafting, faults_of, write
from certify.workflows.step import opened, record


class State(StrEnum):
    """What becomes of one criterion of a file."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True)
class Proposal:
    """One criterion of a file beside the living answer, whose number is `seen`."""

    reply: Reply
    state: State
    criterion: Criterion | None
    mine: Content
    theirs: Content
    seen: int = 0
    saved: Answer | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What a person chose to take from a file: the answer, and the number of the living one as it was seen."""

    criterion: str
    data: AnswerData
    version: int


def proposals(application: Application, copy: Copy) -> list[Proposal]:
    """Each criterion of the file with what may become of it, in the order of the standard; strange ones at the end.

    Raises `Invalid` other_standard or other_version when the file was written for another form.
    """
    if copy.scheme != application.scheme:
        raise refused("other_standard")
    if copy.structure != application.rubric_version.structure_hash:
        raise refused("other_version")
    asked = {one.id: one for one in rubric_of(application).criteria_for(application.centre_type)}
    answers = self_assessment.answers_of(application)
    same_case = copy.application == application.number
    found = {
        one.criterion: _proposal(application, one, asked.get(one.criterion), answers.get(one.criterion), same_case)
        for one in copy.replies
    }
    order = [*(one for one in asked if one in found), *(one for one in found if one not in asked)]
    return [found[one] for one in order]


def _proposal(
    application: Application, reply: Reply, criterion: Criterion | None, answer: Answer | None, same_case: bool
) -> Proposal:
    if criterion is None:
        fault = Fault(reply.place(""), "unknown_criterion")
        return Proposal(reply, State.REFUSED, None, Content(), reply.content, faults=(fault,))
    mine = content_of(answer, criterion)
    given = reply.content
    theirs = replace(
        given,
        reason=given.reason if given.not_applicable else "",
        # A file that leaves an indicator out says nothing about it.
        narratives={**mine.narratives, **given.narratives},
    )
    faults = (*reply.faults, *_faults(application, criterion, reply, theirs))
    seen = answer.version if answer else 0
    state = State.REFUSED if faults else _state(reply, mine, theirs, seen, same_case)
    return Proposal(reply, state, criterion, mine, theirs, seen, answer, faults)


def _faults(application: Application, criterion: Criterion, reply: Reply, content: Content) -> list[Fault]:
    found = []
    for one in faults_of(rubric_of(application), criterion, application.centre_type, data_of(content)):
        part = one.field.removeprefix("narrative-")
        if one.code == "indicator_not_found":
            known = {indicator.id for indicator in criterion.indicators}
            part = next(name for name in content.narratives if name not in known)
        found.append(Fault(reply.place(part), one.code))
    return found


def _state(reply: Reply, mine: Content, theirs: Content, seen: int, same_case: bool) -> State:
    if mine.digest == theirs.digest:
        return State.UNCHANGED
    if not same_case:
        # Numbers of another application's answers say nothing here: only an empty place is free.
        return State.CHANGED if seen == 0 else State.CONFLICT
    if not reply.touched:
        return State.UNCHANGED
    return State.CHANGED if reply.version == seen else State.CONFLICT


def data_of(content: Content) -> AnswerData:
    """The content as the verb takes it."""
    return AnswerData(content.points, content.not_applicable, content.reason, content.narratives)


def take_over(actor: Actor, application_id: int, chosen: Sequence[Taken]) -> int:
    """Write everything that was chosen, or nothing; answers how many criteria were written.

    Raises `Conflict("stale_version")` when somebody saved one of them in between, `Invalid` with the criterion before
    each field, and nothing_chosen for an empty choice.
    """
    if not chosen:
        raise Invalid({"file": "nothing_chosen"})
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        for one in chosen:
            try:
                write(actor, application, one.criterion, one.data, version=one.version)
            except Conflict as error:
                raise Conflict("stale_version", criterion=one.criterion) from error
        record("answers_imported", actor.user_id, application=application, criteria=[one.criterion for one in chosen])
    return len(chosen)
