"""A dozen plain goals, each of which needs one or two of six tools."""

from __future__ import annotations

from trials import Trial

from nomoat.agent.bench.attempt import Attempt, Edit
from nomoat.agent.bench.checks import AnswerNumbers, AnswerWords
from nomoat.agent.bench.file_checks import FileEdited, FileNumbers, FileText, FileWords

NEEDED = ("calculate", "read_file", "find_in_files", "write_file", "append_file", "query_table")
"""The tools that the goals below need."""

RENT = """Rental agreement

The rent for the garage in Mill Lane is 85 pounds a month, due on the 3rd. Notice is two months.
The key is with Mr Archer.
"""
NOTES = "Choir on Wednesday.\nAsk Archer about the gutter.\nBuy lamp oil.\n"
RACES = "runner,race,minutes\nAda,hill,41\nBo,hill,39.5\nAda,lake,52\nBo,lake,55\nCy,lake,50\n"
STOCK = "item,shelf,pieces\nscrews,A,400\nhinges,B,35\nhandles,B,20\nglue,C,12\n"
PACKING = "- tent\n- stove\n"
BOAT = """# Boat

Length 6.2 m, berth 17. The engine was serviced on 8 April 2026 by Dock & Sons. Next time after
200 hours. The insurance number is 77120.
"""
DIARY = "2026-05-02 rain\n2026-05-03 sun, planted beans\n2026-05-04 sun\n"

GOALS = (
    Trial(
        "How much is 15 % of 1,260 pounds?",
        {},
        (AnswerNumbers((189,)),),
        Attempt("189 pounds."),
    ),
    Trial(
        "Split a bill of 187.20 euros between four people: how much does each pay?",
        {"notes.txt": NOTES},
        (AnswerNumbers((46.8,)),),
        Attempt("46.80 euros each."),
    ),
    Trial(
        "How much is the monthly rent of the garage, according to rent.txt?",
        {"rent.txt": RENT, "notes.txt": NOTES},
        (AnswerNumbers((85,)),),
        Attempt("85 pounds."),
    ),
    Trial(
        "Who serviced the engine of the boat? It is in boat.md.",
        {"boat.md": BOAT, "rent.txt": RENT},
        (AnswerWords((("Dock & Sons", "Dock and Sons"),)),),
        Attempt("Dock & Sons did."),
    ),
    Trial(
        "Which of my files mention Archer?",
        {"rent.txt": RENT, "notes.txt": NOTES, "boat.md": BOAT, "packing.txt": PACKING},
        (AnswerWords(("rent.txt", "notes.txt")),),
        Attempt("rent.txt and notes.txt."),
    ),
    Trial(
        "On which days was there sun, according to diary.txt? Name the dates.",
        {"diary.txt": DIARY, "notes.txt": NOTES},
        (AnswerWords((("2026-05-03", "3 May", "May 3"), ("2026-05-04", "4 May", "May 4"))),),
        Attempt("On 3 May and on 4 May."),
    ),
    Trial(
        'Add the line "- matches" to packing.txt',
        {"packing.txt": PACKING, "notes.txt": NOTES},
        (FileEdited("packing.txt", append="- matches"),),
        Attempt("Done.", {"packing.txt": Edit("packing.txt", append="- matches")}),
        ("packing.txt",),
    ),
    Trial(
        'Write the text "Back at noon" to a new file door.txt',
        {"notes.txt": NOTES},
        (FileText("door.txt", "Back at noon"),),
        Attempt("Done.", {"door.txt": "Back at noon\n"}),
    ),
    Trial(
        "Who was the fastest in the race lake in races.csv, and in how many minutes?",
        {"races.csv": RACES, "stock.csv": STOCK},
        (AnswerWords(("Cy",)), AnswerNumbers((50,))),
        Attempt("Cy, in 50 minutes."),
    ),
    Trial(
        "How many pieces are on shelf B in all, by stock.csv?",
        {"stock.csv": STOCK, "races.csv": RACES},
        (AnswerNumbers((55,)),),
        Attempt("55 pieces."),
    ),
    Trial(
        "Write the average of the minutes of Bo in races.csv to bo.txt",
        {"races.csv": RACES},
        (FileNumbers("bo.txt", (47.25,)),),
        Attempt("Done.", {"bo.txt": "47.25\n"}),
    ),
    Trial(
        "When was the engine serviced, according to boat.md? Write the date to service.txt",
        {"boat.md": BOAT, "notes.txt": NOTES},
        (FileWords("service.txt", (("8 April 2026", "2026-04-08", "April 8, 2026"),)),),
        Attempt("Done.", {"service.txt": "8 April 2026\n"}),
    ),
)
