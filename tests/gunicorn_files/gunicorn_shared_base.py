workers = 2
bind = ["127.0.0.1:9001"]
__all__ = ["bind", "workers"]
