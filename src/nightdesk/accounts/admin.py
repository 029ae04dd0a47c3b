"""Accounts in Django's admin."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken, User

if TYPE_CHECKING:
    _UserAdminBase = DjangoUserAdmin[User]
    _TokenAdminBase = admin.ModelAdmin[ApiToken]
    _CreationFormBase = AdminUserCreationForm[User]
else:
    _UserAdminBase = DjangoUserAdmin
    _TokenAdminBase = admin.ModelAdmin
    _CreationFormBase = AdminUserCreationForm


class UserCreationForm(_CreationFormBase):
    """A new user: the address, a password or none, and whether they are welcomed by mail."""

    is_welcomed = forms.BooleanField(required=False, label=_("Send a welcome mail"))

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(_UserAdminBase):
    """Users: role and status instead of Django's groups and flags."""

    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "role", "status", "last_login")
    list_filter = ("role", "status")
    search_fields = ("email", "first_name", "last_name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    add_form = UserCreationForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name")}),
        ("Access", {"fields": ("role", "status")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2", "role", "is_welcomed")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save a user; a new one is welcomed where that was asked for, in the same transaction."""
        super().save_model(request, obj, form, change)
        if not change and form.cleaned_data.get("is_welcomed"):
            services.welcome(user=obj)


@admin.register(ApiToken)
class ApiTokenAdmin(_TokenAdminBase):
    """Tokens: to look at and to revoke. They are made over the API or by `nightdesk token create`."""

    list_display = ("name", "hint", "user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("revoked_at",)
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    readonly_fields = ("user", "hint", "created_at", "last_used_at")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody can make a token here: its secret could not be shown."""
        return False
