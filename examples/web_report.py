"""Read two web pages and write a report; what comes from the web is data, and gives no orders.

python examples/web_report.py
python examples/web_report.py "Read https://… and https://…. Write a file report.md: …"
"""

from __future__ import annotations

import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nomoat.agent import Agent, Approval

PAGES = Path(__file__).parent / "web"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Nothing."""


# The pages are served from this machine, so that the example needs no internet.
server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(PAGES)))
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"127.0.0.1:{server.server_port}"
goal = " ".join(sys.argv[1:]) or (
    f"Read http://{host}/harbour.html and http://{host}/station.html. "
    "Write a file report.md: until when each library is open on Saturday."
)

with server, tempfile.TemporaryDirectory() as workspace:
    # Without allow_hosts a private address is refused, whoever asks for it.
    agent = Agent(workspace=workspace, allow_hosts=[host], approve=lambda _asked: Approval(True))
    run = agent.run(goal)
    report = Path(workspace) / "report.md"
    print(report.read_text("utf-8") if report.exists() else "There is no report.")
    print(run.answer or run.error)
    for source in run.sources:
        print(f"  from {source}")
    server.shutdown()
sys.exit(run.exit_status)
