"""What to click, paste and save so that other people's programs send their pictures here.

One module for each kind of program; nothing here is stored. The addresses, headers and fields are
written out as the programs send them, without Flask; tests/clients asks for every one of them.
"""

from flaskr.library.client_files.apps import METAWEBLOG, OBSIDIAN, SHORTCUT, UPIC
from flaskr.library.client_files.commands import CURL, FLAMESHOT_CLIENT, TYPORA_CLIENT
from flaskr.library.client_files.parts import Client, ClientFile, Host, Sample, Setup
from flaskr.library.client_files.picgo import PICGO, PICLIST
from flaskr.library.client_files.sharex import SHAREX

CLIENTS = {
    client.slug: client
    for client in (
        PICGO,
        PICLIST,
        SHAREX,
        UPIC,
        TYPORA_CLIENT,
        OBSIDIAN,
        FLAMESHOT_CLIENT,
        SHORTCUT,
        METAWEBLOG,
        CURL,
    )
}
"""The programs that are known, by the name they have in addresses."""

__all__ = ["CLIENTS", "Client", "ClientFile", "Host", "Sample", "Setup"]
