-- Dates: parts by Redshift's names, dateadd, datediff (which counts boundaries), and what stands around them.
create function rs.part(name text) returns text language sql immutable strict as $f$
    select case
        when lower(name) in ('millennium', 'millennia', 'mil', 'mils') then 'millennium'
        when lower(name) in ('century', 'centuries', 'c', 'cent', 'cents') then 'century'
        when lower(name) in ('decade', 'decades', 'dec', 'decs') then 'decade'
        when lower(name) in ('epoch') then 'epoch'
        when lower(name) in ('year', 'years', 'y', 'yr', 'yrs', 'yyyy', 'yy') then 'year'
        when lower(name) in ('quarter', 'quarters', 'qtr', 'qtrs', 'q', 'qq') then 'quarter'
        when lower(name) in ('month', 'months', 'mon', 'mons', 'mm') then 'month'
        when lower(name) in ('week', 'weeks', 'w', 'wk') then 'week'
        when lower(name) in ('dayofweek', 'dow', 'dw', 'weekday') then 'dow'
        when lower(name) in ('dayofyear', 'doy', 'dy', 'yearday') then 'doy'
        when lower(name) in ('day', 'days', 'd', 'dd') then 'day'
        when lower(name) in ('hour', 'hours', 'h', 'hr', 'hrs') then 'hour'
        when lower(name) in ('minute', 'minutes', 'm', 'min', 'mins', 'mi') then 'minute'
        when lower(name) in ('second', 'seconds', 's', 'sec', 'secs', 'ss') then 'second'
        when lower(name) in ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisec',
                             'millisecs', 'millisecon') then 'millisecond'
        when lower(name) in ('microsecond', 'microseconds', 'us', 'usec', 'usecs', 'microsec', 'microsecs', 'microsecond',
                             'usecond', 'useconds') then 'microsecond'
        when lower(name) in ('timezone', 'timezone_hour', 'timezone_minute', 'timezone_h', 'timezone_m') then lower(name)
        else name
    end
$f$;
create function rs.no_part(name text) returns timestamp language plpgsql immutable as $f$
begin
    raise exception '%', 'invalid date part "' || name || '"' using errcode = '22023';
end $f$;
create function rs.months(at timestamp, n bigint) returns timestamp language sql immutable strict as $f$
    select at + n::int * interval '1 month'
$f$;
create function rs.add_parts(part text, n bigint, at timestamp) returns timestamp language sql immutable strict as $f$
    select case rs.part(part)
        when 'year' then case
            when to_char(at, 'MMDD') = '0229' and to_char(rs.months(at, n * 12), 'MMDD') = '0228'
                then rs.months(at, n * 12) + interval '1 day'
            else rs.months(at, n * 12) end
        when 'millennium' then rs.months(at, n * 12000)
        when 'century' then rs.months(at, n * 1200)
        when 'decade' then rs.months(at, n * 120)
        when 'quarter' then rs.months(at, n * 3)
        when 'month' then rs.months(at, n)
        when 'week' then at + n * interval '7 days'
        when 'day' then at + n * interval '1 day'
        when 'dow' then at + n * interval '1 day'
        when 'doy' then at + n * interval '1 day'
        when 'hour' then at + n * interval '1 hour'
        when 'minute' then at + n * interval '1 minute'
        when 'second' then at + n * interval '1 second'
        when 'epoch' then at + n * interval '1 second'
        when 'millisecond' then at + n * interval '1 millisecond'
        when 'microsecond' then at + n * interval '1 microsecond'
        else rs.no_part(part)
    end
$f$;
-- PL/pgSQL keeps its plans, where a strict SQL function starts the executor for each row.
create function pg_catalog.date_add(part text, n bigint, at timestamp) returns timestamp language plpgsql immutable strict as $f$
begin
    if part = 'day' then
        return at + n * interval '1 day';
    elsif part = 'second' then
        return at + n * interval '1 second';
    end if;
    return rs.add_parts(part, n, at);
end $f$;
create function pg_catalog.date_add(part text, n bigint, at timestamptz) returns timestamptz language sql stable strict as $f$
    select date_add(part, n, at at time zone 'UTC') at time zone 'UTC'
$f$;
create function pg_catalog.date_add(part text, n bigint, at date) returns timestamp language sql immutable strict as $f$
    select date_add(part, n, at::timestamp)
$f$;
create function pg_catalog.date_add(part text, n bigint, at text) returns timestamp language sql stable strict as $f$
    select date_add(part, n, at::timestamp)
