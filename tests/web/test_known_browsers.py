"""Guesses lock nobody out of a browser in which they signed in before, and no guesser gets more tries by it."""

from datetime import timedelta

import pytest
from flask import Flask

from certify import timing
from certify.domain.errors import TooMany
from certify.domain.policy import Role
from certify.models.account import User
from certify.queries import accounts as queries
from certify.web import known_browsers
from certify.workflows import accounts, sign_in
from tests.factories import PASSWORD, fresh_actor, make_user
from tests.pages import CheckingClient

NEW = "krzesło chmura tramwaj łyżka"


def send(client: CheckingClient, user: User | str, password: str = PASSWORD, address: str = "192.0.2.1") -> int:
    email = user if isinstance(user, str) else user.email
    data = {"email": email, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code


def browser(app: Flask) -> CheckingClient:
    return CheckingClient(app, app.response_class)


def known(app: Flask, user: User) -> CheckingClient:
    """A browser in which the person signed in, and out again."""
    client = browser(app)
    assert send(client, user) == 303
    # The page after it says so once.
    assert client.post("/sign-out", follow_redirects=True).status_code == 200
    return client


def guess(app: Flask, user: User | str, times: int) -> list[int]:
    """Tries of a stranger, each from another address."""
    return [send(browser(app), user, "wrong password", f"198.51.100.{number}") for number in range(times)]


def test_the_right_password_is_let_in_while_others_guess(app: Flask) -> None:
    user = make_user()
    own = known(app, user)
    assert guess(app, user, 12) == [422] * 10 + [429] * 2
    assert send(browser(app), user) == 429
    assert send(own, user) == 303


def test_a_guesser_has_as_many_tries_as_before(app: Flask) -> None:
    """Own sign-ins with another account, invented cookies and the cookie of another person buy none."""
    user, other = make_user(), make_user()
    strangers = [known(app, other), browser(app), browser(app)]
    strangers[1].set_cookie("certify-browser", "zmyślone")
    mine = strangers[0].get_cookie("certify-browser")
    assert mine is not None
    strangers[2].set_cookie("certify-browser", mine.value[:-3] + "abc")
    found = [send(strangers[number % 3], user, "wrong password", f"198.51.100.{number}") for number in range(15)]
    assert found == [422] * 10 + [429] * 5


def test_tries_in_a_known_browser_are_counted_too(app: Flask) -> None:
    """Each browser by itself, and together with the strangers'."""
    user = make_user()
    first, second = known(app, user), known(app, user)
    assert [send(first, user, "wrong password") for _ in range(11)] == [422] * 10 + [429]
    assert send(first, user) == 429
    assert guess(app, user, 1) == [429]
    assert send(second, user) == 303
    with timing.fixed(timing.now() + timedelta(minutes=5, seconds=1)):
        assert send(first, user) == 303


def test_an_office_that_is_guessed_from_lets_its_people_in(app: Flask) -> None:
    user = make_user()
    own = known(app, user)
    found = [send(browser(app), f"ktos{number}@example.test") for number in range(31)]
    assert found == [422] * 30 + [429]
    assert (send(browser(app), user), send(own, user)) == (429, 303)


@pytest.mark.parametrize("how", ["change", "reset", "disabling"])
def test_what_vouched_before_a_new_password_does_no_longer(app: Flask, how: str) -> None:
    user = make_user()
    thief = known(app, user)
    password = PASSWORD if how == "disabling" else NEW
    if how == "change":
        accounts.change_password(fresh_actor(user), NEW)
    elif how == "reset":
        accounts.reset_password(user.email, NEW)
    else:
        admin = fresh_actor(make_user("", Role.ADMIN))
        accounts.set_active(admin, user.id, False)
        accounts.set_active(admin, user.id, True)
    guess(app, user, 10)
    assert send(thief, user, password) == 429


def test_one_computer_several_people(app: Flask) -> None:
    people = [make_user() for _ in range(9)]
    client = browser(app)
    for user in people:
        assert send(client, user) == 303
        client.post("/sign-out")
    for user in people:
        guess(app, user, 10)
    assert [send(client, user) for user in people] == [429] + [303] * 8


def test_the_cookie_names_nobody_and_ends(app: Flask) -> None:
    user = make_user()
    client = known(app, user)
    cookie = client.get_cookie("certify-browser")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    assert cookie.max_age == 365 * 24 * 3600
    with app.test_request_context("/", headers={"Cookie": f"certify-browser={cookie.value}"}):
        shown = known_browsers.of_request()
        assert shown.marks == {sign_in.mark_of(queries.get_user(user.id))}
        assert user.email not in str(shown)
    with app.test_request_context("/", headers={"Cookie": "certify-browser=x"}):
        assert known_browsers.of_request().marks == frozenset()


def test_unknown_accounts_look_as_known_ones(app: Flask) -> None:
    """In a browser that is known to somebody, and in one that is known to nobody."""
    user = make_user()
    for client in (known(app, make_user()), browser(app)):
        pages = []
        for email in (user.email, "nobody@example.test"):
            data = {"email": email, "password": "wrong password"}
            pages.append(client.post("/sign-in", data=data).text.replace(email, "…"))
        assert pages[0] == pages[1]
    assert guess(app, user, 11)[-3:] == guess(app, "nobody@example.test", 11)[-3:]


def test_guesses_from_elsewhere_do_not_stop_the_signed_in_person(app: Flask) -> None:
    user = make_user()
    guess(app, user, 10)
    assert sign_in.check_password(user, PASSWORD, "192.0.2.1", 7)
    assert [sign_in.check_password(user, "wrong", "192.0.2.1", 7) for _ in range(10)] == [False] * 10
    for session_id in (7, 0):
        with pytest.raises(TooMany):
            sign_in.check_password(user, PASSWORD, "192.0.2.1", session_id)
    assert sign_in.check_password(user, PASSWORD, "192.0.2.1", 8)
