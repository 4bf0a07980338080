-- Roles, masking policies and row-level security.
create table rs.secret as select md5(random()::text || clock_timestamp()::text) as key;
create table rs.role_owners (role oid primary key, owner text default session_user);
create table rs.system_grants (privilege text, grantee oid, admin_option boolean default false, primary key (privilege, grantee));

-- `inputs` holds the columns of WITH as [{"colname", "type"}], `sql` the expressions in PostgreSQL's words, `kinds`
-- the types that they have.
create table rs.masking_policies (
    name text primary key, inputs jsonb not null, expression text not null, sql jsonb not null, kinds jsonb not null,
    modified_by text default session_user, modified_at timestamp default now());
create table rs.masks (policy text not null, relation oid not null, outputs int[] not null, inputs int[] not null,
    grantee oid not null, priority int not null, grantor text default session_user);
create table rs.rls_policies (
    name text primary key, alias text not null, inputs jsonb not null, expression text not null, sql text not null,
    modified_by text default session_user, modified_at timestamp default now());
create table rs.rls_attached (policy text not null, relation oid not null, grantee oid not null,
    grantor text default session_user, primary key (policy, relation, grantee));
create table rs.rls_relations (relation oid primary key, conjunction text not null default 'and', datashare boolean default true);

-- The session's user, the roles that were granted to it, and everybody (0). A superuser is in no role but those.
create function rs.my_roles() returns setof oid language sql stable security definer as $f$
    with recursive mine(role) as (
        select oid from pg_catalog.pg_roles where rolname = session_user
        union select m.roleid from pg_catalog.pg_auth_members as m join mine on m.member = mine.role)
    select role from mine union all select 0::oid
$f$;
create function rs.is_superuser() returns boolean language sql stable security definer as $f$
    select rolsuper from pg_catalog.pg_roles where rolname = session_user
$f$;
create function rs.is_security_admin() returns boolean language sql stable security definer as $f$
    select rs.is_superuser() or exists (select 1 from pg_catalog.pg_roles as r
        where r.rolname = 'sys:secadmin' and r.oid in (select rs.my_roles()))
$f$;
create function rs.check_security_admin() returns void language plpgsql stable as $f$
begin
    if not rs.is_security_admin() then
        raise exception 'permission denied: sys:secadmin is required' using errcode = '42501';
    end if;
end $f$;
create function rs.ignores_rls() returns boolean language sql stable security definer as $f$
    select rs.is_security_admin() or exists (select 1 from rs.system_grants as g
        where g.privilege = 'ignore rls' and g.grantee in (select rs.my_roles()))
$f$;
create function rs.grantee(kind text, name text) returns oid language plpgsql stable as $f$
declare found oid;
begin
    if kind = 'public' then return 0; end if;
    select oid into found from pg_catalog.pg_roles where rolname = name and rolcanlogin = (kind = 'user');
    if found is null then
        raise exception '% "%" does not exist', kind, name using errcode = '42704';
    end if;
    return found;
end $f$;
create function rs.grantee_name(grantee oid) returns varchar language sql stable as $f$
    select case when grantee = 0 then 'public' else (select rolname from pg_catalog.pg_roles where oid = grantee) end::varchar
$f$;
create function rs.grantee_kind(grantee oid) returns varchar language sql stable as $f$
    select case when grantee = 0 then 'public' else (select case when r.rolcanlogin then 'user'
        when exists (select 1 from rs.groups as g where g.name = r.rolname) then 'group' else 'role' end
        from pg_catalog.pg_roles as r where r.oid = grantee) end::varchar
$f$;

-- What protects a relation for the session's user.
create function rs.mask_of(p_relation oid, attnum int) returns jsonb language sql stable security definer as $f$
    select jsonb_build_object('sql', p.sql ->> (array_position(m.outputs, attnum) - 1), 'inputs', (
        select jsonb_agg(jsonb_build_object('name', p.inputs -> (i.place - 1)::int ->> 'colname', 'type', p.inputs -> (i.place - 1)::int ->> 'type',
            'column', (select attname from pg_catalog.pg_attribute where attrelid = p_relation and pg_attribute.attnum = i.number)) order by i.place)
        from pg$unnest(m.inputs) with ordinality as i(number, place)))
    from rs.masks as m join rs.masking_policies as p on p.name = m.policy
    where m.relation = p_relation and attnum = any (m.outputs) and m.grantee in (select rs.my_roles())
    order by m.priority desc limit 1
