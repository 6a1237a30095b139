"""The site in CherryPy, mounted as its documents say for another server than its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cherrypy

from tests.apps.frameworks import STATIC, blocks, told

if TYPE_CHECKING:
    from collections.abc import Iterator


class Site:
    @cherrypy.expose
    def index(self, name: str = "world") -> str:
        return f"hello {name}"

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def form(self, **fields: str) -> dict[str, str]:
        return fields

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def upload(self, file: Any, **_: str) -> dict[str, object]:
        return told(file.filename, file.file.read())

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def stream(self, count: str) -> Iterator[bytes]:
        return blocks(int(count))

    @cherrypy.expose
    def fails(self) -> str:
        raise RuntimeError("xyzzy")


cherrypy.config.update({"environment": "embedded", "log.screen": True})
application = cherrypy.tree.mount(
    Site(), "/", {"/static": {"tools.staticdir.on": True, "tools.staticdir.dir": str(STATIC)}}
)
