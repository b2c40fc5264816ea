"""The story of ``make run``: two tenants, from install to uninstall, with every step checked."""

import html
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from atlassian_connect.protocol.qsh import query_string_hash
from atlassian_connect.protocol.tokens import sign_hs256
from atlassian_connect.sandbox import ADMIN, MEMBER, Answer, Installation, NetworkTransport, Sandbox, Site
from atlassian_connect.sandbox.faults import DYNAMIC_MODULES, ModuleRefused
from atlassian_connect.sandbox.store.values import Project, Space

from .events import module_key
from .stale import DEFAULT_DAYS
from .teller import StoryError, Teller

_DAY = 86_400
_TITLE = re.compile(r'<a class="item"[^>]*>([^<]*)</a>')
_AGE = re.compile(r"<time [^>]*>([^<]*)</time>")
_SESSION = re.compile(r'<meta name="atlassian-connect-session" content="([^"]+)">')


@dataclass
class Tenant:
    """One of the two tenants, as the host sees it.

    :ivar area: key of the space or project that is going to be watched.
    :ivar sessions: session tokens out of the pages that were opened, by account id.
    """

    name: str
    site: Site
    area: str
    installation: Installation
    sessions: dict[str, str] = field(default_factory=dict)

    def open(self, module: str, *, account_id: str = ADMIN) -> Answer:
        answer = self.installation.open(module, account_id=account_id)
        found = _SESSION.search(answer.text)
        if found is None:
            raise StoryError(f"{module} on {self.name}", expected="a page", seen=f"status {answer.status}")
        self.sessions[account_id] = found[1]
        return answer

    @property
    def other_area(self) -> Space | Project:
        """A space or project that is not watched."""
        content = self.site.content
        areas: list[Space] | list[Project] = (
            content.spaces() if self.site.product == "confluence" else content.projects()
        )
        return next(area for area in areas if area.key != self.area)

    @property
    def module_keys(self) -> list[str]:
        """Dynamic modules that the host has."""
        return [module.key for module in self.installation.dynamic_modules]


