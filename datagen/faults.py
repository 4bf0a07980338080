"""What a single defect does to a file: the wrong values, broken lines and repeats that are planted."""

from __future__ import annotations

from collections.abc import Callable

from datagen.sheets import Sheet, Tag, luhn_number, to_line

KEYS = {
    "customers": ("customerNumber", 19_000_000),
    "account_holders": ("holder_id", 59_000_000),
    "account_transactions": ("transaction_id", 1_900_000_000),
    "payments": ("payment_id", 490_000_000),
    "campaign_contacts": ("contact_id", 590_000_000),
    "campaign_responses": ("response_id", 690_000_000),
    "consents": ("consent_id", 790_000_000),
    "digital_sessions": ("session_id", 2_900_000_000),
    "communication_log": ("log_id", 3_900_000_000),
    "branch_visits": ("visit_id", 890_000_000),
    "product_holdings": ("holding_id", 990_000_000),
    "suppressions": ("suppression_id", 390_000_000),
}
Edit = Callable[[int], str]
Act = Callable[[Sheet, int], None]


def _always(value: str) -> Edit:
    return lambda _: value


def _card(words: str) -> Edit:
    return lambda number: f"{words} {luhn_number(number)}"


def _unknown(base: int) -> Edit:
    return lambda number: str(base + number)


# kind, table, column, what the column becomes, where the row ends, how many
EDITS: list[tuple[str, str, str, Edit, str, int]] = [
    ("bad_date", "card_transactions", "transactionDate", _always("02/31/2026"), "dead:not_a_date", 2),
    ("bad_date", "account_transactions", "transaction_date", _always("yesterday"), "dead:not_a_date", 1),
    ("bad_date", "customers", "dateOfBirth", _always("31/02/1980"), "dead:not_a_date", 1),
    ("bad_date", "consents", "valid_from", _always("2026-13-01"), "dead:not_a_date", 1),
    ("bad_date", "product_holdings", "opened_date", _always("2026-02-30"), "dead:not_a_date", 1),
    ("bad_date", "communication_log", "logged_at", _always("2026-01-05 25:00"), "dead:not_a_date", 1),
    ("bad_number", "card_transactions", "transactionAmount", _always("twelve"), "dead:not_a_number", 2),
    ("bad_number", "payments", "amount", _always("12.3.4"), "dead:not_a_number", 1),
    ("out_of_range", "account_transactions", "amount", _always("-25.00"), "dead:out_of_range", 1),
    ("out_of_range", "customers", "dateOfBirth", _always("04/07/1850"), "dead:out_of_range", 1),
    ("missing_value", "account_transactions", "account_id", _always(""), "dead:null_in_required", 1),
    ("missing_value", "card_transactions", "customerNumber", _always(""), "dead:null_in_required", 1),
    ("missing_value", "account_holders", "holder_role", _always(""), "dead:null_in_required", 1),
    ("missing_value", "campaign_contacts", "offer_id", _always(""), "dead:null_in_required", 1),
    ("missing_value", "branch_visits", "visit_date", _always(""), "dead:null_in_required", 1),
    ("unknown_reason", "suppressions", "reason", _always("whim"), "unknown_rule", 1),
    ("unknown_value", "campaign_responses", "response_type", _always("shrug"), "dead:pattern_mismatch", 1),
    ("too_long", "card_transactions", "merchantName", _always("Endless Emporium " * 7), "dead:too_long", 1),
    ("too_long", "customers", "City", _always("Ñ" * 40), "dead:too_long", 1),
    ("card_number", "account_transactions", "notes", _card("paid with"), "dead:card_number", 2),
    ("card_number", "payments", "recipient", _card("Shop"), "dead:card_number", 1),
    ("card_number", "communication_log", "summary", _card("Asked about card"), "dead:card_number", 1),
    ("orphan", "card_transactions", "customerNumber", _unknown(18_000_000), "inferred_member", 5),
    ("orphan", "account_transactions", "account_id", _unknown(48_000_000), "inferred_member", 3),
    ("orphan", "digital_sessions", "customer_id", _unknown(17_000_000), "inferred_member", 2),
]  # fmt: skip


def _extra_row(table: str, sheet: Sheet, at: int, number: int) -> tuple[dict[str, str], str]:
    """Copy a row as one that no other row shares its id with."""
    row = sheet.row(at)
    if table in KEYS:
        column, base = KEYS[table]
        row[column] = str(base + number)
    if table == "account_transactions":
        row["balance_after"] = ""
    return row, KEYS.get(table, ("customerNumber", 0))[0]


def edit_row(table: str, column: str, edit: Edit, kind_and_expected: tuple[str, str]) -> Act:
    """Insert a row with one bad, odd or unknown value."""
    kind, expected = kind_and_expected

    def act(sheet: Sheet, number: int) -> None:
        at = sheet.pick(number)
        row, key = _extra_row(table, sheet, at, number)
        row[column] = edit(number)
        sheet.insert(at, to_line(list(row.values())), (kind, column, row[key], expected))

    return act


def break_line(table: str, kind: str) -> Act:
    """Insert a line with a field too few, a field too many, or bytes that are no UTF-8."""

    def act(sheet: Sheet, number: int) -> None:
        at = sheet.pick(number)
        row, key = _extra_row(table, sheet, at, number)
        tag: Tag = (kind, "", row[key], "dead:wrong_field_count")
        if kind == "missing_field":
            line = to_line(list(row.values())[:-2])
        elif kind == "extra_field":
            line = to_line([*row.values(), "surplus"])
        else:
            column = "merchantName" if table == "card_transactions" else "notes"
            row[column] = "Caf@@"
            line = to_line(list(row.values())).replace(b"@@", b"\xe9\xff")
            tag = (kind, column, row[key], "dead:bad_encoding")
        sheet.insert(at, line, tag)

    return act


def repeat_row(column: str, kind: str, expected: str) -> Act:
    """Repeat a row within its file: a keyed row is an error, a card row a second equal purchase."""

    def act(sheet: Sheet, number: int) -> None:
        at = sheet.pick(number)
        tag = (kind, "" if kind == "equal_rows" else column, sheet.row(at)[column], expected)
        sheet.insert(at, sheet.lines[at], tag)
        if kind == "equal_rows":
            sheet.tags[at] = tag

    return act


def note_number(sheet: Sheet, number: int) -> None:
    """Write a long number that is no card number into the notes of a posting."""
    at = sheet.pick(number)
    row = sheet.row(at)
    row["notes"] = f"reference {luhn_number(number, valid=False)}"
    sheet.replace(at, row, ("not_a_card_number", "notes", row["transaction_id"], "raw_once"))


def share_address(sheet: Sheet, number: int) -> None:
    """Give a customer the e-mail address that another one has, too."""
    at = sheet.pick(number)
    row, owner = sheet.row(at), sheet.row((at + 1) % len(sheet.lines))
    if owner["customer_id"] != row["customer_id"]:
        row["email"] = owner["email"]
        sheet.replace(at, row, ("shared_email", "email", row["customer_id"], "raw_once"))
