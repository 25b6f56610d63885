"""What the pages of documents_recall.py are made of: facts, questions in other words, filler.

A fact is a sentence with slots and the questions it answers. `{subject}` is what the page is
about; most facts do not name it, as in real pages, where the heading does. Questions avoid the
words of the fact.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of page."""

    name: str
    title: str
    subjects: tuple[str, ...]
    facts: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Section, sentence, questions."""
    filler: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


HANDBOOK = Kind(
    "handbook",
    "Handbook: {subject}",
    _split(
        "Warehouse|Accounting|Customer Care|Laboratory|Night Shift|Procurement|Field Service"
        "|Reception|Data Team|Legal|Apprentices|Canteen|Fleet|Print Shop|Marketing|Archive"
        "|Security Desk|Training Centre|Export|Tool Making"
    ),
    (
        (
            "Leave",
            "Everyone is entitled to {days} days of annual leave.",
            (
                "How much vacation do people in the {subject} get?",
                "How many free days a year does the {subject} have?",
            ),
        ),
        (
            "Working hours",
            "Overtime has to be balanced with time off within {weeks} weeks.",
            ("By when must staff of the {subject} use up extra hours they worked?",),
        ),
        (
            "Working hours",
            "Working from home is possible on {weekday}s.",
            ("On which day can somebody from the {subject} do remote work?",),
        ),
        (
            "Equipment",
            "Laptops are exchanged every {years} years.",
            ("How often does the {subject} receive new computers?",),
        ),
        (
            "Absence",
            "A doctor's certificate is due on the {ordinal} day of illness.",
            ("From when on does an ill colleague in the {subject} need a medical note?",),
        ),
        (
            "Clothing",
            "Safety shoes are paid up to {money} euros.",
            ("What may protective footwear cost in the {subject}?",),
        ),
        (
            "Contacts",
            "{person} keeps the keys to the cupboard with first aid material.",
            ("Who can open the place with the bandages for the {subject}?",),
        ),
    ),
    _split(
        "These rules were agreed with the works council and hold until further notice."
        "|Questions that are not answered here go to the team lead first."
        "|Exceptions are possible when the work allows it and nobody else is burdened."
        "|Forms are found on the intranet under the letter of the topic."
        "|New colleagues read this page in their first week and sign that they did."
        "|The page is looked through once a year and changed where it no longer fits."
        "|Please plan early; the weeks around the turn of the year fill up first."
        "|What is agreed by word of mouth is confirmed in writing the same day."
    ),
)
MAIL = Kind(
    "mail",
    "Re: {subject}",
    _split(
        "oak table|greenhouse glass|choir robes|sailing boat cover|coffee grinder|wedding cake"
        "|piano stool|garden fence|lift repair|school projector|bike trailer|solar inverter"
        "|bookbinding press|kitchen tiles|stage lights|drone licence|beehives|chess clocks"
        "|tent poles|printer toner"
    ),
    (
        (
            "",
            "It will only get here on {date}, because {reason}.",
            ("Why is the {subject} late?", "What holds up the {subject}?"),
        ),
        (
            "",
            "I advanced {money} euros for it myself and would like to have them back.",
            ("What sum does somebody want refunded for the {subject}?",),
        ),
        (
            "",
            "{person} can pick it up with the van on {weekday}.",
            ("Who is going to fetch the {subject}?",),
        ),
        (
            "",
            "The shop gives us {percent} percent off if we take two.",
            ("What discount was offered on the {subject}?",),
        ),
        (
            "",
            "It has to stay below {weight} kilos, otherwise the floor gives way.",
            ("How heavy may the {subject} be at most?",),
        ),
        (
            "",
            "Please do not tell {person} about it before the party.",
            ("From whom should the {subject} be kept secret?",),
        ),
    ),
    _split(
        "Thanks for calling back so quickly yesterday."
        "|Sorry that this took me a while, the week was full."
        "|I have attached the two pictures you asked for."
        "|Let me know whether that suits you, otherwise we find another way."
        "|By the way, the others send their regards and hope to see you in autumn."
        "|I am on the train and the connection is poor, so only in short."
        "|We talked it over at home and everybody agreed in the end."
        "|If anything is unclear, ring me in the evening, then I have time."
    ),
)
MEETING = Kind(
    "meeting",
    "Minutes: {subject}",
    _split(
        "Project Heron|Project Basalt|Project Lantern|Project Quince|Project Tundra|Project Ferry"
        "|Project Opal|Project Walnut|Project Meridian|Project Gecko|Project Harvest|Project Viola"
        "|Project Comet|Project Juniper|Project Raft|Project Saffron|Project Kite|Project Marble"
    ),
    (
        (
            "Decisions",
            "The database moves to {technology} before the summer.",
            ("Which product will store the data of {subject}?",),
        ),
        (
            "Decisions",
            "The launch is put off until {date}.",
            ("What is the new go-live of {subject}?", "When will {subject} finally start?"),
        ),
        (
            "Actions",
            "{person} writes the first version of the tender.",
            ("Who has to draft the call for bids in {subject}?",),
        ),
        (
            "Actions",
            "{person} asks the insurer whether hail is covered.",
            ("Who checks with the insurance about storm damage in {subject}?",),
        ),
        (
            "Budget",
            "Another {money} thousand euros were granted.",
            ("How much additional funding was approved for {subject}?",),
        ),
        (
            "Risks",
            "The biggest worry is that {reason}.",
            ("What are people in {subject} most afraid of?",),
        ),
        (
            "Attendance",
            "{person} was excused.",
            ("Who could not take part in the discussion of {subject}?",),
        ),
    ),
    _split(
        "The minutes of the last meeting were accepted without changes."
        "|There was a long discussion about the order of the next steps."
        "|Everyone reported briefly from their own area."
        "|The figures on the slides are preliminary and not to be passed on."
        "|Two points were moved to the next meeting for lack of time."
        "|The room was too small; the next time the hall is booked."
        "|It was agreed to keep the circle of participants as it is."
        "|A vote was not necessary since nobody objected."
    ),
)
RECIPE = Kind(
    "recipe",
    "{subject}",
    _split(
        "Lentil moussaka|Walnut bread|Beetroot risotto|Plum dumplings|Leek quiche|Carrot halva"
        "|Fennel gratin|Barley soup|Spinach strudel|Quince tart|Onion pie|Chestnut gnocchi"
        "|Saffron buns|Celery schnitzel|Rhubarb crumble|Millet patties|Pear strudel|Corn chowder"
    ),
    (
        (
            "Preparation",
            "Put it into the oven at {degrees} degrees.",
            ("How hot do I bake the {subject}?", "What temperature does {subject} need?"),
        ),
        (
            "Preparation",
            "Let the dough rest for {minutes} minutes under a cloth.",
            ("How long does the mixture for {subject} have to stand covered?",),
        ),
        (
            "Serving",
            "The amounts are for {number} hungry eaters.",
            ("How many guests does one batch of {subject} feed?",),
        ),
        (
            "Keeping",
            "In the fridge it stays good for {number} days.",
            ("Until when can leftovers of the {subject} be eaten?",),
        ),
        (
            "Origin",
            "I have this from {person}, who never wrote it down.",
            ("Who taught us to make {subject}?",),
        ),
        (
            "Variations",
            "Instead of butter one can take {food}.",
            ("What replaces the fat in {subject}?",),
        ),
    ),
    _split(
        "Wash everything well and cut it into pieces of about the same size."
        "|Salt only at the end, because the stock is salty already."
        "|Stir now and then so that nothing sticks to the bottom."
        "|A glass of cider goes well with it."
        "|It tastes even better when it is warmed up the next day."
        "|Children like it with a spoon of apple sauce."
        "|Use a heavy pan, a thin one burns too easily."
        "|The kitchen smells of it for the whole evening."
    ),
)
CONTRACT = Kind(
    "contract",
    "Agreement with {subject}",
    _split(
        "Brandt Cleaning|Nordlicht Energy|Calder Storage|Moreau Catering|Iskra Telecom|Vega Leasing"
        "|Pinewood Estates|Halvorsen Freight|Amsel Security|Tidewater Insurance|Kestrel Software"
        "|Rowan Landscaping|Baltic Laundry|Orchard Bank|Delphi Translations|Stonebridge Lifts"
    ),
    (
        (
            "Term",
            "Either party may terminate with {weeks} weeks' notice to the end of a quarter.",
            (
                "How far ahead do we have to cancel {subject}?",
                "What is the period for getting out of the deal with {subject}?",
            ),
        ),
        (
            "Fees",
            "The monthly fee is {money} euros, payable in advance.",
            ("What do we transfer to {subject} every four weeks or so?",),
        ),
        (
            "Liability",
            "Liability is limited to {money} thousand euros for each event.",
            ("Up to what sum does {subject} answer for damage?",),
        ),
        (
            "Venue",
            "Disputes are settled by the court of {city}.",
            ("Where would we have to sue {subject}?",),
        ),
        (
            "Penalties",
            "For each day of delay {percent} percent are deducted.",
            ("What is taken off when {subject} is not on time?",),
        ),
        (
            "Contacts",
            "Notices are addressed to {person}.",
            ("Who receives official letters at {subject}?",),
        ),
    ),
    _split(
        "Changes of this document need the written form; this also holds for this sentence."
        "|Should a clause be void, the others stay in force."
        "|Both sides treat what they learn about each other as confidential."
        "|The annexes are part of what was agreed."
        "|Prices are understood without value added tax."
        "|The contractor may use others only with consent."
        "|Access to the buildings is granted during usual hours."
        "|Two copies were signed, one for each side."
    ),
)
PRODUCT = Kind(
    "product",
    "{subject} data sheet",
    _split(
        "Arlo 200 drill|Brisa fan|Cento scale|Dorado lamp|Elbe pump|Fjord heater|Gala mixer"
        "|Helio panel|Iris camera|Jura kettle|Kobold vacuum|Luma projector|Mistral dryer"
        "|Nimbus router|Orca speaker|Pico printer|Quanta meter|Rondo saw"
    ),
    (
        (
            "Specifications",
            "Weight: {weight} kg without packaging.",
            ("How heavy is the {subject}?",),
        ),
        (
            "Power",
            "One charge of the battery lasts for {number} hours.",
            ("How long does the {subject} run unplugged?",),
        ),
        (
            "Service",
            "The manufacturer guarantees it for {years} years.",
            ("How long is the warranty of the {subject}?",),
        ),
        (
            "Service",
            "Spare parts are sent from {city}.",
            ("Where do replacement components for the {subject} come from?",),
        ),
        (
            "Noise",
            "At full power it reaches {decibel} decibels.",
            ("How loud does the {subject} get?",),
        ),
        (
            "Care",
            "Clean the housing with {food}, never with solvents.",
            ("What should one wipe the {subject} with?",),
        ),
    ),
    _split(
        "Read these instructions before first use and keep them."
        "|Illustrations may differ from the delivered goods."
        "|Do not open the housing; there is nothing to repair inside."
        "|The packaging can be recycled where such collection exists."
        "|Keep away from children and pets while it is in use."
        "|The latest version of this sheet is found on our pages."
        "|Accessories are sold separately."
        "|Place it on a level and dry surface."
    ),
)
LOG = Kind(
    "log",
    "Operations log: {subject}",
    _split(
        "host amber|host birch|host cedar|host delta|host ember|host fjell|host grove|host hazel"
        "|host ivory|host jasper|host kelp|host larch|host moss|host nacre"
    ),
    (
        (
            "Incidents",
            "{stamp} disk quota exceeded, writes refused.",
            ("When did {subject} run out of storage space?",),
        ),
        (
            "Incidents",
            "{stamp} certificate expired, clients rejected.",
            ("On what day was {subject} unreachable because of outdated encryption credentials?",),
        ),
        (
            "Changes",
            "{stamp} memory raised to {number} gigabytes.",
            ("How much RAM was {subject} given?",),
        ),
        (
            "Changes",
            "{person} rotated the backup keys.",
            ("Who renewed the secrets for saving copies of {subject}?",),
        ),
        (
            "Causes",
            "The restart was needed because {reason}.",
            ("Why did {subject} have to be rebooted?",),
        ),
    ),
    _split(
        "Routine checks without findings.|Updates installed, services restarted one by one."
        "|Monitoring was silent for the whole night.|Backups ran through and were verified."
        "|Load as usual on working days.|Handover to the next shift, nothing open."
        "|A false alarm of the temperature sensor was closed.|Log files were rotated and packed."
    ),
)
HEALTH = Kind(
    "letter",
    "Medical letter: {subject}",
    _split(
        "Mr Abel|Ms Bartos|Mr Corti|Ms Dahl|Mr Engel|Ms Farkas|Mr Gruber|Ms Horvat"
        "|Mr Ilic|Ms Jensen|Mr Kovac|Ms Lindt|Mr Moser|Ms Novotna"
    ),
    (
        (
            "Therapy",
            "Prescribed: {drug}, {number} mg in the morning.",
            ("Which medicine does {subject} take?", "What drug was {subject} put on?"),
        ),
        (
            "Findings",
            "The X-ray of the {bone} shows no fracture.",
            ("Which part of the body of {subject} was examined for a break?",),
        ),
        (
            "Further steps",
            "The next examination is on {date}.",
            ("When does {subject} have to come back?",),
        ),
        ("History", "There is a known intolerance of {food}.", ("What is {subject} allergic to?",)),
        (
            "Therapy",
            "No sports for {weeks} weeks.",
            ("How long must {subject} refrain from exercise?",),
        ),
    ),
    _split(
        "We thank you for the friendly referral.|The general condition was good."
        "|Blood pressure and pulse were within normal limits."
        "|The course was explained in detail and all questions were answered."
        "|Should complaints get worse, please present at once."
        "|Earlier letters were available to us.|The patient was discharged the same day."
        "|With kind regards, signed electronically."
    ),
)
DIARY = Kind(
    "diary",
    "Garden diary {subject}",
    tuple(
        f"{month} {year}"
        for year in (2021, 2022, 2023)
        for month in ("March", "April", "May", "June", "August", "October")
    ),
    (
        (
            "",
            "On the {ordinal} I put the {plant} into the ground behind the shed.",
            ("Where did I plant the {plant} in {subject}?",),
        ),
        (
            "",
            "The hedgehog is back; {person} calls it {pet}.",
            ("What name was given to the spiny visitor in {subject}?",),
        ),
        (
            "",
            "{number} jars of jam stand in the cellar now.",
            ("How much fruit spread was preserved in {subject}?",),
        ),
        (
            "",
            "The old pear tree had to be felled, because {reason}.",
            ("Why was a trunk cut down in {subject}?",),
        ),
        (
            "",
            "Bought a second-hand mower from {person}.",
            ("From whom did I get the machine for the lawn in {subject}?",),
        ),
    ),
    _split(
        "It rained for most of the week and little could be done."
        "|Sat outside in the evening for the first time this year."
        "|The neighbours brought a basket of plums over the fence."
        "|Slugs everywhere, I collect them before breakfast."
        "|Sharpened the tools and oiled the handles."
        "|The compost is ready and smells of forest."
        "|Frost at night, everything tender is under fleece."
        "|A quiet month, mostly weeding and watering."
    ),
)
KINDS = (HANDBOOK, MAIL, MEETING, RECIPE, CONTRACT, PRODUCT, LOG, HEALTH, DIARY)

SLOTS: dict[str, tuple[str, ...]] = {
    "person": _split(
        "Petra Vogel|Jonas Brunner|Aylin Demir|Tomas Hruska|Greta Olsen|Marek Zeman|Ines Duarte"
        "|Felix Roth|Nadia Kern|Oskar Lind|Lucia Ferri|Hannes Winkler|Selma Aydin|Viktor Pohl"
        "|Rosa Marti|Emil Sandberg|Klara Busch|Dario Conti|Yara Haddad|Milan Kubat"
    ),
    "reason": _split(
        "the customs papers are missing|a pipe burst in the cellar|the supplier went bankrupt"
        "|lightning struck the mast|the only expert is on parental leave|the wood was not dry yet"
        "|a fungus had eaten it from inside|nobody had paid the bill|the river rose too high"
        "|two parts had been swapped|the permit was withdrawn|a leak in the kernel ate everything"
    ),
    "date": tuple(
        f"{day} {month} 2024"
        for day in (3, 9, 14, 21, 27)
        for month in ("January", "February", "April", "July", "September", "November")
    ),
    "stamp": tuple(
        f"2023-{month:02}-{day:02} {hour:02}:{minute:02}"
        for month in (2, 5, 8, 11)
        for day, hour, minute in ((4, 2, 13), (11, 14, 47), (19, 6, 5), (26, 23, 31))
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "ordinal": ("first", "second", "third", "fourth", "fifth"),
    "days": tuple(map(str, range(24, 35))),
    "weeks": tuple(map(str, range(2, 13))),
    "years": tuple(map(str, range(2, 9))),
    "number": tuple(map(str, range(2, 40))),
    "minutes": tuple(map(str, range(15, 90, 5))),
    "degrees": tuple(map(str, range(150, 240, 5))),
    "percent": tuple(map(str, range(2, 30))),
    "decibel": tuple(map(str, range(38, 90))),
    "weight": ("1.2", "2.7", "3.4", "4.9", "6.1", "8.3", "11.5", "14.8"),
    "money": tuple(map(str, range(45, 980, 13))),
    "technology": ("Postgres", "MariaDB", "Cassandra", "CouchDB", "ClickHouse", "Neo4j"),
    "city": ("Graz", "Lyon", "Turku", "Bremen", "Split", "Ghent", "Aarhus", "Linz"),
    "food": ("olive oil", "oat milk", "vinegar", "almond paste", "lemon juice", "yoghurt", "nuts"),
    "drug": ("Ramipril", "Metformin", "Bisoprolol", "Ibuprofen", "Pantoprazole", "Sertraline"),
    "bone": ("wrist", "ankle", "collarbone", "left knee", "lower back", "elbow"),
    "plant": ("gooseberries", "asparagus", "peonies", "garlic", "artichokes", "currants"),
    "pet": ("Colonel", "Muffin", "Bristle", "Pickle", "Sergeant", "Button"),
}
