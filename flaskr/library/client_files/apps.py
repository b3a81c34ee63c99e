"""Apps that ask for a few values, each in a field of its own."""

from flaskr.library.client_files.parts import (
    Client,
    Host,
    Sample,
    Setup,
    native_sample,
)

METAWEBLOG_CALL = """\
<?xml version="1.0"?>
<methodCall><methodName>metaWeblog.newMediaObject</methodName><params>
<param><value><string>1</string></value></param>
<param><value><string>{account}</string></value></param>
<param><value><string>{token}</string></value></param>
<param><value><struct>
<member><name>name</name><value><string>test.png</string></value></member>
<member><name>type</name><value><string>image/png</string></value></member>
<member><name>bits</name><value><base64>{{bits}}</base64></value></member>
</struct></value></param>
</params></methodCall>
"""


def make_upic(host: Host) -> Setup:
    """Return the fields of uPic's host “Custom”."""
    sample = native_sample(host)
    values = {
        "url": host.address + sample.path,
        "method": "POST",
        "field": sample.file_field,
        "header": "Authorization",
        "header_value": host.bearer,
        "result": '["url"]',
    }
    return Setup(sample, values)


def make_obsidian(host: Host) -> Setup:
    """Return the two addresses that the plug-in “Image auto upload” asks for."""
    sample = Sample(f"/upload?key={host.token}", link="result.0", file_field="list")
    values = {
        "upload": host.address + sample.path,
        "delete": f"{host.address}/delete?key={host.token}",
    }
    return Setup(sample, values)


def make_shortcut(host: Host) -> Setup:
    """Return what the actions of a shortcut on an iPhone or iPad are filled with."""
    sample = native_sample(host)
    values = {
        "url": host.address + sample.path,
        "header": "Authorization",
        "header_value": host.bearer,
        "field": sample.file_field,
        "result": "url",
    }
    return Setup(sample, values)


def make_metaweblog(host: Host) -> Setup:
    """Return what a blog client asks for, whatever it is called."""
    call = METAWEBLOG_CALL.format(account=host.account, token=host.token)
    headers = {"Content-Type": "text/xml"}
    values = {
        "url": f"{host.address}/xmlrpc",
        "blog": "1",
        "user": host.account,
        "password": host.token,
    }
    return Setup(Sample("/xmlrpc", link="xml", headers=headers, template=call), values)


UPIC = Client("upic", "uPic", make_upic)
OBSIDIAN = Client("obsidian", "Obsidian", make_obsidian, scope="library")
SHORTCUT = Client("shortcut", "iPhone, iPad", make_shortcut)
METAWEBLOG = Client("metaweblog", "MetaWeblog", make_metaweblog)
