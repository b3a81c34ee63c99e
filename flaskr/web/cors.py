"""Whether scripts of pages elsewhere may use the API: by a setting.

They need a token as every program does: no cookie goes with their requests, and none would count.
"""

from flask import Flask, Response, current_app, request

API = "/api/"
ANY = "*"
METHODS = "GET, POST, PATCH, DELETE, OPTIONS"
SENT = "Authorization, Content-Type, Idempotency-Key, token, X-API-Key"
"""What may be sent; the last two are where clients of lsky-pro 1.x and of Chevereto have tokens."""

READ = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
DAY = 24 * 3600


def init_app(app: Flask) -> None:
    app.after_request(admit_scripts)


def admit_scripts(response: Response) -> Response:
    """Say to browsers which origins' scripts may ask and read the answer."""
    origins: list[str] = current_app.config["API_ORIGINS"]
    if not origins or not request.path.startswith(API):
        return response
    headers = response.headers
    if ANY in origins:
        headers["Access-Control-Allow-Origin"] = ANY
    else:
        response.vary.add("Origin")
        if request.headers.get("Origin") not in origins:
            return response
        headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    headers["Access-Control-Expose-Headers"] = READ
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Allow-Headers"] = SENT
        headers["Access-Control-Max-Age"] = str(DAY)
    return response
