"""PicGo and PicList, which speak to lsky-pro: the one by a plug-in, the other by itself."""

from flaskr.library.client_files.parts import Client, ClientFile, Host, Sample, Setup, as_json

PLUGIN = "lankong"


def sample(host: Host) -> Sample:
    """Return the request of both."""
    return Sample(
        "/api/v1/upload",
        link="data.links.url",
        headers={"Authorization": host.bearer, "Accept": "application/json"},
        file_field="file",
        fields={"permission": "0"},
    )


def lankong(host: Host) -> dict[str, object]:
    """Return the settings of PicGo's plug-in, which refuses a server with a slash at its end."""
    return {
        "lskyProVersion": "V2",
        "server": host.address,
        "token": host.bearer,
        "strategyId": "",
        "albumId": "",
        "permission": 0,
        "ignoreCertErr": False,
        "syncDelete": False,
    }


def make_picgo(host: Host) -> Setup:
    """Return the fields of the plug-in's form, and the file that PicGo's command reads."""
    values = {
        "plugin": PLUGIN,
        "server": host.address,
        "token": host.bearer,
        "install": "npm install -g picgo",
        "install_plugin": f"picgo install {PLUGIN}",
        "upload": "picgo upload picture.png",
    }
    config = {
        "picBed": {"uploader": PLUGIN, "current": PLUGIN, PLUGIN: lankong(host)},
        "picgoPlugins": {f"picgo-plugin-{PLUGIN}": True},
    }
    return Setup(
        sample(host), values, (ClientFile("config.json", "application/json", as_json(config)),)
    )


def make_piclist(host: Host) -> Setup:
    """Return the fields of PicList's own form for lsky-pro."""
    return Setup(sample(host), {"server": host.address, "token": host.bearer})


PICGO = Client("picgo", "PicGo", make_picgo, scope="library")
PICLIST = Client("piclist", "PicList", make_piclist, scope="library")
