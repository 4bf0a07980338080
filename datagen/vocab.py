"""Words of the synthetic bank: the domains of its columns. Persons, merchants and banks are made up."""

from __future__ import annotations

EMPLOYMENT = ["self-employed", "salaried", "employed", "unemployed"]
SELF_EMPLOYED, SALARIED, EMPLOYED, UNEMPLOYED = range(4)
MARITAL = ["single", "married", "separated"]
SINGLE, MARRIED, SEPARATED = range(3)
SEGMENTS = ["Standard", "behavioral", "demographic", "psychographic", "geographic"]
GENDERS = ["Male", "Female", "Non-binary", "Genderfluid", "Genderqueer", "Agender", "Bigender", "Polygender"]

# city, state in letters, state in words, zip (four digits where the source lost the leading zero), weight
CITIES = [
    ("New York City", "NY", "New York", "10001", 14), ("Los Angeles", "CA", "California", "90012", 11),
    ("Chicago", "IL", "Illinois", "60601", 8), ("Houston", "TX", "Texas", "77002", 8),
    ("Phoenix", "AZ", "Arizona", "85003", 5), ("Philadelphia", "PA", "Pennsylvania", "19103", 5),
    ("San Antonio", "TX", "Texas", "78205", 4), ("San Diego", "CA", "California", "92101", 4),
    ("Dallas", "TX", "Texas", "75201", 4), ("Boston", "MA", "Massachusetts", "2108", 4),
    ("Newark", "NJ", "New Jersey", "7102", 3), ("Hartford", "CT", "Connecticut", "6103", 2),
    ("Providence", "RI", "Rhode Island", "2903", 2), ("Columbus", "OH", "Ohio", "43215", 3),
    ("Charlotte", "NC", "North Carolina", "28202", 3), ("Seattle", "WA", "Washington", "98101", 3),
    ("Denver", "CO", "Colorado", "80202", 3), ("Washington", "DC", "District of Columbia", "20001", 3),
    ("Nashville", "TN", "Tennessee", "37203", 2), ("Portland", "OR", "Oregon", "97201", 2),
    ("Las Vegas", "NV", "Nevada", "89101", 2), ("Detroit", "MI", "Michigan", "48226", 2),
    ("Atlanta", "GA", "Georgia", "30303", 3), ("Miami", "FL", "Florida", "33130", 4),
    ("Orlando", "FL", "Florida", "32801", 2), ("Minneapolis", "MN", "Minnesota", "55401", 2),
]  # fmt: skip
REGIONS = {
    "Northeast": {"NY", "PA", "MA", "NJ", "CT", "RI"},
    "Midwest": {"IL", "OH", "MI", "MN"},
    "South": {"TX", "NC", "DC", "TN", "GA", "FL"},
    "West": {"CA", "AZ", "WA", "CO", "OR", "NV"},
}

FIRST_NAMES = [
    "Avery", "Blake", "Camille", "Dario", "Elena", "Felix", "Gloria", "Hugo", "Iris", "José", "Kara", "Liam",
    "Maya", "Noah", "Olive", "Pablo", "Quinn", "Rosa", "Simon", "Tessa", "Uma", "Victor", "Wanda", "Xavier",
    "Yara", "Zoë",
]  # fmt: skip
LAST_NAMES = [
    "Alder", "Brandt", "Castell", "Duvall", "Eastwick", "Farrow", "Granger", "Hollis", "Ivers", "Jessop",
    "Kessler", "Lindqvist", "Marlowe", "Núñez", "Oakes", "Prewitt", "Quimby", "Ravel", "Sorensen", "Thorne",
    "Underhill", "Vance", "Whitlock", "Yarrow", "Zeller",
]  # fmt: skip
STREETS = [
    "Oak Street",
    "Maple Avenue",
    "Second Street",
    "Lake Road",
    "Hill Court",
    "Mill Lane",
    "River Drive",
]

# code, name, family; the first seven are the account products, in the order of ACCOUNT_TYPES
PRODUCTS = [
    ("CHK", "Everyday checking", "account"), ("SAV", "Easy savings", "deposit"),
    ("CD", "Certificate of deposit", "deposit"), ("IRA", "Retirement account", "deposit"),
    ("BUS", "Business account", "account"), ("TRU", "Trust account", "account"),
    ("CUS", "Custodial account", "account"),
    ("LPERS", "Personal loan", "loan"), ("LAUTO", "Auto loan", "loan"),
    ("LHOME", "Home improvement loan", "loan"),
    ("CCLAS", "Classic card", "card"), ("CGOLD", "Gold card", "card"),
    ("CJUN", "Junior card", "card"), ("IHOME", "Home insurance", "insurance"),
]  # fmt: skip
NEW_PRODUCT = ("ITRAV", "Travel insurance", "insurance")
ACCOUNT_TYPES = [
    "Checking/Current", "Savings", "Certificate of Deposit", "IRA", "Business", "Trust", "Custodial",
]  # fmt: skip
SAVINGS, BUSINESS = 1, 4
ACCOUNT_STATUSES = [
    "Active", "Inactive/Dormant", "Closed", "Blocked/Frozen", "Limited/Restricted", "Defaulted",
]  # fmt: skip
LOAN_PRODUCTS = ["LPERS", "LAUTO", "LHOME"]
CARD_TYPES = ["classic", "gold", "junior"]
CARD_STATUSES = ["Active", "Blocked", "Closed"]
SCHEMES = [
    "jcb",
    "mastercard",
    "maestro",
    "switch",
    "visa",
    "visa-electron",
    "americanexpress",
    "diners-club",
]
SCHEME_WEIGHTS = [0.40, 0.14, 0.10, 0.06, 0.12, 0.07, 0.07, 0.04]
DECLINES = ["Insufficient Balance", "Bad PIN", "Technical Glitch", "Bad Expiration"]
CREDIT_RANGES = ["300 - 579", "580 - 669", "670 - 739", "740 - 799", "800 - 850"]
CREDIT_WORDS = ["Poor", "Fair", "Good", "Very Good", "Exceptional"]
PURPOSES = ["household", "insurance", "lease", "loan"]
BANKS = ["OWNBANK", "NORTHBK", "LAKEBK", "PRAIRIE", "COASTBK"]
OWN_BANK = 0
RECIPIENTS = [
    "Brightwater Power", "Cedar Property Rentals", "Fairlight Telecom", "Greenfield Insurance", "Halcyon Gym",
    "Juniper Streaming", "Meadow Water Company", "Stonebridge College",
]  # fmt: skip
METHODS = [
    "Bank Transfer", "Mobile Payment", "Debit Card", "E-wallet", "Check", "Contactless Card", "Cash",
    "Prepaid Card", "Credit Card", "Cryptocurrency",
]  # fmt: skip

