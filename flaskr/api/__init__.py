"""Programs instead of people: the native API, and the shapes that existing clients speak."""

from flaskr.api import imgur, lsky, miniprogram, native, smms, tus, wechat

blueprints = (native.bp, tus.bp, lsky.bp, smms.bp, imgur.bp, *miniprogram.blueprints)

__all__ = ["blueprints", "wechat"]
