"""Recipients as people paste them."""

import pytest

from nightdesk.mail.models import MAX_RECIPIENTS
from nightdesk.web.mail.recipients import MOST_NAMED, read_recipients


@pytest.mark.parametrize(
    ("pasted", "addresses"),
    [
        ("ada@example.org", ["ada@example.org"]),
        ("ada@example.org, noor@example.org;bo@example.org\r\n  ivo@example.org\teve@example.org",
         ["ada@example.org", "noor@example.org", "bo@example.org", "ivo@example.org", "eve@example.org"]),
        ("Ada Okafor <ada@example.org>, Noor <noor@example.org>", ["ada@example.org", "noor@example.org"]),
        ('"Okafor, Ada" <ada@example.org>; Adams, Noor <noor@example.org>', ["ada@example.org", "noor@example.org"]),
        ("<ada@example.org> noor@example.org", ["ada@example.org", "noor@example.org"]),
        ("O'Brien+news@Example.org,", ["O'Brien+news@Example.org"]),
        (" ,;\n ", []),
    ],
)  # fmt: skip
def test_addresses_are_found_however_they_are_parted(pasted: str, addresses: list[str]) -> None:
    found = read_recipients(pasted)
    assert (found.addresses, found.complaints) == (addresses, [])


def test_address_that_is_there_twice_counts_once() -> None:
    found = read_recipients("ada@example.org\nAda@Example.org\nnoor@example.org")
    assert (found.addresses, found.doubled) == (["ada@example.org", "noor@example.org"], 1)


def test_what_is_no_address_is_named_and_the_rest_of_it_counted() -> None:
    found = read_recipients("ada@example.org\nAda Okafor\nnoor@\n" + "\n".join(f"x{n}@" for n in range(7)))
    assert found.addresses == ["ada@example.org"]
    assert "“Ada Okafor”" in found.trouble[0]
    assert "“noor@”" in found.trouble[1]
    assert found.trouble[MOST_NAMED:] == ["4 more are none, too."]


def test_nobody_and_too_many_are_refused_with_what_to_do() -> None:
    assert read_recipients("").trouble == ["Say who should get it: one address, or many."]
    most = "\n".join(f"a{n}@example.org" for n in range(MAX_RECIPIENTS + 1))
    assert read_recipients(most).trouble == [
        "These are 5,001 addresses. A mailing goes to 5,000 at most: send it in parts."
    ]
    assert read_recipients(most.rpartition("\n")[0]).trouble == []
