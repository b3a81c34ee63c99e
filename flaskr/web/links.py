"""Addresses of pages and files, and what a page shows of an image.

Absolute links come from `PUBLIC_URL`, or from a request whose host is known to be this service;
they are never stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, g, request, url_for

from flaskr.errors import DomainError, message_
from flaskr.imaging.formats import AVIF, EXTENSIONS, JPEG, SVG, WEBP
from flaskr.imaging.spec import THUMBNAIL, VARIANT_FORMATS, Spec
from flaskr.library import shares
from flaskr.library.link_forms import Pasted, PictureLinks, Source, one_line
from flaskr.library.names import stem
from flaskr.library.trash import is_gone
from flaskr.models import Image, Share
from flaskr.web.intake import media
from flaskr.web.users import account, own_template

SHOWN_BY_BROWSERS = {"jpg", "png", "gif", "webp", "avif", "bmp", "svg"}
LIST_BOXES = (320, 640)
PAGE_BOXES = (640, 1280, 1920, 2560)
PREVIEW = Spec("webp", 1280, 1280)
ELSEWHERE_BOX = 1280
EMBED_WIDTHS = (320, 640, 1280, 1920, 2560)
EXAMPLE_KEY = "1" * 12


class UnknownHostError(DomainError):
    """The request names a host that is not known to be this service."""

    code = "unknown_host"
    status = 400
    message = message_(
        "This service does not know itself under this host name. Whoever runs it: set PUBLIC_URL "
        "to the address people use, or name the host in TRUSTED_HOSTS."
    )


def check_host() -> None:
    """Refuse a request whose host is made up, while `PUBLIC_URL` does not say what is right.

    An IP address or `localhost` passes: a page elsewhere cannot make a browser send them by
    rebinding its own name.
    """
    config = current_app.config
    if not config["PUBLIC_URL"] and not is_known_host(request.host, config):
        raise UnknownHostError


def is_known_host(host: str, config: Mapping[str, Any]) -> bool:
    """Tell whether links may be made from this host, given with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if name in config["KNOWN_HOSTS"]:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def absolute(path: str) -> str:
    """Return the address of `path` as the world reaches it."""
    public: str = current_app.config["PUBLIC_URL"] or request.host_url
    return public.rstrip("/") + path


@dataclass(frozen=True)
class ImageCard:
    """What pages and answers show of an image. Sizes are pixels and bytes.

    `path` leads to the file itself, `shown` to a picture that every browser shows.

    `thumbnails` and `previews` are for `srcset`: still pictures for lists, larger ones for a page.
    `links` has the direct link in every form people paste. `title` is what it is called, its file's
    name if need be; `alt` stands for it where it cannot be seen.
    """

    key: str
    name: str
    title: str
    alt: str
    url: str
    path: str
    page: str
    delete_page: str
    download: str
    thumbnail: str
    thumbnails: str
    preview: str
    previews: str
    type: str
    format: str
    bytes: int
    width: int
    height: int
    frames: int
    sha256: str
    md5: str
    visibility: str
    shown: str
    created: datetime
    links: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Return what programs are told of an image; every address is absolute."""
        told = ("key", "name", "url", "type", "bytes", "width", "height", "frames", "sha256", "md5")
        return {name: getattr(self, name) for name in told} | {
            "path": self.path,
            "shown": self.shown,
            "visibility": self.visibility,
            "page": absolute(self.page),
            "thumbnail": absolute(self.thumbnail),
            "created": self.created.isoformat(),
            "links": dict(self.links),
        }


def image_card(image: Image) -> ImageCard:
    """Gather what is shown of an image."""
    blob = image.blob
    path = file_path(image)
    url = absolute(path)
    shown = shown_path(image)
    return ImageCard(
        key=image.key,
        name=image.name,
        title=image.title or image.name,
        alt=alt_text(image),
        url=url,
        path=path,
        page=url_for("tuchuang.image", key=image.key),
        delete_page=url_for("tuchuang.delete", key=image.key),
        download=f"{path}?download",
        thumbnail=thumbnail_path(image),
        thumbnails=srcset(image, LIST_BOXES, still=True),
        preview=variant_path(image, PREVIEW),
        previews=srcset(image, PAGE_BOXES, still=False),
        type=blob.type,
        format=EXTENSIONS[blob.extension].name,
        bytes=blob.bytes,
        width=blob.width,
        height=blob.height,
        frames=blob.frames,
        sha256=blob.sha256,
        md5=blob.md5,
        visibility=image.visibility,
        created=image.created,
        shown=shown,
        links=PictureLinks(pasted(image, url, absolute(shown)), own_template()),
    )


def download_path(key: str, extension: str) -> str:
    """Return the path of a file. Neither part needs quoting.

    Flask makes one address for each request and the others follow it: a list has hundreds.
    """
    if "downloads" not in g:
        g.downloads = files_folder()
    return f"{g.downloads}{key}.{extension}"


def files_folder(endpoint: str = "tuchuang.download") -> str:
    """Return the path right below which this endpoint has the files of all images."""
    return url_for(endpoint, key=EXAMPLE_KEY, extension="x").removesuffix(f"{EXAMPLE_KEY}.x")


def file_path(image: Image) -> str:
    """Return the path of the image's own file, its direct link."""
    return download_path(image.key, image.blob.extension)


