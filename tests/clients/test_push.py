"""`tuchuang push`: the program itself as a client."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.factories import jpeg
from tests.serving import COMMAND, HOST, PATIENCE, free_port


@pytest.fixture
def push(member, tmp_path):
    """Run the command with a server and a token, on a computer that has no instance."""

    def run(*arguments: str | Path, stdin: bytes = b"", **environment: str):
        given = {
            "TUCHUANG_SERVER": member.caller.site.url,
            "TUCHUANG_TOKEN": member.caller.token,
            "TUCHUANG_INSTANCE_PATH": str(tmp_path / "nowhere"),
        }
        done = subprocess.run(
            [COMMAND, "push", *map(str, arguments)],
            env=os.environ | given | environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=2 * PATIENCE,
        )
        assert not (tmp_path / "nowhere").exists()
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def test_one_link_a_line_in_the_order_of_the_files(push, member, picture, tmp_path):
    second = tmp_path / "second.jpg"
    second.write_bytes(jpeg(70, 40, number=5))
    status, out, err = push(picture.path, second)
    assert status == 0
    first_link, second_link = out.splitlines()
    assert member.loads(first_link, picture.content)
    assert member.loads(second_link, second.read_bytes())
    assert picture.path.name in err
    assert "second.jpg" in err


def test_links_load_for_others_unless_it_is_said_otherwise(push, recluse, picture):
    token = ("--token", recluse.caller.token)
    for options in ((), ("--visibility", "public")):
        status, out, _ = push(*token, *options, picture.path)
        assert status == 0
        assert recluse.loads(out.strip(), picture.content)
    for options in (("--keep", "backup"), ("--visibility", "private")):
        status, out, _ = push(*token, *options, picture.path)
        assert status == 0
        assert recluse.fetch(out.strip()).status == 404


def test_server_and_token_may_be_options_and_the_address_end_in_a_slash(push, member, picture):
    options = ("--server", f"{member.caller.site.url}/", "--token", member.caller.token)
    status, out, _ = push(*options, picture.path, TUCHUANG_SERVER="", TUCHUANG_TOKEN="")
    assert status == 0
    assert member.loads(out.strip(), picture.content)


def test_the_token_may_be_in_a_file(push, member, picture, tmp_path):
    file = tmp_path / "token.txt"
    file.write_text(f"{member.caller.token}\n")
    status, out, _ = push("--token-file", file, picture.path, TUCHUANG_TOKEN="wrong")
    assert status == 0
    assert member.loads(out.strip(), picture.content)
    home = {"HOME": str(tmp_path), "TUCHUANG_TOKEN": ""}
    assert push("--token-file", "~/token.txt", picture.path, **home)[1] == out
    status, out, err = push("--token-file", tmp_path / "none", picture.path)
    assert (status, out) == (2, "")
    assert "none: No such file" in err
    status, out, err = push(picture.path, TUCHUANG_TOKEN="")
    assert (status, out) == (2, "")
    assert "There is no token" in err


def test_an_address_is_left_to_the_service(push):
    status, out, err = push("http://127.0.0.1/lake.png")
    assert (status, out) == (1, "")
    assert err.startswith("http://127.0.0.1/lake.png: ")
    assert "No such file" not in err


def test_links_in_another_form(push, picture):
    status, out, _ = push("--format", "markdown", picture.path)
    assert status == 0
    assert out.startswith("![图 片 'a;b\"](http")
    # Who has no form of their own gets addresses.
    assert push("--format", "custom", picture.path)[1].startswith("http")


def test_standard_input(push, member, picture):
    status, out, _ = push("-", stdin=picture.content)
    assert status == 0
    assert member.loads(out.strip(), picture.content)


def test_a_picture_that_is_there_already_gets_the_link_it_has(push, picture):
    assert push(picture.path)[1] == push(picture.path, picture.path)[1].splitlines(True)[1]


def test_what_is_refused_does_not_stop_the_others(push, member, picture, tmp_path):
    words = tmp_path / "words.png"
    words.write_bytes(b"just some words")
    status, out, err = push(words, tmp_path / "missing.png", tmp_path, picture.path)
    assert status == 1
    assert member.loads(out.strip(), picture.content)
    assert f"{words}: This is not a picture we can take" in err
    assert "missing.png: No such file" in err
    assert f"{tmp_path}: Is a directory" in err
    assert "Traceback" not in err


def test_a_token_that_is_none(push, picture):
    for token in ("wrong", "x\ny", "“x”", "x y"):
        status, out, err = push("--token", token, picture.path)
        assert (status, out) == (1 if token == "wrong" else 2, "")
        assert "Traceback" not in err
        assert token == "wrong" or "The token has characters that no token has" in err
        assert "no address of a service" not in err
    assert "This token is missing, unknown or expired" in push("--token", "a", picture.path)[2]


def test_a_server_that_is_none(push, picture):
    status, out, err = push("--server", f"http://{HOST}:{free_port()}", picture.path)
    assert (status, out) == (1, "")
    assert "cannot be reached" in err
    for address in ("img.example.org", "ftp://img.example.org", "http://[", "http://a:99999"):
        status, out, err = push("--server", address, picture.path)
        assert (status, out) == (2, "")
        assert "no address of a service" in err
