"""Every address of the installation."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("nightdesk.config.api")),
    path("", include("nightdesk.operations.urls")),
    path("", include("nightdesk.web.urls")),
]
