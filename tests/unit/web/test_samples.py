"""The brief to begin with, as the templates write it: the first pieces that anybody sees."""

import pytest

from nightdesk.providers.text.brand import texts_of
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.protocol import PieceRequest
from nightdesk.providers.text.template.writer import TemplateWriter
from nightdesk.web.samples import sample_brief


@pytest.mark.parametrize("channel", CHANNELS)
def test_templates_make_whole_sentences_of_the_sample(channel: Channel) -> None:
    sample = {name: value for name, value in sample_brief().items() if name not in ("name", "channels")}

    draft = TemplateWriter().write(PieceRequest(channel=channel, **sample))

    said = "\n".join(texts_of(draft.fields))
    assert draft.warnings == []
    assert "should" not in said
    assert "90 seconds" in said or "Save 15 %" in said
    if channel in (Channel.X, Channel.EMAIL, Channel.BLOG):
        assert "https://fernweh.example/kettle" in said
