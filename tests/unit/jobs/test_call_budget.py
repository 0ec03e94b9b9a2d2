"""The calls of a run: which are left, which are spent, and how many the next run needs."""

from jobs.call_budget import CallBudget


def test_a_call_is_spent_from_those_that_are_reserved() -> None:
    budget = CallBudget(2)
    budget.spend(effect=False)
    budget.spend(effect=True)
    assert (budget.left, budget.spent, budget.effects) == (0, 2, 1)


def test_a_run_that_waits_for_its_first_call_leaves_all_to_the_next_run() -> None:
    budget = CallBudget(3)
    assert (budget.next_run, budget.lacking) == (3, 0)


def test_a_run_that_needed_one_more_call_lacks_what_it_has_spent() -> None:
    budget = CallBudget(2)
    budget.spend(effect=False)
    budget.spend(effect=False)
    budget.reserve_one_later()
    assert (budget.next_run, budget.lacking) == (3, 2)


def test_a_run_that_went_far_beyond_the_usual_lets_the_next_one_begin_with_one_call_more_than_usual() -> None:
    budget = CallBudget(1)
    budget.spend(effect=False)
    for _ in range(5):
        budget.reserve_one()
        budget.spend(effect=False)
    assert (budget.next_run, budget.lacking) == (2, 2)


def test_a_moment_that_was_waited_for_gives_one_call() -> None:
    budget = CallBudget()
    budget.reserve_one_later()
    budget.later_has_come()
    assert budget.left == 1
