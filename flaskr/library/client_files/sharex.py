"""ShareX for Windows: a custom uploader."""

from flaskr.library.client_files.parts import (
    Client,
    ClientFile,
    Host,
    Sample,
    Setup,
    as_json,
    native_sample,
)

VERSION = "15.0.0"
"""From 14.0.0 on, ShareX reads `{json:…}`; below it, another syntax."""


def make(host: Host) -> Setup:
    """Return a file to open with ShareX."""
    sample = native_sample(host)
    return Setup(sample, files=(uploader(host, sample),))


def uploader(host: Host, sample: Sample) -> ClientFile:
    """Return the custom uploader; what is in braces ShareX takes out of the answer."""
    content = {
        "Version": VERSION,
        "Name": host.name,
        "DestinationType": "ImageUploader",
        "RequestMethod": "POST",
        "RequestURL": host.address + sample.path,
        "Headers": dict(sample.headers),
        "Body": "MultipartFormData",
        "FileFormName": sample.file_field,
        "URL": "{json:url}",
        "ThumbnailURL": "{json:thumbnail}",
        "DeletionURL": "{json:delete_url}",
        "ErrorMessage": "{json:error.message}",
    }
    name = host.domain.replace(":", "-")
    return ClientFile(f"{name}.sxcu", "application/json", as_json(content))


SHAREX = Client("sharex", "ShareX", make)
