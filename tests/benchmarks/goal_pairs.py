"""Pairs of everyday goals of one kind: the second in another folder, in other words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from trials import Trial

from nomoat.agent.bench.attempt import Attempt, Edit
from nomoat.agent.bench.checks import AnswerDates, AnswerNumbers, AnswerWords
from nomoat.agent.bench.file_checks import (
    FileAbsent,
    FileEdited,
    FileNumbers,
    FileText,
    FileWords,
)
from nomoat.agent.bench.table_checks import FileRows


@dataclass(frozen=True, slots=True)
class Pair:
    """A goal that is reached first, and one that is like it."""

    first: Trial
    then: Trial


SALES = "region,month,amount\nNorth,May,120\nSouth,May,300\nNorth,June,280\nSouth,June,41\n"
SHOPS = "shop,week,turnover\nHarbour,1,910\nMarket,1,640\nHarbour,2,505\nMarket,2,1200\n"
MEMBERS = "name,age,town\nIda,71,Lunde\nOle,34,Lunde\nRut,66,Vik\nPer,12,Vik\n"
BOOKS = "title,price,year\nDunes,18.5,2019\nHarbours,31,2021\nReeds,24,2021\n"
STAFF = "# Phone list\n\n- Berg, plumber: 5512\n- Dahl, electrician: 5590\n- Moe, roofer: 5533\n"
CLUB = "Committee of the rowing club\n\nChair: Tora Lie\nTreasurer: Kai Holm\nBoats: Siv Aas\n"
TRIP = "Day 1: train to Zurich\nDay 2: walk along the lake\nDay 3: home\n"
PLAN = "Monday: paint the fence\nTuesday: sand the tabel\nFriday: oil the floor\n"
WORK = "day,project,hours\n1,barn,6\n1,house,2\n2,barn,4.5\n"
COSTS = "date,what,amount\n2026-03-01,oil,80\n2026-03-04,tyres,420.5\n"
TODO = "- water the plants\n- call the plumber\n"
SHOPPING = "- bread\n- apples\n"
LETTER = """Dear tenants,

the lift will be renewed from 7 September on. During these three weeks please use the stairs at
the back. The noise ends at 17:00 each day.

Your landlord
"""
NOTICE = """To all parents