$f$;
create function rs.rules_of(p_relation oid) returns jsonb language sql stable security definer as $f$
    select case when r.relation is null or rs.ignores_rls() then null else jsonb_build_object('conjunction', r.conjunction, 'policies', (
        select coalesce(jsonb_agg(jsonb_build_object('sql', p.sql, 'alias', p.alias, 'inputs', p.inputs)), '[]')
        from rs.rls_policies as p where p.name in (select a.policy from rs.rls_attached as a
            where a.relation = p_relation and a.grantee in (select rs.my_roles())))) end
    from (select p_relation as asked) as a left join rs.rls_relations as r on r.relation = a.asked
$f$;
create function rs.is_protected(p_relation oid) returns boolean language sql stable security definer as $f$
    with recursive reads(relation) as (
        select p_relation
        union
        select d.relation from reads cross join lateral (
            select d.refobjid as relation from pg_catalog.pg_rewrite as w
            join pg_catalog.pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
            where w.ev_class = reads.relation and d.refobjid <> w.ev_class
            union all
            select to_regclass(n.name)::oid from rs.late_binding_views as v cross join lateral jsonb_array_elements_text(v.reads) as n(name)
            where v.view = reads.relation) as d)
    select exists (select 1 from reads where
        exists (select 1 from rs.masks as m where m.relation = reads.relation and m.grantee in (select rs.my_roles()))
        or (exists (select 1 from rs.rls_relations as r where r.relation = reads.relation) and not rs.ignores_rls()))
$f$;
create function rs.protected_among(names text) returns setof text language sql stable as $f$
    select n.name from jsonb_array_elements_text(names::jsonb) as n(name)
    join pg_catalog.pg_class as c on c.oid = to_regclass(n.name)
    where c.relkind in ('r', 'v') and c.relnamespace not in ('pg_catalog'::regnamespace, 'rs'::regnamespace) and rs.is_protected(c.oid)
$f$;
create function rs.reading(name text) returns jsonb language sql stable security definer set search_path = pg_catalog as $f$
    select jsonb_build_object('kind', case when l.view is not null then 'l' else c.relkind end, 'name', c.oid::regclass::text,
        'rules', case when c.relkind = 'r' then rs.rules_of(c.oid) end, 'body', coalesce(l.query, rtrim(pg_get_viewdef(c.oid), ';')),
        'columns', (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'allowed', has_column_privilege(session_user, c.oid, a.attnum, 'select'), 'mask', rs.mask_of(c.oid, a.attnum)) order by a.attnum)
            from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))
    from pg_class as c left join rs.late_binding_views as l on l.view = c.oid where c.oid = name::oid
$f$;
create function rs.protected(kind anyelement, query text, key text) returns setof anyelement language plpgsql security definer as $f$
begin
    if key is distinct from (select s.key from rs.secret as s) then
        raise exception 'permission denied for function protected' using errcode = '42501';
    end if;
    return query execute query;
end $f$;

-- The commands. Each probes the expression with a view, which tells the types and refuses what is no expression.
create function rs.probe(p_inputs jsonb, p_alias text, p_sql jsonb, out inputs jsonb, out kinds jsonb) language plpgsql as $f$
begin
    execute 'create temp view rs_probe_in as select ' || coalesce((select pg$string_agg(pg$format('null::%s as %I', i ->> 'type', i ->> 'colname'), ', ')
        from jsonb_array_elements(p_inputs) as i), '1 as "?"');
    execute 'create temp view rs_probe_out as select ' || (select pg$string_agg(pg$format('(%s) as o%s', e.text, e.place), ', ' order by e.place)
        from jsonb_array_elements_text(p_sql) with ordinality as e(text, place)) || ' from rs_probe_in as ' || quote_ident(p_alias);
    select jsonb_agg(jsonb_build_object('colname', attname, 'type', case when atttypid = 'text'::regtype then 'varchar(256)'
        else format_type(atttypid, atttypmod) end) order by attnum) into inputs
    from pg_attribute where attrelid = 'rs_probe_in'::regclass and attnum > 0 and attname <> '?';
    select jsonb_agg(jsonb_build_object('type', atttypid::int, 'length', atttypmod) order by attnum) into kinds
    from pg_attribute where attrelid = 'rs_probe_out'::regclass and attnum > 0;
    drop view rs_probe_out;
    drop view rs_probe_in;
    inputs := coalesce(inputs, '[]');
