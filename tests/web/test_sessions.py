"""Sessions: a copied cookie is worth nothing after whatever ends its session; ends by time; the list on the account."""

import re
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from sqlalchemy import select, text

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import Forbidden, NotFound
from certify.domain.policy import Role
from certify.domain.sessions import NOTED_EVERY
from certify.models.account import User
from certify.models.session import UserSession
from certify.queries import accounts as queries
from certify.queries import sessions as open_sessions
from certify.web.devices import device
from certify.workflows import accounts, sessions
from tests.factories import PASSWORD, fresh_actor, make_organisation, make_user
from tests.pages import CheckingClient
from tests.statements import counted

NEW = "krzesło chmura tramwaj łyżka"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
ROLES = tuple(Role)
Login = Callable[[CheckingClient, User], CheckingClient]


def person(role: Role) -> User:
    """Somebody who holds this role and no other."""
    if role in {Role.CENTRE_EDITOR, Role.CENTRE_MANAGER}:
        return make_user("", centre=make_organisation(), centre_role=role)
    return make_user("", role)


def entered(app: Flask, user: User) -> CheckingClient:
    """A browser that signed in by the form."""
    client = CheckingClient(app, app.response_class)
    answer = client.post("/sign-in", data={"email": user.email, "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    assert answer.status_code == 303
    return client


def copied(app: Flask, client: CheckingClient) -> CheckingClient:
    """A thief's browser: the cookie as it is now, kept for later."""
    cookie = client.get_cookie("certify")
    assert cookie is not None
    thief = CheckingClient(app, app.response_class)
    thief.set_cookie("certify", cookie.value)
    return thief


def sign_out(client: CheckingClient, user: User) -> None:
    assert client.post("/sign-out").status_code == 303


def new_password(client: CheckingClient, user: User) -> None:
    assert client.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code == 303
    # This browser goes on, in a session of its own.
    assert client.get("/account").status_code == 200


def disabling(client: CheckingClient, user: User) -> None:
    admin = fresh_actor(make_user("", Role.ADMIN))
    accounts.set_active(admin, user.id, False)
    assert client.get("/account").status_code == 302
    accounts.set_active(admin, user.id, True)
    assert client.get("/account").status_code == 302


def role_change(client: CheckingClient, user: User) -> None:
    held = fresh_actor(user)
    if held.centres:
        (centre, role), *_ = held.centres.items()
        other = Role.CENTRE_EDITOR if role is Role.CENTRE_MANAGER else Role.CENTRE_MANAGER
        accounts.add_member(user.id, centre, other)
    else:
        others = frozenset({Role.AUDITOR, Role.COORDINATOR}) - held.roles
        accounts.set_roles(fresh_actor(make_user("", Role.ADMIN)), user.id, others)


EVENTS = (sign_out, new_password, disabling, role_change)


def test_a_copied_cookie_after_what_ends_its_session(app: Flask) -> None:
    """Four events × six roles: nobody gets in with a cookie from before, to a page or to a token."""
    found = {}
    for event in EVENTS:
        for role in ROLES:
            user = person(role)
            client = entered(app, user)
            thief = copied(app, client)
            assert thief.get("/account").status_code == 200
            event(client, user)
            late = copied(app, thief)
            form = {"name": "x", "scopes": "read", "days": "9", "password": PASSWORD}
            asked = [one.get("/account").status_code for one in (thief, late)]
            found[event.__name__, role.value] = (*asked, late.post("/account/tokens", data=form).status_code)
    assert len(found) == 24
    assert {key: value for key, value in found.items() if value != (302, 302, 302)} == {}
    assert db.session.execute(text("select count(*) from api_token")).scalar() == 0


def test_the_operators_reset_ends_every_session(app: Flask) -> None:
    user = make_user()
    client = entered(app, user)
    accounts.reset_password(user.email, NEW)
    assert client.get("/account").status_code == 302


def test_the_same_roles_end_nothing(app: Flask) -> None:
    user = make_user("", Role.AUDITOR)
    client = entered(app, user)
    accounts.set_roles(fresh_actor(make_user("", Role.ADMIN)), user.id, frozenset({Role.AUDITOR}))
    assert client.get("/account").status_code == 200


def test_the_same_role_in_a_centre_ends_nothing_and_an_unknown_secret_is_nobody(app: Flask) -> None:
    user = person(Role.CENTRE_EDITOR)
    client = entered(app, user)
    (centre,) = fresh_actor(user).centres
    accounts.add_member(user.id, centre, Role.CENTRE_EDITOR)
    assert client.get("/account").status_code == 200
    with client.session_transaction() as held:
        held["_user_id"] = queries.get_user(user.id).fs_uniquifier
    assert client.get("/account").status_code == 302


def test_a_session_ends_without_use_and_after_its_hours(make_app: Callable[..., Flask]) -> None:
    app = make_app(SESSION_IDLE_MINUTES=30, SESSION_HOURS=2)
    with app.app_context():
        user, begun = make_user(), timing.now()
        client = entered(app, user)

        def after(minutes: float) -> int:
            with timing.fixed(begun + timedelta(minutes=minutes)):
                return client.get("/account").status_code

        # Used every 25 minutes it lasts, but no longer than two hours.
        assert [after(minutes) for minutes in (25, 50, 75, 100, 119, 121)] == [200] * 5 + [302]
        client = entered(app, user)
        begun = timing.now()
        assert [after(minutes) for minutes in (29, 61)] == [200, 302]
        # What ended is not opened again by a clock that goes back.
        assert after(1) == 302


def test_a_page_tells_that_the_session_ended_once(app: Flask) -> None:
    user = make_user()
    client = entered(app, user)
    sessions.end_of_person(fresh_actor(make_user("", Role.ADMIN)), user.id)
    page = client.get("/account", follow_redirects=True)
    assert "Sesja się skończyła" in page.text
    assert "Sesja się skończyła" not in client.get("/account", follow_redirects=True).text
    assert "Sesja się skończyła" not in app.test_client().get("/account", follow_redirects=True).text


def test_use_is_noted_once_a_minute(app: Flask) -> None:
    user, begun = make_user(), timing.now()
    with timing.fixed(begun):
        client = entered(app, user)
    seen = []
    for seconds in (30, 59, 61, 100, 130):
        with timing.fixed(begun + timedelta(seconds=seconds)):
            assert client.get("/account").status_code == 200
        seen.append((db.session.scalars(select(UserSession.seen_at)).one() - begun).total_seconds())
    assert seen == [0, 0, 61, 61, 130]
    assert timedelta(minutes=1) == NOTED_EVERY


def test_the_person_of_a_request_costs_one_query(app: Flask, client: CheckingClient, login: Login) -> None:
    login(client, make_user("", Role.AUDITOR))
    with counted() as sent:
        assert client.get("/standards").status_code == 200
    assert [one.split()[0] for one in sent if "user_session" in one.lower() or '"user"' in one] == ["SELECT"]


def test_the_cookie_holds_a_secret_and_the_table_its_digest(app: Flask) -> None:
    client = entered(app, make_user())
    with client.session_transaction() as held:
        secret = held["_user_id"]
        assert set(held) <= {"_user_id", "_permanent", "csrf_token", "language"}
    row = db.session.scalars(select(UserSession)).one()
    assert (len(secret), row.sha256, row.device) == (43, sessions.digest(secret), "Firefox, Windows")
    assert secret not in str(vars(row))


def test_a_session_from_before_the_sign_in_is_not_taken_over(app: Flask) -> None:
    """Whoever plants a cookie in another's browser holds nothing afterwards."""
    victim, attacker = make_user(), make_user()
    browser = entered(app, attacker)
    planted = copied(app, browser)
    answer = browser.post("/sign-in", data={"email": victim.email, "password": PASSWORD})
    assert answer.status_code == 303
    assert victim.name in browser.get("/account").text
    assert victim.name not in planted.get("/account").text


def test_flags_of_the_cookies(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL="https://certify.example")
    with app.app_context():
        data = {"email": make_user().email, "password": PASSWORD}
        answer = app.test_client().post("/sign-in", data=data, base_url="https://certify.example")
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        (name, morsel), *_ = SimpleCookie(line).items()
        found[name] = (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"])
    flags = (True, True, "Lax", "/", "")
    assert found == {"__Host-certify": flags, "__Host-certify-browser": flags}


def test_the_list_and_how_sessions_end(app: Flask) -> None:
    user, stranger = make_user(), make_user()
    here, there, third, other = (entered(app, one) for one in (user, user, user, stranger))
    page = here.get("/account").text
    assert page.count("Firefox, Windows") >= 3 and page.count("ta przeglądarka") == 1
    addresses = re.findall(r'action="(/account/sessions/[0-9]+/end)"', page)
    assert len(addresses) == 2
    assert other.post(addresses[0]).status_code == 404
    assert [here.post(addresses[0]).status_code for _ in range(2)] == [303, 303]
    assert sorted(one.get("/account").status_code for one in (there, third)) == [200, 302]
    assert here.post("/account/sessions/end-others").status_code == 303
    assert [one.get("/account").status_code for one in (here, there, third, other)] == [200, 302, 302, 200]
    assert "Zakończ pozostałe" not in here.get("/account").text


def test_an_administrator_ends_all_of_a_person(app: Flask) -> None:
    admin, user = make_user("", Role.ADMIN), make_user("", Role.COORDINATOR)
    desk, client = entered(app, admin), entered(app, user)
    page = desk.get(f"/users/{user.id}").text
    assert "Otwarte sesje" in page and "Firefox, Windows" in page
    # A coordinator sees the person, not where the person is signed in.
    assert "Otwarte sesje" not in client.get(f"/users/{admin.id}").text
    assert client.post(f"/users/{admin.id}/sessions/end").status_code == 403
    assert desk.post(f"/users/{user.id}/sessions/end").status_code == 303
    assert desk.post("/users/999/sessions/end").status_code == 404
    assert [one.get("/account").status_code for one in (desk, client)] == [200, 302]
    assert "Wszystkie sesje zakończone" in desk.get(f"/users/{user.id}").text


def test_old_rows_go_with_the_next_sign_in(app: Flask) -> None:
    user = make_user()
    with timing.fixed(timing.now() - timedelta(days=31)):
        sessions.begin(user.id, "", "test")
    with timing.fixed(timing.now() - timedelta(days=29)):
        sessions.begin(user.id, "", "test")
    assert db.session.query(UserSession).count() == 2
    entered(app, user)
    assert db.session.query(UserSession).count() == 2


def test_a_session_of_a_disabled_account_lets_nobody_in(app: Flask) -> None:
    """Also one that was begun in the moment of disabling."""
    user = make_user()
    client = entered(app, user)
    with transaction():
        queries.get_user(user.id).active = False
    assert client.get("/account").status_code == 302


def test_while_others_write_a_page_is_shown_all_the_same(app: Flask) -> None:
    user, begun = make_user(), timing.now()
    client = entered(app, user)
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks the one row only")
    with db.engine.connect() as other:
        other.execute(text("PRAGMA busy_timeout=1"))
        other.execution_options(sqlite_begin="IMMEDIATE").execute(text("UPDATE user SET name = name WHERE id = 0"))
        with timing.fixed(begun + timedelta(minutes=5)):
            assert client.get("/account").status_code == 200
    assert db.session.scalars(select(UserSession.seen_at)).one() < begun + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
         "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", ""),
        ("<script>Firefox\n", "Firefox"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_said_of_a_browser(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


def test_the_verbs_refuse_by_themselves(app: Flask) -> None:
    user, stranger = make_user("", Role.COORDINATOR), make_user()
    sessions.begin(user.id, "", "test")
    (row,) = open_sessions.own(fresh_actor(user))
    with pytest.raises(Forbidden):
        sessions.end_of_person(fresh_actor(user), stranger.id)
    with pytest.raises(NotFound):
        sessions.end(fresh_actor(stranger), row.id)
    with pytest.raises(NotFound):
        sessions.end(fresh_actor(stranger), 999)
    assert open_sessions.of_person(fresh_actor(user), user.id) == ()
    assert len(open_sessions.own(fresh_actor(user))) == 1
