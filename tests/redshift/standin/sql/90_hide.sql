-- Functions that Redshift does not have do not exist; the stand-in's own use them under other names.
create function rs.hide(names text[]) returns void language plpgsql as $f$
begin
    update pg_catalog.pg_proc set proname = 'pg$' || proname
    where pronamespace = 'pg_catalog'::regnamespace and proname = any (names::name[]);
end $f$;
select rs.hide(array['string_agg', 'array_agg', 'format', 'width_bucket', 'corr', 'covar_pop', 'covar_samp', 'regr_avgx',
    'regr_avgy', 'regr_count', 'regr_intercept', 'regr_r2', 'regr_slope', 'regr_sxx', 'regr_sxy', 'regr_syy', 'pg_sleep',
    'pg_advisory_lock', 'pg_advisory_xact_lock', 'pg_try_advisory_lock', 'pg_try_advisory_xact_lock', 'pg_advisory_unlock',
    'concat_ws', 'gen_random_uuid', 'date_bin', 'make_date', 'make_timestamp', 'make_interval', 'xmlagg', 'mode',
    'string_to_table', 'regexp_split_to_table', 'regexp_split_to_array', 'regexp_matches', 'regexp_match', 'regexp_like',
    'overlay', 'every', 'lastval', 'currval', 'setval', 'nextval',
    'to_tsvector', 'to_tsquery', 'bit_xor', 'array_cat', 'array_length', 'array_to_string', 'cardinality', 'unnest', 'div', 'setseed', 'bit_length',
    'convert_to', 'convert_from', 'quote_nullable', 'clock_timestamp', 'transaction_timestamp', 'statement_timestamp', 'justify_days',
    'justify_hours', 'justify_interval', 'pg_relation_size', 'pg_total_relation_size', 'pg_table_size', 'pg_postmaster_start_time',
    'query_to_xml', 'query_to_xmlschema',
    'query_to_xml_and_xmlschema', 'table_to_xml', 'table_to_xml_and_xmlschema', 'schema_to_xml', 'database_to_xml', 'cursor_to_xml', 'ts_stat',
    'pg_trigger_depth', 'pg_conf_load_time']);
-- The system views are there for everybody; what they show of others is theirs to decide.
do $f$
declare seen regclass;
begin
    for seen in select oid from pg_catalog.pg_class where relkind = 'v' and oid >= 16384 loop
        execute 'grant select on ' || seen || ' to public';
    end loop;
end $f$;
grant create on schema public to public;
