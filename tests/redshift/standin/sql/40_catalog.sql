-- What Redshift's catalogue tells and PostgreSQL's does not.
create table rs.designs (relation oid primary key, design jsonb not null);
create table rs.materialized_views (view regclass primary key, storage regclass, definition text, query text, automatic boolean);
create table rs.late_binding_views (view oid primary key, query text, reads jsonb);
grant select on rs.designs, rs.materialized_views, rs.late_binding_views to public;

create table rs.groups (name name primary key);
grant all on rs.groups to public;

create function rs.by_position(relation oid, name text) returns text language sql stable as $f$
    select case when name ~ '^[0-9]+$' then (select a.attname::text from pg_catalog.pg_attribute as a
        where a.attrelid = relation and a.attnum = name::int) else name end
$f$;
create function rs.after_ddl() returns event_trigger language plpgsql security definer set standard_conforming_strings = on
set search_path = pg_catalog as $f$
declare
    made record;
    col record;
    hint text := substring(current_query() from '/[*]redshift:(.*)[*]/');
begin
    for made in select * from pg_event_trigger_ddl_commands()
        where command_tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO') and object_type = 'table' loop
        if hint is not null then
            insert into rs.designs values (made.objid, hint::jsonb) on conflict (relation) do update set design = excluded.design;
        end if;
        if made.command_tag <> 'CREATE TABLE' then
            -- Keys by position become names.
            update rs.designs set design = design || jsonb_build_object('distkey', rs.by_position(made.objid, design ->> 'distkey'),
                'sortkeys', coalesce((select jsonb_agg(rs.by_position(made.objid, k.name) order by k.place)
                    from jsonb_array_elements_text(design -> 'sortkeys') with ordinality as k(name, place)), '[]'))
            where relation = made.objid and design ? 'sortkeys';
            for col in select attname from pg_attribute where attrelid = made.objid and attnum > 0 and atttypid = 'text'::regtype loop
                execute 'alter table ' || made.objid::regclass || ' alter column ' || quote_ident(col.attname) || ' type varchar';
            end loop;
        end if;
    end loop;
end $f$;
create event trigger redshift_design on ddl_command_end when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
    execute function rs.after_ddl();
create function rs.after_drop() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $f$
begin
    delete from rs.designs where relation in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
    delete from rs.late_binding_views where view in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
    delete from rs.materialized_views where view::oid in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
end $f$;
create event trigger redshift_drop on sql_drop execute function rs.after_drop();

create function rs.create_late_binding_view(p_schema text, p_name text, p_columns text, p_query text, p_reads jsonb, p_replace boolean)
returns void language plpgsql as $f$
declare
    declared text;
    made text := 'rs.' || quote_ident('lbv_' || md5(random()::text || pg$clock_timestamp()::text));
    target text := quote_ident(p_schema) || '.' || quote_ident(p_name);
begin
    begin
        execute 'create temp view rs_probe ' || p_columns || ' as ' || p_query;
        select rs.listagg(quote_ident(attname) || ' ' || case when atttypid = 'text'::regtype then 'varchar'
            else format_type(atttypid, atttypmod) end, ', ' order by attnum) into declared
        from pg_catalog.pg_attribute where attrelid = 'rs_probe'::regclass and attnum > 0;
        drop view rs_probe;
    exception when undefined_table or undefined_column or invalid_schema_name then
        declared := 'missing varchar';
    end;
    execute 'create function ' || made || '() returns table (' || declared || ') language plpgsql as '
        || quote_literal('#variable_conflict use_column' || chr(10) || 'begin return query execute ' || quote_literal(p_query) || '; end');
    if p_replace and to_regclass(target) is not null then
        execute 'drop view ' || target;
    end if;
    execute 'create view ' || target || ' as select * from ' || made || '()';
    insert into rs.late_binding_views values (to_regclass(target), p_query, p_reads);
