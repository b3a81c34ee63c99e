"""Programs instead of people: the native API, and the shapes that existing clients speak."""

from flaskr.api import miniprogram, native, wechat

blueprints = (native.bp, *miniprogram.blueprints)

__all__ = ["blueprints", "wechat"]
