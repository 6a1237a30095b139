"""A Django project of the usual parts; `tests.apps.django_site.wsgi:application`."""
