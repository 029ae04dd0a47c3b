"""Every address of the installation."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]

for _prefix, _module in (("", "nightdesk.config.api"), ("", "nightdesk.operations.urls"), ("", "nightdesk.web.urls")):
    if find_spec(_module.rpartition(".")[0]) and find_spec(_module):
        urlpatterns.append(path(_prefix, include(_module)))