end $f$;
grant insert on rs.late_binding_views, rs.materialized_views to public;
grant create on schema rs to public;

create view rs.pg_attribute as
select a.*,
    coalesce(lower(d.design ->> 'distkey') = a.attname, false) as attisdistkey,
    coalesce((select k.place from jsonb_array_elements_text(d.design -> 'sortkeys') with ordinality as k(name, place)
        where lower(k.name) = a.attname), 0)::int as attsortkeyord,
    coalesce(nullif(nullif(d.design -> 'encodings' ->> a.attname, 'raw'), 'auto'), case
        when d.design -> 'encodings' ->> a.attname = 'raw' or jsonb_exists(d.design -> 'sortkeys', a.attname::text) then 'none'
        when a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'date'::regtype,
            'time'::regtype, 'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) then 'az64'
        when a.atttypid in ('varchar'::regtype, 'text'::regtype, 'bpchar'::regtype) then 'lzo'
        else 'none' end) as attencoding
from pg_catalog.pg_attribute as a
left join rs.designs as d on d.relation = a.attrelid
where not exists (select 1 from rs.late_binding_views as v where v.view = a.attrelid);

create view rs.pg_views as
select v.schemaname, v.viewname, v.viewowner, coalesce(m.definition, v.definition) as definition
from pg_catalog.pg_views as v
join pg_catalog.pg_namespace as n on n.nspname = v.schemaname
join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = v.viewname
left join rs.materialized_views as m on m.view = c.oid;

create view rs.pg_tables as select t.* from pg_catalog.pg_tables as t;

create view rs.pg_user as select * from pg_catalog.pg_user where usename <> 'rdsdb';

create view rs.tables as
select t.table_catalog, t.table_schema, t.table_name, t.table_type, t.self_referencing_column_name, t.reference_generation,
    t.user_defined_type_catalog, t.user_defined_type_schema, t.user_defined_type_name
from information_schema.tables as t where t.table_schema <> 'rs';
create view rs.views as
select v.table_catalog, v.table_schema, v.table_name, coalesce(p.definition, v.view_definition)::varchar as view_definition,
    v.check_option, v.is_updatable, v.is_insertable_into
from information_schema.views as v
left join rs.pg_views as p on p.schemaname = v.table_schema and p.viewname = v.table_name;
create view rs.columns as
select c.table_catalog, c.table_schema, c.table_name, c.column_name, c.ordinal_position, c.column_default, c.is_nullable,
    (case when c.domain_name = 'super' then 'super' when c.data_type = 'text' then 'character varying'
        else c.data_type end)::varchar as data_type,
    c.character_maximum_length, c.character_octet_length, c.numeric_precision, c.numeric_precision_radix, c.numeric_scale,
    c.datetime_precision, c.interval_type, c.udt_name, c.is_updatable
from information_schema.columns as c
where not exists (select 1 from rs.late_binding_views as v
    where v.view = to_regclass(quote_ident(c.table_schema) || '.' || quote_ident(c.table_name)));

create function pg_catalog.pg_get_late_binding_view_cols() returns setof record language sql stable as $f$
    select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::int
    from rs.late_binding_views as v
    join pg_catalog.pg_class as c on c.oid = v.view
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
$f$;

create view pg_catalog.svv_external_columns as
select ''::varchar as redshift_database_name, ''::varchar as schemaname, ''::varchar as tablename, ''::varchar as columnname,
    ''::varchar as external_type, 0 as columnnum, 0 as part_key, ''::varchar as is_nullable where false;
create view pg_catalog.svv_external_tables as
select ''::varchar as redshift_database_name, ''::varchar as schemaname, ''::varchar as tablename, ''::varchar as location where false;
create view pg_catalog.svv_external_schemas as
select 0 as esoid, 0 as eskind, ''::varchar as schemaname, 0 as esowner, ''::varchar as databasename, ''::varchar as esoptions where false;

