"""Programs instead of people: the native API, and the shapes that existing clients speak."""

from flaskr.api import (
    chevereto,
    imgur,
    lsky,
    metaweblog,
    miniprogram,
    native,
    oembed,
    picgo,
    smms,
    tus,
    wechat,
)

blueprints = (
    native.bp,
    oembed.bp,
    tus.bp,
    lsky.bp,
    smms.bp,
    chevereto.bp,
    imgur.bp,
    picgo.bp,
    metaweblog.bp,
    *miniprogram.blueprints,
)

__all__ = ["blueprints", "wechat"]
