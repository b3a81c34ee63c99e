"""Tuchuang: an image host that grew out of Flask's tutorial."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(test_config: Mapping[str, Any] | None = None) -> "Flask":
    """Make the application. It only wires: nothing is created, migrated or reached over a network.

    `test_config` replaces settings for tests; "INSTANCE_PATH" in it names the instance folder.
    Imports stand inside, so that a part such as `flaskr.imaging` can be loaded without the web.
    """
    import os
    from pathlib import Path

    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from flaskr import admin, api, auth, blog, cli, config, db, settings, tuchuang
    from flaskr.imaging import DecodePool, affordable_children
    from flaskr.library import sets
    from flaskr.library.media import local_media
    from flaskr.library.usage import Quota
    from flaskr.remote import Fetcher, read_networks
    from flaskr.web import (
        assets,
        converters,
        cors,
        errors,
        filters,
        intake,
        limits,
        links,
        locale,
        preferences,
        security,
        template_globals,
        users,
    )

    given = dict(test_config or {})
    instance = given.pop("INSTANCE_PATH", None) or os.environ.get(config.INSTANCE_VARIABLE)
    app = Flask(
        __name__,
        instance_path=str(Path(instance).absolute()) if instance else None,
        instance_relative_config=True,
        static_folder=None,
    )
    app.config.from_mapping(config.defaults())
    app.config.from_pyfile("config.py", silent=True)
    app.config.from_mapping(config.from_environment(os.environ))
    app.config.from_mapping(given)
    config.check_values(app.config)
    security.configure(app)
    db.init_app(app)
    decoders = DecodePool(affordable_children(app.config["DECODERS"]))
    instance_folder = Path(app.instance_path)
    files = instance_folder / "files"
    upload_sets = sets.from_config(app.config, instance_folder, files)
    sets.check_places(upload_sets)
    sets.warn_of_unknown([*app.config, *config.names_in(os.environ)], upload_sets)
    app.extensions["tuchuang.media"] = local_media(
        files,
        decoders,
        app.config["SECRET_KEY"],
        Quota(app.config["QUOTA_IMAGES"], app.config["QUOTA_BYTES"]),
        upload_sets,
    )
    app.extensions["tuchuang.fetcher"] = Fetcher(read_networks(app.config["FETCH_NETWORKS"]))
    app.before_request(links.check_host)
    for part in (
        converters,
        users,
        intake,
        security,
        limits,
        locale,
        filters,
        template_globals,
        errors,
        assets,
        cors,
    ):
        part.init_app(app)
    for blueprint in (
        auth.bp,
        blog.bp,
        settings.bp,
        admin.bp,
        tuchuang.bp,
        tuchuang.short_links,
        preferences.bp,
    ):
        app.register_blueprint(blueprint)
    for blueprint in api.blueprints:
        app.register_blueprint(blueprint)
        security.csrf.exempt(blueprint)  # cookies do not count there, tokens do
    cli.init_app(app)
    app.wsgi_app = tuchuang.Shortcut(app, app.wsgi_app)  # type: ignore[method-assign]
    count = app.config["TRUSTED_PROXIES"]
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app