end $f$;
create function rs.create_masking_policy(p_name text, lenient boolean, p_inputs jsonb, p_expression text, p_sql jsonb) returns void
language plpgsql security definer as $f$
begin
    perform rs.check_security_admin();
    if exists (select 1 from rs.masking_policies where name = p_name) then
        if lenient then return; end if;
        raise exception 'masking policy "%" already exists', p_name using errcode = '42710';
    end if;
    insert into rs.masking_policies (name, inputs, expression, sql, kinds)
    select p_name, p.inputs, p_expression, p_sql, p.kinds from rs.probe(p_inputs, 'masked', p_sql) as p;
end $f$;
create function rs.masking_policy(p_name text) returns rs.masking_policies language plpgsql security definer as $f$
declare found rs.masking_policies;
begin
    perform rs.check_security_admin();
    select * into found from rs.masking_policies where name = p_name;
    if found.name is null then
        raise exception 'masking policy "%" does not exist', p_name using errcode = '42704';
    end if;
    return found;
end $f$;
create function rs.alter_masking_policy(p_name text, p_expression text, p_sql jsonb) returns void language plpgsql security definer as $f$
declare policy rs.masking_policies := rs.masking_policy(p_name);
begin
    update rs.masking_policies as m set expression = p_expression, sql = p_sql, kinds = p.kinds, modified_by = session_user, modified_at = now()
    from rs.probe(policy.inputs, 'masked', p_sql) as p where m.name = p_name;
end $f$;
create function rs.drop_masking_policy(p_name text) returns void language plpgsql security definer as $f$
declare policy rs.masking_policies := rs.masking_policy(p_name);
begin
    if exists (select 1 from rs.masks where masks.policy = p_name) then
        raise exception 'cannot drop masking policy "%" because it is attached to a relation', p_name using errcode = '2BP01';
    end if;
    delete from rs.masking_policies where name = p_name;
end $f$;
create function rs.policy_target(p_table text) returns regclass language plpgsql stable as $f$
declare found regclass := p_table::regclass;
begin
    if exists (select 1 from pg_class as c where c.oid = found and (c.relkind <> 'r' or c.relpersistence <> 'p'
        or c.relnamespace in ('pg_catalog'::regnamespace, 'rs'::regnamespace))) then
        raise exception 'policies can be attached to permanent tables only, which "%" is not', p_table using errcode = '0A000';
    end if;
    return found;
end $f$;
create function rs.numbers_of(p_table regclass, names jsonb) returns int[] language plpgsql stable as $f$
declare
    numbers int[] := '{}';
    asked text;
    number int;
begin
    for asked in select jsonb_array_elements_text(names) loop
        select attnum into number from pg_attribute where attrelid = p_table and attname = asked and attnum > 0 and not attisdropped;
        if number is null then
            raise exception 'column "%" of relation "%" does not exist', asked, p_table using errcode = '42703';
        end if;
        numbers := numbers || number;
    end loop;
    return numbers;
end $f$;
-- Whether a value of one type may stand for a column of another: the same type, a narrower integer, or a float.
create function rs.fits(given oid, given_length int, wanted oid, wanted_length int) returns boolean language sql immutable as $f$
    select case
        when given in (25, 1043) and wanted in (25, 1043) then given_length <= 0 or wanted_length <= 0 or given_length <= wanted_length
        when given = 1042 and wanted = 1042 then given_length <= wanted_length
        when given in (20, 21, 23) and wanted in (20, 21, 23) then true
        when given = 1700 then wanted in (700, 701, 1700)
        else given = wanted end
$f$;
create function rs.check_mask(policy rs.masking_policies, target regclass, p_outputs int[], p_inputs int[]) returns void language plpgsql as $f$
declare bad text;
begin
    if jsonb_array_length(policy.inputs) <> pg$cardinality(p_inputs) or jsonb_array_length(policy.kinds) <> pg$cardinality(p_outputs) then
        raise exception 'masking policy "%" has another number of columns', policy.name using errcode = '42804';
    end if;
    select a.attname into bad from pg$unnest(p_inputs) with ordinality as i(number, place)
    join pg_attribute as a on a.attrelid = target and a.attnum = i.number
    where not rs.fits((policy.inputs -> (i.place - 1)::int ->> 'type')::regtype, 0, a.atttypid, 0);
    if bad is null then
        select a.attname into bad from pg$unnest(p_outputs) with ordinality as o(number, place)
        join pg_attribute as a on a.attrelid = target and a.attnum = o.number
        where not rs.fits((policy.kinds -> (o.place - 1)::int ->> 'type')::oid, (policy.kinds -> (o.place - 1)::int ->> 'length')::int,
            a.atttypid, a.atttypmod);
    end if;
    if bad is not null then
        raise exception 'masking policy "%" is not compatible with the type of column "%"', policy.name, bad using errcode = '42804';
    end if;
