"""Sentences for people and programs that subscribe to the steps of cases, and why a message did not arrive."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

WEBHOOKS: dict[str, LazyString] = {
    "bad_url": _l("Enter an address such as https://hooks.example.org/certify, without a user name."),
    "host_unknown": _l("There is no such host. Check the address."),
    "port_not_allowed": _l("Use port 443, or one from 1024 on."),
    "address_not_allowed": _l("This address leads into a closed network. Only public addresses are allowed."),
    "events_missing": _l("Choose at least one event."),
    "webhook_exists": _l("This address gets the events of this standard already."),
    "webhook_off": _l("This subscription is switched off. Switch it on first."),
}

# Why a try failed; keys are `Job.last_error`.
FAILURES: dict[str, LazyString] = {
    "refused": _l("the receiver refused it"),
    "gone": _l("the receiver wants no more (410)"),
    "unreachable": _l("no connection"),
    "timeout": _l("no answer within 10 seconds"),
    "broken_off": _l("the receiver broke off"),
    "bad_certificate": _l("the certificate of the receiver is not valid"),
    "host_unknown": _l("the host was not found"),
    "port_not_allowed": _l("the port is not allowed"),
    "address_not_allowed": _l("the address leads into a closed network"),
    "bad_url": _l("the address is not allowed"),
    "webhook_off": _l("the subscription is switched off"),
    "secret_lost": _l("the secret is no longer valid: make a new subscription"),
    "abandoned": _l("the worker broke down each time"),
}
