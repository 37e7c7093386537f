"""My work: what there is to do for somebody, who is at it, and what pressing twice does."""

import re
from concurrent.futures import ThreadPoolExecutor

from adapters.database.sessions import transaction
from models.enums import HoldReason, Role
from models.imports.requests import HoldIn
from tests.actors import answer_task, put_on_hold, release, request_cancellation_of
from tests.console.web.conftest import text_of
from tests.factories import make_order, make_warehouse
from tests.process import assert_sound, execute, form, open_task_id, rows


def taker(task):
    return rows(f"SELECT taken_by FROM staff_task WHERE id = {task}")[0][0]


def order(process, **lines):
    with transaction() as session:
        number = make_order(session, lines or {"MUG": 1})
    process.another().run(number)
    return number


def test_a_role_sees_its_own_tasks(picking, sign_in):
    number, _ = picking
    ada, bea = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Bea", Role.PACKER)
    assert f"Pick order {number} 3 pieces from 2 bins" in text_of(ada.get("/work"))
    assert "Nothing to do for you now" in text_of(bea.get("/work"))


def test_who_has_several_roles_sees_the_tasks_of_all(picking, sign_in):
    ada = sign_in("Ada", Role.PACKER, Role.WAREHOUSE_STAFF)
    assert "One task to do" in text_of(ada.get("/work"))


def test_who_works_in_one_warehouse_does_not_see_the_others(picking, sign_in):
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF, warehouses=("YORK",))
    bea = sign_in("Bea", Role.WAREHOUSE_STAFF, warehouses=("MAIN",))
    assert "Nothing to do" in text_of(ada.get("/work"))
    assert "One task to do" in text_of(bea.get("/work"))


def test_the_next_task_is_what_leaves_first_and_nobody_has_taken(process, shop, sign_in):
    first, second = order(process), order(process)
    ada, bea = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Bea", Role.WAREHOUSE_STAFF)
    assert f"order {first}" in text_of(ada.post("/work/next"))
    assert f"order {second}" in text_of(bea.post("/work/next"))
    assert "taken by Bea" in text_of(ada.get("/work"))
    assert f"order {first}" in text_of(ada.post("/work/next")), "one goes on with what one has"


def test_an_order_that_was_put_first_comes_first(process, shop, sign_in):
    order(process)
    last = order(process)
    ada, oscar = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Oscar", Role.OPERATOR)
    answer = oscar.post(f"/orders/{last}/first", reason="he waits at the door", back="/work")
    assert f"Order {last} comes first now" in text_of(answer)
    assert f"order {last}" in text_of(ada.post("/work/next"))
    kind = "SELECT actor, text FROM audit_event JOIN note ON note.id = note_id"
    assert rows(f"{kind} WHERE kind = 'put-first'") == [("Oscar", "he waits at the door")]


def test_of_two_who_take_at_once_one_has_it(picking, sign_in):
    _, task = picking
    people = [sign_in(name, Role.WAREHOUSE_STAFF) for name in ("Ada", "Bea", "Cem", "Dea")]
    with ThreadPoolExecutor(4) as all_at_once:
        answers = [*all_at_once.map(lambda one: one.post(f"/tasks/{task}/take"), people)]
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    (holder,) = [one.name for one, it in zip(people, answers, strict=True) if it.status_code == 200]
    assert taker(task) == holder
    assert rows(f"SELECT take_number FROM staff_task WHERE id = {task}") == [(1,)]


def test_what_another_has_taken_can_be_seen_and_not_be_done(picking, sign_in):
    _, task = picking
    ada, bea = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Bea", Role.WAREHOUSE_STAFF)
    ada.post(f"/tasks/{task}/take")
    seen = bea.get(f"/tasks/{task}")
    assert "Ada is at it" in text_of(seen)
    assert f'action="/tasks/{task}/answer"' not in seen.text
    refused = bea.post(f"/tasks/{task}/answer", **{"found.0.sku": "MUG", "found.0.quantity": "2"})
    assert refused.status_code == 409
    assert "Ada has taken task" in text_of(refused)
    assert rows("SELECT state FROM staff_task") == [("open",)]


