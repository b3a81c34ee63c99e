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

CURL_FILE, TOKEN_FILE = "tuchuang.curl", "tuchuang-token.txt"
TXT_UPLOAD = "/api/1/upload?format=txt"
"""Where the scripts send to. Also what is refused before its form is read is a bare text then."""

SEND = """\
# Sends what the arguments of curl say, and prints the link. The token is read from standard input:
# others on this computer can see arguments.
send() {
  answer=$(curl -sS -w '\\n%{http_code}' -H @- "$@" "$upload" <<HEADER
X-API-Key: $token
HEADER
  ) || return 1
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
# Sends the pictures that are named and prints their links, one a line. One that is refused does not
# stop the others.
upload={upload}
token={token}

{send}
failed=0
for picture in "$@"; do
  case $picture in
    http://* | https://*) send --form-string "source=$picture" ;;
    *) send -F "source=@\\"$(printf %s "$picture" | sed 's/["\\\\]/\\\\&/g')\\"" ;;
  esac || {{
    printf 'not sent: %s\\n' "$picture" >&2
    failed=1
  }}
done
exit $failed
"""

FLAMESHOT = """\
#!/bin/sh
# Takes a screenshot with Flameshot, sends it, prints its link and puts it on the clipboard.
upload={upload}
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
    upload = host.address + TXT_UPLOAD
    text = template.format(upload=quote(upload), token=quote(host.token), send=SEND)
    return ClientFile(name, SHELL_SCRIPT, text)


def bare_link_sample(host: Host) -> Sample:
    """Return the request of the scripts."""
    headers = {"X-API-Key": host.token}
    return Sample(TXT_UPLOAD, link="", headers=headers, file_field="source")


def make_curl(host: Host) -> Setup:
    """Return commands: one whose answer is JSON with everything, one that prints the link alone.

    The token is in a file that curl reads: what stands in commands is seen by others, and kept.
    """
    sample = native_sample(host)
    curl = f"curl -K {CURL_FILE}"
    values = {
        "command": f"{curl} -F file=@picture.png {quote(host.address + sample.path)}",
        "link_command": f"{curl} -F source=@picture.png {quote(host.address + TXT_UPLOAD)}",
    }
    file = ClientFile(CURL_FILE, "text/plain", f'header = "Authorization: {host.bearer}"\n')
    return Setup(sample, values, (file,))


def make_typora(host: Host) -> Setup:
    """Return a command of Typora's with the file for its token, and a script that does without.

    Typora shows the command in its settings, and the system to whoever asks what is running.
    """
    values = {
        "command": f"tuchuang push --server {quote(host.address)} --token-file ~/{TOKEN_FILE}",
        "script_command": "sh ~/tuchuang-upload.sh",
    }
    files = (
        ClientFile(TOKEN_FILE, "text/plain", host.token + "\n"),
        script("tuchuang-upload.sh", TYPORA, host),
    )
    return Setup(bare_link_sample(host), values, files)


def make_flameshot(host: Host) -> Setup:
    """Return a script to be bound to a key."""
    values = {"command": "sh ~/tuchuang-screenshot.sh"}
    files = (script("tuchuang-screenshot.sh", FLAMESHOT, host),)
    return Setup(bare_link_sample(host), values, files)


CURL = Client("curl", "curl", make_curl)
TYPORA_CLIENT = Client("typora", "Typora", make_typora)
FLAMESHOT_CLIENT = Client("flameshot", "Flameshot", make_flameshot)
