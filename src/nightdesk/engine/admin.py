"""Schedules in Django's admin: django-celery-beat's own page, with our kinds to choose from and checked when it is saved."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_celery_beat.admin import PeriodicTaskAdmin as StockAdmin
from django_celery_beat.models import PeriodicTask, SolarSchedule
from pydantic import ValidationError as DoesNotFit

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.arguments import ARGUMENTS, KINDS, JobArgs
from nightdesk.engine.enqueue import UnknownKind, enqueue_named
from nightdesk.engine.next_times import find_next

if TYPE_CHECKING:
    _FormBase = forms.ModelForm[PeriodicTask]
else:
    _FormBase = forms.ModelForm


class ScheduleForm(_FormBase):
    """A schedule: which kind, when, and with which arguments."""

    task = forms.ChoiceField(label=gettext_lazy("What to do"))

    class Meta:
        model = PeriodicTask
        # The engine decides how rings travel, and nothing fires at sunrise.
        exclude = ("solar", "exchange", "routing_key", "headers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        task = self.fields.get("task")  # whoever may only look gets no fields
        if isinstance(task, forms.ChoiceField):
            task.choices = self._offer_kinds()

    def _offer_kinds(self) -> list[tuple[str, str]]:
        """Offer each kind that is known here; one that is not, and is chosen already, says so."""
        known = [(name, _name_kind(name)) for name in sorted(KINDS)]
        chosen = self.instance.task if self.instance.pk else ""
        if chosen and chosen not in KINDS:
            known.insert(0, (chosen, _("%(task)s (nobody here knows it)") % {"task": chosen}))
        return known

    def clean_task(self) -> str:
        """Refuse what nobody could do."""
        task: str = self.cleaned_data["task"]
        if task not in KINDS:
            raise forms.ValidationError(_("Nobody here knows how to do this. Choose another."))
        return task

    def clean_args(self) -> str:
        """Refuse what is no list."""
        return self._clean_json("args", list, _("This must be a JSON list, like [1, 2]."))

    def clean_kwargs(self) -> str:
        """Refuse what is no object."""
        return self._clean_json("kwargs", dict, _('This must be a JSON object, like {"dry_run": true}.'))

    def _clean_json(self, field: str, kind: type, complaint: str) -> str:
        text: str = self.cleaned_data[field]
        try:
            fits = isinstance(json.loads(text or "null"), kind)
        except ValueError:
            fits = False
        if not fits:
            raise forms.ValidationError(complaint)
        return text

    def clean(self) -> dict[str, Any]:
        """Check that the arguments fit the kind. That there is one kind of times the model checks itself."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("expire_seconds") is not None and data.get("expires"):
            self.add_error("expires", _("Say this or how many seconds its jobs wait, not both."))
        if not self.errors and data["task"] in ARGUMENTS:
            self._check_arguments(ARGUMENTS[data["task"]], json.loads(data["args"]), json.loads(data["kwargs"]))
        return data

    def _check_arguments(self, kind: type[JobArgs], args: list[Any], kwargs: dict[str, Any]) -> None:
        if odd := sorted(kwargs.keys() - set(kind.model_fields)):
            self.add_error("kwargs", _("There is no such argument: %(names)s.") % {"names": ", ".join(odd)})
            return
        try:
            kind.from_call(tuple(args), kwargs)
        except DoesNotFit as error:
            for each in error.errors():
                self.add_error("kwargs", f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
        except TypeError as error:
            self.add_error("args", str(error))


def _name_kind(name: str) -> str:
    arguments = ARGUMENTS.get(name)
    words = (arguments.__doc__ or "").strip().splitlines() if arguments else []
    return f"{words[0].rstrip('.')} ({name})" if words else name


class ScheduleAdmin(StockAdmin):  # type: ignore[misc]  # it has no types of its own
    """Schedules: what runs when, and when next. A row that is here is the administrator's: no start changes it."""

    form = ScheduleForm
    change_form_template = None  # the stock one holds a script in the page, which the content policy refuses
    date_hierarchy = None
    list_display = ("name", "enabled", "scheduler", "next_run", "last_run_at", "total_run_count")
    list_filter = ("enabled", "one_off")
    fieldsets = (
        (None, {"fields": ("name", "task", "enabled", "description")}),
        (gettext_lazy("When"), {"fields": ("interval", "crontab", "crontab_translation", "clocked", "start_time")}),
        (gettext_lazy("Until"), {"fields": ("one_off", "expires")}),
        (gettext_lazy("Arguments"), {"fields": ("args", "kwargs")}),
        (gettext_lazy("Its jobs"), {"fields": ("expire_seconds", "queue", "priority")}),
        (gettext_lazy("So far"), {"fields": ("next_run", "last_run_at", "total_run_count")}),
    )
    readonly_fields = ("next_run", "last_run_at", "total_run_count", "crontab_translation")

    @admin.display(description=gettext_lazy("Next run"))
    def next_run(self, row: PeriodicTask) -> str | datetime:
        """Say when it is due next, or why it is not."""
        if row.pk is None or not row.enabled:
            return _("never: it is switched off")
        try:
            found = find_next(row, timezone.now())
        except ValueError as error:
            return _("never: %(why)s") % {"why": error}
        return timezone.localtime(found) if found else _("never again")

    def crontab_translation(self, row: PeriodicTask) -> str:
        """Say a crontab in words; of a schedule without one nothing."""
        return str(row.crontab.human_readable) if row.crontab_id else "-"

    @admin.action(description=gettext_lazy("Run now"))
    def run_tasks(self, request: HttpRequest, rows: QuerySet[PeriodicTask]) -> None:
        """Make a job of each, besides what the clock does; what cannot become one says why."""
        done = 0
        for row in rows:
            try:
                args, kwargs = json.loads(row.args or "[]"), json.loads(row.kwargs or "{}")
                enqueue_named(
                    row.task, args, kwargs, subject=f"schedule:{row.pk}", priority=row.priority, queue=row.queue
                )
                done += 1
            except (UnknownKind, DoesNotFit, InvalidInput, ValueError, TypeError) as error:
                self.message_user(request, f"{row.name}: {' '.join(str(error).split())}", messages.WARNING)
        if done:
            self.message_user(request, ngettext("%d job was made.", "%d jobs were made.", done) % done)


admin.site.unregister(PeriodicTask)
admin.site.register(PeriodicTask, ScheduleAdmin)
if admin.site.is_registered(SolarSchedule):
    admin.site.unregister(SolarSchedule)  # sunrise and sunset are not fired
