"""Files on their way in."""

import hashlib

import pytest

from flaskr.errors import FileTooLargeError
from flaskr.storage import Spool


@pytest.fixture
def spool(tmp_path) -> Spool:
    return Spool(tmp_path / "incoming")


def waiting(spool: Spool) -> list[str]:
    return [path.name for path in spool.folder.iterdir()]


def test_what_arrives_in_pieces_is_kept_counted_and_hashed(spool):
    content = b"one" + b"two" * 100_000
    with spool.create() as arriving:
        arriving.write(content[:3])
        arriving.write(content[3:])
        arriving.finish()
        assert arriving.path.read_bytes() == content
        assert arriving.size == len(content)
        assert arriving.sha256 == hashlib.sha256(content).hexdigest()
        assert arriving.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_leaving_the_block_removes_the_file(spool):
    with spool.create() as arriving:
        arriving.write(b"content")
        assert waiting(spool) == [arriving.path.name]
    assert waiting(spool) == []


def test_an_error_in_the_block_removes_the_file(spool):
    with pytest.raises(FileTooLargeError), spool.create(limit=3) as arriving:
        arriving.write(b"content")
    assert waiting(spool) == []


def test_a_file_that_was_moved_into_the_store_is_let_go(spool, tmp_path):
    with spool.create() as arriving:
        arriving.write(b"content")
        arriving.finish()
        arriving.path.rename(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"content"


def test_as_many_bytes_as_the_limit_are_taken_and_not_one_more(spool):
    with spool.create(limit=10) as arriving:
        arriving.write(b"0123456789")
        with pytest.raises(FileTooLargeError) as refused:
            arriving.write(b"x")
        assert refused.value.details["limit"] == 10
        assert arriving.path.read_bytes() == b"0123456789"


def test_files_that_arrive_together_have_names_of_their_own(spool):
    with spool.create() as one, spool.create() as two:
        assert one.path != two.path
        assert len(waiting(spool)) == 2


def test_the_program_chooses_the_name_of_the_file(spool):
    with spool.create() as arriving:
        assert arriving.path.parent == spool.folder
        assert arriving.path.suffix == ".part"
