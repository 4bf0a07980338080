-- Aggregates whose type or result differs.
create function rs.avg_final(state bigint[]) returns bigint language sql immutable as $f$
    select case when state[1] > 0 then state[2] / state[1] end
$f$;
create function rs.avg_step(state bigint[], value bigint) returns bigint[] language plpgsql immutable as $f$
begin
    return case when value is null then state else array[state[1] + 1, state[2] + value] end;
end $f$;
create function rs.avg_numeric_step(state numeric[], value numeric) returns numeric[] language plpgsql immutable as $f$
begin
    return case when value is null then state
        else array[state[1] + 1, state[2] + value, greatest(state[3], scale(value))] end;
end $f$;
create function rs.avg_numeric_final(state numeric[]) returns numeric language sql immutable as $f$
    select case when state[1] > 0 then trunc(state[2] / state[1], state[3]::int) end
$f$;
update pg_proc set proname = 'pg$' || proname
where pronamespace = 'pg_catalog'::regnamespace and prokind = 'a'
  and (proname = 'avg' and proargtypes[0] in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
       or proname = 'sum' and proargtypes[0] = 'int8'::regtype
       or proname in ('stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop')
           and proargtypes[0] not in ('float8'::regtype));
create aggregate pg_catalog.avg(smallint) (sfunc = int2_avg_accum, stype = bigint[], finalfunc = rs.avg_final, initcond = '{0,0}');
create aggregate pg_catalog.avg(int) (sfunc = int4_avg_accum, stype = bigint[], finalfunc = rs.avg_final, initcond = '{0,0}');
create aggregate pg_catalog.avg(bigint) (sfunc = rs.avg_step, stype = bigint[], finalfunc = rs.avg_final, initcond = '{0,0}');
create aggregate pg_catalog.avg(numeric)
    (sfunc = rs.avg_numeric_step, stype = numeric[], finalfunc = rs.avg_numeric_final, initcond = '{0,0,0}');
create aggregate pg_catalog.sum(bigint) (sfunc = int8pl, stype = bigint);
create function rs.and_step(state boolean, value int) returns boolean language sql immutable strict as
    'select state and value <> 0';
create function rs.or_step(state boolean, value int) returns boolean language sql immutable strict as
    'select state or value <> 0';
create aggregate rs.and_start(int) (sfunc = rs.and_step, stype = boolean, initcond = 'true');
create aggregate pg_catalog.bool_and(int) (sfunc = rs.and_step, stype = boolean, initcond = 'true');
create aggregate pg_catalog.bool_or(int) (sfunc = rs.or_step, stype = boolean, initcond = 'false');
create aggregate rs.listagg(text, text) (sfunc = string_agg_transfn, stype = internal, finalfunc = string_agg_finalfn);
create function rs.nonempty(value text) returns text language sql immutable strict as
    'select case when octet_length(value) > 0 then value end';
create function rs.listagg(value text) returns varchar language plpgsql immutable as $f$
begin
    if octet_length(value) > 65535 then
        raise exception 'Result size exceeds LISTAGG limit' using errcode = '54000';
    end if;
    return value;
end $f$;

-- What PostgreSQL's window functions lack: values that are not null, kept in the frame's order.
create function rs.keep(state anyarray, value anyelement) returns anyarray language sql immutable as $f$
    select case when value is null then state else array_append(state, value) end
$f$;
create aggregate rs.kept(anyelement) (sfunc = rs.keep, stype = anyarray, initcond = '{}');
create function rs.pick(items anyarray, place int) returns anyelement language sql immutable as $f$
    select items[case when place < 0 then coalesce(array_upper(items, 1), 0) + 1 + place else place end]
$f$;
create function rs.lag(items anyarray, place int) returns anyelement language sql immutable as 'select rs.pick(items, place)';
create function rs.lead(items anyarray, place int) returns anyelement language sql immutable as 'select rs.pick(items, place)';
create function rs.first_value(items anyarray, place int) returns anyelement language sql immutable as 'select rs.pick(items, place)';
create function rs.last_value(items anyarray, place int) returns anyelement language sql immutable as 'select rs.pick(items, place)';
create function rs.nth_value(items anyarray, place int) returns anyelement language sql immutable as 'select rs.pick(items, place)';
create function rs.percentile_cont(items float8[], point float8) returns float8 language sql immutable as $f$
    select pg_catalog.percentile_cont(point) within group (order by value) from pg$unnest(items) as value
$f$;
create function rs.median(items float8[], point float8) returns float8 language sql immutable as
    'select rs.percentile_cont(items, point)';
create function rs.ratio_to_report(value float8, total float8) returns float8 language sql immutable as
    'select value / nullif(total, 0)';