def test_an_operator_may_do_what_another_has_taken(picking, sign_in):
    number, task = picking
    ada, oscar = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Oscar", Role.OPERATOR)
    filled_in = found(ada, task)
    ada.post(f"/tasks/{task}/take")
    done = oscar.post(f"/tasks/{task}/answer", **filled_in)
    assert f"order {number} goes on" in text_of(done)
    told = ada.post(f"/tasks/{task}/answer", **filled_in)
    assert "was done by Oscar" in text_of(told)


def test_what_is_given_back_or_long_silent_is_free_again(picking, sign_in):
    _, task = picking
    ada, bea = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Bea", Role.WAREHOUSE_STAFF)
    ada.post(f"/tasks/{task}/take")
    assert "You gave back task" in text_of(ada.post(f"/tasks/{task}/give-back"))
    bea.post(f"/tasks/{task}/take")
    assert taker(task) == "Bea"
    execute("UPDATE staff_task SET taken_until = now() - interval '1 second'")
    assert "taken by" not in text_of(ada.get("/work"))
    ada.post(f"/tasks/{task}/take")
    assert taker(task) == "Ada"
    assert rows("SELECT take_number FROM staff_task") == [(3,)]


def test_signing_out_gives_back_what_one_has(picking, sign_in):
    _, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    ada.post(f"/tasks/{task}/take")
    ada.post("/sign-out")
    assert taker(task) is None


def test_an_operator_gives_a_task_to_somebody_and_takes_it_away(picking, sign_in):
    _, task = picking
    sign_in("Ada", Role.WAREHOUSE_STAFF)
    bea, oscar = sign_in("Bea", Role.WAREHOUSE_STAFF), sign_in("Oscar", Role.OPERATOR)
    filled_in = found(bea, task)
    bea.post(f"/tasks/{task}/take")
    assert "Ada has task" in text_of(oscar.post(f"/tasks/{task}/give-out", to="Ada"))
    assert taker(task) == "Ada"
    assert "Ada has taken task" in text_of(bea.post(f"/tasks/{task}/answer", **filled_in))
    refused = oscar.post(f"/tasks/{task}/give-out", to="Oscar")
    assert refused.status_code == 409, "an operator is no warehouse staff"
    oscar.post(f"/tasks/{task}/give-back")
    assert taker(task) is None
    assert bea.post(f"/tasks/{task}/give-out", to="Bea").status_code == 403


def test_a_task_that_is_given_to_whoever_has_it_stays_in_the_same_take(picking, sign_in):
    _, task = picking
    ada, oscar = sign_in("Ada", Role.WAREHOUSE_STAFF), sign_in("Oscar", Role.OPERATOR)
    ada.post(f"/tasks/{task}/take")
    oscar.post(f"/tasks/{task}/give-out", to="Ada")
    assert rows("SELECT taken_by, take_number FROM staff_task") == [("Ada", 1)]


def test_a_task_of_another_role_is_not_taken(picking, sign_in):
    _, task = picking
    bea = sign_in("Bea", Role.PACKER)
    refused = bea.post(f"/tasks/{task}/take")
    assert refused.status_code == 409
    assert "is for warehouse staff" in text_of(refused)


def test_pressed_twice_it_is_done_once_and_both_answers_say_so(picking, sign_in):
    number, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    filled_in = found(ada, task)
    token = ada.token()
    with ThreadPoolExecutor(2) as both:
        send = lambda _: ada.browser.post(  # noqa: E731
            f"/tasks/{task}/answer", data={"form_token": token} | filled_in
        )
        answers = [*both.map(send, range(2))]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert rows("SELECT count(*) FROM audit_event WHERE kind = 'answered'") == [(1,)]
    assert f"Task {task} is done: order {number} goes on" in "".join(map(text_of, answers))


def test_who_comes_too_late_is_told_who_was_first(picking, sign_in):
    _, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    filled_in = found(ada, task)
    answer_task(task, form("picking", picked_by="Jo"))
    assert f"Task {task} was done by Jo at" in text_of(
        ada.post(f"/tasks/{task}/answer", **filled_in)
    )


