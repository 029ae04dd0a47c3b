"""Templates over HTTP: which there are, and how they look."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from nightdesk.mail import services
from nightdesk.mail.schemas.mails import PreviewIn, PreviewOut, TemplateOut, TemplatesOut

router = Router(tags=["mail"])


@router.get("/", response=TemplatesOut, operation_id="list_mail_templates", summary="List mail templates")
def list_templates(request: HttpRequest) -> TemplatesOut:  # noqa: ARG001 (Ninja passes it)
    """List the templates: what each is for, the variables that it needs, and a sample of them."""
    return TemplatesOut(templates=[TemplateOut.model_validate(one) for one in services.list_templates()])


@router.get(
    "/{name}/preview/", response=PreviewOut, operation_id="preview_mail_template", summary="Preview a mail template"
)
def preview_template(request: HttpRequest, name: str) -> PreviewOut:  # noqa: ARG001 (Ninja passes it)
    """Show a template filled with its sample, as HTML and as text. Nothing is sent."""
    return _preview(name, context=None, subject=None)


@router.post(
    "/{name}/preview/",
    response=PreviewOut,
    operation_id="preview_mail_template_with",
    summary="Preview a mail template with a context",
)
def preview_template_with(request: HttpRequest, name: str, body: PreviewIn) -> PreviewOut:  # noqa: ARG001
    """Show a template filled with a context of yours. What it lacks is named in `missing`; nothing is sent."""
    return _preview(name, context=body.context, subject=body.subject)


def _preview(name: str, *, context: dict[str, Any] | None, subject: str | None) -> PreviewOut:
    template = services.find_template(name)
    if context is not None:
        services.refuse_references(context)
    return PreviewOut.model_validate(services.preview_template(name=template.name, context=context, subject=subject))
