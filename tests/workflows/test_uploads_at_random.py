"""Two writers, cuts, repeats, damage and stopped programs in any order: the file is the same, or it is refused."""

import hashlib
import io
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import BinaryIO, cast

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from certify import storage
from certify.db import db
from certify.domain.errors import CertifyError, Conflict, Garbled, Gone, Invalid, NotFound, TooLarge
from certify.domain.policy import Actor
from certify.models.evidence import EvidenceRevision
from certify.models.upload import Upload
from certify.timing import fixed, now
from certify.workflows import evidence, uploads
from certify.workflows.uploads import Checksum, Place
from tests.factories import fresh_actor, make_organisation, make_user

FULL = os.environ.get("TEST_SCALE") == "full"
EXAMPLES, STEPS = (300, 30) if FULL else (12, 20)
WRITERS = st.sampled_from([0, 1])
# A part that is cut is a shorter part: what the server sees of either is the same.
SIZES = st.integers(0, 90)
_numbers = count(1)


class Body:
    """A body that calls somebody else before its first byte, and may be cut."""

    def __init__(self, content: bytes, before: Callable[[], None] | None = None) -> None:
        self.stream = io.BytesIO(content)
        self.before = before

    def read(self, size: int) -> bytes:
        before, self.before = self.before, None
        if before is not None:
            before()
        return self.stream.read(size)


class Sending(RuleBasedStateMachine):
    """One upload, two programs of its owner that know nothing of each other, and what must be true of it."""

    actor: Actor
    organisation_id: int
    library: set[bytes]

    def __init__(self) -> None:
        super().__init__()
        number = f"{next(_numbers)}. ".encode()
        self.content = number + b"Zapis rozmowy z mieszkancami. " * 4
        self.kept = b""
        self.over = ""
        self.offsets = [0, 0]
        self.last: list[tuple[int, bytes]] = [(0, b""), (0, b"")]
        place = Place(self.organisation_id)
        self.token = uploads.begin(self.actor, place, "zapis.txt", len(self.content)).token

    def teardown(self) -> None:
        with suppress(CertifyError):
            uploads.end(self.actor, self.token)
        assert not (evidence.root() / storage.PARTIAL / self.token).exists()

    # --- what the writers do

    @rule(writer=WRITERS, size=SIZES)
    def goes_on(self, writer: int, size: int) -> None:
        offset = self.offsets[writer]
        self.offsets[writer] = self.send(writer, offset, self.content[offset : offset + size])

    @rule(writer=WRITERS)
    def asks(self, writer: int) -> None:
        if self.over in {"", "finished"}:
            self.offsets[writer] = self.row().received
        else:
            self.offsets[writer] = 0

    @rule(writer=WRITERS)
    def repeats(self, writer: int) -> None:
        self.send(writer, *self.last[writer])

    @rule(writer=WRITERS, size=SIZES, damage=st.booleans())
    def sends_with_a_checksum(self, writer: int, size: int, damage: bool) -> None:
        offset = self.offsets[writer]
        part = self.content[offset : offset + size]
        said = Checksum("sha256", hashlib.sha256(part + b"x" * damage).digest())
        self.offsets[writer] = self.send(writer, offset, part, said)

    @rule(writer=WRITERS, size=SIZES, sign=st.sampled_from([b"y", b"\0"]))
    def sends_something_else(self, writer: int, size: int, sign: bytes) -> None:
        offset = self.offsets[writer]
        self.offsets[writer] = self.send(writer, offset, sign * min(size, max(0, len(self.content) - offset)))

    @rule(writer=WRITERS)
    def sends_too_much(self, writer: int) -> None:
        self.send(writer, self.offsets[writer], self.content + b"!")

    @rule(first=SIZES, second=SIZES)
    def both_at_once(self, first: int, second: int) -> None:
        """The second comes and goes while the first is still sending."""
        offset = self.offsets[0]

        def other() -> None:
            self.goes_on(1, second)

        self.offsets[0] = self.send(0, offset, self.content[offset : offset + first], before=other)

    @precondition(lambda self: not self.over)
    @rule(rubbish=st.binary(min_size=1, max_size=9))
    def a_program_is_stopped(self, rubbish: bytes) -> None:
        """Between the bytes and their row."""
        with (evidence.root() / storage.PARTIAL / self.token).open("ab") as left:
            left.write(rubbish)

    @rule()
    def gives_up(self) -> None:
        if self.over in {"", "finished"}:
            uploads.end(self.actor, self.token)
            self.over = "gone"

    @precondition(lambda self: not self.over)
    @rule(writer=WRITERS)
    def comes_too_late(self, writer: int) -> None:
        with fixed(now() + uploads.LIFETIME + timedelta(seconds=1)):
            assert isinstance(self.refusal(self.offsets[writer], self.content, None, None), Gone)

    # --- what comes of it

    def send(
        self,
        writer: int,
        offset: int,
        part: bytes,
        said: Checksum | None = None,
        before: Callable[[], None] | None = None,
    ) -> int:
        """Send a part and compare with what must happen; answers where the writer goes on."""
        self.last[writer] = (offset, part)
        begins_right = not self.over and offset == len(self.kept)
        refused = self.refusal(offset, part, said, before)
        if self.over == "gone":
            # It was gone before; or the other one was refused, or gave up, meanwhile.
            assert isinstance(refused, NotFound) or (begins_right and refused is not None)
            return 0
        if self.over == "finished" or offset != len(self.kept):
            assert isinstance(refused, Conflict | Garbled | TooLarge), refused
            return len(self.kept)
        if len(part) > len(self.content) - offset:
            assert isinstance(refused, TooLarge)
        elif said is not None and said.digest != hashlib.sha256(part).digest():
            assert isinstance(refused, Garbled)
        else:
            self.added(part, refused)
        return len(self.kept)

    def refusal(
        self, offset: int, part: bytes, said: Checksum | None, before: Callable[[], None] | None
    ) -> CertifyError | None:
        try:
            uploads.append(self.actor, self.token, offset, cast(BinaryIO, Body(part, before)), said)
        except CertifyError as error:
            return error
        return None

    def added(self, part: bytes, refused: CertifyError | None) -> None:
        self.kept += part
        if len(self.kept) < len(self.content):
            assert refused is None
        elif b"\0" in self.kept:
            assert isinstance(refused, Invalid)
            self.over = "gone"
        elif self.kept in self.library:
            # Another run of the same few signs made the same file.
            assert refused is not None and refused.code == "evidence_in_library"
            self.over = "gone"
        else:
            assert refused is None
            self.library.add(self.kept)
            self.over = "finished"

    def row(self) -> Upload:
        return db.session.scalars(select(Upload).where(Upload.token == self.token)).one()

    @invariant()
    def what_is_kept_is_what_was_accepted(self) -> None:
        if self.over == "gone":
            assert db.session.scalar(select(Upload.id).where(Upload.token == self.token)) is None
            return
        assert self.row().received == len(self.kept)
        if self.over == "finished":
            sha256 = hashlib.sha256(self.kept).hexdigest()
            rows = select(EvidenceRevision.id).where(EvidenceRevision.sha256 == sha256)
            assert len(db.session.scalars(rows).all()) == 1
            assert storage.path_of(evidence.root(), sha256).read_bytes() == self.kept


def test_the_same_bytes_or_a_refusal(app: Flask) -> None:
    centre = make_organisation()
    editor = fresh_actor(make_user("Ewa Redaktorka", centre=centre))

    class Here(Sending):
        actor = editor
        organisation_id = centre.id
        library = set()

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
