"""Mini programs that were written for other back ends: their addresses, their answers."""

from flaskr.api.miniprogram import service_image, tasks, temp_upload
from flaskr.api.miniprogram.photos import bp as photos

blueprints = (photos, service_image.bp)

__all__ = ["blueprints", "service_image", "tasks", "temp_upload"]
