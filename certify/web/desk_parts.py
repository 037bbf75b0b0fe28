"""What the pages of the self-assessment show of the centre's common desk: whose area, comments, what is signed off."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from certify.domain.lifecycle import EDITABLE, Status
from certify.domain.policy import Role
from certify.domain.rubric import Area
from certify.i18n import language
from certify.models.application import Application
from certify.models.desk import AreaDelegation, AreaSignOff
from certify.queries import desk
from certify.queries.rubrics import rubric_of
from certify.timing import today
from certify.web.access import actor


@dataclass(frozen=True)
class Given:
    """An area that is given to somebody: to whom, until when, and whether that day is over."""

    area: str
    title: str
    name: str
    mine: bool
    due_on: object
    late: bool


@dataclass(frozen=True)
class Desk:
    """The desk of one application as the signed-in person of its centre sees it.

    `seen`: area → fingerprint for the form that confirms it; empty for those who may not.
    """

    editable: bool
    manager: bool
    given: Mapping[str, Given]
    signed: Mapping[str, AreaSignOff]
    comments: Mapping[str, int]
    seen: Mapping[str, str] = field(default_factory=dict)

    @property
    def mine(self) -> list[Given]:
        """The person's own areas, in the order of the standard."""
        return [one for one in self.given.values() if one.mine]


def desk_of(application: Application) -> Desk | None:
    """The desk; None for people of elsewhere, who learn nothing of it."""
    role = actor().centres.get(application.organisation_id)
    if role is None:
        return None
    editable = Status(application.status) in EDITABLE
    manager = role is Role.CENTRE_MANAGER
    delegations = desk.delegations(application)
    areas = rubric_of(application).areas
    return Desk(
        editable=editable,
        manager=manager,
        given={area.id: given(area, delegations[area.id]) for area in areas if area.id in delegations},
        signed=desk.sign_offs(application),
        comments=desk.open_comments(application),
        seen=desk.digests(application) if editable and manager else {},
    )


def given(area: Area, row: AreaDelegation) -> Given:
    """One delegation in the words of the page."""
    return Given(
        area=area.id,
        title=area.title.get(language()),
        name=row.user.name,
        mine=row.user_id == actor().user_id,
        due_on=row.due_on,
        late=row.due_on is not None and row.due_on < today(),
    )
