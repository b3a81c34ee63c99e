"""The outermost layer: what the server puts into a request that is none of its business."""

from io import BytesIO

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from flaskr.edge import Edge


@pytest.fixture
def seen(monkeypatch):
    """What an app behind the edge sees of a request, to a process with this environment."""

    def ask(**variables: str) -> dict:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        told: list[dict] = []

        def app(environ, start_response):
            told.append(dict(environ))
            start_response("200 OK", [])
            return []

        request = create_environ("/path?a=b", "http://host.example/")
        request |= {"REMOTE_ADDR": "192.0.2.1", "wsgi.input": BytesIO()}
        run_wsgi_app(Edge(app, 1), variables | request)
        (environ,) = told
        return environ

    return ask


def test_variables_of_the_process_do_not_reach_a_request(seen):
    environ = seen(HTTP_PROXY="http://proxy.example", SECRET="s", PATH_INFO="/of the process")
    assert not {"HTTP_PROXY", "SECRET", "PATH"} & set(environ)


@pytest.mark.parametrize(
    "name",
    [
        "HTTP_HOST",
        "PATH_INFO",
        "QUERY_STRING",
        "REMOTE_ADDR",
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
    ],
)
def test_what_a_request_says_of_itself_stays_whatever_the_process_was_told(seen, name):
    plain = seen()
    assert seen(**{name: "of the process"})[name] == plain[name] != "of the process"