$f$;
create function pg_catalog.date_add(part text, n bigint, at time) returns time language sql immutable strict as $f$
    select (date_add(part, n, date '2000-01-01' + at))::time
$f$;
create function pg_catalog.date_add(part text, n bigint, at timetz) returns timetz language sql stable strict as $f$
    select (date_add(part, n, date '2000-01-01' + (at at time zone 'UTC')::time))::time at time zone 'UTC'
$f$;
create function rs.count_parts(part text, a timestamp, b timestamp) returns bigint language sql immutable strict as $f$
    select case rs.part(part)
        when 'millennium' then extract(millennium from b) - extract(millennium from a)
        when 'century' then extract(century from b) - extract(century from a)
        when 'decade' then extract(decade from b) - extract(decade from a)
        when 'year' then extract(year from b) - extract(year from a)
        when 'quarter' then (extract(year from b) * 4 + extract(quarter from b))
            - (extract(year from a) * 4 + extract(quarter from a))
        when 'month' then (extract(year from b) * 12 + extract(month from b))
            - (extract(year from a) * 12 + extract(month from a))
        when 'week' then floor((b::date - date '1970-01-04') / 7.0) - floor((a::date - date '1970-01-04') / 7.0)
        when 'day' then b::date - a::date
        when 'dow' then b::date - a::date
        when 'doy' then b::date - a::date
        when 'hour' then extract(epoch from date_trunc('hour', b) - date_trunc('hour', a)) / 3600
        when 'minute' then extract(epoch from date_trunc('minute', b) - date_trunc('minute', a)) / 60
        when 'second' then extract(epoch from date_trunc('second', b) - date_trunc('second', a))
        when 'epoch' then extract(epoch from date_trunc('second', b) - date_trunc('second', a))
        when 'millisecond' then extract(epoch from date_trunc('milliseconds', b) - date_trunc('milliseconds', a)) * 1000
        when 'microsecond' then extract(epoch from b - a) * 1000000
        else extract(epoch from rs.no_part(part))
    end::bigint
$f$;
create function pg_catalog.date_diff(part text, a timestamp, b timestamp) returns bigint language plpgsql immutable strict as $f$
begin
    if part = 'day' then
        return b::date - a::date;
    end if;
    return rs.count_parts(part, a, b);
end $f$;
create function pg_catalog.date_diff(part text, a timestamptz, b timestamptz) returns bigint language sql stable strict as $f$
    select date_diff(part, a at time zone 'UTC', b at time zone 'UTC')
$f$;
create function pg_catalog.date_diff(part text, a date, b date) returns bigint language sql immutable strict as $f$
    select date_diff(part, a::timestamp, b::timestamp)
$f$;
create function pg_catalog.date_diff(part text, a text, b text) returns bigint language sql stable strict as $f$
    select date_diff(part, a::timestamp, b::timestamp)
$f$;
create function pg_catalog.date_diff(part text, a text, b timestamp) returns bigint language sql stable strict as $f$
    select date_diff(part, a::timestamp, b)
$f$;
create function pg_catalog.date_diff(part text, a timestamp, b text) returns bigint language sql stable strict as $f$
    select date_diff(part, a, b::timestamp)
$f$;
create function pg_catalog.date_diff(part text, a time, b time) returns bigint language sql immutable strict as $f$
    select date_diff(part, date '2000-01-01' + a, date '2000-01-01' + b)
$f$;
create function pg_catalog.date_diff(part text, a timetz, b timetz) returns bigint language sql stable strict as $f$
    select date_diff(part, (a at time zone 'UTC')::time, (b at time zone 'UTC')::time)
$f$;
-- EXTRACT gives whole numbers, DATE_PART keeps the fraction of a second.
create function rs.number_of(part text, at timestamp) returns float8 language sql immutable strict as $f$
    select case rs.part(part)
        when 'millisecond' then floor(extract(milliseconds from at) - floor(extract(second from at)) * 1000)
        when 'microsecond' then extract(microseconds from at) - floor(extract(second from at)) * 1000000
        when 'decade' then floor(extract(year from at) / 10) + 1
        when 'epoch' then floor(extract(epoch from at))
        else pg_catalog.date_part(rs.part(part), at)
    end::float8
$f$;
create function rs.date_part(part text, at timestamp) returns int language plpgsql immutable strict as $f$
begin
    if part in ('year', 'quarter', 'month', 'day', 'dow') then
        return pg_catalog.date_part(part, at);
    end if;
    return floor(rs.number_of(part, at));
end $f$;
create function rs.date_part(part text, at interval) returns int language sql immutable strict as $f$
    select floor(pg_catalog.date_part(rs.part(part), at))::int
