"""Actions about a part of a case (an auditor, a rating, a comment…): the part is named in the body.

Most of them have an address of their own too, below their noun; both call the same verb.
"""

from certify.api.assignments import TAKEN
from certify.api.schemas import assignments, decisions, reports, scores, supplements
from certify.api.scores import RATING_FAULTS, SCORE_FAULTS
from certify.api.steps import Sent, Step
from certify.api.supplements import OFFER_FAULTS
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor
from certify.workflows import audits, teams
from certify.workflows import decisions as decision_verbs
from certify.workflows import reports as report_verbs
from certify.workflows import supplements as supplement_verbs


def _score(who: Actor, case: int, sent: Sent, seen: int) -> object:
    return audits.score(who, case, sent.pop("criterion"), **sent, number=seen)


def _settle(who: Actor, case: int, sent: Sent, seen: int) -> object:
    return audits.settle(who, case, sent.pop("criterion"), **sent, version=seen)


def _comment(who: Actor, case: int, sent: Sent, seen: int) -> object:
    return report_verbs.comment(who, case, sent["kind"], sent["text"], criterion_id=sent["criterion"])


STEPS: dict[Action, Step] = {
    Action.APPOINT: Step(
        assignments.AppointBody,
        lambda who, case, sent, seen: teams.appoint(who, case, sent["auditor_id"], lead=sent["lead"], version=seen),
        conflicts=TAKEN,
    ),
    Action.RELEASE: Step(
        assignments.ReleaseAction,
        lambda who, case, sent, seen: teams.release(who, case, sent["assignment_id"], version=seen),
    ),
    Action.DECLARE: Step(
        assignments.DeclarationBody,
        lambda who, case, sent, seen: teams.declare(who, case, **sent, version=seen),
    ),
    Action.OBJECT: Step(
        assignments.ObjectAction,
        lambda who, case, sent, seen: teams.object_to(who, case, sent["assignment_id"], sent["reason"], version=seen),
        conflicts=("objected_already",),
    ),
    Action.OVERRULE: Step(
        assignments.OverruleAction,
        lambda who, case, sent, seen: teams.overrule(who, case, sent["assignment_id"], sent["note"], version=seen),
        conflicts=("no_open_objection",),
    ),
    Action.OFFER_SUPPLEMENT: Step(
        supplements.OfferBody,
        lambda who, case, sent, seen: supplement_verbs.offer(who, case, **sent, version=seen),
        faults=OFFER_FAULTS,
    ),
    Action.ANSWER_SUPPLEMENT: Step(
        supplements.ItemAnswerAction,
        lambda who, case, sent, seen: supplement_verbs.answer(who, case, **sent),
        conflicts=("item_answered",),
        tag=None,
    ),
    Action.SCORE: Step(scores.SheetScoreAction, _score, faults=SCORE_FAULTS, tag="criterion"),
    Action.SETTLE: Step(
        scores.ConsensusAction,
        _settle,
        faults=RATING_FAULTS,
        conflicts=("nothing_diverges",),
        tag="criterion",
    ),
    Action.COMMENT: Step(reports.HearingItemBody, _comment, faults=("not_a_choice",), tag=None),
    Action.ANSWER_COMMENT: Step(
        reports.ReplyAction,
        lambda who, case, sent, seen: report_verbs.answer_comment(who, case, **sent, version=seen),
        tag="item_id",
    ),
    Action.REPORT_CONDITION: Step(
        decisions.ConditionReportAction,
        lambda who, case, sent, seen: decision_verbs.report_condition(who, case, **sent, version=seen),
        tag="condition_id",
    ),
}
