"""What an operator chose for the writing of texts. `config` reads it once and hands it to `registry.configure`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from nightdesk.providers.wire.servers import ServerAddress

URL_SETTING: Final = "NIGHTDESK_TEXT_URL"
KEY_SETTING: Final = "NIGHTDESK_TEXT_KEY"
MODEL_SETTING: Final = "NIGHTDESK_TEXT_MODEL"
STRUCTURE_SETTING: Final = "NIGHTDESK_TEXT_STRUCTURE"
TIMEOUT_SETTING: Final = "NIGHTDESK_TEXT_TIMEOUT"

OPENAI_HOST: Final = "api.openai.com"
_OPENAI_URL: Final = f"https://{OPENAI_HOST}/v1"


class Structure(StrEnum):
    """How a model is held to the shape of its answer."""

    AUTO = "auto"  # the firmest that the server takes
    SCHEMA = "schema"  # response_format json_schema
    JSON = "json"  # response_format json_object, the schema in the prompt
    PROMPT = "prompt"  # only the prompt asks


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOptions:
    """Server, model and prices. Prices are millionths of `currency` for a million tokens; None: not known.

    `url` and `key` hold secrets and never appear in the object's own text.
    """

    url: str = field(default="", repr=False)  # may hold a user name and password
    key: str = field(default="", repr=False)
    model: str = ""
    structure: Structure = Structure.AUTO
    at_once: int = 6
    timeout_s: float = 120.0
    price_in_micros: int | None = None
    price_out_micros: int | None = None
    currency: str = "USD"

    @property
    def is_chosen(self) -> bool:
        """Whether anything says that a model shall write."""
        return bool(self.url or self.key or self.model)

    @property
    def base_url(self) -> str:
        """The address to which `/chat/completions` is put, without user name and password; a bare host gets `/v1`."""
        return self._address.base_url(default_path="/v1")

    @property
    def host(self) -> str:
        """The server's name for people: host, and port where one is given."""
        return self._address.host

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password out of the address, for a proxy that asks for them."""
        return self._address.login

    @property
    def is_openai(self) -> bool:
        """Whether the server is OpenAI's own."""
        return self._address.hostname == OPENAI_HOST

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which no model can be asked, as far as that can be known without asking one."""
        if not (self.url or self.key):
            return (URL_SETTING,)
        if self.is_openai:
            needed = ((KEY_SETTING, self.key), (MODEL_SETTING, self.model))
            return tuple(setting for setting, value in needed if not value)
        return ()

    @property
    def _address(self) -> ServerAddress:
        return ServerAddress(self.url or _OPENAI_URL)
