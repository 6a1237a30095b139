"""The site in Tornado."""

from __future__ import annotations

from tornado.web import Application, RequestHandler, StaticFileHandler

from tests.apps.frameworks import STATIC, blocks, told


class Page(RequestHandler):
    def get(self) -> None:
        self.write(f"hello {self.get_argument('name', 'world')}")


class Form(RequestHandler):
    def post(self) -> None:
        self.write({name: self.get_body_argument(name) for name in self.request.body_arguments})


class Upload(RequestHandler):
    def post(self) -> None:
        (file,) = self.request.files["file"]
        self.write(told(file.filename, file.body))


class Stream(RequestHandler):
    async def get(self, count: str) -> None:
        for block in blocks(int(count)):
            self.write(block)
            await self.flush()


class Fails(RequestHandler):
    def get(self) -> None:
        raise RuntimeError("xyzzy")


application = Application(
    [
        ("/", Page),
        ("/form", Form),
        ("/upload", Upload),
        (r"/stream/(\d+)", Stream),
        ("/fails", Fails),
        ("/static/(.*)", StaticFileHandler, {"path": str(STATIC)}),
    ]
)
