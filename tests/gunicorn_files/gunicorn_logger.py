from gunicorn.glogging import Logger

workers = 2


class QuietLogger(Logger):
    def access(self, resp, req, environ, request_time):
        if req.path != "/healthz":
            super().access(resp, req, environ, request_time)


logger_class = QuietLogger
