"""Addresses of the pages and the live feed."""

from django.urls import path, re_path

from nightdesk.web import live
from nightdesk.web.views import campaigns, jobs, sign_in

app_name = "web"

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/<str:secret>", sign_in.sign_in_by_link, name="sign_in_link"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("theme/", sign_in.set_theme, name="theme"),
    path("campaigns/", campaigns.show_list, name="campaigns"),
    path("campaigns/new/", campaigns.create, name="campaign_new"),
    path("campaigns/<int:campaign_id>/", campaigns.show, name="campaign"),
    path("campaigns/<int:campaign_id>/regenerate/", campaigns.regenerate, name="campaign_regenerate"),
    path("jobs/<uuid:job_id>/chip/", jobs.show_chip, name="job_chip"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry/", jobs.retry, name="job_retry"),
    path("live/", live.follow, name="live"),
    re_path(r"^live/reconcile/?$", live.reconcile, name="live_reconcile"),
]
