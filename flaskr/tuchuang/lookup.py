"""`Image.direct` without a session, for where every microsecond counts."""

from sqlalchemy import Engine

from flaskr.models import DIRECT_IMAGE, DirectImage, Image


class DirectLookup:
    """The look-up behind a direct link, on one engine.

    The statement is compiled once and goes straight to the driver: a tenth of a session's time.
    """

    def __init__(self, engine: Engine) -> None:
        compiled = DIRECT_IMAGE.compile(engine)
        self._engine = engine
        self._statement = str(compiled)
        self._positional = compiled.positional
        # Asked of the dialect's own type: the general one knows nothing of SQLite's text.
        moment = Image.expires.type.dialect_impl(engine.dialect)
        self._moment = moment.result_processor(engine.dialect, None)

    def __call__(self, key: str) -> DirectImage | None:
        """Return what a direct link needs of the image with this key, or None.

        Raises what the driver raises.
        """
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(self._statement, (key,) if self._positional else {"key": key})
            row = cursor.fetchone()
            cursor.close()
        finally:
            connection.close()  # it goes back to the pool
        if row is None:
            return None
        found = DirectImage(*row)
        if found.expires is None or self._moment is None:
            return found
        return found._replace(expires=self._moment(found.expires))
