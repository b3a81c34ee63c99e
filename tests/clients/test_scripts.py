"""What the set-up pages hand out, used as they say: commands, scripts, an uploader for ShareX."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import xmlrpc.client
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flaskr.library.client_files import CLIENTS, Setup
from tests.browsing import form
from tests.calling import Answer
from tests.clients.conftest import Member, Picture
from tests.clients.sxcu import CustomUploader
from tests.serving import COMMAND, PATIENCE


def set_up(slug: str, member: Member) -> Setup:
    return CLIENTS[slug].make(member.host)


def run(*command: str | Path, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as a desktop does, with `path` in front of where programs are looked for."""
    searched = os.pathsep.join([path, str(COMMAND.parent), os.environ["PATH"]])
    given = {"PATH": searched, "HOME": str(folder), "WAYLAND_DISPLAY": ""}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )


def save(setup: Setup, folder: Path) -> Path:
    """Save the files as the page says; return the last one, which is the script if there is one."""
    for file in setup.files:
        (folder / file.name).write_text(file.text)
    return folder / setup.files[-1].name


@pytest.fixture
def overheard(tmp_path: Path) -> Path:
    """A folder for `path` in which curl notes in `said` what it was called with."""
    folder = tmp_path / "overheard"
    folder.mkdir()
    curl, said = shutil.which("curl"), shlex.quote(str(folder / "said"))
    (folder / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {said}\nexec {curl} "$@"\n')
    (folder / "curl").chmod(0o755)
    return folder


# ---- a shell --------------------------------------------------------------------------------


def test_both_commands_of_the_curl_page(member, picture, tmp_path, overheard):
    (tmp_path / "picture.png").write_bytes(picture.content)
    setup, path = set_up("curl", member), str(overheard)
    save(setup, tmp_path)
    told = run("sh", "-c", setup.values["command"], folder=tmp_path, path=path)
    assert '"sha256":' in told.stdout, told.stderr
    link = run("sh", "-c", setup.values["link_command"], folder=tmp_path, path=path).stdout
    assert member.loads(link.strip(), picture.content)
    assert member.host.token not in (overheard / "said").read_text()


def typora_command(setup: Setup, way: str, folder: Path) -> list[str]:
    """What Typora runs, by the script of the page or by the command."""
    last = save(setup, folder)
    return ["sh", str(last)] if way == "script" else shlex.split(setup.values["command"])


@pytest.mark.parametrize("way", ["script", "command"])
def test_typora(member, picture, tmp_path, overheard, way):
    setup = set_up("typora", member)
    second = tmp_path / "second.png"
    second.write_bytes(picture.content + b"\0")
    command = typora_command(setup, way, tmp_path)
    done = run(*command, picture.path, second, folder=tmp_path, path=str(overheard))
    assert done.returncode == 0, done.stderr
    assert member.host.token not in " ".join(command)
    assert way == "command" or member.host.token not in (overheard / "said").read_text()
    # Typora takes the last lines, as many as it gave files.
    first_link, _ = done.stdout.splitlines()[-2:]
    assert member.loads(first_link, picture.content)


@pytest.mark.parametrize("way", ["script", "command"])
def test_typora_is_told_of_a_failure(member, tmp_path, way):
    setup = CLIENTS["typora"].make(replace(member.host, token="wrong"))
    words = tmp_path / "words.png"
    words.write_bytes(b"words")
    command = typora_command(setup, way, tmp_path)
    done = run(*command, words, folder=tmp_path)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "token" in done.stderr


@pytest.mark.parametrize("way", ["script", "command"])
def test_what_typora_cannot_send_is_named_and_does_not_stop_the_rest(
    member, picture, tmp_path, way
):
    words, missing = tmp_path / "words.png", tmp_path / "missing.png"
    words.write_bytes(b"words")
    command = typora_command(set_up("typora", member), way, tmp_path)
    forbidden = "http://127.0.0.1/a.png"
    done = run(*command, words, missing, forbidden, picture.path, folder=tmp_path)
    assert done.returncode == 1
    assert member.loads(done.stdout.strip(), picture.content)
    for each in (words, missing, forbidden):
        assert str(each) in done.stderr
    assert "This is not a picture we can take" in done.stderr


@pytest.fixture
def desktop(tmp_path, picture):
    """Programs of a desktop: Flameshot, which takes always the same screenshot, and a clipboard."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "flameshot": f"[ \"$*\" = 'gui -r' ] && cat {shlex.quote(str(picture.path))}",
        "xclip": f"cat > {shlex.quote(str(tmp_path / 'clipboard'))}",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def test_flameshot(member, picture, tmp_path, desktop, overheard):
    path = save(set_up("flameshot", member), tmp_path)
    done = run("sh", path, folder=tmp_path, path=f"{desktop}{os.pathsep}{overheard}")
    assert done.returncode == 0, done.stderr
    assert member.host.token not in (overheard / "said").read_text()
    assert member.loads(done.stdout.strip(), picture.content)
    assert (tmp_path / "clipboard").read_text() == done.stdout.strip()


def test_flameshot_broken_off_sends_nothing(member, tmp_path, desktop):
    (desktop / "flameshot").write_text("#!/bin/sh\nexit 1\n")
    path = save(set_up("flameshot", member), tmp_path)
    done = run("sh", path, folder=tmp_path, path=str(desktop))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ---- ShareX ---------------------------------------------------------------------------------


def test_sharex(member, picture):
    (file,) = set_up("sharex", member).files
    assert file.name.endswith(".sxcu")
    sent = CustomUploader(file.text).send(member.caller, picture.path)
    assert member.loads(sent.url, picture.content)
    assert member.fetch(sent.thumbnail).headers["Content-Type"].startswith("image/")
    # ShareX opens this one in a browser: it asks, and nothing is gone.
    page = member.fetch(sent.deletion)
    assert page.headers["Content-Type"].startswith("text/html")
    assert b'method="post"' in page.content
    assert member.loads(sent.url, picture.content)


def test_sharex_shows_what_is_wrong(member, tmp_path):
    (file,) = set_up("sharex", member).files
    words = tmp_path / "words.png"
    words.write_bytes(b"words")
    sent = CustomUploader(file.text).send(member.caller, words)
    assert sent.url == ""
    assert "This is not a picture we can take" in sent.error


# ---- blog clients, Obsidian -----------------------------------------------------------------


def test_a_blog_client(member, picture):
    values = set_up("metaweblog", member).values
    with xmlrpc.client.ServerProxy(values["url"]) as server:
        media = {
            "name": picture.path.name,
            "type": "image/png",
            "bits": xmlrpc.client.Binary(picture.content),
        }
        account = (values["blog"], values["user"], values["password"])
        sent = server.metaWeblog.newMediaObject(*account, media)
        assert isinstance(sent, dict)
        assert member.loads(str(sent["url"]), picture.content)
        with pytest.raises(xmlrpc.client.Fault, match="token"):
            server.metaWeblog.newMediaObject(values["blog"], values["user"], "wrong", media)


def test_obsidian(member, picture):
    values = set_up("obsidian", member).values
    filled = form({}, ("1700000000000.png", picture.content))
    body = filled["data"].replace(b'name="file"', b'name="list"')

    def ask(address: str, content: bytes, type_: str):
        parts = urlsplit(address)
        headers = {"Content-Type": type_}
        return member.caller.call("POST", f"{parts.path}?{parts.query}", content, headers).json

    sent = ask(values["upload"], body, filled["content_type"])
    assert sent["success"] is True
    (link,) = sent["result"]
    assert member.loads(link, picture.content)
    told = str(sent["fullResult"]).replace("'", '"').replace("None", "null")
    gone = ask(values["delete"], f'{{"list": {told}}}'.encode(), "application/json")
    assert gone["success"] is True, gone
    assert member.fetch(link).status == 404


# ---- the request that a set-up page tries ---------------------------------------------------


@pytest.mark.parametrize("slug", CLIENTS)
def test_the_link_loads_for_others_whatever_the_account_is_set_to(recluse, picture, slug):
    sample = set_up(slug, recluse).sample
    if sample.template:
        bits = base64.b64encode(picture.content).decode()
        body, kind = sample.template.replace("{bits}", bits).encode(), ""
    else:
        filled = form(sample.fields, ("picture.png", picture.content))
        body = filled["data"].replace(b'name="file"', f'name="{sample.file_field}"'.encode())
        kind = filled["content_type"]
    headers = {**({"Content-Type": kind} if kind else {}), **sample.headers}
    answer = recluse.caller.call("POST", sample.path, body, headers)
    assert answer.status < 300, answer.content
    link = re.search(r"http://[\w.:]+/(?:i|tuchuang/download)/\w+\.png", said(answer))
    assert link is not None, answer.content
    assert recluse.loads(link[0], picture.content)


def said(answer: Answer) -> str:
    """An answer as text, with the slashes of its JSON as they are meant."""
    return answer.content.decode().replace("\\/", "/")


def test_the_uploader_of_sharex_and_the_command_of_curl_share(recluse, picture, tmp_path):
    (file,) = set_up("sharex", recluse).files
    sent = CustomUploader(file.text).send(recluse.caller, picture.path)
    assert recluse.loads(sent.url, picture.content)
    (tmp_path / "picture.png").write_bytes(picture.content)
    setup = set_up("curl", recluse)
    save(setup, tmp_path)
    told = run("sh", "-c", setup.values["command"], folder=tmp_path)
    assert recluse.loads(json.loads(told.stdout)["url"], picture.content)


@pytest.mark.parametrize("slug", CLIENTS)
def test_no_page_has_a_text_without_its_token(member: Member, picture: Picture, slug):
    setup = set_up(slug, member)
    texts = [*setup.values.values(), *(file.text for file in setup.files)]
    assert any(member.host.token in text for text in texts)
    assert member.host.token in str(setup.sample)
