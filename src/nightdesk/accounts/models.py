"""Users, tokens and sign-in links."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


class Role(models.TextChoices):
    """What a user may do; each includes the one before it."""

    MEMBER = "member"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Status(models.TextChoices):
    """Whether a user may come in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail in any case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address."""
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator; what `manage.py createsuperuser` calls."""
        user = self.model(email=email.strip().lower(), role=Role.ADMINISTRATOR, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. The e-mail address, kept in lower case, is the name to sign in with."""

    email = models.EmailField(max_length=254, unique=True)
    first_name = models.CharField(max_length=80, blank=True, default="")
    last_name = models.CharField(max_length=80, blank=True, default="")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="user_status"),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether the user may come in."""
        return self.status == Status.ACTIVE

    @property
    def is_operator(self) -> bool:
        """Whether the user may run the installation."""
        return self.is_active and self.role in {Role.OPERATOR, Role.ADMINISTRATOR}

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin lets the user in."""
        return self.is_operator

    @property
    def is_superuser(self) -> bool:
        """Whether the user may do everything."""
        return self.is_active and self.role == Role.ADMINISTRATOR

    def has_perm(self, perm: str, _obj: object = None) -> bool:
        """Whether the admin allows this: administrators everything, operators a look and the schedules."""
        if self.is_superuser:
            return True
        app, _, action = perm.partition(".")
        return self.is_operator and (app == "django_celery_beat" or action.startswith("view_"))

    def has_module_perms(self, _app_label: str) -> bool:
        """Whether the admin shows an app at all."""
        return self.is_staff

    def get_full_name(self) -> str:
        """Return first and last name, or the address."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_public_name(self) -> str:
        """Return first and last name for whoever reads it: never the address, which signs in."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """Return the first name, or the address."""
        return self.first_name or self.email


class ApiToken(models.Model):
    """A secret by which a program acts for a user. The secret itself is shown once and not kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"

    def is_live(self, now: datetime) -> bool:
        """Whether the token still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class SignInLink(models.Model):
    """A link that signs its user in once. The secret in it is not kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.user_id}, {'used' if self.used_at else 'unused'}"