def is_shown_everywhere(image: Image) -> bool:
    """Tell whether today's browsers show the file itself: they do not with HEIC and TIFF."""
    return image.blob.extension in SHOWN_BY_BROWSERS


def shown_path(image: Image) -> str:
    """Return the path of the file itself if browsers show it, else of the JPEG made from it."""
    if is_shown_everywhere(image):
        return file_path(image)
    return download_path(image.key, "jpg")


def thumbnail_path(image: Image) -> str:
    """Return the path of the image's small picture for lists."""
    return variant_path(image, THUMBNAIL)


def variant_path(image: Image, spec: Spec) -> str:
    """Return the path of a variant whose size is on the ladder, for pages of ours.

    It changes with the content, so that no cache shows what was there before. What is in the trash
    its owner finds elsewhere.
    """
    asked = size_query(spec)
    if image.version > 1:
        asked.append(f"v={image.version}")
    if is_gone(image):
        path = url_for("tuchuang.trashed", key=image.key, extension=spec.extension)
    else:
        path = download_path(image.key, spec.extension)
    return f"{path}?{'&'.join(asked)}" if asked else path


def lasting_thumbnail(image: Image) -> str:
    """Return the address of the image's small picture for elsewhere; it outlives its content."""
    path = download_path(image.key, THUMBNAIL.extension)
    return absolute(f"{path}?{'&'.join(size_query(THUMBNAIL))}")


@dataclass(frozen=True)
class PreviewPicture:
    """What other sites show of a page of ours; the size is in pixels."""

    url: str
    width: int
    height: int
    alt: str


def picture_elsewhere(image: Image) -> PreviewPicture:
    """Return a still JPEG of the image, which every site can show."""
    width, height = image.blob.width, image.blob.height
    scale = min(1.0, ELSEWHERE_BOX / max(width, height))
    spec = Spec("jpg", ELSEWHERE_BOX, ELSEWHERE_BOX)
    return PreviewPicture(
        url=absolute(variant_path(image, spec)),
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
        alt=alt_text(image),
    )


def size_query(spec: Spec) -> list[str]:
    """Return the words of an address that ask for a size."""
    asked = []
    if spec.width is not None:
        asked.append(f"w={spec.width}")
    if spec.height is not None:
        asked.append(f"h={spec.height}")
    if spec.still:
        asked.append("still=1")
    return asked


def srcset(image: Image, boxes: Iterable[int], *, still: bool) -> str:
    """Return WebP variants for `srcset`, each with its true width; none beyond the original."""
    blob = image.blob
    longest = max(blob.width, blob.height)
    sources = []
    for box in boxes:
        width = round(blob.width * min(1.0, box / longest))
        spec = Spec("webp", box, box, still=still)
        sources.append(f"{variant_path(image, spec)} {max(1, width)}w")
        if box >= longest:
            break
    return ", ".join(sources)


def share_link(share: Share) -> str | None:
    """Return a share's address for others; None if it was made with another secret key."""
    token = shares.token_of(media(), share)
    return absolute(url_for("short_links.share", token=token)) if token else None


def chosen_link(image: Image) -> str:
    """Return the link in the form that the account which asks copies."""
    form, url = account().link_form, absolute(file_path(image))
    if form == "url":
        return url
    links = PictureLinks(pasted(image, url, absolute(shown_path(image))), own_template())
    return links.get(form, url)


def pasted(image: Image, url: str, shown: str) -> Pasted:
    """Gather what links to the image say of it; both addresses are absolute."""
    blob = image.blob
    return Pasted(
        url=url,
        shown=shown,
        name=image.name,
        alt=alt_text(image),
        width=blob.width,
        height=blob.height,
        sources=lambda: embed_sources(image),
    )


def alt_text(image: Image) -> str:
    """Return what stands for the image where it cannot be seen, on one line."""
    return one_line(image.alt or image.title or stem(image.name))


def embed_sources(image: Image) -> list[Source]:
    """Return the formats and sizes that pages elsewhere may embed; a drawing has none."""
    extension = image.blob.extension if is_shown_everywhere(image) else JPEG.extension
    if extension == SVG.extension:
        return []
    formats = dict.fromkeys((AVIF, WEBP, EXTENSIONS[extension]))
    return [Source(format_.type, embed_sizes(image, format_.extension)) for format_ in formats]


def embed_sizes(image: Image, extension: str) -> list[tuple[str, int]]:
    """Return the addresses of the image in a format, with their widths; none needs a signature.

    The full size is the last, unless it is wider than all that pages need.
    """
    blob = image.blob
    format_ = extension if EXTENSIONS[extension] in VARIANT_FORMATS else JPEG.extension
    address = absolute(download_path(image.key, format_))
    sizes = [(f"{address}?w={width}", width) for width in EMBED_WIDTHS if width < blob.width]
    if blob.width > EMBED_WIDTHS[-1]:
        return sizes
    whole = address if format_ == extension else absolute(file_path(image))
    return [*sizes, (whole, blob.width)]


def attachment_header(name: str) -> str:
    """Return a Content-Disposition that saves under `name`, in any script (RFC 6266, RFC 5987)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
