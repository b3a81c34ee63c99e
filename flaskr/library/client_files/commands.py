"""Commands for a shell: curl by itself, a script for Typora and one for Flameshot.

The scripts ask for a bare link (`format=txt`), so that they need nothing to read JSON with.
"""

from shlex import quote

from flaskr.library.client_files.parts import (
    Client,
    ClientFile,
    Host,
    Sample,
    Setup,
    native_sample,
)

SHELL_SCRIPT = "application/x-sh"

SEND = """\
# Sends what the arguments of curl say, and prints the link.
send() {
  answer=$(curl -sS -w '\\n%{http_code}' -H "X-API-Key: $token" -F format=txt "$@" \\
    "$server/api/1/upload") || return 1
  status=${answer##*
}
  answer=${answer%
*}
  if [ "$status" != 200 ]; then
    printf '%s\\n' "$answer" >&2
    return 1
  fi
  printf '%s\\n' "$answer"
}
"""

TYPORA = """\
#!/bin/sh
# Sends the pictures that are named and prints their links, one a line.
server={server}
token={token}

{send}
for picture in "$@"; do
  case $picture in
    http://* | https://*) send --form-string "source=$picture" ;;
    *) send -F "source=@\\"$(printf %s "$picture" | sed 's/["\\\\]/\\\\&/g')\\"" ;;
  esac || exit 1
done
"""

FLAMESHOT = """\
#!/bin/sh
# Takes a screenshot with Flameshot, sends it, prints its link and puts it on the clipboard.
server={server}
token={token}

{send}
picture=$(mktemp "${{TMPDIR:-/tmp}}/screenshot.XXXXXX") || exit 1
trap 'rm -f "$picture"' EXIT
flameshot gui -r > "$picture"
[ -s "$picture" ] || exit 0 # nothing was chosen

link=$(send -F "source=@$picture;filename=screenshot-$(date +%Y%m%d-%H%M%S).png") || exit 1
printf '%s\\n' "$link"
if [ -n "$WAYLAND_DISPLAY" ] && command -v wl-copy > /dev/null; then
  printf %s "$link" | wl-copy
elif command -v xclip > /dev/null; then
  printf %s "$link" | xclip -selection clipboard
elif command -v pbcopy > /dev/null; then
  printf %s "$link" | pbcopy
fi
"""


def script(name: str, template: str, host: Host) -> ClientFile:
    """Return a script for any POSIX shell."""
    text = template.format(server=quote(host.address), token=quote(host.token), send=SEND)
    return ClientFile(name, SHELL_SCRIPT, text)


def bare_link_sample(host: Host) -> Sample:
    """Return the request of the scripts."""
    headers, fields = {"X-API-Key": host.token}, {"format": "txt"}
    return Sample("/api/1/upload", link="", headers=headers, file_field="source", fields=fields)


def make_curl(host: Host) -> Setup:
    """Return commands: one whose answer is JSON with everything, one that prints the link alone."""
    key = quote(f"X-API-Key: {host.token}")
    sample = native_sample(host)
    values = {
        "command": f"curl -H {quote(f'Authorization: {host.bearer}')} -F file=@picture.png "
        f"{quote(host.address + sample.path)}",
        "link_command": f"curl -H {key} -F source=@picture.png -F format=txt "
        f"{quote(f'{host.address}/api/1/upload')}",
    }
    return Setup(sample, values)


def make_typora(host: Host) -> Setup:
    """Return a command of Typora's, and a script for where `tuchuang` is not installed."""
    values = {
        "command": f"tuchuang push --server {quote(host.address)} --token {quote(host.token)}",
        "script_command": "sh ~/tuchuang-upload.sh",
    }
    files = (script("tuchuang-upload.sh", TYPORA, host),)
    return Setup(bare_link_sample(host), values, files)


def make_flameshot(host: Host) -> Setup:
    """Return a script to be bound to a key."""
    values = {"command": "sh ~/tuchuang-screenshot.sh"}
    files = (script("tuchuang-screenshot.sh", FLAMESHOT, host),)
    return Setup(bare_link_sample(host), values, files)


CURL = Client("curl", "curl", make_curl)
TYPORA_CLIENT = Client("typora", "Typora", make_typora)
FLAMESHOT_CLIENT = Client("flameshot", "Flameshot", make_flameshot)
