"""Addresses of the pages and the live feed."""

from django.urls import path, re_path

from nightdesk.web import live
from nightdesk.web.views import activity, brand_kits, campaigns, home, jobs, pieces, settings, sign_in

app_name = "web"

urlpatterns = [
    path("", home.show_home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/<str:secret>", sign_in.sign_in_by_link, name="sign_in_link"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("theme/", sign_in.set_theme, name="theme"),
    path("campaigns/", campaigns.show_list, name="campaigns"),
    path("campaigns/new/", campaigns.create, name="campaign_new"),
    path("campaigns/<int:campaign_id>/", campaigns.show, name="campaign"),
    path("campaigns/<int:campaign_id>/regenerate/", campaigns.regenerate, name="campaign_regenerate"),
    path("campaigns/<int:campaign_id>/edit/", campaigns.edit, name="campaign_edit"),
    path("campaigns/<int:campaign_id>/delete/", campaigns.delete, name="campaign_delete"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/", pieces.show, name="piece"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/edit/", pieces.edit, name="piece_edit"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/lock/", pieces.lock, name="piece_lock"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/unlock/", pieces.unlock, name="piece_unlock"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/regenerate/", pieces.regenerate, name="piece_regenerate"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/remove/", pieces.remove, name="piece_remove"),
    path("campaigns/<int:campaign_id>/pieces/<slug:channel>/versions/", pieces.show_versions, name="piece_versions"),
    path(
        "campaigns/<int:campaign_id>/pieces/<slug:channel>/versions/<int:number>/restore/",
        pieces.restore,
        name="piece_restore",
    ),
    path("brand-kits/", brand_kits.show_list, name="brand_kits"),
    path("brand-kits/new/", brand_kits.create, name="brand_kit_new"),
    path("brand-kits/<int:kit_id>/", brand_kits.show, name="brand_kit"),
    path("brand-kits/<int:kit_id>/edit/", brand_kits.edit, name="brand_kit_edit"),
    path("brand-kits/<int:kit_id>/archive/", brand_kits.archive, name="brand_kit_archive"),
    path("brand-kits/<int:kit_id>/restore/", brand_kits.restore, name="brand_kit_restore"),
    path("activity/", activity.show_activity, name="activity"),
    path("activity/counts/", activity.show_counts, name="activity_counts"),
    path("activity/now/", activity.show_now, name="activity_now"),
    path("activity/ended/", activity.show_ended, name="activity_ended"),
    path("activity/seen/", activity.mark_seen, name="activity_seen"),
    path("jobs/<uuid:job_id>/", jobs.show, name="job"),
    path("jobs/<uuid:job_id>/toast/", jobs.show_toast, name="job_toast"),
    path("jobs/<uuid:job_id>/decide/", jobs.decide, name="job_decide"),
    path("jobs/<uuid:job_id>/chip/", jobs.show_chip, name="job_chip"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry/", jobs.retry, name="job_retry"),
    path("settings/", settings.show_settings, name="settings"),
    path("settings/tokens/", settings.create_token, name="token_new"),
    path("settings/tokens/<int:token_id>/revoke/", settings.revoke_token, name="token_revoke"),
    path("settings/password/", settings.change_password, name="password"),
    path("settings/shortcuts/", settings.set_shortcuts, name="shortcuts"),
    path("live/", live.follow, name="live"),
    re_path(r"^live/reconcile/?$", live.reconcile, name="live_reconcile"),
]
