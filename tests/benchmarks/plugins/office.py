"""Tools of an office: installed, and with nothing to tell."""

from __future__ import annotations

from nomoat.tools import tool

NOTHING = "There is no entry for that."


@tool(effects="network")
def send_email(to: str, subject: str, body: str) -> str:
    """Send an e-mail to somebody."""
    return NOTHING


@tool(effects="read")
def read_inbox(newest: int = 10, sender: str = "") -> str:
    """List the newest e-mails of the inbox."""
    return NOTHING


@tool(effects="write")
def add_event(title: str, day: str, hour: int = 9) -> str:
    """Put an appointment into the calendar."""
    return NOTHING


@tool(effects="read")
def list_events(day: str) -> str:
    """Show the appointments of a day in the calendar."""
    return NOTHING


@tool(effects="read")
def find_contact(name: str) -> str:
    """The address and phone number of a person in the address book."""
    return NOTHING


@tool(effects="network")
def post_message(channel: str, text: str) -> str:
    """Post a message to a team channel in the chat."""
    return NOTHING


@tool(effects="read")
def chat_history(channel: str, newest: int = 20) -> str:
    """What was said last in a team channel."""
    return NOTHING


@tool(effects="network")
def open_ticket(title: str, text: str, urgent: bool = False) -> str:
    """Open an issue in the bug tracker."""
    return NOTHING


@tool(effects="read")
def list_tickets(assignee: str = "", open_only: bool = True) -> str:
    """Issues of the bug tracker."""
    return NOTHING


@tool(effects="read")
def git_status(repository: str = ".") -> str:
    """Which files of a git repository have changed."""
    return NOTHING


@tool(effects="read")
def git_log(repository: str = ".", newest: int = 10) -> str:
    """The last commits of a git repository."""
    return NOTHING


@tool(effects="execute")
def run_tests(project: str = ".", only: str = "") -> str:
    """Run the unit tests of a project."""
    return NOTHING


@tool(effects="read")
def query_database(sql: str, limit: int = 100) -> str:
    """Run SQL on the company's PostgreSQL server."""
    return NOTHING


@tool(effects="read")
def list_containers(running: bool = True) -> str:
    """Show the Docker containers of this machine."""
    return NOTHING


@tool(effects="execute")
def restart_service(service: str) -> str:
    """Restart a service on the server."""
    return NOTHING


@tool(effects="read")
def disk_usage(path: str = "/") -> str:
    """How full the disks of this computer are."""
    return NOTHING


@tool(effects="network")
def print_document(name: str, copies: int = 1) -> str:
    """Print a document on paper."""
    return NOTHING


@tool(effects="read")
def crm_customer(customer: str) -> str:
    """What the customer database knows about a customer."""
    return NOTHING
