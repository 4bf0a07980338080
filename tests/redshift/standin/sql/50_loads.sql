-- What COPY tells of itself. The rows live in files, not in tables: they are seen at once and survive a rollback,
-- as those of Redshift's system tables do.
create function rs.logged(name text) returns setof jsonb language sql volatile security definer set standard_conforming_strings = on as $f$
    select line::jsonb from pg$regexp_split_to_table(pg_read_file(':folder/' || name || '.jsonl', true), chr(10)) as line
    where line <> ''
$f$;
create view pg_catalog.stl_load_errors as
select r.* from rs.logged('stl_load_errors') as j cross join lateral jsonb_to_record(j) as r(
    userid int, slice int, tbl int, starttime timestamp, session int, query int, filename varchar(256), line_number bigint,
    colname varchar(127), type varchar(10), col_length varchar(10), position int, raw_line varchar(1024),
    raw_field_value varchar(1024), err_code int, err_reason varchar(100), is_partial int, start_offset bigint);
create view pg_catalog.stl_loaderror_detail as
select userid, slice, session, query, filename, line_number, position as field, colname, raw_field_value as value, 0 as is_null, type, col_length
from pg_catalog.stl_load_errors;
create view pg_catalog.stl_load_commits as
select r.* from rs.logged('stl_load_commits') as j cross join lateral jsonb_to_record(j) as r(
    userid int, query int, slice int, name varchar(256), filename varchar(256), byte_offset int, lines_scanned int, errors int,
    curtime timestamp, status int, file_format varchar(16), is_partial int, start_offset bigint, copy_job_id bigint);
create view pg_catalog.sys_load_history as
select r.* from rs.logged('sys_load_history') as j cross join lateral jsonb_to_record(j) as r(
    user_id int, query_id bigint, transaction_id bigint, session_id int, database_name text, table_name text, start_time timestamp,
    end_time timestamp, duration bigint, status text, file_format text, loaded_rows bigint, loaded_bytes bigint,
    source_file_count int, source_file_bytes bigint, file_count_scanned int, file_bytes_scanned bigint, error_count bigint,
    copy_job_id bigint, table_id int);
create view pg_catalog.sys_load_detail as
select userid as user_id, query::bigint as query_id, filename as file_name, lines_scanned::bigint as lines_scanned, byte_offset::bigint as bytes_scanned,
    errors::bigint as error_count, file_format, curtime as record_time
from pg_catalog.stl_load_commits;
create view pg_catalog.sys_load_error_detail as
select userid as user_id, query::bigint as query_id, 0::bigint as transaction_id, session as session_id, current_database()::text as database_name,
    tbl as table_id, starttime as start_time, filename as file_name, line_number, colname as column_name, type as column_type,
    col_length as column_length, position, err_code as error_code, err_reason as error_message
from pg_catalog.stl_load_errors;
create view pg_catalog.sys_query_detail as
select user_id, query_id, table_id, 'insert'::text as step_name, start_time, end_time, loaded_rows as output_rows
from pg_catalog.sys_load_history where status = 'completed';
create view pg_catalog.stv_slices as select 0 as node, s as slice, s as localslice, 'D'::char(1) as type from generate_series(0, 1) as s;
