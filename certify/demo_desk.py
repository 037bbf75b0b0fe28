"""Stages of the demo at the centre's desk: shared work, the library, carried answers, requests and offered changes."""

import io
from collections.abc import Mapping
from datetime import timedelta

from certify import demo_desk_words as words
from certify import demo_shelf, demo_voices, timing
from certify.demo_story import Rating, Story
from certify.domain.policy import Actor
from certify.domain.rubric import Criterion
from certify.queries import cases, desk, self_assessment, supplements
from certify.workflows import answers, applications, carry_over, evidence, library
from certify.workflows import desk as desk_verbs
from certify.workflows import supplements as supplement_verbs
from certify.workflows.answers import AnswerData


class DeskStory(Story):
    """A case whose people also work together, look after their evidence and answer what they are asked."""

    def _either(self, manager: bool) -> Actor:
        return self.cast.manager if manager else self.desk.editor

    def _texts(self, criterion: Criterion, points: int) -> dict[str, str]:
        met = self._rubric()[0].scale.met
        return {one.id: self.desk.writer.narrative(criterion, one.id, points, met) for one in criterion.indicators}

    def _add(self, criterion_id: str, points: int, sentence: str) -> None:
        """Save the answer again with one more sentence in its first text."""
        criterion = self._rubric()[0].criterion(criterion_id)
        texts = self._texts(criterion, points)
        first = criterion.indicators[0].id
        texts[first] = f"{texts[first]} {sentence}"
        with self._next():
            answers.save(self.desk.editor, self.case_id, criterion_id, AnswerData(points=points, narratives=texts))

    def _carry(self) -> None:
        carry_over.carry_over(self.cast.manager, self.case_id, words.CARRIED)

    def _keep(self) -> None:
        """Say of some of the carried answers that they are still true; the others wait."""
        for criterion_id in words.STILL_TRUE:
            version = self_assessment.answers_of(cases.get(self.desk.editor, self.case_id))[criterion_id].version
            with self._next():
                carry_over.confirm(self.desk.editor, self.case_id, criterion_id, version=version)

    def _shelve(self) -> None:
        """Bring the pieces of the shelf into the library and attach them where they prove something."""
        home = cases.get(self.cast.manager, self.case_id).organisation_id
        for piece in demo_shelf.pieces(timing.today()):
            with self._next():
                kept = library.upload(self.desk.editor, home, io.BytesIO(piece.content), piece.filename)
            if piece.passport:
                with self._next():
                    kept = library.describe(self.desk.editor, kept.id, piece.passport, version=kept.version)
            if piece.newer:
                with self._next():
                    library.revise(self.desk.editor, kept.id, io.BytesIO(piece.newer), piece.filename)
            if piece.criteria:
                with self._next():
                    library.link_many(self.desk.editor, kept.id, self.case_id, piece.criteria)

    def _rewrite(self) -> None:
        """One answer in several versions, the last of which brings an earlier one back."""
        criterion = self._rubric()[0].criterion(words.HISTORY_OF)
        points = self.rated[criterion.id].own
        for manager, text in zip((True, False), words.VERSIONS, strict=True):
            texts = self._texts(criterion, points) | {criterion.indicators[0].id: text}
            with self._next():
                data = AnswerData(points=points, narratives=texts)
                answers.save(self._either(manager), self.case_id, criterion.id, data)
        with self._next():
            answers.restore(self.cast.manager, self.case_id, criterion.id, words.RESTORED)

    def _share(self) -> None:
        for area, (manager, days) in words.SHARED.items():
            with self._next():
                due = timing.today() + timedelta(days=days)
                desk_verbs.delegate(self.cast.manager, self.case_id, area, self._either(manager).user_id, due)

    def _talk(self) -> None:
        for criterion_id, manager, text, settled in words.TALK:
            with self._next():
                said = desk_verbs.comment(self._either(manager), self.case_id, criterion_id, text)
            if settled:
                with self._next():
                    desk_verbs.resolve(self.desk.editor, self.case_id, said.id)

    def _sign_area(self) -> None:
        seen = desk.digests(cases.get(self.cast.manager, self.case_id))[words.SIGNED]
        desk_verbs.confirm(self.cast.manager, self.case_id, {words.SIGNED: seen})

    def _ask(self) -> None:
        """The coordinator's requests, criterion by criterion."""
        requests = [one.request for one in words.ROUND]
        applications.return_for_supplement(self.cast.coordinator, self.case_id, demo_voices.SUPPLEMENT, requests)

    def _mend_one(self) -> None:
        self._mend_all(words.ROUND[0].mended)

    def _mend(self) -> None:
        for one in words.ROUND:
            self._mend_all(one.mended)

    def _mend_all(self, mended: Mapping[str, str]) -> None:
        """What was asked for: each answer says more, at least "met" now, and has something to prove it."""
        rubric = self._rubric()[0]
        for criterion_id, sentence in mended.items():
            rated = self.rated[criterion_id]
            better = max(rated.own, rubric.scale.met)
            if rated.own < rubric.scale.met:
                self._prove(rubric.criterion(criterion_id))
            self.rated[criterion_id] = Rating(better, rated.first, rated.second, rated.agreed)
            self._add(criterion_id, better, sentence)
            self._enclose(criterion_id)

    def _enclose(self, criterion_id: str) -> None:
        """A note made for the supplement, attached to its criterion."""
        name = f"Notatka do uzupełnienia {criterion_id}.txt"
        with self._next():
            content = demo_shelf.note_to_supplement(criterion_id, timing.today())
            passport = evidence.Passport(title=f"Notatka do uzupełnienia, {criterion_id}", kind="minutes")
            evidence.attach(self.desk.editor, self.case_id, criterion_id, io.BytesIO(content), name, passport)

    def _improve(self) -> None:
        for criterion_id, sentence in words.IMPROVED.items():
            self._add(criterion_id, self.rated[criterion_id].own, sentence)

    def _offer(self, number: int) -> None:
        criteria, note = words.OFFERS[number]
        supplement_verbs.offer(self.cast.manager, self.case_id, criteria, note)

    def _weigh(self, number: int) -> None:
        """The lead auditor's answer to one of the changes, counted over all supplements."""
        given = supplements.supplements_of(cases.get(self.cast.auditors[0], self.case_id))
        item = [one for supplement in given for one in supplement.items][number]
        accepted, reason = words.WEIGHED[number]
        supplement_verbs.answer(self.cast.auditors[0], self.case_id, item.id, accepted=accepted, reason=reason)
