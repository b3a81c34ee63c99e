"""What is sent and answered, as JSON Schema: documented by it, and read by it (`reading`).

Descriptions are English sources for translation.
"""

from typing import Any

from flaskr.errors import message_
from flaskr.imaging.formats import EXTENSIONS
from flaskr.library.albums import MAX_DESCRIPTION
from flaskr.library.albums import MAX_NAME as MAX_ALBUM_NAME
from flaskr.library.editing import MAX_ALT, MAX_TITLE, VISIBILITIES
from flaskr.library.keys import KEY_PATTERN
from flaskr.library.link_forms import LINK_FORMS
from flaskr.library.shares import ENDINGS, MOST_VIEWS
from flaskr.library.shares import MAX_TEXT as MAX_SHARE_TEXT
from flaskr.library.tags import MAX_NAME as MAX_TAG_NAME
from flaskr.library.tags import MAX_TAGS
from flaskr.library.tokens import NAME_LENGTH, SCOPES
from flaskr.library.uploads import KEEPS
from flaskr.models import MAX_ID

Schema = dict[str, Any]

MOST_KEYS = 1000
"""How many images one request may name."""

EXAMPLE_KEY = "2mNwRk7pQz4L"
TYPES = [each.type for each in EXTENSIONS.values()]


def text(says: str = "", **more: Any) -> Schema:
    return {"type": "string", "description": says, **more}


def whole(says: str = "", low: int = 0, high: int = MAX_ID, **more: Any) -> Schema:
    return {"type": "integer", "description": says, "minimum": low, "maximum": high, **more}


def switch(says: str = "", **more: Any) -> Schema:
    return {"type": "boolean", "description": says, **more}


def moment(says: str = "", **more: Any) -> Schema:
    """A moment as RFC 3339 writes it, with its zone."""
    return text(says, format="date-time", examples=["2027-01-31T18:00:00Z"], **more)


def address(says: str = "", **more: Any) -> Schema:
    return text(says, format="uri", **more)


def key(says: str = "", **more: Any) -> Schema:
    return text(says, pattern=f"^{KEY_PATTERN.pattern}$", examples=[EXAMPLE_KEY], **more)


def one_of(says: str, choices: tuple[str, ...] | list[str], **more: Any) -> Schema:
    return text(says, enum=list(choices), **more)


def several(items: Schema, says: str = "", **more: Any) -> Schema:
    return {"type": "array", "description": says, "items": items, **more}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **more}


