"""Tables, and queries on their own rows.

No table knows HTTP; a `Session` always comes in as an argument. Moments are UTC and aware.
"""

from flaskr.models.accounts import Token, User
from flaskr.models.albums import Album, AlbumImage
from flaskr.models.base import MAX_ID, Base, insert_if_absent, now
from flaskr.models.batches import BatchEntry
from flaskr.models.blobs import Blob
from flaskr.models.drop_boxes import Drop, DropBox
from flaskr.models.images import DIRECT_IMAGE, DirectImage, Image
from flaskr.models.posts import Post, PostTag
from flaskr.models.resumable import IdempotencyKey, ResumableUpload
from flaskr.models.set_files import SetFile
from flaskr.models.shares import Share, ShareImage
from flaskr.models.tags import ImageTag, Tag
from flaskr.models.uses import Document, ImageUse
from flaskr.models.versions import ImageVersion

__all__ = [
    "DIRECT_IMAGE",
    "MAX_ID",
    "Album",
    "AlbumImage",
    "Base",
    "BatchEntry",
    "Blob",
    "DirectImage",
    "Document",
    "Drop",
    "DropBox",
    "IdempotencyKey",
    "Image",
    "ImageTag",
    "ImageUse",
    "ImageVersion",
    "Post",
    "PostTag",
    "ResumableUpload",
    "SetFile",
    "Share",
    "ShareImage",
    "Tag",
    "Token",
    "User",
    "insert_if_absent",
    "now",
]
