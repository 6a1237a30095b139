"""A Flask application of the usual parts: forms, cookies, a session, uploads, downloads, errors."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, make_response, redirect, request, send_file, session, url_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response as Answer

BLOCK = bytes(range(256)) * 256

application = Flask(__name__)
# no secret: it signs what tests put into their sessions
application.secret_key = "for tests"


@application.get("/")
def index() -> str:
    """Answer with the query."""
    return f"hello {request.args.get('name', 'world')}"


@application.post("/form")
def form() -> Response:
    """Give a form back, and all cookies."""
    return jsonify(form=request.form.to_dict(), cookies=dict(request.cookies))


@application.get("/cookies")
def set_cookies() -> Response:
    """Set two."""
    response = make_response("set")
    response.set_cookie("first", "1", httponly=True)
    response.set_cookie("second", "two words; and more")
    return response


@application.get("/count")
def count() -> str:
    """Count the visits of a session."""
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@application.post("/upload")
def upload() -> Response:
    """Hash what was uploaded."""
    file = request.files["file"]
    digest = hashlib.sha256()
    size = 0
    while block := file.stream.read(65536):
        digest.update(block)
        size += len(block)
    return jsonify(name=file.filename, size=size, sha256=digest.hexdigest(), note=request.form["note"])


@application.post("/raw")
def raw() -> Response:
    """Hash a body, however it came."""
    digest = hashlib.sha256()
    while block := request.stream.read(65536):
        digest.update(block)
    return jsonify(sha256=digest.hexdigest())


@application.get("/download/<int:blocks>")
def download(blocks: int) -> Response:
    """Stream blocks of 64 KB, with their length if the query asks for it."""

    def generate() -> Iterator[bytes]:
        for _ in range(blocks):
            yield BLOCK

    response = Response(generate(), mimetype="application/octet-stream")
    if "length" in request.args:
        response.content_length = blocks * len(BLOCK)
    return response


@application.get("/file")
def file() -> Answer:
    """Send this source, with conditional and partial answers."""
    return send_file(Path(__file__), conditional=True, etag=True)


@application.get("/memory")
def memory() -> Answer:
    """Send a file that is none."""
    return send_file(io.BytesIO(BLOCK), mimetype="application/octet-stream")


@application.get("/redirect")
def away() -> Answer:
    """Redirect to an absolute URL, made of what the server says of itself."""
    return redirect(url_for("index", _external=True))


@application.get("/fails")
def fails() -> str:
    """Raise."""
    raise ValueError("xyzzy")
