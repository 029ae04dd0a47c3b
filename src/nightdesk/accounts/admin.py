"""Accounts in Django's admin."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken, Role, Status, User

if TYPE_CHECKING:
    _UserAdminBase = DjangoUserAdmin[User]
    _TokenAdminBase = admin.ModelAdmin[ApiToken]
    _CreationFormBase = AdminUserCreationForm[User]
    _UserFormBase = UserChangeForm[User]
else:
    _UserAdminBase = DjangoUserAdmin
    _TokenAdminBase = admin.ModelAdmin
    _CreationFormBase = AdminUserCreationForm
    _UserFormBase = UserChangeForm


class UserCreationForm(_CreationFormBase):
    """A new user: the address, a password or none, and whether they are welcomed by mail."""

    is_welcomed = forms.BooleanField(required=False, label=_("Send a welcome mail"))

    class Meta:
        model = User
        fields = ("email",)


class UserForm(_UserFormBase):
    """A user as they are changed. Somebody always remains who may do everything."""

    def clean(self) -> dict[str, Any]:
        """Refuse what would leave nobody who may do everything."""
        data: dict[str, Any] = super().clean() or {}
        wanted = {"role": data.get("role", self.instance.role), "status": data.get("status", self.instance.status)}
        if wanted != _FULL and services.is_last_administrator(user_id=self.instance.pk, is_locked=True):
            raise forms.ValidationError(_LAST, code="last_administrator")
        return data


#: What somebody is who may do everything.
_FULL: Final = {"role": Role.ADMINISTRATOR, "status": Status.ACTIVE}
_LAST: Final = _("This is the only administrator who may come in. Make somebody else one first.")


@admin.register(User)
class UserAdmin(_UserAdminBase):
    """Users: role and status instead of Django's groups and flags."""

    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "role", "status", "last_login")
    list_filter = ("role", "status")
    search_fields = ("email", "first_name", "last_name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    form = UserForm
    add_form = UserCreationForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name")}),
        ("Access", {"fields": ("role", "status")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2", "role", "is_welcomed")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes the only administrator, nor themselves: whoever is wrong about it could not come back."""
        if obj is not None and (obj.pk == request.user.pk or services.is_last_administrator(user_id=obj.pk)):
            return False
        return super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete one, unless all others have been deleted since the page was shown."""
        if services.is_last_administrator(user_id=obj.pk, is_locked=True):
            raise PermissionDenied
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete several, but nobody who must stay."""
        with transaction.atomic():
            chosen = set(queryset.values_list("pk", flat=True))
            staying = set(services.administrators().select_for_update().values_list("pk", flat=True)) - chosen
            if request.user.pk in chosen or not staying:
                raise PermissionDenied
            super().delete_queryset(request, queryset)

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