end $f$;
create function rs.attach_masking_policy(p_name text, p_table text, p_outputs jsonb, p_inputs jsonb, kind text, p_grantee text, p_priority int)
returns void language plpgsql security definer as $f$
declare
    policy rs.masking_policies := rs.masking_policy(p_name);
    target regclass := rs.policy_target(p_table);
    outs int[] := rs.numbers_of(target, p_outputs);
    ins int[] := rs.numbers_of(target, p_inputs);
    who oid := rs.grantee(kind, p_grantee);
begin
    perform rs.check_mask(policy, target, outs, ins);
    -- A role that was dropped took its policies with it.
    delete from rs.masks as m where m.grantee <> 0 and not exists (select 1 from pg_catalog.pg_roles as r where r.oid = m.grantee);
    if exists (select 1 from rs.masks as m where m.relation = target and m.outputs && outs and (m.grantee = who or m.priority = p_priority)) then
        raise exception 'a masking policy is attached to a column of "%" for % or with priority % already', p_table,
            coalesce(p_grantee, 'public'), p_priority using errcode = '42710';
    end if;
    insert into rs.masks (policy, relation, outputs, inputs, grantee, priority) values (p_name, target, outs, ins, who, p_priority);
end $f$;
create function rs.detach_masking_policy(p_name text, p_table text, p_outputs jsonb, kind text, p_grantee text) returns void
language plpgsql security definer as $f$
declare
    policy rs.masking_policies := rs.masking_policy(p_name);
    target regclass := p_table::regclass;
begin
    delete from rs.masks as m where m.policy = p_name and m.relation = target and m.outputs = rs.numbers_of(target, p_outputs)
        and m.grantee = rs.grantee(kind, p_grantee);
    if not found then
        raise exception 'masking policy "%" is not attached to these columns of "%"', p_name, p_table using errcode = '42704';
    end if;
end $f$;

create function rs.rls_policy(p_name text) returns rs.rls_policies language plpgsql security definer as $f$
declare found rs.rls_policies;
begin
    perform rs.check_security_admin();
    select * into found from rs.rls_policies where name = p_name;
    if found.name is null then
        raise exception 'RLS policy "%" does not exist', p_name using errcode = '42704';
    end if;
    return found;
end $f$;
create function rs.create_rls_policy(p_name text, p_alias text, p_inputs jsonb, p_expression text, p_sql text) returns void
language plpgsql security definer as $f$
begin
    perform rs.check_security_admin();
    if exists (select 1 from rs.rls_policies where name = p_name) then
        raise exception 'RLS policy "%" already exists', p_name using errcode = '42710';
    end if;
    insert into rs.rls_policies (name, alias, inputs, expression, sql)
    select p_name, p_alias, p.inputs, p_expression, p_sql from rs.probe(p_inputs, p_alias, jsonb_build_array('(' || p_sql || ')::boolean')) as p;
    perform rs.make_rule(p) from rs.rls_policies as p where name = p_name;
end $f$;
create function rs.drop_rls_policy(p_name text, lenient boolean, cascaded boolean) returns void language plpgsql security definer as $f$
declare attached oid[];
begin
    perform rs.check_security_admin();
    if lenient and not exists (select 1 from rs.rls_policies where name = p_name) then return; end if;
    perform rs.rls_policy(p_name);
    select coalesce(pg$array_agg(relation), '{}') into attached from rs.rls_attached where policy = p_name;
    if attached <> '{}' and not cascaded then
        raise exception 'cannot drop RLS policy "%" because it is attached to a relation', p_name using errcode = '2BP01';
    end if;
    delete from rs.rls_attached where policy = p_name;
    perform rs.enforce_rules(relation) from pg$unnest(attached) as relation;
    execute pg$format('drop function rs.%I', 'rule_' || p_name);
    delete from rs.rls_policies where name = p_name;