class Story:
    """Tells it once. Afterwards the app is installed on both sites.

    :raises StoryError: a step did not come out as it should; later ones are not told.
    """

    def __init__(self, sandbox: Sandbox, app_url: str, teller: Teller) -> None:
        self.sandbox = sandbox
        self.app_url = app_url
        self.teller = teller
        self.tenants: list[Tenant] = []
        self._browser = NetworkTransport()

    def tell(self) -> None:
        for step in (
            self.install,
            self.open_pages,
            self.check_rest,
            self.watch,
            self.refuse,
            self.edit,
            self.separate,
            self.uninstall,
            self.reinstall,
        ):
            with self.teller.step(_title_of(step)):
                step()

    # --- the steps; the first line of each docstring is its title -----------------------------------------------------

    def install(self) -> None:
        """The hosts install the app from its descriptor"""
        for name, site, area in (
            ("Confluence", self.sandbox.confluence, "ENG"),
            ("Jira", self.sandbox.jira, "OPS"),
        ):
            tenant = Tenant(name, site, area, site.install(f"{self.app_url}/atlassian-connect.json"))
            self.tenants.append(tenant)
            self._expect(f"state on {name}", expected="enabled", seen=tenant.installation.state)
            self._wait_for_sync(tenant)
        keys = {tenant.installation.client_key for tenant in self.tenants}
        self._expect("client keys", expected=2, seen=len(keys))
        self.teller.fact("two tenants, each with a client key and a shared secret of its own")

    def open_pages(self) -> None:
        """Its page is opened through a signed iframe URL"""
        for tenant in self.tenants:
            answer = tenant.open("stale-pages")
            titles, ages = _titles(answer), _AGE.findall(answer.text)
            first = "DS" if tenant.name == "Confluence" else "OPS"
            self._expect(f"what is stale on {tenant.name}", expected=_stale(tenant, first), seen=titles)
            self.teller.fact(f"{tenant.name}: {len(titles)} stale in {first}, the oldest “{titles[0]}”, {ages[0]}")

    def check_rest(self) -> None:
        """It calls the hosts' REST as itself, and they verify each request"""
        for tenant in self.tenants:
            before = len(self.sandbox.log)
            answer = self._call(tenant, "GET", f"/stale/list?area={tenant.area}")
            self._expect(f"the list of {tenant.area}", expected=_stale(tenant, tenant.area), seen=_titles(answer))
            calls = [one for one in self.sandbox.log[before:] if one.direction == "app→host"]
            self._expect(
                f"verdicts of {tenant.name}", expected={"verified"}, seen={one.verdict or "none" for one in calls}
            )
            asked = [one for one in calls if one.method == "GET"][-1]
            self.teller.fact(f"{tenant.name} hashed {_short(asked.canonical)} and found the hash that was signed")
            unsigned = self._send("GET", _bare(asked.url))
            self._expect("a call without a token", expected=401, seen=unsigned.status)
        self.teller.fact("the same without a token: 401")

    def watch(self) -> None:
        """An administrator watches a space; the app registers a module for it"""
        for tenant in self.tenants:
            tenant.open("stale-pages", account_id=MEMBER)
            refused = self._call(tenant, "POST", "/api/watch", {"key": tenant.area}, account_id=MEMBER)
            self._expect("the answer to somebody who is no administrator", expected=403, seen=refused.status)
            answer = self._call(tenant, "POST", "/api/watch", {"key": tenant.area})
            self._expect("the answer to the administrator", expected=200, seen=answer.status)
            self._expect(f"modules that {tenant.name} lists", expected=1, seen=len(tenant.module_keys))
            page = tenant.open(tenant.module_keys[0])
            self._expect("the list in the module", expected=_stale(tenant, tenant.area), seen=_titles(page))
            name = tenant.installation.dynamic_modules[0].definition["name"]["value"]
            self.teller.fact(f"{tenant.name} lists “{name}”, and its view opens with {len(_titles(page))} of them")
        self.teller.fact("somebody who is no administrator got 403")

    def refuse(self) -> None:
        """A host refuses one more module; what it has stays, and the app's next try gets in"""
        for tenant in self.tenants:
            before, area = tenant.module_keys, tenant.other_area
            with tenant.site.faults.add(ModuleRefused(module_key(area.id)), method="POST", path=DYNAMIC_MODULES):
                answer = self._call(tenant, "POST", "/api/watch", {"key": area.key})
            said = json.loads(answer.text).get("refused", "nothing")
            self._expect("what the app says of it", expected=True, seen=module_key(area.id) in said)
            self._expect(f"modules that {tenant.name} lists", expected=before, seen=tenant.module_keys)
            self._call(tenant, "POST", "/api/watch", {"key": area.key})
            both = [*before, module_key(area.id)]
            self._expect(f"modules of {tenant.name} now", expected=both, seen=tenant.module_keys)
            self._call(tenant, "POST", "/api/unwatch", {"key": area.key})
            self._expect(f"modules of {tenant.name} at the end", expected=before, seen=tenant.module_keys)
            self.teller.fact(f"{tenant.name} refused the module of {area.name} and kept the other; then it took it")
        self.teller.fact("the administrator reads the host's own words; nobody watches those two any more")

    def edit(self) -> None:
        """Somebody edits; a webhook takes it off the app's list"""
        for tenant in self.tenants:
            before = _titles(tenant.open(tenant.module_keys[0]))
            edited = _edit_oldest(tenant)
            self._expect("what was edited", expected=before[0], seen=edited)
            after = _titles(tenant.open(tenant.module_keys[0]))
            self._expect("the list after the webhook", expected=before[1:], seen=after)
            self.teller.fact(f"{tenant.name}: “{edited}” is no longer stale, {len(before)} became {len(after)}")

    def separate(self) -> None:
        """What one tenant has, the other does not get"""
        confluence, jira = self.tenants
        for tenant, other in ((confluence, jira), (jira, confluence)):
            forged = tenant.installation.sign("GET", "/stale", account_id=ADMIN, iss=other.installation.client_key)
            answer = self._get("/stale", forged, other)
            self._expect(f"a token of {tenant.name} in {other.name}'s name", expected=401, seen=answer.status)
        self.teller.fact("a token in the name of one tenant, signed with the other's secret: 401")
        moved = confluence.installation.sign("GET", "/stale", account_id=ADMIN)
        answer = self._get("/settings", moved, confluence)
        self._expect("a token for another page", expected=401, seen=answer.status)
        self.teller.fact("a token used for another page than it was signed for: 401")
        for tenant, other in ((confluence, jira), (jira, confluence)):
            answer = self._call(tenant, "GET", f"/stale/list?area={other.area}")
            self._expect(f"{other.area} asked for by {tenant.name}", expected=404, seen=answer.status)
            self._call(tenant, "POST", "/api/unwatch", {"key": other.area})
            self._expect(f"{other.name}'s modules", expected=1, seen=len(other.module_keys))
        self.teller.fact("the other tenant's space or project: not there; its module stays")

    def uninstall(self) -> None:
        """Jira uninstalls the app; the secret ends on both sides"""
        confluence, jira = self.tenants
        jira.installation.uninstall()
        token = jira.installation.sign("GET", "/stale", account_id=ADMIN)
        self._expect("the old secret at the app", expected=401, seen=self._get("/stale", token, jira).status)
        answer = self._call_host(jira, "/rest/api/3/myself")
        self._expect("the old secret at the host", expected=401, seen=answer.status)
        confluence.open("stale-pages")
        self.teller.fact("the old secret is refused by the app and by the host; Confluence goes on")

    def reinstall(self) -> None:
        """Jira installs it again"""
        jira = self.tenants[1]
        old = jira.installation.sign("GET", "/stale", account_id=ADMIN)
        jira.installation = jira.site.install(f"{self.app_url}/atlassian-connect.json")
        self._wait_for_sync(jira)
        self._expect("the old secret at the app", expected=401, seen=self._get("/stale", old, jira).status)
        page = jira.open(jira.module_keys[0])
        self._expect("the list in the module", expected=_stale(jira, jira.area), seen=_titles(page))
        self.teller.fact("a new secret, the same client key; the watched project is still there")

    # --- calls that do not come from a host ---------------------------------------------------------------------------

    def _call(self, tenant: Tenant, method: str, path: str, body: object = None, *, account_id: str = ADMIN) -> Answer:
        """Do what the page's script does: send the session token that is in the page."""
        token = tenant.sessions[account_id]
        return self._send(method, self.app_url + path, token=token, body=body, note=(tenant.name, "session token"))

    def _get(self, path: str, token: str, tenant: Tenant) -> Answer:
        return self._send("GET", self.app_url + path, token=token, note=(tenant.name, ""))

    def _call_host(self, tenant: Tenant, path: str) -> Answer:
        """Call the host with the secret as it was, as the app would if it still tried."""
        secret = tenant.installation.shared_secret
        if secret is None:
            raise StoryError("the installation", expected="a shared secret", seen="none")
        now, qsh = int(time.time()), query_string_hash("GET", path)
        claims = {"iss": tenant.installation.app_key, "iat": now, "exp": now + 60, "qsh": qsh}
        return self._send("GET", tenant.site.base_url + path, token=sign_hs256(claims, secret))

    def _send(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        body: object = None,
        note: tuple[str, str] | None = None,
    ) -> Answer:
        headers = {"Accept": "text/html" if method == "GET" else "application/json", "Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"JWT {token}"
        started = time.time()
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self._browser.send(method, url, headers=headers, body=sent, timeout=10)
        if note is not None:
            where, verified = note
            verified = "refused" if answer.status == 401 else verified
            self.teller.called(started, where, method, url, status=answer.status, verified=verified)
        return answer

    # --- small things -------------------------------------------------------------------------------------------------

    def _expect(self, what: str, *, expected: object, seen: object) -> None:
        self.teller.expect(what, expected=expected, seen=seen)

    def _wait_for_sync(self, tenant: Tenant) -> None:
        """After an install the app compares its dynamic modules with the host's, in the background."""
        deadline, quiet_since, length = time.monotonic() + 5, time.monotonic(), len(self.sandbox.log)
        while time.monotonic() < deadline:
            if len(self.sandbox.log) != length:
                quiet_since, length = time.monotonic(), len(self.sandbox.log)
            last = next((one for one in reversed(self.sandbox.log) if DYNAMIC_MODULES in one.url), None)
            if last is not None and last.status == 200 and time.monotonic() - quiet_since > 0.2:
                return
            time.sleep(0.02)


def _title_of(step: Callable[[], None]) -> str:
    return (step.__doc__ or "").partition("\n")[0]


def _titles(answer: Answer) -> list[str]:
    return [html.unescape(title) for title in _TITLE.findall(answer.text)]


def _stale(tenant: Tenant, key: str) -> list[str]:
    """What should be in the app's list, by the host's own content."""
    content, limit = tenant.site.content, time.time() - DEFAULT_DAYS * _DAY
    if tenant.site.product == "confluence":
        space = next(space for space in content.spaces() if space.key == key)
        pages = [(page.modified, page.title) for page in content.pages(space.id)]
        return [title for modified, title in sorted(pages) if modified < limit]
    issues = [
        (issue.updated, f"{issue.key} {issue.summary}")
        for issue in content.issues()
        if issue.project_key == key and issue.status != "Done"
    ]
    return [title for updated, title in sorted(issues) if updated < limit]


def _edit_oldest(tenant: Tenant) -> str:
    """Edit the page or issue that nobody has touched for longest, and return its title."""
    title = _stale(tenant, tenant.area)[0]
    content = tenant.site.content
    if tenant.site.product == "confluence":
        page = next(page for page in content.pages() if page.title == title)
        tenant.site.edit_page(page.id, body=f"{page.body}<p>Checked, still true.</p>")
    else:
        issue = content.issue(title.partition(" ")[0])
        tenant.site.edit_issue(issue.key, summary=f"{issue.summary} (checked)")
    return title


def _bare(url: str) -> str:
    return url.partition("?")[0]


def _short(text: str | None) -> str:
    return f"{(text or '')[:60]}…"
