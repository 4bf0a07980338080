-- Functions of strings, numbers and JSON that PostgreSQL lacks or spells otherwise.
create function pg_catalog.len(value text) returns int language sql immutable strict as 'select length(value)';
create function pg_catalog.charindex(part text, whole text) returns int language sql immutable strict as
    'select strpos(whole, part)';
create function pg_catalog.isnull(value anyelement) returns boolean language sql immutable as 'select value is null';
create function pg_catalog.replicate(value text, times int) returns text language sql immutable strict as
    'select repeat(value, times)';
create function pg_catalog.strtol(value text, base int) returns bigint language plpgsql immutable strict as $f$
declare
    result bigint := 0;
    digit int;
    body text := lower(ltrim(btrim(value), '-+'));
begin
    if base = 16 then
        body := regexp_replace(body, '^0x', '');
    end if;
    for place in 1 .. length(body) loop
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(body, place, 1)) - 1;
        if digit < 0 or digit >= base then
            raise exception 'The input % is not valid to be converted to base %', value, base using errcode = '22023';
        end if;
        result := result * base + digit;
    end loop;
    return case when left(btrim(value), 1) = '-' then -result else result end;
end $f$;
create function pg_catalog.sha2(value text, bits int) returns text language sql immutable strict as $f$
    select encode(case when bits in (0, 256) then sha256(pg$convert_to(value, 'UTF8'))
        when bits = 224 then sha224(pg$convert_to(value, 'UTF8')) when bits = 384 then sha384(pg$convert_to(value, 'UTF8'))
        when bits = 512 then sha512(pg$convert_to(value, 'UTF8')) else '' end, 'hex')
$f$;

create function pg_catalog.round(value float8, places int) returns float8 language sql immutable strict as
    'select round(value::numeric, places)::float8';
create function pg_catalog.trunc(value float8, places int) returns float8 language sql immutable strict as
    'select trunc(value::numeric, places)::float8';

update pg_proc set proname = 'pg$regexp_replace' where proname = 'regexp_replace';
create function pg_catalog.regexp_replace(value text, pattern text, new text default '', start int default 1, flags text default '')
returns text language sql immutable strict as $f$
    select left(value, start - 1) || pg$regexp_replace(substr(value, start), pattern,
        pg$regexp_replace(new, '[$]([0-9])', chr(92) || chr(92) || chr(92) || '1', 'g'), 'g' || replace(replace(flags, 'e', ''), 'p', ''))
$f$;
update pg_proc set proname = 'pg$regexp_substr' where proname = 'regexp_substr';
create function pg_catalog.regexp_substr(value text, pattern text, start int default 1, occurrence int default 1, flags text default '')
returns text language sql immutable strict as $f$
    select coalesce(pg$regexp_substr(value, pattern, start, occurrence, replace(replace(flags, 'e', ''), 'p', ''),
        case when strpos(flags, 'e') > 0 then 1 else 0 end), '')
$f$;
update pg_proc set proname = 'pg$regexp_count' where proname = 'regexp_count';
create function pg_catalog.regexp_count(value text, pattern text, start int default 1, flags text default '')
returns int language sql immutable strict as $f$
    select pg$regexp_count(value, pattern, start, replace(flags, 'p', ''))
$f$;
update pg_proc set proname = 'pg$split_part' where proname = 'split_part';
create function pg_catalog.split_part(value text, delimiter text, part int) returns text language plpgsql immutable strict as $f$
begin
    if part < 1 then
        raise exception 'field position must be greater than zero' using errcode = '22023';
    end if;
    return pg$split_part(value, delimiter, part);
end $f$;

-- JSON in texts.
create function rs.try_json(value text) returns jsonb language plpgsql immutable strict as $f$
begin
    return value::jsonb;
exception when others then
    return null;
end $f$;
create function pg_catalog.is_valid_json(value text) returns boolean language sql immutable strict as $f$
    select coalesce(jsonb_typeof(rs.try_json(value)) = 'object', false)
$f$;
create function pg_catalog.is_valid_json_array(value text) returns boolean language sql immutable strict as $f$
    select coalesce(jsonb_typeof(rs.try_json(value)) = 'array', false)
$f$;
create function pg_catalog.can_json_parse(value text) returns boolean language sql immutable strict as $f$
    select rs.try_json(value) is not null
$f$;
create function rs.json_in(value text, lenient boolean, name text) returns json language plpgsql immutable as $f$
begin
    return value::json;
exception when others then
    if lenient then
        return null;
    end if;
    raise exception 'JSON parsing error' using errcode = 'XX000', detail = 'invalid json object ' || value;
end $f$;
create function rs.json_extract_path_text(lenient boolean, value text, variadic path text[]) returns text language sql immutable as $f$
    select case when value is null then null else coalesce(rs.json_in(value, lenient, '') #>> path,
        case when rs.json_in(value, lenient, '') is null then null else '' end) end
$f$;
create function pg_catalog.json_extract_array_element_text(value text, place int, lenient boolean default false)
returns text language sql immutable as $f$
    select case when value is null or rs.json_in(value, lenient, '') is null then null
        when place < 0 then '' else coalesce(rs.json_in(value, lenient, '') ->> place, '') end
$f$;
update pg_proc set proname = 'pg$json_array_length' where proname = 'json_array_length';
create function pg_catalog.json_array_length(value text, lenient boolean default false) returns int language sql immutable as $f$
    select pg$json_array_length(rs.json_in(value, lenient, ''))
