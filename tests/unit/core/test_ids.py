"""Ids of jobs."""

from nightdesk.core.ids import new_job_id


def test_job_ids_are_uuids_of_version_7() -> None:
    assert new_job_id().version == 7


def test_job_ids_sort_in_the_order_in_which_they_were_made() -> None:
    made = [new_job_id() for _ in range(5000)]
    assert sorted(set(made)) == made
