"""SQL for one column: from the text of a file to a checked value of the contract's type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loaders import sql
from loaders.mapping import ISO_DATE, ISO_TIMESTAMPS, ColumnPlan

ANY_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
TIME_MARKS = ("%H", "%I", "%M", "%S", "%f", "%g", "%n", "%p", "%c", "%X", "%z", "%Z")
# DuckDB takes trailing commas and numbers that are none for JSON, Redshift doesn't.
JSON_TEXT = r'"(\\.|[^"\\])*"'
NO_TEXT = '""'
LAX_JSON = r",\s*[\]}]|(?i:nan|inf)"
WORDS = ("infinity", "-infinity", "epoch")
NUMBERS = ("decimal", "integer", "bigint", "smallint", "double")
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
WANTED_LENGTH = 200

CAST_REASONS = {"date": "not_a_date", "timestamp": "not_a_date", "boolean": "not_a_boolean"}
RETYPED_REASONS = ("not_a_number", "not_a_date", "not_a_boolean")


@dataclass(frozen=True)
class Cell:
    """The steps for one column; each step is a column of its own, so that nothing is computed twice.

    Attributes:
        text: SQL of the value as text, empty ones as null.
        mapped: SQL of the text after the value map, or without the marks of numbers.
        typed: SQL of the value in the contract's type, null where it can't be that without a loss.
    """

    plan: ColumnPlan
    index: int
    may_have_nul: bool = False

    @property
    def text_name(self) -> str:
        """Name of the first step."""
        return f'"~v{self.index}"'

    @property
    def mapped_name(self) -> str:
        """Name of the second step, the first one's where there is nothing to do."""
        return f'"~m{self.index}"' if self.mapped() else self.text_name

    @property
    def typed_name(self) -> str:
        """Name of the last step, the second one's for text."""
        return self.mapped_name if self.is_text else f'"~t{self.index}"'

    @property
    def is_text(self) -> bool:
        """Whether the column holds text, JSON included."""
        return self.plan.target.base_type in ("varchar", "json")

    def text(self) -> str:
        """Write the value as text, null where it is one of the texts that mean none."""
        spec = self.plan.spec
        if spec.value is not None:
            return sql.literal(spec.value)
        if spec.expression is not None:
            cell = f"cast(({spec.expression}\n) as varchar)"
        elif spec.source is not None and self.plan.references:
            cell = sql.name(spec.source)
        else:
            return "cast(null as varchar)"
        if spec.trim is not False or not self.is_text:
            cell = f"trim({cell})"
        for null_value in spec.null_values if spec.null_values is not None else [""]:
            cell = f"nullif({cell}, {sql.literal(null_value)})"
        return cell

    def mapped(self) -> str:
        """Write the step after the text, empty where there is none."""
        spec, value = self.plan.spec, self.text_name
        if spec.map is not None:
            branches = " ".join(
                f"when {sql.literal(old)} then {sql.literal(new)}" for old, new in spec.map.items() if old
            )
            fallback = spec.map.get("", spec.default)
            missed = f"else {sql.literal(spec.default)} end"
            mapped = f"case {value} {branches} {missed}" if branches else sql.literal(spec.default)
            return f"case when {value} is null then {sql.literal(fallback)} else {mapped} end"
        if spec.default is not None:
            value = f"coalesce({value}, {sql.literal(spec.default)})"
        if self.plan.target.base_type in NUMBERS:
            value = self._plain_number(value)
        return "" if value == self.text_name else value

    def _plain_number(self, value: str) -> str:
        spec, keep_sign = self.plan.spec, sql.literal(r"\1")
        for mark in spec.currency or ():
            escaped = _regex_escape(mark)
            around = rf"^([+-]?)\s*{escaped}\s*|\s*{escaped}$"
            value = f"regexp_replace({value}, {sql.literal(around)}, {keep_sign})"
        point = spec.decimal or "."
        if spec.thousands:
            sign, dot = _regex_escape(spec.thousands), _regex_escape(point)
            grouped = rf"[+-]?[0-9]{{1,3}}({sign}[0-9]{{3}})+({dot}[0-9]*)?"
            value = (
                f"case when regexp_full_match({value}, {sql.literal(grouped)})"
                f" then replace({value}, {sql.literal(spec.thousands)}, '') else {value} end"
            )
        if point != ".":
            # A dot is no part of such a number: it becomes a sign that no number holds.
            value = f"replace(replace({value}, '.', '?'), {sql.literal(point)}, '.')"
        return value

    def typed(self) -> str:
        """Write the cast, empty for text."""
        value, data_type = self.mapped_name, self.plan.target.data_type
        base = self.plan.target.base_type
        if self.is_text:
            return ""
        if base == "boolean":
            lowered = f"lower({value})"
            return (
                f"case when {lowered} in ({sql.literals(TRUE)}) then true"
                f" when {lowered} in ({sql.literals(FALSE)}) then false end"
            )
        if base in ("date", "timestamp"):
            return self._moment(value, base)
        if base == "double":
            is_number = f"regexp_full_match({value}, {sql.literal(ANY_NUMBER)})"
            return f"case when {is_number} then try_cast({value} as double) end"
        # A cast rounds away digits that the type has no place for, so the text must not have them.
        places = int(data_type.rstrip(")").partition(",")[2] or 0)
        exact = (
            rf"[+-]?([0-9]+(\.[0-9]{{0,{places}}}0*)?|\.[0-9]{{1,{places}}}0*)"
            if places
            else r"[+-]?[0-9]+(\.0*)?"
        )
        return (
            f"case when regexp_full_match({value}, {sql.literal(exact)})"
            f" then try_cast({value} as {data_type}) end"
        )

    def formats(self) -> list[str]:
        """Give the formats of a date or time, in the order they are tried."""
        if self.plan.spec.formats:
            return list(self.plan.spec.formats)
        return [ISO_DATE] if self.plan.target.base_type == "date" else list(ISO_TIMESTAMPS)

    def _moment(self, value: str, base: str) -> str:
        moment = f"try_strptime({value}, [{sql.literals(self.formats())}])"
        # DuckDB takes these words for moments in any format.
        conditions = [f"lower({value}) not in ({sql.literals(WORDS)})"]
        if base == "date" and any(mark in form for form in self.formats() for mark in TIME_MARKS):
            conditions.append(f"{moment} = date_trunc('day', {moment})")
        return f"case when {' and '.join(conditions)} then cast({moment} as {base}) end"

    def checks(self) -> Iterator[tuple[str, str, str]]:
        """Give the checks in order: SQL that is true for a bad value, SQL of the reason, what is wanted."""
        column, spec = self.plan.target, self.plan.spec
        text, mapped, typed = self.text_name, self.mapped_name, self.typed_name
        constant = spec.value is not None or not (spec.source or spec.expression)
        if self.is_text and not constant and self.may_have_nul:
            yield f"contains({text}, chr(0))", sql.literal("bad_encoding"), "no NUL byte"
        if spec.map is not None and spec.default is None:
            wanted = "one of " + ", ".join(sorted(key for key in spec.map if key))
            yield f"{mapped} is null and {text} is not null", sql.literal("value_not_mapped"), wanted
        if not column.nullable:
            yield f"{mapped} is null", sql.literal("null_in_required"), "a value"
        if not self.is_text:
            yield f"{typed} is null and {mapped} is not null", self._cast_reason(), self._wanted()
        for bound, sign in ((column.min, "<"), (column.max, ">")):
            if bound is not None:
                limit = f"cast({sql.literal(bound)} as {column.data_type})"
                wanted = f"{'at least' if sign == '<' else 'at most'} {bound}"
                yield f"{typed} {sign} {limit}", sql.literal("out_of_range"), wanted
        if column.base_type == "json":
            bare = f"regexp_replace({mapped}, {sql.literal(JSON_TEXT)}, {sql.literal(NO_TEXT)}, 'g')"
            bad = f"not json_valid({mapped}) or regexp_matches({bare}, {sql.literal(LAX_JSON)})"
            yield bad, sql.literal("not_json"), "JSON"
        if column.max_bytes is not None:
            yield (
                f"strlen({mapped}) > {column.max_bytes}",
                sql.literal("too_long"),
                f"{column.max_bytes} bytes at most",
            )
        if column.matches is not None:
            bad = f"not regexp_full_match({mapped}, {sql.literal(column.matches)})"
            yield bad, sql.literal("pattern_mismatch"), column.matches

    @property
    def may_hold_card(self) -> bool:
        """Whether the text is searched for full card numbers."""
        spec, column = self.plan.spec, self.plan.target
        from_file = spec.value is None and bool(self.plan.references)
        written = self.is_text or column.base_type in NUMBERS  # an amount has room for a card number
        return written and from_file and column.card_number_check and spec.card_number_check is not False

    def _cast_reason(self) -> str:
        base = self.plan.target.base_type
        if base in CAST_REASONS:
            return sql.literal(CAST_REASONS[base])
        is_number = f"regexp_full_match({self.mapped_name}, {sql.literal(ANY_NUMBER)})"
        return f"case when {is_number} then 'out_of_range' else 'not_a_number' end"

    def _wanted(self) -> str:
        if self.plan.target.base_type in ("date", "timestamp"):
            return f"{self.plan.target.data_type} as {' or '.join(self.formats())}"
        return self.plan.target.data_type

    def verdict(self) -> str:
        """Write the branches of the case that finds a row's first fault: reason, column, wanted, found."""
        name = sql.literal(self.plan.target.name)
        return "\n".join(
            f"when {bad} then [{reason}, {name}, {sql.literal(wanted[:WANTED_LENGTH])}, {self.text_name}]"
            for bad, reason, wanted in self.checks()
        )


def _regex_escape(mark: str) -> str:
    return "".join(f"\\{char}" if char.isascii() and not char.isalnum() else char for char in mark)