def record(says: str, properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "description": says,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def changes(says: str, properties: dict[str, Schema]) -> Schema:
    """An object with any of these properties: what is left out stays as it is."""
    return record(says, properties, tuple(properties))


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


# ---- what may be sent -----------------------------------------------------------------------

TITLE = text(
    message_("What it is called, in one line."), maxLength=MAX_TITLE, examples=["West Lake"]
)
ALT = text(
    message_("What stands for it where it cannot be seen."),
    maxLength=MAX_ALT,
    examples=["Two boats under willows"],
)
VISIBILITY = one_of(
    message_(
        "Who can see it: everybody (`public`), whoever has the link (`unlisted`), or only you "
        "(`private`). What was private loses its metadata before others see it."
    ),
    VISIBILITIES,
)
EXPIRES = maybe(moment(message_("When it goes to the trash by itself. null: never.")))
TAGS = several(
    text(maxLength=MAX_TAG_NAME), message_("Its tags."), maxItems=MAX_TAGS, examples=[["lake"]]
)
ALBUMS = several(key(), message_("The keys of the albums it is in."))
REVISION = whole(
    message_("The revision you have read. If it has another one by now, nothing is changed: 409."),
    examples=[3],
)
KEEP = one_of(
    message_(
        "How it is kept: without metadata, for whoever has the link (`share`), or every byte, for "
        "you alone (`backup`). Left out: as your settings say."
    ),
    list(KEEPS),
)
SHOWN_TO = one_of(
    message_(
        "Who can see it, if it is kept as `share`: everybody (`public`), whoever has the link "
        "(`unlisted`), or only you (`private`). Left out: as your settings say."
    ),
    VISIBILITIES,
)
KEYS = several(key(), message_("The keys of the pictures."), minItems=1, maxItems=MOST_KEYS)
FILE = {
    "type": "string",
    "format": "binary",
    "description": message_("The picture. Its type is told by its content."),
}

IMAGE_CHANGES = changes(
    "",
    {
        "title": TITLE,
        "alt": ALT,
        "visibility": VISIBILITY,
        "expires": EXPIRES,
        "tags": {**TAGS, "description": message_("All its tags from now on.")},
        "albums": {
            **ALBUMS,
            "description": message_("The keys of all albums it is in from now on."),
        },
        "revision": REVISION,
    },
)
ALBUM_NAME = text(
    message_("Its name."), minLength=1, maxLength=MAX_ALBUM_NAME, examples=["West Lake 2027"]
)
DESCRIPTION = text(
    message_("What it is about."), maxLength=MAX_DESCRIPTION, examples=["Four days in May"]
)
PARENT = maybe(key(message_("The key of the album it lies in. null: on top.")))
NEW_ALBUM = record(
    "",
    {"name": ALBUM_NAME, "description": DESCRIPTION, "parent": PARENT},
    ("description", "parent"),
)
ALBUM_CHANGES = changes(
    "",
    {
        "name": ALBUM_NAME,
        "description": DESCRIPTION,
        "parent": PARENT,
        "cover": maybe(key(message_("The key of a picture in it that shows it. null: the first."))),
        "revision": REVISION,
    },
)
TAG_NAME = text(message_("Its name."), minLength=1, maxLength=MAX_TAG_NAME, examples=["lake"])
TAG_CHANGES = record(
    "",
    {
        "name": TAG_NAME,
        "merge": switch(
            message_("Whether it may become one with a tag that has this name already.")
        ),
    },
    ("merge",),
)
TOKEN_NAME = text(message_("What you know it by."), maxLength=NAME_LENGTH, examples=["ShareX"])
SCOPE = one_of(
    message_(
        "What it may do: `upload`; `library`, which also reads and changes your pictures; `admin`, "
        "which also changes your settings and tokens."
    ),
    SCOPES,
)
NEW_TOKEN = record(
    "",
    {
        "name": TOKEN_NAME,
        "scope": SCOPE,
        "expires": maybe(moment(message_("When it stops working. null: never."))),
    },
    ("name", "scope", "expires"),
)

SHARE_TERMS = {
    "name": text(
        message_("What others read above the pictures."),
        maxLength=MAX_SHARE_TEXT,
        examples=["Our days in Hangzhou"],
    ),
    "note": text(
        message_("For you alone: for whom the link is."),
        maxLength=MAX_SHARE_TEXT,
        examples=["For Grandma"],
    ),
    "password": maybe(text(message_("What it asks for. null: for nothing."))),
    "expires": maybe(moment(message_("When it ends by itself. null: never."))),
    "most_views": maybe(
        whole(
            message_(
                "How often it can be opened. null: any number of times. Who comes back within an "
                "hour counts once."
            ),
            1,
            MOST_VIEWS,
            examples=[10],
        )
    ),
}
NEW_SHARE = record(
    "",
    {
        "keys": {
            **KEYS,
            "description": message_("The keys of the pictures, in their order. Or say `album`."),
        },
        "album": key(
            message_("The key of the album, which is shown as it is at any time. Or say `keys`.")
        ),
        **SHARE_TERMS,
    },
    ("keys", "album", *SHARE_TERMS),
)
SHARE_CHANGES = changes("", SHARE_TERMS)

# ---- what is answered -----------------------------------------------------------------------

FACTS = {
    "type": one_of(message_("Its media type."), TYPES),
    "bytes": whole(message_("How large the file is."), examples=[48213]),
    "width": whole(message_("In pixels, as it is shown."), 1, examples=[1600]),
    "height": whole(message_("In pixels, as it is shown."), 1, examples=[1067]),
    "sha256": text(message_("The SHA-256 of the file, in hexadecimal."), pattern="^[0-9a-f]{64}$"),
}
IMAGE = record(
    message_("A picture. Every address is absolute unless it is a path."),
    {
        "key": key(message_("What it is known by; it never changes.")),
        "name": text(message_("The name of its file."), examples=["lake.jpg"]),
        "title": TITLE,
        "alt": ALT,
        "url": address(message_("The direct link: the file itself.")),
        "path": text(message_("The same without the host.")),
        "shown": text(message_("The path of a picture that every browser shows.")),
        "page": address(message_("Its page, for you.")),
        "thumbnail": address(message_("A small picture for lists.")),
        "links": {
            "type": "object",
            "description": message_("The direct link in every form that people paste."),
            "additionalProperties": {"type": "string"},
        },
        **FACTS,
        "frames": whole(message_("1, or more for an animation."), 1, examples=[1]),
        "md5": text(message_("The MD5 of the file, in hexadecimal."), pattern="^[0-9a-f]{32}$"),
        "visibility": VISIBILITY,
        "expires": EXPIRES,
        "tags": TAGS,
        "albums": ALBUMS,
        "version": whole(message_("The number of its present content."), 1, examples=[1]),
        "revision": whole(message_("Goes up with every change."), 1, examples=[3]),
        "created": moment(message_("When it came.")),
        "deleted": maybe(moment(message_("When it went to the trash."))),
    },
)
UPLOADED = record(
    message_("A picture that has come in: all that is told of one, and two things more."),
    {
        **IMAGE["properties"],
        "known": switch(message_("Whether you had this picture already; then this is that one.")),
        "delete_url": maybe(
            address(
                message_(
                    "Whoever opens it can delete the picture, after a question. null: lost with "
                    "an earlier secret key of the instance, or the token may only upload and the "
                    "picture was there before."
                )
            )
        ),
    },
)
NEXT = maybe(text(message_("What to send as `cursor` for the page after. null: it was the last.")))
IMAGES = record(message_("A page of pictures."), {"images": several(ref("Image")), "next": NEXT})
VERSION = record(
    message_("One content of a picture."),
    {
        "number": whole(message_("Counts from 1."), 1, examples=[1]),
        "name": text(message_("The name of its file."), examples=["lake.jpg"]),
        **FACTS,
        "replaced": maybe(moment(message_("When the next one came. null: it is the present one."))),
    },
)
ALBUM = record(
    message_("An album. What is counted is directly in it."),
    {
        "key": key(message_("What it is known by; it never changes.")),
        "name": ALBUM_NAME,
        "description": DESCRIPTION,
        "parent": PARENT,
        "images": whole(message_("How many pictures are in it."), examples=[12]),
        "albums": whole(message_("How many albums are in it."), examples=[0]),
        "cover": maybe(address(message_("A small picture that shows it. null: it is empty."))),
        "page": address(message_("Its page, for you.")),
        "revision": whole(message_("Goes up with every change."), 1, examples=[3]),
        "created": moment(message_("When it was made.")),
    },
)
TAG = record(
    message_("A tag. Upper and lower case are one."),
    {"name": TAG_NAME, "images": whole(message_("How many pictures have it."), examples=[12])},
)
SHARE = record(
    message_("A link by which others see pictures or an album as they are now."),
    {
        "key": key(message_("What it is known by; it never changes.")),
        "url": maybe(
            address(
                message_(
                    "The link for others. null: it was made with an earlier secret key of the "
                    "instance, and cannot be told again."
                )
            )
        ),
        "page": address(message_("Its page, for you.")),
        "album": maybe(key(message_("The key of the album that it shows. null: chosen pictures."))),
        "images": whole(message_("How many pictures it shows."), examples=[12]),
        **{name: SHARE_TERMS[name] for name in ("name", "note", "expires", "most_views")},
        "locked": switch(message_("Whether it asks for a password.")),
        "views": whole(message_("How often it was opened."), examples=[3]),
        "last_viewed": maybe(moment(message_("When it was last opened. null: never."))),
        "ended": maybe(
            one_of(message_("How it has ended. null: it can be opened."), list(ENDINGS.values()))
        ),
        "created": moment(message_("When it was made.")),
    },
)
SHARES = record(message_("A page of shares."), {"shares": several(ref("Share")), "next": NEXT})
TOKEN = record(
    message_("A token. Its text is shown once, when it is made."),
    {
        "id": whole(message_("What it is known by."), 1, examples=[7]),
        "name": TOKEN_NAME,
        "scope": SCOPE,
        "created": moment(message_("When it was made.")),
        "expires": maybe(moment(message_("When it stops working. null: never."))),
        "last_used": maybe(moment(message_("When it was last used, to the minute."))),
        "current": switch(message_("Whether it is the one that this request carries.")),
    },
)
MADE_TOKEN = record(
    message_("A token that was made a moment ago."),
    {
        **TOKEN["properties"],
        "token": text(message_("Its text. It cannot be had again later.")),
    },
)
LINK_FORM = one_of(message_("In what form you copy links."), LINK_FORMS, examples=["markdown"])
LINK_TEMPLATE = text(message_("Your own form of links."), examples=["{url}"])
COPY_LINKS = switch(message_("Whether links are copied by themselves after uploading."))
DEFAULT_VISIBILITY = one_of(
    message_(
        "Who can see what you upload as `share` unless it says so: everybody (`public`), whoever "
        "has the link (`unlisted`), or only you (`private`)."
    ),
    VISIBILITIES,
)
PUBLIC_PAGE = switch(
    message_("Whether there is a page for everybody with your public pictures and albums.")
)
PROFILE = record(
    message_("Your account."),
    {
        "username": text(message_("Your name."), examples=["ada"]),
        "is_admin": switch(message_("Whether you run this site.")),
        "created": moment(message_("When your account was made.")),
        "scope": {**SCOPE, "description": message_("What the token of this request may do.")},
        "keep": {**KEEP, "description": message_("How your uploads are kept unless they say so.")},
        "default_visibility": DEFAULT_VISIBILITY,
        "link_form": LINK_FORM,
        "link_template": LINK_TEMPLATE,
        "copy_links": COPY_LINKS,
        "public_page": PUBLIC_PAGE,
        "public_page_url": maybe(
            address(message_("The address of that page. null: there is none."))
        ),
    },
)
PROFILE_CHANGES = changes(
    "",
    {
        "keep": PROFILE["properties"]["keep"],
        "default_visibility": DEFAULT_VISIBILITY,
        "link_form": LINK_FORM,
        "link_template": LINK_TEMPLATE,
        "copy_links": COPY_LINKS,
        "public_page": PUBLIC_PAGE,
    },
)
AMOUNT = {
    "images": whole(message_("How many pictures."), examples=[1200]),
    "bytes": whole(message_("How many bytes."), examples=[734003200]),
}
USAGE = record(
    message_("How much you keep, and of what."),
    {
        **AMOUNT,
        "most_images": maybe(whole(message_("How many pictures you may keep. null: any number."))),
        "most_bytes": maybe(whole(message_("How many bytes you may keep. null: any number."))),
        "trash": record(message_("How much of it is in the trash."), AMOUNT),
        "types": several(
            record("", {"type": one_of(message_("A media type."), TYPES), **AMOUNT}),
            message_("The same by types, without the trash and earlier versions."),
        ),
        "months": several(
            record(
                "",
                {"month": text(message_("A month, in UTC."), examples=["2027-01"]), **AMOUNT},
            ),
            message_("What came in each of the last twelve months and is still there."),
        ),
    },
)
ERROR = record(
    message_("Why a request has failed."),
    {
        "error": record(
            "",
            {
                "code": text(message_("For programs; it never changes."), examples=["not_found"]),
                "message": text(message_("For people, in the language that they ask for.")),
            },
        )
    },
)

COMPONENTS = {
    "Image": IMAGE,
    "UploadedImage": UPLOADED,
    "Images": IMAGES,
    "Version": VERSION,
    "Album": ALBUM,
    "Tag": TAG,
    "Share": SHARE,
    "Shares": SHARES,
    "Token": TOKEN,
    "NewToken": MADE_TOKEN,
    "Profile": PROFILE,
    "Usage": USAGE,
    "Error": ERROR,
}
