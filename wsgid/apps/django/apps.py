"""What INSTALLED_APPS needs to know of `wsgid.apps.django`."""

from django.apps import AppConfig


class WsgidConfig(AppConfig):
    name = "wsgid.apps.django"
    # The last part of the name, which Django would take, is everybody's.
    label = "wsgid"
    verbose_name = "wsgid"
