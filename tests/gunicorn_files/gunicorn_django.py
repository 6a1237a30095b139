import os
import sys

BASE_DIR = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(BASE_DIR, "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")

wsgi_app = "shop.wsgi:application"
chdir = BASE_DIR
pythonpath = "src"
bind = "unix:/run/gunicorn.sock"
user, group = "www-data", 33
pidfile = "/run/gunicorn.pid"
umask = 0o007
workers = int(os.environ.get("WEB_WORKERS") or 3)
timeout = graceful_timeout = 60
reload = os.environ.get("DEBUG") == "1"
reload_extra_files = "templates/base.html"
control_socket_disable = True