$f$;
create function pg_catalog.pgdate_part(part text, at timestamp) returns float8 language sql immutable strict as $f$
    select rs.number_of(part, at)
$f$;
create function pg_catalog.pgdate_part(part text, at interval) returns float8 language sql immutable strict as $f$
    select pg_catalog.date_part(rs.part(part), at)
$f$;
create function rs.date_part(part text, at date) returns int language sql stable strict as $f$
    select rs.date_part(part, at::timestamp)
$f$;
create function rs.date_part(part text, at text) returns int language sql stable strict as $f$
    select rs.date_part(part, at::timestamp)
$f$;
create function rs.date_part(part text, at time) returns int language sql stable strict as $f$
    select rs.date_part(part, date '1970-01-01' + at)
$f$;
create function rs.date_part(part text, at timetz) returns int language sql stable strict as $f$
    select rs.date_part(part, date '1970-01-01' + (at at time zone 'UTC')::time)
$f$;
create function rs.date_part(part text, at timestamptz) returns int language sql stable strict as $f$
    select case when rs.part(part) like 'timezone%' then pg_catalog.date_part(rs.part(part), at)::int else rs.date_part(part, at::timestamp) end
$f$;
create function pg_catalog.pgdate_part(part text, at date) returns float8 language sql stable strict as $f$
    select pg_catalog.pgdate_part(part, at::timestamp)
$f$;
create function pg_catalog.pgdate_part(part text, at text) returns float8 language sql stable strict as $f$
    select pg_catalog.pgdate_part(part, at::timestamp)
$f$;
create function pg_catalog.pgdate_part(part text, at time) returns float8 language sql stable strict as $f$
    select pg_catalog.pgdate_part(part, date '1970-01-01' + at)
$f$;
create function pg_catalog.pgdate_part(part text, at timetz) returns float8 language sql stable strict as $f$
    select pg_catalog.pgdate_part(part, date '1970-01-01' + (at at time zone 'UTC')::time)
$f$;
create function pg_catalog.pgdate_part(part text, at timestamptz) returns float8 language sql stable strict as $f$
    select case when rs.part(part) like 'timezone%' then pg_catalog.date_part(rs.part(part), at)::float8 else pg_catalog.pgdate_part(part, at::timestamp) end
$f$;
create function pg_catalog.date_part_year(at date) returns int language sql immutable strict as $f$
    select extract(year from at)::int
$f$;
create function pg_catalog.getdate() returns timestamp language sql stable as $f$
    select date_trunc('second', pg$statement_timestamp()::timestamp)
$f$;
create function rs.sysdate() returns timestamp language sql stable as $f$
    select pg$transaction_timestamp()::timestamp
$f$;
create function pg_catalog.last_day(at timestamp) returns date language sql immutable strict as $f$
    select (date_trunc('month', at) + interval '1 month' - interval '1 day')::date
$f$;
create function pg_catalog.add_months(at timestamp, n bigint) returns timestamp language sql immutable strict as $f$
    select case when at::date = last_day(at) then last_day(rs.months(at, n)) + at::time else rs.months(at, n) end
$f$;
create function pg_catalog.months_between(a timestamp, b timestamp) returns float8 language sql immutable strict as $f$
    select case
        when extract(day from a) = extract(day from b) or (a::date = last_day(a) and b::date = last_day(b))
            then (extract(year from a) - extract(year from b)) * 12 + extract(month from a) - extract(month from b)
        else (extract(year from a) - extract(year from b)) * 12 + extract(month from a) - extract(month from b)
            + (extract(day from a) - extract(day from b)
               + (extract(epoch from a::time) - extract(epoch from b::time)) / 86400.0) / 31.0
    end::float8
$f$;
create function pg_catalog.next_day(at timestamp, name text) returns date language sql immutable strict as $f$
    select at::date + case when days = 0 then 7 else days end
    from (select ((strpos('sumotuwethfrsa', lower(left(name, 2))) - 1) / 2 - extract(dow from at)::int + 7) % 7 as days) as d
$f$;
create function pg_catalog.trunc(at timestamp) returns date language sql immutable strict as 'select at::date';
create function pg_catalog.convert_timezone(source text, target text, at timestamp) returns timestamp
language sql stable strict as $f$
    select (at at time zone source) at time zone target
$f$;
create function pg_catalog.convert_timezone(target text, at timestamp) returns timestamp
language sql stable strict as $f$
    select (at at time zone 'UTC') at time zone target
$f$;
