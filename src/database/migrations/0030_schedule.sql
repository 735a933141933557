-- The schedule of mailboxes: one row per mailbox and workload. The row is the queue and the lease at once, so a
-- workload of a mailbox can never run twice at the same time (SC-2).

-- How many cycles may run at once against one mail server (SC-40, MB-14). `none` is for mailboxes with credentials of
-- their own, which are counted by themselves (MB-21); `forward` for all forward mailboxes together (MB-104).
create table schedule_pool (
  key text primary key,
  maximum integer not null check (maximum >= 0),
  paused_until timestamptz
);

insert into schedule_pool (key, maximum) values ('none', 1000000), ('forward', 1);

create table mailbox_schedule (
  mailbox_id uuid not null,
  workload text not null check (workload in ('incoming', 'outgoing', 'act', 'backfill')),
  pool_key text not null default 'none' references schedule_pool (key),
  forward boolean not null default false,
  -- Connections that this mailbox alone may hold (MB-21).
  connections integer not null default 10 check (connections > 0),
  minimum_polling_minutes integer not null default 0,

  enabled boolean not null default true,
  -- Why it is not enabled: 'person', 'error' (SC-51), 'done' (B-90).
  stopped_by text,
  -- A failure of a cycle that began before this does not count any more (MB-73).
  enabled_at timestamptz,
  -- 0 immediate, 1 sweep, 2 backfill.
  lane smallint not null default 1 check (lane between 0 and 2),
  next_due timestamptz not null,
  -- next_due was granted this long after it was written; more than this ahead means that the clock was moved back.
  interval_ms bigint not null default 0,
  -- A failure's back-off: no hint and no person makes it due earlier.
  not_before timestamptz,
  -- Made due while leased: the lane in which it runs again right after.
  again_lane smallint,

  lease_owner text,
  lease_until timestamptz,
  fence integer not null default 0,
  started_at timestamptz,

  empty_count integer not null default 0,
  transient_count integer not null default 0,
  lost_count integer not null default 0,
  forced_unlock_count integer not null default 0,

  watched_since timestamptz,
  hinted_at timestamptz,
  hint_found integer not null default 0,
  hint_missed integer not null default 0,

  last_started_at timestamptz,
  last_ended_at timestamptz,
  last_success_at timestamptz,
  last_active_at timestamptz,
  last_duration_ms integer,
  average_duration_ms integer,
  last_processed integer not null default 0,
  last_failed integer not null default 0,
  last_error_code text,
  last_error_text text,
  last_error_scope text,
  last_error_at timestamptz,
  error_count integer not null default 0,

  primary key (mailbox_id, workload),
  check ((lease_owner is null) = (lease_until is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

-- What waits, by pool and lane: a claim reads only the rows it takes, however many wait.
create index mailbox_schedule_waiting on mailbox_schedule (pool_key, lane, next_due, mailbox_id)
  where lease_owner is null and enabled and not forward;
create index mailbox_schedule_waiting_forward on mailbox_schedule (lane, next_due, mailbox_id)
  where lease_owner is null and enabled and forward;
-- What runs: as many rows as cycles. Renewal changes no column of it.
create index mailbox_schedule_leased on mailbox_schedule (pool_key) where lease_owner is not null;

-- Claims at most `wanted` due rows for `worker`: immediate before sweep before backfill, oldest first; never more per
-- pool than it may hold, one forward mailbox at a time, and one workload per mailbox, backfill beside it if the mailbox
-- may hold two connections (SC-40, SC-44, MB-104, B-90). Claims run one after another, so what each counts is exact; they
-- are one statement each, so that no client can stall the others between counting and taking. Rows that another
-- transaction is changing are passed over.
create function schedule_claim(moment timestamptz, worker text, until timestamptz, wanted integer)
returns setof mailbox_schedule rows 20
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
  perform pg_advisory_xact_lock(7231950);
  return query
  with leased as materialized (
    select mailbox_id, workload, pool_key, forward from mailbox_schedule where lease_owner is not null
  ),
  pool as materialized (
    select key, (maximum - (select count(*) from leased where leased.pool_key = key))::integer as places
    from schedule_pool
    where key <> 'forward' and (paused_until is null or paused_until <= moment)
  ),
  lanes (lane) as (values (0::smallint), (1::smallint), (2::smallint)),
  forward_places as materialized (
    select greatest(maximum - (select count(*) from leased where leased.forward), 0)::integer as places
    from schedule_pool
    where key = 'forward' and (paused_until is null or paused_until <= moment)
  ),
  due as (
    select found.*
    from pool cross join lanes cross join lateral (
      select waiting.mailbox_id, waiting.workload, waiting.pool_key, waiting.forward, waiting.lane, waiting.next_due
      from mailbox_schedule waiting
      where waiting.pool_key = pool.key and waiting.lane = lanes.lane and waiting.next_due <= moment
        and waiting.lease_owner is null and waiting.enabled and not waiting.forward
        and not exists (
          select from leased where leased.mailbox_id = waiting.mailbox_id
            and (waiting.workload = 'backfill' or leased.workload <> 'backfill' or waiting.connections = 1)
        )
      order by waiting.next_due, waiting.mailbox_id
      limit least(pool.places, wanted)
    ) found
    where pool.places > 0
    union all
    select found.*
    from forward_places cross join lanes cross join lateral (
      select waiting.mailbox_id, waiting.workload, waiting.pool_key, waiting.forward, waiting.lane, waiting.next_due
      from mailbox_schedule waiting
      where waiting.lane = lanes.lane and waiting.next_due <= moment
        and waiting.lease_owner is null and waiting.enabled and waiting.forward
        and exists (select from pool where pool.key = waiting.pool_key and pool.places > 0)
        and not exists (select from leased where leased.mailbox_id = waiting.mailbox_id)
      order by waiting.next_due, waiting.mailbox_id
      limit forward_places.places
    ) found
  ),
  one_per_mailbox as (
    -- What has waited for a minute comes first, so that a busy inbox never starves its calendar.
    select distinct on (due.mailbox_id) due.mailbox_id, due.workload, due.pool_key, due.forward, due.next_due,
      min(due.lane) over (partition by due.mailbox_id) as lane
    from due
    order by due.mailbox_id,
      case when due.lane < 2 and due.next_due <= moment - interval '1 minute' then due.next_due end nulls last,
      due.lane, due.next_due, due.workload
  ),
  ranked as (
    select candidate.*,
      row_number() over (partition by candidate.pool_key order by candidate.lane, candidate.next_due, candidate.mailbox_id) as in_pool,
      row_number() over (partition by candidate.forward order by candidate.lane, candidate.next_due, candidate.mailbox_id) as in_kind
    from one_per_mailbox candidate
  ),
  chosen as materialized (
    select ranked.mailbox_id, ranked.workload
    from ranked join pool on pool.key = ranked.pool_key
    where ranked.in_pool <= pool.places
      and (not ranked.forward or ranked.in_kind <= (select places from forward_places))
    order by ranked.lane, ranked.next_due, ranked.mailbox_id
    limit wanted
  ),
  free as materialized (
    select waiting.mailbox_id, waiting.workload
    from chosen join mailbox_schedule waiting
      on waiting.mailbox_id = chosen.mailbox_id and waiting.workload = chosen.workload
    where waiting.lease_owner is null and waiting.enabled
    for update of waiting skip locked
  )
  update mailbox_schedule taken
  set lease_owner = worker, lease_until = until, fence = taken.fence + 1, started_at = moment, last_started_at = moment,
      again_lane = null
  from free
  where taken.mailbox_id = free.mailbox_id and taken.workload = free.workload
  returning taken.*;
end
$$;