The swimming lessons of class 4 begin on 12 October. Every child needs a towel and a cap. The bus
leaves at 8:20 in front of the school.
"""

PAIRS = (
    Pair(
        Trial(
            "Which region sold the most in sales.csv, over all months?",
            {"sales.csv": SALES},
            (AnswerWords(("North",)),),
            Attempt("North sold the most, 400."),
        ),
        Trial(
            "In shops.csv, which shop had the highest turnover over both weeks?",
            {"shops.csv": SHOPS, "todo.txt": TODO},
            (AnswerWords(("Market",)),),
            Attempt("Market, with 1,840."),
        ),
    ),
    Pair(
        Trial(
            "Write the total of the column amount in costs.csv to total.txt",
            {"costs.csv": COSTS},
            (FileNumbers("total.txt", (500.5,)),),
            Attempt("500.5", {"total.txt": "500.5\n"}),
        ),
        Trial(
            "Please write the sum of the column hours in work.csv to a new file hours.txt",
            {"work.csv": WORK, "notes.md": "# Notes\n"},
            (FileNumbers("hours.txt", (12.5,)),),
            Attempt("12.5", {"hours.txt": "12.5\n"}),
        ),
    ),
    Pair(
        Trial(
            'Add the line "- buy stamps" to todo.txt',
            {"todo.txt": TODO},
            (FileEdited("todo.txt", append="- buy stamps"),),
            Attempt("Done.", {"todo.txt": Edit("todo.txt", append="- buy stamps")}),
            ("todo.txt",),
        ),
        Trial(
            'Put the line "- eggs" at the end of the list in shopping.md',
            {"shopping.md": SHOPPING, "shops.csv": SHOPS},
            (FileEdited("shopping.md", append="- eggs"),),
            Attempt("Done.", {"shopping.md": Edit("shopping.md", append="- eggs")}),
            ("shopping.md",),
        ),
    ),
    Pair(
        Trial(
            "Rename draft.txt to final.txt",
            {"draft.txt": LETTER},
            (FileAbsent("draft.txt"), FileText("final.txt", LETTER)),
            Attempt("Done.", {"final.txt": LETTER}, ("draft.txt",)),
            ("draft.txt",),
        ),
        Trial(
            "Give the file notice.txt the new name swimming.txt",
            {"notice.txt": NOTICE, "todo.txt": TODO},
            (FileAbsent("notice.txt"), FileText("swimming.txt", NOTICE)),
            Attempt("Done.", {"swimming.txt": NOTICE}, ("notice.txt",)),
            ("notice.txt",),
        ),
    ),
    Pair(
        Trial(
            'Replace "Zurich" with "Zug" in trip.txt',
            {"trip.txt": TRIP},
            (FileEdited("trip.txt", replace=(("Zurich", "Zug"),)),),
            Attempt("Done.", {"trip.txt": Edit("trip.txt", replace=(("Zurich", "Zug"),))}),
            ("trip.txt",),
        ),
        Trial(
            'In plan.txt replace the word "tabel" with "table"',
            {"plan.txt": PLAN, "shopping.md": SHOPPING},
            (FileEdited("plan.txt", replace=(("tabel", "table"),)),),
            Attempt("Done.", {"plan.txt": Edit("plan.txt", replace=(("tabel", "table"),))}),
            ("plan.txt",),
        ),
    ),
    Pair(
        Trial(
            "What is the phone number of the roofer, according to phones.md?",
            {"phones.md": STAFF},
            (AnswerNumbers((5533,)),),
            Attempt("5533"),
        ),
        Trial(
            "What is the name of the treasurer, according to club.txt?",
            {"club.txt": CLUB, "shops.csv": SHOPS},
            (AnswerWords(("Holm",)),),
            Attempt("Kai Holm."),
        ),
    ),
    Pair(
        Trial(
            "How many days are there between 3 May 2026 and 1 July 2026?",
            {},
            (AnswerNumbers((59,)),),
            Attempt("59 days."),
        ),
        Trial(
            "How many days lie between 12 January 2027 and 4 March 2027?",
            {"todo.txt": TODO},
            (AnswerNumbers((51,)),),
            Attempt("51 days."),
        ),
    ),
    Pair(
        Trial(
            "Save the rows of sales.csv with an amount above 200 to big.csv",
            {"sales.csv": SALES},
            (FileRows("big.csv", (("South", "May", 300), ("North", "June", 280))),),
            Attempt("Done.", {"big.csv": "region,month,amount\nSouth,May,300\nNorth,June,280\n"}),
        ),
        Trial(
            "Export the rows of members.csv with an age above 60 to seniors.csv",
            {"members.csv": MEMBERS, "club.txt": CLUB},
            (FileRows("seniors.csv", (("Ida", 71, "Lunde"), ("Rut", 66, "Vik"))),),
            Attempt("Done.", {"seniors.csv": "name,age,town\nIda,71,Lunde\nRut,66,Vik\n"}),
        ),
    ),
    Pair(
        Trial(
            "Make a copy of costs.csv called costs-old.csv",
            {"costs.csv": COSTS},
            (FileText("costs-old.csv", COSTS),),
            Attempt("Done.", {"costs-old.csv": COSTS}),
        ),
        Trial(
            "Please copy members.csv to a new file members-backup.csv",
            {"members.csv": MEMBERS, "todo.txt": TODO},
            (FileText("members-backup.csv", MEMBERS),),
            Attempt("Done.", {"members-backup.csv": MEMBERS}),
        ),
    ),
    Pair(
        Trial(
            "What is the average price in books.csv?",
            {"books.csv": BOOKS},
            (AnswerNumbers((24.5,)),),
            Attempt("24.5"),
        ),
        Trial(
            "What's the average age of the people in members.csv?",
            {"members.csv": MEMBERS, "trip.txt": TRIP},
            (AnswerNumbers((45.75,)),),
            Attempt("45.75 years."),
        ),
    ),
    Pair(
        Trial(
            "From which day on is the lift renewed, according to letter.txt? Write the date to "
            "date.txt",
            {"letter.txt": LETTER},
            (FileWords("date.txt", (("7 September", "September 7"),)),),
            Attempt("7 September.", {"date.txt": "7 September\n"}),
        ),
        Trial(
            "On which day do the swimming lessons begin, according to notice.txt? Write that date "
            "to begin.txt",
            {"notice.txt": NOTICE, "todo.txt": TODO},
            (FileWords("begin.txt", (("12 October", "October 12"),)),),
            Attempt("12 October.", {"begin.txt": "12 October\n"}),
        ),
    ),
    Pair(
        Trial(
            "Which of the files mention the plumber?",
            {"phones.md": STAFF, "todo.txt": TODO, "trip.txt": TRIP},
            (AnswerWords(("phones.md", "todo.txt")),),
            Attempt("phones.md and todo.txt"),
        ),
        Trial(
            "In which of the files does the word lessons occur?",
            {"notice.txt": NOTICE, "letter.txt": LETTER, "memo.md": "Pay the lessons of Ida.\n"},
            (AnswerWords(("notice.txt", "memo.md")),),
            Attempt("notice.txt and memo.md"),
        ),
    ),
    Pair(
        Trial(
            "How much is 17.5 % of 2,360 EUR?",
            {},
            (AnswerNumbers((413,)),),
            Attempt("413 EUR"),
        ),
        Trial(
            "What is 12.5 % of 1,840 kroner?",
            {"shops.csv": SHOPS},
            (AnswerNumbers((230,)),),
            Attempt("230 kroner"),
        ),
    ),
    Pair(
        Trial(
            "Which date is 45 days after 20 March 2026?",
            {},
            (AnswerDates((date(2026, 5, 4),)),),
            Attempt("4 May 2026"),
        ),
        Trial(
            "What date is it 100 days after 5 June 2026?",
            {"trip.txt": TRIP},
            (AnswerDates((date(2026, 9, 13),)),),
            Attempt("13 September 2026"),
        ),
    ),
)