end $f$;
-- PostgreSQL's own policies hold for UPDATE and DELETE; what is read goes through rs.protected.
-- Its predicate is a function with the rights of the owner, for a user needs no rights on the tables it looks up in.
create function rs.rule(p rs.rls_policies) returns text language sql stable as $f$
    select pg$format('rs.%I(%s)', 'rule_' || p.name, (select pg$string_agg(pg$format('%I::%s', i ->> 'colname', i ->> 'type'), ', ' order by place)
        from jsonb_array_elements(p.inputs) with ordinality as i(i, place)))
$f$;
create function rs.make_rule(p rs.rls_policies) returns void language plpgsql as $f$
declare
    types text := (select pg$string_agg(i ->> 'type', ', ' order by place) from jsonb_array_elements(p.inputs) with ordinality as i(i, place));
    given text := (select pg$string_agg(pg$format('$%s::%s as %I', place, i ->> 'type', i ->> 'colname'), ', ' order by place)
        from jsonb_array_elements(p.inputs) with ordinality as i(i, place));
begin
    execute pg$format('create function rs.%I(%s) returns boolean language sql stable security definer as %L', 'rule_' || p.name, types,
        pg$format('select coalesce((%s), false) from (select %s) as %I', p.sql, coalesce(given, '1'), p.alias));
end $f$;
create function rs.has_rule(p_policy text, p_relation oid) returns boolean language sql stable security definer as $f$
    select exists (select 1 from rs.rls_attached as a where a.policy = coalesce(p_policy, a.policy) and a.relation = p_relation
        and a.grantee in (select rs.my_roles()))
$f$;
create function rs.enforce_rules(target oid) returns void language plpgsql security definer as $f$
declare
    state rs.rls_relations;
    checked text;
begin
    if not exists (select 1 from pg_class where oid = target) then return; end if;
    select * into state from rs.rls_relations where relation = target;
    execute pg$format('drop policy if exists redshift on %s', target::regclass);
    if state.relation is null then
        execute pg$format('alter table %s disable row level security, no force row level security', target::regclass);
        return;
    end if;
    select pg$string_agg(pg$format('(%s rs.has_rule(%L, %s) %s %s)', case state.conjunction when 'and' then 'not' else '' end, p.name, target,
        case state.conjunction when 'and' then 'or' else 'and' end, rs.rule(p)), ' ' || state.conjunction || ' ') into checked
    from rs.rls_policies as p where p.name in (select policy from rs.rls_attached where relation = target);
    execute pg$format('create policy redshift on %s using (rs.ignores_rls() or (%s rs.has_rule(null, %s))) with check (true)',
        target::regclass, coalesce('(' || checked || ') and', ''), target);
    execute pg$format('alter table %s enable row level security, force row level security', target::regclass);
end $f$;
create function rs.attach_rls_policy(p_name text, p_table text, kind text, p_grantee text) returns void language plpgsql security definer as $f$
declare
    policy rs.rls_policies := rs.rls_policy(p_name);
    target regclass := rs.policy_target(p_table);
    who oid := rs.grantee(kind, p_grantee);
begin
    if exists (select 1 from pg_roles where oid = who and (rolsuper or rolname = 'sys:secadmin')) then
        raise exception 'RLS policies cannot be attached to superusers or sys:secadmin' using errcode = '0A000';
    end if;
    perform rs.numbers_of(target, (select coalesce(jsonb_agg(i ->> 'colname'), '[]') from jsonb_array_elements(policy.inputs) as i));
    if exists (select 1 from rs.rls_attached as a join rs.rls_policies as p on p.name = a.policy where a.relation = target and p.alias <> policy.alias) then
        raise exception 'all RLS policies of "%" must have the same table alias', p_table using errcode = '0A000';
    end if;
    insert into rs.rls_attached (policy, relation, grantee) values (p_name, target, who);
    perform rs.enforce_rules(target);
exception when unique_violation then
    raise exception 'RLS policy "%" is attached to "%" for % already', p_name, p_table, coalesce(p_grantee, 'public') using errcode = '42710';
end $f$;
create function rs.detach_rls_policy(p_name text, p_table text, kind text, p_grantee text) returns void language plpgsql security definer as $f$
declare
    policy rs.rls_policies := rs.rls_policy(p_name);
    target regclass := p_table::regclass;