# the source's own spelling, `Payment ` with its trailing blank
POSTING_TYPES = [
    "Purchase", "Online", "Payment ", "Subscription", "Cash_Withdrawal", "Cash_Deposit", "Investment", "Wire",
    "Refund", "Salary", "Credit", "Fee", "Interest", "Transfer", "Loan_Payment", "Financial",
]  # fmt: skip
POSTING = {name.strip(): code for code, name in enumerate(POSTING_TYPES)}
NOTES = [
    "",
    "monthly salary",
    "benefit or pension",
    "account fee",
    "interest",
    "own transfer",
    "loan instalment",
    "card bill",
]

# category, MCC, median price, what its merchants are called, sold online
CATEGORIES = [
    ("grocery", "5411", 42, ["Market", "Foods"], False),
    ("convenience", "5499", 12, ["Corner Shop", "Mini Mart"], False),
    ("fuel", "5541", 38, ["Fuel", "Gas & Go"], False),
    ("fast_food", "5814", 11, ["Burgers", "Tacos"], False),
    ("restaurant", "5812", 36, ["Kitchen", "Bistro"], False),
    ("pharmacy", "5912", 24, ["Pharmacy", "Drugs"], False),
    ("department", "5311", 58, ["Department Store", "Emporium"], False),
    ("clothing", "5651", 47, ["Apparel", "Outfitters"], False),
    ("electronics", "5732", 130, ["Electronics", "Audio"], False),
    ("books", "5942", 19, ["Books", "Reading Room"], False),
    ("cinema", "7832", 22, ["Cinema", "Pictures"], False),
    ("taxi", "4121", 18, ["Cabs", "Rides"], False),
    ("airline", "4511", 260, ["Airways", "Air"], True),
    ("hotel", "7011", 170, ["Inn", "Suites"], False),
    ("home", "5211", 75, ["Lumber", "Hardware"], False),
    ("telecom", "4814", 55, ["Mobile", "Telecom"], True),
    ("utility", "4900", 95, ["Power", "Water"], True),
    ("digital", "5816", 14, ["Games", "Apps"], True),
    ("wholesale", "5300", 110, ["Wholesale Club", "Bulk Depot"], False),
]
MERCHANT_WORDS = [
    "Amber", "Birch", "Copper", "Dune", "Ember", "Fable", "Garnet", "Harbor", "Indigo", "Jasper",
    "Kestrel", "Lantern", "Meadow", "Nimbus", "Orchard", "Pebble", "Quarry", "Ripple", "Saffron", "Thistle",
]  # fmt: skip
LIFE_STAGES = [
    "student", "career_start", "couple", "family", "established", "nearing_retirement", "retired",
]  # fmt: skip
STUDENT, CAREER_START, COUPLE, FAMILY, ESTABLISHED, NEARING_RETIREMENT, RETIRED = range(7)
# how much more each life stage spends in a category than the base of 1
TASTES: list[dict[str, float]] = [
    {"fast_food": 8, "digital": 8, "convenience": 5, "cinema": 4, "telecom": 2, "grocery": 4},
    {"restaurant": 6, "taxi": 5, "digital": 5, "electronics": 2, "clothing": 4, "grocery": 5, "airline": 1.5},
    {"restaurant": 7, "hotel": 2.5, "airline": 2.5, "grocery": 7, "home": 2, "clothing": 3},
    {"grocery": 11, "wholesale": 4, "clothing": 5, "fuel": 5, "department": 3, "pharmacy": 3, "home": 2},
    {"fuel": 6, "grocery": 7, "restaurant": 5, "home": 3, "department": 2, "hotel": 1.5, "utility": 2},
    {"grocery": 7, "home": 4, "books": 3, "fuel": 5, "hotel": 2, "airline": 2, "pharmacy": 3},
    {"grocery": 9, "pharmacy": 6, "books": 4, "hotel": 1.5, "airline": 1.5, "utility": 3, "department": 2},
]
TRAVEL = ["airline", "hotel", "taxi"]
AT_HOME = ["home", "utility"]
