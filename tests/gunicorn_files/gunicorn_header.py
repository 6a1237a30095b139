import gunicorn

gunicorn.SERVER_SOFTWARE = "Server"

workers = 2
