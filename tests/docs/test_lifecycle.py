"""The page about the states of a job is drawn from the table of the states."""

import re

from nightdesk.engine.states import CELERY_STATUS, State, mermaid, task_status
from tests.docs.pages import page

PAGE = page("docs/lifecycle.md")


def test_diagram_is_drawn_from_the_table() -> None:
    assert PAGE.blocks("mermaid") == [mermaid() + "\n"], "put the output of engine.states.mermaid() into the page"


def test_labels_of_the_diagram_can_be_read_by_mermaid() -> None:
    labels = [line.partition(": ")[2] for line in mermaid().splitlines()[1:]]
    assert [label for label in labels if not label or set(label) & set(":;")] == []  # both would end a label


def test_each_state_has_its_row() -> None:
    table = PAGE.text.partition("| state | means |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [state.value for state in State]


def test_words_for_other_readers_are_those_of_the_code() -> None:
    table = PAGE.text.partition("| state | Celery's")[2].partition("\n\n")[0]
    rows = {}
    for states, celery, tasks in re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \|$", table, re.MULTILINE):
        for state in re.findall(r"`(\w+)`", states):
            rows[state] = (re.findall(r"`(\w+)`", celery)[0], re.findall(r"`(\w+)`", tasks)[0])
    assert rows == {state.value: (CELERY_STATUS[state], task_status(state)) for state in State}