def test_a_cancelled_order_says_so_to_whoever_still_picks(picking, sign_in):
    number, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    ada.post(f"/tasks/{task}/take")
    filled_in = found(ada, task)
    request_cancellation_of(number, "changed her mind", "Max")
    late = ada.post(f"/tasks/{task}/answer", **filled_in)
    assert "withdrawn" in text_of(late)
    assert rows("SELECT picked FROM shipment_line") == [(None,), (None,)]


def test_an_order_on_hold_leaves_the_list_and_comes_back(picking, sign_in):
    number, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    put_on_hold(number, HoldIn(reason=HoldReason.FRAUD_CHECK, by="Max"))
    assert "Nothing to do" in text_of(ada.get("/work"))
    assert "on hold" in text_of(ada.get(f"/tasks/{task}"))
    assert "is on hold since" in text_of(ada.post(f"/tasks/{task}/answer", **found_of(task)))
    release(number, "Max")
    assert "One task to do" in text_of(ada.get("/work"))


def test_a_task_that_is_late_says_so(picking, sign_in):
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    execute("UPDATE staff_task SET due_at = now() - interval '1 hour'")
    assert re.search(r"due \d+ \w+ [\d:]+ late\b", text_of(ada.get("/work")))


def sixty_of_it():
    """The task that there is, sixty times."""
    execute("""
        INSERT INTO staff_task
            (order_number, shipment, warehouse, kind, round, role, state, checklist)
        SELECT order_number, shipment, warehouse, kind, n, role, 'held', checklist
        FROM staff_task, generate_series(2, 60) n
    """)
    execute("DROP INDEX ix_staff_task_one_open")
    execute("UPDATE staff_task SET state = 'open'")


def test_a_list_that_is_longer_says_how_long(process, shop, sign_in, database):
    order(process)
    sixty_of_it()
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    assert "60 tasks to do" in text_of(ada.get("/work"))
    assert "The first 50 are shown" in text_of(ada.get("/work"))


def test_the_next_task_is_found_behind_a_page_of_those_that_others_have(
    process, shop, sign_in, database
):
    order(process)
    sixty_of_it()
    execute("""
        UPDATE staff_task SET taken_by = 'Bea', taken_at = now(), take_number = 1,
            taken_until = now() + interval '1 hour'
        WHERE id IN (SELECT id FROM staff_task
            ORDER BY leaves_at, promised_at, due_at, id LIMIT 55)
    """)
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    assert 'action="/work/next"' in ada.get("/work").text
    ada.post("/work/next")
    assert rows("SELECT count(*) FROM staff_task WHERE taken_by = 'Ada'") == [(1,)]


def test_a_task_in_another_warehouse_is_not_done_by_its_address(picking, sign_in):
    _, task = picking
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF, Role.OPERATOR, warehouses=("YORK",))
    for way in ("take", "answer"):
        answer = ada.post(f"/tasks/{task}/{way}", outcome="all as listed")
        assert answer.status_code == 409
        assert f"Task {task} is in MAIN" in text_of(answer)
    assert taker(task) is None
    assert rows(f"SELECT state FROM staff_task WHERE id = {task}") == [("open",)]


def test_signing_out_says_in_the_timeline_what_is_given_back(picking, sign_in):
    _, task = picking
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    ada.post(f"/tasks/{task}/take")
    ada.post("/sign-out")
    told = "SELECT actor FROM audit_event WHERE kind = 'task-given-back'"
    assert rows(told) == [("Ada",)]


def test_taking_and_answering_end_sound(process, shop, sign_in):
    number = order(process, MUG=2)
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    ada.post("/work/next")
    task = open_task_id("picking")
    assert "is done" in text_of(ada.post(f"/tasks/{task}/answer", **found(ada, task)))
    process.another().ship(number)
    assert_sound()
    taken = "SELECT taken_by, taken_at < answered_at FROM staff_task WHERE kind = 'picking'"
    assert rows(taken) == [("Ada", True)]


def found(person, task):
    """What stands in a picker's form when it is opened."""
    return fields_of_page(person.get(f"/tasks/{task}?form=1").text)


def found_of(task):
    return {"found.0.sku": "MUG", "found.0.quantity": "2"}


def fields_of_page(html):
    form = re.search(r'<form method="post" action="/tasks/\d+/answer".*?</form>', html, re.DOTALL)
    names = re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', form[0])
    return {name: value for name, value in names if name != "form_token"}