begin
    delete from rs.rls_attached as a where a.policy = p_name and a.relation = target and a.grantee = rs.grantee(kind, p_grantee);
    if not found then
        raise exception 'RLS policy "%" is not attached to "%" for this user or role', p_name, p_table using errcode = '42704';
    end if;
    perform rs.enforce_rules(target);
end $f$;
create function rs.row_level_security(p_table text, switched_on boolean, p_conjunction text) returns void language plpgsql security definer as $f$
declare target regclass := rs.policy_target(p_table);
begin
    perform rs.check_security_admin();
    delete from rs.rls_relations where relation = target;
    if switched_on then
        insert into rs.rls_relations (relation, conjunction) values (target, p_conjunction);
    end if;
    perform rs.enforce_rules(target);
end $f$;
create function rs.after_drop_protected() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $f$
begin
    delete from rs.masks where relation in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
    delete from rs.rls_attached where relation in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
    delete from rs.rls_relations where relation in (select objid from pg_event_trigger_dropped_objects() where objsubid = 0);
end $f$;
create event trigger redshift_drop_protected on sql_drop execute function rs.after_drop_protected();

create view pg_catalog.svv_masking_policy as
select current_database()::varchar as policy_database, p.name::varchar as policy_name, p.inputs::varchar as input_columns,
    p.expression::varchar as policy_expression, p.modified_by::varchar as policy_modified_by, p.modified_at as policy_modified_time
from rs.masking_policies as p where rs.is_security_admin();
create function rs.names_of(target oid, numbers int[]) returns varchar language sql stable as $f$
    select jsonb_agg(a.attname order by n.place)::varchar from pg$unnest(numbers) with ordinality as n(number, place)
    join pg_catalog.pg_attribute as a on a.attrelid = target and a.attnum = n.number
$f$;
create view pg_catalog.svv_attached_masking_policy as
select m.policy::varchar as policy_name, n.nspname::varchar as schema_name, c.relname::varchar as table_name, 'table'::varchar as table_type,
    m.grantor::varchar as grantor, rs.grantee_name(m.grantee) as grantee, rs.grantee_kind(m.grantee) as grantee_type, m.priority,
    rs.names_of(m.relation, m.inputs) as input_columns, rs.names_of(m.relation, m.outputs) as output_columns, false as is_masking_datashare_on
from rs.masks as m join pg_catalog.pg_class as c on c.oid = m.relation join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where rs.grantee_name(m.grantee) is not null and rs.is_security_admin();
create view pg_catalog.svv_rls_policy as
select current_database()::varchar as poldb, p.name::varchar as polname, p.alias::varchar as polalias, p.inputs::varchar as polatts,
    p.expression::varchar as polqual, true as polenabled, p.modified_by::varchar as polmodifiedby, p.modified_at as polmodifiedtime
from rs.rls_policies as p where rs.is_security_admin();
create view pg_catalog.svv_rls_attached_policy as
select n.nspname::varchar as relschema, c.relname::varchar as relname, 'table'::varchar as relkind, a.policy::varchar as polname,
    a.grantor::varchar as grantor, rs.grantee_name(a.grantee) as grantee, rs.grantee_kind(a.grantee) as granteekind, true as is_pol_on,
    r.relation is not null as is_rls_on, coalesce(r.datashare, false) as is_rls_datashare_on, coalesce(r.conjunction, 'and')::varchar as rls_conjunction_type
from rs.rls_attached as a join pg_catalog.pg_class as c on c.oid = a.relation join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join rs.rls_relations as r on r.relation = a.relation
where rs.grantee_name(a.grantee) is not null and rs.is_security_admin();
create view pg_catalog.svv_rls_relation as
select current_database()::varchar as datname, n.nspname::varchar as relschema, c.relname::varchar as relname, 'table'::varchar as relkind,
    true as is_rls_on, r.datashare as is_rls_datashare_on, r.conjunction::varchar as rls_conjunction_type, null::varchar as rls_datashare_conjunction_type
from rs.rls_relations as r join pg_catalog.pg_class as c on c.oid = r.relation join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where rs.is_security_admin();

create function pg_catalog.mask_get_policy_for_role_on_column(relschema text, p_relname text, colname text, rolename text) returns varchar
language sql stable security definer as $f$
    select m.policy::varchar from rs.masks as m join pg_catalog.pg_class as c on c.oid = m.relation
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = any (m.outputs)
    where c.relnamespace::regnamespace::text = quote_ident(relschema) and c.relname = p_relname and a.attname = colname
      and m.grantee in (0, (select oid from pg_catalog.pg_roles where rolname = rolename))
    order by m.priority desc limit 1
