"""Programs instead of people: the native API, and the shapes that existing clients speak."""

from flaskr.api import miniprogram, native, oembed, tus, wechat

blueprints = (native.bp, oembed.bp, tus.bp, *miniprogram.blueprints)

__all__ = ["blueprints", "wechat"]
