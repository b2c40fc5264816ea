"""``flask connect jwt``: tokens by hand, and why one does not fit."""

from __future__ import annotations

import sys

import click

from ..web.context import current_state
from .explain import explain_request, report
from .output import ConnectGroup, as_json, printable, tenant_of
from .tokens import decode, sign_as_app, sign_as_host, times_of

__all__ = ["jwt_group"]

jwt_group = ConnectGroup("jwt", help="Tokens by hand, for development, and why one is refused.")


@jwt_group.command("sign")
@click.argument("method", required=False)
@click.argument("url", required=False)
@click.option("--tenant", "client_key", required=True, metavar="CLIENT_KEY", help="Whose secret signs.")
@click.option("--as", "signer", type=click.Choice(["app", "host"]), help="Who sends the request; default: app.")
@click.option("--account-id", metavar="ID", help="The user, for tokens of a host.")
@click.option("--context", is_flag=True, help="A context token of the host, bound to no request.")
def sign_command(
    *, method: str | None, url: str | None, client_key: str, signer: str | None, account_id: str | None, context: bool
) -> None:
    """Print a token for one request, METHOD URL.

    As app it is for the tenant's host, as host for this app. It is a credential until it expires: for curl on your own
    machine, not for tickets and chats.
    """
    signer = signer or ("host" if context else "app")
    if signer == "app" and (context or account_id):
        raise click.UsageError("Only hosts make context tokens and name users: add --as host.")
    if not context and (method is None or url is None):
        raise click.UsageError("Give METHOD and URL, or --context.")
    state, tenant = current_state(), tenant_of(client_key)
    if context:
        click.echo(sign_as_host(state, tenant, account_id=account_id))
    elif signer == "host":
        click.echo(sign_as_host(state, tenant, method, url, account_id=account_id))
    else:
        click.echo(sign_as_app(state, tenant, method or "", url or ""))


@jwt_group.command("decode")
@click.argument("token")
def decode_command(token: str) -> None:
    """Print what TOKEN says, and who signed it. "-" reads it from stdin."""
    state = current_state()
    decoded = decode(state, _read(token))
    _echo_json("Header", decoded.header)
    _echo_json("Claims", decoded.claims)
    for name, text in times_of(decoded.claims, state.clock()):
        click.echo(f"{name.ljust(9)}  {text}")
    click.echo(f"Kind       {decoded.kind}")
    click.echo(f"Signature  {decoded.verdict}")


@jwt_group.command("explain")
@click.argument("method")
@click.argument("url")
@click.argument("token", required=False)
@click.option("--site", metavar="URL", help="For installs of a site that is not known yet: its base URL.")
def explain_command(method: str, url: str, token: str | None, site: str | None) -> None:
    """Tell why a request is accepted or refused.

    METHOD and URL are those that the app received, TOKEN may be "-" for stdin, or left out when the URL has it as jwt.
    Exits with 0 when the token fits, with 1 when it does not. For installs the host's key is fetched.
    """
    told = explain_request(current_state(), method, url, None if token is None else _read(token), site=site)
    for line in report(told):
        click.echo(printable(line))
    if not told.fits:
        click.get_current_context().exit(1)


def _echo_json(head: str, value: object) -> None:
    for line in as_json(value).splitlines():
        click.echo(head.ljust(11) + printable(line))
        head = ""


def _read(token: str) -> str:
    return sys.stdin.read() if token == "-" else token  # noqa: S105  # a dash is no password