$f$;
create function pg_catalog.mask_get_policy_for_user_on_column(relschema text, p_relname text, colname text, username text) returns varchar
language sql stable security definer as $f$
    with recursive theirs(role) as (
        select oid from pg_catalog.pg_roles where rolname = username
        union select m.roleid from pg_catalog.pg_auth_members as m join theirs on m.member = theirs.role)
    select m.policy::varchar from rs.masks as m join pg_catalog.pg_class as c on c.oid = m.relation
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = any (m.outputs)
    where c.relnamespace::regnamespace::text = quote_ident(relschema) and c.relname = p_relname and a.attname = colname
      and (m.grantee = 0 or m.grantee in (select role from theirs))
    order by m.priority desc limit 1
$f$;

-- Roles and who has them. A superuser sees all; others see what is theirs.
create view pg_catalog.svv_roles as
select r.oid::int as role_id, r.rolname::varchar as role_name, coalesce(o.owner, 'rdsdb')::varchar as role_owner, null::varchar as external_id
from pg_catalog.pg_roles as r left join rs.role_owners as o on o.role = r.oid
where not r.rolcanlogin and r.rolname not like 'pg[_]%' and not exists (select 1 from rs.groups as g where g.name = r.rolname)
  and (rs.is_superuser() or r.oid in (select rs.my_roles()) or o.owner = session_user);
create view pg_catalog.svv_user_grants as
select u.oid::int as user_id, u.rolname::varchar as user_name, r.role_id, r.role_name, m.admin_option
from pg_catalog.pg_auth_members as m join pg_catalog.pg_roles as u on u.oid = m.member and u.rolcanlogin
join pg_catalog.svv_roles as r on r.role_id = m.roleid::int where rs.is_superuser() or u.rolname = session_user;
create view pg_catalog.svv_role_grants as
select u.oid::int as role_id, u.rolname::varchar as role_name, r.role_id as granted_role_id, r.role_name as granted_role_name, m.admin_option
from pg_catalog.pg_auth_members as m join pg_catalog.pg_roles as u on u.oid = m.member and not u.rolcanlogin
join pg_catalog.svv_roles as r on r.role_id = m.roleid::int;
create view pg_catalog.svv_system_privileges as
select upper(g.privilege)::varchar as system_privilege, g.grantee::int as identity_id, rs.grantee_name(g.grantee) as identity_name,
    rs.grantee_kind(g.grantee) as identity_type
from rs.system_grants as g where rs.grantee_name(g.grantee) is not null and (rs.is_superuser() or g.grantee in (select rs.my_roles()));
create function rs.is_member(kind text, p_member text, p_role text) returns boolean language plpgsql stable security definer as $f$
begin
    return exists (with recursive theirs(role) as (
        select roleid from pg_catalog.pg_auth_members where member = rs.grantee(kind, p_member)
        union select m.roleid from pg_catalog.pg_auth_members as m join theirs on m.member = theirs.role)
        select 1 from theirs where role = rs.grantee('role', p_role));
end $f$;
create function pg_catalog.user_is_member_of(p_user text, p_role text) returns boolean language sql stable as $f$ select rs.is_member('user', p_user, p_role) $f$;
create function pg_catalog.role_is_member_of(p_role text, p_granted text) returns boolean language sql stable as $f$ select rs.is_member('role', p_role, p_granted) $f$;
create function rs.grant_system_privilege(p_privilege text, p_grantee oid) returns void language sql security definer as $f$
    insert into rs.system_grants select p_privilege, p_grantee from rs.check_security_admin() on conflict do nothing
$f$;
create function rs.revoke_system_privilege(p_privilege text, p_grantee oid) returns void language sql security definer as $f$
    delete from rs.system_grants where privilege = p_privilege and grantee = p_grantee and rs.is_security_admin()
$f$;
grant insert on rs.role_owners to public;
grant select on rs.role_owners to public;
-- Writers of one table wait for each other; readers for none. To write needs no right to lock.
create function rs.lock_for_writing(name text) returns void language plpgsql security definer as $f$
declare target regclass := to_regclass(name);
begin
    if exists (select 1 from pg_catalog.pg_class where oid = target and relkind = 'r' and relpersistence = 'p' and oid >= 16384) then
        execute 'lock table ' || target || ' in share row exclusive mode';
    end if;
end $f$;
