"""What a camera wrote, as people read it."""

from flask_babel import format_decimal, gettext

from flaskr.imaging.camera import Camera


def camera_facts(camera: Camera) -> list[tuple[str, str]]:
    """Return what is known, each with what it is called."""
    facts = [
        (gettext("Camera"), " ".join(filter(None, (camera.maker, camera.model)))),
        (gettext("Lens"), camera.lens),
        (gettext("Software"), camera.software),
        (gettext("Taken on"), camera.taken.replace(":", "-", 2)),
        (gettext("Exposure"), exposure(camera)),
        (gettext("Place"), place(camera)),
    ]
    return [(name, text) for name, text in facts if text]


def exposure(camera: Camera) -> str:
    """Return `1/250 s · f/1.8 · ISO 100 · 50 mm`, as far as it is known."""
    told = []
    if camera.exposure:
        told.append(f"{seconds(camera.exposure)} s")
    if camera.aperture:
        told.append(f"f/{format_decimal(camera.aperture, format='0.#')}")
    if camera.iso:
        told.append(f"ISO {camera.iso}")
    if camera.focal_length:
        told.append(f"{format_decimal(camera.focal_length, format='0.#')} mm")
    return " · ".join(told)


def seconds(exposure: float) -> str:
    """Return `1/250` for what is shorter than a third of a second."""
    if exposure < 1 / 3:
        return f"1/{round(1 / exposure)}"
    return str(format_decimal(exposure, format="0.#"))


def place(camera: Camera) -> str:
    if camera.latitude is None or camera.longitude is None:
        return ""
    return f"{camera.latitude:.5f}, {camera.longitude:.5f}"
