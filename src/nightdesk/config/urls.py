"""Every address of the installation."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.site.site_header = admin.site.site_title = "Nightdesk"

urlpatterns = [
    # One way in: the admin's own form would not count attempts.
    path("admin/login/", RedirectView.as_view(pattern_name="web:sign_in", query_string=True)),
    path("admin/", admin.site.urls),
    path("", include("nightdesk.config.api")),
    path("", include("nightdesk.mail.urls")),
    path("", include("nightdesk.operations.urls")),
    path("", include("nightdesk.web.urls")),
]
