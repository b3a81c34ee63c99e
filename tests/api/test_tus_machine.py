"""tus at /files/ in any order of requests: an upload is always where its client expects it."""

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from flaskr.library import resumable
from flaskr.library.media import Media
from flaskr.models import ResumableUpload
from tests.api.test_tus import Tus, b64, cut
from tests.factories import count_rows, make_token, png

PICTURES = [png(number=900 + number) for number in range(4)]
SHORT = max(map(len, PICTURES))


@dataclass(eq=False)
class Sent:
    """An upload as its client sees it."""

    path: str
    content: bytes
    offset: int = 0
    alive: bool = True

    @property
    def left(self) -> int:
        return len(self.content) - self.offset

    @property
    def is_picture(self) -> bool:
        return self.content in PICTURES


@pytest.fixture
def tus(client, session, ada, monkeypatch) -> Tus:
    monkeypatch.setattr(resumable, "COMMIT_BYTES", 40)
    monkeypatch.setattr(resumable, "UNFINISHED", 10**6)
    return Tus(client, {"Authorization": f"Bearer {make_token(session, ada)}"})


class Machine(RuleBasedStateMachine):
    """Somebody with several uploads, and what is known of them."""

    tus: Tus
    session: Session
    media: Media
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []

    def teardown(self) -> None:
        for sent in self.sent:
            self.tus.ask("DELETE", sent.path)
        assert count_rows(self.session, ResumableUpload) == 0
        assert [*self.media.spool.folder.glob("*")] == []

    @rule(target=uploads, content=st.sampled_from([*PICTURES, b"no picture", b"x"]))
    def create(self, content: bytes) -> Sent:
        self.sent.append(Sent(self.tus.start(len(content)), content))
        return self.sent[-1]

    @rule(target=uploads, content=st.sampled_from(PICTURES), part=st.floats(0.1, 0.9))
    def create_with_a_piece(self, content: bytes, part: float) -> Sent:
        size = max(1, int(part * len(content)))
        answer = self.tus.create(len(content), content=content[:size])
        assert answer.headers["Upload-Offset"] == str(size)
        self.sent.append(Sent(answer.location, content, size))
        return self.sent[-1]

    @rule(sent=uploads, size=st.integers(0, SHORT), summed=st.booleans())
    def append(self, sent: Sent, size: int, *, summed: bool) -> None:
        piece = sent.content[sent.offset :][:size]
        sum_ = f"sha256 {b64(hashlib.sha256(piece).digest())}"
        headers = {"Upload-Checksum": sum_} if summed else {}
        answer = self.tus.patch(sent.path, sent.offset, piece, headers)
        self.expect(sent, piece, answer.status_code)

    def expect(self, sent: Sent, piece: bytes, status: int) -> None:
        if not sent.alive:
            assert status == 404
        elif len(piece) == sent.left and piece and not sent.is_picture:
            assert status == 415
            sent.alive = False
        else:
            assert status == 204
            sent.offset += len(piece)

    @rule(sent=uploads, size=st.integers(0, SHORT), more=st.integers(1, SHORT))
    def append_and_be_cut(self, sent: Sent, size: int, more: int) -> None:
        piece = sent.content[sent.offset : -1][:size]
        cut(self.tus, sent.path, sent.offset, piece, min(len(piece) + more, sent.left))
        if sent.alive:
            sent.offset += len(piece)

    @rule(sent=uploads, size=st.integers(1, SHORT), cut_too=st.booleans())
    def append_what_does_not_add_up(self, sent: Sent, size: int, *, cut_too: bool) -> None:
        piece = sent.content[sent.offset :][:size]
        headers = {"Upload-Checksum": f"sha256 {b64(hashlib.sha256(piece + b'x').digest())}"}
        if cut_too:
            cut(self.tus, sent.path, sent.offset, piece[:-1], len(piece), headers)
        elif piece:
            answer = self.tus.patch(sent.path, sent.offset, piece, headers)
            assert answer.status_code == (460 if sent.alive else 404)

    @rule(sent=uploads, elsewhere=st.integers(0, 2 * SHORT))
    def append_elsewhere(self, sent: Sent, elsewhere: int) -> None:
        if elsewhere != sent.offset:
            answer = self.tus.patch(sent.path, elsewhere, b"?")
            assert answer.status_code == (409 if sent.alive else 404)

    @rule(sent=uploads)
    def append_too_much(self, sent: Sent) -> None:
        answer = self.tus.patch(sent.path, sent.offset, bytes(sent.left + 1))
        done = sent.alive and not sent.left  # nothing is asked for any more
        assert answer.status_code == (204 if done else 413 if sent.alive else 404)

    @rule(sent=consumes(uploads))
    def give_up(self, sent: Sent) -> None:
        status = self.tus.ask("DELETE", sent.path).status_code
        assert status == (204 if sent.alive else 404)
        sent.alive = False

    @invariant()
    def every_upload_is_where_it_should_be(self) -> None:
        for sent in self.sent:
            state = self.tus.head(sent.path)
            assert state.status_code == (200 if sent.alive else 404)
            if sent.alive:
                assert state.headers["Upload-Offset"] == str(sent.offset)
            if sent.alive and not sent.left:
                url = state.headers["Upload-Image-Url"]
                assert self.tus.browser.get(url).data == sent.content


def test_any_order_of_requests(tus, session, media):
    run_state_machine_as_test(
        type("Bound", (Machine,), {"tus": tus, "session": session, "media": media}),
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