create view pg_catalog.svv_table_info as
select current_database()::varchar as database, n.nspname::varchar as schema, c.oid::int as table_id, c.relname::varchar as "table",
    case when coalesce(d.design -> 'encodings', '{}') <> '{}' then 'Y' else 'Y, AUTO(ENCODE)' end as encoded,
    (case
        when d.design ->> 'distkey' <> '' then 'KEY(' || (d.design ->> 'distkey') || ')'
        when d.design ->> 'diststyle' in ('all', 'even') then upper(d.design ->> 'diststyle')
        else 'AUTO(ALL)' end)::varchar as diststyle,
    (case when jsonb_array_length(coalesce(d.design -> 'sortkeys', '[]')) = 0 then 'AUTO(SORTKEY)'
        when d.design ->> 'sortstyle' = 'interleaved' then 'INTERLEAVED' else d.design -> 'sortkeys' ->> 0 end)::varchar as sortkey1,
    coalesce((select max(a.atttypmod - 4) from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'varchar'::regtype and a.atttypmod > 4), 0)::int as max_varchar,
    coalesce(d.design -> 'encodings' ->> (d.design -> 'sortkeys' ->> 0), 'none')::char(32) as sortkey1_enc,
    jsonb_array_length(coalesce(d.design -> 'sortkeys', '[]')) as sortkey_num,
    (pg_relation_size(c.oid) / 1048576 + 1)::bigint as size, 0.01::numeric(10, 4) as pct_used, 0::bigint as empty,
    0::numeric(5, 2) as unsorted, 0::numeric(5, 2) as stats_off, greatest(c.reltuples, 0)::numeric(38, 0) as tbl_rows,
    1::numeric(19, 2) as skew_sortkey1, 1::numeric(19, 2) as skew_rows, greatest(c.reltuples, 0)::numeric(38, 0) as estimated_visible_rows,
    null::varchar as risk_event, 0::numeric(5, 2) as vacuum_sort_benefit, null::timestamp as create_time
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join rs.designs as d on d.relation = c.oid
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'rs') and n.nspname not like 'pg_toast%'
  and c.relname not like 'mv[_]tbl[_][_]%'
union all
select current_database()::varchar, n.nspname::varchar, v.oid::int, v.relname::varchar, 'Y',
    (case when d.design ->> 'distkey' <> '' then 'KEY(' || (d.design ->> 'distkey') || ')'
        when d.design ->> 'diststyle' in ('all', 'even') then upper(d.design ->> 'diststyle') else 'AUTO(EVEN)' end)::varchar,
    (case when jsonb_array_length(coalesce(d.design -> 'sortkeys', '[]')) = 0 then 'AUTO(SORTKEY)'
        else d.design -> 'sortkeys' ->> 0 end)::varchar,
    0, 'none', jsonb_array_length(coalesce(d.design -> 'sortkeys', '[]')), 1, 0.01, 0, 0, 0, 0, 1, 1, 0, null, 0, null
from rs.materialized_views as m
join pg_catalog.pg_class as v on v.oid = m.view
join pg_catalog.pg_namespace as n on n.oid = v.relnamespace
left join rs.designs as d on d.relation = m.storage;

create view pg_catalog.svv_mv_info as
select current_database()::varchar as database_name, n.nspname::varchar as schema_name, c.relowner::int as user_id,
    c.relname::varchar as name, 'f'::char(1) as is_stale, pg_get_userbyid(c.relowner)::varchar as owner_user_name, 1 as state,
    case when m.automatic then 't' else 'f' end::char(1) as autorewrite, case when m.automatic then 't' else 'f' end::char(1) as autorefresh
from rs.materialized_views as m
join pg_catalog.pg_class as c on c.oid = m.view
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace;

