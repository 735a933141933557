-- Up to which transaction the change feed may be read: the oldest of this database that is still under way. The server
-- counts the transactions of all its databases together; those of others write nothing here, and a long one (a restore,
-- a batch, a new database) must not hold up synchronization.
create function changefeed_horizon() returns xid8 language plpgsql stable parallel restricted as $$
declare
  present constant pg_snapshot := pg_current_snapshot();
  oldest constant xid8 := pg_snapshot_xmin(present);
begin
  -- Whose transaction it is costs a look at all locks of the server: only where something waits for the answer.
  if oldest = pg_snapshot_xmax(present) or not exists (select from changefeed where position >= oldest) then
    return oldest;
  end if;
  -- A transaction that is not seen to be another database's counts as ours: just begun, just ended.
  return least(pg_current_xact_id_if_assigned(), coalesce(
    (select min(running) from pg_snapshot_xip(present) as running where running::xid not in (
      select held.transactionid from pg_locks as held cross join pg_stat_get_activity(held.pid) as session
      where held.locktype = 'transactionid' and held.granted and held.mode = 'ExclusiveLock'
        and session.datid <> (select oid from pg_database where datname = current_database())
      union all
      select transaction from pg_prepared_xacts where database <> current_database())),
    pg_snapshot_xmax(present)));
end $$;
