-- Up to which transaction the change feed may be read: the oldest of this database that is still under way. The server
-- counts the transactions of all its databases together; those of others write nothing here, and a long one (a restore,
-- a batch, a new database) must not hold up synchronization. `elsewhere` names them.
create function changefeed_horizon(elsewhere xid8[]) returns xid8 language plpgsql stable as $$
begin
  return least(pg_current_xact_id_if_assigned(), coalesce(
    (select min(running) from pg_snapshot_xip(pg_current_snapshot()) as running where running <> all (elsewhere)),
    pg_snapshot_xmax(pg_current_snapshot())));
end $$;

-- Transactions under way that are another database's for certain. Asked before the statement that reads: what ends in
-- between is not under way any more then, and what begins in between is newer than every change committed before.
create function changefeed_elsewhere() returns xid8[] language plpgsql stable as $$
begin
  return coalesce((select array_agg(running) from pg_snapshot_xip(pg_current_snapshot()) as running where running::xid in (
    select held.transactionid from pg_locks as held cross join pg_stat_get_activity(held.pid) as session
    where held.locktype = 'transactionid' and held.granted and held.mode = 'ExclusiveLock'
      and session.datid <> (select oid from pg_database where datname = current_database())
    union all
    select transaction from pg_prepared_xacts where database <> current_database())), '{}');
end $$;