create view pg_catalog.svv_relation_privileges as
select n.nspname::varchar as namespace_name, c.relname::varchar as relation_name, a.privilege_type::varchar as privilege_type,
    a.grantee::int as identity_id, coalesce(r.rolname, 'public')::varchar as identity_name,
    (case when a.grantee = 0 then 'public' when r.rolcanlogin then 'user' when exists (
        select 1 from rs.groups as g where g.name = r.rolname) then 'group' else 'role' end)::varchar as identity_type,
    a.is_grantable as admin_option
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where c.relkind in ('r', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'rs');

create view pg_catalog.pg_table_def as
select n.nspname as schemaname, c.relname as tablename, a.attname as "column",
    (case when a.atttypid = 'text'::regtype then 'character varying' else format_type(a.atttypid, a.atttypmod) end)::text as type,
    a.attencoding::varchar(32) as encoding, a.attisdistkey as distkey, a.attsortkeyord as sortkey, a.attnotnull as "notnull"
from rs.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.attnum > 0 and not a.attisdropped and c.relkind = 'r' and n.nspname not in ('rs')
  and (pg_table_is_visible(c.oid) or n.oid = pg_my_temp_schema());

create view pg_catalog.svv_redshift_columns as
select current_database()::varchar as database_name, n.nspname::varchar as schema_name, c.relname::varchar as table_name,
    a.attname::varchar as column_name, a.attnum::int as ordinal_position, format_type(a.atttypid, a.atttypmod)::varchar as data_type,
    null::varchar as column_default, case when a.attnotnull then 'NO' else 'YES' end::varchar as is_nullable,
    a.attencoding::varchar as encoding, a.attisdistkey as distkey, a.attsortkeyord as sortkey, col_description(c.oid, a.attnum)::varchar as remarks
from rs.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v');

create view rs.show_tables as
select current_database()::varchar as database_name, n.nspname::varchar as schema_name, c.relname::varchar as table_name,
    case when m.view is not null then 'MATERIALIZED VIEW' when l.view is not null then 'LATE BINDING VIEW'
        when c.relkind = 'v' then 'VIEW' else 'TABLE' end::varchar as table_type,
    null::varchar as table_acl, obj_description(c.oid, 'pg_class')::varchar as remarks, pg_get_userbyid(c.relowner)::varchar as owner,
    null::timestamp as last_altered_time, null::timestamp as last_modified_time,
    coalesce(d.design ->> 'diststyle', 'auto')::varchar as dist_style, case when c.relkind = 'r' then 'TABLE' else 'VIEW' end::varchar as table_subtype
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join rs.materialized_views as m on m.view = c.oid
left join rs.late_binding_views as l on l.view = c.oid
left join rs.designs as d on d.relation = c.oid
where c.relkind in ('r', 'v') and c.relname not like 'mv[_]tbl[_][_]%';
create view rs.show_columns as
select c.table_catalog as database_name, c.table_schema as schema_name, c.table_name, c.column_name, c.ordinal_position,
    c.column_default, c.is_nullable, c.data_type, c.character_maximum_length, c.numeric_precision, c.numeric_scale, null::varchar as remarks
from rs.columns as c;
create view rs.show_schemas as
select current_database()::varchar as database_name, nspname::varchar as schema_name, nspowner::int as schema_owner,
    'local'::varchar as schema_type, null::varchar as schema_acl, null::varchar as source_database, null::varchar as schema_option
from pg_catalog.pg_namespace where nspname not in ('rs', 'pg_toast') and nspname not like 'pg_temp%' and nspname not like 'pg_toast%';
create view rs.show_grants as
select current_database()::varchar as database_name, namespace_name as schema_name, relation_name as object_name, 'TABLE'::varchar as object_type,
    privilege_type, identity_id, identity_name, identity_type, admin_option, 'TABLE'::varchar as privilege_scope, ''::varchar as grantor_name
from (select p.namespace_name, p.relation_name, p.privilege_type, p.identity_id, p.identity_name, p.identity_type, p.admin_option
    from pg_catalog.svv_relation_privileges as p) as p;
