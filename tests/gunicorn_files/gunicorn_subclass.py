from uvicorn_worker import UvicornWorker


class ShopWorker(UvicornWorker):
    CONFIG_KWARGS = {"lifespan": "off", "root_path": "/shop"}


worker_class = ShopWorker
