-- Series of the CRM, and when their instances are to be looked at next (AP-76). Null: there is nothing more to come.
create table series_expansion (
  series_id   uuid primary key,
  due_on      timestamptz,
  -- Something about the series is other than its instances are.
  changed     boolean not null default true,
  -- It has got its first instances.
  expanded_on timestamptz
);
create index series_expansion_due on series_expansion (due_on) where due_on is not null;

-- Series that were there before.
do $$
begin
  if to_regclass('recurringappointmentmaster') is not null then
    execute 'insert into series_expansion (series_id, due_on) select activityid, now() from recurringappointmentmaster';
  end if;
end $$;
