-- A connection a request, as clients behave that do not keep any.
wrk.headers["Connection"] = "close"