$f$;

-- SUPER.
create function pg_catalog.json_parse(value text) returns super language plpgsql immutable strict as $f$
begin
    return value::jsonb;
exception when others then
    raise exception 'JSON parsing error' using errcode = 'XX000', detail = 'invalid json value ' || value;
end $f$;
create function pg_catalog.json_serialize(value super) returns varchar language sql immutable strict as $f$
    select rs.compact(value)
$f$;
create function rs.compact(value jsonb) returns text language sql immutable strict as $f$
    select case jsonb_typeof(value)
        when 'object' then '{' || coalesce((select rs.listagg(to_json(e.key)::text || ':' || rs.compact(e.value), ',')
            from jsonb_each(value) as e), '') || '}'
        when 'array' then '[' || coalesce((select rs.listagg(rs.compact(e.value), ',')
            from jsonb_array_elements(value) as e), '') || ']'
        else value::text
    end
$f$;
create function pg_catalog.json_typeof(value super) returns varchar language sql immutable strict as
    'select jsonb_typeof(value)';
create function pg_catalog.get_array_length(value super) returns bigint language sql immutable strict as $f$
    select case when jsonb_typeof(value) = 'array' then jsonb_array_length(value) end::bigint
$f$;
create function rs."array"(variadic "any") returns jsonb language internal immutable as 'jsonb_build_array';
create function rs."array"() returns jsonb language internal immutable as 'jsonb_build_array_noargs';
create function rs."object"(variadic "any") returns jsonb language internal immutable as 'jsonb_build_object';
create function rs."object"() returns jsonb language internal immutable as 'jsonb_build_object_noargs';
create function pg_catalog.array_concat(a super, b super) returns super language sql immutable strict as
    'select a::jsonb || b::jsonb';
create function pg_catalog.array_flatten(a super) returns super language sql immutable strict as $f$
    select coalesce((select jsonb_agg(i.value) from jsonb_array_elements(a) as o
        cross join lateral jsonb_array_elements(case when jsonb_typeof(o.value) = 'array' then o.value
            else jsonb_build_array(o.value) end) as i), '[]')
$f$;
create function pg_catalog.subarray(a super, start int, size int) returns super language sql immutable strict as $f$
    select coalesce((select jsonb_agg(e.value order by e.ordinality) from jsonb_array_elements(a) with ordinality as e
        where e.ordinality > start and e.ordinality <= start + size), '[]')
$f$;
create function pg_catalog.split_to_array(value text, delimiter text default ',') returns super language sql immutable strict as $f$
    select to_jsonb(string_to_array(value, delimiter))
$f$;
create function pg_catalog.is_array(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) = 'array'$f$;
create function pg_catalog.is_object(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) = 'object'$f$;
create function pg_catalog.is_scalar(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) not in ('object', 'array')$f$;
create function pg_catalog.is_varchar(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) = 'string'$f$;
create function pg_catalog.is_boolean(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) = 'boolean'$f$;
create function pg_catalog.is_integer(value super) returns boolean language sql immutable strict as
    $f$select jsonb_typeof(value) = 'number' and value::text !~ '[.eE]'$f$;

create function pg_catalog.pg_last_copy_count() returns bigint language sql stable as $f$
    select coalesce(nullif(current_setting('rs.copy_count', true), ''), '0')::bigint
$f$;
create function pg_catalog.pg_last_copy_id() returns int language sql stable as $f$
    select coalesce(nullif(current_setting('rs.copy_id', true), ''), '-1')::int
$f$;
create function pg_catalog.pg_last_query_id() returns int language sql stable as 'select -1';
update pg_proc set proname = 'pg$version' where proname = 'version' and pronamespace = 'pg_catalog'::regnamespace;
create function pg_catalog.version() returns varchar language sql stable as $f$
    select 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0 (stand-in)'
$f$;

-- Numbers and dates stand where a text is asked for.
do $f$
declare
    each record;
    kind text;
begin
    for each in select * from (values ('ltrim', '$1::text, $2', 'text', 'text'), ('rtrim', '$1::text, $2', 'text', 'text'),
        ('strpos', '$1::text, $2', 'text', 'int'), ('split_part', '$1::text, $2, $3', 'text, int', 'text'),
        ('substring', '$1::text, $2, $3', 'int, int', 'text'), ('repeat', '$1::text, $2', 'int', 'text'), ('reverse', '$1::text', '', 'text'),
        ('len', '$1::text', '', 'int'), ('upper', '$1::text', '', 'text'), ('lower', '$1::text', '', 'text'), ('left', '$1::text, $2', 'int', 'text'),
        ('right', '$1::text, $2', 'int', 'text'), ('replace', '$1::text, $2, $3', 'text, text', 'text')) as f(name, call, others, result) loop
        foreach kind in array array['int', 'bigint', 'smallint', 'numeric', 'float8', 'date', 'timestamp'] loop
            execute 'create function pg_catalog.' || quote_ident(each.name) || '(' || kind || case when each.others <> '' then ', ' || each.others else '' end
                || ') returns ' || each.result || ' language sql stable strict as ' || quote_literal('select pg_catalog.' || quote_ident(each.name) || '(' || each.call || ')');
        end loop;
    end loop;
end $f$;
