-- Texts compare without regard to blanks at their end: the functions of CHAR(n) serve VARCHAR as well,
-- in every operator, sort, group, join and hash.
update pg_operator set oprcode = functions.mine::regproc
from (values ('=', 'bpchareq'), ('<>', 'bpcharne'), ('<', 'bpcharlt'), ('<=', 'bpcharle'), ('>', 'bpchargt'),
      ('>=', 'bpcharge')) as functions(sign, mine)
where oprname = functions.sign and oprleft = 'text'::regtype and oprright = 'text'::regtype;
update pg_amproc set amproc = functions.mine::regproc
from (values ('bttextcmp', 'bpcharcmp'), ('bttextsortsupport', 'bpchar_sortsupport'), ('hashtext', 'hashbpchar'),
      ('hashtextextended', 'hashbpcharextended')) as functions(theirs, mine)
where amproc = functions.theirs::regproc and amproclefttype = 'text'::regtype
  and amprocfamily in (select opcfamily from pg_opclass where opcname = 'text_ops');

-- VARCHAR(n) counts bytes.
create function rs.cut_bytes(value text, bytes int) returns text language plpgsql immutable as $f$
declare
    cut text := left(value, bytes);
begin
    while octet_length(cut) > bytes loop
        cut := left(cut, length(cut) - 1);
    end loop;
    return cut;
end $f$;
create function rs.varchar_bytes(value varchar, typmod int, explicit boolean) returns varchar
language plpgsql immutable strict parallel safe as $f$
begin
    if typmod < 4 or octet_length(value) <= typmod - 4 then
        return value;
    end if;
    if explicit or octet_length(rtrim(value, ' ')) <= typmod - 4 then
        return rs.cut_bytes(value, typmod - 4);
    end if;
    raise exception 'value too long for type character varying(%)', typmod - 4 using errcode = '22001';
end $f$;
update pg_cast set castfunc = 'rs.varchar_bytes'::regproc
where castsource = 'varchar'::regtype and casttarget = 'varchar'::regtype;

-- CHAR(n) holds single bytes.
create function rs.char_bytes(value bpchar, typmod int, explicit boolean) returns bpchar language plpgsql immutable strict as $f$
begin
    if octet_length(value::text) <> length(value::text) then
        raise exception 'CHAR string contains invalid ASCII char' using errcode = '22021';
    end if;
    return pg_catalog.bpchar(value, typmod, explicit);
end $f$;
update pg_cast set castfunc = 'rs.char_bytes'::regproc
where castsource = 'bpchar'::regtype and casttarget = 'bpchar'::regtype;

-- A cast to DECIMAL cuts, an assignment rounds; literals are rounded by the translation.
create function rs.cast_decimal(value numeric, typmod int, explicit boolean) returns numeric language plpgsql immutable strict as $f$
declare
    precision int := ((typmod - 4) >> 16) & 65535;
    scale int := (typmod - 4) & 2047;
begin
    if not explicit then
        return pg_catalog.numeric(value, typmod);
    end if;
    if abs(trunc(value, scale)) >= 10::numeric ^ (precision - scale) then
        raise exception 'Numeric data overflow (result precision)' using errcode = '22003';
    end if;
    return pg_catalog.numeric(trunc(value, scale), typmod);
end $f$;
update pg_cast set castfunc = 'rs.cast_decimal'::regproc
where castsource = 'numeric'::regtype and casttarget = 'numeric'::regtype;

create domain pg_catalog.super as jsonb;
