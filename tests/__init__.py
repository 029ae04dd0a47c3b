"""The tests of Nightdesk, by floor; `tests/README.md` says which floor answers which question."""
